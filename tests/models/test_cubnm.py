"""Both Wong–Wang models against cuBNM 0.1.0, whose figures cubnm_figures.py has written."""

from pathlib import Path

import brainstate
import braintools
import brainunit as u
import jax.numpy as jnp
import numpy as np
import pytest

import brainfit_fast as bf
from brainfit_fast.observation import BOLD, Balloon

CUBNM = np.load(Path(__file__).with_name('cubnm-0.1.0.npz'))
AT = CUBNM['at_ms']
CLOSED = braintools.init.Constant(0.001)
DT = 0.1 * u.ms
# cuBNM's constants: rates where Friston et al. (2003) have their reciprocals, volume in percent
BALLOON = Balloon(kappa=1 / 0.65, gamma=1 / 0.41, V0=2.0)


@pytest.fixture(scope='module')
def connectome():
    """The weights as cuBNM scales them, of mean 0.01, and the lengths."""
    hcp = bf.datasets.load_dataset('hcp_schaefer100')
    return 0.01 * hcp.weights / hcp.weights.mean(), np.asarray(hcp.lengths / u.mm)


def nodes(name, case, n=100, **arguments):
    """A node with cuBNM's steps and the name of its coupled state."""
    if name == 'rwwex':
        return bf.ReducedWongWangStep(n, method='euler', **arguments), 'S'
    weights = {'J_i': CUBNM['rww_wIE'][case]} if n == 100 else {}
    return bf.WongWangExcInhStep(n, G=1.0, method='euler', clip=True, **weights, **arguments), 'S_e'


def network(name, weights, G, case=0, distance=None, **arguments):
    """A network with ``k`` as cuBNM's G."""
    node, state = nodes(name, case, len(weights), **arguments)
    speed = None if distance is None else 1.0
    return bf.Network(
        node, conn=weights, coupling='additive', coupled_var=state, k=G, delay_init=CLOSED,
        distance=distance, speed=speed,
    )  # fmt: skip


def states_of(name):
    return ('S_E', 'S_I') if name == 'rww' else ('S',)


OURS = {'S_E': 'node.S_e', 'S_I': 'node.S_i', 'S': 'node.S'}


@pytest.mark.parametrize('case', [0, 1])
@pytest.mark.parametrize('name', ['rww', 'rwwex'])
def test_silent_trajectories(name, case, connectome):
    """HCP connectome, no noise, float64, 2 s at 0.1 ms, two values of G: to rounding."""
    states = states_of(name)
    with brainstate.environ.context(precision=64):
        net = network(name, connectome[0], CUBNM[f'{name}_G'][case], case)
        monitors = [OURS[state] for state in states]
        result = bf.Simulator(net, dt=DT).run(2.0 * u.second, monitors=monitors)
    for state in states:
        ours = np.asarray(result[OURS[state]])[10 * AT - 1]
        np.testing.assert_allclose(ours, CUBNM[f'{name}_{state}'][case], rtol=0, atol=1e-13)


@pytest.mark.parametrize('name', ['rww', 'rwwex'])
def test_silent_trajectories_float32(name, connectome):
    """The same in float32, 20000 steps: within 2e-5 of a gating of about 0.16 (0.035)."""
    state = states_of(name)[0]
    net = network(name, connectome[0], CUBNM[f'{name}_G'][1], 1)
    result = bf.Simulator(net, dt=DT).run(2.0 * u.second, monitors=[OURS[state]])
    ours = np.asarray(result[OURS[state]])[10 * AT - 1]
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, CUBNM[f'{name}_{state}'][1], rtol=0, atol=2e-5)


@pytest.mark.parametrize('name', ['rww', 'rwwex'])
def test_delays(name, connectome):
    """3 mm/ms, float64: cuBNM reads max(round(L / v dt), 1) - 1 steps before the present state."""
    weights, lengths = connectome
    back = np.maximum(np.rint((lengths / (3.0 * 0.1)).astype(np.float32)), 1) - 1
    # half a step less, so that rounding up is safe
    distance = np.maximum(back - 0.5, 0) * 0.1
    state = states_of(name)[0]
    with brainstate.environ.context(precision=64):
        net = network(name, weights, CUBNM[f'{name}_G'][0], distance=distance)
        result = bf.Simulator(net, dt=DT).run(2.0 * u.second, monitors=[OURS[state]])
    ours = np.asarray(result[OURS[state]])[10 * AT - 1]
    np.testing.assert_allclose(ours, CUBNM[f'{name}_delayed'], rtol=0, atol=1e-13)
    # without them the values are others
    other = CUBNM[f'{name}_{state}'][0]
    assert np.abs(other - CUBNM[f'{name}_delayed']).max() > 1e-4


class Table(brainstate.nn.Module):
    """Noise read from a table."""

    def __init__(self, table):
        super().__init__()
        self.table = jnp.asarray(table)

    def update(self):
        return self.table[brainstate.environ.get('i')]


@pytest.mark.parametrize('name', ['rww', 'rwwex'])
def test_noise(name):
    """cuBNM's own samples, float64, three regions, directed weights, 0.5 ms: sigma / sqrt(dt), clip."""
    states = states_of(name)
    with brainstate.environ.context(precision=64):
        samples = 0.02 / np.sqrt(0.5) * CUBNM[f'{name}_noise']
        names = ('noise_e', 'noise_i') if name == 'rww' else ('noise_S',)
        noise = {key: Table(samples[:, k]) for k, key in enumerate(names)}
        # cuBNM's rows are sources
        net = network(name, CUBNM['small'].T, 0.2, **noise)

        def step(i):
            with brainstate.environ.context(i=i, t=i * 0.5 * u.ms, dt=0.5 * u.ms):
                net.update()
                return [getattr(net.node, OURS[state][5:]).value for state in states]

        with brainstate.environ.context(dt=0.5 * u.ms):
            brainstate.nn.init_all_states(net)
            ours = brainstate.transform.for_loop(step, np.arange(len(samples)))
    expected = CUBNM[f'{name}_noisy']
    assert expected.min() == 0.0  # the clip acts
    assert expected.std() > 0.01
    for mine, theirs in zip(ours, expected, strict=True):
        np.testing.assert_allclose(np.asarray(mine)[1::2], theirs, rtol=0, atol=1e-12)


@pytest.mark.parametrize('name', ['rww', 'rwwex'])
def test_bold(name, connectome):
    """BOLD each 0.5 s for 2 s: cuBNM updates flow and volume one after the other, we together."""
    state = states_of(name)[0]
    bold = BOLD(OURS[state], period=0.5 * u.second, step=1.0 * u.ms, constants=BALLOON)
    with brainstate.environ.context(precision=64):
        net = network(name, connectome[0], CUBNM[f'{name}_G'][0])
        result = bf.Simulator(net, dt=DT).run(2.0 * u.second, monitors={'bold': bold})
    theirs = CUBNM[f'{name}_bold'][0]
    assert result['bold'].shape == theirs.shape
    error = np.abs(np.asarray(result['bold']) - theirs).max()
    assert error < 2e-3 * np.abs(theirs).max()
