"""Scores of found points, as cuBNM simulates: steps of 0.1 ms, 900 s, with noise that no search has seen."""

from __future__ import annotations

from typing import Any

import brainstate
import numpy as np
from brainstate.nn import Param

from .data import Data
from .models import FINE, Run, network
from .scores import Scores

__all__ = ['evaluate', 'simulate']

#: Of the noise; searches draw theirs from 1 to 5.
SEEDS = (1001, 1002, 1003, 1004)


def simulate(data: Data, run: Run, points: dict[str, Any]) -> Any:
    """Simulate points together, with the same noise.

    Parameters
    ----------
    data : Data
    run : Run
    points : dict
        ``G`` ``(C,)``, ``w_p`` and ``J_N`` ``(C,)`` or ``(C, N)``.
    """
    n = len(data.weights)
    values = {name: np.asarray(value) for name, value in points.items()}
    regional = {
        name: np.broadcast_to(values[name].reshape(len(values['G']), -1), (len(values['G']), n))
        for name in ('w_p', 'J_N')
    }
    net = network(
        data,
        run.dt,
        G=Param(float(values['G'][0])),
        **{name: Param(value[0]) for name, value in regional.items()},
    )
    candidates = {'node.G': values['G']} | {f'node.{k}': v for k, v in regional.items()}
    return run(net, candidates=candidates)


def evaluate(
    data: Data, points: dict[str, Any], run: Run = FINE, seeds: tuple[int, ...] = SEEDS
) -> list[dict[str, Any]]:
    """For each point its scores, one number per noise seed, and FC and FCD of the first."""
    scores, reports, pictures = Scores(data), [], []
    for seed in seeds:
        brainstate.random.seed(seed)
        result = simulate(data, run, points)
        reports.append(scores.report(result['bold'], result['rate']))
        if not pictures:
            pictures = [picture(scores, bold) for bold in np.swapaxes(result['bold'], 0, 1)]
    return [
        {'scores': {k: [float(r[k][i]) for r in reports] for k in reports[0]}, **shown}
        for i, shown in enumerate(pictures)
    ]


def picture(scores: Scores, bold: Any) -> dict[str, Any]:
    """FC above the diagonal, and counts of FCD values, for the figure."""
    fc = np.corrcoef(np.asarray(bold, float).T)
    fcd = np.asarray(scores.fcd(bold))
    return {
        'fc': np.round(fc[np.triu_indices(len(fc), 1)], 3).tolist(),
        'fcd': counts(fcd[np.triu_indices(len(fcd), 1)]),
    }


def counts(values: np.ndarray) -> list[int]:
    """Numbers of values in 60 bins of [-0.2, 1]."""
    return np.histogram(values, np.linspace(-0.2, 1.0, 61))[0].tolist()
