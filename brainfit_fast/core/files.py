"""Arrays in one file that is either whole or not there."""

from __future__ import annotations

import contextlib
import json
import os
import uuid
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np

from .errors import bad_value

__all__ = ['read_arrays', 'write_arrays']

_META = 'meta.json'
_FORMAT, _VERSION = 'brainfit_fast', 1
_KINDS = 'biufcUS'


def write_arrays(
    path: str | os.PathLike[str], arrays: Mapping[str, Any], meta: Mapping[str, Any]
) -> None:
    """Write arrays and a description into one ``.npz`` file, replacing an older one at once.

    The content goes to a temporary file in the same directory, which takes the place of ``path`` when it is
    on the disk. Whatever happens before, ``path`` is as it was.

    Parameters
    ----------
    path : str or path
        The file. Its directory exists.
    arrays : mapping of str to array
        Numbers, truth values or text, of any shape; dtypes are kept.
    meta : mapping
        What JSON can hold. Numbers that may be NaN or infinite belong into ``arrays``.

    Raises
    ------
    ValueError
        For an array that the format does not hold (objects, bfloat16), or NaN or infinity in ``meta``.
    TypeError
        If ``meta`` holds what JSON cannot, or ``arrays`` random keys.
    OSError
        If the file cannot be written: no directory, no right, no space.

    Notes
    -----
    A ZIP archive of one ``.npy`` member per array and a text ``meta.json``: ``numpy.load`` reads it, and so
    does any program that knows ZIP and JSON. A process killed while it writes leaves the old file and, beside
    it, a temporary one named ``.NAME.*.tmp``.

    Examples
    --------
    >>> from brainfit_fast.core.files import read_arrays, write_arrays
    >>> write_arrays('run.npz', {'x': [0.5, 1.0]}, {'unit': 'mV'})
    >>> arrays, meta = read_arrays('run.npz')
    >>> arrays['x'].tolist(), meta
    ([0.5, 1.0], {'unit': 'mV'})
    """
    target = Path(os.path.realpath(path))
    if not target.parent.is_dir():
        raise FileNotFoundError(f'{path}: there is no directory {target.parent}. Make it first.')
    content = {name: _storable(name, array) for name, array in arrays.items()}
    try:
        head = {'format': _FORMAT, 'version': _VERSION, 'meta': dict(meta)}
        text = json.dumps(head, indent=1, ensure_ascii=False, allow_nan=False)
    except ValueError as error:
        raise bad_value(
            'meta',
            given='NaN or infinity',
            expected='numbers that JSON has',
            remedy='Store them as an array.',
        ) from error
    temporary = target.with_name(f'.{target.name}.{uuid.uuid4().hex}.tmp')
    try:
        with temporary.open('xb') as stream:
            _write(stream, content, text)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, target)
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError):
            raise OSError(
                error.errno,
                f'{error.strerror or error}; nothing was written, an older file is kept',
                str(path),
            ) from error
        raise
    _sync_directory(target.parent)


def read_arrays(path: str | os.PathLike[str]) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read a file of :func:`write_arrays`.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    arrays : dict of str to numpy.ndarray
    meta : dict

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is cut short or damaged, was not written by :func:`write_arrays`, or by a later
        version of it.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f'{path}: there is no such file.')
    try:
        with zipfile.ZipFile(path) as archive:
            meta = _meta(path, archive)
            names = [name for name in archive.namelist() if name != _META]
            arrays = {name.removesuffix('.npy'): _read(path, archive, name) for name in names}
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise ValueError(
            f'{path}: not a whole .npz file ({error}). It was cut short, damaged, or is no .npz.'
        ) from error
    return arrays, meta


def _storable(name: str, array: Any) -> np.ndarray:
    if not isinstance(name, str) or name == _META:
        raise bad_value('arrays', given=f'the name {name!r}', expected=f'text other than {_META!r}')
    array = np.asarray(array)
    if array.dtype.kind not in _KINDS:
        raise bad_value(
            f'arrays[{name!r}]',
            given=f'dtype {array.dtype}',
            expected='numbers of a dtype of NumPy, truth values or text',
            remedy='Convert bfloat16 to float32 first.',
        )
    return array


def _write(stream: IO[bytes], arrays: Mapping[str, np.ndarray], text: str) -> None:
    with zipfile.ZipFile(stream, 'w') as archive:
        archive.writestr(_META, text)
        for name, array in arrays.items():
            with archive.open(f'{name}.npy', 'w', force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def _read(path: Any, archive: zipfile.ZipFile, name: str) -> np.ndarray:
    with archive.open(name) as member:
        try:
            return np.lib.format.read_array(member, allow_pickle=False)
        except ValueError as error:
            raise ValueError(f'{path}: {name} cannot be read: {error}') from error


def _meta(path: Any, archive: zipfile.ZipFile) -> dict[str, Any]:
    head: Any = None
    if _META in archive.namelist():
        with contextlib.suppress(ValueError):
            head = json.loads(archive.read(_META))
    if not isinstance(head, dict) or head.get('format') != _FORMAT:
        raise ValueError(f'{path}: not a file that brainfit_fast wrote (no {_META} of its own).')
    if head['version'] > _VERSION:
        raise ValueError(
            f'{path}: format version {head["version"]}, and this brainfit_fast reads up to {_VERSION}. '
            'Read it with the version that wrote it, or a later one.'
        )
    return head['meta']


def _sync_directory(directory: Path) -> None:
    """Make the new name survive a power cut."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
