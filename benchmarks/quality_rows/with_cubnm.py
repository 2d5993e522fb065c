"""cuBNM on the CPU, in its environment: FC correlation and FCD distance of given points, for each noise seed.

Reads the points from standard input, as JSON; answers with one line of JSON.
"""

import json
import sys

import numpy as np
from cubnm import datasets, sim

GROUP = 'schaefer-100', 'group-train706'


def main():
    """Simulate and score as cuBNM's tutorials of CMA-ES do."""
    task = json.load(sys.stdin)
    group = sim.rWWSimGroup(
        duration=900, bold_remove_s=30, TR=0.72, dt='0.1', bw_dt='1.0', noise_segment_length=30,
        sc=datasets.load_sc('strength', *GROUP), sc_dist=None,
        gof_terms=['+fc_corr', '-fcd_ks'], do_fc=True, do_fcd=True,
        window_size=30, window_step=5, fcd_drop_edges=True, exc_interhemispheric=True,
        bw_params='heinzle2016-3T', do_fic=True, max_fic_trials=0, fic_penalty_scale=0.5,
        states_ts=False, sim_verbose=False, force_cpu=True,
    )  # fmt: skip
    points = {name: np.array(values) for name, values in task['points'].items()}
    group.N = len(points['G'])
    group.param_lists.update(points)
    group._set_default_params()
    target = {'exc_interhemispheric': True, 'return_tril': True}
    targets = {
        'emp_fc_tril': datasets.load_fc(*GROUP, **target),
        'emp_fcd_tril': datasets.load_fcd(*GROUP, **target),
    }
    found = []
    for seed in task['seeds']:
        group.sim_seed = seed
        group.run()
        found.append(group.score(**targets))
    scores = {
        'fc_within_train': [list(f['+fc_corr']) for f in found],
        'ks_train': [list(-f['-fcd_ks']) for f in found],
    }
    print(json.dumps(scores))


if __name__ == '__main__':
    main()
