"""HDF5 files: MATLAB v7.3 as MATLAB lays it out, and plain ones."""

import re
import sys

import h5py
import numpy as np
import pytest

from brainfit_fast import datasets

# rectangular and asymmetric, so that a transpose shows
SERIES = np.random.default_rng(0).normal(size=(20, 3))
WEIGHTS = np.array([[0.0, 1.0, 0.0], [0.5, 0.0, 2.0], [0.0, 0.0, 0.0]])


def matlab(file, name, values, kind):
    """Write an array transposed and with its class, as MATLAB does."""
    dataset = file.create_dataset(name, data=np.asarray(values).T)
    dataset.attrs['MATLAB_class'] = np.bytes_(kind)
    return dataset


def text(file, name, value):
    codes = np.array([[ord(c) for c in value]], dtype=np.uint16)
    return matlab(file, name, codes, 'char')


def cell(file, name, values):
    references = np.empty((1, len(values)), dtype=h5py.ref_dtype)
    for i, value in enumerate(values):
        references[0, i] = text(file, f'#refs#/{name}{i}', value).ref
    file.create_dataset(name, data=references, dtype=h5py.ref_dtype).attrs['MATLAB_class'] = (
        np.bytes_('cell')
    )


def write(path, fill):
    """A file with MATLAB's header in front of the HDF5 content."""
    with h5py.File(path, 'w', userblock_size=512) as file:
        fill(file)
    with path.open('r+b') as stream:
        stream.write(b'MATLAB 7.3 MAT-file, Platform: GLNXA64'.ljust(512))
    return path


def fill(file):
    matlab(file, 'weights', WEIGHTS, 'double')
    matlab(file, 'bold', SERIES.astype(np.float32), 'single')
    cell(file, 'labels', ['V1', 'M1', 'Präzentral'])
    text(file, 'subject', 'sub-01')
    file.create_group('options').attrs['MATLAB_class'] = np.bytes_('struct')


def test_matlab_arrays_come_as_matlab_shows_them(tmp_path):
    path = write(tmp_path / 'm.mat', fill)
    series = datasets.read_timeseries(f'{path}:bold', n_regions=3)
    assert series.dtype == np.float64 and np.array_equal(series, SERIES.astype(np.float32))
    assert np.array_equal(datasets.read_matrix(f'{path}:weights', name='weights'), WEIGHTS)
    assert datasets.read_labels(f'{path}:labels').tolist() == ['V1', 'M1', 'Präzentral']


def test_connectome_and_signal_find_their_arrays(tmp_path):
    path = write(tmp_path / 'm.mat', fill)
    conn = datasets.read_connectome(path, orientation='source_target')
    assert np.array_equal(conn.weights, WEIGHTS.T)
    assert conn.labels.tolist() == ['V1', 'M1', 'Präzentral']


def test_sparse_weights(tmp_path):
    def sparse(file):
        group = file.create_group('weights')
        group.attrs['MATLAB_class'] = np.bytes_('double')
        group.attrs['MATLAB_sparse'] = np.uint64(3)
        # columns: (row 1: 0.5), (row 0: 1), (row 1: 2)
        group['data'], group['ir'], group['jc'] = [0.5, 1.0, 2.0], [1, 0, 1], [0, 1, 2, 3]

    def empty(file):
        group = file.create_group('weights')
        group.attrs['MATLAB_sparse'] = np.uint64(2)
        group['jc'] = [0, 0, 0]

    path = write(tmp_path / 's.mat', sparse)
    assert np.array_equal(datasets.read_matrix(path, name='weights'), WEIGHTS)
    path = write(tmp_path / 'e.mat', empty)
    assert np.array_equal(datasets.read_matrix(path, name='weights'), np.zeros((2, 2)))


def test_structs_and_new_strings_are_listed_and_not_taken(tmp_path):
    def only_others(file):
        file.create_group('options').attrs['MATLAB_class'] = np.bytes_('struct')
        matlab(file, 'name', [[3707764736, 2]], 'string')
        matlab(file, 'nothing', [[0, 0]], 'double').attrs['MATLAB_empty'] = 1

    path = write(tmp_path / 'm.mat', only_others)
    with pytest.raises(ValueError, match=re.escape("has no array 'sc'; it has 'name' () |V1")):
        datasets.read_matrix(f'{path}:sc', name='weights')
    with pytest.raises(ValueError, match=r'the array has type \|V1, needed real numbers'):
        datasets.read_matrix(f'{path}:options', name='weights')
    with pytest.raises(ValueError, match=re.escape('found shape (0, 0)')):
        datasets.read_timeseries(f'{path}:nothing', n_regions=0)


def test_plain_hdf5_is_not_transposed(tmp_path):
    with h5py.File(tmp_path / 'c.h5', 'w') as file:  # the names are TVB's
        file['weights'] = WEIGHTS
        file['tract_lengths'] = 10.0 * WEIGHTS
        file['region_labels'] = np.array([b'V1', b'M1', b'S1'])
        file['hemispheres'] = np.array([True, False, True])
    conn = datasets.read_connectome(tmp_path / 'c.h5')
    assert np.array_equal(conn.weights, WEIGHTS)
    assert conn.labels.tolist() == ['V1', 'M1', 'S1']
    assert conn.regions['hemispheres'].tolist() == [True, False, True]
    (tmp_path / 'bad.h5').write_text('words')
    with pytest.raises(ValueError, match='cannot be read as HDF5'):
        datasets.read_connectome(tmp_path / 'bad.h5')


def test_without_h5py(tmp_path, monkeypatch):
    path = write(tmp_path / 'm.mat', fill)
    monkeypatch.setitem(sys.modules, 'h5py', None)
    message = (
        f"timeseries file '{path}:bold' is an HDF5 file (MATLAB v7.3): this needs h5py, which is "
        f'not installed. Install it with: pip install "brainfit_fast[io]"'
    )
    with pytest.raises(ImportError, match=re.escape(message)):
        datasets.read_timeseries(f'{path}:bold')
