"""Couplings of states with units: a plain offset of zero adds to any unit, as in brainmass; others do not."""

import brainstate
import brainunit as u
import numpy as np
import pytest
from brainstate.nn import Param

import brainfit_fast as bf

brainmass = pytest.importorskip('brainmass')

N = 4
DT = 0.1 * u.ms
RNG = np.random.default_rng(8)
WEIGHTS, LENGTHS = RNG.random((N, N)), RNG.random((N, N)) * 8.0

NODES = {
    'M': lambda: brainmass.JansenRitStep(N),  # mV
    'r': lambda: brainmass.MontbrioPazoRoxinStep(N),  # Hz
}


def network(lib, state, coupling='additive', offset=None):
    with brainstate.environ.context(dt=DT):
        net = lib.Network(
            NODES[state](),
            conn=WEIGHTS,
            distance=LENGTHS,
            speed=4.0,
            coupling=coupling,
            coupled_var=state,
            k=0.1,
        )
    if offset is not None:
        net.coupling.b = Param.init(offset)
    return net


def run(lib, net, state, **options):
    """Seed 3, float32, 50 steps."""
    brainstate.random.seed(3)
    monitors = {'x': lambda m: getattr(m.node, state).value}
    return lib.Simulator(net, dt=DT).run(50 * DT, monitors=monitors, **options)


@pytest.mark.parametrize('made_by', [bf, brainmass], ids=['ours', 'brainmass'])
@pytest.mark.parametrize('coupling', ['additive', 'laplacian'])
@pytest.mark.parametrize('state', NODES)
def test_default_offset(state, coupling, made_by, fastest):
    theirs = run(brainmass, network(brainmass, state, coupling), state)['x']
    ours = run(bf, network(made_by, state, coupling), state)
    assert ours.implementation == fastest
    assert ours['x'].unit == theirs.unit
    theirs = np.asarray(theirs.mantissa)
    np.testing.assert_allclose(ours['x'].mantissa, theirs, rtol=0, atol=1e-6 * np.abs(theirs).max())


@pytest.mark.parametrize('offset', [np.zeros(N), 0.3 * u.mV, np.linspace(0, 1, N) * u.volt])
def test_offsets_that_fit(offset):
    theirs, ours = (run(lib, network(lib, 'M', offset=offset), 'M')['x'] for lib in (brainmass, bf))
    theirs = np.asarray(theirs.mantissa)
    np.testing.assert_allclose(ours.mantissa, theirs, rtol=0, atol=1e-6 * np.abs(theirs).max())


@pytest.mark.parametrize(
    'offset', [lambda: 0.3, lambda: Param(0.0, fit=True)], ids=['plain', 'trained']
)
@pytest.mark.parametrize('lib', [bf, brainmass], ids=['ours', 'brainmass'])
def test_offsets_that_do_not_fit(offset, lib):
    with pytest.raises(u.UnitMismatchError):
        run(lib, network(lib, 'M', offset=offset()), 'M')


def test_an_offset_set_after_a_run():
    """A program of the offset zero is not used again for another."""
    net = network(bf, 'M')
    run(bf, net, 'M')
    net.coupling.b.set_value(0.3)
    with pytest.raises(u.UnitMismatchError):
        run(bf, net, 'M')


def test_candidates_of_the_offset():
    with pytest.raises(u.UnitMismatchError):
        run(bf, network(bf, 'M'), 'M', candidates={'coupling.b': np.array([0.0, 0.3])})
