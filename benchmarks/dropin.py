"""Scripts written for brainmass, run by it and by ``python -m brainfit_fast``.

    python benchmarks/dropin.py [--rows NAME,...] [--repeats N] [--json FILE]

Each script of `scripts/` runs in turns as ``python script.py``, the same with JAX's compilation cache on, and
``python -m brainfit_fast script.py``; what they print is compared. `docs/benchmarks.md` explains the rows.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from peers.facts import facts, heading  # noqa: E402
from peers.timing import loadavg, median_and_spread  # noqa: E402

OURS, THEIRS, CACHED = 'brainfit_fast', 'brainmass', "brainmass, with JAX's cache"
SCRIPTS = ('networks', 'gradient_fit', 'gradient_free_fit', 'resting_state')
SIZES = ('tutorial', 'study')
GOAL = 10.0
#: Largest relative difference of anything that a script prints.
SAME = 1e-2

#: Programs for ``python -c``: what starting costs.
STARTS = {
    'import brainmass': 'import brainmass',
    'import brainmass, brainfit_fast': 'import brainmass, brainfit_fast',
    'import brainfit_fast, brainmass': 'import brainfit_fast, brainmass',
}

_PATCH = """
import time, json, brainmass, brainfit_fast
began = time.perf_counter()
brainfit_fast.patch()
print(json.dumps(1e3 * (time.perf_counter() - began)))
"""

#: Runs of a small network, in turns: of this library without the patch, patched, and as --report has it.
_OVERHEAD = """
import json, sys, time
import brainmass, brainstate, brainunit as u, jax, numpy as np
import brainfit_fast as bf
dt = 0.1 * u.ms
brainstate.environ.set(dt=dt)
data = brainmass.datasets.load_dataset('example_connectome')
noise = brainmass.OUProcess(8, sigma=0.01, tau=20.0 * u.ms)
net = brainmass.Network(
    brainmass.WilsonCowanStep(8, noise_E=noise),
    conn=data.weights, distance=data.distances, speed=10.0 * u.mm / u.ms, coupled_var='rE', k=0.5,
)
def measure(simulator):
    began = time.perf_counter()
    jax.block_until_ready(simulator.run(1000.0 * u.ms))
    return time.perf_counter() - began
def own():
    bf.unpatch()
    return measure(bf.Simulator(net, dt))
def patched(timed):
    bf.patch(timed=timed)
    return measure(brainmass.Simulator(net, dt))
ways = {'direct': own, 'patched': lambda: patched(False), 'report': lambda: patched(True)}
for way in ways.values():
    way()
seconds = {name: [] for name in ways}
names = list(ways)
for turn in range(int(sys.argv[1])):
    for name in names[turn % 3:] + names[:turn % 3]:
        seconds[name].append(ways[name]())
best = {name: float(np.percentile(times, 20)) for name, times in seconds.items()}
print(json.dumps(best))
"""


def main(argv: list[str] | None = None) -> None:
    """Measure, print and write JSON on request."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    rows = [
        'start',
        'overhead',
        'tests',
        *(f'{script}-{size}' for size in SIZES for script in SCRIPTS),
    ]
    parser.add_argument('--rows', help=f'some of: {", ".join(rows)}; a file keeps the others')
    parser.add_argument('--repeats', type=int, default=5, help='turns of each contender')
    parser.add_argument('--json', type=Path, help='write everything here')
    parser.add_argument('--table', type=Path, help='print the table of an earlier --json file')
    options = parser.parse_args(argv)
    if options.table:
        print(table(json.loads(options.table.read_text())))
        return
    names = options.rows.split(',') if options.rows else rows
    unknown = [name for name in names if name not in rows]
    if unknown:
        parser.error(f'no row {", ".join(unknown)}; there are {", ".join(rows)}')
    report = facts('dropin.py', argv, repeats=options.repeats)
    if options.rows and options.json and options.json.exists():  # other rows are kept
        earlier = json.loads(options.json.read_text())['rows']
        report['rows'] = [row for row in earlier if row['name'] not in names]
    for name in names:
        measures = {'start': time_start, 'overhead': time_overhead, 'tests': time_tests}
        measure = measures.get(name)
        found = measure(options.repeats) if measure else time_script(name, options.repeats)
        row = {'name': name, 'commit': report['commit'], **found, 'loadavg': loadavg()}
        report['rows'].append(row)
        print(name, json.dumps(found), flush=True)
        if options.json:
            options.json.write_text(json.dumps(report, indent=1) + '\n')
    print('\n' + table(report))


def time_script(name: str, repeats: int) -> dict[str, Any]:
    """Run a script in turns; the first run with empty caches is apart."""
    script, size = name.split('-')
    task = [str(ROOT / 'benchmarks' / 'scripts' / f'{script}.py'), size]
    with tempfile.TemporaryDirectory() as folder:
        jax_cache = {
            'JAX_COMPILATION_CACHE_DIR': f'{folder}/jax',
            'JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS': '0',
            'JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES': '-1',
        }
        own_cache = {'BRAINFIT_FAST_CACHE_DIR': f'{folder}/own'}
        ways = {
            THEIRS: lambda: run(task, {}),
            CACHED: lambda: run(task, jax_cache),
            OURS: lambda: run(['-m', 'brainfit_fast', '--report', *task], own_cache),
        }
        if size == 'study':  # where time is spent in runs, and a turn takes minutes
            repeats = max(2, repeats // 2)
            del ways[CACHED]
        cold = ways[OURS]()
        if CACHED in ways:
            ways[CACHED]()
        turns: dict[str, list[dict[str, Any]]] = {way: [] for way in ways}
        for turn in range(repeats):
            # another one goes first each time
            order = list(ways)[turn % len(ways) :] + list(ways)[: turn % len(ways)]
            for way in order:
                turns[way].append(ways[way]())
    fallbacks = [found['said'] for found in turns[OURS] if 'fell back' in found['said']]
    if fallbacks:
        raise RuntimeError(f'{name} fell back: {fallbacks[0]}')
    pairs = zip(turns[THEIRS], turns[OURS], strict=True)
    apart = float(np.max([difference(a, b) for a, b in pairs]))
    if not apart < SAME:
        raise RuntimeError(f'{name}: what the script prints differs by {apart:.1e}')
    contenders = {
        way: {unit: median_and_spread([t[unit] for t in found]) for unit in UNITS}
        for way, found in turns.items()
    }
    ratios = [
        {
            'peer': peer,
            'unit': unit,
            'ratio': median_and_spread(
                [a[unit] / b[unit] for a, b in zip(turns[peer], turns[OURS], strict=True)]
            ),
            'goal': GOAL if peer == THEIRS and unit != 'processor_s' else None,
        }
        for peer in turns
        if peer != OURS
        for unit in UNITS
    ]
    first = {unit: round(cold[unit], 3) for unit in UNITS}
    return {
        'turns': repeats,
        'contenders': contenders,
        'cold': first,
        'cold_ratio': round(contenders[THEIRS]['process_s']['median'] / first['process_s'], 2),
        'ratios': ratios,
        'relative_difference': apart,
    }


def time_tests(repeats: int) -> dict[str, Any]:
    """brainmass's own tests without the patch, with it and an empty cache, and with a filled one; once each."""
    upstream = ROOT / 'tests' / 'upstream'
    suite = Path(importlib.util.find_spec('brainmass').origin).parent
    seconds: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for way in ('brainmass', 'patched, first ever', 'patched'):
            command = [
                sys.executable, '-m', 'pytest', '-q', '-p', 'plugin', '-p', 'no:cacheprovider',
                '--rootdir', folder, '-o', 'python_files=*_test.py', str(suite),
            ]  # fmt: skip
            environment = {
                **os.environ,
                'JAX_PLATFORMS': 'cpu',
                'MPLBACKEND': 'Agg',
                'PYTHONPATH': f'{upstream}{os.pathsep}{ROOT}',
                'BRAINFIT_FAST_CACHE_DIR': f'{folder}/own',
            }
            began = time.perf_counter()
            patched = [] if way == 'brainmass' else ['--patched']
            subprocess.run([*command, *patched], env=environment, cwd=folder, check=True)
            seconds[way] = round(time.perf_counter() - began, 1)
    ratios = {way: round(s / seconds['brainmass'], 3) for way, s in seconds.items()}
    return {'seconds': seconds, 'of_brainmass': ratios, 'goal_of_brainmass': 1.2}


#: Start to end of the process; what follows the script's imports; processor time of the process.
UNITS = ('process_s', 'script_s', 'processor_s')


def run(arguments: list[str], variables: dict[str, str]) -> dict[str, Any]:
    """Run Python and return its times, what it printed as JSON, and what it said besides."""
    environment = {
        **os.environ,
        'JAX_PLATFORMS': 'cpu',
        'PYTHONPATH': str(ROOT),
        **variables,
    }
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True
    )
    seconds = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise RuntimeError(f'{arguments}: {done.stderr.strip()[-800:]}')
    printed = json.loads(done.stdout.splitlines()[-1]) if done.stdout else None
    found = {
        'process_s': seconds,
        'processor_s': after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        'said': done.stderr,
    }
    if isinstance(printed, dict) and 'numbers' in printed:
        return found | {'script_s': printed['seconds'], 'numbers': printed['numbers']}
    return found | {'printed': printed}


def difference(expected: dict[str, Any], given: dict[str, Any]) -> float:
    """Largest difference of an entry, as a part of its largest value; NaN where one of them has NaN."""
    apart = [0.0]
    for name, value in expected['numbers'].items():
        a, b = (np.ravel(x) for x in (value, given['numbers'][name]))
        if a.shape != b.shape:
            raise ValueError(f'{name}: {a.size} numbers and {b.size}')
        if a.size:
            apart.append(np.abs(a - b).max() / (np.abs(a).max() or 1.0))
    return float(np.max(apart))


def time_start(repeats: int) -> dict[str, Any]:
    """Time imports and patch(), each in processes of its own."""
    turns: dict[str, list[dict[str, Any]]] = {name: [] for name in STARTS}
    patch_ms = []
    for _ in range(repeats):
        for name, code in STARTS.items():
            turns[name].append(run(['-c', code], {}))
        patch_ms.append(run(['-c', _PATCH], {})['printed'])
    units = ('process_s', 'processor_s')
    return {
        'contenders': {
            name: {unit: median_and_spread([t[unit] for t in found]) for unit in units}
            for name, found in turns.items()
        },
        'patch_ms': median_and_spread(patch_ms),
    }


def time_overhead(repeats: int) -> dict[str, Any]:
    """Time runs of a small network of 8 regions and 10,000 steps, patched and not."""
    found = [run(['-c', _OVERHEAD, '150'], {})['printed'] for _ in range(repeats)]
    return {
        'run_ms': median_and_spread([1e3 * f['direct'] for f in found]),
        'patch_share': median_and_spread([f['patched'] / f['direct'] - 1 for f in found]),
        'report_share': median_and_spread([f['report'] / f['patched'] - 1 for f in found]),
    }


def table(report: dict[str, Any]) -> str:
    """The report as Markdown."""
    lines = [
        heading(report),
        '',
        '| script | brainmass, s | ours, s | first ever, s | whole process, times | after the imports, times | '
        "processor time, times | beside JAX's cache: process, after imports | difference |",
        '|---|---|---|---|---|---|---|---|---|',
    ]
    for found in report['rows']:
        if 'ratios' not in found:
            continue
        ratio = {(r['peer'], r['unit']): r['ratio'] for r in found['ratios']}
        times = [_ratio(ratio[THEIRS, unit]) for unit in UNITS]
        cached = [
            f'{ratio[CACHED, unit]["median"]:.3g}' if (CACHED, unit) in ratio else '–'
            for unit in UNITS[:2]
        ]
        theirs, ours = (found['contenders'][who]['process_s']['median'] for who in (THEIRS, OURS))
        lines.append(
            f'| {found["name"].replace("-", ", ")} | {theirs:.3g} | {ours:.3g} | '
            f'{found["cold"]["process_s"]:.3g} | {" | ".join(times)} | {", ".join(cached)} | '
            f'{found["relative_difference"]:.0e} |'
        )
    for found in report['rows']:
        if found['name'] == 'start':
            parts = [
                f'`{name}` {c["process_s"]["median"]:.3g} s '
                f'(processor {c["processor_s"]["median"]:.3g} s)'
                for name, c in found['contenders'].items()
            ]
            lines += [
                '',
                f'Starting: {", ".join(parts)}; `patch()` {found["patch_ms"]["median"]:.2g} ms.',
            ]
        elif found['name'] == 'tests':
            parts = [f'{way} {seconds:.0f} s' for way, seconds in found['seconds'].items()]
            lines += ['', f"brainmass's own tests: {', '.join(parts)}."]
        elif found['name'] == 'overhead':
            shares = [found[name]['median'] for name in ('patch_share', 'report_share')]
            lines += [
                '',
                f'A run of {found["run_ms"]["median"]:.3g} ms: the patch adds {shares[0]:.1%}, '
                f'`--report` {shares[1]:.1%} more.',
            ]
    return '\n'.join(lines)


def _ratio(value: dict[str, float]) -> str:
    return f'{value["median"]:.3g} ({value["p20"]:.3g}–{value["p80"]:.3g})'


if __name__ == '__main__':
    main()
