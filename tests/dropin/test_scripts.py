"""The benchmark scripts print brainmass's numbers when they are run patched. Float32, seeds in the scripts."""

import json
import runpy
import sys
from pathlib import Path

import brainstate
import numpy as np
import pytest

import brainfit_fast as bf

pytestmark = pytest.mark.slow

SCRIPTS = Path(__file__).parents[2] / 'benchmarks' / 'scripts'


@pytest.fixture
def printed(monkeypatch, capsys):
    """Run a script, scaled down; return what it printed. What it sets for the process is put back."""
    random = np.random.get_state()
    # scripts set the dt that these tests run in
    monkeypatch.setattr(brainstate.environ, 'set', lambda **settings: None)

    def run(name: str) -> dict[str, object]:
        monkeypatch.setattr(sys, 'argv', [name, 'small'])
        runpy.run_path(str(SCRIPTS / f'{name}.py'), run_name='__main__')
        return json.loads(capsys.readouterr().out)['numbers']

    yield run
    np.random.set_state(random)


@pytest.mark.parametrize(
    'name',
    [
        'networks',
        pytest.param('resting_state', marks=pytest.mark.slow),
        pytest.param('gradient_fit', marks=pytest.mark.slow),
        pytest.param('gradient_free_fit', marks=pytest.mark.slow),
    ],
)
def test_both_ways(name, printed):
    """Within 1e-4 of the largest value: correlations of 150 samples, whose roundings are 1e-5 to 3e-5."""
    expected = printed(name)
    bf.patch(strict=True)
    given = printed(name)
    report = bf.patch_report()
    assert report.fallbacks == [] and report.tallies
    assert {entry.implementation for entry in report.tallies} == {'cpu_ffi'}
    assert given.keys() == expected.keys()
    for key, value in expected.items():
        np.testing.assert_allclose(
            given[key], value, rtol=0, atol=1e-4 * np.max(np.abs(value)), err_msg=key
        )
    assert given != expected  # two libraries, not one twice
