"""Gradients: against finite differences, against brainmass, and where they degenerate."""

import brainmass.objectives as theirs
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from brainfit_fast import objectives as ours

pytestmark = pytest.mark.filterwarnings('ignore:.*deprecated since')

CASES = [
    ('timeseries_rmse', {}),
    ('fc_corr', {'as_loss': True}),
    ('fc_rmse', {}),
    ('cosine_sim', {}),
    ('cosine_sim', {'epsilon': 200.0}),
    ('fcd', {}),
    ('fcd_ks', {'midpoints': np.linspace(-0.99, 0.99, 100)}),
    ('fcd_wasserstein', {'midpoints': np.linspace(-0.99, 0.99, 100)}),
    ('fcd_wasserstein', {'midpoints': np.linspace(-0.9, 0.9, 40), 'bw_method': 0.4, 'n_diag': 3}),
]


@pytest.mark.parametrize(('name', 'options'), CASES)
def test_finite_differences(name, options, x64, pair):
    prediction, target = pair(x64)
    objective = getattr(ours, name)(**options)
    direction = jnp.asarray(np.random.default_rng(7).standard_normal(prediction.shape))
    slope = jnp.vdot(jax.grad(objective)(prediction, target), direction)

    def along(h):
        return objective(prediction + h * direction, target)

    h = 1e-5
    # Fourth-order central difference: truncation ~h^4, rounding ~1e-16 / h.
    numeric = (8 * (along(h) - along(-h)) - (along(2 * h) - along(-2 * h))) / (12 * h)
    assert abs(slope) > 1e-4
    np.testing.assert_allclose(slope, numeric, rtol=1e-6, atol=1e-10)


@pytest.mark.slow
@pytest.mark.parametrize(('name', 'options'), CASES)
def test_equal_to_brainmass(name, options, precision, pair):
    prediction, target = pair(precision)
    their_options = {
        k: jnp.asarray(v, precision) if k == 'midpoints' else v for k, v in options.items()
    }
    expected = jax.jit(jax.grad(getattr(theirs, name)(**their_options)))(prediction, target)
    got = jax.grad(getattr(ours, name)(**options))(prediction, target)
    assert np.isfinite(expected).all()
    scale = float(jnp.abs(expected).max())
    tolerance = {'float32': 2e-5, 'float64': 1e-10}[precision]
    np.testing.assert_allclose(got / scale, expected / scale, rtol=0.0, atol=tolerance)


@pytest.mark.parametrize('name', ['timeseries_rmse', 'fc_rmse'])
def test_zero_at_a_perfect_match(name, precision, pair):
    prediction, _ = pair(precision)
    value, gradient = jax.value_and_grad(getattr(ours, name)())(prediction, prediction)
    assert float(value) == 0.0
    np.testing.assert_array_equal(gradient, jnp.zeros_like(prediction))


@pytest.mark.parametrize('name', ['fc_corr', 'fc_rmse', 'fcd', 'fcd_ks', 'fcd_wasserstein'])
def test_constant_region_has_zero_gradient(name, precision, pair):
    prediction, target = pair(precision)
    prediction = prediction.at[:, 2].set(0.0)
    gradient = np.asarray(jax.grad(getattr(ours, name)())(prediction, target))
    assert np.isfinite(gradient).all()
    assert not gradient[:, 2].any()
    assert np.abs(gradient[:, [0, 1, 3, 4, 5]]).max() > 0.0


@pytest.mark.parametrize('name', ['fc_corr', 'fc_rmse', 'fcd'])
def test_silent_network_has_zero_gradient(name, pair):
    _, target = pair('float32')
    gradient = jax.grad(getattr(ours, name)())(jnp.zeros_like(target), target)
    np.testing.assert_array_equal(gradient, jnp.zeros_like(target))


@pytest.mark.parametrize('name', [pytest.param('fcd', marks=pytest.mark.slow), 'fcd_wasserstein'])
def test_silent_windows(name, x64, pair):
    prediction, target = pair(x64)
    prediction = prediction.at[:60].set(0.0)
    options = {} if name == 'fcd' else {'midpoints': jnp.linspace(-0.99, 0.99, 100)}
    expected = getattr(theirs, name)(**options)(prediction, target)
    value, gradient = jax.value_and_grad(getattr(ours, name)())(prediction, target)
    assert np.isfinite(expected)
    np.testing.assert_allclose(value, expected, rtol=0.0, atol=1e-10)
    assert np.isfinite(gradient).all()
    # The windows that lie in the silence have no gradient; the last sample in them is number 59.
    assert not np.asarray(gradient)[:35].any()
    assert np.asarray(gradient)[60:].any()


@pytest.mark.parametrize('n_regions', [1, 2])
def test_too_few_regions_give_zero_gradient(n_regions, pair):
    prediction, target = pair('float32', n_regions=n_regions)
    gradient = jax.grad(ours.fc_corr())(prediction, target)
    np.testing.assert_array_equal(gradient, jnp.zeros_like(prediction))


def test_target_matrix_without_variation_gives_zero_gradient(pair):
    prediction, _ = pair('float32')
    target = ours.targets.fc(np.eye(6))
    value, gradient = jax.value_and_grad(ours.fc_corr())(prediction, target)
    assert float(value) == 0.0
    np.testing.assert_array_equal(gradient, jnp.zeros_like(prediction))


def test_floored_cosine_is_finite_at_zero(pair):
    _, target = pair('float32')
    gradient = jax.grad(ours.cosine_sim(epsilon=0.1))(jnp.zeros_like(target), target)
    expected = target / jnp.linalg.norm(target) / 0.1
    np.testing.assert_allclose(gradient, expected, rtol=1e-5)


@pytest.mark.parametrize('name', ['fc_corr', 'fc_rmse'])
def test_gradient_through_the_target(name, x64, pair):
    prediction, target = pair(x64)
    forwards = jax.grad(getattr(ours, name)(), argnums=1)(prediction, target)
    # Both objectives are symmetric in their arguments.
    swapped = jax.grad(getattr(ours, name)())(target, prediction)
    np.testing.assert_allclose(forwards, swapped, rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize('name', ['fc_corr', 'fcd_wasserstein', 'timeseries_rmse'])
def test_forward_mode_on_the_reference(name, x64, pair):
    from brainfit_fast.core.dispatch import use

    prediction, target = pair(x64)
    direction = jnp.asarray(np.random.default_rng(1).standard_normal(prediction.shape))
    objective = getattr(ours, name)()
    with use('reference'):
        _, tangent = jax.jvp(lambda x: objective(x, target), (prediction,), (direction,))
        slope = jnp.vdot(jax.grad(objective)(prediction, target), direction)
    np.testing.assert_allclose(tangent, slope, rtol=1e-10)
