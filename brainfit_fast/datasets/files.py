"""Reading connectivity matrices, time series and labels from the user's own files.

Formats: text (.csv, .tsv, .txt), NumPy (.npy, .npz), MATLAB (.mat), HDF5 (.h5, .hdf5), TVB
connectivity (.zip), parcellated CIFTI-2 (.ptseries.nii, .pconn.nii) and GIFTI (.func.gii). An array
of a file with several is named behind a colon: ``'subject.npz:weights'``.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ._checks import (
    Kind,
    check_finite,
    check_kind,
    check_matrix_shape,
    check_timeseries_shape,
)
from ._containers import KEYED, SINGLE, read_array
from ._imaging import read_cifti, read_gifti
from ._text import Table, are_numbers, decode, parse_lines, read_table

__all__ = ['read_labels', 'read_matrix', 'read_timeseries']

PathLike = str | os.PathLike[str]

_TEXT = ('.csv', '.tsv', '.txt')
_TABLES: dict[str, Callable[[Path, str], Table]] = {
    **dict.fromkeys(_TEXT, read_table),
    '.nii': read_cifti,
    '.gii': read_gifti,
}
_SUFFIXES = (*_TEXT, *SINGLE, *KEYED, '.nii', '.gii')
_LABEL_HEADERS = ('label', 'labels', 'name', 'names', 'region', 'regions', 'roi')


class Source(NamedTuple):
    """A file, the array wanted from it, and how messages call it."""

    path: Path
    key: str | None
    where: str


def locate(path: PathLike, name: str) -> Source:
    """Split off an array name and check that the file exists and has a known suffix."""
    text = os.fspath(path)
    match = re.fullmatch(r'(.+\.[A-Za-z0-9]+):([^/\\:]+)', text)
    file, key = Path(text), None
    if match is not None and not file.exists():
        file, key = Path(match[1]), match[2]
    where = f"{name} file '{text}'"
    if not file.is_file():
        if file.is_dir():
            raise ValueError(f'{where} is a folder; give one file in it.')
        near = []
        if file.parent.is_dir():
            near = difflib.get_close_matches(file.name, os.listdir(file.parent), n=3)
        hint = f'; did you mean {", ".join(repr(n) for n in near)}?' if near else '.'
        raise FileNotFoundError(
            f"{where} does not exist (looked in '{file.parent.resolve()}'){hint}"
        )
    suffix = file.suffix.lower()
    if suffix not in _SUFFIXES:
        raise ValueError(
            f"{where} has the suffix '{file.suffix}'; known are "
            f'{", ".join(_SUFFIXES)}: convert the file or rename it.'
        )
    if key is not None and suffix not in KEYED:
        raise ValueError(
            f"{where} names an array '{key}', and a {suffix} file holds a single one; "
            f"drop ':{key}'."
        )
    return Source(file, key, where)


def load_table(source: Source) -> Table:
    """Numbers of a file, with the names of rows and columns where it has them."""
    reader = _TABLES.get(source.path.suffix.lower())
    if reader is not None:
        return reader(source.path, source.where)
    return Table(read_array(source.path, source.key, source.where))


def check_table(
    table: Table,
    where: str,
    *,
    n_regions: int | None,
    square: bool,
    kind: Kind | None,
    because: str = '',
) -> np.ndarray:
    """Values of a matrix that passes every check."""
    check_matrix_shape(table.values, where, n_regions, square, because)
    rows, columns = table.row_names, table.column_names
    # A numbered row beside a named column is no contradiction; two lists of one sort may be.
    if (
        square
        and rows is not None
        and columns is not None
        and rows != columns
        and are_numbers(rows) == are_numbers(columns)
    ):
        i = next(i for i, (r, c) in enumerate(zip(rows, columns, strict=True)) if r != c)
        raise ValueError(
            f'{where}: row {i} is named {rows[i]!r} and column {i} {columns[i]!r} (counted from '
            f'0); rows and columns need the same regions in the same order.'
        )
    check_finite(table.values, where)
    check_kind(table.values, where, kind)
    return table.values


def read_matrix(
    path: PathLike,
    *,
    name: str,
    n_regions: int | None = None,
    square: bool = True,
    kind: Kind | None = None,
) -> np.ndarray:
    """Read a matrix and check it.

    Parameters
    ----------
    path : path-like
        A .csv, .tsv, .txt, .npy, .npz, .mat, .h5, .zip (TVB), .nii (parcellated CIFTI-2) or .gii
        file; ``'file.npz:key'`` names one of several arrays. In text files the delimiter (tab,
        semicolon, comma, white space), a header and a first column of region names are recognised.
    name : str
        What messages call the file, such as ``'weights'``.
    n_regions : int, optional
        The number of columns that is needed.
    square : bool, default True
        Whether rows and columns must be the same in number and in name.
    kind : {'weights', 'lengths', 'fc'}, optional
        Also checks the values: weights and lengths are not negative; functional connectivity
        is symmetric with a unit diagonal, in [-1, 1].

    Returns
    -------
    numpy.ndarray
        ``(rows, columns)`` float64; of connectivity ``[target, source]``.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file cannot be parsed, or shape or values are not as needed. The message names
        the file, what was found, what is needed and how to mend it.
    ImportError
        If the library that reads the format is missing: ``pip install "brainfit_fast[io]"``.

    Examples
    --------
    >>> import numpy as np, tempfile, os
    >>> import brainfit_fast as bf
    >>> path = os.path.join(tempfile.mkdtemp(), 'weights.csv')
    >>> np.savetxt(path, [[0.0, 1.5], [1.5, 0.0]], delimiter=',')
    >>> bf.datasets.read_matrix(path, name='weights', kind='weights')
    array([[0. , 1.5],
           [1.5, 0. ]])
    """
    source = locate(path, name)
    return check_table(
        load_table(source), source.where, n_regions=n_regions, square=square, kind=kind
    )


def read_timeseries(
    path: PathLike, *, name: str = 'timeseries', n_regions: int | None = None
) -> np.ndarray:
    """Read a time series with one row per sample and one column per region.

    Parameters
    ----------
    path : path-like
        As in :func:`read_matrix`.
    name : str, default 'timeseries'
        What messages call the file.
    n_regions : int, optional
        The number of columns that is needed; a series of so many rows is reported as transposed.

    Returns
    -------
    numpy.ndarray
        ``(time, regions)`` float64.

    Raises
    ------
    FileNotFoundError, ValueError, ImportError
        As in :func:`read_matrix`.

    Examples
    --------
    >>> import numpy as np, tempfile, os
    >>> import brainfit_fast as bf
    >>> path = os.path.join(tempfile.mkdtemp(), 'bold.npy')
    >>> np.save(path, np.zeros((200, 3)))
    >>> bf.datasets.read_timeseries(path, n_regions=3).shape
    (200, 3)
    """
    source = locate(path, name)
    table = load_table(source)
    check_timeseries_shape(table.values, source.where, n_regions)
    check_finite(table.values, source.where)
    return table.values


def read_labels(
    path: PathLike, *, name: str = 'labels', n_regions: int | None = None
) -> np.ndarray:
    """Read region names: one per line, one row of them, or a column called label, name or region.

    Parameters
    ----------
    path : path-like
        A text file, a file with an array of strings (.npy, .npz, .mat, .h5, .zip), or a CIFTI-2
        file, whose parcels have names.
    name : str, default 'labels'
        What messages call the file.
    n_regions : int, optional
        The number of names that is needed.

    Returns
    -------
    numpy.ndarray
        ``(regions,)`` strings.

    Raises
    ------
    FileNotFoundError, ValueError, ImportError
        As in :func:`read_matrix`; also if a name is empty or occurs twice.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> import brainfit_fast as bf
    >>> path = pathlib.Path(tempfile.mkdtemp()) / 'labels.txt'
    >>> _ = path.write_text('V1' + chr(10) + 'M1' + chr(10))
    >>> bf.datasets.read_labels(path).tolist()
    ['V1', 'M1']
    """
    source = locate(path, name)
    suffix = source.path.suffix.lower()
    if suffix in _TEXT:
        labels = _text_labels(source)
    elif suffix in _TABLES:
        names = load_table(source).column_names
        if names is None:
            raise ValueError(f'{source.where} holds no names; give a text file, one name per line.')
        labels = list(names)
    else:
        labels = as_labels(read_array(source.path, source.key, source.where, text=True))
    check_labels(labels, source.where, n_regions)
    return np.array(labels)


def as_labels(array: np.ndarray) -> list[str]:
    """Names in an array of text."""
    # MATLAB cells hold each string in an array of its own; char rows are padded with blanks.
    return [str(np.asarray(item).squeeze().astype(str)).strip() for item in array.ravel()]


def check_labels(labels: Sequence[str], where: str, n_regions: int | None) -> None:
    """Refuse a wrong number of names, empty and repeated ones."""
    if n_regions is not None and len(labels) != n_regions:
        raise ValueError(f'{where}: found {len(labels)} names, needed {n_regions}, one per region.')
    for i, label in enumerate(labels):
        if not label:
            raise ValueError(f'{where}: name {i} (counted from 0) is empty; give it one.')
        if label in labels[:i]:
            raise ValueError(
                f'{where}: the name {label!r} occurs twice, at {labels.index(label)} and '
                f'{i} (counted from 0); names tell regions apart, so make them unique.'
            )


def _text_labels(source: Source) -> list[str]:
    """Labels of a text file."""
    text = decode(source.path.read_bytes(), source.where)
    lines = [line.cells for line in parse_lines(text, source.where, at_blanks=False)]
    header = [cell.lower() for cell in lines[0]]
    column = next((i for i, cell in enumerate(header) if cell in _LABEL_HEADERS), None)
    if column is not None and len(lines) > 1:
        return [cells[column] if column < len(cells) else '' for cells in lines[1:]]
    if len(lines) == 1:
        return lines[0]
    if all(len(cells) == 1 for cells in lines):
        return [cells[0] for cells in lines]
    raise ValueError(
        f'{source.where} has several columns ({", ".join(lines[0])}); keep one name per line, or '
        f"head the column of names with 'label'."
    )
