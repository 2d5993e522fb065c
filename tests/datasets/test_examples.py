"""The synthetic connectome, signal and task."""

import importlib.util
from pathlib import Path

import brainunit as u
import numpy as np
import pytest

from brainfit_fast import datasets

ROOT = Path(__file__).parents[2]


def load_tool(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / 'tools' / f'{name}.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_connectome():
    conn = datasets.load_dataset('example_connectome')
    assert isinstance(conn, datasets.Connectome)
    assert conn.weights.shape == (8, 8) and conn.weights.dtype == np.float64
    assert np.array_equal(conn.weights, conn.weights.T)
    assert not np.diagonal(conn.weights).any()
    assert conn.weights.min() >= 0.0 and conn.weights.max() == 1.0
    assert u.get_unit(conn.distances) == u.mm
    distances = u.get_magnitude(conn.distances)
    assert distances.shape == (8, 8) and np.array_equal(distances, distances.T)
    off_diagonal = ~np.eye(8, dtype=bool)
    assert not np.diagonal(distances).any() and (distances[off_diagonal] > 10.0).all()
    assert len(set(conn.labels)) == 8


def test_signal():
    target = datasets.load_dataset('example_signal')
    assert isinstance(target, datasets.Signal)
    assert target.signal.shape == (500, 8) and np.isfinite(target.signal).all()
    assert u.get_unit(target.dt) == u.ms and u.get_magnitude(target.dt) == 1.0
    np.testing.assert_allclose(target.fc, np.corrcoef(target.signal.T), atol=1e-12)
    assert np.array_equal(target.fc, target.fc.T) and (np.diagonal(target.fc) == 1.0).all()
    assert np.array_equal(target.labels, datasets.load_dataset('example_connectome').labels)


def test_loads_are_independent_copies():
    first = datasets.load_dataset('example_connectome')
    first.weights[:] = -1.0
    assert datasets.load_dataset('example_connectome').weights.min() == 0.0


@pytest.mark.skipif(not (ROOT / 'tools').is_dir(), reason='tools/ comes with the source only')
def test_bundled_files_are_what_the_script_makes(tmp_path):
    load_tool('make_example_data').main(tmp_path)
    for name in ('example_connectome', 'example_signal'):
        bundled = ROOT / f'brainfit_fast/datasets/data/examples/{name}.npz'
        with np.load(bundled) as old, np.load(tmp_path / f'{name}.npz') as new:
            assert old.files == new.files
            for key in old.files:
                if old[key].dtype.kind == 'U':
                    assert np.array_equal(old[key], new[key])
                else:
                    # Sums of eight products may be ordered otherwise by another BLAS.
                    np.testing.assert_allclose(old[key], new[key], rtol=0, atol=1e-11)


def test_task_shapes_and_meaning():
    inputs, targets = datasets.delayed_match_task(31, seq_len=7, n_symbols=5, seed=3)
    assert inputs.shape == (31, 7, 5) and inputs.dtype == np.float64
    assert targets.shape == (31,) and targets.dtype == np.int64
    assert np.array_equal(inputs.sum(axis=2), np.tile([1, 0, 0, 0, 0, 0, 1], (31, 1)))
    same = inputs[:, 0].argmax(axis=1) == inputs[:, -1].argmax(axis=1)
    assert np.array_equal(same, targets == 1)
    assert targets.sum() == 15


def test_task_follows_its_seed():
    first, again, other = (datasets.delayed_match_task(seed=seed)[0] for seed in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)
    default = datasets.load_dataset('delayed_match_task')
    assert np.array_equal(default[0], datasets.delayed_match_task()[0])


@pytest.mark.parametrize('argument', ['seq_len', 'n_symbols'])
def test_task_refuses_too_little(argument):
    with pytest.raises(ValueError, match=rf'{argument} is 1, and 2 or more'):
        datasets.delayed_match_task(**{argument: 1})
    assert datasets.delayed_match_task(4, **{argument: 2})[1].shape == (4,)


@pytest.mark.parametrize(
    'arguments', [{}, {'n_samples': 33, 'seq_len': 3, 'n_symbols': 7, 'seed': 11}]
)
def test_task_equals_brainmass(arguments):
    peer = pytest.importorskip('brainmass').datasets
    for ours, theirs in zip(
        datasets.delayed_match_task(**arguments), peer.delayed_match_task(**arguments), strict=True
    ):
        assert ours.dtype == theirs.dtype and np.array_equal(ours, theirs)


@pytest.mark.parametrize('name', ['example_connectome', 'example_signal'])
def test_examples_have_the_layout_of_brainmass(name):
    theirs = pytest.importorskip('brainmass').datasets.load_dataset(name)
    ours = datasets.load_dataset(name)
    assert ours._fields == theirs._fields
    for a, b in zip(ours, theirs, strict=True):
        assert u.get_unit(a) == u.get_unit(b)
        a, b = np.asarray(u.get_magnitude(a)), np.asarray(u.get_magnitude(b))
        assert (a.shape, a.dtype.kind) == (b.shape, b.dtype.kind)
