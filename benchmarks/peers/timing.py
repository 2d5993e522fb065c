"""Contenders in turns: compile each, compare what they return, time them, and take ratios per turn."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from .rows import OURS, Goal

__all__ = ['agreement', 'compare', 'loadavg', 'median_and_spread', 'take_turns']

Contenders = dict[str, Callable[[], Any]]

#: A turn lasts about this long: short calls are repeated within it and averaged.
TURN_S = 0.05


def loadavg() -> list[float]:
    """Load averages of the machine; its own contenders count."""
    return [round(value, 2) for value in os.getloadavg()]


def median_and_spread(values: Any) -> dict[str, float]:
    """Median, and the 20th and 80th percentile."""
    low, middle, high = (float(f'{q:.4g}') for q in np.percentile(values, [20, 50, 80]))
    return {'median': middle, 'p20': low, 'p80': high}


def agreement(value: Any, expected: Any) -> float:
    """Largest relative difference, by Euclidean norm, of any entry; one that holds several arrays, as a
    gradient does, is one vector."""

    def vector(entry: Any) -> Any:
        return np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(entry)])

    entries = zip(value, expected, strict=True) if isinstance(value, tuple) else [(value, expected)]
    pairs = [(vector(a), vector(b)) for a, b in entries]
    return float(np.max([np.linalg.norm(a - b) / np.linalg.norm(b) for a, b in pairs]))  # NaN shows


def compare(goal: Goal, seconds: dict[str, Any]) -> dict[str, Any]:
    """A peer's time over ours, turn by turn, beside its goal."""
    names = [f'{goal.peer}/{goal.method}']
    if goal.peer == 'fastest':
        peers = ('scan', 'tvboptim', 'tvboptim, difference coupling')
        names = [n for n in (f'{peer}/{goal.method}' for peer in peers) if n in seconds]
    name = min(names, key=lambda n: float(np.median(seconds[n])))
    ours = np.asarray(seconds[f'{OURS}/{goal.method}'])
    ratio = median_and_spread(np.asarray(seconds[name]) / ours)
    return {'peer': name, 'method': goal.method, 'ratio': ratio, 'goal': goal.times}


def take_turns(
    contenders: Contenders, repeats: int, before_first: Callable[[], None]
) -> tuple[dict[str, dict[str, Any]], dict[str, np.ndarray]]:
    """Call each contender once, then all in turns.

    Parameters
    ----------
    contenders : dict of str to callable
        Each returns arrays.
    repeats : int
        Number of turns of each.
    before_first : callable
        Called before the first call of each.

    Returns
    -------
    first : dict
        What each returned, and the seconds of that first call, in which it was compiled.
    seconds : dict
        ``(repeats,)`` seconds per call of each.
    """
    first: dict[str, dict[str, Any]] = {}
    calls = {}
    for name, run in contenders.items():
        before_first()
        began = time.perf_counter()
        value = jax.block_until_ready(run())
        first[name] = {'first_call_s': time.perf_counter() - began}
        first[name]['value'] = jax.tree.map(np.asarray, value)
        began = time.perf_counter()
        jax.block_until_ready(run())
        calls[name] = int(np.clip(TURN_S / (time.perf_counter() - began), 1, 50))
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    names = list(contenders)
    for turn in range(repeats):
        # another one goes first each time: nobody always runs behind the slowest
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            run = contenders[name]
            began = time.perf_counter()
            for _ in range(calls[name]):
                jax.block_until_ready(run())
            seconds[name].append((time.perf_counter() - began) / calls[name])
    return first, {name: np.array(values) for name, values in seconds.items()}
