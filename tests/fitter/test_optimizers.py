"""Every optimizer and schedule of braintools, and optax's: brainmass's histories, and what fails there."""

import brainstate
import braintools
import brainunit as u
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from brainstate.nn import Param

import brainfit_fast as bf
from brainfit_fast.fitting.optimizers import register

brainmass = pytest.importorskip('brainmass')
optim = braintools.optim

N, DT, STEPS = 3, 0.1 * u.ms, 30
TARGET = np.random.default_rng(8).standard_normal((STEPS, N))


@pytest.fixture(autouse=True)
def double(x64):
    with brainstate.environ.context(precision=64, dt=DT):
        yield


class Curve(brainstate.nn.Module):
    """A scalar, a vector and a matrix."""

    def __init__(self):
        super().__init__()
        self.a = Param(0.3)
        self.b = Param(jnp.array([1.0, -2.0, 0.5]))
        self.c = Param(jnp.array([[0.4, 0.1], [0.2, -0.3]]))


def noisy(model):
    """A curved loss with noise of brainstate's key."""
    a, b, c = (p.value() for p in (model.a, model.b, model.c))
    shift = 0.05 * brainstate.random.randn()
    return (a - 2.0 + shift) ** 2 + jnp.sum(jnp.cosh(b - a)) + jnp.sum((c @ c.T) ** 2), a


def fit(lib, optimizer, *, n_steps=50, loss_fn=noisy, make=Curve, seed=3, **options):
    brainstate.random.seed(seed)
    return lib.Fitter(make(), optimizer, loss_fn=loss_fn, **options).fit(n_steps=n_steps)


OPTIMIZERS = {
    'AdaBelief': lambda: optim.AdaBelief(lr=0.05),
    'Adadelta': lambda: optim.Adadelta(lr=1.0),
    'Adafactor': lambda: optim.Adafactor(lr=0.05),
    'Adagrad': lambda: optim.Adagrad(lr=0.1),
    'Adam': lambda: optim.Adam(lr=0.05),
    'AdamW': lambda: optim.AdamW(lr=0.05, weight_decay=0.01),
    'Adamax': lambda: optim.Adamax(lr=0.05),
    'Fromage': lambda: optim.Fromage(lr=0.05),
    'LBFGS': lambda: optim.LBFGS(lr=0.1),
    'Lamb': lambda: optim.Lamb(lr=0.05),
    'Lars': lambda: optim.Lars(lr=0.5),
    'Lion': lambda: optim.Lion(lr=0.02),
    'Lookahead': lambda: optim.Lookahead(optax.adam(0.05)),
    'Momentum': lambda: optim.Momentum(lr=0.01),
    'MomentumNesterov': lambda: optim.MomentumNesterov(lr=0.01),
    'Nadam': lambda: optim.Nadam(lr=0.05),
    'Novograd': lambda: optim.Novograd(lr=0.05),
    'RAdam': lambda: optim.RAdam(lr=0.05),
    'RMSprop': lambda: optim.RMSprop(lr=0.02),
    'Rprop': lambda: optim.Rprop(lr=0.01),
    'SGD': lambda: optim.SGD(lr=0.02),
    'SM3': lambda: optim.SM3(lr=0.1),
    'Yogi': lambda: optim.Yogi(lr=0.05),
}
FAILS_IN_BRAINMASS = ('SM3',)


def test_these_are_all_optimizers():
    found = {
        name
        for name, value in vars(optim).items()
        if isinstance(value, type) and issubclass(value, optim.OptaxOptimizer)
    }
    # SOFO differentiates forward by itself and takes no gradients
    assert found - {'OptaxOptimizer', 'SOFO', 'SOFOScan'} == set(OPTIMIZERS)
    assert len(OPTIMIZERS) == 23


@pytest.mark.parametrize('name', OPTIMIZERS)
def test_history_equals_brainmass_and_the_best_loss_is_found_again(name):
    """float64, 50 steps, seed 3: every loss to 1e-6; the best one at its parameters and key."""
    ours = fit(bf, OPTIMIZERS[name]())
    assert min(ours.history[-10:]) < ours.history[0]
    assert ours.loss_at() == pytest.approx(ours.best_loss, rel=1e-12)
    if name in FAILS_IN_BRAINMASS:
        with pytest.raises(IndexError):
            fit(brainmass, OPTIMIZERS[name](), n_steps=1)
        return
    theirs = fit(brainmass, OPTIMIZERS[name]())
    np.testing.assert_allclose(ours.history, theirs.history, rtol=1e-6)


def node(lib):
    start = braintools.init.Uniform(0.0, 0.5)
    return lib.HopfStep(
        N,
        a=Param(np.linspace(0.05, 0.3, N)),
        w=Param(0.2),
        init_x=start,
        init_y=start,
        noise_x=lib.GaussianNoise(N, sigma=0.05),
    )


@pytest.mark.slow
@pytest.mark.parametrize('name', OPTIMIZERS)
def test_history_of_a_node_equals_brainmass(name):
    """The same through a simulation: Hopf, noise, 30 samples, time-series RMSE, 50 steps."""
    histories = []
    for lib in (bf, brainmass):
        if lib is brainmass and name in FAILS_IN_BRAINMASS:
            return

        def predict(model, lib=lib):
            run = lib.Simulator(model, dt=DT).run(STEPS * DT, monitors=lambda m: m.x.value)
            return run['output']

        brainstate.random.seed(4)
        fitter = lib.Fitter(node(lib), OPTIMIZERS[name](), predict=predict)
        histories.append(fitter.fit(TARGET, n_steps=50).history)
    np.testing.assert_allclose(*histories, rtol=1e-6)


# ---------------------------------------------------------------------------------- line searches


def still(model):
    a, b = model.a.value(), model.b.value()
    return (a - 2.0) ** 2 + jnp.sum((b - a) ** 2), None


@pytest.mark.parametrize('search', ['zoom', 'backtracking'])
def test_lbfgs_searches_along_a_line(search):
    """A quadratic in a few steps; brainmass hands L-BFGS no value and fails."""
    result = fit(bf, optim.LBFGS(lr=1.0, linesearch=search), n_steps=20, loss_fn=still)
    assert result.best_loss < 1e-10
    with pytest.raises(TypeError):
        fit(brainmass, optim.LBFGS(lr=1.0, linesearch=search), n_steps=1, loss_fn=still)


def test_a_line_search_has_the_noise_of_its_step():
    """Inside one step the loss is a function: optax's decrease holds for every accepted step."""
    result = fit(bf, optim.LBFGS(lr=1.0, linesearch='backtracking'), n_steps=5)
    assert np.isfinite(result.history).all()
    assert result.loss_at() == pytest.approx(result.best_loss, rel=1e-12)


@pytest.mark.parametrize(
    'make',
    [
        lambda: optax.chain(optax.clip_by_global_norm(0.1), optax.adam(0.05)),
        lambda: optax.chain(optax.sgd(0.02), optax.contrib.reduce_on_plateau(patience=2)),
        lambda: optax.polyak_sgd(0.5),
        lambda: optax.inject_hyperparams(optax.adam)(learning_rate=0.05),
    ],
    ids=['chain', 'needs the loss', 'polyak', 'hyperparams'],
)
def test_optax_chain(make):
    """As optax by hand, step by step."""
    import jax

    result = fit(bf, make(), n_steps=10, loss_fn=still)
    tx, losses = make(), []
    params = {'a': jnp.asarray(0.3), 'b': jnp.array([1.0, -2.0, 0.5])}

    def loss(p):
        return (p['a'] - 2.0) ** 2 + jnp.sum((p['b'] - p['a']) ** 2)

    state = tx.init(params)
    for _ in range(10):
        value, grads = jax.value_and_grad(loss)(params)
        losses.append(float(value))
        extra = {'value': value} if isinstance(tx, optax.GradientTransformationExtraArgs) else {}
        updates, state = tx.update(grads, state, params, **extra)
        params = optax.apply_updates(params, updates)
    np.testing.assert_allclose(result.history, losses, rtol=1e-10)


# -------------------------------------------------------------------------------------- schedules

SCHEDULES = {
    'StepLR': lambda: optim.StepLR(0.1, step_size=3),
    'MultiStepLR': lambda: optim.MultiStepLR(0.1, milestones=[3, 6]),
    'ExponentialLR': lambda: optim.ExponentialLR(0.1, gamma=0.9),
    'ExponentialDecayLR': lambda: optim.ExponentialDecayLR(0.1, decay_rate=0.9, decay_steps=5),
    'CosineAnnealingLR': lambda: optim.CosineAnnealingLR(0.1, T_max=6),
    'PolynomialLR': lambda: optim.PolynomialLR(0.1, total_iters=6),
    'WarmupScheduler': lambda: optim.WarmupScheduler(0.1, warmup_epochs=5),
    'CyclicLR': lambda: optim.CyclicLR(base_lr=0.01, max_lr=0.1, step_size_up=3),
    'OneCycleLR': lambda: optim.OneCycleLR(max_lr=0.1, total_steps=12),
    'ReduceLROnPlateau': lambda: optim.ReduceLROnPlateau(
        0.05, patience=1, factor=0.5, threshold=0.5
    ),
    'LinearLR': lambda: optim.LinearLR(0.1, total_iters=5),
    'ConstantLR': lambda: optim.ConstantLR(0.1, factor=0.3, total_iters=4),
    'ChainedScheduler': lambda: optim.ChainedScheduler(
        [optim.LinearLR(0.1, total_iters=5), optim.ExponentialLR(0.1, gamma=0.9)]
    ),
    'SequentialLR': lambda: optim.SequentialLR(
        [optim.LinearLR(0.1, total_iters=3), optim.ExponentialLR(0.1, gamma=0.9)], [3]
    ),
    'CosineAnnealingWarmRestarts': lambda: optim.CosineAnnealingWarmRestarts(0.1, T_0=3, T_mult=2),
    'WarmupCosineSchedule': lambda: optim.WarmupCosineSchedule(0.1, warmup_steps=3, total_steps=12),
    'PiecewiseConstantSchedule': lambda: optim.PiecewiseConstantSchedule(
        0.1, boundaries=[3, 6], values=[0.1, 0.05, 0.01]
    ),
}


def test_these_are_all_schedules():
    found = {
        name
        for name, value in vars(optim).items()
        if isinstance(value, type) and issubclass(value, optim.LRScheduler)
    }
    assert found - {'LRScheduler'} == set(SCHEDULES)


def stepping(scheduler):
    """What users of brainmass write to make a schedule move."""

    def callback(info):
        plateau = isinstance(scheduler, optim.ReduceLROnPlateau)
        scheduler.step(info['loss']) if plateau else scheduler.step()

    return callback


# a number for each step, and nothing else
CLOSED_FORMS = (
    'MultiStepLR', 'ExponentialLR', 'ExponentialDecayLR', 'CosineAnnealingLR', 'PolynomialLR',
    'LinearLR', 'ConstantLR', 'WarmupScheduler', 'PiecewiseConstantSchedule',
)  # fmt: skip


@pytest.mark.parametrize(
    'name',
    [
        pytest.param(name, marks=[pytest.mark.slow] if name in CLOSED_FORMS else [])
        for name in SCHEDULES
    ],
)
def test_schedule_is_that_of_brainmass_stepped_by_hand(name):
    """12 steps of SGD: losses and rates; alone on the device, and stepped by a callback in both libraries."""
    schedule = SCHEDULES[name]()
    theirs = fit(brainmass, optim.SGD(lr=schedule), n_steps=12, callbacks=[stepping(schedule)])
    ours = fit(bf, optim.SGD(lr=SCHEDULES[name]()), n_steps=12)
    schedule = SCHEDULES[name]()
    by_hand = fit(bf, optim.SGD(lr=schedule), n_steps=12, callbacks=[stepping(schedule)])
    np.testing.assert_allclose(ours.history, theirs.history, rtol=1e-6)
    np.testing.assert_allclose(by_hand.history, theirs.history, rtol=1e-6)
    schedule, rates = SCHEDULES[name](), []
    for loss in ours.history:
        rates.append(float(schedule.current_lrs.value[0]))
        stepping(schedule)({'loss': loss})
    assert len(set(rates)) > 1
    np.testing.assert_allclose(ours.learning_rates, rates, rtol=1e-12, atol=1e-16)


def test_plateau_lowers_the_rate_without_leaving_the_device():
    """A loss that cannot fall: the rate falls all the same, in several steps per round-trip."""
    schedule = optim.ReduceLROnPlateau(0.1, patience=2, factor=0.5)
    result = fit(bf, optim.SGD(lr=schedule), n_steps=12, loss_fn=lambda m: (0.0 * m.a.value(), 0))
    np.testing.assert_allclose(
        result.learning_rates[[0, 3, 4, 6, 7]], [0.1, 0.1, 0.05, 0.05, 0.025]
    )
    assert result.optimizer.current_lr == result.optimizer.lr.current_lrs.value[0]
    assert float(result.optimizer.current_lr) == 0.1 * 0.5**3


def test_an_optimizer_that_takes_no_schedule_says_so():
    with pytest.warns(RuntimeWarning, match='Rprop keeps the learning rate'):
        fit(bf, optim.Rprop(lr=SCHEDULES['StepLR']()), n_steps=1)


def test_a_callback_sets_the_learning_rate():
    """As in brainmass: from the next step on."""

    def run(lib):
        optimizer = optim.SGD(lr=0.01)

        def callback(info):
            if info['step'] == 2:
                optimizer.current_lr = 0.001

        return fit(lib, optimizer, n_steps=6, callbacks=[callback])

    ours, theirs = run(bf), run(brainmass)
    np.testing.assert_allclose(ours.history, theirs.history, rtol=1e-6)
    np.testing.assert_allclose(ours.learning_rates, [0.01] * 3 + [0.001] * 3)


def test_a_callback_changes_a_parameter():
    def clip(info):
        info['model'].a.set_value(jnp.minimum(info['model'].a.value(), 0.4))

    ours, theirs = (
        fit(lib, optim.SGD(lr=0.05), n_steps=6, callbacks=[clip]) for lib in (bf, brainmass)
    )
    np.testing.assert_allclose(ours.history, theirs.history, rtol=1e-6)
    assert ours.best_params['a'] <= 0.4


# ----------------------------------------------------------------- groups, clipping, state of optimizers


def test_parameter_groups_have_their_own_rates():
    """braintools skips groups in silence where gradients are named by paths; here they count."""
    model = Curve()
    optimizer = optim.Adam(lr=0.01)
    optimizer.register_trainable_weights(model.states(brainstate.ParamState))
    optimizer.add_param_group({'b': model.b.val}, lr=0.2)
    start = {name: p.value() for name, p in (('a', model.a), ('b', model.b))}
    bf.Fitter(model, optimizer, loss_fn=still).fit(n_steps=1)
    moved = (
        optimizer.opt_state
    )  # the fit leaves the model at its best point, before the only update
    assert moved is not None
    np.testing.assert_allclose(model.a.value(), start['a'])
    result = bf.Fitter(model, optimizer, loss_fn=still).fit(n_steps=2)
    params = result.best_params
    np.testing.assert_allclose(abs(params['a'] - start['a']), 0.01, rtol=1e-4)
    np.testing.assert_allclose(abs(params['b'] - start['b']), 0.2, rtol=1e-4)


def test_clipping_by_global_norm_and_by_value():
    """SGD moves by rate times clipped gradient."""
    for options, moved in (({'grad_clip_norm': 1e-3}, None), ({'grad_clip_value': 1e-3}, 1e-3)):
        model = Curve()
        before = np.concatenate([np.ravel(p.value()) for p in (model.a, model.b)])
        result = bf.Fitter(model, optim.SGD(lr=1.0, **options), loss_fn=still).fit(n_steps=2)
        after = np.concatenate([np.ravel(p.value()) for p in (model.a, model.b)])
        assert result.best_step == 1
        if moved is None:
            np.testing.assert_allclose(np.linalg.norm(after - before), 1e-3, rtol=1e-6)
        else:
            np.testing.assert_allclose(np.abs(after - before), moved, rtol=1e-6)
        assert result.grad_norms[0] > 1.0  # as it was before clipping


@pytest.mark.parametrize('name', ['Adam', 'SGD', 'LBFGS', 'Lookahead'])
def test_loaded_state_is_kept(name):
    """Ten steps are five and, in another optimizer with the state of the first, five."""
    whole = fit(bf, OPTIMIZERS[name](), n_steps=10, loss_fn=still)
    model = Curve()
    first = bf.Fitter(model, OPTIMIZERS[name](), loss_fn=still, callbacks=[Last()])
    losses = first.fit(n_steps=5).history
    state = first.optimizer.state_dict()
    for param, value in zip((model.a, model.b, model.c), first.callbacks[0].values, strict=True):
        param.set_value(value)
    second = OPTIMIZERS[name]()
    second.register_trainable_weights(model.states(brainstate.ParamState))
    second.load_state_dict(state)
    losses += bf.Fitter(model, second, loss_fn=still).fit(n_steps=5).history
    np.testing.assert_allclose(losses, whole.history, rtol=1e-12)


class Last:
    """Notes the parameters after the last update."""

    def __call__(self, info):
        self.values = [p.value() for p in (info['model'].a, info['model'].b, info['model'].c)]


def test_a_second_fit_begins_anew():
    """The moments of a first fit are not those of a second: brainmass's behaviour."""
    histories = []
    for lib in (bf, brainmass):
        optimizer, model = optim.Adam(lr=0.05), Curve()
        losses = []
        for _ in range(2):
            model.a.set_value(0.3)
            model.b.set_value(jnp.array([1.0, -2.0, 0.5]))
            losses += lib.Fitter(model, optimizer, loss_fn=still).fit(n_steps=5).history
        histories.append(losses)
    np.testing.assert_allclose(*histories, rtol=1e-6)


def test_an_optimizer_without_gradients_is_refused():
    with pytest.raises(TypeError, match='SOFO'):
        fit(bf, optim.SOFO(Curve(), noisy), n_steps=1)


def test_scalars_of_sm3_are_vectors_of_one():
    """Wrapped once, however often it is registered."""
    optimizer = optim.SM3(lr=0.1)
    weights = Curve().states(brainstate.ParamState)
    register(optimizer, weights)
    wrapped = optimizer.tx
    register(optimizer, weights)
    assert optimizer.tx is wrapped
