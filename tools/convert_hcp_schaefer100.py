"""Convert the group data of a cubnm 0.1.0 wheel to brainfit_fast/datasets/data/hcp_schaefer100.

    pip download cubnm==0.1.0 --no-deps
    python tools/convert_hcp_schaefer100.py cubnm-0.1.0-*.whl [FOLDER]

Only group averages and maps that may be redistributed are read, never the data of single subjects.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
from pathlib import Path

import numpy as np

from brainfit_fast.datasets.cubnm import CubnmFiles, open_cubnm
from brainfit_fast.datasets.hcp import BUNDLED_MAPS, YEO7_NETWORKS

DESTINATION = Path(__file__).parents[1] / 'brainfit_fast' / 'datasets' / 'data' / 'hcp_schaefer100'
GROUPS = {'train': 'group-train706', 'test': 'group-test303'}
PARCELLATION = 'ctx_parc-schaefer-100'
SOURCES = {
    'weights': 'hcp/sc/{group}/{parc}_desc-strength.npz',
    'lengths': 'hcp/sc/{group}/{parc}_desc-length.npz',
    'fc': 'hcp/fc/{group}/REST/{parc}_desc-fc.npz',
    'fcd': 'hcp/fcd/{group}/REST/{parc}_window-30_step-5_desc-fcdtril.npz',
}
SUMS = 'SHA256SUMS'


def check_matrix(name: str, matrix: np.ndarray, diagonal: float) -> None:
    """Stop if a matrix is not 100 x 100, finite and symmetric with the given diagonal."""
    # Symmetry matters here: the source counts rows as sources, this library as targets.
    problems = {
        f'shape {matrix.shape}': matrix.shape == (100, 100),
        'not finite': bool(np.isfinite(matrix).all()),
        'asymmetric': bool(np.array_equal(matrix, matrix.T)),
        f'diagonal is not {diagonal}': bool((np.diagonal(matrix) == diagonal).all()),
    }
    found = [problem for problem, fine in problems.items() if not fine]
    if found:
        raise ValueError(f'{name}: {", ".join(found)}; this is not the cubnm 0.1.0 file.')


def group_arrays(source: CubnmFiles) -> dict[str, dict[str, np.ndarray]]:
    """The arrays of each file to write, checked, in single precision."""
    arrays: dict[str, dict[str, np.ndarray]] = {}
    for name, template in SOURCES.items():
        arrays[name] = {}
        for key, group in GROUPS.items():
            array = source.array(template.format(group=group, parc=PARCELLATION))
            if name == 'fcd':
                if not (np.isfinite(array).all() and (np.diff(array) >= 0).all()):
                    raise ValueError(f'fcd {key}: ascending finite values expected.')
            else:
                check_matrix(f'{name} {key}', array, 1.0 if name == 'fc' else 0.0)
            arrays[name][key] = array.astype(np.float32)
    return arrays


def region_rows(source: CubnmFiles) -> list[dict[str, str]]:
    """One row per region: generated name, hemisphere, network and bundled maps as written."""
    prefix = f'maps/{PARCELLATION}_desc-'
    networks = source.array(f'{prefix}yeo7.txt').astype(int)
    maps = {name: source.array(f'{prefix}{name}_zscore.txt') for name in BUNDLED_MAPS}
    rows = []
    for i, network in enumerate(networks):
        hemisphere = 'LH' if i < 50 else 'RH'
        row = {
            'label': f'{hemisphere}_{i % 50 + 1:03d}',
            'hemisphere': hemisphere,
            'network': YEO7_NETWORKS[network],
        }
        rows.append(row | {name: repr(float(values[i])) for name, values in maps.items()})
    return rows


def convert(wheel: Path | str, folder: Path) -> None:
    """Write the data files and their checksums."""
    folder.mkdir(parents=True, exist_ok=True)
    with open_cubnm(wheel) as source:
        arrays, rows = group_arrays(source), region_rows(source)
    for name, groups in arrays.items():
        np.savez_compressed(folder / f'{name}.npz', **groups)
    with open(folder / 'regions.csv', 'w', encoding='utf-8', newline='') as stream:
        writer = csv.DictWriter(stream, rows[0], lineterminator='\n')
        writer.writeheader()
        writer.writerows(rows)
    names = sorted([f'{name}.npz' for name in arrays] + ['regions.csv'])
    lines = [f'{hashlib.sha256((folder / n).read_bytes()).hexdigest()}  {n}\n' for n in names]
    (folder / SUMS).write_text(''.join(lines), encoding='utf-8')


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('wheel', help='cubnm 0.1.0: wheel, unpacked wheel or package folder')
    parser.add_argument('folder', nargs='?', type=Path, default=DESTINATION)
    options = parser.parse_args()
    convert(options.wheel, options.folder)
