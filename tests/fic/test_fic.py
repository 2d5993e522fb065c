"""Feedback inhibition control: the analytic weights, their derivatives, the adjustment in simulations."""

import inspect
from pathlib import Path

import brainstate
import braintools
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from brainstate.nn import Param

import brainfit_fast as bf
from brainfit_fast import fic
from brainfit_fast.models.wong_wang import firing_rate
from brainfit_fast.program.tracing import parameters

CUBNM = np.load(Path(__file__).parents[1] / 'models' / 'cubnm-0.1.0.npz')
CLOSED = braintools.init.Constant(0.001)
SIGNATURE = inspect.signature(fic.analytic_fic).parameters
NODE = [name for name in SIGNATURE if name not in ('conn', 'rate', 'k', 'b')]


@pytest.fixture
def double():
    """Float64 inside the test."""
    with brainstate.environ.context(precision=64):
        yield


def connectome(n, seed=0):
    """Directed weights whose rows sum to about one."""
    weights = np.random.default_rng(seed).uniform(0.0, 2.0 / n, (n, n))
    return weights * (1.0 - np.eye(n))


def arguments(n, seed=1):
    """Every parameter of the node away from its default, some regional."""
    rng = np.random.default_rng(seed)
    values = {name: SIGNATURE[name].default * rng.uniform(0.95, 1.1) for name in NODE}
    values |= {'I_ext': 0.01, 'lamda': 0.2, 'G': 0.8}
    return values | {name: values[name] * rng.uniform(0.9, 1.1, n) for name in ('w_p', 'J_N')}


def network(n, J_i=1.0, *, delayed=False, sigma=None, conn=None, k=1.0, **given):
    noise = {}
    if sigma is not None:
        noise = {name: bf.GaussianNoise(n, sigma=sigma) for name in ('noise_e', 'noise_i')}
    node = bf.WongWangExcInhStep(n, J_i=J_i, method='euler', clip=True, **noise, **given)
    delays = {'distance': np.full((n, n), 20.0), 'speed': 2.0} if delayed else {}
    return bf.Network(
        node, conn=connectome(n) if conn is None else conn, coupling='additive', coupled_var='S_e',
        k=k, delay_init=CLOSED, **delays,
    )  # fmt: skip


# ------------------------------------------------------------------------------------------ analytic


def test_defaults_are_those_of_the_node():
    node = inspect.signature(bf.WongWangExcInhStep.__init__).parameters
    numbers = {name for name, p in node.items() if isinstance(p.default, float)}
    assert numbers - {'J_i'} == set(NODE)
    assert all(SIGNATURE[name].default == node[name].default for name in NODE)


def test_isolated_node_with_unit_weight():
    """RATE is the rate at J_i = 1 with the default parameters."""
    with brainstate.environ.context(precision=64):
        np.testing.assert_allclose(fic.analytic_fic(np.zeros((2, 2))), 1.0, rtol=1e-9)


@pytest.mark.parametrize('n', [1, 2, 33, 100])
@pytest.mark.parametrize('rate', ['one', 'regional'])
def test_the_steady_state_has_the_rate(n, rate, double):
    """Float64: with these weights the rates of change vanish and H_e is what was asked for."""
    rate = 3.2 if rate == 'one' else np.random.default_rng(2).uniform(0.5, 20.0, n)
    given = arguments(n)
    conn, k, b = connectome(n), 0.7, 0.03
    J = fic.analytic_fic(conn, rate, k=k, b=b, **given)
    assert J.shape == (n,)
    opened = given['gamma_e'] * given['tau_e'] * rate
    S_e = np.broadcast_to(opened / (1 + opened), n)
    c = k * conn @ S_e + b
    node = bf.WongWangExcInhStep(n, J_i=J, **given)
    # S_i: iterate its own equation, which contracts where damped
    S_i = np.full(n, 0.04)
    for _ in range(400):
        x = np.asarray(node.x_i(S_e, S_i, c))
        a, t, d = given['a_i'], given['b_i'], given['d_i']
        H = (a * x - t) / (1 - np.exp(-d * (a * x - t)))
        S_i = 0.8 * S_i + 0.2 * given['gamma_i'] * given['tau_i'] * H
    brainstate.nn.init_all_states(node)
    node.S_e.value, node.S_i.value = jnp.asarray(S_e), jnp.asarray(S_i)
    np.testing.assert_allclose(node.H_e(c), np.broadcast_to(rate, n), rtol=1e-9)
    for drift in node.derivative((S_e, S_i), 0.0 * u.ms, c):
        np.testing.assert_allclose(drift * u.ms, 0.0, atol=1e-12)


def test_numbers_of_cubnm(double):
    """Its weights for the HCP connectome, whose constants have ten digits."""
    weights = bf.datasets.load_dataset('hcp_schaefer100').weights
    for G, expected in zip(CUBNM['rww_G'], CUBNM['rww_wIE'], strict=True):
        ours = fic.analytic_fic(0.01 * weights / weights.mean(), G=G)
        np.testing.assert_allclose(ours, expected, rtol=1e-8)


def test_float32_agrees_with_float64():
    conn, given = connectome(33), arguments(33)
    single = fic.analytic_fic(conn, **given)
    assert single.dtype == np.float32
    with brainstate.environ.context(precision=64):
        exact = np.asarray(fic.analytic_fic(conn, **given))
    np.testing.assert_allclose(single, exact, rtol=1e-5)


@pytest.mark.parametrize('rate', [1e-3, 0.1, 6.25, 50.0, 500.0])
def test_current_of_a_rate(rate, double):
    """Far below the threshold, at it (1/d) and far above."""
    x = fic._current_at(rate, 310.0, 125.0, 0.16)
    np.testing.assert_allclose(firing_rate(x, 310.0, 125.0, 0.16), rate, rtol=1e-10)


@pytest.mark.parametrize('name', ['conn', 'rate', 'k', 'b', *NODE])
def test_derivatives(name, double):
    """Float64: reverse and forward mode against central differences, by every argument."""
    n = 5
    given = {'conn': connectome(n), 'rate': 3.2, 'k': 0.7, 'b': 0.03, **arguments(n)}
    tilt = np.arange(1.0, n + 1)

    def total(value):
        return (tilt * fic.analytic_fic(**{**given, name: value})).sum()

    value = jnp.asarray(given[name], float)
    direction = np.random.default_rng(5).uniform(0.5, 1.0, value.shape) * np.abs(value).max()
    gradient = np.vdot(jax.grad(total)(value), direction)
    forward = jax.jvp(total, (value,), (jnp.asarray(direction),))[1]
    h = 1e-5
    numeric = (total(value + h * direction) - total(value - h * direction)) / (2 * h)
    assert abs(numeric) > 1e-6
    np.testing.assert_allclose([gradient, forward], numeric, rtol=1e-6)


def test_second_derivative(double):
    """Float64: by the rate, against differences of the gradient."""
    conn = connectome(3)

    def total(rate):
        return fic.analytic_fic(conn, rate).sum()

    second = jax.grad(jax.grad(total))(3.0)
    h = 1e-4
    numeric = (jax.grad(total)(3.0 + h) - jax.grad(total)(3.0 - h)) / (2 * h)
    assert abs(second) > 1e-4
    np.testing.assert_allclose(second, numeric, rtol=1e-6)


def test_jit_and_vmap(double):
    conn = connectome(4)
    G = np.array([0.2, 0.5, 1.0])
    one_by_one = [fic.analytic_fic(conn, G=g) for g in G]
    mapped = jax.jit(jax.vmap(lambda g: fic.analytic_fic(conn, G=g)))(G)
    np.testing.assert_allclose(mapped, one_by_one, rtol=1e-12)


@pytest.mark.parametrize(
    ('conn', 'rate', 'match'),
    [
        (np.ones((2, 3)), 3.0, r'conn: given .*\(2, 3\).*\[target, source\]'),
        (np.ones((2, 2)), 0.0, 'rate: given 0.0'),
        (np.ones((2, 2)), np.array([3.0, np.nan]), 'rate: given'),
    ],
)
def test_bad_arguments(conn, rate, match):
    with pytest.raises(ValueError, match=match):
        fic.analytic_fic(conn, rate)


# --------------------------------------------------------------------------------- weights that follow


def test_weights_follow_the_parameters(double):
    n = 6
    net = network(n, k=Param(0.5), G=Param(1.0), w_p=Param(np.full(n, 1.3)))
    net.node.J_i = fic.AnalyticFIC(net, 4.0)

    def expected(k, G):
        return fic.analytic_fic(connectome(n), 4.0, k=k, G=G, w_p=np.full(n, 1.3))

    np.testing.assert_allclose(net.node.J_i.value(), expected(0.5, 1.0), rtol=1e-12)
    net.node.G.set_value(jnp.asarray(0.7))
    net.coupling.k.set_value(jnp.asarray(0.2))
    np.testing.assert_allclose(net.node.J_i.value(), expected(0.2, 0.7), rtol=1e-12)


def follow(G):
    net = network(5, G=G)
    net.node.J_i = fic.AnalyticFIC(net)
    return bf.Simulator(net, dt=0.5 * u.ms).run(20.0 * u.ms, monitors=['node.S_e'])['node.S_e']


def adjust(G):
    net = network(5, G=G)
    return fic.numerical_fic(net, dt=0.5 * u.ms, duration=20 * u.ms, transient=0 * u.ms).J_i


@pytest.mark.parametrize('work', [follow, adjust])
def test_another_network_compiles_nothing(work):
    """Float32: the second has the size of the first and another coupling."""
    events = []

    def listener(event, seconds, **more):
        events.append(event)

    first = work(0.2)
    jax.monitoring.register_event_duration_secs_listener(listener)
    try:
        second = work(0.9)
        jax.jit(lambda x: x + 1.25)(0.0)  # heard
    finally:
        jax.monitoring.unregister_event_duration_listener(listener)
    assert events.count('/jax/core/compile/backend_compile_duration') == 1
    assert (np.asarray(first) != np.asarray(second)).any()


@pytest.mark.parametrize('implementation', ['cpu_ffi', 'xla', 'reference'])
def test_candidates(implementation, double):
    """Float64: each candidate of G runs with weights of its own."""
    n, G = 4, np.array([0.2, 0.9])
    net = network(n)
    net.node.J_i = fic.AnalyticFIC(net)
    with bf.use(implementation):
        result = bf.Simulator(net, dt=0.5 * u.ms).run(
            100.0 * u.ms, monitors=['node.S_e'], candidates={'node.G': G}
        )
        assert result.implementation == implementation
        for c, g in enumerate(G):
            single = network(n, J_i=fic.analytic_fic(connectome(n), G=g), G=g)
            alone = bf.Simulator(single, dt=0.5 * u.ms).run(100.0 * u.ms, monitors=['node.S_e'])
            np.testing.assert_allclose(result['node.S_e'][:, c], alone['node.S_e'], rtol=1e-10)


@pytest.mark.parametrize('implementation', ['cpu_ffi', 'xla', 'reference'])
def test_gradient_through_a_run(implementation, double):
    """Float64, 40 steps: d sum S_e(T)^2 / d(G, w_p, k), weights included, against differences."""
    n = 3

    def loss(theta):
        net = network(n, G=Param(theta[0]), w_p=Param(theta[1]), k=Param(theta[2]), delayed=True)
        net.node.J_i = fic.AnalyticFIC(net)
        with bf.use(implementation):
            result = bf.Simulator(net, dt=1.0 * u.ms).run(40.0 * u.ms, monitors=['node.S_e'])
        assert result.implementation == implementation
        return (result['node.S_e'][-1] ** 2).sum()

    theta, direction = jnp.array([0.8, 1.3, 0.9]), np.array([1.0, -0.5, 0.7])
    gradient = np.asarray(jax.grad(loss)(theta))
    h = 1e-5
    numeric = (loss(theta + h * direction) - loss(theta - h * direction)) / (2 * h)
    assert np.abs(gradient).min() > 1e-7
    np.testing.assert_allclose(gradient @ direction, numeric, rtol=1e-5)


def test_a_fit_keeps_the_names_of_the_parameters():
    """Seed 0, float32: G is fitted, the weights go with it."""
    n = 4
    net = network(n, G=Param(0.3))
    fitted = [name for name, param in parameters(net).items() if param.fit]
    net.node.J_i = fic.AnalyticFIC(net)
    target = np.full((20, n), 0.15)
    result = bf.Fitter(
        net,
        braintools.optim.Adam(lr=0.02),
        predict=bf.Predict(20 * u.ms, dt=1.0 * u.ms, monitors='node.S_e'),
        objective=bf.objectives.timeseries_rmse(),
    ).fit(target=target, n_steps=3)
    assert list(result.best_params) == fitted
    assert len(fitted) == 1
    assert result.implementation == 'cpu_ffi'


def test_the_weights_are_not_to_be_set():
    net = network(2)
    with pytest.raises(TypeError, match=r'AnalyticFIC.set_value.*node.J_i'):
        fic.AnalyticFIC(net).set_value(1.0)


def wrong_networks():
    conn = connectome(2)
    ei = bf.WongWangExcInhStep(2)
    return {
        'node': bf.Network(
            bf.ReducedWongWangStep(2), conn=conn, coupling='additive', coupled_var='S'
        ),
        'state': bf.Network(
            bf.WongWangExcInhStep(2), conn=conn, coupling='additive', coupled_var='S_i'
        ),
        'coupling': bf.Network(ei, conn=conn, coupling='diffusive', coupled_var='S_e'),
        'no network': ei,
    }


@pytest.mark.parametrize('name', ['node', 'state', 'coupling', 'no network'])
def test_wrong_networks(name):
    error = ValueError if name == 'coupling' else TypeError
    wrong = wrong_networks()[name]
    with pytest.raises(error, match='network: given'):
        fic.AnalyticFIC(wrong)
    with pytest.raises(error, match='network: given'):
        fic.numerical_fic(wrong, dt=1.0 * u.ms)


# -------------------------------------------------------------------------------------------- numerical


def test_adjustments_of_cubnm(double):
    """Float64, no noise, 0.1 ms, means of the second second: as many trials, the same weights."""
    weights = bf.datasets.load_dataset('hcp_schaefer100').weights
    weights = 0.01 * weights / weights.mean()
    G = CUBNM['fic_G']
    found = fic.numerical_fic(
        network(100, conn=weights),
        dt=0.1 * u.ms,
        rate=float(firing_rate(125 / 310 - 0.026, 310.0, 125.0, 0.16)),  # cuBNM's target
        start=np.stack([fic.analytic_fic(weights, G=g) for g in G]),
        duration=2.0 * u.second,
        transient=999.9 * u.ms,
        sample_every=1.0 * u.ms,
        max_trials=8,
        candidates={'node.G': G},
    )
    assert CUBNM['fic_trials'].tolist() == [0, 2, 3, 6]
    assert found.trials.tolist() == CUBNM['fic_trials'].tolist()
    assert found.converged.tolist() == (~CUBNM['fic_failed']).tolist() == [True] * 4
    np.testing.assert_allclose(found.J_i, CUBNM['fic_wIE'], rtol=1e-8)


def test_mean_rates_of_cubnm(double):
    """Float64, no noise: the mean rates and currents of the second second."""
    weights = bf.datasets.load_dataset('hcp_schaefer100').weights
    found = fic.numerical_fic(
        network(100, conn=0.01 * weights / weights.mean()),
        dt=0.1 * u.ms,
        start=CUBNM['rww_wIE'],
        duration=2.0 * u.second,
        transient=999.9 * u.ms,
        sample_every=1.0 * u.ms,
        max_trials=0,
        candidates={'node.G': CUBNM['rww_G']},
    )
    np.testing.assert_allclose(found.rate, CUBNM['rww_rate'], rtol=1e-10)


@pytest.mark.parametrize('delayed', [False, True])
def test_noisy_network_settles(delayed):
    """Seed 4, float32, 1 ms: the noise lifts the currents, the adjustment brings them back."""
    n = 8
    net = network(n, sigma=0.015, G=0.6, delayed=delayed)
    settings = {'dt': 1.0 * u.ms, 'duration': 6.0 * u.second}
    brainstate.random.seed(4)
    before = fic.numerical_fic(net, max_trials=0, **settings)
    brainstate.random.seed(4)
    with bf.record() as choices:
        found = fic.numerical_fic(net, **settings)
    assert {choice.name for choice in choices if choice.op == 'simulate'} == {'cpu_ffi'}
    assert not before.converged
    assert before.trials == 0
    assert found.converged
    assert 0 < found.trials < 20
    assert np.abs(found.current - found.target).max() <= 0.005
    assert found.J_i.shape == found.rate.shape == (n,)
    # the rate is convex in the current
    assert (found.rate > firing_rate(found.current, 310.0, 125.0, 0.16) - 1e-3).all()
    # the network keeps its weights, and with the new ones it has the rates that were told
    assert net.node.J_i.value() == 1.0
    net.node.J_i = Param(found.J_i)
    brainstate.random.seed(4)
    again = fic.numerical_fic(net, start=found.J_i, max_trials=0, **settings)
    np.testing.assert_array_equal(again.rate, found.rate)


def test_candidates_are_adjusted_each_on_its_own():
    """Seed 4, float32: shared noise, so that each is what it is alone."""
    G = np.array([0.1, 0.6, 0.9])
    settings = {'dt': 1.0 * u.ms, 'duration': 4.0 * u.second, 'max_trials': 4}
    net = network(5, sigma=0.015)
    brainstate.random.seed(4)
    together = fic.numerical_fic(net, candidates={'node.G': G}, **settings)
    assert len(set(together.trials.tolist())) > 1
    for c, g in enumerate(G):
        brainstate.random.seed(4)
        alone = fic.numerical_fic(network(5, sigma=0.015, G=g), **settings)
        assert alone.trials == together.trials[c]
        assert alone.converged == together.converged[c]
        np.testing.assert_allclose(alone.J_i, together.J_i[c], rtol=1e-5)


def test_target_is_that_of_each_candidate():
    """No noise, float32: a steeper rate has its target at a lower current."""
    a_e = np.array([310.0, 330.0])
    settings = {'dt': 1.0 * u.ms, 'duration': 3.0 * u.second}
    together = fic.numerical_fic(network(3, G=0.3), candidates={'node.a_e': a_e}, **settings)
    assert together.converged.all()
    assert together.target.shape == together.J_i.shape == (2, 3)
    assert together.target[1, 0] < together.target[0, 0] - 0.01
    np.testing.assert_allclose(together.rate, fic.RATE, rtol=0.1)
    for c, a in enumerate(a_e):
        net = network(3, G=0.3)
        net.node.a_e = Param(a)
        alone = fic.numerical_fic(net, **settings)
        np.testing.assert_allclose(together.target[c], alone.target, rtol=1e-6)
        np.testing.assert_allclose(together.J_i[c], alone.J_i, rtol=1e-5)


@pytest.mark.parametrize(
    'settings, message',
    [
        ({'sample_every': -10.0 * u.ms}, 'sample_every: given .* expected a time above zero'),
        ({'sample_every': 10.0}, 'sample_every: given .* expected a time above zero'),
        ({'max_trials': 2.5}, 'max_trials: given 2.5, expected an integer >= 0'),
        ({'step': np.inf}, 'step: given .*expected a finite number above 0'),
        ({'rate': 3.0 * u.Hz}, 'rate: given .* without the unit'),
        ({'rate': np.inf}, r'rate: given .* one or \(3,\)'),
        ({'rate': np.full(4, 3.0)}, r'rate: given .* one or \(3,\)'),
    ],
)
def test_settings_out_of_range(settings, message):
    with pytest.raises(ValueError, match=message):
        fic.numerical_fic(network(3), dt=1.0 * u.ms, **settings)


def test_weights_that_are_no_numbers():
    with pytest.raises(ValueError, match=r'conn: given .* expected finite weights'):
        fic.analytic_fic(np.full((2, 2), np.nan))


def test_random_stream_is_behind_one_run():
    """However many trials there were."""
    keys = []
    for max_trials in (0, 3):
        brainstate.random.seed(4)
        fic.numerical_fic(
            network(5, sigma=0.015),
            dt=1.0 * u.ms,
            duration=2.0 * u.second,
            tolerance=1e-4,
            max_trials=max_trials,
        )
        keys.append(np.asarray(jax.random.key_data(brainstate.random.DEFAULT.value)))
    np.testing.assert_array_equal(*keys)


def test_rates_of_ones_own():
    """Float32, no noise: each region at the rate that it was given."""
    rate = np.array([2.0, 3.0, 6.0])
    found = fic.numerical_fic(
        network(3, G=0.3), dt=1.0 * u.ms, rate=rate, duration=4.0 * u.second, tolerance=0.001
    )
    assert found.converged
    np.testing.assert_allclose(found.rate, rate, atol=0.2)


@pytest.mark.parametrize(
    ('settings', 'match'),
    [
        ({'tolerance': 0.0}, 'tolerance: given 0.0'),
        ({'step': -0.1}, 'step: given -0.1'),
        ({'max_trials': -1}, 'max_trials: given -1'),
        ({'start': np.ones(4)}, r'start: given .*\(3,\)'),
        ({'start': -np.ones(3)}, r'start: given .*>= 0'),
        ({'rate': 0.0}, 'rate: given 0.0'),
        ({'rate': 0.0, 'start': np.ones(3)}, 'rate: given 0.0'),
        ({'candidates': {'node.J_i': np.ones((2, 3))}}, 'candidates: given values of J_i'),
        ({'candidates': {'node.H': np.ones(2)}}, 'parameter name'),
    ],
)
def test_bad_settings(settings, match):
    with pytest.raises(ValueError, match=match):
        fic.numerical_fic(network(3), dt=1.0 * u.ms, **settings)
