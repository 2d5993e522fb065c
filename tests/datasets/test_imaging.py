"""CIFTI-2 and GIFTI files: parcels become labels, and what has none is refused."""

import re
import sys

import brainunit as u
import nibabel
import numpy as np
import pytest
from nibabel.cifti2 import BrainModelAxis, Cifti2Image, ParcelsAxis, ScalarAxis, SeriesAxis
from nibabel.gifti import GiftiDataArray, GiftiImage

from brainfit_fast import datasets

NAMES = ['L_V1', 'L_M1', 'R_V1']
SERIES = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
WEIGHTS = np.array([[0.0, 1.0, 0.0], [0.5, 0.0, 2.0], [0.0, 0.0, 0.0]])


def parcels(names=NAMES):
    return ParcelsAxis(
        names,
        [np.array([[i, 0, 0]]) for i in range(len(names))],
        [{} for _ in names],
        affine=np.eye(4),
        volume_shape=(9, 9, 9),
    )


def cifti(path, values, *axes):
    Cifti2Image(values, axes).to_filename(path)
    return path


def ptseries(folder, step=0.72, unit='SECOND'):
    axis = SeriesAxis(0.0, step, len(SERIES), unit)
    return cifti(folder / 'bold.ptseries.nii', SERIES, axis, parcels())


def pconn(folder, values=WEIGHTS):
    return cifti(folder / 'sc.pconn.nii', values, parcels(), parcels())


def refused(match, reader, *args, error=ValueError, **kwargs):
    with pytest.raises(error, match=re.escape(match)):
        reader(*args, **kwargs)


def test_ptseries_keeps_samples_parcels_and_step(tmp_path):
    path = ptseries(tmp_path)
    signal = datasets.read_signal(path)
    assert signal.signal.dtype == np.float64 and np.array_equal(signal.signal, SERIES)
    assert signal.labels.tolist() == NAMES
    np.testing.assert_allclose(signal.dt.to_decimal(u.ms), 720.0, rtol=1e-6)
    np.testing.assert_allclose(signal.fc, np.corrcoef(SERIES.T), atol=1e-6)
    assert np.array_equal(datasets.read_timeseries(path, n_regions=3), SERIES)
    assert datasets.read_labels(path).tolist() == NAMES


def test_series_along_the_columns_is_turned(tmp_path):
    axis = SeriesAxis(0.0, 2.0, len(SERIES), 'SECOND')
    path = cifti(tmp_path / 'bold.nii', np.ascontiguousarray(SERIES.T), parcels(), axis)
    signal = datasets.read_signal(path)
    assert np.array_equal(signal.signal, SERIES) and signal.dt == 2000.0 * u.ms


def test_step_given_and_in_the_file(tmp_path):
    path = ptseries(tmp_path)
    assert datasets.read_signal(path, dt=720 * u.ms).dt == 720.0 * u.ms
    refused('expected 0.72 s, as in timeseries file', datasets.read_signal, path, dt=2 * u.second)
    path = ptseries(tmp_path, unit='HERTZ')
    refused('does not say how far its samples are apart', datasets.read_signal, path)


def test_pconn_keeps_rows_columns_and_names(tmp_path):
    conn = datasets.read_connectome(pconn(tmp_path))
    assert np.array_equal(conn.weights, WEIGHTS) and conn.distances is None
    assert conn.labels.tolist() == NAMES
    assert conn.orientation == 'target_source' and conn.asymmetry == 1.0
    turned = datasets.read_connectome(pconn(tmp_path), orientation='source_target')
    assert np.array_equal(turned.weights, WEIGHTS.T) and turned.labels.tolist() == NAMES


def test_pconn_of_a_functional_matrix_is_suspected(tmp_path):
    path = pconn(tmp_path, np.array([[1.0, -0.2, 0], [-0.2, 1, 0], [0, 0, 1]]))
    refused('is this a functional matrix?', datasets.read_connectome, path)
    assert datasets.read_matrix(path, name='fc', kind='fc').shape == (3, 3)


def test_rows_and_columns_of_other_parcels(tmp_path):
    path = cifti(tmp_path / 'x.pconn.nii', WEIGHTS, parcels(), parcels(['L_V1', 'R_V1', 'L_M1']))
    refused("row 1 is named 'L_M1' and column 1 'R_V1'", datasets.read_connectome, path)


def test_parcels_named_by_numbers_keep_their_names(tmp_path):
    numbers = ['17', '4', '9']
    path = cifti(tmp_path / 'x.pconn.nii', WEIGHTS, parcels(numbers), parcels(numbers))
    assert datasets.read_connectome(path).labels.tolist() == numbers
    axis = SeriesAxis(0.0, 2.0, len(SERIES), 'SECOND')
    path = cifti(tmp_path / 'x.ptseries.nii', SERIES, axis, parcels(numbers))
    assert datasets.read_signal(path).labels.tolist() == numbers


def test_subject_compares_the_parcels_of_its_files(tmp_path):
    weights = pconn(tmp_path)
    subject = datasets.load_subject(weights=weights, timeseries=ptseries(tmp_path))
    assert subject.labels.tolist() == NAMES
    other = cifti(
        tmp_path / 'o.ptseries.nii',
        SERIES,
        SeriesAxis(0, 1, len(SERIES), 'SECOND'),
        parcels(['L_M1', 'L_V1', 'R_V1']),
    )
    refused(
        "region 0 (counted from 0) is 'L_M1', and 'L_V1' in weights file",
        datasets.load_subject,
        weights=weights,
        timeseries=other,
    )


def test_scalars_of_parcels_are_a_matrix_of_maps(tmp_path):
    path = cifti(tmp_path / 'm.pscalar.nii', SERIES[:2], ScalarAxis(['a', 'b']), parcels())
    maps = datasets.read_matrix(path, name='maps', square=False, n_regions=3)
    assert np.array_equal(maps, SERIES[:2])
    refused('does not say how far its samples', datasets.read_signal, path)


def test_images_without_parcels(tmp_path):
    nibabel.save(nibabel.Nifti1Image(np.zeros((2, 2, 2)), np.eye(4)), tmp_path / 'v.nii')
    refused(
        'is an image of shape (2, 2, 2), needed a parcellated CIFTI-2 file',
        datasets.read_timeseries,
        tmp_path / 'v.nii',
    )
    dense = cifti(
        tmp_path / 'd.dtseries.nii',
        SERIES,
        SeriesAxis(0, 1, len(SERIES), 'SECOND'),
        BrainModelAxis.from_mask(np.ones(3, bool), 'CORTEX_LEFT'),
    )
    refused(
        'is a CIFTI-2 file of SeriesAxis × BrainModelAxis, needed parcels',
        datasets.read_timeseries,
        dense,
    )
    (tmp_path / 'bad.nii').write_text('words ' * 100)
    refused('cannot be read as .nii', datasets.read_timeseries, tmp_path / 'bad.nii')


def test_truncated_cifti(tmp_path):
    path = ptseries(tmp_path)
    path.write_bytes(path.read_bytes()[:-40])
    refused('cannot be read as .nii', datasets.read_timeseries, path)


def gifti(path, rows, intent='NIFTI_INTENT_TIME_SERIES'):
    arrays = [GiftiDataArray(np.asarray(row, np.float32), intent=intent) for row in rows]
    nibabel.save(GiftiImage(darrays=arrays), path)
    return path


def test_gifti_has_one_array_per_sample(tmp_path):
    path = gifti(tmp_path / 'bold.func.gii', SERIES)
    assert np.array_equal(datasets.read_timeseries(path, n_regions=3), SERIES)
    signal = datasets.read_signal(path, dt=2 * u.second, labels=NAMES)
    assert signal.labels.tolist() == NAMES and signal.dt == 2000.0 * u.ms
    refused('does not say how far its samples are apart', datasets.read_signal, path)
    refused('holds no names; give a text file', datasets.read_labels, path)


def test_other_gifti_files(tmp_path):
    path = gifti(tmp_path / 's.surf.gii', [np.zeros((4, 3)), np.zeros((2, 3))])
    refused(
        'found 2 arrays of shape (2, 3), (4, 3), needed one array (nodes,) for each sample',
        datasets.read_timeseries,
        path,
    )
    (tmp_path / 'bad.gii').write_text('words ' * 100)
    refused('cannot be read as .gii', datasets.read_timeseries, tmp_path / 'bad.gii')


def test_without_nibabel(tmp_path, monkeypatch):
    path = ptseries(tmp_path)
    monkeypatch.setitem(sys.modules, 'nibabel', None)
    refused(
        f"reading timeseries file '{path}' needs nibabel, which is not installed. Install it "
        f'with: pip install "brainfit_fast[io]"',
        datasets.read_timeseries,
        path,
        error=ImportError,
    )
