"""Arrays in .npy, .npz and MATLAB .mat files."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

_HDF5_MAGIC = b'\x89HDF\r\n\x1a\n'


def read_array(path: Path, key: str | None, where: str, *, text: bool = False) -> np.ndarray:
    """The array of a container file; with `text`, one of strings (or of objects in .mat)."""
    arrays = _read_mat(path, where) if path.suffix.lower() == '.mat' else _read_numpy(path, where)
    return _choose(arrays, key, where, text)


def _read_numpy(path: Path, where: str) -> dict[str, np.ndarray]:
    """Arrays of an .npz file, or the one of an .npy file."""
    try:
        content = np.load(path, allow_pickle=False)
        if isinstance(content, np.ndarray):
            return {'array': content}
        with content:
            return {name: content[name] for name in content.files}
    except (zipfile.BadZipFile, OSError, EOFError, ValueError) as error:
        raise ValueError(
            f'{where} cannot be read as {path.suffix}: {error}. Save plain arrays of numbers or '
            f'text with numpy.save or numpy.savez.'
        ) from error


def _read_mat(path: Path, where: str) -> dict[str, Any]:
    """Variables of a MATLAB file up to version 7.2."""
    with path.open('rb') as stream:
        head = stream.read(520)
    if head.startswith((b'MATLAB 7.3', _HDF5_MAGIC)) or _HDF5_MAGIC in head[512:]:
        raise ValueError(
            f'{where} is a MATLAB v7.3 (HDF5) file, and up to v7 can be read; save it in MATLAB '
            f"with `save('{path.name}', '-v7')`, or export it as .csv."
        )
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError
    from scipy.sparse import issparse

    try:
        with warnings.catch_warnings():
            # Sparse matrices come in one of two classes, and both are understood below.
            warnings.filterwarnings('ignore', message='.*spmatrix', category=DeprecationWarning)
            content = loadmat(path)
    except (MatReadError, ValueError, TypeError, NotImplementedError) as error:
        raise ValueError(f'{where} cannot be read as .mat: {error}.') from error
    return {
        name: value.toarray() if issparse(value) else value
        for name, value in content.items()
        if not name.startswith('__')
    }


def _choose(
    arrays: Mapping[str, np.ndarray], key: str | None, where: str, text: bool
) -> np.ndarray:
    """The named array, or the only one of the kind that is wanted."""
    listing = ', '.join(f"'{n}' {np.shape(a)} {np.asarray(a).dtype}" for n, a in arrays.items())
    listing = listing or 'none'
    if key is not None:
        if key not in arrays:
            raise ValueError(f"{where} has no array '{key}'; it has {listing}.")
        return _typed(arrays[key], where, text)
    fitting = [array for array in arrays.values() if _fits(array, text)]
    if len(fitting) == 1:
        return _typed(fitting[0], where, text)
    kind = 'array of text' if text else 'array of numbers'
    if not fitting:
        raise ValueError(f'{where} holds no {kind}; it has {listing}.')
    raise ValueError(
        f'{where} holds several arrays: {listing}; say which one by appending a colon and its '
        f"name, as in ':{next(iter(arrays))}'."
    )


def _fits(array: Any, text: bool) -> bool:
    """Whether an array has the wanted kind of values."""
    kind = np.asarray(array).dtype.kind
    return kind in ('USO' if text else 'biuf')


def _typed(array: Any, where: str, text: bool) -> np.ndarray:
    """The array, if it has the wanted kind of values."""
    if not _fits(array, text):
        wanted = 'text' if text else 'real numbers'
        raise ValueError(
            f'{where}: the array has type {np.asarray(array).dtype}, needed {wanted}; save it '
            f'with such a type.'
        )
    return np.asarray(array) if text else np.asarray(array, dtype=np.float64)
