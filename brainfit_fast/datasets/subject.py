"""One subject's connectome and functional data, read from files and checked against each other."""

from __future__ import annotations

from typing import NamedTuple

import brainunit as u
import numpy as np

from ._checks import check_finite, check_timeseries_shape
from ._text import Table
from .connectome import (
    LIBRARY_CONVENTION,
    Orientation,
    check_orientation,
    common_names,
    orientation_note,
    structure_notes,
)
from .files import PathLike, Source, check_labels, check_table, load_table, locate, read_labels

__all__ = ['Subject', 'load_subject']


class Subject(NamedTuple):
    """Structure and function of one subject or group, N regions in the same order throughout.

    Attributes
    ----------
    weights : numpy.ndarray
        ``(N, N)`` structural weights ``[target, source]``.
    lengths : brainunit.Quantity or None
        ``(N, N)`` tract lengths in mm.
    fc : numpy.ndarray or None
        ``(N, N)`` functional connectivity; computed from `timeseries` if only that was given.
    timeseries : numpy.ndarray or None
        ``(time, N)`` samples.
    labels : numpy.ndarray
        ``(N,)`` region names.
    notes : tuple of str
        What is unusual in the data without being wrong, one sentence each.

    Examples
    --------
    See :func:`load_subject`.
    """

    weights: np.ndarray
    lengths: u.Quantity | None
    fc: np.ndarray | None
    timeseries: np.ndarray | None
    labels: np.ndarray
    notes: tuple[str, ...]


class _Part(NamedTuple):
    """A file with its content."""

    source: Source
    table: Table


def load_subject(
    *,
    weights: PathLike,
    lengths: PathLike | None = None,
    fc: PathLike | None = None,
    timeseries: PathLike | None = None,
    labels: PathLike | None = None,
    orientation: Orientation | None = None,
    length_unit: u.Unit = u.mm,
) -> Subject:
    """Read the files of a subject and check that they belong together.

    Matrices become ``[target, source]``: row i holds what region i receives. For a symmetric
    matrix this makes no difference.

    Parameters
    ----------
    weights : path-like
        Structural weights ``(N, N)``, not negative. N is taken from this file. File formats as
        in :func:`read_matrix`.
    lengths : path-like, optional
        Tract lengths ``(N, N)`` in `length_unit`, not negative.
    fc : path-like, optional
        Functional connectivity ``(N, N)``: correlations, symmetric, unit diagonal.
    timeseries : path-like, optional
        Samples ``(time, N)``. Without `fc`, its columns are correlated to give one.
    labels : path-like, optional
        N region names; by default those of the header or first column of the other files, or
        ``'region_001'`` and so on.
    orientation : {'target_source', 'source_target'}, optional
        Whether rows of `weights` and `lengths` are targets, the default, or sources; those are
        transposed.
    length_unit : brainunit.Unit, default mm
        Unit of the numbers in `lengths`.

    Returns
    -------
    Subject
        Checked arrays, lengths in mm, and notes on what deserves a look.

    Raises
    ------
    FileNotFoundError
        If a file does not exist.
    ValueError
        If a file cannot be parsed, has an unsuitable shape or unsuitable values, or disagrees
        with another file in number or names of the regions.
    brainunit.UnitMismatchError
        If `length_unit` is no unit of length.

    Examples
    --------
    >>> import numpy as np, tempfile, os
    >>> import brainfit_fast as bf
    >>> folder = tempfile.mkdtemp()
    >>> np.savetxt(os.path.join(folder, 'weights.txt'), [[0.0, 1.0], [1.0, 0.0]])
    >>> np.save(os.path.join(folder, 'bold.npy'), np.random.default_rng(0).normal(size=(50, 2)))
    >>> subject = bf.datasets.load_subject(
    ...     weights=os.path.join(folder, 'weights.txt'),
    ...     timeseries=os.path.join(folder, 'bold.npy'),
    ... )
    >>> subject.fc.shape, subject.labels.tolist()
    ((2, 2), ['region_001', 'region_002'])
    """
    check_orientation(orientation)
    paths = {'weights': weights, 'lengths': lengths, 'fc': fc, 'timeseries': timeseries}
    # Every path is looked at before any file is parsed: a typing error should not cost a wait.
    sources = {name: locate(path, name) for name, path in paths.items() if path is not None}
    if labels is not None:
        locate(labels, 'labels')
    parts = {name: _Part(source, load_table(source)) for name, source in sources.items()}

    matrix = _matrix(parts['weights'], 'weights', None, '')
    n_regions = len(matrix)
    because = f', because {parts["weights"].source.where} has {n_regions} regions'
    length_values = _optional_matrix(parts, 'lengths', n_regions, because)
    fc_values = _optional_matrix(parts, 'fc', n_regions, because)
    series = None
    if 'timeseries' in parts:
        source, table = parts['timeseries']
        check_timeseries_shape(table.values, source.where, n_regions, because)
        check_finite(table.values, source.where)
        series = table.values
    names, named_by = _common_names(parts)
    label_values = _labels(labels, names, named_by, n_regions)
    if series is not None and fc_values is None:
        fc_values = correlate(series, parts['timeseries'].source.where, label_values)
    if orientation == 'source_target':
        matrix = np.ascontiguousarray(matrix.T)
        length_values = None if length_values is None else np.ascontiguousarray(length_values.T)
    return Subject(
        weights=matrix,
        lengths=None if length_values is None else (length_values * length_unit).in_unit(u.mm),
        fc=fc_values,
        timeseries=series,
        labels=label_values,
        notes=_notes(matrix, length_values, parts, orientation),
    )


def _matrix(part: _Part, kind: str, n_regions: int | None, because: str) -> np.ndarray:
    """Values of a square matrix of the given kind."""
    return check_table(
        part.table,
        part.source.where,
        n_regions=n_regions,
        square=True,
        kind=kind,  # type: ignore[arg-type]
        because=because,
    )


def _optional_matrix(
    parts: dict[str, _Part], kind: str, n_regions: int, because: str
) -> np.ndarray | None:
    """The same for a file that need not be given."""
    return _matrix(parts[kind], kind, n_regions, because) if kind in parts else None


def _common_names(parts: dict[str, _Part]) -> tuple[tuple[str, ...] | None, str]:
    """Region names written in the files, which must agree, and the file that has them."""
    names: tuple[str, ...] | None = None
    named_by = ''
    for name, part in parts.items():
        # The rows of a series are times.
        table = part.table._replace(row_names=None) if name == 'timeseries' else part.table
        found = common_names(table)
        if found is None:
            continue
        if names is None:
            names, named_by = found, part.source.where
        elif names != found:
            i = next(i for i, (a, b) in enumerate(zip(names, found, strict=True)) if a != b)
            raise ValueError(
                f'{part.source.where}: region {i} (counted from 0) is {found[i]!r}, and '
                f'{names[i]!r} in {named_by}; all files need the same regions in the same order.'
            )
    return names, named_by


def _labels(
    path: PathLike | None, names: tuple[str, ...] | None, named_by: str, n_regions: int
) -> np.ndarray:
    """Labels from their own file, from the other files, or counted."""
    if path is None:
        if names is None:
            return np.array([f'region_{i + 1:03d}' for i in range(n_regions)])
        check_labels(names, named_by, n_regions)
        return np.array(names)
    labels = read_labels(path, n_regions=n_regions)
    # Other names than in the matrices are the user's choice; the same in another order is a slip.
    if names is not None and set(names) == set(labels) and names != tuple(labels):
        i = next(i for i, (a, b) in enumerate(zip(names, labels, strict=True)) if a != b)
        raise ValueError(
            f"labels file '{path}': name {i} (counted from 0) is {str(labels[i])!r}, and "
            f'{names[i]!r} in {named_by}; all files need the same regions in the same order.'
        )
    return labels


def correlate(series: np.ndarray, where: str, labels: np.ndarray) -> np.ndarray:
    """Functional connectivity of a series whose regions all vary."""
    constant = np.flatnonzero(np.ptp(series, axis=0) == 0)
    if constant.size:
        raise ValueError(
            f'{where}: {constant.size} regions are constant in time, the first '
            f'{str(labels[constant[0]])!r} (column {constant[0]}, counted from 0), so that their '
            f'correlations are not defined; remove these regions from all files.'
        )
    fc = np.atleast_2d(np.corrcoef(series, rowvar=False))
    fc = 0.5 * (fc + fc.T)
    np.fill_diagonal(fc, 1.0)
    return fc


def _notes(
    weights: np.ndarray,
    lengths: np.ndarray | None,
    parts: dict[str, _Part],
    orientation: Orientation | None,
) -> tuple[str, ...]:
    """Sentences on what is unusual."""
    notes = []
    where = parts['weights'].source.where
    if orientation is None and not np.array_equal(weights, weights.T):
        notes.append(orientation_note(where, LIBRARY_CONVENTION))
    lengths_where = parts['lengths'].source.where if 'lengths' in parts else ''
    notes.extend(structure_notes(weights, lengths, where, lengths_where))
    return tuple(notes)
