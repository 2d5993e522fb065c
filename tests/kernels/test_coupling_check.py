"""The coupling kernels against plain loops, in C++: ``kernels/checks/coupling.cc``."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SCRIPT = ROOT / 'kernels' / 'checks' / 'coupling.sh'
COMPILER = next(filter(None, map(shutil.which, ('c++', 'g++', 'clang++'))), None)

pytestmark = pytest.mark.skipif(
    COMPILER is None or shutil.which('sh') is None, reason='needs a C++ compiler and a shell'
)


def run(*arguments):
    return subprocess.run(
        ['sh', str(SCRIPT), *arguments],
        env={'CXX': COMPILER, **os.environ},
        capture_output=True,
        text=True,
        timeout=1200,
    )


@pytest.mark.slow
def test_coupling_equals_plain_loops():
    """At every level that this machine can run."""
    done = run('check')
    assert done.returncode == 0, done.stdout + done.stderr
    levels = re.findall(r'^== (\w+)$', done.stdout, re.MULTILINE)
    assert levels, done.stdout


@pytest.mark.slow
def test_coupling_under_sanitizers():
    done = run('check', '--sanitize')
    if re.search(r'cannot find .*(asan|ubsan)', done.stderr):
        pytest.skip('this compiler has no sanitizers')
    assert done.returncode == 0, done.stdout + done.stderr
    assert 'runtime error' not in done.stderr and 'AddressSanitizer' not in done.stderr
