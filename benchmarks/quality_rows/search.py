"""cuBNM's fits by its cost and box, searched by nevergrad's CMA-ES (first step size 0.15 of the box)."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import brainstate
import numpy as np

import brainfit_fast as bf
from brainfit_fast.candidates import find_parameter

from .data import Data
from .models import PUBLISHED, Run, free, network
from .scores import Scores

__all__ = ['search']

#: Steps of a search; what it finds is evaluated with those of cuBNM.
COARSE = Run(2.0, 2.0)


def search(
    data: Data,
    name: str,
    seed: int,
    generations: int,
    population: int = 16,
    run: Run = COARSE,
    checkpoint: Path | None = None,
) -> dict[str, Any]:
    """Fit one of cuBNM's rows; goes on with the checkpoint where there is one."""
    row, scores = PUBLISHED[name], Scores(data)
    net = network(data, run.dt, **row.parameters(data, free))

    def loss(model: Any) -> tuple[Any, None]:
        result = run(model)
        return scores.cost(result['bold'], result['rate']), None

    brainstate.random.seed(seed)
    fitter = bf.Fitter(
        net,
        {'method': 'LargeCMA', 'n_sample': population, 'num_workers': population},
        backend='nevergrad',
        loss_fn=loss,
        search_space=row.space(data),
    )
    began, cpu = time.perf_counter(), time.process_time()
    if checkpoint is not None and checkpoint.exists():
        result = fitter.resume(checkpoint, n_steps=generations)
    else:
        result = fitter.fit(n_steps=generations, seed=seed, checkpoint=checkpoint)
    losses = np.asarray(result.evaluations.losses).reshape(-1, population)
    return {
        'row': name,
        'seed': seed,
        'evaluations': losses.size,
        'dt_ms': run.dt,
        'seconds': time.perf_counter() - began,
        'processor_seconds': time.process_time() - cpu,
        'search_cost': float(result.best_loss),
        'lowest_by_generation': [float(f'{np.nanmin(v):.4f}') for v in losses],
        'parameters': {
            k: float(result.best_params[find_parameter(net, k)]) for k in row.space(data)
        },
        'point': point_of(net),
    }


def point_of(net: Any) -> dict[str, Any]:
    """``G``, and ``w_p`` and ``J_N`` of each region."""
    node = net.node
    regional = {
        name: np.broadcast_to(np.asarray(getattr(node, name).value(), float), node.varshape)
        for name in ('w_p', 'J_N')
    }
    return {'G': float(node.G.value())} | {k: v.round(6).tolist() for k, v in regional.items()}
