"""The node models against brainmass 0.1.1, a single node at a time, from the same seed.

Both nodes are seeded, then initialised, then stepped, so that they split the same key in the same
order. Noise-sharing rule, where noise and a batch meet: the members of a batch share one sample
of Gaussian, white and Brownian noise, and each draws its own for an Ornstein–Uhlenbeck process.
"""

import inspect

import brainstate
import brainunit as u
import jax
import numpy as np
import pytest

from brainfit_fast import models

brainmass = pytest.importorskip('brainmass')

N = 3
SEED = 7
TWINS = [
    'HopfStep',
    'WilsonCowanStep',
    'FitzHughNagumoStep',
    'MontbrioPazoRoxinStep',
    'WongWangExcInhStep',
]
NOISES = ['GaussianNoise', 'WhiteNoise', 'BrownianNoise', 'OUProcess']
# Integrators that every run of the suite tries; the others are marked slow.
COMMON = ['exp_euler', 'heun', 'rk4', 'dopri5']
# Channel names and units of the noise, in the order of the states, and of the inputs of update().
CHANNELS = {
    'HopfStep': [('noise_x', u.UNITLESS), ('noise_y', u.UNITLESS)],
    'WilsonCowanStep': [('noise_E', u.UNITLESS), ('noise_I', u.UNITLESS)],
    'FitzHughNagumoStep': [('noise_V', u.UNITLESS), ('noise_w', u.UNITLESS)],
    'MontbrioPazoRoxinStep': [('noise_r', u.Hz), ('noise_v', u.UNITLESS)],
    'WongWangExcInhStep': [('noise_e', u.UNITLESS), ('noise_i', u.UNITLESS)],
}
# Inputs of update(), where it has fewer than noise channels.
N_INPUTS = {'WongWangExcInhStep': 1}
# How much weaker the noise is, where a gating would leave [0, 1] for good.
WEAKER = {'WongWangExcInhStep': 0.05}
# Every parameter away from its default, and one that varies over the regions: (value, unit).
VARIED = {
    'HopfStep': {
        'a': ([-0.2, 0.0, 0.3], u.UNITLESS),
        'w': (0.5, u.UNITLESS),
        'beta': (1.7, u.UNITLESS),
    },
    'WilsonCowanStep': {
        'tau_E': (1.5, u.ms),
        'a_E': (1.3, u.UNITLESS),
        'theta_E': (2.5, u.UNITLESS),
        'tau_I': (2.5, u.ms),
        'a_I': (1.1, u.UNITLESS),
        'theta_I': (3.6, u.UNITLESS),
        'wEE': ([10.0, 12.5, 13.0], u.UNITLESS),
        'wIE': (4.4, u.UNITLESS),
        'wEI': (12.0, u.UNITLESS),
        'wII': (10.0, u.UNITLESS),
        'r': (0.8, u.UNITLESS),
    },
    'FitzHughNagumoStep': {
        'alpha': (2.5, u.UNITLESS),
        'beta': (3.5, u.UNITLESS),
        'gamma': (-1.2, u.UNITLESS),
        'delta': (0.1, u.UNITLESS),
        'epsilon': (0.7, u.UNITLESS),
        'tau': ([5.0, 10.0, 15.0], u.ms),
    },
    'MontbrioPazoRoxinStep': {
        'tau': (1.6, u.ms),
        'eta': ([-5.5, -4.5, -3.0], u.UNITLESS),
        'delta': (1.8, u.Hz),
        'J': (12.0, u.UNITLESS),
    },
    'WongWangExcInhStep': {
        'a_e': (300.0, u.UNITLESS),
        'b_e': (120.0, u.UNITLESS),
        'd_e': (0.15, u.UNITLESS),
        'gamma_e': (0.7e-3, u.UNITLESS),
        'tau_e': (90.0, u.UNITLESS),
        'w_p': ([1.2, 1.3, 1.5], u.UNITLESS),
        'W_e': (1.1, u.UNITLESS),
        'a_i': (600.0, u.UNITLESS),
        'b_i': (170.0, u.UNITLESS),
        'd_i': (0.08, u.UNITLESS),
        'gamma_i': (1.2e-3, u.UNITLESS),
        'tau_i': (12.0, u.UNITLESS),
        'W_i': (0.6, u.UNITLESS),
        'J_N': (0.16, u.UNITLESS),
        'J_i': ([0.8, 1.1, 1.3], u.UNITLESS),
        'I_o': (0.39, u.UNITLESS),
        'I_ext': (0.02, u.UNITLESS),
        'G': (1.5, u.UNITLESS),
        'lamda': (0.3, u.UNITLESS),
    },
}


def parameters(name, values=None):
    """The parameters of a node in their units, at other plain values if given."""
    values = {key: value for key, (value, _) in VARIED[name].items()} if values is None else values
    return {key: jax.numpy.asarray(values[key]) * unit for key, (_, unit) in VARIED[name].items()}


def drive(name, steps=200):
    """Seeded inputs of update(), in their units."""
    rng = np.random.default_rng(SEED)
    channels = CHANNELS[name][: N_INPUTS.get(name)]
    return [rng.normal(0.3, 0.3, (steps, N)) * unit for _, unit in channels]


def pair(name, noise=None, **kwargs):
    """Our node and brainmass's, each with its own library's noise on both channels."""
    nodes = []
    for library in (models, brainmass):
        channels = {}
        if noise is not None:
            process = getattr(library, noise)
            for scale, (channel, unit) in zip((0.1, 0.2), CHANNELS[name], strict=True):
                # brainmass's default start of BrownianNoise is in nA, whatever sigma's unit.
                extra = {'init': _zeros(unit)} if noise == 'BrownianNoise' else {}
                unit = WEAKER.get(name, 1.0) * unit
                channels[channel] = process(N, mean=0.01 * unit, sigma=scale * unit, **extra)
        nodes.append(getattr(library, name)(N, **channels, **parameters(name), **kwargs))
    return nodes


def _zeros(unit):
    """Initializer of zeros in a unit."""
    return lambda shape: np.zeros(shape) * unit


def _random_start(shape):
    """Initializer that draws a key, as the default ones of half of the models do."""
    return brainstate.random.uniform(0.0, 0.5, size=shape)


@pytest.mark.parametrize(
    'method',
    [m if m in COMMON else pytest.param(m, marks=pytest.mark.slow) for m in models.integrators()],
)
@pytest.mark.parametrize('name', TWINS)
def test_every_integrator_float64(name, method, double, run, assert_close):
    """Seed 7, float64, no noise."""
    ours, twin = (run(node, drive(name), seed=SEED) for node in pair(name, method=method))
    assert_close(ours, twin, 1e-10)


@pytest.mark.parametrize('method', COMMON)
@pytest.mark.parametrize('name', TWINS)
def test_integrators_float32(name, method, run, assert_close):
    """Seed 7, float32, no noise."""
    ours, twin = (run(node, drive(name), seed=SEED) for node in pair(name, method=method))
    assert_close(ours, twin, 1e-5)


@pytest.mark.parametrize('noise', NOISES)
@pytest.mark.parametrize('name', TWINS)
def test_every_noise(name, noise, precision, tolerance, run, assert_close):
    """Seed 7, both precisions, own noise on both channels, no batch."""
    ours, twin = (run(node, drive(name), seed=SEED) for node in pair(name, noise))
    assert_close(ours, twin, tolerance)


@pytest.mark.parametrize('noise', ['GaussianNoise', 'OUProcess'])
@pytest.mark.parametrize('name', TWINS)
def test_batch(name, noise, run, assert_close):
    """Seed 7, float32, batch of 4: shared Gaussian samples, separate OU samples."""
    ours, twin = (run(node, drive(name), seed=SEED, batch_size=4) for node in pair(name, noise))
    assert_close(ours, twin, 1e-5)


@pytest.mark.parametrize('name', TWINS)
def test_no_inputs_and_default_start(name, precision, tolerance, run, assert_close):
    """Seed 11, both precisions, random initial states, update() without arguments."""
    starts = {'HopfStep': ('init_x', 'init_y'), 'WilsonCowanStep': ('rE_init', 'rI_init')}
    init = dict.fromkeys(starts.get(name, ()), _random_start)
    ours, twin = (run(node, (), seed=11) for node in pair(name, **init))
    assert_close(ours, twin, tolerance)


@pytest.mark.parametrize('name', TWINS)
def test_gradients_of_all_parameters(name, double, run, assert_close):
    """Seed 7, float64, no noise: gradient through 50 exponential Euler steps."""
    values = {key: jax.numpy.asarray(value) for key, (value, _) in VARIED[name].items()}
    gradients = []
    for library in (models, brainmass):

        def loss(values, library=library):
            node = getattr(library, name)(N, **parameters(name, values))
            _, states = run(node, drive(name, 50), seed=SEED, steps=50)
            return sum(u.get_mantissa(v[-1] ** 2).sum() for v in states.values())

        gradients.append(jax.grad(loss)(values))
    assert_close(*gradients, 1e-10)


@pytest.mark.parametrize('noise', NOISES)
def test_accepts_noise_of_brainmass(noise, run, assert_close):
    """Seed 7, float32: our node with brainmass's noise equals our node with ours."""
    extra = {'init': _zeros(u.UNITLESS)} if noise == 'BrownianNoise' else {}
    ours, twin = (
        run(
            models.HopfStep(N, a=-0.1, noise_y=getattr(library, noise)(N, sigma=0.2, **extra)),
            drive('HopfStep'),
            seed=SEED,
        )
        for library in (models, brainmass)
    )
    assert_close(ours, twin, 1e-5)


@pytest.mark.parametrize('name', TWINS)
def test_no_parameter_stays_at_its_default(name):
    """What the other tests compare would not see an equation that ignores a parameter."""
    signature = inspect.signature(getattr(models, name).__init__).parameters
    numbers = {k for k, p in signature.items() if isinstance(p.default, float | u.Quantity)}
    assert numbers == set(VARIED[name])
    for key, value in parameters(name).items():
        assert not np.isclose(u.get_mantissa(value), u.get_mantissa(signature[key].default)).any()


# Deliberate: what the twins have not.
ADDED = {('WongWangExcInhStep', 'clip')}
# Deliberate: None means zero in the unit of sigma, where brainmass's default start is in nA.
DIFFERENT_DEFAULTS = {('BrownianNoise', 'init')}


@pytest.mark.parametrize('name', TWINS + NOISES)
def test_signatures(name):
    """Constructor, update and init_state: names, order and defaults."""
    ours, twin = getattr(models, name), getattr(brainmass, name)
    for function in ('__init__', 'update', 'init_state'):
        mine = dict(inspect.signature(getattr(ours, function)).parameters)
        theirs = inspect.signature(getattr(twin, function)).parameters
        for added in [key for key in mine if (name, key) in ADDED]:
            del mine[added]
        assert list(mine) == list(theirs)
        for key in mine:
            assert mine[key].kind == theirs[key].kind
            if (name, key) not in DIFFERENT_DEFAULTS:
                assert repr(mine[key].default) == repr(theirs[key].default)


@pytest.mark.parametrize('name', TWINS)
def test_rates(name):
    """derivative() and each d<state>() equal brainmass's, values and units, at random points."""
    ours, twin = pair(name)
    rng = np.random.default_rng(3)
    units = [u.Hz, u.UNITLESS] if name == 'MontbrioPazoRoxinStep' else [u.UNITLESS] * 2
    first, second = (rng.uniform(0.1, 1.0, N) * unit for unit in units)
    channels = CHANNELS[name][: N_INPUTS.get(name)]
    inputs = [rng.uniform(0.1, 1.0, N) * unit for _, unit in channels]
    pairs = list(
        zip(
            ours.derivative((first, second), 0.0 * u.ms, *inputs),
            twin.derivative((first, second), 0.0 * u.ms, *inputs),
            strict=True,
        )
    )
    a, b = ours.state_names
    for state, arguments in ((a, (first, second, inputs[0])), (b, (second, first, inputs[-1]))):
        pairs.append(tuple(getattr(node, f'd{state}')(*arguments) for node in (ours, twin)))
    for mine, theirs in pairs:
        assert u.get_unit(mine).has_same_dim(u.get_unit(theirs))
        error = u.get_mantissa((mine - theirs) / u.math.max(u.math.abs(theirs)))
        np.testing.assert_allclose(error, 0.0, atol=1e-6)
