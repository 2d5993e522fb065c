"""cuBNM's published points with other noise: what they reach is comparable with what fits reach here."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np

from .data import Data
from .models import free, network
from .published import PUBLISHED
from .search import COARSE, point_at

__all__ = ['SEARCHED', 'rescored']

#: Of cuBNM's noise; that of its searches gives the published figures again.
SEARCHED = 0
SEEDS = (SEARCHED, 1, 2, 3, 4)


def rescored(data: Data, python: Path, seeds: tuple[int, ...] = SEEDS) -> list[dict[str, Any]]:
    """A row for each published fit: its point, and cuBNM's own scores of it for each noise seed.

    Parameters
    ----------
    data : Data
    python : path
        Interpreter of cuBNM's environment.
    seeds : tuple of int

    Raises
    ------
    RuntimeError
        If cuBNM fails.
    """
    points = {}
    for name, fit in PUBLISHED.items():
        net = network(data, COARSE.dt, **fit.parameters(data, free))
        points[name] = point_at(net, fit.found)
    n = len(data.weights)
    columns = {
        'G': [point['G'] for point in points.values()],
        **{k: [np.broadcast_to(p[k], n).tolist() for p in points.values()] for k in ('w_p', 'J_N')},
    }
    began = time.perf_counter()
    run = subprocess.run(
        [python, Path(__file__).with_name('with_cubnm.py')],
        input=json.dumps({'points': columns, 'seeds': seeds}),
        capture_output=True,
        text=True,
    )
    if run.returncode:
        raise RuntimeError(f'cuBNM failed: {run.stderr.strip()[-800:]}')
    scores = json.loads(run.stdout.splitlines()[-1])
    seconds = time.perf_counter() - began
    return [
        {
            'row': 'published',
            'fit': name,
            'point': point,
            'cubnm': {
                'seeds': list(seeds),
                'seconds_of_all': round(seconds),
                **{key: [round(row[i], 4) for row in rows] for key, rows in scores.items()},
            },
        }
        for i, (name, point) in enumerate(points.items())
    ]
