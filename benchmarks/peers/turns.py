"""One workload: contenders are checked first, then timed in turns."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from . import workloads as w
from .agreement import undecided, verdict
from .timing import loadavg, median_and_spread
from .worker import WorkerError, working

__all__ = ['measure', 'row_of']

#: ``(contender, kind, more) -> task`` of a worker.
Tasks = Callable[..., dict[str, Any]]

#: Answers to checks, by workload, contender and number of seeds, of who computes the same at either precision.
_DOUBLE: dict[tuple[str, str, int], dict[str, Any]] = {}


def measure(
    work: w.Workload,
    dtype: str,
    names: list[str],
    repeats: int,
    quick: bool,
    envs: Path,
    checks: dict[str, dict[str, Any]] | None,
) -> list[dict[str, Any]]:
    """One row for each contender, of a workload at one precision.

    ``checks`` are those of an earlier run, by contender; without turns, nothing else is done.
    """
    length = (w.QUICK_LONG if quick else w.LONG) if work.memory else w.QUICK if quick else w.FULL
    with tempfile.TemporaryDirectory() as folder:
        arrays = Path(folder, 'arrays.npz')
        np.savez(arrays, **work.arrays)

        def task(name: str, kind: str, **more: Any) -> dict[str, Any]:
            setup = work.setup(name, dtype, length)
            return {'kind': kind, 'arrays': str(arrays), 'setup': setup, **more}

        if work.memory:
            checks = {}
        elif checks is None:
            checks = _checks(work, names, quick, envs, task, folder)
        good = [name for name in names if 'error' not in checks.get(name, {})]
        timed = _timed(good, repeats, envs, task, not work.memory) if repeats else {}
    about = {'dtype': dtype, 'steps': length.steps, 'loadavg': loadavg()}
    return [row_of(work, name, about, checks.get(name, {}), timed) for name in names]


def _timed(
    names: list[str], repeats: int, envs: Path, task: Tasks, together: bool
) -> dict[str, dict[str, Any]]:
    """Seconds of all contenders, turn by turn; where memory counts, one turn of each, alone."""
    if not together:
        found = {}
        for name in names:
            with working(name, task(name, 'time'), envs) as worker:
                worker.answer()
                worker.ask('turn')
                found[name] = worker.ask('end')
        return found
    with ExitStack() as stack:
        workers = []
        for name in names:
            worker = stack.enter_context(working(name, task(name, 'time'), envs))
            worker.answer()  # compiled, before the next one starts
            workers.append(worker)
        for turn in range(repeats):
            # another one goes first each time
            for k in range(len(workers)):
                workers[(turn + k) % len(workers)].ask('turn')
        return {worker.name: worker.ask('end') for worker in workers}


def _checks(
    work: w.Workload, names: list[str], quick: bool, envs: Path, task: Tasks, folder: str
) -> dict[str, dict[str, Any]]:
    """How each contender compares with ours."""
    noisy, seeds = w.noisy(work.sims > 1 or work.delays, quick)
    lengths = {'silent': w.SILENT.setup, 'noisy': noisy.setup}
    slow = {}
    # oscillators of one frequency that start alike need no delays to agree without noise
    if work.delays and work.model != 'hopf':
        slow = {'slow': {'constants': {**w.CONSTANTS, 'speed': w.SLOW_SPEED}}}
    bold = Path(folder, 'bold.npz')

    def answer(name: str, own: list[int]) -> dict[str, Any]:
        before = work.name, name, len(own)
        if before in _DOUBLE:
            return _DOUBLE[before]
        try:
            checking = task(name, 'check', bold=str(bold), seeds=own, **lengths, **slow)
            with working(name, checking, envs) as worker:
                found = {**worker.answer(), 'seeds': own, 'bold': dict(np.load(bold))}
        except WorkerError as error:
            return {'error': str(error)}
        if w.CONTENDERS[name].double:
            _DOUBLE[before] = found
        return found

    # equal draws are compared seed by seed, so a few do
    found = {n: answer(n, seeds[:3] if w.CONTENDERS[n].same_noise else seeds) for n in names}
    more: dict[str, dict[str, Any]] = {}
    for name in names:
        beside = work.beside(name)
        if not quick and undecided(name, beside, found):
            more |= {n: answer(n, list(w.MORE_SEEDS)) for n in (name, beside) if n not in more}
    return {name: verdict(name, work.beside(name), found, more) for name in found}


def row_of(
    work: w.Workload,
    name: str,
    about: dict[str, Any],
    check: dict[str, Any],
    timed: dict[str, dict[str, Any]],
) -> dict[str, Any]:
    """What is written of a contender: its times beside ours in the same turns."""
    known = w.CONTENDERS[name]
    ours = work.beside(name)
    row = {'workload': work.name, 'work': work.work, 'contender': name, 'peer': known.peer}
    row |= {'note': known.note, 'simulations': work.sims, **about, 'check': check}
    if 'error' in check:
        return {**row, 'error': check['error']}
    if name not in timed:
        return row
    own = timed[name]
    row |= {
        'seconds': median_and_spread(own['seconds']),
        'first_call_s': round(own['first_call_s'], 3),
        'memory_mb': round(own['peak_mb'] - own['import_mb'], 1),
        'import_mb': round(own['import_mb'], 1),
    }
    if work.limit is not None and name == ours:
        row |= {'limit': work.limit, 'met': row['memory_mb'] < work.limit}
    if work.memory or known.peer == 'brainfit_fast' or ours not in timed:
        return row
    ratio = median_and_spread(np.asarray(own['seconds']) / np.asarray(timed[ours]['seconds']))
    goal = work.goal(name)
    row |= {'ours': ours, 'our_seconds': median_and_spread(timed[ours]['seconds'])}
    return {**row, 'ratio': ratio, 'goal': goal, 'met': ratio['median'] >= goal}
