"""Targets that come as matrices and pooled values, and every refusal with its message."""

import brainunit as u
import jax.numpy as jnp
import numpy as np
import pytest

from brainfit_fast import objectives as ours
from brainfit_fast.objectives import targets


@pytest.fixture
def data(pair):
    """A prediction, a target series and its connectivity matrix, in float32."""
    prediction, target = pair('float32')
    return prediction, target, np.corrcoef(np.asarray(target, 'float64').T)


def pooled(matrix, k=1):
    return np.asarray(matrix)[np.triu_indices(len(matrix), k=k)]


# -- targets in place of series ------------------------------------------------------------


@pytest.mark.parametrize('name', ['fc_corr', 'fc_rmse'])
def test_matrix_equals_its_series(name, data):
    prediction, target, matrix = data
    objective = getattr(ours, name)()
    expected = objective(prediction, target)
    np.testing.assert_allclose(objective(prediction, targets.fc(matrix)), expected, atol=1e-6)


def test_matrix_is_copied(data):
    prediction, _, matrix = data
    target = targets.fc(matrix)
    before = ours.fc_rmse()(prediction, target)
    matrix[:] = 0.0
    np.testing.assert_array_equal(ours.fc_rmse()(prediction, target), before)


@pytest.mark.parametrize('name', ['fcd_ks', 'fcd_wasserstein'])
@pytest.mark.parametrize('as_matrix', [True, False])
def test_pooled_values_equal_their_series(name, as_matrix, data):
    prediction, series, _ = data
    matrix = ours.fcd()(series)
    values = matrix if as_matrix else pooled(matrix)
    objective = getattr(ours, name)()
    expected = objective(prediction, series)
    got = objective(prediction, targets.fcd(values, window=30, step=5))
    assert expected > 1e-3
    np.testing.assert_allclose(got, expected, atol=1e-6)


def test_matrix_target_of_fcd_equals_its_series(data):
    prediction, series, _ = data
    target = targets.fcd(ours.fcd()(series), window=30, step=5)
    np.testing.assert_allclose(
        ours.fcd()(prediction, target), ours.fcd()(prediction, series), atol=1e-6
    )


@pytest.mark.parametrize('bw_method', [None, 'silverman'])
def test_pooled_values_are_smoothed_like_the_prediction(bw_method, x64, pair):
    # The same distribution, sampled 50 times as often, must stay near distance zero. A kernel
    # width from the size of the pool would leave a distance of some 0.04.
    prediction, _ = pair(x64)
    values = np.tile(pooled(ours.fcd()(prediction)), 50)
    objective = ours.fcd_wasserstein(bw_method=bw_method)
    assert float(objective(prediction, targets.fcd(values, window=30, step=5))) < 1e-4
    own = targets.FCDTarget(values, window=30, step=5, own_bandwidth=True)
    assert float(objective(prediction, own)) > 1e-2


def test_windows_given_as_times():
    target = targets.fcd(
        np.linspace(0.0, 0.9, 20), window=30 * u.second, step=5000 * u.ms, TR=0.72 * u.second
    )
    assert (target.window, target.step) == (42, 7)
    same = targets.fcd(np.linspace(0.0, 0.9, 20), window=42, step=7.0, TR=720 * u.ms)
    assert (same.window, same.step) == (42, 7)


def test_fcd_target_with_matching_windows(data):
    prediction, series, _ = data
    objective = ours.fcd_ks(window_size=42, step_size=7)
    values = pooled(ours.fcd(42, 7)(series))
    target = targets.fcd(values, window=30 * u.second, step=5 * u.second, TR=0.72 * u.second)
    np.testing.assert_allclose(
        objective(prediction, target), objective(prediction, series), atol=1e-6
    )


def test_each_term_gets_its_own_target(data):
    prediction, series, matrix = data
    fc, fcd, rmse = ours.fc_corr(as_loss=True), ours.fcd_ks(), ours.timeseries_rmse()
    loss = ours.combine((1.0, fc), (0.5, fcd), (0.25, rmse))
    values = targets.fcd(pooled(ours.fcd()(series)), window=30, step=5)
    got = loss(prediction, targets.per_term(targets.fc(matrix), values, series))
    expected = (
        fc(prediction, series) + 0.5 * fcd(prediction, series) + 0.25 * rmse(prediction, series)
    )
    np.testing.assert_allclose(got, expected, atol=1e-5)
    with pytest.raises(ValueError, match=r'2 targets.*each of the 3 terms'):
        loss(prediction, targets.per_term(series, series))


def test_targets_say_what_they_hold(data):
    assert repr(targets.fc(data[2])) == 'targets.fc(<matrix of shape (6, 6)>)'
    target = targets.fcd(np.linspace(0, 0.5, 9), window=30, step=5)
    assert repr(target) == 'targets.fcd(<values of shape (9,)>, window=30, step=5)'


# -- refusals: targets ----------------------------------------------------------------------


def matrix_with(changes, n=4):
    matrix = np.full((n, n), 0.3)
    np.fill_diagonal(matrix, 1.0)
    for index, value in changes.items():
        matrix[index] = value
    return matrix


@pytest.mark.parametrize(
    ('matrix', 'words'),
    [
        (np.ones((4, 3)), r'targets\.fc: given an array of shape \(4, 3\).*square matrix'),
        (np.ones(4), r'shape \(4,\).*square matrix.*without targets\.fc'),
        (matrix_with({(0, 1): 0.5}), r'asymmetric matrix \(0\.5 at \[0, 1\], 0\.3 at \[1, 0\]\)'),
        (matrix_with({(2, 2): 0.0}), r'diagonal with 0 at \[2, 2\].*np\.fill_diagonal'),
        (
            matrix_with({(1, 3): np.nan, (3, 1): np.nan}),
            r'2 NaN or infinite values \(the first at index \(1, 3\)\)',
        ),
        (matrix_with({(0, 1): 1.7, (1, 0): 1.7}), r'values between 0\.3 and 1\.7.*np\.tanh'),
    ],
)
def test_bad_matrices(matrix, words):
    with pytest.raises(ValueError, match=words):
        targets.fc(matrix)
    with pytest.raises(ValueError, match=words):
        targets.fc(jnp.asarray(matrix))


@pytest.mark.parametrize(
    ('matrix', 'words'),
    [(np.eye(3) * u.mV, 'mV.*no unit'), (np.eye(3) + 0j, 'complex128.*real numbers')],
)
def test_matrices_of_the_wrong_kind(matrix, words):
    with pytest.raises(TypeError, match=words):
        targets.fc(matrix)


VALUES = np.linspace(-0.2, 0.8, 30)


@pytest.mark.parametrize(
    ('values', 'words'),
    [
        (np.ones(1), r'shape \(1,\).*two pooled values'),
        (np.ones((5, 4)), r'shape \(5, 4\).*triu_indices'),
        (np.append(VALUES, np.nan), r'1 NaN or infinite values \(the first at index \(30,\)\)'),
        (np.append(VALUES, -3.0), r'values between -3 and 0\.8.*within \[-1, 1\]'),
        (matrix_with({(0, 1): 0.5}), 'asymmetric matrix'),
    ],
)
def test_bad_fcd_values(values, words):
    with pytest.raises(ValueError, match=words):
        targets.fcd(values, window=30, step=5)


@pytest.mark.parametrize(
    ('options', 'error', 'words'),
    [
        ({'window': 1, 'step': 5}, ValueError, r'window=1.*at least 2'),
        ({'window': 30, 'step': 0}, ValueError, r'step=0.*at least 1'),
        ({'window': 30.5, 'step': 5}, ValueError, r'window=30\.5.*whole number'),
        ({'window': 30 * u.second, 'step': 5}, TypeError, r'TR=None.*TR=0\.72 \* u\.second'),
        ({'window': 30 * u.second, 'step': 5, 'TR': 0.72}, TypeError, r'TR=0\.72.*as a time'),
        ({'window': 30 * u.mV, 'step': 5, 'TR': 1 * u.second}, TypeError, r'window=30.*a time'),
        ({'window': 30 * u.second, 'step': 5, 'TR': 1 * u.mV}, TypeError, r'TR=1.*a time'),
        ({'window': 30 * u.second, 'step': 5, 'TR': 0 * u.second}, ValueError, 'positive time'),
        ({'window': 30, 'step': 0.1 * u.second, 'TR': 1 * u.second}, ValueError, r'step=0'),
    ],
)
def test_bad_windows_of_a_target(options, error, words):
    with pytest.raises(error, match=words):
        targets.fcd(VALUES, **options)


def test_per_term_needs_targets():
    with pytest.raises(ValueError, match='no target'):
        targets.per_term()


# -- refusals: objectives -------------------------------------------------------------------

FC = ['fc_corr', 'fc_rmse']
DYNAMICS = ['fcd', 'fcd_ks', 'fcd_wasserstein']


@pytest.mark.parametrize('name', FC + DYNAMICS)
def test_connectivity_passed_as_series(name, data):
    prediction, _, matrix = data
    for plain in (matrix, jnp.asarray(matrix, 'float32'), matrix - np.eye(6)):
        with pytest.raises(ValueError, match=r'not a time series.*targets\.fc\(matrix\)'):
            getattr(ours, name)()(prediction, plain)
        with pytest.raises(ValueError, match=r'targets\.fc\(matrix\)'):
            getattr(ours, name)().prepare(plain)


def test_square_series_is_accepted():
    series = np.random.default_rng(0).standard_normal((6, 6))
    assert abs(float(ours.fc_corr()(series, series)) - 1.0) < 1e-5


@pytest.mark.parametrize('name', FC + DYNAMICS)
def test_other_number_of_regions(name, data):
    prediction, series, _ = data
    with pytest.raises(ValueError, match=r'shape \(200, 4\), that is 4 regions.*6 regions'):
        getattr(ours, name)()(prediction, series[:, :4])


@pytest.mark.parametrize('name', FC)
def test_matrix_of_other_regions(name, data):
    prediction, _, matrix = data
    with pytest.raises(ValueError, match=r'shape \(4, 4\), that is 4 regions.*6 regions'):
        getattr(ours, name)()(prediction, targets.fc(matrix[:4, :4]))


@pytest.mark.parametrize('name', ['timeseries_rmse', 'cosine_sim', *FC, *DYNAMICS])
def test_nan_in_the_target(name, data):
    prediction, series, _ = data
    bad = series.at[5, 2].set(jnp.nan)
    with pytest.raises(ValueError, match=r'1 NaN or infinite values \(the first at index \(5, 2\)'):
        getattr(ours, name)()(prediction, bad)


@pytest.mark.parametrize('name', ['timeseries_rmse', 'cosine_sim', *FC, 'fcd_ks'])
def test_no_target(name, data):
    with pytest.raises(TypeError, match=f'{name}: given the target None'):
        getattr(ours, name)()(data[0])


@pytest.mark.parametrize('name', ['timeseries_rmse', 'cosine_sim', *DYNAMICS])
def test_matrix_target_where_it_does_not_belong(name, data):
    prediction, _, matrix = data
    with pytest.raises(TypeError, match=r'targets\.fc belongs to fc_corr and fc_rmse'):
        getattr(ours, name)()(prediction, targets.fc(matrix))


@pytest.mark.parametrize('name', ['timeseries_rmse', 'cosine_sim', *FC])
def test_fcd_target_where_it_does_not_belong(name, data):
    target = targets.fcd(VALUES, window=30, step=5)
    with pytest.raises(TypeError, match=r'targets\.fcd'):
        getattr(ours, name)()(data[0], target)


@pytest.mark.parametrize('name', DYNAMICS)
def test_windows_that_differ_are_both_named(name, data):
    target = targets.fcd(VALUES, window=42, step=7)
    words = (
        r'window_size=30, step_size=5 and a target with window=42, step=7'
        rf'.*{name}\(window_size=42, step_size=7\)'
    )
    with pytest.raises(ValueError, match=words):
        getattr(ours, name)()(data[0], target)


def test_pooled_values_have_no_order(data):
    target = targets.fcd(VALUES, window=30, step=5)
    with pytest.raises(ValueError, match=r'pooled FCD values.*fcd_ks'):
        ours.fcd()(data[0], target)


def test_fcd_of_another_length(data):
    with pytest.raises(ValueError, match=r'target of 15 windows.*35 windows'):
        ours.fcd()(data[0], data[1][:100])


@pytest.mark.parametrize(
    ('name', 'options', 'n_time', 'words'),
    [
        ('fcd', {}, 29, r'29 samples.*0 windows.*at least 1 windows, that is 30 samples'),
        ('fcd_ks', {}, 39, r'39 samples.*2 windows.*at least 3 windows, that is 40 samples'),
        ('fcd_wasserstein', {'n_diag': 4}, 40, r'3 windows.*at least 6 windows'),
    ],
)
def test_series_too_short_for_its_windows(name, options, n_time, words, data):
    prediction, series, _ = data
    objective = getattr(ours, name)(**options)
    with pytest.raises(ValueError, match='prediction of ' + words if n_time != 40 else words):
        objective(prediction[:n_time], series)
    with pytest.raises(ValueError, match='target of' if n_time != 40 else words):
        objective(prediction, series[:n_time])


def test_small_fcd_matrix_as_target(data):
    target = targets.fcd(matrix_with({}, n=2), window=30, step=5)
    with pytest.raises(ValueError, match=r'matrix of shape \(2, 2\).*at least 3 windows'):
        ours.fcd_ks()(data[0], target)


@pytest.mark.parametrize('name', DYNAMICS)
@pytest.mark.parametrize('n', [1, 2])
def test_two_regions_have_no_dynamics(name, n, data):
    """One pair has no correlation between windows."""
    objective, (x, y, _) = getattr(ours, name)(), data
    with pytest.raises(ValueError, match='three regions at least'):
        objective(x[:, :n], y[:, :n])


def test_two_windows_have_no_correlation_of_dynamics(data):
    x, y, _ = data
    assert ours.fcd()(x[:35]).shape == (2, 2)
    with pytest.raises(ValueError, match='three windows at least'):
        ours.fcd()(x[:35], y[:35])


@pytest.mark.parametrize('weight', ['1', None, np.nan, [1.0, np.inf]])
def test_weights_that_are_no_numbers(weight):
    with pytest.raises(ValueError, match=r'combine: given the weight .* of term 1'):
        ours.combine((1.0, ours.fc_corr()), (weight, ours.fc_corr()))


@pytest.mark.parametrize('grid', [[0.0, 1.0, 10.0], [2.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
def test_grids_that_are_not_even(grid):
    with pytest.raises(ValueError, match=r'x of shape .*increasing, evenly spaced'):
        ours.wasserstein_1d([1.0, 0.0, 0.0], [0.0, 0.0, 1.0], grid)
    with pytest.raises(ValueError, match=r'midpoints of shape .*increasing, evenly spaced'):
        ours.fcd_distribution(matrix_with({}, n=4), np.asarray(grid))


def test_a_grid_without_even_steps_where_nothing_is_integrated():
    matrix = matrix_with({(0, 1): 0.3, (1, 2): 0.2}, n=4)
    found = ours.fcd_distribution(matrix, np.array([0.0, 0.1, 0.5]), normalize=False)
    assert np.isfinite(found).all()


def test_densities_without_mass():
    for distance in (ours.ks_distance, lambda p, q: ours.wasserstein_1d(p, q, np.arange(3.0))):
        with pytest.raises(ValueError, match='zero everywhere'):
            distance(np.zeros(3), np.ones(3))


@pytest.mark.parametrize(
    ('build', 'message'),
    [
        (lambda: ours.peak_frequency(1.0 * u.ms, sharpness='a'), r"sharpness='a'.*at least 1"),
        (lambda: ours.fcd(np.nan * u.second, TR=0.72 * u.second), 'window_size=nan.*finite'),
        (lambda: targets.spectrum(np.zeros(0), np.zeros(0) * u.Hz), r'power of shape \(0,\)'),
        (lambda: ours.fcd_ks(n_diag=1.5), r'n_diag=1.5, expected a whole number\.$'),
    ],
)
def test_settings_that_are_no_numbers(build, message):
    with pytest.raises(ValueError, match=message):
        build()


@pytest.mark.parametrize('target', [-5.0, 5000.0, [10.0, 600.0]])
def test_frequencies_that_no_spectrum_has(target):
    x = np.random.default_rng(0).standard_normal((400, 2))
    with pytest.raises(
        ValueError, match=r'peak_frequency: given the target .* within \[0, 500\] Hz'
    ):
        ours.peak_frequency(1.0 * u.ms, 64)(x, np.asarray(target) * u.Hz)


@pytest.mark.parametrize('name', FC + DYNAMICS)
def test_predictions_of_the_wrong_shape(name, data):
    prediction, series, _ = data
    with pytest.raises(ValueError, match=r'prediction of shape \(2, 200, 6\).*jax\.vmap'):
        getattr(ours, name)()(jnp.stack([prediction, prediction]), series)


@pytest.mark.parametrize('name', ['timeseries_rmse', 'cosine_sim', *FC, *DYNAMICS])
def test_whole_result_as_prediction(name, data):
    prediction, series, _ = data
    with pytest.raises(TypeError, match=r"dict with the keys \['ts', 'x'\].*result\['x'\]"):
        getattr(ours, name)()({'x': prediction, 'ts': 0}, series)


@pytest.mark.parametrize('name', FC + DYNAMICS)
def test_targets_of_the_wrong_shape(name, data):
    with pytest.raises(ValueError, match=r'target of shape \(200,\).*time series of shape'):
        getattr(ours, name)()(data[0], data[1][:, 0])


@pytest.mark.parametrize('shape', [(150, 6), (200, 5), (6, 200), (3, 200, 6)])
def test_series_of_another_shape(shape, data):
    for objective in (ours.timeseries_rmse(), ours.cosine_sim()):
        with pytest.raises(ValueError) as info:
            objective(data[0], jnp.ones(shape))
        assert f'target of shape {shape}' in str(info.value)
        assert '(200, 6)' in str(info.value)


@pytest.mark.parametrize(
    ('build', 'words'),
    [
        (lambda: ours.cosine_sim(epsilon=-1.0), r'epsilon=-1\.0'),
        (lambda: ours.fcd(window_size=1), r'fcd: given window_size=1.*at least 2'),
        (lambda: ours.fcd(step_size=0), r'step_size=0.*at least 1'),
        (lambda: ours.fcd_ks(window_size=30.5), r'window_size=30\.5.*whole number'),
        (lambda: ours.fcd_ks(n_diag=0.5), r'n_diag=0\.5'),
        (lambda: ours.fcd_ks(midpoints=[0.0]), r'midpoints of shape \(1,\).*linspace'),
        (lambda: ours.fcd_ks(midpoints=[0.0, 0.1, 0.5]), 'evenly spaced'),
        (lambda: ours.fcd_wasserstein(midpoints=[0.5, 0.0]), 'increasing'),
        (lambda: ours.fcd_wasserstein(bw_method='wide'), r"bw_method='wide'.*'silverman'"),
        (lambda: ours.fcd_wasserstein(bw_method=-1.0), r'bw_method=-1\.0.*positive'),
        (lambda: ours.combine(), 'no term'),
    ],
)
def test_bad_settings(build, words):
    with pytest.raises(ValueError, match=words):
        build()


@pytest.mark.parametrize('term', [ours.fc_corr(), (1.0, 2.0), (1.0, ours.fc_corr(), 3)])
def test_bad_terms(term):
    with pytest.raises(TypeError, match=r'as term 1.*pair \(weight, objective\)'):
        ours.combine((1.0, ours.fc_corr()), term)


def test_bad_arguments_of_the_functions():
    with pytest.raises(ValueError, match=r'shape \(3, 4\).*square FCD matrix'):
        ours.fcd_distribution(jnp.ones((3, 4)))
    with pytest.raises(ValueError, match=r'n_diag=1, that is 1 values'):
        ours.fcd_distribution(jnp.ones((2, 2)))
    with pytest.raises(ValueError, match=r"bw_method='x'"):
        ours.fcd_distribution(jnp.eye(4), bw_method='x')
    with pytest.raises(ValueError, match=r'shapes \(3,\), \(4,\)'):
        ours.ks_distance(jnp.ones(3), jnp.ones(4))
    with pytest.raises(ValueError, match=r'jax\.vmap'):
        ours.ks_distance(jnp.ones((2, 3)), jnp.ones((2, 3)))
    with pytest.raises(ValueError, match=r'\(3,\), \(3,\), \(2,\)'):
        ours.wasserstein_1d(jnp.ones(3), jnp.ones(3), jnp.ones(2))
