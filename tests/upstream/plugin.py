"""pytest plugin for brainmass's own tests: what its wheel lacks, the patch, and a record of each test.

``pytest -p plugin --pyargs brainmass --record FILE [--patched]``, with this folder on ``PYTHONPATH``.
"""

import json
import time

import brainstate
import brainunit as u
import numpy as np
import pytest


def pytest_addoption(parser):
    parser.addoption('--patched', action='store_true', help='with brainfit_fast.patch()')
    parser.addoption('--record', help='JSON file for the outcome, seconds and calls of each test')


def pytest_configure(config):
    config.stash[_records] = {}


_records = pytest.StashKey()


@pytest.fixture(autouse=True)
def _clean_environment():
    """The precision and time step that a test set do not reach the next one."""
    brainstate.environ.pop('dt', None)
    yield
    brainstate.environ.pop('dt', None)


@pytest.fixture
def dt():
    """The time step of most tests."""
    brainstate.environ.set(dt=0.1 * u.ms)
    return 0.1 * u.ms


@pytest.fixture
def seeded():
    """Equal draws of brainstate and NumPy in every run."""
    brainstate.random.seed(0)
    np.random.seed(0)


@pytest.fixture
def connectome():
    """Six regions: symmetric weights, distances in mm, delays of up to 3 ms."""
    draw = np.random.RandomState(0)
    n = 6
    weights = draw.rand(n, n)
    weights = (weights + weights.T) / 2 * (1 - np.eye(n))
    distances = draw.rand(n, n) * 30
    distances = (distances + distances.T) / 2 * (1 - np.eye(n))
    return {'n': n, 'SC': weights, 'dist': distances, 'delay': distances / 10 * u.ms}


def _name(item):
    return item.path.name + '::' + item.nodeid.split('::', 1)[1]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item, nextitem):
    from brainfit_fast import patch, patch_report, unpatch

    record = item.config.stash[_records].setdefault(_name(item), {})
    if item.config.getoption('--patched'):
        patch()
    began = time.perf_counter()
    try:
        return (yield)
    finally:
        record['seconds'] = time.perf_counter() - began
        if item.config.getoption('--patched'):
            unpatch()
            record['calls'] = [
                {'what': e.what, 'on': e.implementation, 'reason': e.reason, 'calls': t.calls}
                for e, t in patch_report().tallies.items()
            ]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    record = item.config.stash[_records].setdefault(_name(item), {})
    if report.when == 'call' or report.outcome != 'passed':
        record['outcome'] = report.outcome
        record['message'] = str(report.longrepr)[-2000:] if report.failed else ''
    return report


def pytest_sessionfinish(session):
    path = session.config.getoption('--record')
    if path:
        with open(path, 'w') as file:
            json.dump(session.config.stash[_records], file, indent=1)
