"""From activity to BOLD and functional connectivity, in brainfit_fast and in other libraries.

    python benchmarks/peers.py [--only NAME[,NAME]] [--quick] [--json FILE]
    python benchmarks/peers.py --table FILE [--page docs/benchmarks.md] [--figure FILE]

Each is installed with pinned versions in an environment of its own. Results are compared first; what agrees is
timed in turns.
`docs/benchmarks.md` explains the rows.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from peers.environments import DEFAULT_FOLDER, PINNED  # noqa: E402
from peers.facts import facts  # noqa: E402
from peers.ratios import brief, figure, on_page, table  # noqa: E402
from peers.turns import measure  # noqa: E402
from peers.worker import WorkerError  # noqa: E402
from peers.workloads import CONTENDERS, WORKLOADS  # noqa: E402


def main(argv: list[str] | None = None) -> int:
    """Measure, print, and write what is asked for; 1 where a contender computed something else."""
    options = parsed(argv)
    if options.table:
        report = json.loads(options.table.read_text())
        if options.page:
            options.page.write_text(on_page(options.page.read_text(), report))
        _show(report, options.figure)
        return 0
    repeats = 0 if options.part == 'check' else options.repeats or (2 if options.quick else 5)
    pinned = {peer: list(pins) for peer, pins in PINNED.items()}
    report = facts('peers.py', argv, quick=options.quick, repeats=repeats, pinned=pinned)
    if options.json and options.json.exists():
        report['rows'] = json.loads(options.json.read_text())['rows']
    for name in options.workloads:
        for dtype in options.precision:
            began = time.perf_counter()
            work = WORKLOADS[name]
            names = [n for n in work.contenders if takes_part(n, options.peers)]
            try:
                known = checks(report['rows'], name, dtype) if options.part == 'time' else None
                rows = measure(work, dtype, names, repeats, options.quick, options.envs, known)
            except WorkerError as error:
                rows = [{'workload': name, 'dtype': dtype, 'contender': '', 'error': str(error)}]
            if options.json and options.json.exists():  # another run may have written meanwhile
                report['rows'] = json.loads(options.json.read_text())['rows']
            rows = [{**row, 'repeats': repeats} if 'ratio' in row else row for row in rows]
            if options.part != 'time':
                for check in (row['check'] for row in rows if row.get('check')):
                    check['commit'] = report['commit']
            report['rows'] = merged(report['rows'], rows, report['commit'])
            print(f'{name} {dtype} ({time.perf_counter() - began:.0f} s)')
            print('\n'.join('  ' + brief(row) for row in rows), flush=True)
            if options.json:
                options.json.write_text(json.dumps(report, indent=1) + '\n')
    _show(report, options.figure)
    return int(any('error' in row for row in report['rows']))


def parsed(argv: list[str] | None) -> argparse.Namespace:
    """The arguments, with the workloads and peers that ``--only`` names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    peers = sorted({c.peer for c in CONTENDERS.values()})
    known = f'workloads {", ".join(WORKLOADS)}; peers {", ".join(peers)}'
    parser.add_argument('--only', help=f'some of the {known}')
    parser.add_argument(
        '--quick', action='store_true', help='4 s instead of 60, fewer seeds, 2 turns'
    )
    parser.add_argument('--repeats', type=int, help='turns of each contender (5; quick: 2)')
    parser.add_argument(
        '--part', choices=('check', 'time'), help='time: as checked before, see --json'
    )
    parser.add_argument('--precision', default='32,64', help='32, 64 or both')
    parser.add_argument(
        '--envs', type=Path, default=DEFAULT_FOLDER, help='where peers are installed'
    )
    parser.add_argument(
        '--json', type=Path, help='write everything here; rows of other workloads stay'
    )
    parser.add_argument('--table', type=Path, help='print the table of an earlier --json file')
    parser.add_argument('--page', type=Path, help='put the table of --table on this page')
    parser.add_argument('--figure', type=Path, help='draw the ratios, of --table or of this run')
    options = parser.parse_args(argv)
    if options.table and options.json:
        parser.error('--table shows an earlier file and --json writes one: give one of them')
    if options.page and not options.table:
        parser.error('--page takes the table of an earlier file: give --table')
    if options.part == 'time' and not (options.json and options.json.exists()):
        parser.error('--part time needs the --json file of --part check')
    names = options.only.split(',') if options.only else []
    unknown = [name for name in names if name not in WORKLOADS and name not in peers]
    if unknown:
        parser.error(f'no {", ".join(unknown)}; there are {known}')
    options.workloads = [name for name in names if name in WORKLOADS] or list(WORKLOADS)
    options.peers = [name for name in names if name in peers] or peers
    bits = options.precision.split(',')
    if not set(bits) <= {'32', '64'}:
        parser.error(f'--precision {options.precision}: 32, 64 or both')
    options.precision = [f'float{b}' for b in bits]
    return options


def takes_part(contender: str, peers: list[str]) -> bool:
    """Ours always does."""
    return CONTENDERS[contender].peer in (*peers, 'brainfit_fast')


def checks(rows: list[dict[str, Any]], workload: str, dtype: str) -> dict[str, dict[str, Any]]:
    """What an earlier run found, by contender; who was not checked is not timed."""
    unknown = {'error': 'not checked'}
    found = dict.fromkeys(CONTENDERS, unknown)
    return found | {
        row['contender']: row.get('check') or unknown
        for row in rows
        if (row['workload'], row['dtype']) == (workload, dtype)
    }


def merged(
    earlier: list[dict[str, Any]], rows: list[dict[str, Any]], commit: str
) -> list[dict[str, Any]]:
    """Earlier rows of other work, and these, in the order of the workloads."""

    def key(row: dict[str, Any]) -> tuple[str, str, str]:
        return row['workload'], row['dtype'], row['contender']

    # of workers that stopped there is a row without a contender, until all goes well
    fresh = {key(row) for row in rows} | {(*key(row)[:2], '') for row in rows}
    kept = [row for row in earlier if key(row) not in fresh]
    order = {name: k for k, name in enumerate(WORKLOADS)}
    return sorted(
        [*kept, *({**row, 'commit': commit} for row in rows)],
        key=lambda row: (order.get(row['workload'], 99), row['dtype']),
    )


def _show(report: dict[str, Any], path: Path | None) -> None:
    print('\n' + table(report))
    if path:
        figure(report, path)


if __name__ == '__main__':
    sys.exit(main())
