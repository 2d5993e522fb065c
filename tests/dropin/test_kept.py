"""Compiled programs in the user's cache folder."""

import os
import stat

import jax
import jax.numpy as jnp
import pytest

from brainfit_fast.codegen import cache
from brainfit_fast.codegen.cache import FOLDER_VARIABLE
from brainfit_fast.dropin import kept

NAME = 'jax_compilation_cache_dir'


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / 'cache'))
    return tmp_path / 'cache'


def compile_something(number: float) -> None:
    jax.jit(lambda x: jnp.sin(x) * number)(jnp.ones(3)).block_until_ready()


def test_programs_are_kept(folder):
    with kept.compiled_programs_kept():
        compile_something(1.25)
    compile_something(2.25)  # outside
    (own,) = folder.iterdir()
    assert own.name.startswith('xla-') and stat.S_IMODE(own.stat().st_mode) == 0o700
    assert len([path for path in own.iterdir() if 'lambda' in path.name]) == 1
    assert getattr(jax.config, NAME) is None


def test_a_cache_in_use_is_left_alone(folder, tmp_path):
    jax.config.update(NAME, str(tmp_path / 'mine'))
    try:
        with kept.compiled_programs_kept():
            assert getattr(jax.config, NAME) == str(tmp_path / 'mine')
        assert getattr(jax.config, NAME) == str(tmp_path / 'mine')
    finally:
        jax.config.update(NAME, None)


def test_a_folder_that_others_may_write_is_not_used(folder):
    folder.mkdir()
    folder.chmod(0o777)
    with kept.compiled_programs_kept():
        assert getattr(jax.config, NAME) is None
    assert not list(folder.iterdir())


def test_the_oldest_go_first(folder, monkeypatch):
    monkeypatch.setattr(cache, 'LIMIT_BYTES', 250)
    with kept.compiled_programs_kept():
        own = kept._folder()
        for age, name in enumerate(('new', 'old', 'older')):
            (own / name).write_bytes(bytes(100))
            os.utime(own / name, (1e9 - age, 1e9 - age))
    assert sorted(path.name for path in own.iterdir()) == ['new', 'old']
