"""The guard in conftest: a test in which an op fell back in silence fails."""

import re
import subprocess
import sys
from pathlib import Path

CONFTEST = Path(__file__).parent.parent / 'conftest.py'
TESTS = """
import jax.numpy as jnp, pytest
from brainfit_fast.ops.fc import functional_connectivity as fc

X = jnp.ones((4, 2), jnp.bfloat16)

def test_silent():
    fc(X)

@pytest.mark.fallback
def test_marked():
    fc(X)

def test_forced():
    fc(X, implementation='reference')

def test_inside_jit():
    import jax
    jax.jit(fc)(X)
"""


def test_an_unmarked_fallback_fails(tmp_path):
    (tmp_path / 'conftest.py').write_text(CONFTEST.read_text())
    (tmp_path / 'slow.txt').touch()
    (tmp_path / 'test_inner.py').write_text(TESTS)
    (tmp_path / 'pytest.ini').write_text('[pytest]\nmarkers =\n    fallback: may fall back\n')
    options = ['-q', '-rA', '-p', 'no:cacheprovider', '-c', str(tmp_path / 'pytest.ini')]
    command = [sys.executable, '-m', 'pytest', *options, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    for name, outcome in {
        'test_silent': 'FAILED',
        'test_inside_jit': 'FAILED',
        'test_marked': 'PASSED',
        'test_forced': 'PASSED',
    }.items():
        assert re.search(rf'{outcome} \S*test_inner.py::{name}\b', done.stdout), (
            done.stdout + done.stderr
        )
    assert 'takes float32 and float64, not bfloat16' in done.stdout
