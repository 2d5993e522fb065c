"""cuBNM's fits by its cost and box, searched by nevergrad's CMA-ES (first step size 0.15 of the box).

The lowest of many noisy costs is low by luck in part, so the lowest ones are simulated again with other noise.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import brainstate
import jax
import numpy as np

import brainfit_fast as bf
from brainfit_fast.candidates import find_parameter
from brainfit_fast.program.tracing import parameters

from .data import Data
from .models import Run, free, network
from .published import PUBLISHED
from .scores import Scores

__all__ = ['search']

#: Steps of a search; what it finds is evaluated with those of cuBNM.
COARSE = Run(2.0, 2.0)

#: Points of lowest cost that are simulated again, and of the noise with which they are.
LOWEST, AGAIN = 16, (501, 502, 503, 504)


def search(
    data: Data,
    name: str,
    seed: int,
    generations: int,
    population: int,
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
    paths = {key: find_parameter(net, key) for key in row.space(data)}
    losses = np.asarray(result.evaluations.losses)
    lowest = np.argsort(losses)[:LOWEST]  # NaN comes last
    chosen = {
        key: np.asarray(result.evaluations.params[path])[lowest] for key, path in paths.items()
    }
    costs = _costs_again(net, scores, run, chosen)
    best = int(np.nanargmin(costs))
    found = {key: float(values[best]) for key, values in chosen.items()}
    return {
        'row': name,
        'seed': seed,
        'evaluations': losses.size + len(AGAIN) * len(lowest),
        'population': population,
        'dt_ms': run.dt,
        'seconds': time.perf_counter() - began,
        'processor_seconds': time.process_time() - cpu,
        'search_cost': float(costs[best]),
        'lowest_by_generation': [
            float(f'{np.nanmin(v):.4f}') for v in losses.reshape(-1, population)
        ],
        'parameters': found,
        'point': point_at(net, found),
    }


def _costs_again(net: Any, scores: Scores, run: Run, points: dict[str, Any]) -> np.ndarray:
    """Mean cost of each point over the noise seeds ``AGAIN``."""
    cost = jax.jit(jax.vmap(scores.cost, in_axes=1))
    found = []
    for seed in AGAIN:
        brainstate.random.seed(seed)
        result = run(net, candidates=points)
        found.append(np.asarray(cost(result['bold'], result['rate'])))
    return np.mean(found, 0)


def point_at(net: Any, values: dict[str, float]) -> dict[str, Any]:
    """The point of these values, which the network has from now on."""
    for key, value in values.items():
        parameters(net)[find_parameter(net, key)].set_value(value)
    return point_of(net)


def point_of(net: Any) -> dict[str, Any]:
    """``G``, and ``w_p`` and ``J_N`` of each region."""
    node = net.node
    regional = {
        name: np.broadcast_to(np.asarray(getattr(node, name).value(), float), node.varshape)
        for name in ('w_p', 'J_N')
    }
    return {'G': float(node.G.value())} | {k: v.round(6).tolist() for k, v in regional.items()}
