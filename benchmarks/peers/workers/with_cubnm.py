"""cuBNM on the CPU, in C++."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from cubnm import sim
from serving import DT, Setup, serve


def make(s: Setup) -> Callable[[int], tuple[Any, Any]]:
    """A group of simulations; its noise is drawn at the first run and kept for the later ones of a seed."""
    kind = {'rww': sim.rWWExSimGroup, 'ei': sim.rWWSimGroup}[s.model]
    duration = round(s.steps * DT / 1000, 3)
    options = {'do_fic': True, 'max_fic_trials': 0} if s.model == 'ei' else {}
    if s.delays:
        options |= {'sc_dist': s.lengths}
    group = kind(
        duration=duration, TR=s.tr_steps * DT / 1000, sc=np.ascontiguousarray(s.weights.T),
        dt=str(DT), bw_dt='1.0', do_fc=True, do_fcd=False, gof_terms=[], force_cpu=True,
        bold_remove_s=s.removed * s.tr_steps * DT / 1000, **options,
    )  # fmt: skip
    group.N = len(s.G)
    group.param_lists['G'] = np.array(s.G)
    sigma = s.constants[f'sigma_{s.model}'] if s.noise else 0.0
    group.param_lists['sigma'] = np.full((group.N, group.nodes), sigma)
    if s.delays:
        group.param_lists['v'] = np.full(group.N, s.constants['speed'])
    group._set_default_params()

    def run(seed: int) -> tuple[Any, Any]:
        group.sim_seed = seed
        group.run()
        fc = np.ones((group.N, group.nodes, group.nodes))
        lower = np.tril_indices(group.nodes, -1)
        fc[:, lower[0], lower[1]] = fc[:, lower[1], lower[0]] = group.sim_fc_trils
        return fc, np.asarray(group.sim_bold)

    return run


if __name__ == '__main__':
    serve(make)
