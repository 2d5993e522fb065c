"""Modules that are executed when they are used."""

import random
import subprocess
import sys

import numpy as np
import pytest

from brainfit_fast.core.deferred import deferred


@pytest.fixture
def module(tmp_path, monkeypatch):
    """An installed module that notes its execution."""
    (tmp_path / 'heavy_module.py').write_text(
        'import random, sys; import numpy as np; sys.executed = True; value = 3\n'
        'random.random(), np.random.rand()\n'
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, 'executed', False, raising=False)
    yield 'heavy_module'
    sys.modules.pop('heavy_module', None)


def test_it_is_executed_at_the_first_look(module):
    finders = list(sys.meta_path)
    with deferred(module):
        import heavy_module
    assert sys.meta_path == finders
    assert not sys.executed
    assert heavy_module.value == 3
    assert sys.executed


def test_seeds_are_kept(module):
    """Seed 0 of both, set before the module is used."""
    with deferred(module):
        import heavy_module
    drawn = []
    for use in (False, True):
        random.seed(0)
        np.random.seed(0)
        if use:
            assert not sys.executed and heavy_module.value
        drawn.append((random.random(), np.random.rand()))
    assert sys.executed and drawn[0] == drawn[1]


def test_other_modules_are_not(module):
    with deferred('absent'):
        import heavy_module  # noqa: F401
    assert sys.executed


def test_what_is_not_installed_is_said_at_once():
    with deferred('absent_module'), pytest.raises(ModuleNotFoundError, match='absent_module'):
        import absent_module  # noqa: F401


def test_starting_leaves_out_what_searches_need():
    code = (
        'import sys, brainfit_fast, brainmass; '
        'print("sklearn" in sys.modules, type(sys.modules["nevergrad"]).__name__); '
        'import nevergrad; print(nevergrad.optimizers.registry["DE"].name)'
    )
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ['False _LazyModule', 'DE']
