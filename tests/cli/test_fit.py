"""``brainfit-fast fit`` on small files: what is written, and that it is right."""

import json
from pathlib import Path

import numpy as np
import pytest

from brainfit_fast.cli import main

SMALL = ('--steps', '8', '--duration', '144', '--noise-seeds', '2')


def load(folder: Path) -> tuple[dict, dict]:
    result = json.loads((folder / 'result.json').read_text(encoding='utf-8'))
    with np.load(folder / 'fit.npz') as archive:
        return result, dict(archive)


@pytest.fixture(scope='module')
def whole(shared_files, tmp_path_factory) -> Path:
    """A fit with both checks."""
    out = tmp_path_factory.mktemp('whole')
    arguments = ['fit', '--weights', shared_files['weights'], '--fc', shared_files['fc']]
    arguments += ['--labels', shared_files['labels'], '--fit', 'k,a', '--seed', '3', '--out', out]
    assert main([*map(str, arguments), *SMALL]) == 0
    return out


def test_result_has_every_number_with_its_unit(whole):
    result, _ = load(whole)
    assert set(result) == {
        'schema',
        'command',
        'data',
        'notes',
        'settings',
        'parameters',
        'n_parameters',
        'fit',
        'results',
        'seconds',
        'machine',
        'versions',
    }
    assert result['schema'] == 1
    assert result['command'].startswith('brainfit-fast fit --weights ')
    settings = result['settings']
    assert settings['dt'] == {'value': 720.0, 'unit': 'ms'}
    assert settings['duration'] == {'value': pytest.approx(144.0), 'unit': 's'}
    assert settings['transient']['unit'] == settings['sampling_interval']['unit'] == 's'
    assert settings['noise'] == {'value': 0.02, 'unit': '1/sqrt(s)'}
    assert settings['noise_per_step']['unit'] == '1/ms'
    assert settings['seed'] == 3 and settings['fitted'] == ['k', 'a']
    assert result['n_parameters'] == 7
    assert result['parameters']['a']['shape'] == [6] and result['parameters']['a']['unit'] == '1/s'
    assert result['parameters']['k']['shape'] == []
    assert result['versions']['jax'] and result['versions']['brainstate']
    assert {'compile', 'fit', 'figure', 'held_out', 'recovery', 'total'} <= set(result['seconds'])
    assert result['fit']['status'] == 'finished' and result['fit']['n_steps'] == 8


def test_reported_numbers_follow_from_the_saved_arrays(whole):
    result, arrays = load(whole)
    pairs = np.triu_indices(6, 1)
    empirical = arrays['fc_empirical'][pairs]
    each = [np.corrcoef(fc[pairs], empirical)[0, 1] for fc in arrays['fc_simulated']]
    found = result['results']['fc_r']
    assert found['n_seeds'] == len(each) == 10
    np.testing.assert_allclose(found['values'], each, rtol=1e-12)
    assert found['mean'] == pytest.approx(np.mean(each))
    assert found['sd'] == pytest.approx(np.std(each, ddof=1))
    raw = np.corrcoef(arrays['weights'][pairs], empirical)[0, 1]
    assert result['results']['sc_fc_r'] == pytest.approx(raw)
    assert result['fit']['best_loss'] == pytest.approx(arrays['history'].min())
    assert len(arrays['history']) == 8
    assert arrays['history'].min() < arrays['history'][0]
    assert arrays['labels'].tolist() == [f'area_{i}' for i in range(6)]
    low, high = result['parameters']['a']['bounds']
    assert ((low < arrays['param_a']) & (arrays['param_a'] < high)).all()
    assert len(np.unique(arrays['fc_simulated'][:, 0, 1])) == 10, 'every seed has its own noise'


def test_checks_are_reported(whole):
    results = load(whole)[0]['results']
    held = results['held_out']
    assert held['n_pairs_fitted'] == 12 and held['n_pairs_held_out'] == 3
    assert held['fc_r_held_out']['n_seeds'] == 10
    known = results['recovery']['parameters']
    assert set(known) == {'a', 'k'}
    assert -1 <= known['a']['r'] <= 1
    assert known['k']['true'] != known['k']['recovered'] and known['k']['unit'] == '1/s'
    assert results['replicate'] is None


def test_figure_is_drawn(whole):
    from matplotlib.image import imread

    picture = imread(whole / 'figure.png')[..., :3]
    assert picture.shape[1] > 1900 and picture.shape[0] > 1100
    blank = (picture > 0.99).all(axis=-1)
    assert 0.02 < 1 - blank.mean() < 0.9
    for part in (blank[:, :500], blank[:, -500:], blank[-400:]):
        assert not part.all(), 'every part of the slide has something'


def test_the_same_seed_gives_the_same_fit(run, files, tmp_path):
    results = []
    for name, seed in (('one', 1), ('two', 1), ('three', 2)):
        out = tmp_path / name
        answer = run(
            'fit', '--weights', files['weights'], '--fc', files['fc'], '--fit', 'a', '--seed', seed,
            '--steps', 3, '--duration', 72, '--noise-seeds', 1, '--quick', '--out', out,
        )  # fmt: skip
        assert answer.code == 0
        results.append(load(out)[1])
    one, two, three = results
    np.testing.assert_array_equal(one['history'], two['history'])
    np.testing.assert_array_equal(one['fc_simulated'], two['fc_simulated'])
    assert (one['history'] != three['history']).any()


def test_time_series_and_delays(run, files, tmp_path):
    answer = run(
        'fit', '--weights', files['weights'], '--lengths', files['lengths'], '--speed', 5, '--dt', 10,
        '--duration', 20, '--tr', 0.1, '--timeseries', files['timeseries'], '--fit', 'k',
        '--steps', 2, '--noise-seeds', 1, '--quick', '--out', tmp_path / 'out',
    )  # fmt: skip
    assert answer.code == 0, answer.err
    result, arrays = load(tmp_path / 'out')
    longest = np.load(files['lengths']).max() / 5
    assert f'up to {longest:.3g} ms (speed 5 mm/ms)' in answer.out
    assert result['settings']['speed'] == {'value': 5.0, 'unit': 'mm/ms'}
    assert result['results']['held_out'] is None
    np.testing.assert_allclose(
        arrays['fc_empirical'], np.corrcoef(np.load(files['timeseries']).T), atol=1e-12
    )


def test_delays_change_the_simulation(run, files, tmp_path):
    histories = []
    for name, extra in (('with', ('--speed', 2)), ('without', ())):
        answer = run(
            'fit', '--weights', files['weights'], '--lengths', files['lengths'], *extra, '--dt', 10,
            '--duration', 20, '--tr', 0.1, '--fc', files['fc'], '--fit', 'k', '--steps', 1,
            '--noise-seeds', 1, '--quick', '--out', tmp_path / name,
        )  # fmt: skip
        assert answer.code == 0, answer.err
        histories.append(load(tmp_path / name)[1]['history'][0])
    assert histories[0] != histories[1]
    assert 'the network has no delays' in answer.out


def test_another_model(run, files, tmp_path):
    answer = run(
        'fit', '--weights', files['weights'], '--fc', files['fc'], '--model', 'wong-wang',
        '--duration', 10, '--steps', 5, '--noise-seeds', 1, '--quick', '--out', tmp_path / 'out',
    )  # fmt: skip
    assert answer.code == 0, answer.err
    result, arrays = load(tmp_path / 'out')
    assert set(result['parameters']) == {'w', 'I0', 'k'}
    assert result['parameters']['I0']['unit'] == 'nA'
    assert arrays['param_k'].shape == (6,)
    assert result['n_parameters'] == 18
