"""What the Simulator makes of a model: own nodes, brainmass's, unusual wiring; and what it leaves alone."""

import subprocess
import sys
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

brainmass = pytest.importorskip('brainmass')

N = 4
DT = 0.1 * u.ms
STEPS = 50
RNG = np.random.default_rng(8)
WEIGHTS = RNG.random((N, N))
LENGTHS = RNG.random((N, N)) * 8.0


@pytest.fixture(autouse=True)
def clock():
    with brainstate.environ.context(dt=DT):
        yield


def run(lib, make, *, steps=STEPS, monitors=None, seed=4, **options):
    brainstate.random.seed(seed)
    return lib.Simulator(make(), dt=DT).run(steps * DT, monitors=monitors, **options)


def assert_close(ours, theirs, rtol=1e-5):
    """Every monitor within rtol of the trajectory's largest value."""
    assert set(ours) == set(theirs)
    for name in theirs:
        a, b = (jax.tree.leaves(result[name]) for result in (ours, theirs))
        assert len(a) == len(b)
        for mine, other in zip(a, b, strict=True):
            mine, other = np.asarray(mine), np.asarray(other)
            np.testing.assert_allclose(mine, other, rtol=0, atol=rtol * np.abs(other).max())


def hopf(lib, noisy=True):
    start = braintools.init.Uniform(0.0, 0.5)
    noise = lib.OUProcess(N, sigma=0.05, tau=5.0 * u.ms) if noisy else None
    a = np.linspace(-0.2, 0.3, N)
    return lib.HopfStep(N, a=a, init_x=start, init_y=start, noise_x=noise)


def network(lib, noisy=True, delay=True, **kwargs):
    where = {'distance': LENGTHS, 'speed': 4.0} if delay else {}
    options = {'conn': WEIGHTS, 'k': 0.3, **where, **kwargs}
    return lib.Network(hopf(lib, noisy), coupled_var='x', **options)


def x_of(model):
    return model.node.x.value


# ------------------------------------------------------------------------------- nodes and networks


class Rate(brainstate.nn.Dynamics):
    """Written by a user: unit-carrying time constant, trainable gain, own noise."""

    def __init__(self, n, gain=1.2):
        super().__init__(n)
        self.gain = Param(gain, fit=True)
        self.noise = brainmass.OUProcess(n, sigma=0.05, tau=5.0 * u.ms)

    def init_state(self, batch_size=None, **kwargs):
        shape = self.varshape if batch_size is None else (batch_size, *self.varshape)
        self.r = brainstate.HiddenState(brainstate.random.uniform(size=shape))

    def update(self, drive=0.0):
        rate = (-self.r.value + jnp.tanh(self.gain.value() * drive + self.noise())) / (8.0 * u.ms)
        self.r.value = self.r.value + rate * brainstate.environ.get_dt()
        return self.r.value


class Competing(Rate):
    """Normalised over regions: one step mixes them."""

    def update(self, drive=0.0):
        rate = (-self.r.value + jax.nn.softmax(self.r.value + drive)) / (8.0 * u.ms)
        self.r.value = self.r.value + rate * brainstate.environ.get_dt()
        return self.r.value


class Conditional(Rate):
    """Python control flow over a value: cannot be traced."""

    def update(self, drive=0.0):
        if float(self.r.value.sum()) > 0:
            self.r.value = self.r.value * 0.99
        return self.r.value


def test_own_node(fastest):
    ours, theirs = (run(lib, lambda: Rate(N), monitors=['r']) for lib in (bf, brainmass))
    assert ours.implementation == fastest
    assert_close(ours, theirs)


@pytest.mark.parametrize('delay', [False, True])
def test_own_node_in_a_network(delay, fastest):
    where = {'distance': LENGTHS, 'speed': 4.0} if delay else {}

    def build(lib):
        return lib.Network(
            Rate(N), conn=WEIGHTS, coupled_var='r', coupling='additive', k=0.4, **where
        )

    ours, theirs = (
        run(lib, lambda lib=lib: build(lib), monitors=lambda m: m.node.r.value)
        for lib in (bf, brainmass)
    )
    assert ours.implementation == fastest
    assert_close(ours, theirs)


@pytest.mark.parametrize('coupling', ['diffusive', 'laplacian', 'sigmoidal_jansen_rit'])
def test_network_of_brainmass(coupling, fastest):
    """Networks that brainmass built run here as they are."""
    make = lambda: network(brainmass, coupling=coupling)  # noqa: E731
    ours, theirs = (run(lib, make, monitors=x_of) for lib in (bf, brainmass))
    assert ours.implementation == fastest
    assert_close(ours, theirs)


SINGLE = {
    'JansenRitStep': (lambda: brainmass.JansenRitStep(N), lambda m: m.eeg()),
    'KuramotoNetwork': (lambda: brainmass.KuramotoNetwork(N, conn=WEIGHTS), None),
    'WongWangStep': (lambda: brainmass.WongWangStep(N), None),
    'StuartLandauStep': (lambda: brainmass.StuartLandauStep(N), None),
    'VanDerPolStep': (lambda: brainmass.VanDerPolStep(N), None),
    'LinearStep': (lambda: brainmass.ThresholdLinearStep(N), None),
    'MontbrioPazoRoxinStep': (lambda: brainmass.MontbrioPazoRoxinStep(N), None),
    'WilsonCowanStep': (lambda: brainmass.WilsonCowanStep(N), ['rE', 'rI']),
    'EpileptorStep': (lambda: brainmass.EpileptorStep(N), None),
    'LarterBreakspearStep': (lambda: brainmass.LarterBreakspearStep(N), None),
}


@pytest.mark.parametrize('name', SINGLE)
def test_single_nodes_of_brainmass(name, fastest):
    make, monitors = SINGLE[name]
    ours, theirs = (run(lib, make, monitors=monitors) for lib in (bf, brainmass))
    assert ours.implementation in (fastest, 'generic')
    assert (ours.reason is None) == (ours.implementation == fastest)
    assert_close(ours, theirs)


def test_noise_of_the_network(fastest):
    def build(lib):
        return network(lib, noise=lib.GaussianNoise(N, sigma=0.1))

    ours, theirs = (run(lib, lambda lib=lib: build(lib), monitors=x_of) for lib in (bf, brainmass))
    assert ours.implementation == fastest
    assert_close(ours, theirs)


def test_flattened_connectome_and_self_connection():
    for options in ({'conn': WEIGHTS.reshape(-1)}, {'conn': WEIGHTS, 'self_connection': True}):
        ours, theirs = (
            run(
                lib,
                lambda lib=lib, options=options: lib.Network(
                    hopf(lib), coupled_var='x', coupling='additive', k=0.2, **options
                ),
                monitors=x_of,
            )
            for lib in (bf, brainmass)
        )
        assert_close(ours, theirs)


@pytest.mark.parametrize('speed', [4.0 * u.mm / u.ms, 4.0 * u.meter / u.second])
def test_speed_with_units(speed):
    lengths = LENGTHS * u.mm
    ours, theirs = (
        run(lib, lambda lib=lib: network(lib, distance=lengths, speed=speed), monitors=x_of)
        for lib in (bf, brainmass)
    )
    assert_close(ours, theirs)
    assert_close(run(bf, lambda: network(bf), monitors=x_of), ours)


@pytest.mark.parametrize('param', ['conn', 'laplacian', 'k per region'])
def test_params_in_a_network(param, fastest):
    def build(lib):
        if param == 'conn':
            return network(lib, conn=Param(jnp.asarray(WEIGHTS, jnp.float32)))
        if param == 'laplacian':
            conn = lib.LaplacianConnParam(jnp.asarray(WEIGHTS), normalize='rw')
            return network(lib, conn=conn, coupling='laplacian')
        return network(lib, k=Param(jnp.linspace(0.1, 0.4, N)))

    ours, theirs = (run(lib, lambda lib=lib: build(lib), monitors=x_of) for lib in (bf, brainmass))
    assert ours.implementation == fastest
    assert_close(ours, theirs)


# ------------------------------------------------------------------------------------- generic path


def test_node_that_mixes_regions():
    ours, theirs = (run(lib, lambda: Competing(N), monitors=['r']) for lib in (bf, brainmass))
    assert ours.implementation == 'generic'
    assert_close(ours, theirs)
    why = bf.explain(Competing(N), dt=DT)
    assert why.startswith('Competing runs step by step on the generic path, because')
    assert 'not elementwise' in why and 'reduce_max' in why


def test_node_that_cannot_be_traced():
    """No loop of JAX can run it, here or in brainmass."""
    for lib in (bf, brainmass):
        with pytest.raises(jax.errors.ConcretizationTypeError):
            run(lib, lambda: Conditional(N), monitors=['r'])
    why = bf.explain(Conditional(N), dt=DT)
    assert 'cannot be traced' in why and 'ConcretizationTypeError' in why


class PowerLaw(brainstate.nn.Module):
    """A coupling that is not linear in its sources, by a user."""

    def __init__(self, x, y, conn, k):
        super().__init__()
        self.x, self.y, self.k = x, y, Param.init(k)
        self.conn = Param.init(conn)

    @brainstate.nn.call_order(2)
    def init_state(self, *args, **kwargs):
        brainstate.nn.init_maybe_prefetch(self.x)
        brainstate.nn.init_maybe_prefetch(self.y)

    def update(self):
        difference = self.x() - self.y()[..., None]
        shaped = jnp.sign(difference) * jnp.abs(difference) ** 1.5
        return self.k.value() * (self.conn.value() * shaped).sum(axis=-1)


class PowerLawNetwork(brainstate.nn.Module):
    def __init__(self, node, delay):
        super().__init__()
        self.node = node
        pairs = np.tile(np.arange(N), (N, 1))
        start = braintools.init.Uniform(0.0, 0.05)
        source = node.prefetch_delay('x', (delay, pairs), init=start)
        conn = WEIGHTS * (1.0 - np.eye(N))
        self.coupling = PowerLaw(source, node.prefetch('x'), conn, 0.5)

    def update(self, *inputs):
        return self.node(self.coupling(), *inputs)


@pytest.mark.parametrize('delay', [np.zeros((N, N)), LENGTHS / 4.0], ids=['none', 'delays'])
def test_own_coupling(delay):
    """One that is no sum over sources: the generic path, with the numbers of brainmass."""
    make = lambda: PowerLawNetwork(hopf(brainmass), delay * u.ms)  # noqa: E731
    ours, theirs = (run(lib, make, monitors=x_of) for lib in (bf, brainmass))
    assert ours.implementation == 'generic'
    assert_close(ours, theirs)
    assert "'sign' of what both regions of a pair have does not come apart" in bf.explain(
        make(), dt=DT
    )


def test_two_couplings_in_one_model(fastest):
    """Two sums over one history, with different delays."""

    class Twice(brainstate.nn.Module):
        def __init__(self, lib):
            super().__init__()
            self.node = hopf(lib)
            pairs = np.tile(np.arange(N), (N, 1))
            conn = WEIGHTS * (1.0 - np.eye(N))
            start = braintools.init.Uniform(0.0, 0.05)
            slow = self.node.prefetch_delay('x', (LENGTHS * u.ms, pairs), init=start)
            fast = self.node.prefetch_delay('x', (LENGTHS / 8 * u.ms, pairs), init=start)
            self.slow = lib.AdditiveCoupling(slow, conn, k=0.2)
            self.fast = lib.SigmoidalCoupling(fast, conn, k=0.3)

        def update(self):
            return self.node(self.slow(), self.fast())

    ours, theirs = (run(lib, lambda lib=lib: Twice(lib), monitors=x_of) for lib in (bf, brainmass))
    assert ours.implementation == fastest, ours.reason
    assert_close(ours, theirs)


# ---------------------------------------------------------------------------------------- time step


def test_delays_follow_the_time_step_of_the_run():
    """Built at 0.1 ms and run at 0.05 ms: as built at 0.05 ms (brainmass keeps the steps)."""
    fine = 0.05 * u.ms
    results = []
    for built_at in (DT, fine):
        brainstate.random.seed(3)
        with brainstate.environ.context(dt=built_at):
            net = network(bf, noisy=False)
        results.append(bf.Simulator(net, dt=fine).run(5.0 * u.ms, monitors=['node.x']))
    np.testing.assert_array_equal(results[0]['node.x'], results[1]['node.x'])
    steps = net.coupling.x.delay_info[0]
    expected = np.ceil(LENGTHS / 4.0 / 0.05 - 1e-4) * (1 - np.eye(N))
    np.testing.assert_array_equal(steps, expected)


def test_one_network_at_two_time_steps():
    net = network(bf, noisy=False)
    first = {}
    for _ in range(2):
        for dt in (DT, 0.2 * u.ms):
            brainstate.random.seed(3)
            x = bf.Simulator(net, dt=dt).run(4.0 * u.ms, monitors=['node.x'])['node.x']
            np.testing.assert_array_equal(first.setdefault(str(dt), x), x)
    assert len({len(x) for x in first.values()}) == 2


def test_network_without_a_time_step():
    """Built where no dt is set, run with one."""
    with brainstate.environ.context(dt=None):
        net = network(bf, noisy=False)
        brainstate.random.seed(3)
        ours = bf.Simulator(net, dt=DT).run(STEPS * DT, monitors=['node.x'])
    brainstate.random.seed(3)
    theirs = brainmass.Simulator(network(brainmass, noisy=False), dt=DT).run(
        STEPS * DT, monitors=lambda m: m.node.x.value
    )
    np.testing.assert_allclose(ours['node.x'], theirs['output'], rtol=0, atol=1e-6)


def test_time_step_from_the_environment():
    brainstate.random.seed(4)
    a = bf.Simulator(hopf(bf)).run(STEPS * DT, monitors=['x'])
    np.testing.assert_array_equal(a['x'], run(bf, lambda: hopf(bf), monitors=['x'])['x'])


# ----------------------------------------------------------------------------- what is left as it was


def snapshot(model):
    states = {path: (state, state.value) for path, state in model.states().items()}
    return states, jax.random.key_data(brainstate.random.DEFAULT.value)


def assert_untouched(model, before):
    states, key = snapshot(model)
    assert states.keys() == before[0].keys()
    for path, (state, value) in states.items():
        assert state is before[0][path][0]
        old = jax.tree.leaves(before[0][path][1])
        for a, b in zip(jax.tree.leaves(value), old, strict=True):
            assert not isinstance(a, jax.core.Tracer)
            np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(key, before[1])


@pytest.mark.parametrize('initialised', [False, True])
@pytest.mark.parametrize(
    'make',
    [lambda: hopf(bf), lambda: network(bf), lambda: network(brainmass), lambda: Competing(N)],
    ids=['node', 'network', 'brainmass', 'generic'],
)
def test_explain_touches_nothing(make, initialised):
    brainstate.random.seed(6)
    model = make()
    if initialised:
        brainstate.nn.init_all_states(model)
    before = snapshot(model)
    text = bf.explain(model, dt=DT, monitors=lambda m: jnp.float32(1.0))
    assert text.startswith(type(model).__name__)
    assert_untouched(model, before)


def test_explain_names_what_will_run(fastest):
    text = bf.explain(network(bf), dt=DT)
    assert f'implementation {fastest!r}' in text
    assert '4 regions' in text
    assert 'DiffusiveCoupling with delays up to' in text
    assert 'no coupling' in bf.explain(hopf(bf), dt=DT)
    assert 'DiffusiveCoupling without delay' in bf.explain(network(bf, delay=False), dt=DT)


def test_explain_sees_inputs_and_monitors():
    drawing = bf.explain(hopf(bf), dt=DT, monitors=lambda m: brainstate.random.normal(size=(N,)))
    assert 'monitor draws random numbers' in drawing
    drawing = bf.explain(hopf(bf), dt=DT, inputs=lambda i, t: brainstate.random.normal())
    assert 'inputs(i, t) draws random numbers' in drawing


@pytest.mark.slow
def test_no_tracer_leaks():
    """In a fresh process: the leak checker walks the heap, which is large after other tests."""
    script = 'from test_wiring import run_under_the_leak_checker as run; run()'
    subprocess.run([sys.executable, '-c', script], cwd=Path(__file__).parent, check=True)


def run_under_the_leak_checker():
    """Run, candidates and gradient."""
    with jax.checking_leaks():
        net = network(bf, k=Param(0.3))
        sim = bf.Simulator(net, dt=DT)
        sim.run(6 * DT, monitors=['node.x'])
        sim.run(6 * DT, monitors=['node.x'], candidates={'k': jnp.array([0.1, 0.2])})
        bf.explain(net, dt=DT)

        def loss(k):
            return (
                bf.Simulator(network(bf, k=k), dt=DT)
                .run(6 * DT, monitors=['node.x'])['node.x']
                .sum()
            )

        jax.grad(loss)(0.2)
    assert not any(
        isinstance(leaf, jax.core.Tracer)
        for state in net.states().values()
        for leaf in jax.tree.leaves(state.value)
    )


def test_an_error_in_update_leaves_the_states():
    class Broken(Rate):
        def update(self, drive=0.0):
            self.r.value = self.r.value * 2.0
            raise RuntimeError('no such drive')

    model = Broken(N)
    brainstate.nn.init_all_states(model)
    before = snapshot(model)
    with pytest.raises(RuntimeError, match='no such drive'):
        bf.Simulator(model, dt=DT).run(STEPS * DT, init_states=False)
    assert_untouched(model, before)


# ------------------------------------------------------------------------------------- compilation


def test_rebuilt_model_does_not_recompile(compilations):
    """New objects, new values, same structure: found in jit's cache."""

    def once(k, seed):
        monitors = {'x': x_of, 'p': lambda m: x_of(m) ** 2}
        return run(bf, lambda: network(bf, k=k), monitors=monitors, seed=seed)

    first = once(0.3, 1)
    with compilations() as names:
        for k, seed in ((0.3, 1), (0.5, 2), (jnp.float32(0.1), 3)):
            again = once(k, seed)
    assert '_execute' not in names
    np.testing.assert_array_equal(once(0.3, 1)['x'], first['x'])
    assert np.abs(np.asarray(again['x'] - first['x'])).max() > 1e-3


def test_rebuilt_model_compiles_nothing_at_all(compilations):
    """No program of any size is compiled by the second of two identical runs."""

    def once():
        return run(bf, lambda: network(bf), monitors=x_of)

    once()
    once()
    with compilations() as names:
        once()
    assert not names
    # the log does speak when something is compiled
    with compilations() as names:
        jax.jit(lambda x: x * 3.25 + 1)(jnp.ones(7)).block_until_ready()
    assert names


def test_another_structure_does_compile(compilations):
    run(bf, lambda: network(bf), monitors=x_of)
    with compilations() as names:
        run(bf, lambda: network(bf, coupling='tanh'), monitors=lambda m: x_of(m) + 0.125)
    assert names.count('_execute') == 1


# ------------------------------------------------------------------------------- implementations


def test_use_reference(fastest):
    plain = run(bf, lambda: network(bf), monitors=x_of)
    with bf.use('reference'):
        forced = run(bf, lambda: network(bf), monitors=x_of)
    assert (plain.implementation, forced.implementation) == (fastest, 'reference')
    assert_close({'output': forced['output']}, {'output': plain['output']})


def test_use_of_what_cannot_serve_raises():
    with bf.use('pallas_mosaic'), pytest.raises(bf.ImplementationError) as caught:
        run(bf, lambda: network(bf), monitors=x_of)
    message = str(caught.value)
    assert "simulate: 'pallas_mosaic' was asked for and cannot serve" in message
    assert "use(simulate='reference')" in message
    with bf.use(simulate='pallas_mosaic'), pytest.raises(bf.ImplementationError, match='mosaic'):
        run(bf, lambda: hopf(bf))


def test_use_of_the_kernel_where_it_cannot_serve_raises(fastest):
    if fastest != 'cpu_ffi':
        pytest.skip('the native library is absent on purpose')
    with bf.use(simulate='cpu_ffi'), pytest.raises(bf.ImplementationError) as caught:
        run(bf, lambda: hopf(bf), batch_size=2)
    assert "simulate: 'cpu_ffi' was asked for and cannot serve" in str(caught.value)
    assert 'its states have a batch axis' in str(caught.value)
    assert "use(simulate='reference')" in str(caught.value)


def test_generic_path_under_a_named_kernel_is_refused():
    """A forced implementation must serve or raise; step by step is neither."""
    with bf.use('cpu_ffi'), pytest.raises(bf.ImplementationError, match='not elementwise'):
        run(bf, lambda: Competing(N))
