"""What the machine code of the GPU kernels allows: an upper bound of their speed, and what sets it.

    python benchmarks/gpu_bounds.py benchmarks/results/gpu-gate-*.json

Reads rows of `gpu_gate.py` and prints one table per GPU. A bound is what the chip could do if nothing ever
waited; a kernel on hardware is slower. Per region and step it counts, against what a processor does in a clock:
instructions (128 lanes), special functions (16), bytes of shared and first-level memory (128), multiply-adds of
tensor cores, and what is new to the first level: weights that it does not hold, and of a history each value
once for every block of steps, which comes from memory where the second level does not hold it either.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault('JAX_PLATFORMS', 'cpu')
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from gpu_compile import TARGETS, Target

from brainfit_fast.ops.simulate.triton.heuristics import block_of

__all__ = ['Bound', 'bound']

#: Bytes per clock of the second-level cache of a whole chip (NVIDIA A100 whitepaper, 2020; its successor's is
#: not published and taken as equal), and multiply-adds of bfloat16 per clock and processor by ``mma.sync``.
_CACHE, _TENSOR = 5120, 1024
#: Columns: what they show, and the rows that they are taken from.
_COLUMNS: dict[str, dict[str, Any]] = {
    'no noise': {'noise': 'none', 'kernel': 'forward'},
    'one noise for all': {'noise': 'shared', 'kernel': 'forward'},
    'own noise': {'noise': 'own', 'kernel': 'forward'},
    'own noise, walking back': {'noise': 'own', 'kernel': 'backward'},
    'delays, own noise': {'noise': 'own', 'kernel': 'forward', 'longest_delay': 400},
}


class Bound(NamedTuple):
    """Region-steps per second, and the name of what allows no more."""

    rate: float
    name: str


def bound(row: dict[str, Any], target: Target) -> Bound:
    """The bound of one row of the gate.

    Parameters
    ----------
    row : dict
    target : Target

    Returns
    -------
    Bound
    """
    n, in_program, longest = row['n_regions'], row['in_program'], row['longest_delay']
    moved, cached = row['shared_bytes_per_region_step'], row['global_bytes_per_region_step']
    clocks = {
        'instructions': row['instr_per_region_step'] / 128,
        'special functions': row['special_per_region_step'] / 16,
        'first-level memory': (moved + cached) / 128,
    }
    per_processor = target.processors * target.clock * 1e9
    if row['panel'] or (in_program == 1 and n > 200):
        clocks['second-level cache'] = cached * target.processors / _CACHE
    if longest:
        block = block_of(n, row['n_candidates'], longest)
        window = 4 * (longest + block.ahead)  # of one source and candidate
        clocks['second-level cache'] = window / block.ahead * target.processors / _CACHE
        if window * n * in_program * target.processors > target.cache:
            clocks['memory'] = window / block.ahead * per_processor / target.bandwidth
    if in_program >= 16 and row['precision'] == 'bfloat16x3':
        clocks['tensor cores'] = 3 * _padded(row) / _TENSOR
    name = max(clocks, key=lambda key: clocks[key])
    used = n / _padded(row)
    return Bound(per_processor * used / clocks[name], name)


def _padded(row: dict[str, Any]) -> int:
    n, panel = row['n_regions'], row['panel']
    return -(-n // panel) * panel if panel else max(1 << (n - 1).bit_length(), 16)


def chosen(rows: list[dict[str, Any]], **wanted: Any) -> dict[str, Any] | None:
    """The row of many candidates that has these values."""
    wanted = {'longest_delay': 0, 'precision': 'bfloat16x3', 'n_candidates': 1024, **wanted}
    kernel = wanted.pop('kernel')
    for row in rows:
        if row['kernel'] in (f'{kernel}_triton', f'{kernel}_panels_triton') and all(
            row[key] == value for key, value in wanted.items()
        ):
            return row
    return None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('files', nargs='+', type=Path)
    parser.add_argument('--regions', nargs='*', type=int, default=[100, 400])
    given = parser.parse_args()
    rows = [row for file in given.files for row in json.loads(file.read_text())['rows']]
    for arch in sorted({row['arch'] for row in rows}, reverse=True):
        target = TARGETS[arch]
        for n in given.regions:
            print(f'\n{target.kind}, {n} regions, 10⁹ region-steps per second (bound)\n')
            print('| model |', ' | '.join(_COLUMNS), '|')
            print('|---' * (len(_COLUMNS) + 1) + '|')
            for model in dict.fromkeys(row['model'] for row in rows):
                cells = []
                for column in _COLUMNS.values():
                    row = chosen(rows, arch=arch, model=model, n_regions=n, **column)
                    found = bound(row, target) if row else None
                    cells.append(f'{found.rate / 1e9:.0f} ({found.name})' if found else '')
                print(f'| {model} |', ' | '.join(cells), '|')
    return 0


if __name__ == '__main__':
    sys.exit(main())
