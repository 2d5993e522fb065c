"""How a figure is measured inside a process of its own."""

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

from . import libraries, scan, tvb
from .problem import Problem
from .rows import OURS, Goal, Row
from .timing import agreement, compare, median_and_spread, take_turns

__all__ = ['contenders', 'fit_once', 'gradient_peak', 'time_row']


def contenders(row: Row, p: Problem, methods: tuple[str, ...]) -> dict[str, Callable[[], Any]]:
    """Callables by ``'who/method'``; those that are left out have no such integrator."""
    found: dict[str, Callable[[], Any]] = {}
    for method in methods:
        own = dataclasses.replace(p, method=method)
        if row.kind == 'forward':
            found[f'{OURS}/{method}'] = libraries.forward(bf, own)
            found[f'scan/{method}'] = scan.forward(own)
            if method == 'euler':
                found['tvboptim/euler'] = tvb.forward(own)
            else:
                found['brainmass/exp_euler'] = libraries.forward(brainmass, own)
                if not own.candidates:
                    # as most scripts have it: the model is built once, its arrays become constants
                    outside = libraries.simulator_run(brainmass, own, jit=True)
                    found['brainmass, model built outside jit/exp_euler'] = outside
                    eager = libraries.simulator_run(bf, own, jit=False)
                    found[f'{OURS}, Simulator.run without jit/exp_euler'] = eager
        else:
            found[f'{OURS}/{method}'] = libraries.loss(bf, own, row.conn)
            found[f'scan/{method}'] = scan.loss(own, row.conn)
            if method == 'euler':
                found['tvboptim/euler'] = tvb.loss(own, row.conn)
                if own.delay:
                    other = tvb.loss(own, row.conn, difference=True)
                    found['tvboptim, difference coupling/euler'] = other
            else:
                found['brainmass/exp_euler'] = libraries.loss(brainmass, own, row.conn)
            if not own.candidates:
                found[f'{OURS}, fused by Fitter/{method}'] = libraries.fitter_loss(own, row.conn)
    return found


def time_row(row: Row, p: Problem, repeats: int, peers: bool) -> dict[str, Any]:
    """Time a forward or gradient row in this process.

    Parameters
    ----------
    row : Row
    p : Problem
        The row's, with the steps and dtype of this run.
    repeats : int
        Turns.
    peers : bool
        Whether brainmass and tvboptim take part; if not, the scan alone does.
    """
    methods = tuple(dict.fromkeys(goal.method for goal in row.goals))
    runs = contenders(row, p, methods)
    if not peers:
        runs = {n: run for n, run in runs.items() if n.startswith((OURS + '/', 'scan/'))}
    first, seconds = take_turns(runs, repeats, libraries.seed)
    out: dict[str, Any] = {}
    for name, times in seconds.items():
        method = name.rsplit('/', 1)[1]
        value, expected = first[name]['value'], first[f'{OURS}/{method}']['value']
        out[name] = {
            'us_per_step': median_and_spread(times / p.steps * 1e6),
            'first_call_s': round(first[name]['first_call_s'], 3),
            'relative_difference': _difference(row, p, name, value, expected),
        }
    return {
        'contenders': out,
        'ratios': [compare(goal, seconds) for goal in row.goals if _takes_part(goal, seconds)],
    }


def _difference(row: Row, p: Problem, name: str, value: Any, expected: Any) -> float:
    """How far a contender is from ours; raise where it computed something else."""
    same_noise = not p.noise or name.startswith((OURS, 'brainmass'))
    if not same_noise:  # another stream of draws: compare how far x spreads
        value, expected = np.std(value), np.std(expected)
    difference = agreement(value, expected)
    limit = {'float32': 1e-3, 'float64': 1e-8}[p.dtype]
    if row.kind == 'gradient' and p.dtype == 'float32':
        limit = 1e-2  # rounding grows along the adjoint
    if not same_noise:
        limit = 0.05
    if not difference < limit:
        raise RuntimeError(f'{row.name}: {name} differs from brainfit_fast by {difference:.1e}')
    return float(f'{difference:.2g}')


def _takes_part(goal: Goal, seconds: dict[str, Any]) -> bool:
    return goal.peer == 'fastest' or f'{goal.peer}/{goal.method}' in seconds


def fit_once(who: str, p: Problem, n_steps: int) -> dict[str, Any]:
    """Seconds of one fit, from the model's constructor to the result, in this fresh process; our parts."""
    name, method = who.split('/')
    own = dataclasses.replace(p, method=method)
    _ = own.arguments, own.series  # the data are there before anybody fits
    jax.block_until_ready(jax.jit(jnp.sin)(jnp.ones(3)))  # XLA has started
    run: Callable[[], Any] = {
        OURS: lambda: libraries.fit(bf, own, n_steps),
        'brainmass': lambda: libraries.fit(brainmass, own, n_steps),
        'scan': lambda: scan.fit(own, n_steps),
        'tvboptim': lambda: tvb.fit(own, n_steps),
    }[name]
    began = time.perf_counter()
    result = run()
    found: dict[str, Any] = {'seconds': time.perf_counter() - began}
    if name == 'tvboptim':
        found['last_loss'] = tvb.loss_at(own, result)
    else:
        found['last_loss'] = float((result if name == 'scan' else result.history)[-1])
    if name == OURS:
        found |= {'timings': result.timings, 'implementation': result.implementation}
        found['fusion'] = result.fusion
    return found


def gradient_peak(who: str, p: Problem) -> float:
    """Largest resident memory in MB that this fresh process has had after two gradients."""
    euler = dataclasses.replace(p, method='euler')
    run = {
        OURS: lambda: libraries.fitter_loss(p, False),
        f'{OURS}, plain loss': lambda: libraries.loss(bf, p, False),
        'scan': lambda: scan.loss(p, False),
        'brainmass': lambda: libraries.loss(brainmass, p, False),
        'tvboptim': lambda: tvb.loss(euler, False),
        'tvboptim, block_size': lambda: tvb.loss(euler, False, block_size=250),
    }[who]()
    for _ in range(2):
        jax.block_until_ready(run())
    with open('/proc/self/status') as file:
        line = next(line for line in file if line.startswith('VmHWM'))
    return int(line.split()[1]) / 1024
