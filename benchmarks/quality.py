"""How well fits reach resting-state data: cuBNM's published fits, and richer models by gradient.

    python benchmarks/quality.py [--only ROW[,ROW]] [--part search|evaluate] [--seeds 1,2,3,4,5]
        [--json FILE] [--checkpoints FOLDER]
    python benchmarks/quality.py --table FILE [--page docs/benchmarks.md] [--figure FILE]

Searches take coarse steps; what they find is scored at cuBNM's steps with other noise.
`docs/benchmarks.md` explains the rows.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from peers.environments import DEFAULT_FOLDER, python_of  # noqa: E402
from peers.facts import facts  # noqa: E402
from quality_rows.data import Data, load  # noqa: E402
from quality_rows.evaluate import SEEDS, counts, evaluate  # noqa: E402
from quality_rows.models import FINE, Run  # noqa: E402
from quality_rows.published import PUBLISHED  # noqa: E402
from quality_rows.report import brief, figure, on_page, slim, table  # noqa: E402
from quality_rows.rescore import rescored  # noqa: E402
from quality_rows.richer import RICHER, fit_by_gradient  # noqa: E402
from quality_rows.search import COARSE, search  # noqa: E402
from quality_rows.steps import compare_steps  # noqa: E402

ROWS = ('steps', 'published', *PUBLISHED, *RICHER)

#: Candidates of each generation of a search.
POPULATIONS = {'homogeneous': 16, 'maps': 64, 'yeo': 64}

#: Generations of a search, steps of a gradient fit.
LENGTHS = dict.fromkeys(RICHER, 60) | {'homogeneous': 32, 'maps': 60, 'yeo': 100, 'hopf': 500}

#: Steps that are compared, the finest first.
STEPS = (FINE, Run(0.5, 1.0), Run(1.0, 1.0), COARSE, Run(2.0, 10.0))


def main(argv: list[str] | None = None) -> int:
    """Fit, evaluate, print, and write what is asked for."""
    options = parsed(argv)
    if options.table:
        report = json.loads(options.table.read_text())
        if options.page:
            options.page.write_text(on_page(options.page.read_text(), report))
    else:
        python = python_of('cubnm', options.envs)
        data = load(python)
        report = facts('quality.py', argv, **about(data))
        if options.json and options.json.exists():
            earlier = json.loads(options.json.read_text())
            report = {**report, 'rows': earlier['rows']}
        measured(data, python, options, report)
    print(table(report))
    if options.figure:
        figure(report, options.figure)
    return 0


def about(data: Data) -> dict[str, Any]:
    """What holds for all rows."""
    above = np.triu_indices(len(data.weights), 1)
    return {
        'structure': data.structure(),
        'empirical': {'fc': data.train.fc[above].round(3).tolist(), 'fcd': counts(data.train.fcd)},
    }


def measured(data: Data, python: Path, options: argparse.Namespace, report: dict[str, Any]) -> None:
    """Fill the rows, and write the file after each."""

    def keep(rows: list[dict[str, Any]]) -> None:
        for row in rows:
            print(brief(row), flush=True)
        report['rows'] = merged(
            report['rows'], [{'commit': report['commit'], **row} for row in rows]
        )
        if options.json:
            options.json.write_text(json.dumps(report) + '\n')

    if 'steps' in options.rows:
        keep(compare_steps(data, list(STEPS)))
    if options.part in (None, 'search'):
        if 'published' in options.rows:
            keep(rescored(data, python))
        for name in options.rows:
            for seed in options.seeds if name in (*PUBLISHED, *RICHER) else ():
                keep([fitted(data, name, seed, options)])
    if options.part in (None, 'evaluate'):
        evaluate_all(data, options.rows, report['rows'], report['commit'], keep)
        report['rows'] = slim(report['rows'])
        keep([])


def fitted(data: Data, name: str, seed: int, options: argparse.Namespace) -> dict[str, Any]:
    """One fit."""
    file = None
    if options.checkpoints:
        options.checkpoints.mkdir(parents=True, exist_ok=True)
        file = options.checkpoints / f'{name}-{seed}.npz'
    resumed = file is not None and file.exists()
    length = options.length or LENGTHS[name]
    began = os.getloadavg()[0]
    if name in PUBLISHED:
        population = options.population or POPULATIONS[name]
        row = search(data, name, seed, length, population, checkpoint=file)
    else:
        row = fit_by_gradient(data, name, seed, length, checkpoint=file)
    if resumed:
        row['resumed'] = True  # its seconds are those of the last part
    return {**row, 'load': [round(began, 1), round(os.getloadavg()[0], 1)]}


def evaluate_all(
    data: Data, names: list[str], rows: list[dict[str, Any]], commit: str, keep: Any
) -> None:
    """Score the points that have none, all of them in one batch."""
    open_ = [row for row in rows if row['row'] in names and 'point' in row and 'scores' not in row]
    if not open_:
        return
    points = {name: np.array([row['point'][name] for row in open_]) for name in ('G', 'w_p', 'J_N')}
    began = time.perf_counter()
    found = evaluate(data, points)
    seconds = round(time.perf_counter() - began, 1)
    timed = {'seconds': seconds, 'points': len(open_), 'dt_ms': FINE.dt}
    timed |= {'noise_seeds': list(SEEDS), 'commit': commit}
    keep([{**row, **scored, 'evaluation': timed} for row, scored in zip(open_, found, strict=True)])


def merged(earlier: list[dict[str, Any]], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Earlier rows of other fits, and these, in order."""

    def key(row: dict[str, Any]) -> tuple[Any, ...]:
        if row['row'] == 'published':
            return ROWS.index('published'), list(PUBLISHED).index(row['fit'])
        last = row['seed'] if 'seed' in row else (row['dt_ms'], row['bold_step_ms'])
        return ROWS.index(row['row']), last

    fresh = {key(row) for row in rows}
    return sorted([*(row for row in earlier if key(row) not in fresh), *rows], key=key)


def parsed(argv: list[str] | None) -> argparse.Namespace:
    """The arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--only', help=f'some of the rows {", ".join(ROWS)}')
    parser.add_argument('--part', choices=('search', 'evaluate'), help='one half of the work')
    parser.add_argument('--seeds', default='1,2,3,4,5', help='of optimizers and their noise')
    parser.add_argument('--length', type=int, help='generations, or steps of a gradient fit')
    parser.add_argument('--population', type=int, help='candidates of each generation')
    parser.add_argument(
        '--envs', type=Path, default=DEFAULT_FOLDER, help='where cuBNM is installed'
    )
    parser.add_argument('--checkpoints', type=Path, help='where fits are kept, to be gone on with')
    parser.add_argument('--json', type=Path, help='write everything here; other rows stay')
    parser.add_argument('--table', type=Path, help='print the table of an earlier --json file')
    parser.add_argument('--page', type=Path, help='put the table of --table on this page')
    parser.add_argument('--figure', type=Path, help='draw FC and FCD, of --table or of this run')
    options = parser.parse_args(argv)
    if options.page and not options.table:
        parser.error('--page takes the table of an earlier file: give --table')
    options.rows = options.only.split(',') if options.only else list(ROWS)
    unknown = [name for name in options.rows if name not in ROWS]
    if unknown:
        parser.error(f'no {", ".join(unknown)}; there are {", ".join(ROWS)}')
    options.seeds = [int(seed) for seed in options.seeds.split(',')]
    return options


if __name__ == '__main__':
    sys.exit(main())
