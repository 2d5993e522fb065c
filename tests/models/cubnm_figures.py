"""Write cubnm-0.1.0.npz: what cuBNM 0.1.0 computes, for the tests of the Wong–Wang models.

In an environment of its own, on a CPU::

    pip install cubnm==0.1.0 && python tests/models/cubnm_figures.py
"""

from pathlib import Path

import numpy as np
from cubnm import datasets, sim

TARGET = Path(__file__).with_name('cubnm-0.1.0.npz')
AT_MS = np.array([1, 2, 10, 50, 200, 500, 1000, 2000])
SC = datasets.load_sc('strength', 'schaefer-100')
LENGTHS = datasets.load_sc('length', 'schaefer-100')


def simulated(kind, G, sigma, **settings):
    """A group that has run, with all states at every ms."""
    given = {
        'duration': 2, 'TR': 0.5, 'sc': SC, 'dt': '0.1', 'bw_dt': '1.0', 'states_ts': True,
        'states_sampling': 0.001, 'do_fc': False, 'do_fcd': False, 'gof_terms': [],
        'bold_remove_s': 0, 'force_cpu': True, 'noise_segment_length': 0.5, 'sim_seed': 3,
    } | settings  # fmt: skip
    speed = given.pop('v', None)
    group = kind(**given)
    group.N = len(G)
    group.param_lists['G'] = np.array(G)
    group.param_lists['sigma'] = np.full((len(G), group.nodes), sigma)
    if speed is not None:
        group.param_lists['v'] = np.full(len(G), speed)
    group._set_default_params()
    group.run()
    return group


figures = {'at_ms': AT_MS}

for name, kind, G, states, rate in (
    ('rww', sim.rWWSimGroup, [0.3, 1.0], ('S_E', 'S_I'), 'r_E'),
    ('rwwex', sim.rWWExSimGroup, [0.1, 0.3], ('S',), 'r'),
):
    silent = simulated(kind, G, 0.0)
    delayed = simulated(kind, G[:1], 0.0, sc_dist=LENGTHS, v=3.0)
    figures[f'{name}_G'] = np.array(G)
    figures[f'{name}_rate'] = silent.sim_states[rate][:, 999:].mean(1)
    figures[f'{name}_bold'] = silent.sim_bold
    for state in states:
        figures[f'{name}_{state}'] = silent.sim_states[state][:, AT_MS - 1]
    figures[f'{name}_delayed'] = delayed.sim_states[states[0]][0, AT_MS - 1]
    if name == 'rww':
        figures['rww_wIE'] = silent.param_lists['wIE']

    # three regions, half a second at 0.5 ms, with the noise that was drawn
    small = np.array([[0.0, 0.4, 0.1], [0.2, 0.0, 0.3], [0.5, 0.6, 0.0]])
    options = {'do_fic': False} if name == 'rww' else {}
    noisy = simulated(
        kind, [0.2], 0.02, sc=small, dt='0.5', duration=0.5, noise_out=True, **options
    )
    n_noise = len(states)
    figures[f'{name}_noise'] = noisy.get_noise().reshape(n_noise, 3, -1).transpose(2, 0, 1)
    figures[f'{name}_noisy'] = np.stack([noisy.sim_states[state][0] for state in states])
    figures['small'] = small

adjusted = simulated(
    sim.rWWSimGroup, [0.8, 1.0, 1.2, 1.5], 0.0, duration=3, states_ts=False, max_fic_trials=8,
    I_SAMPLING_START=1000, I_SAMPLING_END=2000, do_fic=True,
)  # fmt: skip
figures['fic_G'] = adjusted.param_lists['G']
figures['fic_wIE'] = adjusted.param_lists['wIE']
figures['fic_trials'] = adjusted.fic_ntrials
figures['fic_failed'] = adjusted.fic_failed

np.savez_compressed(TARGET, **figures)
