"""Population searches: a candidate once compiled, and a search from call to result."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Any

import brainmass
import jax
import jax.numpy as jnp
import numpy as np

import brainfit_fast as bf

from . import libraries, scan
from .problem import Problem
from .rows import OURS, Row
from .timing import agreement, compare, median_and_spread, take_turns

__all__ = ['time_search', 'time_search_fit']


def time_search(row: Row, p: Problem, repeats: int) -> dict[str, Any]:
    """Time the loss of a candidate: compiled batch, whole generation with what proposes it, and scan."""
    runs: dict[str, Callable[[], Any]] = {}
    counts: dict[str, int] = {}
    for method in dict.fromkeys(goal.method for goal in row.goals):
        own = dataclasses.replace(p, method=method)
        runs[f'{OURS}/{method}'] = libraries.batch(own)
        runs[f'scan/{method}'] = scan.evaluation(own)
        counts |= {f'{OURS}/{method}': p.candidates, f'scan/{method}': 1}
    first, seconds = take_turns(runs, repeats, libraries.seed)
    difference = max(
        agreement(
            np.ravel(first[f'{OURS}/{method}']['value'])[:1],
            np.ravel(first[f'scan/{method}']['value']),
        )
        for method in dict.fromkeys(goal.method for goal in row.goals)
    )
    if not difference < 5e-3:
        raise RuntimeError(
            f'{row.name}: the loss differs from that of the scan by {difference:.1e}'
        )
    seconds = {name: times / counts[name] for name, times in seconds.items()}
    whole = f'{OURS}, with ask and tell/exp_euler'
    seconds[whole] = np.array([_generation_s(p) / p.candidates for _ in range(repeats)])
    return {
        'contenders': {n: {'ms': median_and_spread(t * 1e3)} for n, t in seconds.items()},
        'relative_difference': difference,
        'ratios': [compare(goal, seconds) for goal in row.goals],
    }


def _generation_s(p: Problem) -> float:
    """Median seconds from one generation to the next in a fit of 12; the first is not counted."""
    stamps: list[float] = []
    libraries.seed()
    libraries.search(bf, p, 12, [lambda info: stamps.append(time.perf_counter())])
    return float(np.median(np.diff(stamps)))


def time_search_fit(row: Row, p: Problem, repeats: int) -> dict[str, Any]:
    """Time whole searches, from the model's constructor to the result, a new model each, in turns."""
    _ = p.arguments, p.series
    jax.block_until_ready(jax.jit(jnp.sin)(jnp.ones(3)))  # XLA has started
    libs = {f'{OURS}/exp_euler': bf, 'brainmass/exp_euler': brainmass}
    seconds: dict[str, list[float]] = {name: [] for name in libs}
    parts: list[dict[str, float]] = []
    history: dict[str, Any] = {}
    for _ in range(repeats + 1):
        for name, lib in libs.items():
            libraries.seed()
            began = time.perf_counter()
            result = libraries.search(lib, p, 5)
            seconds[name].append(time.perf_counter() - began)
            history[name] = result.history
            parts += [result.timings] if lib is bf else []
    difference = agreement(np.array(history[f'{OURS}/exp_euler']), history['brainmass/exp_euler'])
    if not difference < 0.05:
        raise RuntimeError(f'{row.name}: losses differ from brainmass by {difference:.1e}')
    # what the first of each costs: operations that the process has not compiled before
    first = {name: round(times[0], 3) for name, times in seconds.items()}
    later = {name: np.array(times[1:]) for name, times in seconds.items()}
    contenders = {
        name: {'seconds': median_and_spread(times), 'first_call_s': first[name]}
        for name, times in later.items()
    }
    contenders[f'{OURS}/exp_euler'] |= {'timings': parts[-1], 'first_timings': parts[0]}
    return {
        'contenders': contenders,
        'relative_difference': difference,
        'first_ratio': round(first['brainmass/exp_euler'] / first[f'{OURS}/exp_euler'], 1),
        'ratios': [compare(goal, later) for goal in row.goals],
    }
