"""Simulator.run: inputs, monitors, transient, sampling, batches, continuation; each against brainmass."""

import brainstate
import braintools
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import brainfit_fast as bf

brainmass = pytest.importorskip('brainmass')

N = 4
DT = 0.1 * u.ms
STEPS = 40
RNG = np.random.default_rng(8)
WEIGHTS = RNG.random((N, N))
LENGTHS = RNG.random((N, N)) * 8.0
ROWS = RNG.standard_normal((STEPS, N)).astype(np.float32)
LEADFIELD = RNG.standard_normal((3, N)).astype(np.float32)


@pytest.fixture(autouse=True)
def clock():
    with brainstate.environ.context(dt=DT):
        yield


def node(lib, **kwargs):
    start = braintools.init.Uniform(0.0, 0.5)
    noise = lib.GaussianNoise(N, sigma=0.05)
    a = np.linspace(-0.2, 0.3, N)
    return lib.HopfStep(N, a=a, init_x=start, init_y=start, noise_x=noise, **kwargs)


def network(lib, delay=True, **kwargs):
    where = {'distance': LENGTHS, 'speed': 4.0} if delay else {}
    return lib.Network(node(lib), conn=WEIGHTS, coupled_var='x', k=0.3, **where, **kwargs)


def record(lib, make, *, steps=STEPS, seed=4, **options):
    """Run a freshly built, seeded model."""
    brainstate.random.seed(seed)
    return lib.Simulator(make(lib), dt=DT).run(steps * DT, **options)


def assert_same(ours, theirs, rtol=1e-5):
    """Same keys, shapes, units; values within rtol of the largest of each trajectory."""
    assert set(ours) == set(theirs)
    for name in theirs:
        assert jax.tree.structure(ours[name]) == jax.tree.structure(theirs[name]), name
        for a, b in zip(jax.tree.leaves(ours[name]), jax.tree.leaves(theirs[name]), strict=True):
            a, b = np.asarray(a), np.asarray(b)
            assert a.shape == b.shape, name
            np.testing.assert_allclose(a, b, rtol=0, atol=rtol * np.abs(b).max(), err_msg=name)


def both(make, **options):
    ours, theirs = record(bf, make, **options), record(brainmass, make, **options)
    assert_same(ours, theirs)
    return ours


INPUTS = {
    'none': None,
    'array': ROWS,
    'one column': ROWS[:, :1],
    'scalar per step': ROWS[:, 0],
    'function of i': lambda i, t: 0.01 * i,
    'function of t': lambda i, t: 0.5 * u.math.sin(t / (1.0 * u.ms)),
    'function that looks up': lambda i, t: jnp.asarray(ROWS)[i],
    'pair': lambda i, t: (0.1, 0.02 * i),
    'empty tuple': lambda i, t: (),
}


@pytest.mark.parametrize('inputs', INPUTS.values(), ids=INPUTS.keys())
def test_inputs(inputs, fastest):
    result = both(node, inputs=inputs, monitors=['x', 'y'])
    assert result.implementation == fastest, result.reason


@pytest.mark.parametrize('kind', ['array', 'function of t'])
def test_inputs_of_a_network_follow_the_current(kind, fastest):
    """The coupling current is the node's first input, so these reach ``y``."""
    result = both(network, inputs=INPUTS[kind], monitors=lambda m: (m.node.x.value, m.node.y.value))
    assert result.implementation == fastest, result.reason


def _state(make, name):
    return (lambda m: getattr(m.node, name).value) if make is network else name


def test_inputs_change_the_run():
    quiet = record(bf, node, monitors=['x'])
    driven = record(bf, node, monitors=['x'], inputs=ROWS)
    assert np.abs(np.asarray(quiet['x']) - np.asarray(driven['x'])).max() > 0.01


class Membrane(brainstate.nn.Dynamics):
    """A leaky membrane in millivolt that takes a current in nanoampere."""

    def __init__(self, n):
        super().__init__(n)
        self.n = n

    def init_state(self, batch_size=None, **kwargs):
        shape = (self.n,) if batch_size is None else (batch_size, self.n)
        self.V = brainstate.HiddenState(jnp.full(shape, -60.0) * u.mV)

    def update(self, current=0.0 * u.nA):
        rate = (-65.0 * u.mV - self.V.value + 1.0 * u.Mohm * current) / (10.0 * u.ms)
        self.V.value = self.V.value + rate * brainstate.environ.get_dt()
        return self.V.value


@pytest.mark.parametrize(
    'inputs',
    [
        jnp.asarray(ROWS) * u.nA,
        lambda i, t: 0.2 * i * u.nA,
        lambda i, t: (t / (1.0 * u.ms) * u.nA,),
    ],
    ids=['array', 'of i', 'of t'],
)
def test_inputs_and_states_with_units(inputs, fastest):
    result = both(lambda lib: Membrane(N), inputs=inputs, monitors=['V'])
    assert result.implementation == fastest, result.reason
    assert u.get_unit(result['V']) == u.mV


def test_input_in_another_unit_of_the_same_kind():
    in_na = record(bf, lambda lib: Membrane(N), inputs=ROWS * u.nA, monitors=['V'])
    in_pa = record(bf, lambda lib: Membrane(N), inputs=ROWS * 1000.0 * u.pA, monitors=['V'])
    for a, b in zip(jax.tree.leaves(dict(in_pa)), jax.tree.leaves(dict(in_na)), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)


def test_input_that_draws_runs_step_by_step():
    def noisy(i, t):
        return brainstate.random.normal(size=(N,)) * 0.1

    result = both(node, inputs=noisy, monitors=['x'])
    assert result.implementation == 'generic'
    assert 'inputs(i, t) draws random numbers' in result.reason
    assert result.finite is None


def test_input_that_reads_a_state_runs_step_by_step():
    memory = brainstate.HiddenState(jnp.full((N,), 0.2))
    result = both(node, inputs=lambda i, t: memory.value, monitors=['x'])
    assert result.implementation == 'generic'
    assert 'reads a state' in result.reason


def test_monitor_none_records_what_update_returns():
    result = both(node)
    x, y = result['output']
    assert x.shape == y.shape == (STEPS, N)


def test_monitor_list():
    assert set(both(node, monitors=['x', 'y'])) == {'x', 'y', 'ts'}


def test_monitor_tuple_of_names():
    assert set(both(node, monitors=('y',))) == {'y', 'ts'}


def test_monitor_string_is_one_name():
    assert_same(record(bf, node, monitors='x'), record(bf, node, monitors=['x']))


def test_monitor_callable():
    assert set(both(network, monitors=lambda m: m.node.x.value)) == {'output', 'ts'}


def test_monitor_dict_of_names_and_callables(fastest):
    monitors = {'raw': 'x', 'power': lambda m: m.x.value**2 + m.y.value**2}
    result = both(node, monitors=monitors)
    assert result.implementation == fastest
    assert set(result) == {'raw', 'power', 'ts'}


def test_monitor_that_returns_a_pytree():
    result = both(node, monitors=lambda m: {'both': (m.x.value, [m.y.value])})
    assert result['output']['both'][1][0].shape == (STEPS, N)


def test_monitor_dotted_name():
    named = record(bf, network, monitors=['node.x'])
    called = record(bf, network, monitors={'node.x': lambda m: m.node.x.value})
    assert_same(named, called)


def test_monitor_reads_parameters(fastest):
    result = both(node, monitors=lambda m: m.x.value * m.a.value() + m.w.value())
    assert result.implementation == fastest


def test_monitor_reads_the_clock(fastest):
    """brainmass has no clock in a monitor; here it shows the start of the step."""
    result = record(
        bf, node, monitors=lambda m: brainstate.environ.get('t') + 0.0 * u.ms * m.x.value[0]
    )
    assert result.implementation == fastest
    times = u.get_magnitude(result['output'])
    np.testing.assert_allclose(times, 0.1 * np.arange(STEPS), rtol=1e-6, atol=1e-6)


PROJECTIONS = {
    'leadfield': lambda m: jnp.asarray(LEADFIELD) @ m.x.value,
    'leadfield of a power': lambda m: jnp.asarray(LEADFIELD) @ (m.x.value**2 - m.y.value),
    'mean over regions': lambda m: m.x.value.mean(),
    'two regions': lambda m: m.x.value[jnp.array([0, 2])],
    'constant': lambda m: jnp.float32(3.0),
    'mixed': lambda m: (m.y.value + 1.0, m.x.value.sum(), jnp.cumsum(m.x.value)),
}


@pytest.mark.parametrize('monitor', PROJECTIONS.values(), ids=PROJECTIONS.keys())
def test_monitor_that_is_not_elementwise(monitor, fastest):
    result = both(node, monitors=monitor, transient=3, sample_every=2)
    assert result.implementation == fastest, result.reason


def test_projection_outside_the_loop_in_chunks():
    """More samples than one chunk holds, not a multiple of it."""
    result = both(node, monitors=PROJECTIONS['leadfield'], steps=1500)
    assert result['output'].shape == (1500, 3)


def test_monitor_that_draws_runs_step_by_step():
    def noisy(m):
        return m.x.value + brainstate.random.normal(size=(N,))

    result = both(node, monitors=noisy)
    assert result.implementation == 'generic'
    assert 'monitor draws random numbers' in result.reason


def test_monitor_that_writes_runs_step_by_step():
    def counting(m):
        m.y.value = m.y.value * 0.5
        return m.x.value

    result = both(node, monitors=counting)
    assert result.implementation == 'generic'
    assert 'monitor writes to a state' in result.reason


def test_monitor_that_reads_the_delayed_source_runs_step_by_step():
    result = both(network, monitors=lambda m: m.coupling.x())
    assert result.implementation == 'generic'
    assert 'monitor reads a delayed state' in result.reason


@pytest.mark.parametrize(
    ('transient', 'every'),
    [(0, 1), (7, None), (0.7 * u.ms, 3), (700.0 * u.us, 50), (31, 4)],
    ids=str,
)
def test_transient_and_sampling(transient, every):
    result = both(
        network, monitors=lambda m: m.node.x.value, transient=transient, sample_every=every
    )
    first = 7 if isinstance(transient, u.Quantity) else transient or 0
    assert len(result['output']) == -(-(STEPS - first) // (every or 1))


@pytest.mark.parametrize('every', [3, 4])
def test_sampling_takes_the_ceiling(every):
    whole = record(bf, node, monitors=['x'])['x']
    sampled = record(bf, node, monitors=['x'], transient=5, sample_every=every)['x']
    assert len(sampled) == -(-35 // every)
    # another loop structure may round differently
    np.testing.assert_allclose(sampled, whole[5::every], rtol=0, atol=1e-6)


def test_times_are_the_ends_of_the_steps():
    ts = both(node, transient=4, sample_every=3, monitors=['x'])['ts']
    assert u.get_unit(ts) == u.ms
    np.testing.assert_allclose(u.get_magnitude(ts), 0.1 * (np.arange(4, STEPS, 3) + 1), rtol=1e-6)


def test_plain_times():
    """dt and duration without units."""
    with brainstate.environ.context(dt=0.1):
        make = lambda lib: Plain(N)  # noqa: E731
        results = []
        for lib in (bf, brainmass):
            brainstate.random.seed(4)
            results.append(lib.Simulator(make(lib), dt=0.1).run(2.0, monitors=['z'], transient=0.5))
    assert_same(*results)
    assert len(results[0]['z']) == 20  # a plain transient counts steps: int(0.5) is 0


class Plain(brainstate.nn.Dynamics):
    """Decay without units."""

    def init_state(self, batch_size=None, **kwargs):
        shape = self.varshape if batch_size is None else (batch_size, *self.varshape)
        self.z = brainstate.HiddenState(jnp.ones(shape))

    def update(self, drive=0.0):
        self.z.value = self.z.value + brainstate.environ.get_dt() * (drive - self.z.value)
        return self.z.value


def test_duration_in_other_units():
    a = record(bf, node, monitors=['x'])
    brainstate.random.seed(4)
    b = bf.Simulator(node(bf), dt=DT).run(0.004 * u.second, monitors=['x'])
    np.testing.assert_array_equal(a['x'], b['x'])


def test_duration_that_is_not_whole_warns_and_floors():
    for lib in (bf, brainmass):
        with pytest.warns(UserWarning, match='0.45'):
            assert len(lib.Simulator(node(lib), dt=DT).run(0.45 * u.ms, monitors=['x'])['x']) == 4


@pytest.mark.parametrize('jit', [True, False])
def test_without_jit(jit):
    compiled = record(bf, network, monitors=lambda m: m.node.x.value)
    assert_same(record(bf, network, monitors=lambda m: m.node.x.value, jit=jit), compiled)


def test_without_jit_step_by_step():
    noisy = {'monitors': lambda m: m.x.value + brainstate.random.normal(size=(N,)), 'steps': 6}
    assert_same(record(bf, node, jit=False, **noisy), record(brainmass, node, jit=False, **noisy))


# --------------------------------------------------------------------------------------------- batches


# a batch axis inside the states has no native code
@pytest.mark.fallback
@pytest.mark.parametrize('noise', ['GaussianNoise', 'BrownianNoise', 'OUProcess'])
def test_batch_of_a_node(noise):
    def make(lib):
        start = braintools.init.Uniform(0.0, 0.5)
        options = {} if noise == 'GaussianNoise' else {'init': braintools.init.Constant(0.0)}
        if noise == 'OUProcess':
            options['tau'] = 5.0 * u.ms
        process = getattr(lib, noise)(N, sigma=0.05, **options)
        return lib.HopfStep(N, a=0.1, init_x=start, init_y=start, noise_x=process)

    result = both(make, monitors=['x', 'y'], batch_size=3)
    assert result['x'].shape == (STEPS, 3, N)
    assert result.finite.shape == ()
    assert result.implementation == 'reference'


@pytest.mark.fallback
@pytest.mark.parametrize('coupling', ['diffusive', 'additive', 'sigmoidal_jansen_rit'])
def test_batch_of_a_network_is_its_single_runs(coupling):
    """brainmass refuses this; each row must be the run from that row's start and history."""

    def make(lib):
        start = braintools.init.Uniform(0.0, 0.5)
        quiet = lib.HopfStep(N, a=np.linspace(-0.2, 0.3, N), init_x=start, init_y=start)
        where = {'distance': LENGTHS, 'speed': 4.0}
        return lib.Network(quiet, conn=WEIGHTS, coupling=coupling, coupled_var='x', k=0.3, **where)

    brainstate.random.seed(4)
    net = make(bf)
    brainstate.nn.init_all_states(net, 3)
    starts = [net.node.x.value, net.node.y.value]
    history = net.coupling.x.state_delay.history.value
    batch = bf.Simulator(net, dt=DT).run(STEPS * DT, monitors=['node.x'], init_states=False)[
        'node.x'
    ]
    assert batch.shape == (STEPS, 3, N)
    assert np.abs(np.asarray(batch[:, 0] - batch[:, 1])).max() > 0.01
    for row in range(3):
        single = make(bf)
        brainstate.nn.init_all_states(single)
        single.node.x.value, single.node.y.value = (start[row] for start in starts)
        single.coupling.x.state_delay.history.value = history[:, row]
        run = bf.Simulator(single, dt=DT).run(STEPS * DT, monitors=['node.x'], init_states=False)
        np.testing.assert_allclose(batch[:, row], run['node.x'], rtol=0, atol=2e-6)


@pytest.mark.fallback
def test_batch_of_a_network_draws_at_initialisation():
    result = record(bf, network, monitors=['node.x'], batch_size=3)
    assert result['node.x'].shape == (STEPS, 3, N)
    spread = np.asarray(result['node.x']).std(axis=1)
    assert spread.min() > 0


# ---------------------------------------------------------------------------------------- continuation


@pytest.mark.parametrize(('make', 'first'), [(node, 13), (network, 1), (network, 20)])
def test_two_runs_make_one(make, first):
    monitors = {'x': _state(make, 'x'), 'y': _state(make, 'y')}
    whole = record(bf, make, monitors=monitors)
    brainstate.random.seed(4)
    sim = bf.Simulator(make(bf), dt=DT)
    halves = [
        sim.run(first * DT, monitors=monitors),
        sim.run((STEPS - first) * DT, monitors=monitors, init_states=False),
    ]
    for name in monitors:
        joined = np.concatenate([half[name] for half in halves])
        np.testing.assert_array_equal(joined, whole[name])


def test_continuation_equals_brainmass():
    results = {}
    for lib in (bf, brainmass):
        brainstate.random.seed(4)
        sim = lib.Simulator(network(lib), dt=DT)
        sim.run(1.7 * u.ms, monitors=lambda m: m.node.x.value)
        results[lib] = sim.run(STEPS * DT, monitors=lambda m: m.node.x.value, init_states=False)
    assert_same(results[bf], results[brainmass])
    # each run counts its own time
    np.testing.assert_allclose(u.get_magnitude(results[bf]['ts'])[0], 0.1, rtol=1e-6)


def test_continuation_after_the_generic_path(fastest):
    """The two paths leave the same states and key behind."""
    whole = record(bf, node, monitors=['x'])['x']
    brainstate.random.seed(4)
    model = node(bf)
    sim = bf.Simulator(model, dt=DT)
    silent = brainstate.HiddenState(jnp.zeros(N))
    first = sim.run(15 * DT, monitors=['x'], inputs=lambda i, t: silent.value)
    assert first.implementation == 'generic'
    second = sim.run((STEPS - 15) * DT, monitors=['x'], init_states=False)
    assert second.implementation == fastest
    joined = np.concatenate([first['x'], second['x']])
    np.testing.assert_allclose(joined, whole, rtol=0, atol=1e-5 * np.abs(whole).max())


def test_states_are_readable_after_a_run():
    brainstate.random.seed(4)
    net = network(bf)
    result = bf.Simulator(net, dt=DT).run(STEPS * DT, monitors=['node.x', 'node.y'])
    np.testing.assert_array_equal(net.node.x.value, result['node.x'][-1])
    np.testing.assert_array_equal(net.node.y.value, result['node.y'][-1])
    newest = int(net.coupling.x.state_delay.write_ptr.value) - 1
    np.testing.assert_array_equal(
        net.coupling.x.state_delay.history.value[newest], net.node.x.value
    )
    assert net.coupling.k.value() == pytest.approx(0.3)


def test_states_after_a_run_equal_brainmass():
    left = {}
    for lib in (bf, brainmass):
        brainstate.random.seed(4)
        net = network(lib)
        lib.Simulator(net, dt=DT).run(STEPS * DT)
        key = jax.random.key_data(brainstate.random.DEFAULT.value)
        left[lib] = [net.node.x.value, net.node.y.value, net.coupling.x(), key]
    for a, b in zip(left[bf], left[brainmass], strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-5)


# ------------------------------------------------------------------------------------------ finite flag


def test_finite_flag():
    assert bool(record(bf, network).finite) is True


def test_finite_flag_sees_one_step_that_is_not_recorded():
    """A spike of infinity in the lead-in, with a state that forgets it."""

    class Forgetful(brainstate.nn.Dynamics):
        def init_state(self, *args, **kwargs):
            self.z = brainstate.HiddenState(jnp.zeros(self.varshape))

        def update(self, drive):
            self.z.value = jnp.broadcast_to(drive, self.varshape)

    inputs = np.zeros(STEPS, np.float32)
    inputs[3] = np.inf
    sim = bf.Simulator(Forgetful(N), dt=DT)
    result = sim.run(STEPS * DT, inputs=inputs, monitors=['z'], transient=10)
    assert np.isfinite(np.asarray(result['z'])).all()
    assert not bool(result.finite)
    inputs[3] = 0.0
    assert bool(sim.run(STEPS * DT, inputs=inputs, monitors=['z'], transient=10).finite)


def test_result_passes_through_jax(fastest):
    """The dict is a pytree that keeps its flag and its names."""
    result = record(bf, node, monitors=['x', 'y'])
    doubled = jax.tree.map(lambda leaf: leaf, result)
    assert type(doubled) is type(result)
    assert list(doubled) == sorted(result)
    assert doubled.implementation == fastest

    @jax.jit
    def run(start):
        model = bf.HopfStep(N, a=start)
        return bf.Simulator(model, dt=DT).run(STEPS * DT, monitors=['x'])

    through = run(0.1)
    assert through['x'].shape == (STEPS, N)
    assert bool(through.finite)
