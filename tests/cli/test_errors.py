"""Every message: what was found, what is needed; exit code 2, no traceback, nothing written."""

from pathlib import Path

import numpy as np
import pytest


def _write_array(path: Path, array: np.ndarray) -> Path:
    np.save(path, array)
    return path


BAD_OPTIONS = {
    'nothing to fit to': ((), r'nothing to fit to: give --fc FILE (N x N) or --timeseries'),
    'speed without lengths': (('fc', '--speed', 5), '--speed needs tract lengths: give --lengths FILE'),
    'delays below a step': (
        ('fc', '--lengths', 'LENGTHS', '--speed', 5),
        'less than one step of 720 ms. Delays are rounded up to whole steps',
    ),
    'unknown parameter': (
        ('fc', '--fit', 'a,q'),
        "unknown parameter 'q' for the model hopf; expected names among a, f, k, gain, w",
    ),
    'no parameter': (('fc', '--fit', ','), 'nothing to fit for the model hopf'),
    'too short': (
        ('fc', '--duration', 2, '--transient', 1),
        'expected at least 10 to correlate. Make --duration longer',
    ),
    'transient too long': (('fc', '--duration', 72, '--transient', 90), 'leaves 0 samples'),
    'interval between steps': (('fc', '--tr', 1), '--tr 1 s is 1.38889 steps of 720 ms; expected a whole'),
    'interval below a step': (('fc', '--tr', 0.1), 'expected a whole number of steps, at least one'),
    'dt of zero': (('fc', '--dt', 0), 'argument --dt: 0 is not above zero'),
    'duration that is no number': (('fc', '--duration', 'long'), "--duration: 'long' is not a number"),
    'infinite noise': (('fc', '--noise', 'inf'), "--noise: 'inf' is not a finite number"),
    'negative noise': (('fc', '--noise=-1',), 'argument --noise: -1 is below zero'),
    'no steps': (('fc', '--steps', 0), 'argument --steps: 0 is below 1'),
    'half a step': (('fc', '--steps', 1.5), "argument --steps: '1.5' is not a whole number"),
    'unknown model': (('fc', '--model', 'ising'), "invalid choice: 'ising'"),
}  # fmt: skip


@pytest.mark.parametrize('case', BAD_OPTIONS)
def test_options(case, run, files, tmp_path):
    arguments, message = BAD_OPTIONS[case]
    given = []
    for argument in arguments:
        given += ['--fc', files['fc']] if argument == 'fc' else [argument]
    given = [files['lengths'] if argument == 'LENGTHS' else argument for argument in given]
    out = tmp_path / 'out'
    answer = run('fit', '--weights', files['weights'], *given, '--out', out)
    assert answer.code == 2
    assert message in answer.err
    assert 'Traceback' not in answer.err
    assert not out.exists()


BAD_FILES = {
    'fc of another size': (
        'fc', lambda: np.eye(4), ('found shape (4, 4), needed (6, 6)', 'has 6 regions')
    ),
    'weights not square': ('weights', lambda: np.ones((6, 5)), ('found shape (6, 5)', 'needed')),
    'lengths of another size': (
        'lengths', lambda: np.ones((3, 3)), ('found shape (3, 3), needed (6, 6)',)
    ),
    'series transposed': (
        'timeseries', lambda: np.random.default_rng(0).normal(size=(6, 300)), ('(6, 300)', '6')
    ),
    'NaN in fc': ('fc', lambda: np.full((6, 6), np.nan), ('fc file', 'NaN')),
    'negative weights': ('weights', lambda: -np.ones((6, 6)), ('weights file', 'negative')),
    'weights all zero': ('weights', lambda: np.zeros((6, 6)), ('no connection off the diagonal',)),
    'fc all alike': ('fc', lambda: np.eye(6), ('all pairs have the same correlation',)),
}  # fmt: skip


@pytest.mark.parametrize('case', BAD_FILES)
def test_files(case, run, files, tmp_path):
    kind, make, words = BAD_FILES[case]
    files[kind] = _write_array(tmp_path / 'bad.npy', make())
    given = [f'--{name}' for name in ('weights', 'fc')]
    chosen = {'weights': files['weights'], 'fc': files['fc'], kind: files[kind]}
    given = [part for name, path in chosen.items() for part in (f'--{name}', path)]
    answer = run('fit', *given, '--out', tmp_path / 'out')
    assert answer.code == 2
    for word in words:
        assert word in answer.err
    assert 'Traceback' not in answer.err
    assert not (tmp_path / 'out').exists()


def test_missing_file_is_named(run, files, tmp_path):
    answer = run('fit', '--weights', tmp_path / 'none.csv', '--fc', files['fc'])
    assert answer.code == 2
    assert f"weights file '{tmp_path / 'none.csv'}' does not exist" in answer.err


def test_two_regions_are_too_few(run, tmp_path):
    weights = _write_array(tmp_path / 'w.npy', np.array([[0.0, 1.0], [1.0, 0.0]]))
    fc = _write_array(tmp_path / 'fc.npy', np.array([[1.0, 0.5], [0.5, 1.0]]))
    answer = run('fit', '--weights', weights, '--fc', fc, '--out', tmp_path / 'out')
    assert answer.code == 2
    assert '2 regions; FC r needs at least 3' in answer.err


def test_folder_that_is_a_file(run, files):
    answer = run('fit', '--weights', files['weights'], '--fc', files['fc'], '--out', files['fc'])
    assert answer.code == 2
    assert 'expected a folder that can be written' in answer.err


def test_demo_names_its_parameters(run, tmp_path):
    answer = run('demo', '--parameters', 'b', '--out', tmp_path / 'out')
    assert answer.code == 2
    assert "unknown parameter 'b'" in answer.err and 'gain' in answer.err


def test_no_command(run):
    answer = run()
    assert answer.code == 2
    assert 'COMMAND' in answer.err


def test_a_fit_that_blows_up_says_so(run, files, tmp_path):
    out = tmp_path / 'out'
    answer = run(
        'fit', '--weights', files['weights'], '--fc', files['fc'], '--fit', 'k', '--noise', 1e30,
        '--duration', 72, '--steps', 3, '--noise-seeds', 1, '--quick', '--out', out,
    )  # fmt: skip
    assert answer.code == 1
    assert 'found no usable point' in answer.err and 'step 0' in answer.err
    assert list(out.iterdir()) == []
