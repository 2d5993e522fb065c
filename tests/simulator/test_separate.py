"""Models that mix regions by hand run on the op with brainmass's numbers and gradients."""

import brainstate
import braintools
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from brainstate.nn import Param

import brainfit_fast as bf
from brainfit_fast.program import build as building

brainmass = pytest.importorskip('brainmass')

pytestmark = pytest.mark.slow
horn = pytest.importorskip('brainmass.horn.connections')
connectivity = pytest.importorskip('brainmass.jansen_rit.connectivity')

N = 5
DT = 0.1 * u.ms
RNG = np.random.default_rng(8)
WEIGHTS, LENGTHS = RNG.random((N, N)), RNG.random((N, N)) * 8.0
LAG, OMEGA = RNG.random(N), RNG.random(N)
PAIRS = np.tile(np.arange(N), (N, 1))
START = braintools.init.Uniform(0.0, 0.05)


@pytest.fixture(autouse=True)
def clock():
    with brainstate.environ.context(dt=DT):
        yield


def run(lib, make, monitors=None, steps=100, **options):
    """Seed 3 for the model's initialisers and for the run."""
    brainstate.random.seed(3)
    return lib.Simulator(make(), dt=DT).run(steps * DT, monitors=monitors, **options)


def largest_error(ours, theirs):
    ours, theirs = (np.asarray(u.get_mantissa(value)) for value in (ours, theirs))
    assert ours.dtype == theirs.dtype and ours.shape == theirs.shape
    return np.abs(ours - theirs).max() / np.abs(theirs).max()


def assert_parity(make, monitors=None, rtol=1e-5, implementation='cpu_ffi', **options):
    theirs = run(brainmass, make, monitors, **options)
    with bf.use(implementation):
        ours = run(bf, make, monitors, **options)
    assert ours.implementation == implementation
    assert largest_error(ours['output'], theirs['output']) < rtol
    return ours


# ---------------------------------------------------------------------------------------- Kuramoto

KURAMOTO = {
    'all to all': {},
    'alpha per region': {'alpha': LAG, 'conn': WEIGHTS},
    'flat, with itself': {
        'K': LAG,
        'alpha': LAG,
        'conn': WEIGHTS.reshape(-1),
        'exclude_self': False,
        'normalize_by_n': False,
    },
    'alpha, no weights': {'alpha': 0.4},
}


def kuramoto(n=N, **options):
    if 'conn' in options:  # brainunit's asarray remembers the precision of an earlier call
        options['conn'] = np.asarray(options['conn'], brainstate.environ.dftype())
    return brainmass.KuramotoNetwork(n, **{'omega': frequencies(n), 'K': 0.5, **options})


def frequencies(n):
    return np.linspace(0.1, 1.0, n)


@pytest.mark.parametrize('name', KURAMOTO)
def test_kuramoto(name):
    assert_parity(lambda: kuramoto(**KURAMOTO[name]))
    text = bf.explain(kuramoto(**KURAMOTO[name]), dt=DT)
    assert '2 sums of its own without delay' in text


@pytest.mark.parametrize('n', [1, 2, 33, pytest.param(100, marks=pytest.mark.slow)])
def test_kuramoto_of_other_sizes(n):
    conn = np.random.default_rng(n).random((n, n))
    assert_parity(lambda: kuramoto(n, alpha=np.linspace(0.0, 1.0, n), conn=conn), rtol=5e-5)


@pytest.mark.parametrize('noise', ['GaussianNoise', 'OUProcess'])
def test_kuramoto_with_noise(noise):
    options = {'GaussianNoise': {}, 'OUProcess': {'tau': 5.0 * u.ms}}[noise]

    def make():
        process = getattr(brainmass, noise)(N, sigma=0.05, **options)
        return kuramoto(alpha=LAG, conn=WEIGHTS, noise_theta=process)

    assert_parity(make)


def test_kuramoto_batch():
    """A batch of starts; the kernels have none."""
    make = lambda: kuramoto(alpha=LAG, conn=WEIGHTS)  # noqa: E731
    assert_parity(make, batch_size=3, implementation='reference')


def coupled_kuramoto(coupling):
    """The network's delayed sum beside the node's own two."""
    node = kuramoto(alpha=LAG, conn=WEIGHTS, noise_theta=brainmass.GaussianNoise(N, sigma=0.02))
    return brainmass.Network(
        node,
        conn=WEIGHTS,
        distance=LENGTHS,
        speed=4.0,
        coupling=coupling,
        coupled_var='theta',
        k=0.2,
    )


def theta_of(model):
    return model.node.theta.value


@pytest.mark.parametrize(
    'coupling',
    [
        'diffusive',
        *(
            pytest.param(name, marks=pytest.mark.slow)
            for name in ('additive', 'laplacian', 'sigmoidal', 'tanh', 'sigmoidal_jansen_rit')
        ),
    ],
)
def test_kuramoto_in_a_network(coupling, x64):
    with brainstate.environ.context(precision=64):
        assert_parity(lambda: coupled_kuramoto(coupling), theta_of, 1e-12, 'reference')


def test_kuramoto_in_a_network_on_the_kernels():
    assert_parity(lambda: coupled_kuramoto('diffusive'), theta_of)


# --------------------------------------------------------------------------------- wired by hand


def hopf():
    start = braintools.init.Uniform(0.0, 0.5)
    return brainmass.HopfStep(N, a=0.1, init_x=start, init_y=start)


class Wired(brainstate.nn.Module):
    """A Hopf network whose current a function makes."""

    def __init__(self, current, flat=False):
        super().__init__()
        self.node, self.current = hopf(), current
        self.weights, self.k = Param(jnp.asarray(WEIGHTS)), Param(jnp.asarray(0.3))
        times, pairs = LENGTHS / 4.0, PAIRS
        if flat:
            times, pairs = times.reshape(-1), pairs.reshape(-1)
        self.source = self.node.prefetch_delay('x', (times * u.ms, pairs), init=START)
        self.linear = brainstate.nn.Linear(N, N)

    def update(self):
        return self.node(self.current(self))


def shifted_sine(m):
    phase = m.source() - m.node.x.value[:, None] - WEIGHTS
    return m.k.value() * (m.weights.value() * jnp.sin(phase)).sum(1)


def summed_difference(m):
    difference = m.source() - m.node.x.value[:, None]
    return m.k.value() * u.math.sum(m.weights.value() * difference, axis=1)


def matrix_of_function(m):
    return m.k.value() * (m.weights.value() @ jnp.tanh(m.k.value() * m.node.x.value))


def normalised(m):
    sums = (m.weights.value() * m.source()).sum(1)
    return m.k.value() * sums / m.weights.value().sum(1)


def through(name, *more):
    function = getattr(brainmass, name)
    return lambda m: function(m.source, *[f(m) for f in more], m.weights.value(), m.k.value())


CURRENTS = {
    'additive_coupling': through('additive_coupling'),
    'diffusive_coupling': through('diffusive_coupling', lambda m: m.node.x.value),
    'sigmoidal_coupling': through('sigmoidal_coupling'),
    'hyperbolic_tangent_coupling': through('hyperbolic_tangent_coupling'),
    'sigmoidal_jansen_rit_coupling': through('sigmoidal_jansen_rit_coupling'),
    'product': lambda m: (0.1 * m.weights.value() * m.source()).sum(-1),
    'difference': summed_difference,
    'einsum': lambda m: 0.1 * jnp.einsum('ij,ij->i', m.weights.value(), m.source()),
    'sine': shifted_sine,
    'conn @ f(x)': matrix_of_function,
    'x @ conn': lambda m: m.k.value() * (m.node.x.value @ m.weights.value()),
    'Linear': lambda m: 0.1 * m.linear(m.node.x.value),
    'normalised': normalised,
}


def x_of(model):
    return model.node.x.value


#: What a difference in the arithmetic would show first; the others are slow together.
QUICK = ('diffusive_coupling', 'einsum', 'sine', 'Linear')


@pytest.mark.parametrize(
    'name', [n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n in CURRENTS]
)
def test_current(name, x64):
    """Trajectory, float64, on the reference."""
    with brainstate.environ.context(precision=64):
        flat = name in ('additive_coupling', 'sigmoidal_jansen_rit_coupling')
        assert_parity(lambda: Wired(CURRENTS[name], flat), x_of, 1e-12, 'reference')


@pytest.mark.parametrize('name', ['diffusive_coupling', 'sine', 'conn @ f(x)'])
def test_current_on_the_kernels(name):
    assert_parity(lambda: Wired(CURRENTS[name]), x_of)


class Layer(brainstate.nn.Module):
    """A node driven by one of brainmass's recurrent connections."""

    def __init__(self, connection):
        super().__init__()
        start = braintools.init.Uniform(-1.0, 1.0)
        self.node = brainmass.HORNStep(N, omega=0.3, x_init=start, y_init=start)
        self.conn = connection(self.node)

    def update(self):
        return self.node(0.1 + self.conn())


CONNECTIONS = {
    'AdditiveConn': horn.AdditiveConn,
    'DelayedAdditiveConn': lambda node: horn.DelayedAdditiveConn(
        node, LENGTHS / 4.0 * u.ms, delay_init=START
    ),
    'DelayedLaplacianConn': lambda node: horn.DelayedLaplacianConn(
        node, LENGTHS / 4.0 * u.ms, delay_init=START
    ),
}


@pytest.mark.parametrize('name', CONNECTIONS)
def test_connections_of_brainmass(name):
    assert_parity(lambda: Layer(CONNECTIONS[name]))


def test_connection_that_is_updated_seldom():
    """Its history is not written at every step: the generic path."""

    def connection(node):
        conn = horn.DelayedAdditiveConnTR(node, LENGTHS / 4.0 * u.ms, tr=1.0 * u.ms)
        conn.update = conn.update_tr
        return conn

    result = run(bf, lambda: Layer(connection))
    assert result.implementation == 'generic'
    assert 'not written at every step' in result.reason


def jansen_rit():
    start = braintools.init.Uniform(0.0, 1.0)
    return brainmass.JansenRitStep(
        N, M_init=lambda *a: start(*a) * u.mV, E_init=lambda *a: start(*a) * u.mV
    )


class OwnHistory(brainstate.nn.Module):
    """Three weight matrices on one delayed read, of a history that the model itself writes."""

    def __init__(self, pushes=lambda m: (m.node.M.value,)):
        super().__init__()
        self.node, self.pushes = jansen_rit(), pushes
        self.delay = brainstate.nn.Delay(self.node.M_init((N,)), init=START)
        self.conn = connectivity.LaplacianConnectivity(
            self.delay.access('delay', LENGTHS / 4.0 * u.ms, PAIRS),
            *(self.node.prefetch(name) for name in 'MEI'),
            sc=jnp.asarray(WEIGHTS),
            w_ll=Param(jnp.asarray(WEIGHTS)),
            w_ff=jnp.asarray(WEIGHTS.T),
            w_bb=jnp.asarray(2.0 * WEIGHTS),
            g_b=Param(1.0),
        )

    def update(self):
        far, near = self.conn.update_tr(), self.conn.update()
        units = (u.mV, u.Hz, u.mV)
        self.node(*((a + b) * unit for a, b, unit in zip(far, near, units, strict=True)))
        for value in self.pushes(self):
            self.delay.update(value)
        return self.node.E.value - self.node.I.value


def test_history_of_the_model():
    result = assert_parity(OwnHistory)
    assert result['output'].unit == u.mV
    assert '3 sums of its own with delays up to 20 steps' in bf.explain(OwnHistory(), dt=DT)


@pytest.mark.parametrize(
    ('pushes', 'reason'),
    [
        (lambda m: (m.node.M.value,) * 2, 'written 2 times in a step'),
        (lambda m: (), 'written 0 times in a step'),
        (lambda m: (2 * m.node.M.value,), 'no state at the end of the update'),
        (lambda m: (m.node.M.value.to(u.volt),), 'is written with a value in V'),
    ],
    ids=['twice', 'never', 'of a function', 'in another unit'],
)
def test_histories_that_are_no_states_past(pushes, reason):
    assert reason in bf.explain(OwnHistory(pushes), dt=DT)


def test_three_connections_of_two_states():
    """Delayed and immediate sums, of one state and of a difference."""

    class Columns(brainstate.nn.Module):
        def __init__(self):
            super().__init__()
            self.node = jansen_rit()
            self.conn = connectivity.LaplacianConnV2(
                self.node, LENGTHS / 4.0 * u.ms, delay_init=START
            )

        def update(self):
            M, E, I = self.conn()  # noqa: E741
            self.node((0.1 + M) * u.mV, E * u.Hz, I * u.mV)
            return self.node.M.value

    assert_parity(Columns)


# ------------------------------------------------------------------------------------- gradients

GRADIENTS = {
    'kuramoto': (
        lambda: kuramoto(
            K=Param(jnp.asarray(0.0)),
            omega=Param(jnp.zeros(N)),
            alpha=Param(jnp.zeros(N)),
            conn=WEIGHTS,
        ),
        None,
        {'K': 0.5, 'omega': OMEGA, 'alpha': LAG},
    ),
    **{
        name: (
            lambda name=name: Wired(CURRENTS[name]),
            x_of,
            {'weights': WEIGHTS, 'k': 0.3},
        )
        for name in ('difference', 'sine', 'conn @ f(x)', 'normalised')
    },
    'own history': (OwnHistory, None, {'conn.w_ll': WEIGHTS.T, 'conn.g_b': 0.8}),
}


def gradient(lib, name):
    make, monitors, values = GRADIENTS[name]

    def loss(values):
        brainstate.random.seed(3)
        model = make()
        for path, value in values.items():
            param = model
            for part in path.split('.'):
                param = getattr(param, part)
            param.set_value(value)
        result = lib.Simulator(model, dt=DT).run(60 * DT, monitors=monitors)
        return (u.get_mantissa(result['output']) ** 2).sum()

    return jax.grad(loss)({path: jnp.asarray(value) for path, value in values.items()})


@pytest.mark.parametrize(
    'implementation', [pytest.param('reference', marks=pytest.mark.slow), 'cpu_ffi']
)
@pytest.mark.parametrize('name', GRADIENTS)
def test_gradient(name, implementation, x64):
    with brainstate.environ.context(precision=64):
        theirs = gradient(brainmass, name)
        with bf.use(implementation), bf.record() as choices:
            ours = gradient(bf, name)
    assert [choice.name for choice in choices] == [implementation]
    for path in theirs:
        assert np.abs(theirs[path]).max() > 0 or 'w_ll' in path
        np.testing.assert_allclose(
            ours[path], theirs[path], rtol=0, atol=1e-12 * np.abs(theirs[path]).max()
        )


def test_gradient_of_a_trained_layer():
    """Weights that a state of the model holds."""

    def gradient(lib):
        def loss(weight):
            brainstate.random.seed(3)
            model = Wired(CURRENTS['Linear'])
            model.linear.weight.value = {'weight': weight, 'bias': jnp.zeros(N)}
            result = lib.Simulator(model, dt=DT).run(60 * DT, monitors=x_of)
            return (result['output'] ** 2).sum()

        return jax.grad(loss)(jnp.asarray(WEIGHTS, jnp.float32))

    assert largest_error(gradient(bf), gradient(brainmass)) < 1e-5


def test_mapped_over_a_parameter():
    def last(lib, k):
        brainstate.random.seed(3)
        model = kuramoto(K=Param(0.0), conn=WEIGHTS)
        model.K.set_value(k)
        return lib.Simulator(model, dt=DT).run(20 * DT)['output'][-1]

    ks = jnp.array([0.1, 0.5])
    ours, theirs = (jax.vmap(lambda k, lib=lib: last(lib, k))(ks) for lib in (bf, brainmass))
    assert largest_error(ours, theirs) < 1e-6


@pytest.mark.parametrize(
    'name',
    ['kuramoto', *(pytest.param(n, marks=pytest.mark.slow) for n in ('sine', 'conn @ f(x)'))],
)
@pytest.mark.parametrize('implementation', ['xla', 'pallas_triton'])
def test_other_implementations(name, implementation):
    """Value and gradient equal the native kernels'; pallas in interpret mode."""
    results = []
    for other in ('cpu_ffi', implementation):
        with bf.use(other):
            results.append(gradient(bf, name))
    for path in results[0]:
        assert largest_error(results[1][path], results[0][path]) < 2e-5


# ------------------------------------------------------------------------------------ candidates


@pytest.mark.parametrize('noise', ['shared', 'sequential'])
def test_candidates_of_kuramoto(noise):
    """Lags enter what is emitted, strengths the step."""
    values = {'alpha': RNG.random((3, N)).astype(np.float32), 'K': np.array([0.1, 0.4, 0.8])}
    make = lambda: kuramoto(K=Param(0.0), alpha=Param(jnp.zeros(N)), conn=WEIGHTS)  # noqa: E731
    together = run(bf, make, candidates=values, noise=noise)
    brainstate.random.seed(3)
    for c in range(3):
        model = make()
        for name, value in values.items():
            getattr(model, name).set_value(jnp.asarray(value[c], jnp.float32))
        if noise == 'shared':
            brainstate.random.seed(3)
        alone = bf.Simulator(model, dt=DT).run(100 * DT)
        np.testing.assert_allclose(together['output'][:, c], alone['output'], rtol=0, atol=1e-6)


@pytest.mark.parametrize('names', [('k',), ('weights',), ('k', 'weights')])
def test_candidates_of_prepared_weights(names):
    """Prepared weights have a candidate axis where they depend on a candidate, and else none."""
    values = {'k': np.array([0.1, 0.3]), 'weights': np.stack([WEIGHTS, 2 * WEIGHTS])}
    values = {name: values[name].astype(np.float32) for name in names}
    together = run(bf, lambda: Wired(normalised), x_of, candidates=values)
    for c in range(2):

        def make(c=c):
            model = Wired(normalised)
            for name, value in values.items():
                getattr(model, name).set_value(jnp.asarray(value[c]))
            return model

        alone = run(bf, make, x_of)
        np.testing.assert_allclose(together['output'][:, c], alone['output'], rtol=0, atol=1e-6)


# ----------------------------------------------------------------------------------- runs in turn


@pytest.mark.parametrize('make', [lambda: Wired(summed_difference), OwnHistory])
def test_continued(make):
    """The rings are left where stepping would have left them."""
    results = []
    for lib in (bf, brainmass):
        brainstate.random.seed(3)
        simulator = lib.Simulator(make(), dt=DT)
        simulator.run(53 * DT)
        results.append(simulator.run(40 * DT, init_states=False)['output'])
    assert largest_error(*results) < 1e-5


@pytest.fixture
def traces(monkeypatch):
    count = []
    original = building.trace_step
    monkeypatch.setattr(building, 'trace_step', lambda *args: (count.append(1), original(*args))[1])
    return count


def test_a_kept_program_reads_the_parameters_anew(traces):
    model = kuramoto(K=Param(0.2), alpha=Param(jnp.zeros(N)), conn=WEIGHTS)
    for k in (0.2, 0.7):
        model.K.set_value(k)
        model.alpha.set_value(jnp.asarray(LAG * k))
        assert_parity(lambda: model)
    assert len(traces) == 1


def test_a_kept_program_reads_held_states_anew(traces, monkeypatch):
    monkeypatch.setattr(Wired, '__module__', 'brainmass')  # as a class that is known to be pure
    model = Wired(_linear)
    for scale in (1.0, 2.0):
        model.linear.weight.value = {
            'weight': jnp.asarray(scale * WEIGHTS, jnp.float32),
            'bias': jnp.asarray(scale * OMEGA, jnp.float32),
        }
        assert_parity(lambda: model, x_of, implementation='reference')
    assert len(traces) == 1
    model.apart = brainstate.ShortTermState(jnp.ones(N))
    for scale in (1.0, 2.0):
        model.apart.value = scale * jnp.ones(N)
        monitors = lambda m: m.node.x.value * m.apart.value  # noqa: E731
        assert_parity(lambda: model, monitors, implementation='reference')


def _linear(m):
    return 0.1 * m.linear(m.node.x.value)


def test_delays_follow_the_time_step_of_the_run(monkeypatch):
    monkeypatch.setattr(Wired, '__module__', 'brainmass')
    model = Wired(summed_difference)
    for dt in (DT, DT / 2, DT):
        with brainstate.environ.context(dt=dt):
            fresh = Wired(summed_difference)
            results = []
            for lib, own in ((bf, model), (brainmass, fresh)):
                brainstate.random.seed(3)
                simulator = lib.Simulator(own, dt=dt)
                results.append(simulator.run(5.0 * u.ms, monitors=x_of)['output'])
        assert largest_error(*results) < 1e-5
