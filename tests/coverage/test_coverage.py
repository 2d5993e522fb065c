"""docs/coverage.md: every node model of brainmass, coupled in every way, on every implementation.

Float32, seed 0, 12 steps of 0.1 ms, five regions, delays of up to 20 steps; brainmass 0.1.1 is stepped beside.
``BRAINFIT_FAST_WRITE_DOCS=1 pytest tests/coverage -m slow`` writes the page anew.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import brainmass
import brainstate
import braintools
import brainunit as u
import jax.numpy as jnp
import numpy as np
import pytest

import brainfit_fast as bf
from brainfit_fast.program.build import Unrecognised, build
from brainfit_fast.program.inputs import input_rows

PAGE = Path(__file__).parents[2] / 'docs' / 'coverage.md'
FIRST, LAST = '<!-- coverage: begin -->\n', '<!-- coverage: end -->'
DT = 0.1 * u.ms
N = 5
COUPLINGS = ('diffusive', 'additive', 'laplacian', 'sigmoidal', 'tanh', 'sigmoidal_jansen_rit')
#: Couplings whose output has the unit of ``k``, not that of the source.
_SATURATING = ('sigmoidal', 'tanh', 'sigmoidal_jansen_rit')


@dataclass(frozen=True)
class Case:
    """A node model.

    Attributes
    ----------
    source : str
        The state that a network couples.
    settings : dict
        Of its constructor.
    inputs : callable or None
        ``inputs(i, t)`` where ``update`` needs an argument.
    """

    source: str
    settings: dict[str, Any] = field(default_factory=dict)
    inputs: Callable[[Any, Any], Any] | None = None


def _uniform(low: float, high: float, unit: Any = None) -> Any:
    ends = (low, high) if unit is None else (low * unit, high * unit)
    return braintools.init.Uniform(*ends)


_RATES = {'rE_init': _uniform(0.1, 0.4), 'rI_init': _uniform(0.1, 0.4)}

CASES: dict[str, Case] = {
    'HopfStep': Case('x', {'a': 0.1, 'w': 0.3, 'init_x': _uniform(0.1, 0.5)}),
    'StuartLandauStep': Case('x', {'init_x': _uniform(0.1, 0.5)}),
    'VanDerPolStep': Case('x', {'init_x': _uniform(0.1, 0.5)}),
    'FitzHughNagumoStep': Case('V'),
    'Generic2dOscillatorStep': Case('V'),
    'KuramotoNetwork': Case('theta', {'omega': 0.3, 'K': 0.8, 'alpha': 0.2}),
    'WilsonCowanStep': Case('rE', _RATES),
    'WilsonCowanNoSaturationStep': Case('rE', _RATES),
    'WilsonCowanSymmetricStep': Case('rE', _RATES),
    'WilsonCowanSimplifiedStep': Case('rE', _RATES),
    'WilsonCowanLinearStep': Case('rE', _RATES),
    'WilsonCowanDivisiveStep': Case('rE', _RATES),
    'WilsonCowanDivisiveInputStep': Case('rE', _RATES),
    'WilsonCowanDelayedStep': Case('rE', _RATES),
    'WilsonCowanAdaptiveStep': Case('rE', _RATES),
    'WilsonCowanThreePopulationStep': Case('rE', _RATES),
    'JansenRitStep': Case('M'),
    'WongWangStep': Case('S1'),
    'WongWangExcInhStep': Case('S_e'),
    'MontbrioPazoRoxinStep': Case('r'),
    'CoombesByrneStep': Case('r'),
    'EpileptorStep': Case('x1'),
    'LarterBreakspearStep': Case('V'),
    'LinearStep': Case('x', {'init_x': _uniform(0.1, 0.5)}),
    'ThresholdLinearStep': Case('E'),
    'LorenzStep': Case('x'),
    'HORNStep': Case('x', inputs=lambda i, t: jnp.full(N, 0.3) * jnp.sin(0.1 * i)),
}


def connectome() -> tuple[np.ndarray, np.ndarray]:
    """Weights, and lengths for delays of up to 20 steps."""
    draw = np.random.RandomState(0)
    return draw.rand(N, N).astype(np.float32), draw.rand(N, N) * 2.0


def node(name: str) -> Any:
    return getattr(brainmass, name)(N, **CASES[name].settings)


def unit_of(name: str) -> Any:
    """Unit of the coupled state."""
    model = node(name)
    brainstate.nn.init_all_states(model)
    return u.get_unit(getattr(model, CASES[name].source).value)


def network(name: str, coupling: str) -> Any:
    weights, lengths = connectome()
    strength = 0.05 * unit_of(name) if coupling in _SATURATING else 0.05
    return brainmass.Network(
        node(name),
        conn=weights,
        distance=lengths,
        speed=1.0,
        coupling=coupling,
        coupled_var=CASES[name].source,
        k=strength,
    )


class ByHand(brainstate.nn.Module):
    """A network wired from ``prefetch_delay`` and a function of brainmass, without a coupling class."""

    def __init__(self, name: str):
        super().__init__()
        self.node = node(name)
        weights, lengths = connectome()
        self.weights = weights
        self.delayed = self.node.prefetch_delay(
            CASES[name].source,
            (lengths * u.ms, brainmass.delay_index(N)),
            init=braintools.init.Uniform(0.0, 0.05),
        )

    def update(self, *inputs: Any) -> Any:
        current = brainmass.additive_coupling(self.delayed, self.weights, 0.05)
        return self.node(current, *inputs)


def model(name: str, wiring: str) -> Any:
    """``wiring``: ``'alone'``, one of the couplings, or ``'by hand'``."""
    if wiring == 'alone':
        return node(name)
    return ByHand(name) if wiring == 'by hand' else network(name, wiring)


WIRINGS = ('alone', *COUPLINGS, 'by hand')
#: Marks of the table.
MARKS = {'reference': 'r', 'xla': 'x', 'cpu_ffi': 'c', 'pallas_triton': 'g'}
#: Interpret mode is slow: the others differ from these in elementwise equations alone.
INTERPRETED = ('alone', 'diffusive')
STEPS = 12


@pytest.fixture(autouse=True)
def time_step():
    with brainstate.environ.context(dt=DT):
        yield


def inputs_of(name: str, wiring: str):
    return CASES[name].inputs if wiring == 'alone' else None


def trajectories(lib, name: str, wiring: str):
    """All states after every step."""
    brainstate.random.seed(0)
    made = model(name, wiring)
    owner = getattr(made, 'node', made)
    brainstate.nn.init_all_states(made)
    names = [k for k, v in vars(owner).items() if isinstance(v, brainstate.HiddenState)]
    brainstate.random.seed(0)

    def monitors(m):
        own = getattr(m, 'node', m)
        return {k: u.get_mantissa(getattr(own, k).value) for k in names}

    simulator = lib.Simulator(made, dt=DT)
    return simulator.run(STEPS * DT, inputs=inputs_of(name, wiring), monitors=monitors)


def served(name: str, wiring: str) -> str:
    """Marks of the implementations that give brainmass's numbers; raises where one gives others."""
    expected = trajectories(brainmass, name, wiring)['output']
    marks = ''
    for implementation, mark in MARKS.items():
        if implementation == 'pallas_triton' and wiring not in INTERPRETED:
            continue
        try:
            with bf.use(simulate=implementation):
                given = trajectories(bf, name, wiring)
        except bf.ImplementationError:
            assert implementation == 'pallas_triton'
            continue
        assert given.implementation == implementation, given.reason
        assert given.finite
        for key, value in expected.items():
            scale = float(np.abs(value).max())
            np.testing.assert_allclose(
                given['output'][key], value, rtol=2e-4, atol=1e-5 * scale, err_msg=f'{name} {key}'
            )
        marks += mark
    return marks


@pytest.mark.parametrize('wiring', WIRINGS)
def test_every_model_is_traced(wiring):
    """Into a program, whatever runs it: nothing is compiled here."""
    refused = {}
    for name in CASES:
        made = model(name, wiring)
        brainstate.nn.init_all_states(made)
        example, _ = input_rows(inputs_of(name, wiring), 1, DT)
        try:
            build(made, lambda returned: returned, example, DT)
        except Unrecognised as reason:
            refused[name] = str(reason)
    assert not refused


@pytest.mark.slow
@pytest.mark.parametrize('name', CASES)
def test_row(name):
    """The row of the page is what was just run."""
    row = f'| {name} | ' + ' | '.join(served(name, w) for w in WIRINGS) + ' |'
    text = PAGE.read_text()
    if os.environ.get('BRAINFIT_FAST_WRITE_DOCS'):
        head, rest = text.split(FIRST)
        table, tail = rest.split(LAST)
        kept = [line for line in table.splitlines() if not line.startswith(f'| {name} |')]
        order = {n: k for k, n in enumerate(CASES)}
        body = sorted([*kept[2:], row], key=lambda line: order[line.split('|')[1].strip()])
        PAGE.write_text(head + FIRST + '\n'.join([*_head(), *body]) + '\n' + LAST + tail)
        text = PAGE.read_text()
    assert row in text.splitlines()


METHODS = sorted(
    name.removeprefix('ode_').removesuffix('_step')
    for name in vars(braintools.quad)
    if name.startswith('ode_') and name.endswith('_step')
)
#: brainmass's own run fails with it.
BROKEN = {'expeuler'}
NOISES = {
    'GaussianNoise': {},
    'WhiteNoise': {},
    'OUProcess': {'tau': 5.0 * u.ms},
}
COLOURED = ('ColoredNoise', 'PinkNoise', 'BlueNoise', 'VioletNoise')


def final_states(lib, made, names=('rE', 'rI')):
    """States after 12 steps from seed 0."""
    brainstate.random.seed(0)
    result = lib.Simulator(made, dt=DT).run(STEPS * DT, monitors=list(names))
    return result, np.concatenate([np.asarray(result[name])[-1] for name in names])


def wilson_cowan(**settings):
    return brainmass.WilsonCowanStep(N, **_RATES, **settings)


def assert_served(make, *names) -> None:
    _, expected = final_states(brainmass, make(), *names)
    for implementation in ('reference', 'xla', 'cpu_ffi'):
        with bf.use(simulate=implementation):
            result, given = final_states(bf, make(), *names)
        assert result.implementation == implementation
        np.testing.assert_allclose(given, expected, rtol=2e-5, err_msg=implementation)


@pytest.mark.slow
@pytest.mark.parametrize('method', ['exp_euler', *(m for m in METHODS if m not in BROKEN)])
def test_integrators(method):
    assert_served(lambda: wilson_cowan(method=method))


@pytest.mark.parametrize('method', sorted(BROKEN))
def test_what_brainmass_cannot_run(method):
    with pytest.raises(Exception):  # noqa: B017 (whatever it raises)
        final_states(brainmass, wilson_cowan(method=method))


@pytest.mark.slow
@pytest.mark.parametrize('name', NOISES)
def test_noise(name):
    process = getattr(brainmass, name)
    assert_served(lambda: wilson_cowan(noise_E=process(N, sigma=0.1, **NOISES[name])))


@pytest.mark.slow
def test_brownian_noise():
    """brainmass starts it at 0 nA, whatever its ``sigma``."""

    def make():
        noise = brainmass.BrownianNoise(N, sigma=0.01 * u.nA)
        return brainmass.WongWangStep(N, noise_s1=noise)

    assert_served(make, ('S1', 'S2'))


@pytest.mark.parametrize('name', COLOURED)
def test_coloured_noise_has_a_reason(name):
    made = wilson_cowan(noise_E=getattr(brainmass, name)(N, sigma=0.1))
    assert "it uses the primitive 'fft'" in bf.explain(made, dt=DT)


def _head() -> list[str]:
    return ['| node model | ' + ' | '.join(WIRINGS) + ' |', '|---' * (len(WIRINGS) + 1) + '|']
