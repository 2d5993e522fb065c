"""Several runs of gradient descent together: each as alone, where they start, what becomes of them."""

import brainstate
import braintools
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from brainstate.nn import GaussianReg, Param, SigmoidT, SoftplusT

import brainfit_fast as bf
from brainfit_fast.fitting.starts import drawn_starts
from brainfit_fast.testing import equations

N, DT, STEPS = 3, 0.1 * u.ms, 12
RNG = np.random.default_rng(8)
WEIGHTS, LENGTHS = RNG.random((N, N)), RNG.random((N, N)) * 4.0
TARGET = RNG.standard_normal((STEPS, N))


@pytest.fixture(autouse=True)
def double(x64):
    with brainstate.environ.context(precision=64, dt=DT):
        yield


def network():
    start = braintools.init.Uniform(0.0, 0.5)
    node = bf.HopfStep(
        N,
        a=Param(np.linspace(0.05, 0.3, N), t=SoftplusT(-1.0)),
        init_x=start,
        init_y=start,
        noise_x=bf.GaussianNoise(N, sigma=0.05),
    )
    return bf.Network(
        node, conn=WEIGHTS, distance=LENGTHS, speed=4.0, k=Param(0.3), coupled_var='x'
    )


PREDICT = bf.Predict(STEPS * DT, dt=DT, monitors='node.x')
SPACE = {'coupling.k': (0.0, 2.0)}


def fit(model=None, optimizer=None, n_steps=6, seed=3, run=None, **options):
    brainstate.random.seed(seed)
    options = {'search_space': SPACE, 'predict': PREDICT, **options}
    fitter = bf.Fitter(network() if model is None else model, optimizer, **options)
    return fitter.fit(TARGET, n_steps, **(run or {}))


class Bowl(brainstate.nn.Module):
    """A model that is its parameters."""

    def __init__(self, **params):
        super().__init__()
        for name, param in params.items():
            setattr(self, name, param)


def drawn(n=200, seed=0, space=None, **params):
    model = Bowl(**params)
    named = {name: node for name, node in vars(model).items() if isinstance(node, Param)}
    starts = drawn_starts(named, model.states(brainstate.ParamState), space, n, seed)
    return {name: jax.vmap(param.t.forward)(starts[(name, 'val')]) for name, param in named.items()}


# ------------------------------------------------------------------------------------ each as alone


@pytest.mark.parametrize(
    ('implementation', 'noise_seeds'),
    [
        ('cpu_ffi', 1),
        ('cpu_ffi', 2),
        pytest.param('reference', 1, marks=pytest.mark.slow),
        pytest.param('reference', 2, marks=pytest.mark.slow),
    ],
)
def test_each_run_goes_as_it_would_alone(implementation, noise_seeds):
    """Delayed noisy network, float64, key 3: histories and best points of three runs to rounding."""
    run = {'n_noise_seeds': noise_seeds}
    with bf.use(simulate=implementation):
        together = fit(run={**run, 'n_restarts': 3, 'seed': 5})
        assert together.implementation == implementation
        for r in range(3):
            model = network()
            for name, param in together_params(model).items():
                param.set_value(together.restarts.starts[name][r])
            alone = fit(model, run=run)
            np.testing.assert_allclose(together.restarts.history[r], alone.history, rtol=1e-10)
            np.testing.assert_allclose(
                together.restarts.best_losses[r], alone.best_loss, rtol=1e-10
            )
            assert together.restarts.best_steps[r] == alone.best_step
            for name, value in alone.best_params.items():
                np.testing.assert_allclose(together.restarts.best_params[name][r], value, rtol=1e-9)


def together_params(model):
    return {
        '.'.join(map(str, path)): node
        for path, node in model.nodes().items()
        if isinstance(node, Param) and node.fit
    }


def test_the_best_run_is_the_result():
    result = fit(run={'n_restarts': 4, 'seed': 5})
    runs = result.restarts
    best = int(np.argmin(runs.best_losses))
    assert best > 0  # so that it is not the first by chance
    assert result.best_loss == runs.best_losses[best] == min(result.history)
    assert result.history == list(runs.history[best])
    assert result.loss_at() == pytest.approx(result.best_loss, rel=1e-12)
    np.testing.assert_array_equal(
        result.best_params['coupling.k'], runs.best_params['coupling.k'][best]
    )
    np.testing.assert_array_equal(result.model.coupling.k.value(), result.best_params['coupling.k'])
    assert runs.statuses == ('finished',) * 4


def test_runs_reach_the_kernel_as_candidates(compiled_programs):
    """One call of the C++ kernel for all runs, with an axis of four."""
    result = fit(n_steps=1, run={'n_restarts': 4, 'seed': 5})
    assert result.implementation == 'cpu_ffi'
    (jaxpr,) = compiled_programs
    calls = [eqn for eqn, _ in equations(jaxpr) if eqn.primitive.name == 'ffi_call']
    shapes = [v.aval.shape for eqn in calls for v in eqn.outvars]
    assert (4, N) in shapes
    assert not any(shape[:1] == (1,) and shape[1:] == (N,) for shape in shapes)


# -------------------------------------------------------------------------------- where they start


def test_the_first_start_is_the_current_point():
    result = fit(n_steps=1, run={'n_restarts': 3, 'seed': 5})
    np.testing.assert_allclose(result.restarts.starts['coupling.k'][0], 0.3)
    assert result.restarts.history[0, 0] == pytest.approx(fit(n_steps=1).history[0], rel=1e-12)


def test_starts_from_bounds_prior_and_around():
    """Uniform between given bounds and those of a transform; a Gaussian; half of the present size."""
    found = drawn(
        bounded=Param(0.5),
        inside=Param(0.5 * u.Hz, t=SigmoidT(0.0 * u.Hz, 2.0 * u.Hz)),
        prior=Param(1.0, reg=GaussianReg(3.0, 0.5)),
        around=Param(jnp.full(4, 8.0)),
        space={'bounded': (-1.0, 0.0)},
    )
    assert found['bounded'][0] == 0.5
    rest = {name: u.get_mantissa(value)[1:] for name, value in found.items()}
    assert -1.0 <= rest['bounded'].min() < -0.9 and -0.1 < rest['bounded'].max() <= 0.0
    assert 0.0 <= rest['inside'].min() < 0.1 and 1.9 < rest['inside'].max() <= 2.0
    assert u.get_unit(found['inside']) == u.Hz
    assert abs(rest['prior'].mean() - 3.0) < 0.15 and abs(rest['prior'].std() - 0.5) < 0.1
    assert abs(rest['around'].mean() - 8.0) < 1.0 and abs(rest['around'].std() - 4.0) < 0.6


def test_starts_follow_the_seed():
    one, same, other = (drawn(5, seed, x=Param(1.0))['x'] for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one[1:], other[1:])


def test_drawing_leaves_the_random_key():
    brainstate.random.seed(1)
    key = brainstate.random.DEFAULT.value
    drawn(n=2, x=Param(1.0, reg=GaussianReg(3.0, 0.5)))
    assert brainstate.random.DEFAULT.value is key


def test_a_prior_outside_the_transform_is_refused():
    with pytest.raises(ValueError, match='prior of'):
        drawn(x=Param(0.5, t=SoftplusT(0.0), reg=GaussianReg(-10.0, 0.1)))


def test_unknown_bounds_are_refused():
    with pytest.raises(ValueError, match=r"unknown parameter 'gain'.*'coupling.k'"):
        fit(search_space={'gain': (0.0, 1.0)}, run={'n_restarts': 2})
    with pytest.raises(ValueError, match='unknown parameter'):  # also where none is drawn
        fit(search_space={'gain': (0.0, 1.0)}, n_steps=1)


def test_a_fit_without_seed_tells_the_one_that_it_drew():
    result = fit(n_steps=1, run={'n_restarts': 2})
    again = fit(n_steps=1, run={'n_restarts': 2, 'seed': result.seed})
    np.testing.assert_array_equal(result.restarts.history, again.restarts.history)


# ------------------------------------------------------------------------------ what becomes of them


def risky(model):
    """Not finite left of -1."""
    x = model.x.value()
    return jnp.log1p(x) ** 2 + 0.1 * x, x


def test_a_run_that_fails_does_not_end_the_others():
    model = Bowl(x=Param(0.5))
    fitter = bf.Fitter(
        model, braintools.optim.SGD(lr=0.1), loss_fn=risky, search_space={'x': (-3.0, 0.0)}
    )
    result = fitter.fit(n_steps=5, n_restarts=6, seed=0)
    runs = result.restarts
    assert set(runs.statuses) == {'finished', 'diverged'}
    for status, history in zip(runs.statuses, runs.history, strict=True):
        assert np.isfinite(history).all() == (status == 'finished')
    assert result.status == 'finished'
    assert np.isfinite(result.best_loss)


def test_where_all_runs_fail_the_fit_says_so():
    model = Bowl(x=Param(-2.0))
    fitter = bf.Fitter(model, loss_fn=risky, search_space={'x': (-3.0, -2.0)})
    with pytest.warns(RuntimeWarning, match='step 0: the loss is not finite'):
        result = fitter.fit(n_steps=5, n_restarts=3, seed=0)
    assert result.status == 'diverged'
    assert result.n_steps == 1


def test_callbacks_see_the_lowest_loss():
    seen = []
    result = fit(run={'n_restarts': 3, 'seed': 5}, callbacks=[lambda info: seen.append(dict(info))])
    np.testing.assert_array_equal([i['loss'] for i in seen], result.restarts.history.min(axis=0))
    assert seen[-1]['best_loss'] == result.best_loss


def test_optimizers_begin_at_their_own_start():
    """Lookahead keeps slow weights: those of its run, not of the model."""
    import optax

    model = Bowl(x=Param(0.5))
    fitter = bf.Fitter(
        model,
        braintools.optim.Lookahead(optax.sgd(0.1), sync_period=2),
        loss_fn=lambda m: ((m.x.value() - 1.0) ** 2, None),
        search_space={'x': (-3.0, 0.0)},
    )
    result = fitter.fit(n_steps=6, n_restarts=3, seed=0)
    for r, start in enumerate(result.restarts.starts['x']):
        alone = bf.Fitter(
            Bowl(x=Param(start)),
            braintools.optim.Lookahead(optax.sgd(0.1), sync_period=2),
            loss_fn=lambda m: ((m.x.value() - 1.0) ** 2, None),
        ).fit(n_steps=6)
        np.testing.assert_allclose(result.restarts.history[r], alone.history, rtol=1e-12)


# ------------------------------------------------------------------- a search, then gradient descent


@pytest.mark.parametrize('backend', ['nevergrad', 'scipy'])
def test_refinement_starts_from_the_best_points(backend):
    pytest.importorskip('nevergrad')
    space = {**SPACE, 'coupling.x.module.a': (-0.5, 0.5)}
    run = {'seed': 1, 'n_restarts': 2, 'n_refine_steps': 4}
    options = {'options': {'maxiter': 1}} if backend == 'scipy' else {'n_sample': 4}
    search = fit(optimizer=options, backend=backend, search_space=space, n_steps=2, run={'seed': 1})
    result = fit(optimizer=options, backend=backend, search_space=space, n_steps=2, run=run)
    points = search.evaluations
    np.testing.assert_array_equal(result.evaluations.losses, points.losses)
    order = np.argsort(points.losses)[:2]
    assert len(set(points.losses[order])) == 2
    np.testing.assert_allclose(
        result.restarts.starts['coupling.k'], points.params['coupling.k'][order], rtol=1e-12
    )
    assert result.history[: len(search.history)] == search.history
    assert len(result.history) == len(search.history) + 4
    assert result.n_steps == 6
    assert result.best_loss == min(search.best_loss, result.restarts.best_losses.min())
    assert result.loss_at() == pytest.approx(result.best_loss, rel=1e-10)
    assert result.grad_norms.shape == (4,)


def test_refiner_is_the_optimizer_of_the_refinement():
    pytest.importorskip('nevergrad')
    model = Bowl(x=Param(0.5))
    fitter = bf.Fitter(
        model,
        backend='nevergrad',
        loss_fn=lambda m: ((m.x.value() - 1.0) ** 2, None),
        search_space={'x': (-3.0, 3.0)},
        refiner=braintools.optim.SGD(lr=0.5),
    )
    result = fitter.fit(n_steps=1, n_refine_steps=2, seed=1)
    assert result.best_loss < 1e-20  # Newton's step of a parabola
    assert isinstance(result.optimizer, braintools.optim.SGD)
    assert result.restarts is None


@pytest.mark.parametrize(
    ('backend', 'run', 'message'),
    [
        ('grad', {'n_refine_steps': 3}, 'n_refine_steps: given 3'),
        ('nevergrad', {'n_restarts': 3}, "'n_sample'"),
        ('grad', {'n_restarts': 0}, 'n_restarts: given 0'),
        ('grad', {'n_restarts': 1.5}, 'n_restarts: given 1.5'),
        ('grad', {'n_restarts': True}, 'n_restarts: given True'),
        ('grad', {'n_restarts': None}, 'n_restarts: given None'),
        ('grad', {'n_restarts': 'two'}, 'n_restarts: given two'),
        ('grad', {'n_restarts': 2, 'seed': -1}, 'seed: given -1'),
        ('grad', {'n_restarts': 2, 'seed': 1.5}, 'seed: given 1.5'),
    ],
)
def test_bad_requests(backend, run, message):
    with pytest.raises(ValueError, match=message):
        fit(backend=backend, run=run)


def test_more_refined_points_than_evaluated():
    pytest.importorskip('nevergrad')
    fitter = bf.Fitter(
        Bowl(x=Param(0.5)),
        {'n_sample': 2},
        backend='nevergrad',
        loss_fn=lambda m: (m.x.value() ** 2, None),
        search_space={'x': (-3.0, 3.0)},
    )
    with pytest.raises(ValueError, match='no more than the 2 points'):
        fitter.fit(n_steps=1, n_refine_steps=2, n_restarts=3, seed=1)
    assert fitter.optimizer == {'n_sample': 2}  # before any work


def test_fewer_finite_points_than_are_to_be_refined():
    """A search is not lost for it."""
    pytest.importorskip('nevergrad')
    fitter = bf.Fitter(
        Bowl(x=Param(0.5)),
        {'n_sample': 6},
        backend='nevergrad',
        loss_fn=lambda m: (jnp.log(m.x.value()) ** 2, None),
        search_space={'x': (-3.0, 3.0)},
    )
    with pytest.warns(RuntimeWarning, match=r'points are refined instead of 6'):
        result = fitter.fit(n_steps=1, n_refine_steps=2, n_restarts=6, seed=1)
    assert len(result.restarts.best_losses) == np.isfinite(result.evaluations.losses).sum()


def test_optimizers_with_a_random_key():
    """Noise on gradients is that of a run alone."""
    tx = optax.chain(optax.add_noise(0.1, 0.5, jax.random.key(0)), optax.sgd(0.05))
    alone = fit(optimizer=tx)
    together = fit(optimizer=tx, run={'n_restarts': 2, 'seed': 5})
    np.testing.assert_allclose(together.restarts.history[0], alone.history, rtol=1e-5)
