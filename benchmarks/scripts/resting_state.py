"""A resting state from connectome to sensors: simulation, lead field, FC against a target, coupling sweep.

    python resting_state.py [tutorial | study | small]

``tutorial`` does the work of brainmass's case study: eight noisy Wilson-Cowan regions with delays, two runs of
4 s, 16 sensors, FC against the connectome and against the second run. ``study`` has the 100 regions of the HCP
group average and the step such a study begins with: 32 couplings, mapped in one call, 20 s each, scored
against the empirical FC; every 10th step is kept. ``small`` is for tests.
"""

import json
import sys
import time
from pathlib import Path

import brainmass
import brainstate
import braintools
import brainunit as u
import jax.numpy as jnp
import numpy as np

BEGAN = time.perf_counter()
SIZE = sys.argv[1] if len(sys.argv) > 1 else 'tutorial'
MS, LEAD_IN, N_COUPLINGS = {
    'tutorial': (4_000.0, 300.0, 0),
    'study': (20_000.0, 300.0, 32),
    'small': (20.0, 5.0, 3),
}[SIZE]
N_SENSORS = 16
EVERY = 10 if SIZE == 'study' else 1
HCP = Path(__file__).parents[2] / 'brainfit_fast' / 'datasets' / 'data' / 'hcp_schaefer100'
DT = 0.1 * u.ms

brainstate.environ.set(dt=DT)
brainstate.random.seed(3)

if SIZE == 'study':
    weights = np.load(HCP / 'weights.npz')['train'].astype(float)
    weights = weights / weights.max()
    lengths = np.load(HCP / 'lengths.npz')['train'].astype(float) * u.mm
else:
    connectome = brainmass.datasets.load_dataset('example_connectome')
    weights, lengths = connectome.weights, connectome.distances
n = len(weights)
upper = np.triu_indices(n, 1)


def network(k):
    noise = {
        name: brainmass.OUProcess(n, sigma=0.01, tau=25.0 * u.ms) for name in ('noise_E', 'noise_I')
    }
    return brainmass.Network(
        brainmass.WilsonCowanStep(n, **noise),
        conn=weights,
        distance=lengths,
        speed=8.0 * u.mm / u.ms,
        coupling='diffusive',
        coupled_var='rE',
        k=k,
    )


def activity(net):
    run = brainmass.Simulator(net, dt=DT).run(
        MS * u.ms,
        monitors=lambda net: net.node.rE.value,
        transient=LEAD_IN * u.ms,
        sample_every=EVERY,
    )
    return run['output']


simulated = activity(network(1.2))

gains = np.random.default_rng(2).uniform(0.1, 1.0, (n, N_SENSORS))
sensors = brainmass.LeadFieldModel(
    in_size=(n,),
    out_size=(N_SENSORS,),
    L=jnp.asarray(gains / gains.sum(0)) * (u.tesla / (u.nA * u.meter)),
    sensor_unit=u.tesla,
    scale=u.nA * u.meter / u.mV,
)
signal = np.asarray(u.get_magnitude(sensors.update(u.get_magnitude(simulated) * u.mV)))

brainstate.random.seed(77)
recorded = activity(network(1.2))
fc = np.asarray(braintools.metric.functional_connectivity(simulated))
match = brainmass.objectives.fc_corr()

numbers = {
    'rate_mean': float(simulated.mean()),
    'sensor_std': float(signal.std()),
    'structure_function': float(np.corrcoef(fc[upper], np.asarray(weights)[upper])[0, 1]),
    'fc_match': float(match(simulated, recorded)),
}

if N_COUPLINGS:
    empirical = np.load(HCP / 'fc.npz')['train'][:n, :n]

    def score(k):
        brainstate.random.seed(9)
        fc = jnp.corrcoef(activity(network(k)).T)
        return jnp.corrcoef(fc[upper], jnp.asarray(empirical)[upper])[0, 1]

    couplings = jnp.linspace(0.1, 2.4, N_COUPLINGS)
    scores = brainstate.transform.vmap(score)(couplings)
    numbers['scores'] = [float(value) for value in scores]
print(json.dumps({'seconds': time.perf_counter() - BEGAN, 'numbers': numbers}))
