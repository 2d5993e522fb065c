"""What every test has: no silent fallback, a cache of its own for native code, float64 where it asks."""

import os
import shutil
import tempfile
from collections.abc import Iterator

import jax
import pytest

from brainfit_fast.codegen.cache import FOLDER_VARIABLE
from brainfit_fast.core.dispatch import record

_cache = pytest.StashKey[str]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        '--pure-python',
        action='store_true',
        help='the native library is absent on purpose: skip its tests, allow falling back',
    )


def pytest_configure(config: pytest.Config) -> None:
    """Compile each node model once per session: workers of xdist inherit the folder."""
    if not hasattr(config, 'workerinput'):
        config.stash[_cache] = tempfile.mkdtemp(prefix='brainfit_fast-tests-')
        os.environ[FOLDER_VARIABLE] = config.stash[_cache]


def pytest_unconfigure(config: pytest.Config) -> None:
    folder = config.stash.get(_cache, None)
    if folder is not None:
        os.environ.pop(FOLDER_VARIABLE, None)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Fail a test in which an op fell back to a slower implementation than it should."""
    with record() as choices:
        result = yield
    allowed = item.get_closest_marker('fallback') or item.config.getoption('--pure-python')
    fallbacks = [str(choice) for choice in choices if choice.fallback]
    if fallbacks and not allowed:
        pytest.fail(
            'fell back without the marker "fallback":\n  ' + '\n  '.join(sorted(set(fallbacks))),
            pytrace=False,
        )
    return result


@pytest.fixture
def fastest(request: pytest.FixtureRequest) -> str:
    """What 'auto' chooses for an ordinary model on a CPU."""
    return 'reference' if request.config.getoption('--pure-python') else 'cpu_ffi'


@pytest.fixture
def x64() -> Iterator[None]:
    """Double precision in JAX for one test."""
    with jax.enable_x64(True):
        yield


@pytest.fixture
def strict() -> Iterator[None]:
    """No implicit promotion of dtypes or ranks inside one test."""
    with jax.numpy_dtype_promotion('strict'), jax.numpy_rank_promotion('raise'):
        yield
