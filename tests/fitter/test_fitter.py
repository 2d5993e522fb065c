"""Fitter, backend 'grad': brainmass's histories, the best point, what ends a fit, what is left behind."""

import brainstate
import braintools
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from brainstate.nn import L2Reg, Param, SigmoidT, SoftplusT

import brainfit_fast as bf
from brainfit_fast.core.memory import gradient_memory_limit

brainmass = pytest.importorskip('brainmass')

N = 3
DT = 0.1 * u.ms
# brainmass's name of the node's parameter: the first path on which the module tree reaches it
A = 'coupling.x.module.a'
STEPS = 30
RNG = np.random.default_rng(8)
WEIGHTS = RNG.random((N, N))
LENGTHS = RNG.random((N, N)) * 8.0
TARGET = RNG.standard_normal((STEPS, N))
LIBRARIES = (bf, brainmass)


@pytest.fixture(autouse=True)
def clock():
    with brainstate.environ.context(dt=DT):
        yield


@pytest.fixture
def double(x64):
    with brainstate.environ.context(precision=64):
        yield


def network(lib, noisy=True, **kwargs):
    start = braintools.init.Uniform(0.0, 0.5)
    noise = {'noise_x': lib.GaussianNoise(N, sigma=0.05)} if noisy else {}
    a = Param(np.linspace(0.05, 0.3, N), t=SoftplusT(-1.0))
    node = lib.HopfStep(N, a=a, init_x=start, init_y=start, **noise)
    options = {'k': Param(0.3), 'distance': LENGTHS, 'speed': 4.0, 'coupled_var': 'x', **kwargs}
    return lib.Network(node, conn=WEIGHTS, **options)


def node(lib, **kwargs):
    """A noisy node: a third of a network's time to compile."""
    start = braintools.init.Uniform(0.0, 0.5)
    noise = lib.GaussianNoise(N, sigma=0.05)
    options = {'a': Param(np.linspace(0.05, 0.3, N)), 'w': Param(0.2), **kwargs}
    return lib.HopfStep(N, init_x=start, init_y=start, noise_x=noise, **options)


def predict_with(lib):
    def predict(model):
        sim = lib.Simulator(model, dt=DT)
        return sim.run(STEPS * DT, monitors=lambda m: getattr(m, 'node', m).x.value)['output']

    return predict


def fit(lib, optimizer=None, *, model=None, n_steps=10, target=TARGET, seed=3, run=None, **options):
    brainstate.random.seed(seed)
    model = node(lib) if model is None else model
    if 'loss_fn' not in options:
        options.setdefault('predict', predict_with(lib))
    if target is not None:
        target = np.asarray(target, brainstate.environ.dftype())
    fitter = lib.Fitter(model, optimizer, **options)
    return fitter.fit(target=target, n_steps=n_steps, **(run or {}))


class Gain(brainstate.nn.Module):
    """A model that is its parameter."""

    def __init__(self, value=0.0, **kwargs):
        super().__init__()
        self.gain = Param(value, **kwargs)

    def update(self):
        return self.gain.value()


def gain_loss(model):
    return (model.gain.value() - 2.0) ** 2, model.gain.value()


# ------------------------------------------------------------------------------ brainmass's history

OPTIMIZERS = {
    'Adam': lambda: braintools.optim.Adam(lr=0.05),
    'SGD': lambda: braintools.optim.SGD(lr=0.05, momentum=0.9),
    'Lion': lambda: braintools.optim.Lion(lr=0.01),
    'AdamW': lambda: braintools.optim.AdamW(lr=0.05, weight_decay=0.01),
    'RMSprop': lambda: braintools.optim.RMSprop(lr=0.01),
    'clipped': lambda: braintools.optim.Adam(lr=0.05, grad_clip_norm=0.01),
}


@pytest.mark.parametrize(
    ('make', 'name'),
    [*((node, name) for name in OPTIMIZERS), (network, 'Adam')],
    ids=lambda value: getattr(value, '__name__', value),
)
def test_history_equals_brainmass(make, name, double):
    """30 steps: losses, names of the parameters, number of optimizer steps."""
    ours, theirs = (fit(lib, OPTIMIZERS[name](), model=make(lib), n_steps=30) for lib in LIBRARIES)
    assert len(set(theirs.history)) == 30
    np.testing.assert_allclose(ours.history, theirs.history, rtol=1e-6)
    assert ours.n_steps == theirs.n_steps == 30
    assert ours.backend == theirs.backend
    assert ours.best_params.keys() == theirs.best_params.keys()
    steps = [int(result.optimizer.step_count.value) for result in (ours, theirs)]
    assert steps[0] == steps[1]


def test_default_optimizer_is_brainmass(double):
    ours, theirs = (fit(lib, n_steps=5) for lib in LIBRARIES)
    np.testing.assert_allclose(ours.history, theirs.history, rtol=1e-9)


def test_random_key_after_a_fit_equals_brainmass(double):
    keys = []
    for lib in LIBRARIES:
        fit(lib, n_steps=4)
        keys.append(np.asarray(jax.random.key_data(brainstate.random.DEFAULT.value)))
    np.testing.assert_array_equal(*keys)


def test_regularization_is_added(double):
    def regularized(lib, weight):
        w = Param(0.3, reg=L2Reg(weight))
        return fit(lib, braintools.optim.Adam(lr=0.05), model=node(lib, w=w))

    ours, theirs = (regularized(lib, 2.0) for lib in LIBRARIES)
    np.testing.assert_allclose(ours.history, theirs.history, rtol=1e-9)
    plain = regularized(bf, 0.0)
    assert ours.history[0] == pytest.approx(plain.history[0] + 2.0 * 0.3**2, rel=1e-9)


def test_transient_of_the_fitter_cuts_samples(double):
    ours, theirs = (
        fit(lib, braintools.optim.Adam(lr=0.05), transient=20, target=TARGET[20:])
        for lib in LIBRARIES
    )
    np.testing.assert_allclose(ours.history, theirs.history, rtol=1e-9)
    assert ours.prediction.shape == (STEPS, N)


def test_loss_fn_owns_the_loss(double):
    """No regularization is added, and aux is what it returns."""

    def loss_fn(model):
        x = predict_with(bf)(model)
        return jnp.mean(x**2), {'mean': x.mean(), 'x': x}

    w = Param(0.3, reg=L2Reg(5.0))
    result = fit(bf, model=node(bf, w=w), loss_fn=loss_fn, target=None, n_steps=3)
    assert result.prediction['x'].shape == (STEPS, N)
    best = float(jnp.mean(result.prediction['x'] ** 2))
    assert best == pytest.approx(result.best_loss, rel=1e-12)


def test_fit_of_a_model_on_the_generic_path(double):
    class Mixing(brainstate.nn.Dynamics):
        def __init__(self):
            super().__init__(N)
            self.gain = Param(2.0)

        def init_state(self, *args, **kwargs):
            self.z = brainstate.HiddenState(brainstate.random.uniform(size=N))

        def update(self):
            z = self.z.value
            self.z.value = z + 0.1 * (jax.nn.softmax(self.gain.value() * z) - z)
            return self.z.value

    ours, theirs = (
        fit(
            lib,
            braintools.optim.Adam(lr=0.1),
            model=Mixing(),
            predict=lambda m, lib=lib: lib.Simulator(m, dt=DT).run(STEPS * DT)['output'],
        )
        for lib in LIBRARIES
    )
    np.testing.assert_allclose(ours.history, theirs.history, rtol=1e-9)
    assert ours.implementation == 'generic'


# --------------------------------------------------------------------------------------- best point


@pytest.mark.parametrize('name', ['Adam', 'Lion'])
def test_best_loss_belongs_to_best_params_and_key(name, double):
    """Lion with a large step overshoots: only the point before the update has the best loss."""
    optimizer = getattr(braintools.optim, name)(lr=0.1)
    result = fit(bf, optimizer, model=network(bf), n_steps=20)
    assert result.best_loss == min(result.history)
    assert result.history[result.best_step] == result.best_loss
    assert result.loss_at() == pytest.approx(result.best_loss, rel=1e-12)
    # by hand: parameters into a fresh network, the key into brainstate
    k, a = result.best_params['coupling.k'], result.best_params[A]
    fresh = network(bf, k=k)
    fresh.node.a = Param.init(a)
    brainstate.random.DEFAULT.value = result.best_key
    loss = bf.objectives.timeseries_rmse()(predict_with(bf)(fresh), TARGET)
    assert float(loss) == pytest.approx(result.best_loss, rel=1e-12)


def test_lion_on_the_gain_example(double):
    result = fit(bf, braintools.optim.Lion(lr=0.1), model=Gain(), loss_fn=gain_loss, n_steps=40)
    best = result.best_params['gain']
    assert (float(best) - 2.0) ** 2 == pytest.approx(result.best_loss, rel=1e-12, abs=1e-30)
    assert float(result.model.gain.value()) == float(best)
    assert result.best_key is None


def test_model_is_left_at_the_best_point(double):
    model = node(bf)
    result = fit(bf, braintools.optim.Lion(lr=0.1), model=model, n_steps=15)
    assert result.best_step < 14, 'the best step is not the last'
    assert result.model is model
    assert float(model.w.value()) == float(result.best_params['w'])
    np.testing.assert_array_equal(model.a.value(), result.best_params['a'])


def test_best_params_are_in_physical_space(double):
    model = Gain(1.0, t=SigmoidT(0.5, 3.0))
    result = fit(bf, braintools.optim.Adam(lr=0.1), model=model, loss_fn=gain_loss, n_steps=60)
    assert float(result.best_params['gain']) == pytest.approx(2.0, abs=0.05)


def test_loss_at_another_key_is_another_loss(double):
    result = fit(bf, n_steps=3)
    other = result.loss_at(jax.random.key(77))
    assert other != result.best_loss
    assert other == result.loss_at(jax.random.key(77))


def test_evaluate(double):
    result = fit(bf, n_steps=3)
    found = result.evaluate(seeds=5, seed=2)
    assert found.losses.shape == (5,) and len(set(found.losses)) == 5
    assert found.mean == pytest.approx(found.losses.mean())
    assert found.sd == pytest.approx(found.losses.std(ddof=1))
    again = result.evaluate(seeds=5, seed=2)
    np.testing.assert_array_equal(again.losses, found.losses)
    assert result.loss_at() == pytest.approx(result.best_loss, rel=1e-12)
    with pytest.raises(ValueError, match='seeds: given 1, expected an integer >= 2'):
        result.evaluate(seeds=1)


def test_prediction_is_computed_on_first_access(double):
    result = fit(bf, n_steps=4)
    assert result._prediction is None
    prediction = result.prediction
    assert result.prediction is prediction
    loss = bf.objectives.timeseries_rmse()(prediction, TARGET)
    assert float(loss) == pytest.approx(result.best_loss, rel=1e-12)


def test_units_of_trainable_params():
    node = bf.FitzHughNagumoStep(N, tau=Param(10.0 * u.ms))
    predict = bf.Predict(STEPS * DT, dt=DT, monitors='V')
    result = fit(bf, braintools.optim.Adam(lr=0.5), model=node, predict=predict, n_steps=5)
    tau = result.best_params['tau']
    assert u.get_unit(tau) == u.ms
    assert np.ptp(result.history) > 0
    assert float(result.loss_at()) == pytest.approx(result.best_loss, rel=1e-6)


def test_states_are_readable_after_a_fit():
    """Nothing of the trace is left in the model, and it runs on."""
    model = network(bf)
    brainstate.nn.init_all_states(model)
    before = np.asarray(model.node.x.value)
    fit(bf, model=model, n_steps=3)
    for state in model.states().values():
        for leaf in jax.tree.leaves(state.value):
            assert not isinstance(leaf, jax.core.Tracer)
            assert np.isfinite(np.asarray(leaf)).all()
    np.testing.assert_array_equal(model.node.x.value, before)
    result = bf.Simulator(model, dt=DT).run(STEPS * DT, monitors=['node.x'])
    assert bool(result.finite)


def test_second_fit_goes_on_from_the_first(double):
    """A fitter may be used again."""
    model = node(bf)
    fitter = bf.Fitter(model, braintools.optim.Adam(lr=0.05), predict=predict_with(bf))
    first = fitter.fit(target=TARGET, n_steps=5)
    second = fitter.fit(target=TARGET, n_steps=5)
    assert second.n_steps == len(second.history) == 5
    assert first.best_loss == min(first.history), 'the first result is not overwritten'


def test_no_leaks_in_a_fit():
    with jax.checking_leaks():
        fit(bf, model=Gain(), loss_fn=gain_loss, n_steps=2)


# ---------------------------------------------------------------------------------------- Predict


@pytest.mark.parametrize(
    ('options', 'samples'),
    [({}, STEPS), ({'transient': 1.0 * u.ms, 'sample_every': 3}, 7)],
)
def test_predict_equals_the_closure(options, samples, double):
    described = bf.Predict(STEPS * DT, dt=DT, monitors='x', **options)

    def closure(model):
        sim = bf.Simulator(model, dt=DT)
        return sim.run(STEPS * DT, monitors=['x'], **options)['x']

    a, b = (fit(bf, predict=p, target=TARGET[:samples]) for p in (described, closure))
    assert described.n_samples == samples
    assert a.history == b.history
    np.testing.assert_array_equal(a.prediction, b.prediction)


def test_predict_takes_dotted_names_and_inputs(double):
    drive = RNG.standard_normal((STEPS, N)) * 0.1
    described = bf.Predict(STEPS * DT, dt=DT, monitors='node.x', inputs=drive)
    x = described(network(bf))
    assert x.shape == (STEPS, N)
    with pytest.raises(TypeError, match=r'Predict\(monitors=...\): given 2 monitors, expected one'):
        bf.Predict(STEPS * DT, monitors=['x', 'y'])


def test_what_a_gradient_may_keep():
    """Noise seeds run as one batch and share it; the user's word counts first."""
    seen = []

    def loss_fn(model):
        seen.append(gradient_memory_limit())
        return gain_loss(model)

    def limit(**run):
        seen.clear()
        fit(bf, model=Gain(), target=None, n_steps=1, loss_fn=loss_fn, run=run)
        (found,) = set(seen)
        return found

    assert gradient_memory_limit() == 0
    assert limit() == 4 * 2**20
    assert limit(n_noise_seeds=4) == 2**20
    with bf.gradient_memory(1000):
        assert limit(n_noise_seeds=3) == 333
    with bf.gradient_memory(0):
        assert limit() == 0


# ------------------------------------------------------------------------- optimizers and callbacks


def test_optax_optimizer(double):
    """A bare optax transformation does what braintools' wrapper of it does."""
    ours = fit(bf, optax.adam(0.05), n_steps=12)
    theirs = fit(brainmass, braintools.optim.Adam(lr=0.05), n_steps=12)
    np.testing.assert_allclose(ours.history, theirs.history, rtol=1e-6)
    chained = optax.chain(optax.clip_by_global_norm(0.01), optax.sgd(0.1))
    assert fit(bf, chained, n_steps=3).status == 'finished'


def test_unknown_optimizer():
    with pytest.raises(TypeError, match=r"optimizer: given '?adam'?, expected a braintools.optim"):
        fit(bf, 'adam')


def test_callbacks_see_every_step(double):
    seen = {}
    for lib in LIBRARIES:
        calls = seen[lib] = []

        def note(info, calls=calls):
            value = float(info['model'].w.value())
            calls.append((info['step'], info['loss'], info['best_loss'], value))

        fit(lib, braintools.optim.Adam(lr=0.05), callbacks=[note], n_steps=6)
    ours, theirs = seen.values()
    assert [call[0] for call in ours] == list(range(6))
    # loss, best loss, and the parameters that the model holds after the update
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)


def test_callback_ends_the_fit(double):
    order = []

    def stop(info):
        order.append('stop')
        return info['step'] == 3

    result = fit(
        bf,
        model=Gain(),
        loss_fn=gain_loss,
        callbacks=[stop, lambda info: order.append('second')],
        n_steps=10,
    )
    assert result.n_steps == len(result.history) == 4
    assert result.status == 'stopped'
    assert order.count('second') == 4, 'all callbacks run before the fit ends'
    assert "status='stopped'" in repr(result)


def test_only_true_ends_the_fit():
    assert (
        fit(bf, model=Gain(), loss_fn=gain_loss, callbacks=[lambda info: 1], n_steps=3).n_steps == 3
    )


def test_history_with_and_without_callbacks(double):
    """Several steps per round-trip change nothing."""
    assert fit(bf, n_steps=9).history == fit(bf, n_steps=9, callbacks=[lambda info: None]).history


def test_verbose_lines(capsys):
    """The lines of brainmass, to the digits that are shown."""
    shown = []
    for lib in LIBRARIES:
        options = {'model': Gain(), 'loss_fn': gain_loss, 'run': {'verbose': True}}
        fit(lib, braintools.optim.SGD(lr=0.125), n_steps=4, **options)
        shown.append(capsys.readouterr().out.splitlines())
    assert shown[0][0] == '[grad] step 0: loss=4 best=4'
    assert shown[0] == shown[1]
    fit(bf, model=Gain(), loss_fn=gain_loss, n_steps=2)
    assert capsys.readouterr().out == ''


def test_progress_bar(capsys):
    fit(bf, model=Gain(), loss_fn=gain_loss, n_steps=4, run={'verbose': 'bar'})
    shown = capsys.readouterr().err
    assert 'compiling' in shown and '4/4' in shown and 'loss=' in shown


def test_keyboard_interrupt_in_a_callback(double):
    def interrupt(info):
        if info['step'] == 2:
            raise KeyboardInterrupt

    model = Gain()
    with pytest.warns(RuntimeWarning, match='ended early: interrupted from the keyboard'):
        result = fit(bf, model=model, loss_fn=gain_loss, callbacks=[interrupt], n_steps=10)
    assert result.status == 'interrupted'
    assert len(result.history) == 3
    assert result.loss_at() == pytest.approx(result.best_loss, rel=1e-12)
    assert float(model.gain.value()) == float(result.best_params['gain'])


def test_an_error_in_a_callback_is_raised():
    def broken(info):
        raise ZeroDivisionError('in a callback')

    with pytest.raises(ZeroDivisionError, match='in a callback'):
        fit(bf, model=Gain(), loss_fn=gain_loss, callbacks=[broken])


# -------------------------------------------------------------------------------------- noise seeds


def test_noise_seeds_average_the_loss(double):
    """The mean over keys that are split from the model's."""
    n = 3
    result = fit(bf, n_steps=1, run={'n_noise_seeds': n})
    brainstate.random.seed(3)
    model = node(bf)
    _, *keys = jax.random.split(brainstate.random.DEFAULT.value, n + 1)
    losses = []
    for key in keys:
        brainstate.random.DEFAULT.value = key
        x = predict_with(bf)(model)
        losses.append(float(bf.objectives.timeseries_rmse()(x, TARGET)))
    assert len(set(losses)) == n
    assert result.history[0] == pytest.approx(np.mean(losses), rel=1e-9)
    assert result.loss_at() == pytest.approx(result.best_loss, rel=1e-12)


def test_noise_seeds_differ_between_steps(double):
    frozen = optax.sgd(0.0)
    history = fit(bf, frozen, n_steps=5, run={'n_noise_seeds': 2}).history
    assert len(set(history)) == 5


# ------------------------------------------------------------------------------ what is not finite


def diverging(model):
    """sqrt(2 - gain): the gain grows until loss and gradient are NaN."""
    return jnp.sqrt(2.0 - model.gain.value()), model.gain.value()


def test_nan_loss_ends_the_fit_with_a_message(double):
    with pytest.warns(RuntimeWarning) as caught:
        result = fit(bf, optax.sgd(0.7), model=Gain(), loss_fn=diverging, n_steps=50)
    assert result.status == 'diverged'
    step = result.n_steps - 1
    assert np.isnan(result.history[-1]) and np.isfinite(result.history[:-1]).all()
    assert f'step {step}: the loss is not finite' in result.message
    assert "'gain'" in result.message
    assert f'best point so far (step {result.best_step}) is kept' in result.message
    assert result.message in str(caught[0].message)
    assert np.isfinite(result.best_loss)
    assert float(jnp.sqrt(2.0 - result.best_params['gain'])) == pytest.approx(result.best_loss)
    assert float(result.model.gain.value()) == float(result.best_params['gain'])


def test_nan_from_the_start(double):
    model = Gain(3.0)
    with pytest.warns(RuntimeWarning, match='step 0: the loss is not finite'):
        result = fit(bf, model=model, loss_fn=diverging, n_steps=50)
    assert result.history and np.isnan(result.history[0]) and result.n_steps == 1
    assert result.best_loss == float('inf') and result.best_step is None
    assert 'no step before it had a finite loss' in result.message
    assert float(model.gain.value()) == 3.0, 'the model keeps its start'
    assert float(result.best_params['gain']) == 3.0


def test_nan_gradient_with_a_finite_loss(double):
    """sqrt at zero: the loss is fine and its slope is not."""

    class Two(brainstate.nn.Module):
        def __init__(self):
            super().__init__()
            self.good, self.bad = Param(1.0), Param(0.0)

    def loss_fn(model):
        return model.good.value() ** 2 + jnp.sqrt(model.bad.value() ** 2), None

    model = Two()
    with pytest.warns(RuntimeWarning, match='a gradient is not finite'):
        result = fit(bf, model=model, loss_fn=loss_fn, n_steps=5)
    assert "first seen in the gradient of 'bad'" in result.message
    assert result.best_loss == 1.0 and result.best_step == 0
    assert float(model.good.value()) == 1.0 and float(model.bad.value()) == 0.0


def test_trajectory_that_leaves_the_numbers_with_a_finite_loss(double):
    """One infinite sample may give a finite score; the flag of the run sees it."""

    def loss_fn(model):
        x = predict_with(bf)(model)
        return jnp.where(jnp.isfinite(x), x, 0.0).mean(), x

    model = node(bf, beta=-1e8)
    with pytest.warns(RuntimeWarning, match='step 0: the trajectory left the finite numbers'):
        result = fit(bf, model=model, loss_fn=loss_fn, n_steps=5)
    assert result.status == 'diverged'
    assert np.isfinite(result.history[0])
    assert result.best_step is None


def test_brainmass_goes_on_in_silence():
    """The behaviour that the message replaces."""
    result = fit(
        brainmass, braintools.optim.SGD(lr=0.3), model=Gain(3.0), loss_fn=diverging, n_steps=3
    )
    assert result.best_loss == float('inf') and len(result.history) == 3


# -------------------------------------------------------------------------------------- result


def test_result_reports(double, fastest):
    result = fit(bf, model=network(bf), n_steps=4)
    assert result.status == 'finished' and result.message is None
    assert result.implementation == fastest
    assert result.raw is None
    assert set(result.timings) == {'trace', 'compile', 'run', 'per_step'}
    assert all(seconds > 0 for seconds in result.timings.values())
    text = repr(result)
    assert text.startswith("FitResult(backend='grad', best_loss=")
    assert 'coupling.k' in text and A in text


def test_the_parameter_that_is_named_is_the_one(double):
    """Names do not follow the order in which JAX sorts them."""

    class Two(brainstate.nn.Module):
        def __init__(self):
            super().__init__()
            self.z, self.b = Param(1.0), Param(0.0)

    def loss(model):
        # the derivative of the square root at zero is infinite
        return model.z.value() ** 2 + jnp.sqrt(model.b.value()), None

    def other(model):
        return model.b.value() ** 2 + jnp.sqrt(model.z.value() - 1.0), None

    for function, name in ((loss, 'b'), (other, 'z')):
        with pytest.warns(RuntimeWarning, match=f"a gradient is not finite.*gradient of '{name}'"):
            bf.Fitter(Two(), loss_fn=function).fit(n_steps=2)
