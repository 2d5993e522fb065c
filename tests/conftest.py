"""What every test has: no silent fallback, a cache of its own for native code, float64 where it asks."""

import logging
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import jax
import pytest

from brainfit_fast.codegen.cache import FOLDER_VARIABLE
from brainfit_fast.core.dispatch import record

_cache = pytest.StashKey[str]()
_SLOW = Path(__file__).with_name('slow.txt')


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


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the tests that ``slow.txt`` names; a name that a whole file does not have is an error."""
    names = {line for line in _SLOW.read_text().splitlines() if not line.startswith('#')}
    by_name = {f'tests/{item.nodeid.removeprefix("tests/")}': item for item in items}
    for name in names & by_name.keys():
        by_name[name].add_marker('slow')
    if any('::' in argument for argument in config.args):
        return
    files = {name.partition('::')[0] for name in by_name}
    unknown = sorted(n for n in names - by_name.keys() if n.partition('::')[0] in files)
    if unknown:
        raise pytest.UsageError(f'tests/slow.txt names what is no test: {", ".join(unknown)}')


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


@pytest.fixture
def compilations(
    caplog: pytest.LogCaptureFixture,
) -> Callable[[], AbstractContextManager[list[str]]]:
    """What JAX compiles within a block, by name; the size of a jit's cache also falls as entries die."""

    @contextmanager
    def listen() -> Iterator[list[str]]:
        names: list[str] = []
        start = len(caplog.records)
        with jax.log_compiles(), caplog.at_level(logging.WARNING):
            yield names
        for heard in caplog.records[start:]:
            if found := re.match(r'Compiling (?:jit\()?(\w+)', heard.getMessage()):
                names.append(found[1])

    return listen
