"""Networks on a connectome: oscillators with delays, a noisy resting state, and how FC depends on coupling.

    python networks.py [tutorial | study | small]

``tutorial`` does the work of brainmass's tutorial on networks: eight regions, two runs of 300 ms. That is a
toy, so ``study`` has the 100 regions of the HCP group average, runs of 10 s, and a sweep over 32 couplings of
20 s, the network built anew for each as a script would; a sample every 5 ms is kept. ``small`` is for tests.
"""

import json
import sys
import time
from pathlib import Path

import brainmass
import brainstate
import brainunit as u
import numpy as np

BEGAN = time.perf_counter()
SIZE = sys.argv[1] if len(sys.argv) > 1 else 'tutorial'
DURATION, LEAD_IN, N_COUPLINGS, SWEEP = {
    'tutorial': (300.0, 50.0, 0, 0.0),
    'study': (10_000.0, 1_000.0, 32, 20_000.0),
    'small': (20.0, 5.0, 2, 20.0),
}[SIZE]
EVERY = 50 if SIZE == 'study' else 1
HCP = Path(__file__).parents[2] / 'brainfit_fast' / 'datasets' / 'data' / 'hcp_schaefer100'
DT = 0.1 * u.ms

brainstate.environ.set(dt=DT)
brainstate.random.seed(11)

if SIZE == 'study':
    weights = np.load(HCP / 'weights.npz')['train'].astype(float)
    weights = weights / weights.max()
    lengths = np.load(HCP / 'lengths.npz')['train'].astype(float) * u.mm
else:
    connectome = brainmass.datasets.load_dataset('example_connectome')
    weights, lengths = connectome.weights, connectome.distances
n = len(weights)
wiring = {'conn': weights, 'distance': lengths, 'speed': 8.0 * u.mm / u.ms}
upper = np.triu_indices(n, 1)


def simulate(net, read, duration):
    """Time by regions, after the lead-in."""
    simulator = brainmass.Simulator(net, dt=DT)
    run = simulator.run(
        duration * u.ms, monitors=read, transient=LEAD_IN * u.ms, sample_every=EVERY
    )
    return np.asarray(run['output'])


def mean_fc(series):
    return float(np.corrcoef(series.T)[upper].mean())


def oscillators(k):
    node = brainmass.HopfStep(n, a=0.15, w=0.25)
    return brainmass.Network(node, **wiring, coupling='diffusive', coupled_var='x', k=k)


def resting_state(k):
    drive = brainmass.OUProcess(n, sigma=0.1, tau=40.0 * u.ms)
    node = brainmass.WilsonCowanStep(n, noise_E=drive)
    return brainmass.Network(node, **wiring, coupled_var='rE', k=k)


waves = simulate(oscillators(0.4), lambda net: net.node.x.value, DURATION)
rates = simulate(resting_state(0.12), lambda net: net.node.rE.value, DURATION)
numbers = {
    'oscillators_std': float(waves.std()),
    'oscillators_fc': mean_fc(waves),
    'rate_mean': float(rates.mean()),
    'rate_fc': mean_fc(rates),
    'fc_by_coupling': [
        mean_fc(simulate(resting_state(k), lambda net: net.node.rE.value, SWEEP))
        for k in np.linspace(0.0, 0.3, N_COUPLINGS)
    ],
}
print(json.dumps({'seconds': time.perf_counter() - BEGAN, 'numbers': numbers}))
