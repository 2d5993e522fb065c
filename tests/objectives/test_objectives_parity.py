"""Values equal brainmass's: seeded series, both precisions, every option."""

import inspect

import brainmass.objectives as theirs
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from brainfit_fast import objectives as ours

pytestmark = pytest.mark.filterwarnings('ignore:.*deprecated since')

ATOL = {'float32': 1e-6, 'float64': 1e-10}

SCORES = [
    ('timeseries_rmse', {}),
    ('fc_corr', {}),
    ('fc_corr', {'as_loss': True}),
    ('fc_rmse', {}),
    ('cosine_sim', {}),
    ('cosine_sim', {'as_loss': True}),
    ('cosine_sim', {'epsilon': 1e-3}),
    ('cosine_sim', {'epsilon': 1e4}),
    ('fcd', {}),
    ('fcd', {'window_size': 41, 'step_size': 7}),
    ('fcd', {'window_size': 20, 'step_size': 20, 'as_loss': True}),
]

DENSITY_OPTIONS = [
    {},
    {'window_size': 41, 'step_size': 7},
    {'bw_method': 'silverman'},
    {'bw_method': 0.3},
    {'bw_method': lambda kde: 0.5 * kde.neff ** (-0.2)},
    {'n_diag': 0},
    {'n_diag': 6},
]


def reference(name, options, *args):
    """brainmass's value; compiled as a whole, which is quicker than one operation at a time."""
    return jax.jit(getattr(theirs, name)(**options))(*args)


def default_grid(precision):
    # brainmass makes its default grid on import, in the precision of that moment.
    return jnp.linspace(-0.99, 0.99, 100, dtype=precision)


def close(got, expected, precision):
    assert got.shape == expected.shape
    assert got.dtype == expected.dtype == precision
    np.testing.assert_allclose(got, expected, rtol=0.0, atol=ATOL[precision])


@pytest.mark.parametrize(('name', 'options'), SCORES)
def test_scores(name, options, precision, pair):
    prediction, target = pair(precision)
    expected = reference(name, options, prediction, target)
    assert np.isfinite(expected)
    close(getattr(ours, name)(**options)(prediction, target), expected, precision)


@pytest.mark.slow
@pytest.mark.parametrize(
    ('name', 'options'),
    [
        *[('fcd_wasserstein', options) for options in DENSITY_OPTIONS],
        ('fcd_ks', {}),
        ('fcd_ks', {'window_size': 41, 'step_size': 7, 'bw_method': 0.2, 'n_diag': 6}),
    ],
)
def test_density_distances(name, options, precision, pair):
    prediction, target = pair(precision)
    grid = default_grid(precision)
    expected = reference(name, {'midpoints': grid, **options}, prediction, target)
    assert expected > 1e-3
    close(getattr(ours, name)(**options)(prediction, target), expected, precision)


@pytest.mark.parametrize('name', ['fcd_ks', 'fcd_wasserstein'])
def test_density_distances_on_another_grid(name, precision, pair):
    prediction, target = pair(precision)
    grid = jnp.linspace(-0.5, 0.9, 37, dtype=precision)
    expected = reference(name, {'midpoints': grid}, prediction, target)
    close(getattr(ours, name)(midpoints=grid)(prediction, target), expected, precision)


@pytest.mark.parametrize('name', ['fc_corr', 'fc_rmse', 'fcd_wasserstein'])
def test_series_of_two_lengths(name, precision, pair):
    prediction, _ = pair(precision, n_time=150)
    _, target = pair(precision, n_time=260, seed=3)
    options = {'midpoints': default_grid(precision)} if name.startswith('fcd') else {}
    expected = reference(name, options, prediction, target)
    close(getattr(ours, name)(**options)(prediction, target), expected, precision)


@pytest.mark.slow
def test_default_grid_is_brainmass_own_in_float32(pair):
    prediction, target = pair('float32')
    expected = theirs.fcd_wasserstein()(prediction, target)
    close(ours.fcd_wasserstein()(prediction, target), expected, 'float32')


@pytest.mark.parametrize('window_size', [30, 41])
def test_fcd_matrix(window_size, precision, pair):
    prediction, _ = pair(precision)
    expected = theirs.fcd(window_size, 5)(prediction)
    close(ours.fcd(window_size, 5)(prediction), expected, precision)


@pytest.mark.parametrize(
    'options',
    [*DENSITY_OPTIONS[2:], {}, {'bw_method': 'scott'}, {'normalize': False}],
)
def test_fcd_distribution(options, precision, pair):
    matrix = theirs.fcd()(pair(precision)[0])
    grid = default_grid(precision)
    expected = theirs.fcd_distribution(matrix, midpoints=grid, **options)
    # Densities reach several units, so the tolerance is relative to the largest.
    scale = float(jnp.max(expected))
    got = ours.fcd_distribution(matrix, **options)
    assert got.dtype == precision
    np.testing.assert_allclose(got / scale, expected / scale, rtol=0.0, atol=ATOL[precision])


def test_distances_between_histograms(precision):
    rng = np.random.default_rng(2)
    p, q = jnp.asarray(rng.uniform(0.0, 3.0, (2, 80)), precision)
    x = jnp.linspace(-2.0, 5.0, 80, dtype=precision)
    close(ours.ks_distance(p, q), theirs.ks_distance(p, q), precision)
    close(ours.wasserstein_1d(p, q, x), theirs.wasserstein_1d(p, q, x), precision)


def test_distance_keeps_the_unit_of_the_grid():
    p, q, x = jnp.array([1.0, 2.0, 0.0]), jnp.array([0.0, 1.0, 1.0]), jnp.arange(3.0)
    got = ours.wasserstein_1d(p, q, x * u.mV)
    expected = theirs.wasserstein_1d(p, q, x * u.mV)
    assert u.get_unit(got) == u.get_unit(expected) == u.mV
    np.testing.assert_allclose(u.get_magnitude(got), u.get_magnitude(expected), rtol=1e-6)


def test_combination(precision, pair):
    prediction, target = pair(precision)

    def build(module):
        return module.combine(
            (2.0, module.timeseries_rmse()),
            (0.5, module.fc_corr(as_loss=True)),
            (jnp.asarray(0.25, precision), lambda p, t: jnp.mean(p) - jnp.mean(t)),
        )

    expected = build(theirs)(prediction, target)
    close(build(ours)(prediction, target), expected, precision)


@pytest.mark.parametrize(
    ('prediction_unit', 'target_unit'), [(u.mV, u.mV), (u.mV, u.volt), (u.volt, u.mV)]
)
def test_rmse_converts_units(prediction_unit, target_unit, pair):
    prediction, target = pair('float32')
    args = prediction * prediction_unit, target * target_unit
    expected = theirs.timeseries_rmse()(*args)
    np.testing.assert_allclose(ours.timeseries_rmse()(*args), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ('prediction_unit', 'target_unit'), [(u.mV, 1.0), (1.0, u.mV), (u.mV, u.Hz)]
)
def test_rmse_refuses_other_dimensions(prediction_unit, target_unit, pair):
    prediction, target = pair('float32')
    args = prediction * prediction_unit, target * target_unit
    for module in (theirs, ours):
        with pytest.raises(u.UnitMismatchError):
            module.timeseries_rmse()(*args)
    with pytest.raises(u.UnitMismatchError, match=r'timeseries_rmse.*same unit'):
        ours.timeseries_rmse()(*args)


@pytest.mark.parametrize('name', ['fc_corr', 'fc_rmse', 'cosine_sim', 'fcd', 'fcd_wasserstein'])
def test_other_objectives_use_magnitudes(name, pair):
    prediction, target = pair('float32')
    objective = getattr(ours, name)()
    expected = getattr(theirs, name)()(prediction * u.mV, target * u.Hz)
    np.testing.assert_allclose(objective(prediction * u.mV, target * u.Hz), expected, atol=1e-6)


@pytest.mark.parametrize(
    'target', [2.0, np.linspace(-1.0, 1.0, 6), np.linspace(-1.0, 1.0, 200)[:, None]]
)
def test_rmse_broadcasts_the_target(target, pair):
    prediction, _ = pair('float32')
    expected = theirs.timeseries_rmse()(prediction, target)
    np.testing.assert_allclose(ours.timeseries_rmse()(prediction, target), expected, rtol=1e-6)


def test_rmse_of_numbers():
    expected = theirs.timeseries_rmse()(jnp.asarray(1.5), jnp.asarray([2.0, 4.0]))
    got = ours.timeseries_rmse()(jnp.asarray(1.5), jnp.asarray([2.0, 4.0]))
    np.testing.assert_allclose(got, expected, rtol=1e-6)


@pytest.mark.parametrize(
    'name', ['timeseries_rmse', 'fc_corr', 'fc_rmse', 'cosine_sim', 'fcd', 'fcd_wasserstein']
)
@pytest.mark.parametrize('bad', [np.nan, np.inf])
def test_nan_in_the_prediction(name, bad, precision, pair):
    prediction, target = pair(precision)
    prediction = prediction.at[3, 1].set(bad)
    options = {'midpoints': default_grid(precision)} if name == 'fcd_wasserstein' else {}
    expected = reference(name, options, prediction, target)
    got = getattr(ours, name)(**options)(prediction, target)
    np.testing.assert_allclose(got, expected, rtol=0.0, atol=ATOL[precision])
    assert np.isfinite(got) == name.startswith('fc')


@pytest.mark.parametrize('name', ['fc_corr', 'fc_rmse', 'fcd', 'fcd_wasserstein'])
def test_constant_region(name, precision, pair):
    prediction, target = pair(precision)
    # Zero, whose mean is exact: a constant that rounds has rounding noise for connectivity.
    prediction = prediction.at[:, 2].set(0.0)
    options = {'midpoints': default_grid(precision)} if name == 'fcd_wasserstein' else {}
    expected = reference(name, options, prediction, target)
    assert np.isfinite(expected)
    close(getattr(ours, name)(**options)(prediction, target), expected, precision)


def test_all_regions_constant():
    prediction = jnp.zeros((200, 6))
    target = jnp.asarray(np.random.default_rng(0).standard_normal((200, 6)), 'float32')
    for name in ('fc_corr', 'fcd'):
        assert float(getattr(theirs, name)()(prediction, target)) == 0.0
        assert float(getattr(ours, name)()(prediction, target)) == 0.0
    assert np.isnan(theirs.fcd_wasserstein()(prediction, target))
    assert np.isnan(ours.fcd_wasserstein()(prediction, target))
    assert np.isnan(theirs.cosine_sim()(prediction, target))
    assert np.isnan(ours.cosine_sim()(prediction, target))
    assert float(ours.cosine_sim(epsilon=1e-6)(prediction, target)) == 0.0


@pytest.mark.parametrize('n_regions', [1, 2])
def test_too_few_regions_for_a_pattern(n_regions, pair):
    prediction, target = pair('float32', n_regions=n_regions)
    assert float(theirs.fc_corr()(prediction, target)) == 0.0
    assert float(ours.fc_corr()(prediction, target)) == 0.0


def test_integer_series():
    rng = np.random.default_rng(0)
    prediction, target = rng.integers(-5, 5, (2, 100, 4))
    expected = reference('fc_corr', {}, prediction, target)
    np.testing.assert_allclose(ours.fc_corr()(prediction, target), expected, atol=1e-6)


def test_builders_have_the_signatures_of_brainmass():
    for name in theirs.__all__:
        mine = list(inspect.signature(getattr(ours, name)).parameters.values())
        other = inspect.signature(getattr(theirs, name)).parameters.values()
        extra = mine[len(other) :]
        assert [(p.name, p.default, p.kind) for p in mine[: len(other)]] == [
            (p.name, p.default, p.kind) for p in other
        ], name
        # What is added cannot be passed by accident, nor has it to be passed.
        assert all(p.kind is p.KEYWORD_ONLY and p.default is not p.empty for p in extra), name
