"""The reduced Wong–Wang node against NumPy loops written from Deco et al. (2013)."""

import brainstate
import brainunit as u
import jax
import numpy as np
import pytest

from brainfit_fast.models import GaussianNoise, ReducedWongWangStep

# Published values, in s, nA and Hz.
A, B, D, GAMMA, TAU, W, J_N, I_0 = 270.0, 108.0, 0.154, 0.641, 0.1, 0.9, 0.2609, 0.3


def rate(x):
    """Firing rate in Hz at a current in nA, away from the removable singularity."""
    y = A * x - B
    return y / (1.0 - np.exp(-D * y))


def drift(S, coupling, w=W):
    """Rate of S per second."""
    return -S / TAU + (1.0 - S) * GAMMA * rate(w * J_N * S + J_N * coupling + I_0)


def fixed_points(coupling=0.0, w=W):
    """Zeros of the drift on (0, 1), by sign changes and bisection."""
    grid = np.linspace(1e-6, 1 - 1e-6, 4001)
    values = drift(grid, coupling, w)
    found = []
    for k in np.nonzero(values[:-1] * values[1:] < 0)[0]:
        low, high = grid[k], grid[k + 1]
        for _ in range(60):
            middle = 0.5 * (low + high)
            if drift(low, coupling, w) * drift(middle, coupling, w) <= 0:
                high = middle
            else:
                low = middle
        found.append(0.5 * (low + high))
    return found


class Replay(brainstate.nn.Module):
    """Noise read from a table, so that a NumPy loop can use the same samples."""

    def __init__(self, table):
        super().__init__()
        self.table = jax.numpy.asarray(table)

    def update(self):
        return self.table[brainstate.environ.get('i')]


def numpy_loop(S, coupling, noise, dt_ms, method):
    """Steps of a batch-free node; noise is per ms and enters the rate of S."""
    dt = dt_ms / 1000.0
    out = []
    for c, xi in zip(coupling, noise, strict=True):

        def f(s, c=c, xi=xi):
            return drift(s, c) + 1000.0 * xi

        if method == 'euler':
            S = S + dt * f(S)
        else:  # phi(z) = (exp(z) - 1) / z at z = dt f'(S), the slope by central difference
            h = 1e-6
            z = dt * (f(S + h) - f(S - h)) / (2 * h)
            S = S + dt * np.expm1(z) / z * f(S)
        S = np.clip(S, 0.0, 1.0)
        out.append(S)
    return np.array(out)


@pytest.mark.parametrize(('method', 'rtol'), [('euler', 1e-12), ('exp_euler', 1e-9)])
def test_numpy_loop(method, rtol, double, run):
    """Seed 3 for inputs and noise, float64, every region its own samples, 400 steps of 0.5 ms.

    exp_euler: the loop's slope is a difference quotient, good to about 1e-9.
    """
    rng = np.random.default_rng(3)
    coupling = rng.uniform(0.0, 0.3, (400, 4))
    noise = 0.001 / np.sqrt(0.5) * rng.normal(size=(400, 4)) * np.array([10.0, 1.0, 1.0, 1.0])
    start = np.array([0.0, 0.05, 0.4, 1.0])
    node = ReducedWongWangStep(4, noise_S=Replay(noise), init_S=lambda shape: start, method=method)
    out, states = run(node, (coupling,), seed=0, steps=400, dt=0.5 * u.ms)
    expected = numpy_loop(start, coupling, noise, 0.5, method)
    assert (expected[:, 0] == 0.0).any()  # the clip acts
    np.testing.assert_allclose(np.asarray(out), expected, rtol=0, atol=rtol)
    np.testing.assert_array_equal(np.asarray(states[('S',)]), np.asarray(out))


def test_numpy_loop_float32(run):
    """Float32, the same loop with 200 steps: 1e-5 of the largest value."""
    rng = np.random.default_rng(4)
    coupling = rng.uniform(0.0, 0.3, (200, 4))
    noise = 0.001 * rng.normal(size=(200, 4))
    node = ReducedWongWangStep(4, noise_S=Replay(noise.astype(np.float32)), method='euler')
    out, _ = run(node, (coupling,), seed=0, steps=200, dt=1.0 * u.ms)
    expected = numpy_loop(np.full(4, 0.001), coupling, noise, 1.0, 'euler')
    assert out.dtype == np.float32
    assert np.abs(np.asarray(out) - expected).max() <= 1e-5 * expected.max()


def test_rest_of_an_isolated_node(double, run):
    """Float64: one stable state, low rate, where the drift vanishes."""
    (S,) = fixed_points()
    assert 0.5 < rate(W * J_N * S + I_0) < 3.0
    node = ReducedWongWangStep(1)
    out, _ = run(node, (), seed=0, steps=2000, dt=1.0 * u.ms)
    np.testing.assert_allclose(np.asarray(out)[-1], S, rtol=1e-6)
    np.testing.assert_allclose(np.asarray(node.firing_rate()), rate(W * J_N * S + I_0), rtol=1e-6)


def test_bistable_with_stronger_recurrence(double, run):
    """Float64, w = 1.5: a low state under 3 Hz and a high one above 20 Hz, by initial value."""
    low, middle, high = fixed_points(w=1.5)
    starts = np.array([middle - 0.02, middle + 0.02])
    node = ReducedWongWangStep(2, w=1.5, init_S=lambda shape: starts)
    out, _ = run(node, (), seed=0, steps=8000, dt=1.0 * u.ms)
    np.testing.assert_allclose(np.asarray(out)[-1], [low, high], rtol=1e-6)
    rates = np.asarray(node.firing_rate())
    assert rates[0] < 3.0
    assert rates[1] > 20.0


def test_input_is_scaled_by_the_synaptic_coupling():
    """update(c) equals update(I_ext = J_N c)."""
    results = []
    for arguments in ({'coupling': 0.5}, {'I_ext': 0.5 * J_N}):
        node = ReducedWongWangStep(2)
        brainstate.nn.init_all_states(node)
        with brainstate.environ.context(dt=1.0 * u.ms):
            results.append(np.asarray(node.update(**arguments)))
    np.testing.assert_allclose(*results, rtol=1e-6)
    assert (results[0] > 0.001).all()


def exact(z):
    """g(z) = z / (1 - exp(-z)) and its first two derivatives in float64."""
    if abs(z) < 0.1:
        return (
            1 + z / 2 + z**2 / 12 - z**4 / 720 + z**6 / 30240,
            1 / 2 + z / 6 - z**3 / 180 + z**5 / 5040,
            1 / 6 - z**2 / 60 + z**4 / 1008,
        )
    e = np.exp(-abs(z))
    q = 1 - e
    if z > 0:
        first = 1 / q - z * e / q**2
        second = e / q**2 * (-2 + z + 2 * z * e / q)
        return z / q, first, second
    _, first, second = exact(-z)  # g(z) = g(-z) + z
    return -z * e / q, 1 - first if -z < 30 else e * (-z - 1), second


@pytest.mark.parametrize('y', [0.0, 1e-6, -1e-6, 1e-3, -1e-3, 0.1, -0.1, 1.0, -3.0, 50.0, 1e3])
def test_rate_is_well_conditioned(y, precision):
    """H, H' and H'' around a x = b and away from it, at the argument that the node computes.

    b = 0 and a = 1, so that the current is y itself and nothing cancels before H.
    """
    node = ReducedWongWangStep(1, a=1.0, b=0.0)
    value, first, second = exact(D * y)
    expected = np.array([value / D, first, second * D])
    x = jax.numpy.asarray(y, f'float{precision}')

    def scalar(x):
        return node.H(x).sum()

    got = [scalar(x), jax.grad(scalar)(x), jax.grad(jax.grad(scalar))(x)]
    assert all(g.dtype == x.dtype for g in got)
    # H'' is relative to its largest value, D / 6; exprel loses three digits of it near z = 0.15.
    rtol, atol = (1e-5, 5e-4) if precision == 32 else (1e-12, 1e-10)
    np.testing.assert_allclose(got[:2], expected[:2], rtol=rtol)
    np.testing.assert_allclose(got[2], expected[2], rtol=0, atol=atol * D / 6)


@pytest.mark.parametrize('x', [-1e3, -10.0, -2.0, 0.4, 2.5, 10.0])
def test_rate_and_gradient_stay_finite(x):
    """Float32, published parameters, currents far beyond the physiological ones."""
    node = ReducedWongWangStep(1)
    value, gradient = jax.value_and_grad(lambda x: node.H(x).sum())(jax.numpy.float32(x))
    assert np.isfinite(value)
    assert np.isfinite(gradient)
    expected = (0.0, 0.0) if x < 0 else ((1 / D, A / 2) if x == 0.4 else (A * x - B, A))
    # The derivative of exprel(-z) loses a factor |z| of the precision at large z.
    rtol = 2 * np.finfo(np.float32).eps * max(abs(D * (A * x - B)), 10.0)
    np.testing.assert_allclose([value, gradient], expected, rtol=rtol, atol=1e-25)


def test_gradient_of_the_trajectory(double, run):
    """Float64, exp_euler: d sum S(T) / dw, dI_0, dcoupling against central differences."""
    coupling = np.full((60, 2), 0.1)

    def total(theta):
        node = ReducedWongWangStep(2, w=theta[0], I_0=theta[1])
        out, _ = run(node, (coupling * theta[2],), seed=0, steps=60, dt=1.0 * u.ms)
        return out[-1].sum()

    theta = np.array([0.9, 0.3, 1.0])
    gradient = np.asarray(jax.grad(total)(jax.numpy.asarray(theta)))
    h = 1e-5
    numeric = [(total(theta + h * e) - total(theta - h * e)) / (2 * h) for e in np.eye(3)]
    assert np.abs(gradient).min() > 1e-3
    np.testing.assert_allclose(gradient, np.array(numeric), rtol=1e-7)


@pytest.mark.parametrize('clip', [True, False])
def test_clip(clip, run):
    """Seed 6, float32, strong noise: inside [0, 1] with the clip, outside without."""
    node = ReducedWongWangStep(50, noise_S=GaussianNoise(50, sigma=0.1), clip=clip)
    out, states = run(node, (), seed=6, steps=50, dt=1.0 * u.ms)
    inside = (np.asarray(out) >= 0).all() and (np.asarray(out) <= 1).all()
    assert inside == clip
    np.testing.assert_array_equal(np.asarray(states[('S',)]), np.asarray(out))


@pytest.mark.parametrize('method', ['exp_euler', 'euler', 'heun', 'rk4', 'dopri5'])
def test_integrators_agree_as_dt_shrinks(method, double, run):
    """Float64: every integrator approaches rk4 at a tenth of the step, at its own order."""

    def final(method, dt_ms):
        node = ReducedWongWangStep(1, w=1.5, init_S=lambda shape: np.array([0.3]), method=method)
        out, _ = run(node, (), seed=0, steps=round(200 / dt_ms), dt=dt_ms * u.ms)
        return float(out[-1, 0])

    error = abs(final(method, 2.0) - final('rk4', 0.2))
    assert 0 < error < {'exp_euler': 2e-3, 'euler': 2e-3}.get(method, 1e-6)
