"""Arrays in HDF5 files: those of MATLAB v7.3, and plain ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..core.optional import library

_NUMBERS = frozenset(
    ['double', 'single', 'logical']
    + [f'{sign}int{bits}' for sign in ('', 'u') for bits in (8, 16, 32, 64)]
)
#: Stands for what is listed in messages and cannot be used: structs, tables, new-style strings.
_OTHER = np.zeros((), 'V1')


def read_hdf5(path: Path, where: str) -> dict[str, Any]:
    """Arrays at the top of the file; strings as text, MATLAB's matrices as MATLAB shows them."""
    h5py = library('h5py', extra='io', needed_by=f'{where} is an HDF5 file (MATLAB v7.3): this')
    try:
        with h5py.File(path, 'r') as file:
            return {name: _value(h5py, file, item) for name, item in file.items() if name[0] != '#'}
    except (OSError, KeyError, RuntimeError) as error:
        raise ValueError(f'{where} cannot be read as HDF5 (MATLAB v7.3): {error}.') from error


def _value(h5py: Any, file: Any, item: Any) -> Any:
    """The content of a dataset or of a sparse matrix."""
    kind = item.attrs.get('MATLAB_class')
    kind = None if kind is None else bytes(kind).decode()
    if isinstance(item, h5py.Group):
        return _sparse(item) if 'MATLAB_sparse' in item.attrs else _OTHER
    if kind is None:
        return item.asstr()[()] if h5py.check_string_dtype(item.dtype) else item[()]
    if 'MATLAB_empty' in item.attrs:
        return np.zeros((0, 0))
    # MATLAB counts along columns, so that its matrices lie transposed in the file.
    if kind == 'cell':
        cells = np.empty(item.shape, dtype=object)
        for place in np.ndindex(item.shape):
            cells[place] = _value(h5py, file, file[item[place]])
        return cells.T
    if kind == 'char':
        return np.array([''.join(map(chr, row)) for row in np.atleast_2d(item[()].T)])
    return item[()].T if kind in _NUMBERS else _OTHER


def _sparse(group: Any) -> np.ndarray:
    """A sparse matrix: values, their rows, and where each column begins."""
    from scipy.sparse import csc_matrix

    columns = group['jc'][()]
    shape = (int(group.attrs['MATLAB_sparse']), len(columns) - 1)
    if 'data' not in group:
        return np.zeros(shape)
    return csc_matrix((group['data'][()], group['ir'][()], columns), shape=shape).toarray()
