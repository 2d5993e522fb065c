"""The excitatory–inhibitory Wong–Wang node against a NumPy loop written from Deco et al. (2014)."""

import brainstate
import brainunit as u
import jax
import numpy as np
import pytest

import brainfit_fast as bf
from brainfit_fast.models import GaussianNoise, WongWangExcInhStep

# Published values, in nA, Hz and ms.
A, B, D, GAMMA, TAU = (310.0, 615.0), (125.0, 177.0), (0.16, 0.087), (0.641e-3, 1e-3), (100.0, 10.0)
W_P, J_N, I_0, W_E, W_I = 1.4, 0.15, 0.382, 1.0, 0.7


class Replay(brainstate.nn.Module):
    """Noise read from a table, so that a NumPy loop can use the same samples."""

    def __init__(self, table):
        super().__init__()
        self.table = jax.numpy.asarray(table)

    def update(self):
        return self.table[brainstate.environ.get('i')]


def rate(x, k):
    """Firing rate in Hz at a current in nA, away from the removable singularity."""
    y = A[k] * x - B[k]
    return y / (1.0 - np.exp(-D[k] * y))


def drift(S_e, S_i, coupling, J=1.0, G=2.0):
    """Rates of both gatings per ms."""
    r_e = rate(W_E * I_0 + W_P * J_N * S_e - J * S_i + G * J_N * coupling, 0)
    r_i = rate(W_I * I_0 + J_N * S_e - S_i, 1)
    return -S_e / TAU[0] + (1 - S_e) * GAMMA[0] * r_e, -S_i / TAU[1] + GAMMA[1] * r_i


def numpy_loop(coupling, noise, dt):
    """Euler steps from (0.001, 0.001), clipped; noise (steps, 2, N) is per ms."""
    S_e = S_i = np.full(coupling.shape[1], 0.001)
    out = []
    for c, (xi_e, xi_i) in zip(coupling, noise, strict=True):
        dS_e, dS_i = drift(S_e, S_i, c)
        S_e = np.clip(S_e + dt * (dS_e + xi_e), 0.0, 1.0)
        S_i = np.clip(S_i + dt * (dS_i + xi_i), 0.0, 1.0)
        out.append((S_e, S_i))
    return np.array(out)


@pytest.mark.parametrize('bits', [32, 64])
def test_numpy_loop(bits, run):
    """Seed 3 for inputs and noise, 400 steps of 0.5 ms; the clip acts on both states."""
    rng = np.random.default_rng(3)
    coupling = rng.uniform(0.0, 0.3, (400, 4))
    noise = 0.01 / np.sqrt(0.5) * rng.normal(size=(400, 2, 4))
    expected = numpy_loop(coupling, noise, 0.5)
    assert (expected == 0.0).any((0, 2)).all()
    with brainstate.environ.context(precision=bits):
        channels = {'noise_e': Replay(noise[:, 0]), 'noise_i': Replay(noise[:, 1])}
        node = WongWangExcInhStep(4, method='euler', clip=True, **channels)
        out, states = run(node, (coupling,), seed=0, steps=400, dt=0.5 * u.ms)
    atol = {32: 1e-5, 64: 1e-12}[bits]
    np.testing.assert_allclose(states[('S_e',)], expected[:, 0], rtol=0, atol=atol)
    np.testing.assert_allclose(states[('S_i',)], expected[:, 1], rtol=0, atol=atol)
    np.testing.assert_array_equal(np.asarray(out), np.asarray(states[('S_e',)]))


def test_rest_of_an_isolated_node(double, run):
    """Float64: the steady state of Demirtas et al. (2019), 3.077 and 3.922 Hz."""
    node = WongWangExcInhStep(1)
    run(node, (), seed=0, steps=4000, dt=1.0 * u.ms)
    np.testing.assert_allclose(node.S_e.value, 0.1647572075, rtol=1e-6)
    np.testing.assert_allclose(node.S_i.value, 0.0392184486, rtol=1e-6)
    np.testing.assert_allclose(node.H_e(), 3.0773270642, rtol=1e-6)
    np.testing.assert_allclose(node.H_i(), 3.9218448633, rtol=1e-6)


def test_rates_of_brainmass(double):
    """H_e and H_i at random states and inputs, every parameter but lamda at its default."""
    brainmass = pytest.importorskip('brainmass')
    rng = np.random.default_rng(8)
    S_e, S_i, c = rng.uniform(0.0, 0.5, (3, 20))
    values = []
    for library in (bf, brainmass):
        node = library.WongWangExcInhStep(20, lamda=0.3)
        brainstate.nn.init_all_states(node)
        node.S_e.value, node.S_i.value = jax.numpy.asarray(S_e), jax.numpy.asarray(S_i)
        values.append((node.H_e(c), node.H_i(c), node.H_e(), node.H_i()))
    for ours, theirs in zip(*values, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-11)


@pytest.mark.parametrize('clip', [True, False])
def test_clip(clip, run):
    """Seed 6, float32, strong noise: inside [0, 1] with the clip, outside without."""
    channels = {name: GaussianNoise(50, sigma=0.2) for name in ('noise_e', 'noise_i')}
    node = WongWangExcInhStep(50, clip=clip, **channels)
    out, states = run(node, (), seed=6, steps=50, dt=1.0 * u.ms)
    for values in states.values():
        values = np.asarray(values)
        assert ((values >= 0).all() and (values <= 1).all()) == clip
    np.testing.assert_array_equal(np.asarray(out), np.asarray(states[('S_e',)]))


@pytest.mark.parametrize('current', [-10.0, 125.0 / 310.0, 10.0])
def test_rates_and_gradients_stay_finite(current):
    """Float32: far below the threshold, at it, where the fraction reads 0/0, and far above."""

    def total(I_ext):
        node = WongWangExcInhStep(1, I_o=0.0, I_ext=I_ext, init_S_e=np.zeros, init_S_i=np.zeros)
        brainstate.nn.init_all_states(node)
        return node.H_e().sum()

    value, gradient = jax.value_and_grad(total)(jax.numpy.float32(current))
    expected = {-10.0: (0.0, 0.0), 10.0: (310.0 * 10 - 125.0, 310.0)}
    np.testing.assert_allclose(
        [value, gradient], expected.get(current, (1 / 0.16, 155.0)), rtol=1e-4, atol=1e-20
    )


@pytest.mark.parametrize('method', ['exp_euler', 'euler', 'heun', 'rk4', 'dopri5'])
def test_integrators_agree_as_dt_shrinks(method, double, run):
    """Float64: every integrator approaches rk4 at a tenth of the step, at its own order."""

    def final(method, dt_ms):
        node = WongWangExcInhStep(1, J_i=0.9, method=method)
        out, _ = run(node, (), seed=0, steps=round(200 / dt_ms), dt=dt_ms * u.ms)
        return float(out[-1, 0])

    error = abs(final(method, 1.0) - final('rk4', 0.1))
    assert 0 < error < {'exp_euler': 5e-3, 'euler': 5e-3}.get(method, 5e-5)


@pytest.mark.parametrize('n', [1, 33])
@pytest.mark.parametrize('implementation', ['cpu_ffi', 'xla'])
def test_implementations_agree(implementation, n, double):
    """Seed 2, float64, delays and noise: values and gradients are those of the reference."""
    rng = np.random.default_rng(2)
    conn, distance = rng.uniform(0.0, 2.0 / n, (n, n)), rng.uniform(0.0, 5.0, (n, n))

    def loss(theta, name):
        noise = {key: GaussianNoise(n, sigma=0.01) for key in ('noise_e', 'noise_i')}
        node = WongWangExcInhStep(
            n, G=theta[0], J_i=theta[1], lamda=theta[2], method='euler', clip=True, **noise
        )
        net = bf.Network(
            node, conn=conn, distance=distance, speed=1.0, coupling='additive', coupled_var='S_e'
        )
        brainstate.random.seed(2)
        with bf.use(name):
            result = bf.Simulator(net, dt=0.5 * u.ms).run(
                30.0 * u.ms, monitors=['node.S_e', 'node.S_i']
            )
        assert result.implementation == name
        series = jax.numpy.stack([result['node.S_e'], result['node.S_i']])
        return (series[:, -1] ** 2).sum(), series

    theta = jax.numpy.array([0.7, 1.1, 0.2])
    ours, theirs = (
        jax.value_and_grad(loss, has_aux=True)(theta, name)
        for name in (implementation, 'reference')
    )
    np.testing.assert_allclose(ours[0][1], theirs[0][1], rtol=1e-10)
    assert np.abs(theirs[1]).min() > (1e-9 if n > 1 else -1)
    np.testing.assert_allclose(ours[1], theirs[1], rtol=1e-9, atol=1e-16)
