"""brainfit_fast on the CPU beside brainmass, tvboptim and a hand-written ``lax.scan``.

    python benchmarks/cpu.py [--rows NAME,...] [--quick] [--json FILE]

One Hopf network everywhere. Contenders return the same numbers (checked), take turns in one process, and
a figure is the median over turns of the peer's time over ours, with one integrator for both. Compile time
is apart. Each row runs in a process of its own. `docs/benchmarks.md` explains the rows.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from peers.facts import facts  # noqa: E402
from peers.report import brief, table  # noqa: E402
from peers.rows import OURS, ROWS, Row  # noqa: E402
from peers.timing import compare, loadavg, median_and_spread  # noqa: E402

#: Kinds of rows that are measured in one process, in single precision.
_FITS = ('steady', 'restarts', 'subjects', 'search', 'search-fit')


def main(argv: list[str] | None = None) -> None:
    """Measure the rows asked for, print them and write JSON on request."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--rows', help=f'some of: {", ".join(ROWS)}')
    parser.add_argument('--quick', action='store_true', help='a quarter of the steps, 3 turns')
    parser.add_argument('--repeats', type=int, help='turns of each contender (9; quick: 3)')
    parser.add_argument('--precision', default='32,64', help='32, 64 or both; goals are for 32')
    parser.add_argument('--json', type=Path, help='write everything here')
    parser.add_argument('--table', type=Path, help='print the table of an earlier --json file')
    parser.add_argument('--worker', help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.worker:
        _work(json.loads(options.worker))
        return
    if options.table:
        print(table(json.loads(options.table.read_text())))
        return
    names = options.rows.split(',') if options.rows else list(ROWS)
    unknown = [name for name in names if name not in ROWS]
    if unknown:
        parser.error(f'no row {", ".join(unknown)}; there are {", ".join(ROWS)}')
    repeats = options.repeats or (3 if options.quick else 9)
    report = facts('cpu.py', argv, quick=options.quick, repeats=repeats)
    for name in names:
        for bits in options.precision.split(','):
            began = time.perf_counter()
            try:
                found = measure(ROWS[name], f'float{bits}', repeats, options.quick)
            except WorkerError as error:
                found = {'error': str(error)}
            if found is None:
                continue
            found = {'name': name, 'work': ROWS[name].work, 'dtype': f'float{bits}', **found}
            found['loadavg'] = loadavg()
            report['rows'].append(found)
            seconds = time.perf_counter() - began
            print(f'{name} float{bits} ({seconds:.0f} s, load {loadavg()[0]}): {brief(found)}')
            sys.stdout.flush()
            if options.json:
                options.json.write_text(json.dumps(report, indent=1) + '\n')
    print('\n' + table(report))


class WorkerError(RuntimeError):
    """A measurement that failed, with the end of what it said."""


def measure(row: Row, dtype: str, repeats: int, quick: bool) -> dict[str, Any] | None:
    """Measure one row at one precision, in processes of its own; None where it has no such figure."""
    task = {'row': row.name, 'dtype': dtype, 'repeats': repeats, 'quick': quick}
    if row.kind in ('forward', 'gradient', 'roofline'):
        return _spawn(task)
    if dtype == 'float64':
        return None
    if row.kind in _FITS:
        return _spawn(task)
    if row.kind == 'fit':
        return _measure_fit(task, row, repeats)
    return _measure_memory(task, row, 1 if quick else 3)


def _measure_fit(task: dict[str, Any], row: Row, repeats: int) -> dict[str, Any]:
    who = [
        f'{OURS}/exp_euler',
        'brainmass/exp_euler',
        f'{OURS}/euler',
        'scan/euler',
        'tvboptim/euler',
    ]
    seconds: dict[str, list[float]] = {name: [] for name in who}
    parts: dict[str, Any] = {}
    for _ in range(repeats):
        for name in who:
            found = _spawn(task | {'who': name})
            seconds[name].append(found.pop('seconds'))
            parts[name] = found
    ratios = [compare(goal, seconds) for goal in row.goals]
    contenders = {
        name: {'seconds': median_and_spread(s), **parts[name]} for name, s in seconds.items()
    }
    for name, found in contenders.items():
        expected = contenders[f'{OURS}/{name.rsplit("/", 1)[1]}']['last_loss']
        if not abs(found['last_loss'] - expected) < 0.05 * abs(expected):
            raise WorkerError(f'{name} ends at loss {found["last_loss"]}, ours at {expected}')
    return {'contenders': contenders, 'ratios': ratios}


def _measure_memory(task: dict[str, Any], row: Row, repeats: int) -> dict[str, Any]:
    contenders = {}
    who = [OURS, f'{OURS}, plain loss', 'scan', 'brainmass', 'tvboptim', 'tvboptim, block_size']
    for name in who:
        growth = []
        for _ in range(repeats if name.startswith(OURS) else 1):
            peaks = [
                _spawn(task | {'who': name, 'steps': n})['mb'] for n in (1000, row.problem.steps)
            ]
            growth.append(peaks[1] - peaks[0])
        contenders[name] = {'growth_mb': median_and_spread(growth)}
    value = contenders[OURS]['growth_mb']['median']
    return {'contenders': contenders, 'limit': row.limit, 'met': value < (row.limit or 0)}


def _spawn(task: dict[str, Any]) -> dict[str, Any]:
    """Run a worker and return what it prints last."""
    environment = {
        **os.environ,
        'JAX_PLATFORMS': 'cpu',
        'JAX_ENABLE_X64': '1' if task['dtype'] == 'float64' else '0',
        'JAX_ENABLE_COMPILATION_CACHE': '0',
    }
    done = subprocess.run(
        [sys.executable, '-W', 'ignore', __file__, '--worker', json.dumps(task)],
        env=environment,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise WorkerError(f'status {done.returncode}: {done.stderr.strip()[-600:]}')
    return json.loads(done.stdout.splitlines()[-1])


def _work(task: dict[str, Any]) -> None:
    """What a worker does."""
    from peers import libraries

    row, dtype = ROWS[task['row']], task['dtype']
    libraries.set_up(dtype)
    shorter = 2 if row.problem.candidates else 4
    if not task['quick'] or row.kind not in ('forward', 'gradient'):
        shorter = 1
    steps = task.get('steps', row.problem.steps // shorter)
    p = dataclasses.replace(row.problem, dtype=dtype, steps=steps)
    found: dict[str, Any]
    if row.kind in _FITS:
        from peers.searches import time_search, time_search_fit
        from peers.steps import time_steps

        measured = {'search': time_search, 'search-fit': time_search_fit}.get(row.kind, time_steps)
        print(json.dumps(measured(row, p, task['repeats'])))
        return
    from peers import roofline
    from peers.measure import fit_once, gradient_peak, time_row

    if row.kind == 'fit':
        found = fit_once(task['who'], p, 50)
    elif row.kind == 'memory':
        found = {'mb': gradient_peak(task['who'], p)}
    elif row.kind == 'roofline':
        found = roofline.measure(p.n, dtype, 5 * task['repeats'])
        found |= {'limit': row.limit, 'met': found['share']['median'] >= row.limit}
    else:
        found = {'steps': steps, **time_row(row, p, task['repeats'], peers=dtype == 'float32')}
        if p.candidates and not p.delay and row.kind == 'forward':
            us = found['contenders'][f'{OURS}/exp_euler']['us_per_step']['median']
            found['whole_step_gflops'] = round(2e-3 * p.n**2 * p.candidates / us, 1)
    print(json.dumps(found))


if __name__ == '__main__':
    main()
