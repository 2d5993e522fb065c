"""The HCP group data and the maps that stay in the user's copy of cubnm."""

import hashlib
import importlib.util
import os
import shutil
import zipfile
from pathlib import Path

import brainunit as u
import numpy as np
import pytest

from brainfit_fast import datasets
from brainfit_fast.datasets.hcp import YEO7_NETWORKS

ROOT = Path(__file__).parents[2]
FOLDER = Path(datasets.__file__).parent / 'data' / 'hcp_schaefer100'
OFF_DIAGONAL = ~np.eye(100, dtype=bool)


@pytest.fixture(scope='module')
def hcp():
    return datasets.load_dataset('hcp_schaefer100')


@pytest.fixture(scope='module')
def cubnm():
    """A cubnm wheel or folder: $BRAINFIT_FAST_CUBNM, or the installed package."""
    path = os.environ.get('BRAINFIT_FAST_CUBNM')
    if path is None:
        spec = importlib.util.find_spec('cubnm')
        if spec is None:
            pytest.skip('no cubnm here: set BRAINFIT_FAST_CUBNM to a cubnm 0.1.0 wheel')
        path = spec.submodule_search_locations[0]
    return path


def test_checksums_cover_every_data_file():
    sums = dict(reversed(line.split()) for line in (FOLDER / 'SHA256SUMS').read_text().splitlines())
    assert set(sums) == {p.name for p in FOLDER.iterdir()} - {'SHA256SUMS', 'NOTICE.md'}
    for name, expected in sums.items():
        assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == expected, name


def test_structure(hcp):
    for weights, lengths in ((hcp.weights, hcp.lengths), (hcp.weights_test, hcp.lengths_test)):
        assert weights.shape == (100, 100) and weights.dtype == np.float64
        assert np.array_equal(weights, weights.T) and not np.diagonal(weights).any()
        assert np.isfinite(weights).all() and weights.min() == 0.0
        assert u.get_unit(lengths) == u.mm
        mm = u.get_magnitude(lengths)
        assert mm.dtype == np.float64 and np.array_equal(mm, mm.T)
        assert np.array_equal(mm > 0, weights > 0) and 230 < mm.max() < 240
    assert hcp.weights.max() == 38177.5
    assert (hcp.weights[OFF_DIAGONAL] > 0).mean() == pytest.approx(0.9277, abs=1e-4)


def test_function(hcp):
    for fc in (hcp.fc, hcp.fc_test):
        assert fc.shape == (100, 100) and fc.dtype == np.float64 and np.isfinite(fc).all()
        assert np.array_equal(fc, fc.T) and (np.diagonal(fc) == 1.0).all()
        assert np.abs(fc[OFF_DIAGONAL]).max() < 1.0
    upper = np.triu_indices(100, 1)
    assert np.corrcoef(hcp.fc[upper], hcp.fc_test[upper])[0, 1] == pytest.approx(0.9982, abs=1e-4)
    assert np.corrcoef(hcp.weights[upper], hcp.fc[upper])[0, 1] == pytest.approx(0.2607, abs=1e-4)


def test_fcd(hcp):
    for values, size in ((hcp.fcd, 13677), (hcp.fcd_test, 13678)):
        assert values.shape == (size,) and values.dtype == np.float64
        assert (np.diff(values) >= 0).all() and values[0] > -1.0 and values[-1] < 1.0
    assert (hcp.window, hcp.step, hcp.TR) == (30.0 * u.second, 5.0 * u.second, 0.72 * u.second)


def test_regions(hcp):
    assert hcp.labels.shape == hcp.networks.shape == (100,) and len(set(hcp.labels)) == 100
    assert [hcp.labels[i] for i in (0, 49, 50, 99)] == ['LH_001', 'LH_050', 'RH_001', 'RH_050']
    # Sizes of the networks in the published 100-parcel, 7-network atlas, left then right.
    for half, sizes in (
        (hcp.networks[:50], (9, 6, 8, 7, 3, 4, 13)),
        (hcp.networks[50:], (8, 8, 7, 5, 2, 9, 11)),
    ):
        assert tuple((half == name).sum() for name in YEO7_NETWORKS) == sizes


def test_regions_and_matrices_are_in_the_same_order(hcp):
    same_network = (hcp.networks[:, None] == hcp.networks[None]) & OFF_DIAGONAL
    assert hcp.fc[same_network].mean() > 1.5 * hcp.fc[OFF_DIAGONAL & ~same_network].mean()
    left = np.arange(100) < 50
    across = left[:, None] != left[None]
    assert hcp.weights[~across].sum() > 5 * hcp.weights[across].sum()
    # Sensory networks and the default network are the two ends of the first gradient.
    gradient = hcp.maps['fcgradient01']
    assert (
        abs(gradient[hcp.networks == 'Default'].mean() - gradient[hcp.networks == 'SomMot'].mean())
        > 2.0
    )


def test_maps(hcp):
    assert sorted(hcp.maps) == ['fcgradient01', 'myelinmap', 'thickness']
    for values in hcp.maps.values():
        assert values.shape == (100,)
        assert values.mean() == pytest.approx(0.0, abs=1e-6)
        assert values.std() == pytest.approx(1.0, abs=1e-6)


def test_terms_travel_with_the_data(hcp):
    assert {'source', 'citation', 'licence', 'acknowledgement', 'terms_url'} <= set(hcp.info)
    notice = ' '.join(Path(hcp.info['notice']).read_text(encoding='utf-8').replace('>', '').split())
    for needed in (
        hcp.info['acknowledgement'],
        hcp.info['terms_url'],
        'under these same Data Use',
        'Copyright (c) 2023, cuBNM Developers',
        'Redistributions of source code must',
    ):
        assert needed in notice


def test_info_is_a_copy(hcp):
    hcp.info['units']['weights'] = 'changed'
    assert datasets.load_dataset('hcp_schaefer100').info['units']['weights'] != 'changed'


def test_conversion_is_reproducible(cubnm, tmp_path):
    tool_path = ROOT / 'tools' / 'convert_hcp_schaefer100.py'
    spec = importlib.util.spec_from_file_location('convert_hcp_schaefer100', tool_path)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    tool.convert(cubnm, tmp_path)
    made = sorted(p.name for p in tmp_path.iterdir())
    assert made == sorted({p.name for p in FOLDER.iterdir()} - {'NOTICE.md'})
    assert (tmp_path / 'regions.csv').read_bytes() == (FOLDER / 'regions.csv').read_bytes()
    for path in tmp_path.glob('*.npz'):
        with np.load(path) as new, np.load(FOLDER / path.name) as old:
            for key in ('train', 'test'):
                assert new[key].dtype == old[key].dtype == np.float32
                assert np.array_equal(new[key], old[key])


def test_converter_refuses_asymmetric_weights(tmp_path):
    tool_path = ROOT / 'tools' / 'convert_hcp_schaefer100.py'
    spec = importlib.util.spec_from_file_location('convert_hcp_schaefer100', tool_path)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    matrix = np.zeros((100, 100))
    tool.check_matrix('weights', matrix, 0.0)
    matrix[0, 1] = 1.0
    with pytest.raises(ValueError, match='weights: asymmetric'):
        tool.check_matrix('weights', matrix, 0.0)


@pytest.fixture
def small_cubnm(tmp_path):
    """A folder laid out like cubnm, with made-up maps."""
    folder = tmp_path / 'cubnm'
    (folder / 'data' / 'maps').mkdir(parents=True)
    for i, name in enumerate(datasets.cubnm.CUBNM_MAPS):
        np.savetxt(
            folder / f'data/maps/ctx_parc-schaefer-100_desc-{name}_zscore.txt',
            np.full(100, float(i)),
        )
    return folder


@pytest.mark.parametrize('form', ['package', 'unpacked', 'wheel'])
def test_cubnm_maps_from_every_form(small_cubnm, tmp_path, form):
    path = {'package': small_cubnm, 'unpacked': tmp_path, 'wheel': tmp_path / 'x.whl'}[form]
    if form == 'wheel':
        with zipfile.ZipFile(path, 'w') as archive:
            for file in small_cubnm.rglob('*.txt'):
                archive.write(file, file.relative_to(tmp_path).as_posix())
    maps = datasets.load_cubnm_maps(path)
    assert [(name, values[0], values.shape) for name, values in maps.items()] == [
        (name, float(i), (100,)) for i, name in enumerate(datasets.cubnm.CUBNM_MAPS)
    ]


def test_cubnm_maps_agree_with_the_bundled_ones(cubnm, hcp):
    maps = datasets.load_cubnm_maps(cubnm)
    assert {'genepc1', 'nmda', 'gabaa'} == set(maps) - set(hcp.maps)
    for name, values in hcp.maps.items():
        assert np.array_equal(maps[name], values)


def test_cubnm_missing(tmp_path, small_cubnm, monkeypatch):
    remedy = 'pip download cubnm==0.1.0 --no-deps'
    with pytest.raises(FileNotFoundError, match=rf'does not exist: fetch it with `{remedy}`'):
        datasets.load_cubnm_maps(tmp_path / 'nothing.whl')
    (tmp_path / 'text.whl').write_text('no archive')
    with pytest.raises(FileNotFoundError, match='neither a wheel nor a folder'):
        datasets.load_cubnm_maps(tmp_path / 'text.whl')
    shutil.rmtree(small_cubnm / 'data' / 'maps')
    with pytest.raises(FileNotFoundError, match=r'holds no cubnm/data/maps/.*0\.1\.0 is expected'):
        datasets.load_cubnm_maps(small_cubnm)
    monkeypatch.setattr(datasets.cubnm, 'find_spec', lambda name: None)
    with pytest.raises(FileNotFoundError, match='cubnm is not installed in this environment'):
        datasets.load_cubnm_maps()
