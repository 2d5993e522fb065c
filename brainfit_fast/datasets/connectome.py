"""A connectome from one file: weights with lengths, labels and what else is known of the regions."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import brainunit as u
import numpy as np

from ..core.errors import check_choice
from ._checks import check_finite
from ._containers import KEYED, choose, is_matrix, is_text, known, only, read_arrays, typed
from ._text import Table, are_numbers
from .files import (
    PathLike,
    as_labels,
    check_labels,
    check_table,
    load_table,
    locate,
    read_labels,
    read_matrix,
)

__all__ = ['ImportedConnectome', 'Orientation', 'read_connectome']

Orientation = Literal['target_source', 'source_target']
ORIENTATIONS = ('target_source', 'source_target')
LIBRARY_CONVENTION = 'the convention of this library'
TVB_CONVENTION = 'the convention of TVB'

#: Names that arrays commonly have in files of several.
_WEIGHTS = ('weights', 'sc')
_LENGTHS = ('tract_lengths', 'lengths', 'distances')
_LABELS = ('region_labels', 'labels')

#: What TVB knows of regions: trailing shape of each array.
FACTS: dict[str, tuple[int, ...]] = {
    'centres': (3,),
    'orientations': (3,),
    'areas': (),
    'cortical': (),
    'hemispheres': (),
}
_FLAGS = ('cortical', 'hemispheres')


class ImportedConnectome(NamedTuple):
    """Structural connectivity of N regions, read from a file or taken from TVB.

    Its ``repr`` says as what the weights were read, and whether that makes a difference.

    Attributes
    ----------
    weights : numpy.ndarray
        ``(N, N)`` weights ``[target, source]``, without unit.
    distances : brainunit.Quantity or None
        ``(N, N)`` tract lengths in mm, ``[target, source]``.
    labels : numpy.ndarray
        ``(N,)`` region names.
    orientation : {'target_source', 'source_target'}
        How the source was read. Weights and distances of ``'source_target'`` were transposed.
    asymmetry : float
        Largest difference between `weights` and their transpose, over the largest weight: 0
        where the orientation makes no difference.
    speed : brainunit.Quantity or None
        Conduction speed in mm/ms, one or ``(N, N)``, where the source has it.
    regions : dict of str to array
        What else the source knows, under TVB's names: ``'centres'`` ``(N, 3)`` in mm,
        ``'orientations'`` ``(N, 3)``, ``'areas'`` ``(N,)``, ``'cortical'`` and ``'hemispheres'``
        ``(N,)`` bool, True in the cortex and on the right.
    notes : tuple of str
        What is unusual in the data without being wrong, one sentence each.
    source : str
        Where it comes from.

    Examples
    --------
    See :func:`from_tvb`.
    """

    weights: np.ndarray
    distances: u.Quantity | None
    labels: np.ndarray
    orientation: Orientation
    asymmetry: float
    speed: u.Quantity | None
    regions: dict[str, Any]
    notes: tuple[str, ...]
    source: str

    def __repr__(self) -> str:
        n = len(self.labels)
        symmetry = 'symmetric'
        if self.asymmetry:
            symmetry = f'asymmetric (by up to {self.asymmetry:.2g} of the largest)'
        parts = [
            f'{n} regions {str(self.labels[0])!r} … {str(self.labels[-1])!r}',
            f'weights [target, source] {symmetry}, read as {self.orientation}',
        ]
        if self.distances is None:
            parts.append('no distances')
        else:
            parts.append(f'distances up to {self.distances.to_decimal(u.mm).max():.4g} mm')
        if self.speed is not None:
            speed = self.speed.to_decimal(u.mm / u.ms)
            parts.append(f'speed {speed:g} mm/ms' if np.ndim(speed) == 0 else 'speed (N, N)')
        if self.regions:
            parts.append(', '.join(self.regions))
        if self.notes:
            parts.append(f'{len(self.notes)} note{"s" if len(self.notes) > 1 else ""}')
        return f'{type(self).__name__}({"; ".join(parts)}; from {self.source})'


def read_connectome(
    path: PathLike,
    *,
    lengths: PathLike | None = None,
    labels: PathLike | Sequence[str] | None = None,
    orientation: Orientation | None = None,
    length_unit: u.Unit = u.mm,
) -> ImportedConnectome:
    """Read a connectome and check it.

    Parameters
    ----------
    path : path-like
        A TVB connectivity (.zip), a parcellated connectivity (.pconn.nii), or any file of
        :func:`read_matrix`. Of several arrays in a file the one called ``weights`` or ``sc``, or
        the only square one, is taken; another is named as ``'file.mat:name'``.
    lengths : path-like, optional
        Tract lengths, in a file of their own or as ``'file.mat:name'``. By default the array
        called ``tract_lengths``, ``lengths`` or ``distances`` in the same file. A TVB
        connectivity without any gets the Euclidean distances of its centres, as in TVB.
    labels : path-like or sequence of str, optional
        N region names. By default those in the file: names of parcels, of rows or columns, the
        array called ``region_labels`` or ``labels``, or the only one of N texts; else
        ``'region_001'`` and so on.
    orientation : {'target_source', 'source_target'}, optional
        Whether rows are targets or sources. It makes no difference to a symmetric matrix. By
        default rows are targets: so TVB documents it, and so does this library. The Brain
        Connectivity Toolbox has sources in rows.
    length_unit : brainunit.Unit, default mm
        Unit of the numbers in `lengths`.

    Returns
    -------
    ImportedConnectome
        Weights and distances as ``[target, source]``, labels, and notes on what deserves a look.

    Raises
    ------
    FileNotFoundError, ValueError
        As in :func:`read_matrix`; also if it cannot be told which array is meant.
    ImportError
        If the library that reads the format is missing: ``pip install "brainfit_fast[io]"``.
    brainunit.UnitMismatchError
        If `length_unit` is no unit of length.

    Examples
    --------
    >>> import numpy as np
    >>> import brainfit_fast as bf
    >>> weights = np.array([[0.0, 0.5], [1.0, 0.0]])  # the second region receives more
    >>> np.savez('subject.npz', weights=weights, lengths=[[0, 40], [40, 0]], labels=['V1', 'M1'])
    >>> conn = bf.datasets.read_connectome('subject.npz', orientation='target_source')
    >>> conn.labels.tolist(), conn.distances.shape, conn.asymmetry
    (['V1', 'M1'], (2, 2), 0.5)
    """
    check_orientation(orientation)
    source = locate(path, 'connectome')
    if lengths is not None:
        locate(lengths, 'lengths')
    is_tvb = source.path.suffix.lower() == '.zip'
    arrays: dict[str, Any] = {}
    names: Sequence[str] | None = None
    if source.path.suffix.lower() in KEYED:
        arrays = read_arrays(source.path, source.where)
        key = source.key or known(arrays, _WEIGHTS, source.where, '')
        if key is None:
            rest = {name: a for name, a in arrays.items() if name.lower() not in _LENGTHS}
            key = only(rest, is_matrix)
        table = Table(choose(arrays, key, source.where, text=False))
        weights_where = f'{source.where}, weights' if key is None else f"{source.where}, '{key}'"
    else:
        table = load_table(source)
        weights_where = source.where
        is_cifti = source.path.suffix.lower() == '.nii'
        names = table.column_names if is_cifti else common_names(table)
    weights = check_table(table, weights_where, n_regions=None, square=True, kind='weights')
    n = len(weights)
    length_values = None
    if lengths is not None:
        length_values = read_matrix(lengths, name='lengths', n_regions=n, kind='lengths')
    else:
        key = known(arrays, _LENGTHS, source.where, 'lengths=')
        if key is not None:
            length_values = typed(arrays[key], f"{source.where}, '{key}'", text=False)
    if labels is None and names is None:
        names = find_labels(arrays, source.where, n)
    return assemble(
        weights,
        length_values,
        given_labels(labels, n) if labels is not None else names,
        {name: arrays[name] for name in FACTS if name in arrays},
        where=source.where,
        orientation=orientation,
        is_tvb=is_tvb,
        length_unit=length_unit,
    )


def assemble(
    weights: np.ndarray,
    lengths: np.ndarray | None,
    labels: Sequence[str] | None,
    facts: Mapping[str, Any],
    *,
    where: str,
    orientation: Orientation | None,
    is_tvb: bool,
    speed: np.ndarray | None = None,
    length_unit: u.Unit = u.mm,
) -> ImportedConnectome:
    """A connectome of weights, lengths and facts, turned to [target, source]."""
    check_orientation(orientation)
    n = len(weights)
    because = f', because there are weights of {n} regions'
    notes = []
    regions = {name: _fact(name, facts[name], f"{where}, '{name}'", n) for name in facts}
    if lengths is not None:
        check_table(
            Table(lengths),
            f'{where}, tract lengths',
            n_regions=n,
            square=True,
            kind='lengths',
            because=because,
        )
    elif is_tvb and 'centres' in regions:
        apart = regions['centres'][:, None] - regions['centres'][None]
        lengths, length_unit = np.sqrt((apart**2).sum(axis=-1)), u.mm
        notes.append(f'{where} has no tract lengths: they are the distances of the centres.')
    if labels is None:
        labels = [f'region_{i + 1:03d}' for i in range(n)]
        notes.append(f"{where} has no labels: regions are called 'region_001' and so on.")
    check_labels(labels, f'{where}, labels', n)
    if 'centres' in regions:
        regions['centres'] = regions['centres'] * u.mm
    asymmetry = asymmetry_of(weights)
    if asymmetry and orientation is None:
        notes.append(orientation_note(where, TVB_CONVENTION if is_tvb else LIBRARY_CONVENTION))
    if orientation == 'source_target':
        weights = np.ascontiguousarray(weights.T)
        lengths = None if lengths is None else np.ascontiguousarray(lengths.T)
        speed = speed if speed is None else np.ascontiguousarray(speed.T)
    notes.extend(structure_notes(weights, lengths, where, f'{where}, tract lengths'))
    return ImportedConnectome(
        weights=weights,
        distances=None if lengths is None else (lengths * length_unit).in_unit(u.mm),
        labels=np.array([str(label) for label in labels]),
        orientation=orientation or 'target_source',
        asymmetry=asymmetry,
        speed=None if speed is None else speed * (u.mm / u.ms),
        regions=regions,
        notes=tuple(notes),
        source=where,
    )


def asymmetry_of(weights: np.ndarray) -> float:
    """Largest difference to the transpose, over the largest weight."""
    return float(np.abs(weights - weights.T).max(initial=0.0) / (weights.max(initial=0.0) or 1.0))


def orientation_note(where: str, convention: str) -> str:
    """What to say where a default decides between a matrix and its transpose."""
    return (
        f'{where} is asymmetric and read as [target, source], {convention}: row i holds what '
        f"region i receives; pass orientation='source_target', or transpose it, if its rows are "
        f'sources.'
    )


def structure_notes(
    weights: np.ndarray, lengths: np.ndarray | None, where: str, lengths_where: str
) -> list[str]:
    """Sentences on what is unusual in structural connectivity."""
    notes = []
    if np.diagonal(weights).any():
        notes.append(
            f'{where} has a diagonal of up to {np.diagonal(weights).max():g}; networks leave the '
            f'diagonal out unless self_connection=True.'
        )
    silent = int((~weights.any(axis=0) & ~weights.any(axis=1)).sum())
    if silent:
        notes.append(f'{where}: {silent} regions are connected to no other.')
    if lengths is not None:
        off_diagonal = ~np.eye(len(weights), dtype=bool)
        without = int(((weights > 0) & (lengths == 0) & off_diagonal).sum())
        if without:
            notes.append(
                f'{lengths_where}: {without} connections have weight and a length of 0, so they '
                f'get no delay.'
            )
    return notes


def common_names(table: Table) -> tuple[str, ...] | None:
    """Names of columns or rows that are names, and not only numbers."""
    found = (table.column_names, table.row_names)
    return next((names for names in found if names is not None and not are_numbers(names)), None)


def given_labels(labels: PathLike | Sequence[str], n_regions: int) -> Sequence[str]:
    """Labels from a file or from the caller."""
    if isinstance(labels, str | os.PathLike):
        return read_labels(labels, n_regions=n_regions).tolist()
    names = [str(label) for label in labels]
    check_labels(names, 'labels', n_regions)
    return names


def find_labels(arrays: Mapping[str, Any], where: str, n_regions: int) -> list[str] | None:
    """Labels among several arrays."""
    key = known(arrays, _LABELS, where, 'labels=')
    if key is None:
        key = only(arrays, lambda array: is_text(array) and np.size(array) == n_regions)
    if key is None:
        return None
    return as_labels(typed(arrays[key], f"{where}, '{key}'", text=True))


def _fact(name: str, value: Any, where: str, n_regions: int) -> np.ndarray:
    """What is known of each region, checked."""
    values = typed(value, where, text=False)
    needed = (n_regions, *FACTS[name])
    if values.size == n_regions and len(needed) == 1:
        values = values.ravel()
    if values.shape != needed:
        raise ValueError(
            f'{where}: found shape {values.shape}, needed {needed}, because there are weights of '
            f'{n_regions} regions.'
        )
    check_finite(values, where)
    if name not in _FLAGS:
        return values
    if not np.isin(values, (0, 1)).all():
        found = values[~np.isin(values, (0, 1))][0]
        raise ValueError(f'{where}: found the value {found:g}, needed 0 or 1 for each region.')
    return values.astype(bool)


def check_orientation(orientation: str | None) -> None:
    """Refuse another word; None stands for the default."""
    if orientation is not None:
        check_choice('orientation', orientation, ORIENTATIONS)
