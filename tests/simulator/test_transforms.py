"""vmap, jit, grad, jvp and Hessians of functions that build and run a model."""

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
A = np.linspace(-0.2, 0.3, N)


@pytest.fixture(autouse=True)
def clock():
    with brainstate.environ.context(dt=DT):
        yield


@pytest.fixture
def double(x64):
    with brainstate.environ.context(precision=64):
        yield


def ramp(shape, **kwargs):
    """An initializer without random numbers: raw JAX transformations cannot carry brainstate's key."""
    return jnp.linspace(0.1, 0.5, int(np.prod(shape))).reshape(shape)


def network(lib, k=0.3, a=A, conn=WEIGHTS, delay=True, noisy=True, x0=None, coupling='diffusive'):
    start = braintools.init.Uniform(0.0, 0.5) if noisy else ramp
    noise = {'noise_x': lib.GaussianNoise(N, sigma=0.05)} if noisy else {}
    init_x = start if x0 is None else (lambda shape: x0)
    node = lib.HopfStep(N, a=a, init_x=init_x, init_y=start, **noise)
    where = {'distance': LENGTHS, 'speed': 4.0} if delay else {}
    where['delay_init'] = start
    return lib.Network(node, conn=conn, coupled_var='x', k=k, coupling=coupling, **where)


def trajectory(lib, steps=STEPS, **kwargs):
    sim = lib.Simulator(network(lib, **kwargs), dt=DT)
    return sim.run(steps * DT, monitors=lambda m: m.node.x.value)['output']


def energy(lib, **kwargs):
    return jnp.mean(trajectory(lib, **kwargs) ** 2)


def seeded(function, *args):
    brainstate.random.seed(9)
    return function(*args)


def assert_close(ours, theirs, rtol=1e-5):
    a, b = jax.tree.leaves(ours), jax.tree.leaves(theirs)
    assert len(a) == len(b)
    for mine, other in zip(a, b, strict=True):
        mine, other = np.asarray(mine), np.asarray(other)
        assert mine.shape == other.shape
        np.testing.assert_allclose(mine, other, rtol=0, atol=rtol * np.abs(other).max())


GRID = jnp.array([0.0, 0.2, 0.5])


# ------------------------------------------------------------------------------------------- vmap


@pytest.mark.parametrize('delay', [False, True])
def test_vmap_over_networks_built_inside(delay):
    """jax.vmap shares the noise and the initial history."""
    mapped = [
        seeded(jax.vmap(lambda k, lib=lib: trajectory(lib, k=k, delay=delay)), GRID)
        for lib in (bf, brainmass)
    ]
    assert_close(*mapped)
    singles = [seeded(lambda k: trajectory(bf, k=k, delay=delay), k) for k in GRID]
    assert_close(mapped[0], jnp.stack(singles))


def test_vmap_over_per_region_parameters():
    rows = jnp.asarray(RNG.normal(size=(3, N)) * 0.2)
    ours, theirs = (
        seeded(jax.vmap(lambda a, lib=lib: trajectory(lib, a=a)), rows) for lib in (bf, brainmass)
    )
    assert_close(ours, theirs)


def test_vmap_over_the_connectome():
    stack = jnp.asarray(RNG.random((3, N, N)))
    ours, theirs = (
        seeded(jax.vmap(lambda w, lib=lib: trajectory(lib, conn=w)), stack)
        for lib in (bf, brainmass)
    )
    assert_close(ours, theirs)


def test_vmap_over_the_speed():
    """Delays may differ between the members of a batch; the longest is given."""

    def at(speed):
        net = bf.Network(
            bf.HopfStep(N, a=A, init_x=ramp, init_y=ramp),
            conn=WEIGHTS,
            distance=LENGTHS,
            speed=speed,
            coupled_var='x',
            k=0.3,
            max_delay=4.0 * u.ms,
            delay_init=braintools.init.Constant(0.1),
        )
        return bf.Simulator(net, dt=DT).run(STEPS * DT, monitors=['node.x'])['node.x']

    speeds = jnp.array([2.0, 4.0, 40.0])
    mapped = jax.vmap(at)(speeds)
    singles = [at(float(speed)) for speed in speeds]
    assert_close(mapped, jnp.stack(singles))
    assert np.abs(np.asarray(mapped[0] - mapped[2])).max() > 1e-3


def test_vmap_of_brainstate():
    """It gives each member its own random numbers, as it does for brainmass."""
    ours, theirs = (
        seeded(brainstate.transform.vmap(lambda k, lib=lib: trajectory(lib, k=k)), GRID)
        for lib in (bf, brainmass)
    )
    assert_close(ours, theirs)
    same = seeded(brainstate.transform.vmap(lambda k: trajectory(bf, k=k)), jnp.full(3, 0.2))
    assert np.abs(np.asarray(same[0] - same[1])).max() > 1e-2


def test_vmap_of_brainstate_over_a_node():
    """The sweep of the guides: amplitude over two parameters."""

    def amplitude(lib):
        def one(a, w):
            node = lib.HopfStep(1, a=a, w=w, init_x=braintools.init.Constant(0.5))
            run = lib.Simulator(node, dt=DT).run(15.0 * u.ms, monitors=['x'], transient=5.0 * u.ms)
            return jnp.sqrt(jnp.mean(run['x'][:, 0] ** 2))

        return one

    a, w = (grid.reshape(-1) for grid in jnp.meshgrid(GRID, jnp.array([0.2, 0.4])))
    ours, theirs = (brainstate.transform.vmap(amplitude(lib))(a, w) for lib in (bf, brainmass))
    assert_close(ours, theirs)


def test_vmap_inside_jit_and_jit_inside_vmap():
    def loss(k):
        return energy(bf, k=k, noisy=False)

    plain = jax.vmap(loss)(GRID)
    assert_close(jax.jit(jax.vmap(loss))(GRID), plain)
    assert_close(jax.vmap(jax.jit(loss))(GRID), plain)


def test_vmap_is_one_batch():
    """The mapped loss holds one simulate equation."""
    jaxpr = jax.make_jaxpr(jax.vmap(lambda k: energy(bf, k=k, noisy=False)))(GRID)
    names = [eqn.params.get('name') for eqn in jaxpr.jaxpr.eqns]
    assert names.count('brainfit_fast_simulate') == 1


# -------------------------------------------------------------------------------------------- jit


def test_jit_of_brainstate():
    """States and key are carried out of the compiled function as brainmass's are."""
    results, keys = [], []
    for lib in (bf, brainmass):
        brainstate.random.seed(2)
        net = network(lib)
        sim = lib.Simulator(net, dt=DT)

        @brainstate.transform.jit
        def run(sim=sim):
            return sim.run(STEPS * DT, monitors=lambda m: m.node.x.value)['output']

        results.append([run(), run()])
        keys.append(jax.random.key_data(brainstate.random.DEFAULT.value))
    assert_close(*results)
    np.testing.assert_array_equal(*keys)


def test_jit_of_jax_over_a_network_built_inside():
    ours, theirs = (
        jax.jit(lambda k, lib=lib: trajectory(lib, k=k, noisy=False))(0.3)
        for lib in (bf, brainmass)
    )
    assert_close(ours, theirs)
    assert_close(ours, trajectory(bf, k=0.3, noisy=False))


# -------------------------------------------------------------------------------------- gradients


@pytest.mark.parametrize('delay', [False, True])
def test_gradient_of_jax_equals_brainmass(delay, double):
    ours, theirs = (
        seeded(jax.value_and_grad(lambda k, lib=lib: energy(lib, k=k, delay=delay)), 0.3)
        for lib in (bf, brainmass)
    )
    assert_close(ours, theirs, 1e-9)


def test_gradient_of_brainstate_equals_brainmass(double):
    """k, a per region, and the connectome, trained together."""
    results = []
    for lib in (bf, brainmass):
        brainstate.random.seed(9)
        net = network(lib, k=Param(0.3), a=Param(A), conn=Param(WEIGHTS))
        weights = net.states(brainstate.ParamState)
        sim = lib.Simulator(net, dt=DT)

        def loss(sim=sim):
            return jnp.mean(sim.run(STEPS * DT, monitors=lambda m: m.node.x.value)['output'] ** 2)

        grads, value = brainstate.transform.grad(loss, weights, return_value=True)()
        results.append(({str(key): grad for key, grad in grads.items()}, value))
    assert results[0][0].keys() == results[1][0].keys()
    assert_close(*results, 1e-9)


ARGUMENTS = {
    'k': np.linspace(0.1, 0.4, N),
    'a': A,
    'conn': WEIGHTS,
    'x0': np.linspace(0.1, 0.5, N),
}


@pytest.mark.parametrize(
    ('coupling', 'delay'),
    [
        ('diffusive', True),
        ('diffusive', False),
        ('sigmoidal_jansen_rit', True),
        pytest.param('additive', True, marks=pytest.mark.slow),
        pytest.param('sigmoidal', True, marks=pytest.mark.slow),
        pytest.param('tanh', True, marks=pytest.mark.slow),
    ],
)
def test_gradient_against_finite_differences(coupling, delay, double):
    """Per-region k and a, connectome and initial state, each along two random directions."""
    values = {name: jnp.asarray(value) for name, value in ARGUMENTS.items()}
    loss = jax.jit(
        lambda values: energy(bf, steps=34, coupling=coupling, delay=delay, noisy=False, **values)
    )
    grads = jax.jit(jax.grad(loss))(values)
    rng = np.random.default_rng(1)
    step = 1e-5
    for name, grad in grads.items():
        assert np.abs(np.asarray(grad)).max() > 0
        for _ in range(2):
            direction = rng.standard_normal(grad.shape)
            up, down = (
                loss({**values, name: values[name] + sign * step * direction}) for sign in (1, -1)
            )
            difference = (up - down) / (2 * step)
            scale = np.linalg.norm(grad) * np.linalg.norm(direction)
            assert abs(difference - np.vdot(grad, direction)) <= 1e-7 * scale, name


def scalar_gain(k):
    return energy(bf, k=k, noisy=False, steps=34)


def test_gradient_of_the_initial_state_equals_brainmass(double):
    x0 = jnp.asarray(ARGUMENTS['x0'])
    ours, theirs = (
        seeded(jax.grad(lambda x, lib=lib: energy(lib, x0=x)), x0) for lib in (bf, brainmass)
    )
    assert_close(ours, theirs, 1e-9)


def test_gradient_through_samples_and_transient(double):
    """What is not recorded must still carry the gradient."""

    def loss(lib, k):
        sim = lib.Simulator(network(lib, k=k), dt=DT)
        run = sim.run(STEPS * DT, monitors=lambda m: m.node.x.value, transient=17, sample_every=7)
        return jnp.sum(run['output'] ** 2)

    ours, theirs = (
        seeded(jax.value_and_grad(lambda k, lib=lib: loss(lib, k)), 0.3) for lib in (bf, brainmass)
    )
    assert_close(ours, theirs, 1e-9)


def test_gradient_through_inputs(double):
    drive = jnp.asarray(RNG.standard_normal((STEPS, N)) * 0.1)

    def loss(lib, rows):
        node = network(lib).node
        run = lib.Simulator(node, dt=DT).run(STEPS * DT, inputs=rows, monitors=['x'])
        return jnp.mean(run['x'] ** 2)

    ours, theirs = (
        seeded(jax.grad(lambda rows, lib=lib: loss(lib, rows)), drive) for lib in (bf, brainmass)
    )
    assert_close(ours, theirs, 1e-9)


def test_gradient_in_chunks_of_recomputation(double):
    """A prime number of steps: segments of unequal length."""
    ours, theirs = (
        seeded(jax.grad(lambda k, lib=lib: energy(lib, k=k, steps=101)), 0.3)
        for lib in (bf, brainmass)
    )
    assert_close(ours, theirs, 1e-9)


def test_gradient_on_the_generic_path(double):
    """A model that mixes regions is differentiated step by step."""

    class Mixing(brainstate.nn.Dynamics):
        def __init__(self, gain):
            super().__init__(N)
            self.gain = Param.init(gain)

        def init_state(self, *args, **kwargs):
            self.z = brainstate.HiddenState(jnp.linspace(0.1, 0.5, N))

        def update(self):
            z = self.z.value
            self.z.value = z + 0.1 * (jax.nn.softmax(self.gain.value() * z) - z)
            return self.z.value

    def loss(lib, gain):
        run = lib.Simulator(Mixing(gain), dt=DT).run(20 * DT, monitors=['z'])
        return jnp.sum(run['z'] ** 2)

    ours, theirs = (jax.grad(lambda g, lib=lib: loss(lib, g))(2.0) for lib in (bf, brainmass))
    assert_close(ours, theirs, 1e-12)


def test_gradient_under_vmap(double):
    ours, theirs = (
        seeded(jax.vmap(jax.grad(lambda k, lib=lib: energy(lib, k=k))), GRID)
        for lib in (bf, brainmass)
    )
    assert_close(ours, theirs, 1e-9)


# ----------------------------------------------------------------------------------- forward mode


def test_forward_mode_equals_reverse_mode(double):
    loss = scalar_gain
    with bf.use('reference'):
        value, tangent = jax.jvp(loss, (0.3,), (1.0,))
        np.testing.assert_allclose(tangent, jax.grad(loss)(0.3), rtol=1e-9)
        np.testing.assert_allclose(value, loss(0.3), rtol=1e-12)


def test_jacobian_of_the_trajectory(double):
    def final(a):
        return trajectory(bf, a=a, steps=12, noisy=False)[-1]

    a = jnp.asarray(A)
    with bf.use('reference'):
        forward = jax.jacfwd(final)(a)
    reverse = jax.jacrev(final)(a)
    assert forward.shape == (N, N)
    np.testing.assert_allclose(forward, reverse, rtol=0, atol=1e-12)
    assert np.abs(np.asarray(forward)).max() > 1e-3


def test_hessian(double):
    loss = scalar_gain
    with bf.use('reference'):
        second = jax.hessian(loss)(0.3)
    step = 1e-4
    expected = (jax.grad(loss)(0.3 + step) - jax.grad(loss)(0.3 - step)) / (2 * step)
    np.testing.assert_allclose(second, expected, rtol=1e-6)


@pytest.mark.parametrize('mode', [jax.jacfwd, jax.hessian])
def test_missing_modes_of_the_kernel_name_the_reference(mode, fastest, double):
    if fastest != 'cpu_ffi':
        pytest.skip('the native library is absent on purpose')
    with pytest.raises(bf.BrainfitError, match=r"^simulate: .*use\('reference'\)"):
        mode(scalar_gain)(0.3)
