"""A model is not traced again while nothing that a trace depends on has changed, and is when it has."""

import gc
import time
import weakref

import brainmass
import brainstate
import braintools
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import brainfit_fast as bf
from brainfit_fast.program import build as building
from brainfit_fast.program.recognise import refresh_delays

N = 3
DT = 0.1 * u.ms
GAIN = 2.0


@pytest.fixture
def traces(monkeypatch):
    """Counts how often a step is traced, from none known."""
    monkeypatch.setattr(building, '_builds', {})
    count = []
    original = building.trace_step

    def counting(*args):
        count.append(1)
        return original(*args)

    monkeypatch.setattr(building, 'trace_step', counting)
    return count


def network(noise=True, **node):
    kwargs = {'noise_x': bf.GaussianNoise(N, sigma=0.01)} if noise else {}
    return bf.Network(
        bf.HopfStep(N, a=0.1, init_x=braintools.init.Constant(0.2), **kwargs, **node),
        conn=np.ones((N, N)),
        distance=np.ones((N, N)),
        speed=2.0,
        coupled_var='x',
        k=0.5,
    )


def run(sim, monitors=lambda m: m.node.x.value, **kwargs):
    brainstate.random.seed(0)
    return np.asarray(sim.run(1.0 * u.ms, monitors=monitors, **kwargs)['output'])


def test_second_run_is_not_traced(traces):
    sim = bf.Simulator(network(), dt=DT)
    first, second = run(sim), run(sim)
    assert len(traces) == 1
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    'change', [{'k': 0.1}, {'conn': 0.4}, {'a': -0.2}, {'distance': 0.5}], ids=str
)
def test_an_equal_model_is_not_traced_and_has_its_own_numbers(traces, change, monkeypatch):
    def made(k=0.5, conn=1.0, a=0.1, distance=1.0):
        ring = distance * np.ones((N, N))
        ring[0, 1] = 1.0
        noise = bf.OUProcess(N, sigma=0.1, tau=5.0 * u.ms)
        return bf.Network(
            bf.HopfStep(N, a=a, init_x=braintools.init.Constant(0.2), noise_x=noise),
            conn=conn * np.ones((N, N)), distance=ring, speed=2.0, coupled_var='x', k=k,
        )  # fmt: skip

    first = run(bf.Simulator(made(), dt=DT))
    found = run(bf.Simulator(made(**change), dt=DT))
    assert len(traces) == 1
    assert not np.array_equal(found, first)
    np.testing.assert_array_equal(run(bf.Simulator(made(), dt=DT)), first)
    monkeypatch.setattr(building, '_builds', {})
    np.testing.assert_array_equal(run(bf.Simulator(made(**change), dt=DT)), found)
    assert len(traces) == 2


@pytest.mark.parametrize(
    'other',
    [
        lambda: network(method='rk4'),
        lambda: network(noise=False),
        lambda: network(noise_y=bf.GaussianNoise(N, sigma=0.01)),
        lambda: network(beta=braintools.init.Constant(0.3)),
    ],
)
def test_another_model_is_traced(traces, other):
    first = run(bf.Simulator(network(), dt=DT))
    found = run(bf.Simulator(other(), dt=DT))
    assert len(traces) == 2 and not np.array_equal(found, first)


def test_a_known_trace_keeps_no_model_alive(traces):
    net = network()
    seen = weakref.ref(net)
    run(bf.Simulator(net, dt=DT))
    del net
    gc.collect()
    assert seen() is None
    run(bf.Simulator(network(), dt=DT))
    assert len(traces) == 1


def test_the_oldest_trace_is_forgotten(traces, monkeypatch):
    monkeypatch.setattr(building, '_KEPT', 2)
    for w in (0.2, 0.3):
        run(bf.Simulator(network(w=w), dt=DT))
    run(bf.Simulator(network(noise=False), dt=DT))
    run(bf.Simulator(network(method='rk4'), dt=DT))
    assert len(traces) == 3 and len(building._builds) == 2


def test_continued_run_is_not_traced_and_goes_on(traces):
    sim = bf.Simulator(network(), dt=DT)
    whole = np.asarray(
        bf.Simulator(network(), dt=DT).run(2.0 * u.ms, monitors=['node.x'])['node.x']
    )
    sim.run(1.0 * u.ms, monitors=['node.x'])
    assert whole.shape == (20, N)
    brainstate.random.seed(0)
    a = sim.run(1.0 * u.ms, monitors=['node.x'])['node.x']
    b = sim.run(1.0 * u.ms, monitors=['node.x'], init_states=False)['node.x']
    brainstate.random.seed(0)
    both = sim.run(2.0 * u.ms, monitors=['node.x'])['node.x']
    np.testing.assert_allclose(np.concatenate([a, b]), both, rtol=1e-6)
    # once for the two models, which are equal, once for going on from states of a run
    assert len(traces) == 2


def test_new_parameter_value_needs_no_trace_and_counts(traces):
    net = network(noise=False)
    sim = bf.Simulator(net, dt=DT)
    before = run(sim)
    net.node.a.set_value(jnp.float32(-3.0))
    after = run(sim)
    assert len(traces) == 1
    assert np.abs(before - after).max() > 1e-3


@pytest.mark.parametrize(
    'change',
    [
        lambda net: setattr(net.node, 'method', 'euler'),
        lambda net: setattr(net, 'noise', bf.GaussianNoise(N, sigma=0.3)),
        lambda net: setattr(net.node, 'noise_x', None),
        lambda net: net.node.a.set_value(np.full(N, 0.4)),
    ],
)
def test_changed_model_is_traced_and_counts(traces, change):
    net = network()
    sim = bf.Simulator(net, dt=DT)
    before = run(sim)
    change(net)
    after = run(sim)
    assert len(traces) == 2
    assert np.abs(before - after).max() > 1e-6


def test_monitor_global_and_closure_count():
    global GAIN
    sim = bf.Simulator(network(noise=False), dt=DT)

    def by_global(m):
        return m.node.x.value * GAIN

    def by_closure(gain):
        return lambda m: m.node.x.value * gain

    base = run(sim)
    assert GAIN == 2.0
    np.testing.assert_allclose(run(sim, by_global), 2 * base, rtol=1e-6)
    GAIN = 5.0
    try:
        np.testing.assert_allclose(run(sim, by_global), 5 * base, rtol=1e-6)
    finally:
        GAIN = 2.0
    for gain in (3.0, 7.0):
        np.testing.assert_allclose(run(sim, by_closure(gain)), gain * base, rtol=1e-6)


def test_monitor_array_counts_by_content():
    sim = bf.Simulator(network(noise=False), dt=DT)
    weights = np.ones(N, np.float32)

    def monitor(m):
        return m.node.x.value * weights

    base = run(sim, monitor)
    weights[:] = 4.0
    np.testing.assert_allclose(run(sim, monitor), 4 * base, rtol=1e-6)


def test_precision_counts(traces):
    sim = bf.Simulator(bf.HopfStep(N, init_x=braintools.init.Constant(0.2)), dt=DT)
    assert run(sim, lambda m: m.x.value).dtype == np.float32
    with jax.enable_x64(True), brainstate.environ.context(precision=64):
        assert run(sim, lambda m: m.x.value).dtype == np.float64
    assert len(traces) == 2


class Own(brainstate.nn.Dynamics):
    """A user's node: its update may depend on anything, here on a class attribute."""

    rate = 1.0

    def init_state(self, batch_size=None, **kwargs):
        self.x = brainstate.HiddenState.init(
            braintools.init.Constant(1.0), self.varshape, batch_size
        )

    def update(self, inp=0.0):
        dt = u.get_magnitude(brainstate.environ.get_dt())
        self.x.value = self.x.value + dt * (inp - self.rate * self.x.value)
        return self.x.value


def test_users_own_class_is_always_traced(traces, monkeypatch):
    sim = bf.Simulator(Own(N), dt=DT)
    slow = run(sim, lambda m: m.x.value)
    monkeypatch.setattr(Own, 'rate', 4.0)
    fast = run(sim, lambda m: m.x.value)
    assert len(traces) == 2
    assert (fast < slow).all()


def test_rebuilt_model_does_not_compile_again(compilations):
    """Equal programs are one program, whatever object they came from."""
    run(bf.Simulator(network(), dt=DT))
    with compilations() as names:
        run(bf.Simulator(network(), dt=DT))
    assert not names


def test_second_run_costs_little():
    """Less than 20 ms of this thread's own time above the loop, which is 10 steps here."""
    sim = bf.Simulator(network(), dt=DT)
    run(sim)
    run(sim)
    costs = []
    for _ in range(5):
        began = time.thread_time()
        run(sim)
        costs.append(time.thread_time() - began)
    assert min(costs) < 0.02


@pytest.mark.parametrize('alone', [False, True])
def test_reads_of_the_own_past_are_not_traced_again(traces, alone):
    """Each run has the history that it drew, whether the node is called (and writes it) or not."""
    brainmass = pytest.importorskip('brainmass')
    init = braintools.init.Uniform(0.0, 0.5)

    def rates(model):
        return getattr(model, 'node', model).rE.value

    with brainstate.environ.context(dt=DT):
        node = brainmass.WilsonCowanDelayedStep(N, rE_init=init, rI_init=init)
        net = node if alone else bf.Network(node, conn=np.ones((N, N)), coupled_var='rE', k=0.1)
        sim = bf.Simulator(net, dt=DT)
        runs = []
        for seed in (0, 1, 0):
            brainstate.random.seed(seed)
            runs.append(np.asarray(sim.run(1.0 * u.ms, monitors=rates)['output']))
        assert len(traces) == 1
        brainstate.random.seed(1)
        fresh = np.asarray(
            brainmass.Simulator(net, dt=DT).run(1.0 * u.ms, monitors=rates)['output']
        )
    np.testing.assert_array_equal(runs[0], runs[2])
    np.testing.assert_allclose(runs[1], fresh, rtol=1e-5)
    assert np.abs(runs[0] - runs[1]).max() > 1e-3


@pytest.mark.parametrize('change', [{'K': 0.2}, {'conn': 0.6}, {'omega': 0.9}], ids=str)
def test_sums_of_its_own_are_those_of_the_model(traces, change, monkeypatch):
    """brainmass's Kuramoto network mixes regions in its own update."""

    def made(K=0.5, conn=1.0, omega=0.5):
        weights = conn * (np.ones((N, N)) - np.eye(N)) * np.arange(1, N + 1)
        return brainmass.KuramotoNetwork(
            N, omega=np.linspace(0.1, omega, N), K=K, conn=np.asarray(weights, np.float32)
        )

    def phases(net):
        return run(bf.Simulator(net, dt=DT), lambda m: m.theta.value)

    first = phases(made())
    found = phases(made(**change))
    # its connectome is no parameter: a trace holds it
    assert len(traces) == (2 if 'conn' in change else 1)
    assert not np.array_equal(found, first)
    np.testing.assert_array_equal(phases(made()), first)
    monkeypatch.setattr(building, '_builds', {})
    np.testing.assert_array_equal(phases(made(**change)), found)


def test_a_measure_that_no_monitors_tell_is_traced(traces):
    model = network()
    with brainstate.environ.context(dt=DT):
        refresh_delays(model)
        brainstate.nn.init_all_states(model)
        for count, power in enumerate((1, 2), start=1):
            built = building.build(model, lambda m, p=power: model.node.x.value**p, (), DT)
            assert len(traces) == count
            (equation,) = built.program.node.observe.jaxpr.eqns
            assert equation.params.get('y', 2) == power
