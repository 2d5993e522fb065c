"""benchmarks/quality.py: cuBNM's cost by hand, its parameters, and the whole way on a small network."""

import dataclasses
import importlib
import json
import sys
from pathlib import Path

import jax
import numpy as np
import pytest
import scipy.stats
from brainstate.nn import Param

N = 6
BENCHMARKS = Path(__file__).parents[2] / 'benchmarks'


@pytest.fixture(autouse=True)
def path(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    yield
    for name in [n for n in sys.modules if n.split('.')[0] in ('quality', 'quality_rows', 'peers')]:
        del sys.modules[name]


def part(name):
    return importlib.import_module(f'quality_rows.{name}')


@pytest.fixture
def data():
    """Six regions in two hemispheres and two networks; float64."""
    rng = np.random.default_rng(0)
    weights = rng.random((N, N)) * (1 - np.eye(N))
    weights = (weights + weights.T) / 20

    def group():
        series = rng.normal(size=(200, N)) + rng.normal(size=(200, 1))
        fcd = np.sort(rng.uniform(-0.2, 0.9, 500))
        return part('data').Group(np.corrcoef(series.T), fcd)

    return part('data').Data(
        weights=weights,
        sides=np.array(list('LLLRRR')),
        maps={name: rng.normal(size=N) for name in ('myelinmap', 'fcgradient01')},
        networks=np.array(['Vis', 'Default', 'Vis'] * 2),
        train=group(),
        test=group(),
    )


def within(matrix):
    """The pairs of one hemisphere, one vector."""
    return np.concatenate(
        [matrix[:3, :3][np.triu_indices(3, 1)], matrix[3:, 3:][np.triu_indices(3, 1)]]
    )


def penalty(rate):
    off = np.abs(rate - 3)
    off = off[off > 1]
    return 0.5 * np.sum(1 - np.exp(-0.05 * (off - 1))) / len(rate)


def test_cost_is_that_of_cubnm(data):
    """float64, seed 1: FC and FCD of windows of 43 volumes every 7, by NumPy and SciPy."""
    rng = np.random.default_rng(1)
    bold = rng.normal(size=(150, N)) + rng.normal(size=(150, 1)) * np.linspace(0, 2, 150)[:, None]
    rate = rng.uniform(0, 12, size=(150, N)) * np.linspace(0.2, 2, N)
    fc = np.corrcoef(within(np.corrcoef(bold.T)), within(data.train.fc))[0, 1]
    windows = [within(np.corrcoef(bold[k : k + 43].T)) for k in range(0, 150 - 42, 7)]
    assert len(windows) == 16
    fcd = np.corrcoef(windows)[np.triu_indices(16, 1)]
    ks = scipy.stats.ks_2samp(fcd, data.train.fcd).statistic
    off = penalty(rate.mean(0))
    assert off > 0.01
    with jax.enable_x64(True):
        scores = part('scores').Scores(data)
        np.testing.assert_allclose(scores.cost(bold, rate), off - (fc - ks), rtol=1e-9)
        report = scores.report(bold[:, None], rate[:, None])
    np.testing.assert_allclose(report['fc_within_train'], [fc], rtol=1e-9)
    np.testing.assert_allclose(report['ks_train'], [ks], rtol=1e-9)
    every = np.triu_indices(N, 1)
    expected = np.corrcoef(np.corrcoef(bold.T)[every], data.test.fc[every])[0, 1]
    np.testing.assert_allclose(report['fc_all_test'], [expected], rtol=1e-9)


def test_rates_within_one_hertz_cost_nothing():
    assert part('scores').fic_penalty(np.array([2.01, 3.0, 3.99])) == 0.0


def stretched(values, low, high):
    """cuBNM's regional values in their range."""
    least, most = values.min(), values.max()
    to_least, to_most = min(max(low, least), high), max(min(high, most), low)
    if least >= to_least and most <= to_most:
        return values
    return (values - least) / (most - least) * (to_most - to_least) + to_least


@pytest.mark.parametrize('scales', [(0.3, -0.2), (4.0, -5.0), (-3.0, 1.0), (5.0, 5.0)])
def test_maps_as_in_cubnm(data, scales):
    """float32."""
    given = part('published').PUBLISHED['maps'].parameters(data, lambda name: Param(0.4))
    for key, value in zip(data.maps, scales, strict=True):
        given['w_p'].scale[key].set_value(np.float32(value))
    maps = np.array([(m - m.min()) / np.ptp(m) for m in data.maps.values()])
    expected = stretched(0.4 * (1 + np.array(scales) @ maps), 0.0, 2.0)
    np.testing.assert_allclose(given['w_p'].value(), expected, rtol=2e-5, atol=1e-6)


def test_a_value_for_each_network(data):
    given = part('published').PUBLISHED['yeo'].parameters(data, lambda name: Param(0.1))
    given['J_N'].scale['Vis'].set_value(np.float32(0.4))
    np.testing.assert_allclose(given['J_N'].value(), [0.4, 0.1, 0.4] * 2, rtol=1e-6)


@pytest.mark.parametrize('name', ['homogeneous', 'maps', 'yeo'])
def test_every_parameter_has_its_bounds(data, name):
    models = part('models')
    row = part('published').PUBLISHED[name]
    net = models.network(data, 1.0, **row.parameters(data, models.free))
    count = {'homogeneous': 3, 'maps': 7, 'yeo': 5}[name]  # two networks here
    assert len(row.space(data)) == count
    fitted = [p for p in net.nodes().values() if isinstance(p, Param) and p.fit]
    assert len(fitted) == count


def test_no_weight_is_negative_between_the_bounds(data):
    """Where one would be, cuBNM sets all to one; the background current alone keeps them above zero."""
    models = part('models')
    net = models.network(data, 1.0, G=0.001, w_p=0.0, J_N=0.001)
    assert float(net.node.J_i.value().min()) > 0.0


@pytest.mark.parametrize(
    'names',
    [
        'homogeneous,hopf',
        pytest.param('steps,maps,yeo,yeo-gradient,regional', marks=pytest.mark.slow),
    ],
)
def test_the_whole_way(data, names, monkeypatch, tmp_path, capsys):
    """Searches of two generations, gradient fits, their evaluation, table and figure; float32, seed 1."""
    quality, models, richer = importlib.import_module('quality'), part('models'), part('richer')
    short = models.Run(2.0, 2.0, volumes=80, removed=10)
    monkeypatch.setattr(quality, 'load', lambda python: data)
    monkeypatch.setattr(quality, 'python_of', lambda peer, folder: folder)
    monkeypatch.setattr(quality, 'search', lambda *a, **k: part('search').search(*a, short, **k))
    monkeypatch.setattr(quality, 'evaluate', lambda d, p: part('evaluate').evaluate(d, p, short))
    monkeypatch.setattr(quality, 'STEPS', (short, models.Run(3.0, 3.0, volumes=80, removed=10)))
    monkeypatch.setattr(richer, 'COARSE', short)
    file, drawn = tmp_path / 'quality.json', tmp_path / 'quality.png'
    only = ['--only', names, '--length', '2', '--population', '3', '--seeds', '1']
    kept = ['--checkpoints', str(tmp_path / 'fits'), '--json', str(file), '--figure', str(drawn)]
    assert quality.main([*only, *kept]) == 0
    rows = {row['row']: row for row in json.loads(file.read_text())['rows']}
    assert set(rows) == set(names.split(','))
    steps = rows.pop('steps', None)
    assert steps is None or np.shape(steps['ks_train']) == (2, 20)
    for name, row in rows.items():
        assert row['evaluations'] == 6 + 4 * 6 if 'evaluations' in row else row['steps'] == 2
        assert 'point' not in row or len(row['point']['w_p']) == N
        scores = row['scores']
        assert len(scores['ks_test']) == 4, name
        assert all(0 <= ks <= 1 for ks in scores['ks_train']), name
        assert all(-1 <= r <= 1 for r in scores['fc_all_test']), name
    assert drawn.stat().st_size > 1000
    printed = capsys.readouterr().out
    assert 'Not fitted' in printed
    if 'maps' in rows:
        assert '| two maps | 7 | 0.511, 0.198 | – | – | 7937 | 45 min |' in printed
        return

    assert quality.main([*only[:1], 'homogeneous', '--length', '3', *only[4:], *kept]) == 0
    again = next(r for r in json.loads(file.read_text())['rows'] if r['row'] == 'homogeneous')
    assert again['evaluations'] == 9 + 4 * 9 and len(again['lowest_by_generation']) == 3
    capsys.readouterr()
    page = tmp_path / 'page.md'
    marks = '<!-- quality.py --table: begin -->', '<!-- quality.py --table: end -->'
    page.write_text(f'above\n{marks[0]}\nearlier\n{marks[1]}\nbelow\n')
    assert quality.main(['--table', str(file), '--page', str(page)]) == 0
    printed = capsys.readouterr().out.strip()
    assert printed.count('| Hopf') == 1
    text = page.read_text()
    assert text.startswith(f'above\n{marks[0]}\n\n')
    assert text.endswith(f'{printed}\n\n{marks[1]}\nbelow\n')
    assert 'earlier' not in text and 'quality.png' in text


def test_what_is_reached():
    """The median of fits beside cuBNM's point: a lower cost and KS, or a higher r."""

    def scores(r, ks, penalty):
        return {'scores': {'fc_within_train': [r], 'ks_train': [ks], 'penalty': [penalty]}}

    cubnm = {'seeds': [0, 1, 2], 'fc_within_train': [0.9, 0.5, 0.7], 'ks_train': [0.1, 0.3, 0.2]}
    rows = [{'row': 'published', 'fit': 'maps', 'cubnm': cubnm, **scores(0.5, 0.2, 0.1)}]
    own = {'row': 'maps', 'evaluations': 9, 'processor_seconds': 60.0}
    for r in (0.4, 0.48, 0.45):
        rows.append({**own, **scores(r, 0.25, 0.01)})
    report = part('report')
    line = report._published({'published': rows[:1], 'maps': rows[1:]}).splitlines()[-1]
    assert '| 0.600, 0.250 | -0.200, 0.500, 0.200 | 7937' in line
    assert '| -0.190 (-0.220 to -0.140) | 0.450 (0.400 to 0.480) |' in line
    assert line.endswith('| **no**, **no**, **no** |')
    rows[1:] = [{**own, **scores(0.49, 0.19, 0.05)}]
    line = report._published({'published': rows[:1], 'maps': rows[1:]}).splitlines()[-1]
    assert line.endswith('| yes, **no**, yes |')


def test_the_lowest_points_are_simulated_again(data, monkeypatch):
    """The lowest mean over other noise wins, not the lowest cost of the search; float32, seed 1."""
    search, models = part('search'), part('models')
    short = models.Run(2.0, 2.0, volumes=80, removed=10)
    seen = []

    def costs(net, scores, run, points):
        seen.append(points)
        return np.array([0.5, 0.1, 0.3, 0.2])

    monkeypatch.setattr(search, '_costs_again', costs)
    row = search.search(data, 'homogeneous', 1, 2, 4, short)
    assert row['search_cost'] == 0.1
    assert row['parameters'] == {key: float(values[1]) for key, values in seen[0].items()}
    np.testing.assert_allclose(row['point']['G'], row['parameters']['node.G'], rtol=1e-6)


def test_published_points_in_cubnm(data, monkeypatch, tmp_path):
    """An interpreter that answers with what it was asked, in place of cuBNM's."""
    rescore, published = part('rescore'), part('published')
    fit = published.PUBLISHED['yeo']
    two = {
        key: value
        for key, value in fit.found.items()
        if key.split('.')[-1] in ('G', 'Vis', 'Default')
    }
    known = {**published.PUBLISHED, 'yeo': dataclasses.replace(fit, found=two)}
    monkeypatch.setattr(rescore, 'PUBLISHED', known)
    python = tmp_path / 'python'
    python.write_text(
        f'#!{sys.executable}\nimport json, sys\ntask = json.load(sys.stdin)\n'
        "scores = [[g + seed for g in task['points']['G']] for seed in task['seeds']]\n"
        "print('Initializing'); print(json.dumps({'fc_within_train': scores, 'ks_train': scores}))\n"
    )
    python.chmod(0o755)
    rows = rescore.rescored(data, python, seeds=(0, 2))
    assert [row['fit'] for row in rows] == ['homogeneous', 'maps', 'yeo']
    assert rows[0]['cubnm']['ks_train'] == [1.5399, 3.5399]
    np.testing.assert_allclose(rows[0]['point']['w_p'], np.full(N, 0.005954), rtol=1e-6)
    yeo = [0.265309, 0.068751, 0.265309] * 2
    np.testing.assert_allclose(rows[2]['point']['J_N'], yeo, rtol=1e-5)
    python.write_text('#!/bin/sh\necho no cubnm here >&2; exit 1\n')
    with pytest.raises(RuntimeError, match='no cubnm here'):
        rescore.rescored(data, python)


def test_where_the_data_come_from(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'has no cubnm.*0\.1\.0'):
        part('data').load(tmp_path / 'bin' / 'python')
