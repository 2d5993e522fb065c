"""Regions that read their own past run on the op, with the numbers of brainmass."""

import brainstate
import braintools
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import brainfit_fast as bf
from brainfit_fast.program.build import build
from brainfit_fast.program.recognise import refresh_delays

brainmass = pytest.importorskip('brainmass')

pytestmark = pytest.mark.slow

N = 5
DT = 0.1
RNG = np.random.default_rng(12)
WEIGHTS = RNG.random((N, N))
LENGTHS = RNG.random((N, N)) * 25.0
UNIFORM = braintools.init.Uniform(0.0, 0.5)


class Driven(brainstate.nn.Module):
    """Calls a node with a constant drive: calling is what writes a node's histories."""

    def __init__(self, node):
        super().__init__()
        self.node = node

    def update(self):
        return self.node(1.5)


def wilson_cowan(**kwargs):
    return brainmass.WilsonCowanDelayedStep(N, rE_init=UNIFORM, rI_init=UNIFORM, **kwargs)


def network(lib, delay=True, node=wilson_cowan, **kwargs):
    where = {'distance': LENGTHS, 'speed': 5.0} if delay else {}
    options = {'coupled_var': 'rE', 'k': 0.3, **where, **kwargs}
    return lib.Network(node(), conn=WEIGHTS, **options)


MODELS = {
    'driven': lambda lib: Driven(wilson_cowan()),
    'own delays': lambda lib: Driven(
        wilson_cowan(delay_EE=0.0 * u.ms, delay_IE=3.05 * u.ms, delay_EI=0.7 * u.ms)
    ),
    'network': network,
    'network without delays': lambda lib: network(lib, delay=False),
    'network of the other state': lambda lib: network(lib, coupled_var='rI', coupling='tanh'),
    'network that emits': lambda lib: network(lib, coupling='sigmoidal_jansen_rit'),
    'four reads per step': lambda lib: Driven(wilson_cowan(method='rk4')),
}


def rates(model):
    node = getattr(model, 'node', model)
    return {'e': node.rE.value, 'i': node.rI.value}


def run(lib, make, *, dt=DT, precision=32, steps=150, **options):
    with brainstate.environ.context(dt=dt * u.ms, precision=precision):
        brainstate.random.seed(5)
        sim = lib.Simulator(make(lib), dt=dt * u.ms)
        return sim.run(steps * dt * u.ms, monitors=rates, **options)


def assert_close(ours, theirs, rtol):
    for a, b in zip(
        jax.tree.leaves(ours['output']), jax.tree.leaves(theirs['output']), strict=True
    ):
        assert a.dtype == b.dtype and a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=0, atol=rtol * np.abs(b).max())


@pytest.mark.parametrize('name', MODELS)
def test_float32(name, fastest):
    ours, theirs = (run(lib, MODELS[name]) for lib in (bf, brainmass))
    assert ours.implementation == fastest, ours.reason
    assert_close(ours, theirs, 1e-5)


@pytest.mark.parametrize('dt', [0.05, 0.1, 1.0])
@pytest.mark.parametrize('name', ['driven', 'network'])
def test_float64(name, dt, fastest, x64):
    ours, theirs = (run(lib, MODELS[name], dt=dt, precision=64) for lib in (bf, brainmass))
    assert ours.implementation == fastest, ours.reason
    assert_close(ours, theirs, 1e-10)


@pytest.mark.parametrize('implementation', ['reference', 'xla'])
def test_other_implementations(implementation):
    with bf.use(implementation):
        ours = run(bf, network)
    assert ours.implementation == implementation
    assert_close(ours, run(brainmass, network), 1e-5)


@pytest.mark.parametrize('precision', [32, 64])
def test_a_node_alone(precision, fastest):
    """brainmass calls ``update``, which writes no history: its delayed reads stay what they were at first."""
    with jax.enable_x64(precision == 64):
        ours, theirs = (
            run(
                lib,
                lambda lib: wilson_cowan(),
                precision=precision,
                inputs=lambda i, t: 0.01 * i,
            )
            for lib in (bf, brainmass)
        )
    assert ours.implementation == fastest, ours.reason
    assert_close(ours, theirs, 1e-10 if precision == 64 else 1e-5)
    brainstate.random.seed(5)
    with brainstate.environ.context(dt=DT * u.ms):
        sim = bf.Simulator(wilson_cowan(), dt=DT * u.ms)
        twice = [np.asarray(sim.run(5.0 * u.ms, monitors=['rE'])['rE']) for _ in range(2)]
    assert np.abs(twice[0] - twice[1]).max() > 1e-3  # the second run drew another history


@pytest.mark.parametrize('name', ['driven', 'network'])
def test_gradients(name, fastest, x64):
    """Of a loss with respect to parameters of the node, beside those of brainmass."""

    def loss(values, lib):
        def node():
            return wilson_cowan(**values)

        make = {
            'driven': lambda lib: Driven(node()),
            'network': lambda lib: network(lib, node=node),
        }
        result = run(lib, make[name], precision=64, steps=120)['output']
        return jnp.mean((result['e'] - 0.2) ** 2) + jnp.mean(result['i'] ** 3)

    values = {'wEE': jnp.asarray(11.0), 'wEI': jnp.linspace(12.0, 13.0, N), 'a_I': jnp.asarray(1.1)}
    with bf.record() as choices:
        value, gradient = jax.value_and_grad(loss)(values, bf)
    assert {choice.name for choice in choices} == {fastest}
    expected, theirs = jax.value_and_grad(loss)(values, brainmass)
    np.testing.assert_allclose(value, expected, rtol=1e-10)
    for key in values:
        scale = np.abs(theirs[key]).max()
        assert scale > 1e-6
        np.testing.assert_allclose(gradient[key], theirs[key], rtol=0, atol=1e-9 * scale)


class Feedback(brainstate.nn.Dynamics):
    """A potential with a unit that decays against what it was, region by region."""

    def __init__(self, delays, index, written=False):
        super().__init__(N)
        self.written = written
        self.V_past = self.prefetch_delay(
            'V', *((delays, index) if index is not None else (delays,))
        )

    def init_state(self, batch_size=None, **kwargs):
        shape = self.varshape if batch_size is None else (batch_size, *self.varshape)
        self.V = brainstate.HiddenState(brainstate.random.uniform(size=shape) * u.mV)

    def update(self, drive=0.0):
        if self.written:
            for history in self.after_updates.values():
                history()
        dv = (u.get_magnitude(drive) * u.mV - self.V_past() - 0.1 * self.V.value) / (8.0 * u.ms)
        self.V.value = self.V.value + dv * brainstate.environ.get_dt()
        return self.V.value


EACH = np.array([0.0, 0.35, 2.0, 1.15, 0.1])


@pytest.mark.parametrize(
    'delays', [EACH, np.float64(1.5), np.zeros(N)], ids=['each', 'one', 'none']
)
def test_delays_of_each_region_and_units(delays, fastest):
    def make(lib):
        return Driven(Feedback(delays * u.ms, np.arange(N)))

    def potential(model):
        return model.node.V.value

    results = []
    for lib in (bf, brainmass):
        with brainstate.environ.context(dt=DT * u.ms):
            brainstate.random.seed(2)
            sim = lib.Simulator(make(lib), dt=DT * u.ms)
            results.append(sim.run(15.0 * u.ms, monitors=potential))
    assert results[0].implementation == fastest, results[0].reason
    ours, theirs = (result['output'] for result in results)
    assert u.get_unit(ours) == u.get_unit(theirs) == u.mV
    ours, theirs = np.asarray(u.get_mantissa(ours)), np.asarray(u.get_mantissa(theirs))
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5 * np.abs(theirs).max())


@pytest.mark.parametrize(
    ('index', 'written', 'reason'),
    [
        (np.arange(N)[::-1].copy(), False, 'outside a known coupling'),
        (None, True, "'V_past' is read after its source was advanced"),
    ],
    ids=['of others', 'after its source'],
)
def test_other_reads_run_step_by_step(index, written, reason):
    def make(lib):
        node = Feedback(1.5 * u.ms, index, written)
        return node if written else Driven(node)

    results = []
    for lib in (bf, brainmass):
        with brainstate.environ.context(dt=DT * u.ms):
            brainstate.random.seed(2)
            results.append(lib.Simulator(make(lib), dt=DT * u.ms).run(5.0 * u.ms))
    assert results[0].implementation == 'generic'
    assert reason in results[0].reason
    ours, theirs = (np.asarray(u.get_mantissa(result['output'])) for result in results)
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)


@pytest.mark.fallback
def test_a_batch_of_states():
    """``batch_size`` of a network: each start reads its own past."""
    with brainstate.environ.context(dt=DT * u.ms):
        net = bf.Network(Feedback(1.5 * u.ms, None), conn=WEIGHTS, coupled_var='V', k=0.02)
        sim = bf.Simulator(net, dt=DT * u.ms)
        brainstate.random.seed(2)
        brainstate.nn.init_all_states(net, 3)
        starts = net.node.V.value
        brainstate.random.seed(2)
        batch = sim.run(6.0 * u.ms, batch_size=3)
        assert batch.implementation == 'reference'
        assert batch['output'].shape == (60, 3, N)
        for row in range(3):
            brainstate.nn.init_all_states(net)
            net.node.V.value = starts[row]
            alone = sim.run(6.0 * u.ms, init_states=False)['output']
            np.testing.assert_allclose(
                u.get_mantissa(batch['output'])[:, row], u.get_mantissa(alone), rtol=1e-5
            )


def test_one_ring_for_all_that_read_a_state():
    with brainstate.environ.context(dt=DT * u.ms):
        model = network(bf)
        refresh_delays(model)
        brainstate.nn.init_all_states(model)
        program = build(model, lambda _: rates(model), (), DT * u.ms).program
    assert len(program.channels) == 2  # rE and rI
    by_channel = {(s.channel, s.local) for s in program.sums}
    assert by_channel == {(0, False), (0, True), (1, True)}
    assert [s.local for s in program.sums].count(True) == 4


def test_explain_counts_them(fastest):
    with brainstate.environ.context(dt=DT * u.ms):
        text = bf.explain(Driven(wilson_cowan()), dt=DT * u.ms)
        assert (
            f'implementation {fastest!r}: 5 regions, no coupling, 4 reads of the own past' in text
        )
        assert text.endswith('up to 20 steps back.')
        assert 'up to 46 steps, 4 reads of the own past up to 20 steps back' in bf.explain(
            network(bf), dt=DT * u.ms
        )


def test_steps_follow_the_dt_of_the_run():
    """Built at one dt, run at another: the delay is the same time."""
    with brainstate.environ.context(dt=1.0 * u.ms):
        model = Driven(wilson_cowan())
    brainstate.random.seed(5)
    with brainstate.environ.context(precision=32):
        moved = bf.Simulator(model, dt=DT * u.ms).run(15.0 * u.ms, monitors=rates)
    assert_close(moved, run(bf, MODELS['driven']), 1e-6)


def test_continued_run():
    whole = run(bf, network, steps=100)
    with brainstate.environ.context(dt=DT * u.ms, precision=32):
        brainstate.random.seed(5)
        sim = bf.Simulator(network(bf), dt=DT * u.ms)
        parts = [
            sim.run(5.0 * u.ms, monitors=rates, init_states=begin)['output']['e']
            for begin in (True, False)
        ]
    np.testing.assert_allclose(np.concatenate(parts), whole['output']['e'], rtol=1e-6)


@pytest.mark.parametrize('name', ['driven', 'network', 'alone'])
def test_candidates(name, fastest):
    """Each as alone, from one history."""
    make = {**MODELS, 'alone': lambda lib: wilson_cowan()}[name]
    path = 'wEE' if name == 'alone' else 'node.wEE'
    values = np.array([10.0, 12.0, 15.0], np.float32)
    many = run(bf, make, steps=60, candidates={path: values})
    assert many.implementation == fastest
    for index in range(len(values)):
        one = run(bf, make, steps=60, candidates={path: values[index : index + 1]})
        for key in ('e', 'i'):
            np.testing.assert_allclose(
                many['output'][key][:, index], one['output'][key][:, 0], rtol=1e-5, atol=1e-7
            )
    assert np.abs(np.diff(many['output']['e'], axis=1)).max() > 1e-4


@pytest.mark.parametrize('name', ['network', 'alone'])
def test_fit(name, fastest):
    """Descent through the kernels and through the reference: the same losses."""

    def fit():
        with brainstate.environ.context(dt=DT * u.ms, precision=32):
            brainstate.random.seed(5)
            gain = brainstate.nn.Param(11.0, fit=True)
            node = wilson_cowan(wEE=gain)
            model = node if name == 'alone' else network(bf, node=lambda: node)

            def loss(model):
                sim = bf.Simulator(model, dt=DT * u.ms)
                series = sim.run(6.0 * u.ms, monitors=rates)['output']['e']
                return jnp.mean((series - 0.3) ** 2), None

            fitter = bf.Fitter(model, braintools.optim.SGD(lr=5.0), loss_fn=loss)
            return fitter.fit(n_steps=3, seed=1)

    with bf.record() as choices:
        native = fit()
    assert {choice.name for choice in choices} == {fastest}
    with bf.use('reference'):
        plain = fit()
    np.testing.assert_allclose(native.history, plain.history, rtol=1e-4)
    assert len(set(native.history)) == 3
