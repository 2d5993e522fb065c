"""Whether coarser steps give the same scores: random points, each step with two noise seeds."""

from __future__ import annotations

import time
from typing import Any

import brainstate
import numpy as np

from .data import Data
from .evaluate import simulate
from .models import BOUNDS, Run
from .scores import Scores

__all__ = ['compare_steps']

#: A part of cuBNM's box in which FIC holds at most points.
_NEAR = {'G': (0.3, 3.0), 'w_p': (0.0, 1.5), 'J_N': (0.05, 0.45)}


def compare_steps(
    data: Data, runs: list[Run], n_points: int = 20, seeds: tuple[int, ...] = (101, 102)
) -> list[dict[str, Any]]:
    """Scores of each run's steps at the same points, ``(seeds, points)``.

    Half of the points are drawn between cuBNM's bounds, half nearer to where fits end.
    """
    rng = np.random.default_rng(0)
    half = n_points // 2
    points = {
        name: np.concatenate(
            [rng.uniform(*BOUNDS[name], half), rng.uniform(*_NEAR[name], n_points - half)]
        )
        for name in BOUNDS
    }
    scores, rows = Scores(data), []
    for run in runs:
        began, cpu = time.perf_counter(), time.process_time()
        reports = []
        for seed in seeds:
            brainstate.random.seed(seed)
            result = simulate(data, run, points)
            reports.append(scores.report(result['bold'], result['rate']))
        rows.append(
            {
                'row': 'steps',
                'dt_ms': run.dt,
                'bold_step_ms': run.bold_step,
                'points': n_points,
                'seconds': time.perf_counter() - began,
                'processor_seconds': time.process_time() - cpu,
                **{
                    key: [report[key].round(4).tolist() for report in reports]
                    for key in ('fc_within_train', 'ks_train', 'penalty')
                },
            }
        )
    return rows
