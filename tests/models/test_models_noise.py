"""The noise processes: the same bits as brainmass 0.1.1, their statistics, their batches."""

import brainstate
import brainunit as u
import jax
import numpy as np
import pytest

from brainfit_fast import models

DT = 0.1 * u.ms
KINDS = ['GaussianNoise', 'WhiteNoise', 'BrownianNoise', 'OUProcess']
UNITS = {'plain': u.UNITLESS, 'nA': u.nA}


def sample(process, steps, *, seed, batch_size=None, eager=False):
    """Samples of a process, one per step, after seeding and then initialising it."""
    brainstate.random.seed(seed)
    brainstate.nn.init_all_states(process, batch_size=batch_size)

    def step(i):
        with brainstate.environ.context(i=i, t=i * DT, dt=DT):
            return process.update()

    if eager:
        return u.math.stack([step(i) for i in range(steps)])
    return brainstate.transform.for_loop(step, np.arange(steps))


@pytest.mark.parametrize('batch_size', [None, 4])
@pytest.mark.parametrize('unit', UNITS)
@pytest.mark.parametrize('kind', KINDS)
def test_same_bits_as_brainmass(kind, unit, batch_size, precision):
    """Seed 5, both precisions, step by step without fusion: equal to the last bit."""
    brainmass = pytest.importorskip('brainmass')
    unit = UNITS[unit]
    extra = {}
    if kind == 'BrownianNoise':
        extra['init'] = lambda shape: np.zeros(shape) * unit
    ours, twin = (
        sample(
            getattr(library, kind)((2, 3), mean=0.5 * unit, sigma=0.3 * unit, **extra),
            6,
            seed=5,
            batch_size=batch_size,
            eager=True,
        )
        for library in (models, brainmass)
    )
    assert u.get_unit(ours) == u.get_unit(twin) == unit
    a, b = np.asarray(u.get_mantissa(ours)), np.asarray(u.get_mantissa(twin))
    assert a.dtype == b.dtype == np.dtype(f'float{precision}')
    assert a.std() > 0
    np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize('kind', KINDS)
def test_keys_split_once_per_sample(kind):
    """Seed 9, float32: sample t is normal(sub) with key, sub = split(key), t times in a row."""
    process = getattr(models, kind)(5, sigma=1.0)
    process_samples = np.asarray(sample(process, 3, seed=9, eager=True))
    key = jax.random.key(9)
    x = np.zeros(5)
    for t in range(3):
        key, sub = jax.random.split(key)
        z = np.asarray(jax.random.normal(sub, (5,)))
        if kind == 'BrownianNoise':
            x = x + np.sqrt(0.1) * z
        elif kind == 'OUProcess':  # default tau is 10 ms, and dt is 0.1 ms
            x = x * np.exp(-0.01) + np.sqrt(0.01) * z
        else:
            x = z
        np.testing.assert_allclose(process_samples[t], x, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize('kind', KINDS)
def test_a_batch_shares_all_but_ornstein_uhlenbeck(kind):
    """Seed 1, float32, batch of 3."""
    samples = np.asarray(sample(getattr(models, kind)(4, sigma=1.0), 2, seed=1, batch_size=3))
    if kind in ('GaussianNoise', 'WhiteNoise'):
        assert samples.shape == (2, 4)
        return
    assert samples.shape == (2, 3, 4)
    shared = np.allclose(samples[:, 0], samples[:, 1])
    assert shared == (kind == 'BrownianNoise')


@pytest.mark.parametrize('sigma', [0.5, 2.0])
def test_statistics(sigma):
    """Seed 2, float32, 4000 regions, 400 steps of 0.1 ms.

    Gaussian: sigma whatever dt. Brownian: sigma sqrt(t in ms). OU: sigma / sqrt 2 after many tau.
    """
    n, steps = 4000, 400
    gaussian, brownian, ou = (
        np.asarray(sample(process, steps, seed=2))
        for process in (
            models.GaussianNoise(n, sigma=sigma),
            models.BrownianNoise(n, sigma=sigma),
            models.OUProcess(n, mean=3.0, sigma=sigma, tau=2.0 * u.ms, init=lambda s: np.ones(s)),
        )
    )
    # The standard error of a standard deviation over n samples is 1 / sqrt(2 n).
    allowed = 4 / np.sqrt(2 * n)
    assert abs(gaussian[-1].std() / sigma - 1) < allowed
    assert abs(brownian[-1].std() / (sigma * np.sqrt(steps * 0.1)) - 1) < allowed
    # Euler–Maruyama with an exact drift: variance sigma^2 h / (1 - exp(-2 h)) with h = dt / tau.
    h = 0.05
    assert abs(ou[-1].std() / (sigma * np.sqrt(h / (1 - np.exp(-2 * h)))) - 1) < allowed
    assert abs(ou[-1].mean() - 3.0) < 4 * sigma / np.sqrt(2 * n)


@pytest.mark.parametrize('kind', ['BrownianNoise', 'OUProcess'])
def test_starts_at_zero_in_the_unit_of_sigma(kind):
    for sigma in (0.1, 0.1 * u.mV, brainstate.nn.Param(0.2 * u.mV)):
        process = getattr(models, kind)(2, sigma=sigma)
        brainstate.nn.init_all_states(process)
        assert u.get_unit(process.x.value) == u.get_unit(process.sigma.value())
        np.testing.assert_array_equal(u.get_mantissa(process.x.value), 0.0)


@pytest.mark.parametrize('kind', KINDS)
def test_dt_may_be_traced(kind):
    """Seed 4, float32: the step may be an input of a jitted function."""
    process = getattr(models, kind)(3, sigma=1.0)
    brainstate.nn.init_all_states(process)

    @brainstate.transform.jit
    def step(dt):
        with brainstate.environ.context(dt=dt * u.ms, i=0, t=0.0 * u.ms):
            return process.update()

    samples = []
    for dt in (0.1, 0.4):
        brainstate.random.seed(4)
        for state in process.states(brainstate.HiddenState).values():
            state.value = 0.0 * state.value
        samples.append(np.asarray(step(dt)))
    factor = 1.0 if kind in ('GaussianNoise', 'WhiteNoise') else 2.0
    assert np.abs(samples[0]).min() > 0
    np.testing.assert_allclose(samples[1], factor * samples[0], rtol=1e-5)


def test_messages():
    with pytest.raises(ValueError, match=r'mean.*given a mean in 1 and a sigma in nA.*same dim'):
        models.GaussianNoise(3, mean=0.1)
    with pytest.raises(ValueError, match=r'OUProcess: sigma: given .*broadcasts to \(3,\)'):
        models.OUProcess(3, sigma=np.ones(2))
    with pytest.raises(TypeError, match=r'BrownianNoise: sigma: given .*an initializer or a'):
        models.BrownianNoise(3, sigma=[1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match='OUProcess: tau: given None'):
        models.OUProcess(3, tau=None)
