"""Arrays in files that hold several: the table of formats, and which array is meant."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..core.optional import library
from ._hdf5 import read_hdf5
from ._tvb_zip import read_tvb_zip

_HDF5_MAGIC = b'\x89HDF\r\n\x1a\n'


def read_array(path: Path, key: str | None, where: str, *, text: bool = False) -> np.ndarray:
    """The array of a container file; with `text`, one of strings (or of objects in .mat)."""
    return choose(read_arrays(path, where), key, where, text=text)


def read_arrays(path: Path, where: str) -> dict[str, Any]:
    """Every array of a container file."""
    return _READERS[path.suffix.lower()](path, where)


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
    """Variables of a MATLAB file."""
    with path.open('rb') as stream:
        head = stream.read(520)
    if head.startswith((b'MATLAB 7.3', _HDF5_MAGIC)) or _HDF5_MAGIC in head[512:]:
        return read_hdf5(path, where)
    library('scipy.io', extra='io', needed_by=f'reading {where}')
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


_READERS: dict[str, Callable[[Path, str], dict[str, Any]]] = {
    '.npy': _read_numpy,
    '.npz': _read_numpy,
    '.mat': _read_mat,
    '.h5': read_hdf5,
    '.hdf5': read_hdf5,
    '.zip': read_tvb_zip,
}
#: Suffixes of files of one array, and of files whose arrays have names.
SINGLE = ('.npy',)
KEYED = tuple(suffix for suffix in _READERS if suffix not in SINGLE)


def choose(arrays: Mapping[str, Any], key: str | None, where: str, *, text: bool) -> np.ndarray:
    """The named array, or the only one of the kind that is wanted."""
    if key is not None:
        if key not in arrays:
            raise ValueError(f"{where} has no array '{key}'; it has {_listing(arrays)}.")
        return typed(arrays[key], where, text=text)
    fitting = [array for array in arrays.values() if _fits(array, text)]
    if len(fitting) == 1:
        return typed(fitting[0], where, text=text)
    kind = 'array of text' if text else 'array of numbers'
    if not fitting:
        raise ValueError(f'{where} holds no {kind}; it has {_listing(arrays)}.')
    raise ValueError(
        f'{where} holds several arrays: {_listing(arrays)}; say which one by appending a colon and '
        f"its name, as in ':{next(iter(arrays))}'."
    )


def known(arrays: Mapping[str, Any], names: Sequence[str], where: str, told_by: str) -> str | None:
    """The name of the array that has one of these names, in capitals or not."""
    found = [name for name in arrays if name.lower() in names]
    if len(found) > 1:
        raise ValueError(
            f'{where} holds {" and ".join(repr(name) for name in found)}, and either may be meant; '
            f"say which one by its name behind a colon, as in {told_by}'FILE:{found[0]}'."
        )
    return found[0] if found else None


def only(arrays: Mapping[str, Any], fits: Callable[[Any], bool]) -> str | None:
    """The name of the array that fits, if there is a single one."""
    found = [name for name, array in arrays.items() if fits(array)]
    return found[0] if len(found) == 1 else None


def is_matrix(array: Any) -> bool:
    """Whether an array may be a matrix of regions."""
    shape = np.shape(array)
    return _fits(array, text=False) and len(shape) == 2 and shape[0] == shape[1] > 1


def is_text(array: Any) -> bool:
    """Whether an array holds strings, each in an array of its own in MATLAB's cells."""
    array = np.asarray(array)
    if array.dtype.kind == 'O':
        return all(np.asarray(item).dtype.kind in 'US' for item in array.ravel())
    return array.dtype.kind in 'US'


def _listing(arrays: Mapping[str, Any]) -> str:
    """Names, shapes and types, for messages."""
    shown = (f"'{n}' {np.shape(a)} {np.asarray(a).dtype}" for n, a in arrays.items())
    return ', '.join(shown) or 'none'


def _fits(array: Any, text: bool) -> bool:
    """Whether an array has the wanted kind of values."""
    kind = np.asarray(array).dtype.kind
    return kind in ('USO' if text else 'biuf')


def typed(array: Any, where: str, *, text: bool) -> np.ndarray:
    """The array, if it has the wanted kind of values."""
    if not _fits(array, text):
        wanted = 'text' if text else 'real numbers'
        raise ValueError(
            f'{where}: the array has type {np.asarray(array).dtype}, needed {wanted}; save it '
            f'with such a type.'
        )
    return np.asarray(array) if text else np.asarray(array, dtype=np.float64)
