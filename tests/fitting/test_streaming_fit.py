"""Fits whose simulations stream: the same history, and what a result tells about it."""

import brainstate
import braintools
import brainunit as u
import jax.numpy as jnp
import numpy as np
import pytest
from brainstate.nn import Param

import brainfit_fast as bf

N = 3
STEPS = 40
DT = 0.1 * u.ms
RNG = np.random.default_rng(8)
WEIGHTS = RNG.random((N, N))
FC = bf.targets.fc(np.corrcoef(RNG.standard_normal((20, N)).T))


@pytest.fixture(autouse=True)
def double(x64):
    with brainstate.environ.context(precision=64), bf.use(simulate='reference'):
        yield


def network(a=0.1):
    start = braintools.init.Uniform(0.0, 0.5)
    noise = bf.GaussianNoise(N, sigma=0.05)
    node = bf.HopfStep(N, a=Param(np.full(N, a)), init_x=start, init_y=start, noise_x=noise)
    return bf.Network(node, conn=WEIGHTS, coupled_var='x', k=Param(0.3))


PREDICT = bf.Predict(STEPS * DT, dt=DT, monitors='node.x', sample_every=2)


def fit(fuse, *, a=0.1, n_noise_seeds=1, **options):
    brainstate.random.seed(3)
    optimizer = braintools.optim.Adam(lr=0.05)
    fitter = bf.Fitter(network(a), optimizer, fuse=fuse, **options)
    target = None if 'loss_fn' in options else FC
    return fitter.fit(target, n_steps=5, n_noise_seeds=n_noise_seeds)


@pytest.mark.parametrize('n_noise_seeds', [pytest.param(1, marks=pytest.mark.slow), 2])
def test_history_of_predict_and_objective(n_noise_seeds):
    options = {'predict': PREDICT, 'objective': bf.objectives.fc_rmse(), 'transient': 4}
    plain, fused = (fit(fuse, n_noise_seeds=n_noise_seeds, **options) for fuse in (False, True))
    np.testing.assert_allclose(fused.history, plain.history, rtol=1e-9)
    for name, value in plain.best_params.items():
        np.testing.assert_allclose(fused.best_params[name], value, rtol=1e-8)
    assert (plain.fused, plain.fusion) == (False, 'fusion is switched off')
    assert (fused.fused, fused.fusion) == (True, '1 of 1 simulations stream moments')
    assert fused.implementation == 'reference'
    # the trajectory is simulated when it is looked at, whole
    assert fused.prediction.shape == (STEPS // 2, N)
    np.testing.assert_allclose(fused.prediction, plain.prediction, rtol=1e-7)
    if n_noise_seeds == 1:
        loss = bf.objectives.fc_rmse()(fused.prediction[4:], FC)
        np.testing.assert_allclose(loss, fused.best_loss, rtol=1e-9)
    assert fused.loss_at() == pytest.approx(fused.best_loss, rel=1e-12)


def test_a_closure_that_returns_its_prediction():
    """What goes with the loss is not needed for a step, so it keeps no samples."""

    def loss_fn(model):
        result = bf.Simulator(model, dt=DT).run(STEPS * DT, monitors=['node.x', 'node.y'])
        x = result['node.x'][5:]
        return bf.objectives.fc_corr(as_loss=True)(x, FC), {'x': x, 'all': result}

    plain, fused = (fit(fuse, loss_fn=loss_fn) for fuse in (False, True))
    assert fused.fused
    np.testing.assert_allclose(fused.history, plain.history, rtol=1e-9)
    np.testing.assert_allclose(fused.prediction['x'], plain.prediction['x'], rtol=1e-7)
    assert fused.prediction['all']['node.y'].shape == (STEPS, N)


def test_blow_up_is_named():
    options = {'predict': PREDICT, 'objective': bf.objectives.fc_rmse()}
    with pytest.warns(RuntimeWarning, match='step 0: the trajectory left the finite numbers'):
        result = fit(True, a=1e6, **options)
    assert (result.fused, result.status) == (True, 'diverged')


def test_automatic_on_the_reference():
    """The reference has no streams of its own: nothing would be gained."""
    result = fit(None, predict=PREDICT, objective=bf.objectives.fc_rmse())
    assert not result.fused
    assert result.fusion == (
        "the simulation keeps its samples: the implementation 'reference' does not stream"
    )


def test_gradient_reaches_a_fitted_connectome():
    def fitted(fuse):
        brainstate.random.seed(3)
        start = braintools.init.Uniform(0.1, 0.5)
        node = bf.HopfStep(N, a=0.1, init_x=start, init_y=start)
        net = bf.Network(node, conn=Param(jnp.asarray(WEIGHTS)), coupled_var='x', k=0.3)
        objective = bf.objectives.combine(
            (1.0, bf.objectives.fc_rmse()), (0.1, bf.objectives.timeseries_rmse())
        )
        target = bf.targets.per_term(FC, np.zeros((STEPS // 2, N)))
        fitter = bf.Fitter(
            net, braintools.optim.SGD(lr=0.1), predict=PREDICT, objective=objective, fuse=fuse
        )
        return fitter.fit(target, n_steps=3)

    plain, fused = fitted(False), fitted(True)
    assert fused.fusion == '1 of 1 simulations stream moments and squares'
    (name,) = plain.best_params
    assert np.abs(np.asarray(plain.best_params[name]) - WEIGHTS).max() > 1e-6
    np.testing.assert_allclose(fused.history, plain.history, rtol=1e-10)
    np.testing.assert_allclose(fused.best_params[name], plain.best_params[name], rtol=1e-10)


@pytest.mark.slow
def test_a_fit_through_the_pallas_kernels():
    """They stream too, and the history is that of the reference."""
    options = {'predict': PREDICT, 'objective': bf.objectives.fc_rmse(), 'transient': 4}
    plain = fit(False, **options)
    with bf.use(simulate='pallas_triton'):
        fused = fit(None, **options)
    assert (fused.implementation, fused.fusion) == (
        'pallas_triton',
        '1 of 1 simulations stream moments',
    )
    np.testing.assert_allclose(fused.history, plain.history, rtol=1e-9)
