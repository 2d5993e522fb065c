"""Connectomes held as objects of The Virtual Brain."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.errors import bad_type, bad_value
from ._containers import typed
from ._text import Table
from .connectome import FACTS, ImportedConnectome, Orientation, assemble
from .files import as_labels, check_table

__all__ = ['from_tvb']


def from_tvb(connectivity: Any, *, orientation: Orientation | None = None) -> ImportedConnectome:
    """Take the connectome of a TVB Connectivity.

    TVB's ``weights[i, j]`` is the connection from j to i, as in this library, and its
    ``tract_lengths`` are in mm, its ``speed`` in mm/ms. TVB is not imported: any object with its
    attributes serves.

    Parameters
    ----------
    connectivity : tvb.datatypes.connectivity.Connectivity
        Needs ``weights``; ``tract_lengths``, ``region_labels``, ``speed``, ``centres``,
        ``cortical``, ``hemispheres``, ``areas`` and ``orientations`` are taken where they are set.
        Without tract lengths the Euclidean distances of the centres are taken, as in TVB.
    orientation : {'target_source', 'source_target'}, optional
        Whether rows are targets, as TVB documents it and by default, or sources: then weights,
        tract lengths and a matrix of speeds are transposed.

    Returns
    -------
    ImportedConnectome
        Copies; what TVB changes later does not reach them.

    Raises
    ------
    TypeError
        If the object has no weights.
    ValueError
        If weights or lengths are not square, negative or not finite, or another attribute does
        not have a value for each region.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> import brainunit as u
    >>> import numpy as np
    >>> import brainfit_fast as bf
    >>> tvb = SimpleNamespace(
    ...     weights=np.array([[0.0, 2.0], [1.0, 0.0]]),
    ...     tract_lengths=np.array([[0.0, 40.0], [40.0, 0.0]]),
    ...     region_labels=np.array(['rV1', 'lV1']),
    ...     speed=np.array([3.0]),
    ... )
    >>> conn = bf.datasets.from_tvb(tvb)
    >>> conn.labels.tolist(), conn.orientation
    (['rV1', 'lV1'], 'target_source')
    >>> float((conn.distances[0, 1] / conn.speed).to_decimal(u.ms))
    13.333333333333334
    """
    found = {
        name: getattr(connectivity, name, None)
        for name in ('weights', 'tract_lengths', 'region_labels', 'speed', *FACTS)
    }
    # TVB leaves arrays empty that it does not know.
    arrays = {name: value for name, value in found.items() if value is not None and np.size(value)}
    if 'weights' not in arrays:
        raise bad_type(
            'connectivity',
            given=f'a {type(connectivity).__name__} without weights',
            expected='a tvb.datatypes.connectivity.Connectivity, or an object with its attributes',
            remedy='Files are read by datasets.read_connectome.',
        )
    where = 'connectivity'
    weights, lengths = (
        None if name not in arrays else typed(arrays[name], f'{where}.{name}', text=False).copy()
        for name in ('weights', 'tract_lengths')
    )
    assert weights is not None
    check_table(Table(weights), f'{where}.weights', n_regions=None, square=True, kind='weights')
    labels = arrays.get('region_labels')
    return assemble(
        weights,
        lengths,
        None if labels is None else as_labels(np.asarray(labels)),
        {name: arrays[name] for name in FACTS if name in arrays},
        where=where,
        orientation=orientation,
        is_tvb=True,
        speed=_speed(arrays.get('speed'), len(weights)),
    )


def _speed(speed: Any, n_regions: int) -> np.ndarray | None:
    """One speed, or one for each connection."""
    if speed is None:
        return None
    values = typed(speed, 'connectivity.speed', text=False)
    if values.size == 1:
        values = values.reshape(())
    elif values.shape != (n_regions, n_regions):
        raise bad_value(
            'connectivity.speed',
            given=speed,
            expected=f'one number, or a matrix ({n_regions}, {n_regions})',
        )
    if not (values > 0).all():
        raise bad_value(
            'connectivity.speed', given=str(speed), expected='speeds above zero, in mm/ms'
        )
    return values.copy()
