"""Trajectories equal brainmass 0.1.1 at the same seed, for every coupling, with and without delay and noise."""

import brainstate
import braintools
import brainunit as u
import jax
import numpy as np
import pytest

import brainfit_fast as bf

brainmass = pytest.importorskip('brainmass')

N = 7
DT = 0.1 * u.ms
COUPLINGS = ['diffusive', 'additive', 'laplacian', 'sigmoidal', 'tanh', 'sigmoidal_jansen_rit']


def connectome():
    rng = np.random.default_rng(3)
    return rng.random((N, N)) * 0.3, rng.random((N, N)) * 20.0


def network(lib, coupling, delay, noise):
    """A seeded Hopf network; noise is drawn by one GaussianNoise and one OUProcess (order: x, y)."""
    weights, lengths = connectome()
    kwargs = {}
    if noise:
        kwargs = {
            'noise_x': lib.GaussianNoise(N, sigma=0.02),
            'noise_y': lib.OUProcess(N, sigma=0.02, tau=5.0 * u.ms),
        }
    init = braintools.init.Uniform(0.0, 0.5)
    node = lib.HopfStep(N, a=np.linspace(-0.3, 0.3, N), init_x=init, init_y=init, **kwargs)
    return lib.Network(
        node,
        conn=weights,
        distance=lengths if delay else None,
        speed=5.0 if delay else None,
        coupling=coupling,
        coupled_var='x',
        k=0.4,
    )


def run(lib, coupling, delay, noise, precision, steps=200):
    """Seed 11; one run, so noise is not shared by anything."""
    with brainstate.environ.context(dt=DT, precision=precision):
        brainstate.random.seed(11)
        net = network(lib, coupling, delay, noise)
        result = lib.Simulator(net, dt=DT).run(
            steps * DT, monitors={'x': lambda m: m.node.x.value, 'y': lambda m: m.node.y.value}
        )
    key = jax.random.key_data(brainstate.random.DEFAULT.value)
    return np.asarray(result['x']), np.asarray(result['y']), np.asarray(key), result


@pytest.mark.parametrize('noise', [False, True])
@pytest.mark.parametrize('delay', [False, True])
@pytest.mark.parametrize('coupling', COUPLINGS)
def test_float32(coupling, delay, noise, fastest):
    theirs = run(brainmass, coupling, delay, noise, 32)
    ours = run(bf, coupling, delay, noise, 32)
    assert ours[3].implementation == fastest
    for a, b in zip(ours[:2], theirs[:2], strict=True):
        assert a.dtype == np.float32
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-5 * np.abs(b).max())
    np.testing.assert_array_equal(ours[2], theirs[2])


@pytest.mark.parametrize('noise', [False, True])
@pytest.mark.parametrize('delay', [False, True])
@pytest.mark.parametrize('coupling', COUPLINGS)
def test_float64(coupling, delay, noise, fastest):
    with jax.enable_x64(True):
        theirs = run(brainmass, coupling, delay, noise, 64)
        ours = run(bf, coupling, delay, noise, 64)
    assert ours[3].implementation == fastest
    for a, b in zip(ours[:2], theirs[:2], strict=True):
        assert a.dtype == np.float64
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-10 * np.abs(b).max())
