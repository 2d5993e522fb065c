"""jit, vmap and grad; the names that a traced loss shows; what is computed when."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.extend.core import jaxprs_in_params

from brainfit_fast import objectives as ours
from brainfit_fast.core.dispatch import record, use
from brainfit_fast.objectives import targets

BUILDERS = {
    'timeseries_rmse': {},
    'fc_corr': {'as_loss': True},
    'fc_rmse': {},
    'cosine_sim': {'as_loss': True},
    'fcd': {'as_loss': True},
    'fcd_ks': {'bw_method': 'silverman'},
    'fcd_wasserstein': {'midpoints': np.linspace(-0.9, 0.9, 50)},
}


@pytest.fixture(params=sorted(BUILDERS))
def objective(request):
    return getattr(ours, request.param)(**BUILDERS[request.param])


def equations(jaxpr):
    """Names of all jitted equations, at any depth, in order."""
    for equation in jaxpr.eqns:
        if 'name' in equation.params:
            yield equation.params['name']
        for inner in jaxprs_in_params(equation.params):
            yield from equations(inner)


def top_level_names(fn, *args):
    jaxpr = jax.make_jaxpr(fn)(*args).jaxpr
    return [e.params['name'] for e in jaxpr.eqns if 'name' in e.params]


def test_jit_equals_eager(objective, pair):
    prediction, target = pair('float32')
    expected = objective(prediction, target)
    np.testing.assert_allclose(jax.jit(objective)(prediction, target), expected, atol=1e-6)
    closed_over = jax.jit(lambda x: objective(x, target))(prediction)
    np.testing.assert_allclose(closed_over, expected, atol=1e-6)


def test_vmap_over_candidates(objective, x64, pair):
    predictions = jnp.stack([pair(x64, seed=s)[0] for s in range(3)])
    _, target = pair(x64)
    got = jax.jit(jax.vmap(objective, in_axes=(0, None)))(predictions, target)
    expected = jnp.stack([objective(p, target) for p in predictions])
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-12)
    assert len(set(np.asarray(got).tolist())) == 3


def test_vmap_over_candidates_and_targets(objective, x64, pair):
    pairs = [pair(x64, seed=s) for s in range(3)]
    predictions, series = (jnp.stack(a) for a in zip(*pairs, strict=True))
    got = jax.vmap(objective)(predictions, series)
    expected = jnp.stack([objective(p, t) for p, t in pairs])
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-12)


def test_gradients_of_candidates(objective, x64, pair):
    predictions = jnp.stack([pair(x64, seed=s)[0] for s in range(3)])
    _, target = pair(x64)
    got = jax.jit(jax.vmap(jax.grad(objective), in_axes=(0, None)))(predictions, target)
    expected = jnp.stack([jax.grad(objective)(p, target) for p in predictions])
    np.testing.assert_allclose(got, expected, rtol=1e-8, atol=1e-12)


def test_objective_is_one_named_equation(objective, pair):
    prediction, target = pair('float32')
    names = top_level_names(lambda x: objective(x, target), prediction)
    assert names == [objective.equation]
    assert objective.equation.startswith('brainfit_fast_')


def test_name_survives_grad(objective, pair):
    prediction, target = pair('float32')
    jaxpr = jax.make_jaxpr(jax.grad(lambda x: objective(x, target)))(prediction).jaxpr
    assert any(objective.equation in name for name in equations(jaxpr))


@pytest.mark.parametrize(
    ('call', 'name'),
    [
        (lambda x: ours.fcd()(x), 'brainfit_fast_fcd'),
        (lambda x: ours.fcd_distribution(x[:6]), 'brainfit_fast_fcd_distribution'),
        (lambda x: ours.ks_distance(x[0], x[1]), 'brainfit_fast_ks_distance'),
        (
            lambda x: ours.wasserstein_1d(x[0], x[1], jnp.arange(6.0)),
            'brainfit_fast_wasserstein_1d',
        ),
    ],
)
def test_functions_are_named_equations(call, name, pair):
    assert name in top_level_names(call, pair('float32')[0])


def test_combination_keeps_the_names_of_its_terms(pair):
    prediction, target = pair('float32')
    loss = ours.combine((1.0, ours.fc_corr(as_loss=True)), (0.1, ours.timeseries_rmse()))
    names = top_level_names(lambda x: loss(x, target), prediction)
    assert names == ['brainfit_fast_fc_corr', 'brainfit_fast_timeseries_rmse']


@pytest.mark.parametrize('name', ['fc_corr', 'fc_rmse'])
def test_concrete_target_is_reduced_once(name, pair):
    prediction, target = pair('float32')
    objective = getattr(ours, name)()
    constant = jax.make_jaxpr(lambda x: objective(x, target))(prediction).jaxpr
    traced = jax.make_jaxpr(objective)(prediction, target).jaxpr
    assert list(equations(constant)).count('brainfit_fast_fc') == 1
    assert list(equations(traced)).count('brainfit_fast_fc') == 2


@pytest.mark.parametrize('name', ['fcd', 'fcd_ks', 'fcd_wasserstein'])
def test_concrete_fcd_target_is_reduced_once(name, pair):
    prediction, target = pair('float32')
    objective = getattr(ours, name)()
    constant = jax.make_jaxpr(lambda x: objective(x, target))(prediction).jaxpr
    traced = jax.make_jaxpr(objective)(prediction, target).jaxpr
    assert list(equations(constant)).count('brainfit_fast_fc') == 1
    assert list(equations(traced)).count('brainfit_fast_fc') == 2


def test_prepared_target_gives_the_same_value(objective, x64, pair):
    prediction, _ = pair(x64, n_time=200)
    same_length = isinstance(objective, ours.FCD | ours.TimeSeriesRMSE | ours.CosineSimilarity)
    _, target = pair(x64, n_time=200 if same_length else 260, seed=4)
    prepared = objective.prepare(target)
    expected = objective(prediction, target)
    np.testing.assert_allclose(objective(prediction, prepared), expected, rtol=1e-12)
    # A prepared target is a pytree: it may be an argument of a jitted function.
    np.testing.assert_allclose(jax.jit(objective)(prediction, prepared), expected, rtol=1e-10)
    np.testing.assert_allclose(objective(prediction, objective.prepare(prepared)), expected)


def test_prepared_combination(x64, pair):
    prediction, target = pair(x64)
    loss = ours.combine(
        (1.0, ours.fc_corr(as_loss=True)),
        (0.3, ours.fcd_wasserstein()),
        (0.1, lambda p, t: jnp.sum(p) - jnp.sum(t)),
    )
    prepared = loss.prepare(target)
    assert isinstance(prepared.targets[0], targets.FCTarget)
    assert isinstance(prepared.targets[1], targets.FCDTarget)
    got = jax.jit(loss)(prediction, prepared)
    np.testing.assert_allclose(got, loss(prediction, target), rtol=1e-10)


def test_traced_targets_are_checked_by_shape_only(pair):
    prediction, target = pair('float32')
    bad = target.at[0, 0].set(jnp.nan)
    value = jax.jit(ours.fc_corr())(prediction, bad)
    assert np.isfinite(value)
    with pytest.raises(ValueError, match='6 regions as in the prediction'):
        jax.jit(ours.fc_corr())(prediction, target[:, :4])


def test_targets_can_be_built_under_jit(pair):
    prediction, target = pair('float32')
    matrix = np.corrcoef(np.asarray(target).T)

    @jax.jit
    def score(x, m):
        return ours.fc_corr()(x, targets.fc(m))

    expected = ours.fc_corr()(prediction, targets.fc(matrix))
    np.testing.assert_allclose(score(prediction, matrix), expected, atol=1e-6)


def test_vmap_over_target_matrices(pair):
    prediction, _ = pair('float32')
    matrices = np.stack([np.corrcoef(np.asarray(pair('float32', seed=s)[1]).T) for s in range(3)])
    got = jax.vmap(ours.fc_corr(), in_axes=(None, 0))(prediction, targets.FCTarget(matrices))
    expected = [ours.fc_corr()(prediction, targets.fc(m)) for m in matrices]
    np.testing.assert_allclose(got, jnp.stack(expected), atol=1e-6)


def test_settings_are_readable_and_comparable():
    assert repr(ours.fc_corr(as_loss=True)) == 'FCCorrelation(as_loss=True, pairs=None)'
    assert repr(ours.timeseries_rmse()) == 'TimeSeriesRMSE()'
    assert ours.fcd_ks(window_size=40).window_size == 40
    grid = jnp.linspace(-0.5, 0.5, 11)
    assert ours.fcd_ks(midpoints=grid) == ours.fcd_ks(midpoints=grid)
    assert hash(ours.fcd_ks(midpoints=grid)) == hash(ours.fcd_ks(midpoints=grid))
    assert ours.fcd_ks() != ours.fcd_wasserstein()
    term = ours.fc_corr()
    assert ours.combine((1.0, term)).terms == ((1.0, term),)
    with pytest.raises(AttributeError):
        term.as_loss = True


@pytest.mark.parametrize('name', ['fc_corr', 'fcd_wasserstein'])
def test_forced_implementation_reaches_a_compiled_objective(name, pair):
    prediction, target = pair('float32')
    objective = getattr(ours, name)()
    automatic = objective(prediction, target)
    with use('reference'), record() as log:
        forced = objective(prediction, target)
    assert {(choice.name, choice.forced) for choice in log} == {('reference', True)}
    np.testing.assert_allclose(automatic, forced, atol=1e-6)
