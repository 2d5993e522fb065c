"""Makes ``simulate_cases`` importable, and the implementations a fixture."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


def _unless_absent(request):
    if request.param == 'cpu_ffi' and request.config.getoption('--pure-python'):
        pytest.skip('the native library is absent on purpose')
    return request.param


@pytest.fixture(params=['xla', 'cpu_ffi'])
def kernel(request):
    """Every implementation with an adjoint of its own."""
    return _unless_absent(request)


@pytest.fixture
def native(request):
    """Skip where the library is absent on purpose."""
    if request.config.getoption('--pure-python'):
        pytest.skip('the native library is absent on purpose')
