"""Fitter, backends 'nevergrad' and 'scipy': brainmass's losses, batches, bounds, what ends a search."""

import sys

import brainstate
import braintools
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from brainstate.nn import Param, SigmoidT

import brainfit_fast as bf
from brainfit_fast.fitting.points import Points
from brainfit_fast.testing import equations

brainmass = pytest.importorskip('brainmass')
pytest.importorskip('nevergrad')

N = 3
DT = 0.1 * u.ms
STEPS = 5
TARGET = np.random.default_rng(8).standard_normal((STEPS, N)).astype('float32')
SPACE = {'a': (-0.5, 0.5)}
NEVERGRAD = {'method': 'DE', 'n_sample': 4, 'seed': 7}


@pytest.fixture(autouse=True)
def clock():
    with brainstate.environ.context(dt=DT):
        yield


def noisy_node(lib, regional=True):
    start = braintools.init.Uniform(0.0, 0.5)
    noise = lib.GaussianNoise(N, sigma=0.05)
    a = Param(np.linspace(0.05, 0.3, N) if regional else 0.1)
    w = Param(0.2, t=SigmoidT(0.05, 0.9))
    return lib.HopfStep(N, init_x=start, init_y=start, noise_x=noise, a=a, w=w)


def fit(lib, backend, options=None, n_steps=3, seed=3, run=None, regional=True, **kwargs):
    """The noisy node; key 3, float32."""
    brainstate.random.seed(seed)

    def predict(model):
        sim = lib.Simulator(model, dt=DT)
        return sim.run(STEPS * DT, monitors=lambda m: m.x.value)['output']

    kwargs = {'predict': predict, 'search_space': SPACE, **kwargs}
    fitter = lib.Fitter(noisy_node(lib, regional), options, backend=backend, **kwargs)
    return fitter.fit(target=jnp.asarray(TARGET), n_steps=n_steps, **(run or {}))


class Bowl(brainstate.nn.Module):
    """A model that is its parameters."""

    def __init__(self, rate=2.0 * u.Hz):
        super().__init__()
        self.rate = Param(rate)
        self.gain = Param(jnp.asarray([0.1, 0.2]))


BOWL = {'rate': (0.0 * u.Hz, 10.0 * u.Hz), 'gain': (-1.0, 1.0)}


def bowl_loss(model):
    rate, gain = model.rate.value().to_decimal(u.Hz), model.gain.value()
    return (rate - 3.0) ** 2 + jnp.sum((gain - 0.5) ** 2), None


class Rate(brainstate.nn.Module):
    """Numbers only, and one of them has a unit."""

    def __init__(self):
        super().__init__()
        self.rate, self.gain = Param(2.0 * u.Hz), jnp.asarray([0.1, 0.2])
        self.gain = Param(self.gain, fit=False)


def search(backend, options=None, n_steps=4, run=None, model=None, **kwargs):
    brainstate.random.seed(0)
    kwargs = {'loss_fn': bowl_loss, 'search_space': BOWL, **kwargs}
    fitter = bf.Fitter(model or Bowl(), options, backend=backend, **kwargs)
    return fitter.fit(n_steps=n_steps, **{'seed': 5, **(run or {})})


# -- brainmass -------------------------------------------------------------------------------------------


@pytest.mark.parametrize('regional', [True, False])
def test_a_population_repeats_brainmass(regional):
    """Key 3, proposals seeded by 7, float32, noise of each candidate after that of the one before."""
    theirs = fit(brainmass, 'nevergrad', NEVERGRAD, regional=regional)
    ours = fit(bf, 'nevergrad', NEVERGRAD, regional=regional, run={'noise': 'sequential'})
    np.testing.assert_allclose(ours.history, theirs.history, rtol=2e-6)
    assert len(ours.history) == 12 and ours.n_steps == theirs.n_steps == 3
    for name, value in theirs.best_params.items():
        np.testing.assert_allclose(ours.best_params[name], value, rtol=1e-5)
        np.testing.assert_array_equal(ours.raw[name], theirs.raw[name])
    assert isinstance(ours.optimizer, type(theirs.optimizer))
    recommended = (r.optimizer.optimizer.provide_recommendation().value for r in (ours, theirs))
    for a, b in zip(*(value.items() for value in recommended), strict=True):
        assert a[0] == b[0]
        np.testing.assert_array_equal(a[1], b[1])
    np.testing.assert_array_equal(ours.optimizer.errors, ours.history)
    assert len(ours.optimizer.candidates) == len(theirs.optimizer.candidates)


@pytest.mark.parametrize('method', ['Nelder-Mead', 'L-BFGS-B', None])
def test_scipy_starts_where_brainmass_does(method):
    """Starts seeded by 1, float32; no noise, which brainmass would draw anew for each value."""

    def run(lib, model, **run):
        np.random.seed(1)
        options = {'method': method, 'options': {'maxiter': 4}}

        def loss(model):
            return jnp.sum((model.gain.value() - 0.5) ** 4), None

        fitter = lib.Fitter(
            model, options, loss_fn=loss, backend='scipy', search_space={'gain': (-1.0, 1.0)}
        )
        return fitter.fit(n_steps=2, **run)

    class Gain(brainstate.nn.Module):
        def __init__(self):
            super().__init__()
            self.gain = Param(jnp.asarray([0.1, 0.2]))

    theirs, ours = run(brainmass, Gain()), run(bf, Gain(), seed=1)
    assert ours.best_loss == pytest.approx(theirs.best_loss, rel=1e-4, abs=1e-9)
    np.testing.assert_allclose(ours.best_params['gain'], theirs.best_params['gain'], rtol=1e-4)
    assert len(ours.history) == len(theirs.history) == 1


# -- batches and noise -----------------------------------------------------------------------------------


@pytest.mark.parametrize('noise', ['shared', 'independent', 'sequential'])
def test_a_generation_is_one_batch(noise, monkeypatch, request):
    """Compiled once; candidates reach the C++ kernel as candidates, or one by one where that is asked."""
    if request.config.getoption('--pure-python'):
        pytest.skip('the native library is absent on purpose')
    seen, calls, evaluate = [], [], Points.evaluate

    def counted(self, values):
        seen.append((len(values['w']), len(self._compiled)))
        if len(seen) == 1:
            traced = jax.make_jaxpr(self._batch)(dict(values), self.carried)
            calls.extend(
                ('scan' in around, eqn.outvars[0].aval.shape)
                for eqn, around in equations(traced.jaxpr)
                if eqn.primitive.name == 'ffi_call'
            )
        return evaluate(self, values)

    monkeypatch.setattr(Points, 'evaluate', counted)
    result = fit(bf, 'nevergrad', NEVERGRAD, run={'noise': noise})
    assert result.implementation == 'cpu_ffi'
    assert seen == [(4, 0), (4, 1), (4, 1)]
    assert calls == [(True, (1, N)) if noise == 'sequential' else (False, (4, N))]


@pytest.mark.parametrize(
    ('noise', 'equal'), [('shared', True), ('independent', False), ('sequential', False)]
)
def test_who_has_the_same_noise(noise, equal, monkeypatch):
    evaluate, found = Points.evaluate, []

    def alike(self, values):
        values = {name: jnp.broadcast_to(x[:1], x.shape) for name, x in values.items()}
        found.append(evaluate(self, values))
        return found[-1]

    monkeypatch.setattr(Points, 'evaluate', alike)
    fit(bf, 'nevergrad', NEVERGRAD, n_steps=2, run={'noise': noise})
    assert all(bool(np.ptp(losses) < 1e-6) == equal for losses in found)
    assert abs(found[0][0] - found[1][0]) > 1e-4


@pytest.mark.parametrize(('noise', 'equal'), [('shared', True), ('sequential', False)])
def test_all_points_of_scipy_have_the_same_noise(noise, equal, monkeypatch):
    evaluate, found = Points.evaluate, []

    def first(self, values):
        found.append((values, evaluate(self, found[0][0] if found else values)))
        return found[-1][1]

    monkeypatch.setattr(Points, 'evaluate', first)
    options = {'method': 'Nelder-Mead', 'options': {'maxiter': 2}}
    fit(bf, 'scipy', options, n_steps=2, run={'noise': noise, 'seed': 1})
    losses = np.concatenate([losses for _, losses in found])
    assert len(losses) > 8 and (np.ptp(losses) == 0) == equal


@pytest.mark.parametrize('noise', ['shared', 'independent', 'sequential'])
@pytest.mark.parametrize(
    ('backend', 'options'),
    [('nevergrad', NEVERGRAD), ('scipy', {'method': 'L-BFGS-B', 'options': {'maxiter': 3}})],
)
def test_the_best_point_gives_the_best_loss_again(backend, options, noise):
    result = fit(bf, backend, options, n_steps=2, run={'noise': noise, 'seed': 2})
    losses = result.evaluations.losses
    assert result.best_loss == pytest.approx(losses.min(), rel=1e-6)
    assert result.loss_at() == pytest.approx(result.best_loss, rel=1e-5)
    assert result.prediction.shape == TARGET.shape
    best = losses.argmin()
    for name, value in result.best_params.items():
        np.testing.assert_allclose(result.evaluations.params[name][best], value, rtol=1e-5)
    assert result.evaluations.steps[best] == result.best_step


def test_losses_averaged_over_noise():
    one = fit(bf, 'nevergrad', NEVERGRAD)
    many = fit(bf, 'nevergrad', NEVERGRAD, run={'n_noise_seeds': 3})
    assert many.loss_at() == pytest.approx(many.best_loss, rel=1e-5)
    assert many.history[0] != one.history[0]


def test_a_search_compiles_little():
    """From the model's constructor to the result; sizes that no other test has compiled for."""
    seen = []

    def listen(event, seconds, **kwargs):
        if event == '/jax/core/compile/backend_compile_duration':
            seen.append(kwargs.get('fun_name'))

    n = 11
    conn = np.random.default_rng(1).random((n, n)).astype('float32')
    target = np.random.default_rng(2).random((STEPS, n)).astype('float32')
    brainstate.random.seed(0)
    jax.monitoring.register_event_duration_secs_listener(listen)
    try:
        start = braintools.init.Constant(0.3)
        node = bf.HopfStep(n, a=Param(0.1), init_x=start, init_y=start)
        net = bf.Network(node, conn=conn, coupled_var='x', k=Param(0.5), delay_init=start)
        fitter = bf.Fitter(
            net,
            NEVERGRAD,
            predict=bf.Predict(STEPS * DT, monitors=lambda m: m.node.x.value),
            backend='nevergrad',
            search_space={'coupling.k': (0.0, 1.0), 'coupling.x.module.a': (-0.5, 0.5)},
        )
        fitter.fit(target=target, n_steps=3)
    finally:
        jax.monitoring.unregister_event_duration_listener(listen)
    assert 1 <= len(seen) <= 4, seen


# -- searches --------------------------------------------------------------------------------------------


@pytest.mark.parametrize('method', ['DE', 'TwoPointsDE', 'CMA', 'PSO', 'OnePlusOne'])
def test_a_population_repeats_by_seed(method):
    options = {'method': method, 'n_sample': 8}
    a, b = (search('nevergrad', options) for _ in range(2))
    assert a.history == b.history and a.seed == 5
    other = search('nevergrad', options, run={'seed': 6})
    assert other.history != a.history
    assert a.best_loss < a.history[0] and a.best_params['rate'].unit == u.Hz


@pytest.mark.parametrize(
    'method', ['L-BFGS-B', 'TNC', 'SLSQP', 'trust-constr', 'Nelder-Mead', 'Powell', 'COBYLA', None]
)
def test_scipy_finds_the_bottom(method):
    result = search('scipy', method, n_steps=2)
    assert result.best_loss < 1e-4
    assert result.best_params['rate'].to_decimal(u.Hz) == pytest.approx(3.0, abs=1e-2)
    np.testing.assert_allclose(result.best_params['gain'], 0.5, atol=1e-2)
    assert result.raw.nfev > 1 and result.history == [result.best_loss]
    assert result.raw.x['rate'].to_decimal(u.Hz) == pytest.approx(3.0, abs=1e-2)


def test_a_recommendation_is_nevergrads():
    options = {'n_sample': 4, 'use_nevergrad_recommendation': True}
    result = search('nevergrad', options, model=Rate(), search_space={'rate': BOWL['rate']})
    own = result.optimizer.optimizer.provide_recommendation().value['rate']
    assert result.raw['rate'] == own * u.Hz


def test_a_budget_that_is_too_small_warns():
    with pytest.warns(RuntimeWarning, match='16 evaluations .* more than the budget=15'):
        search('nevergrad', {'n_sample': 4, 'budget': 15})


def test_the_optimizer_can_be_used_again():
    result = search('nevergrad', model=Rate(), search_space={'rate': BOWL['rate']})
    found = result.optimizer.minimize(n_iter=1, verbose=False)
    assert 0 <= found['rate'] <= 10 and len(result.optimizer.candidates) == 8


def test_a_seed_of_none_is_drawn_as_well():
    """Among the options of nevergrad: told in the result, and followed."""
    result = search('nevergrad', {'n_sample': 3, 'seed': None}, n_steps=1)
    again = search('nevergrad', {'n_sample': 3}, n_steps=1, run={'seed': result.seed})
    assert result.seed is not None and result.history == again.history


def test_a_seed_is_drawn_where_none_is_given():
    np.random.seed(4)
    first = search('nevergrad', run={'seed': None})
    np.random.seed(4)
    again = search('nevergrad', run={'seed': None})
    assert first.history == again.history and first.seed == again.seed


def test_the_interval_of_a_transform_is_the_default():
    model = Bowl()
    model.gain = Param(jnp.asarray([0.1, 0.2]), t=SigmoidT(0.0, 0.4))
    result = search('nevergrad', model=model, search_space={'rate': BOWL['rate']})
    gains = np.asarray(result.evaluations.params['gain'])
    assert gains.shape == (32, 2) and gains.min() >= 0 and gains.max() <= 0.4


# -- what ends a search ----------------------------------------------------------------------------------


@pytest.mark.parametrize('backend', ['nevergrad', 'scipy'])
def test_a_callback_stops(backend):
    seen = []

    def stop(info):
        seen.append((info['step'], info['best_loss']))
        assert info['loss'] >= info['best_loss'] and info['model'].gain.value().shape == (2,)
        return info['step'] == 1

    result = search(backend, n_steps=5, callbacks=[stop])
    assert [step for step, _ in seen] == [0, 1] and result.status == 'stopped'
    assert result.n_steps == 2 and result.best_loss == seen[-1][1]


@pytest.mark.parametrize('backend', ['nevergrad', 'scipy'])
def test_an_interruption_keeps_the_best_point(backend):
    def interrupt(info):
        if info['step'] == 1:
            raise KeyboardInterrupt

    with pytest.warns(RuntimeWarning, match='interrupted from the keyboard'):
        result = search(backend, n_steps=5, callbacks=[interrupt])
    assert result.status == 'interrupted' and np.isfinite(result.best_loss)
    assert result.loss_at() == pytest.approx(result.best_loss, rel=1e-5)


@pytest.mark.filterwarnings('ignore:Clipping very high value')
def test_candidates_that_diverge_are_passed_over():
    def loss(model):
        value, _ = bowl_loss(model)
        return jnp.where(model.gain.value()[0] > 0, value, jnp.nan), None

    result = search('nevergrad', loss_fn=loss)
    losses = result.evaluations.losses
    assert 0 < np.isnan(losses).sum() < len(losses) and np.isfinite(result.best_loss)


@pytest.mark.filterwarnings('ignore')
def test_a_trajectory_that_diverges_counts_as_nan():
    """Also where the objective hides it."""

    def hidden(prediction, target):
        return -jnp.nan_to_num(prediction, posinf=0, neginf=0).max()

    result = fit(bf, 'nevergrad', NEVERGRAD, objective=hidden, search_space={'a': (0.0, 1e30)})
    assert np.isnan(result.history).any() and result.status == 'diverged'


@pytest.mark.filterwarnings('ignore')
def test_nothing_finite():
    before = Bowl()
    result = search(
        'nevergrad', loss_fn=lambda model: (jnp.nan * bowl_loss(model)[0], None), model=before
    )
    assert result.status == 'diverged' and result.best_step is None
    assert result.best_params['rate'] == 2.0 * u.Hz


def test_verbose_says_each_generation(capsys):
    search('nevergrad', n_steps=2, run={'verbose': True})
    assert [line.split(':')[0] for line in capsys.readouterr().out.splitlines()] == [
        '[nevergrad] step 0',
        '[nevergrad] step 1',
    ]


# -- bad input -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ('space', 'match'),
    [
        ({'rate': BOWL['rate']}, "no bounds of 'gain'"),
        ({**BOWL, 'k': (0, 1)}, "unknown parameter 'k'"),
        ({**BOWL, 'rate': (0.0, 1.0)}, 'in the unit and shape'),
        ({**BOWL, 'rate': (0 * u.ms, 1 * u.ms)}, 'in the unit and shape'),
        ({**BOWL, 'gain': (1.0, -1.0)}, 'low < high'),
        ({**BOWL, 'gain': (0.0, np.inf)}, 'finite bounds'),
        ({**BOWL, 'gain': (np.zeros(3), np.ones(3))}, 'in the unit and shape'),
        ({**BOWL, 'gain': 1.0}, 'in the unit and shape'),
    ],
)
def test_bad_bounds(space, match):
    with pytest.raises(ValueError, match=match):
        search('nevergrad', search_space=space)


def test_bad_options():
    with pytest.raises(TypeError, match='the name of a method'):
        search('nevergrad', braintools.optim.Adam(0.1))
    with pytest.raises(ValueError, match="'shared', 'independent', 'sequential'"):
        search('nevergrad', run={'noise': 'none'})
    with pytest.raises(ValueError, match=r"method of nevergrad.*'DEE'"):
        search('nevergrad', 'DEE')
    with pytest.raises(ValueError, match='n_sample'):
        search('nevergrad', {'n_sample': 0})
    with pytest.raises(ValueError, match=r"option of nevergrad.*'nsample'"):
        search('nevergrad', {'nsample': 4})
    with pytest.raises(ValueError, match=r"option of scipy.*'n_sample'"):
        search('scipy', {'n_sample': 4})


def test_without_nevergrad(monkeypatch):
    monkeypatch.setitem(sys.modules, 'nevergrad', None)
    with pytest.raises(ImportError, match=r'pip install \"brainfit_fast\[search\]\"'):
        search('nevergrad')


def test_what_scipy_found_is_finite_where_a_start_was():
    """Also where the first start has no finite loss."""

    def loss(model):
        rate = model.rate.value().to_decimal(u.Hz)
        return jnp.log(rate) ** 2 + jnp.sum(model.gain.value() ** 2), None

    space = {**BOWL, 'rate': (-10.0 * u.Hz, 10.0 * u.Hz)}
    options = {'method': 'Nelder-Mead', 'options': {'maxiter': 3}}
    result = search('scipy', options, 4, {'seed': 3}, loss_fn=loss, search_space=space)
    assert not np.isfinite(result.evaluations.losses[0])
    assert np.isfinite(result.raw.fun)


def test_bounds_by_the_names_one_would_write():
    """'node.a' is listed as 'coupling.x.module.a'."""
    space = {'k': (0.0, 1.0), 'node.a': (-0.5, 0.5)}
    listed = {'coupling.k': (0.0, 1.0), 'coupling.x.module.a': (-0.5, 0.5)}

    def found(space):
        node = bf.HopfStep(3, a=Param(0.0))
        net = bf.Network(node, conn=np.ones((3, 3)), coupled_var='x', k=Param(0.1))
        brainstate.random.seed(0)
        fitter = bf.Fitter(
            net,
            {'method': 'DE', 'n_sample': 4},
            backend='nevergrad',
            loss_fn=lambda m: (m.node.a.value() ** 2 + m.coupling.k.value(), None),
            search_space=space,
        )
        return fitter.fit(n_steps=2, seed=1).best_params

    assert found(space) == found(listed)
