"""A recording from one file: samples with their time step, labels and FC."""

from __future__ import annotations

from collections.abc import Sequence

import brainunit as u
import numpy as np

from ..core.errors import bad_value
from ._checks import check_finite, check_timeseries_shape
from ._containers import KEYED, choose, read_arrays
from ._text import Table
from .connectome import common_names, find_labels, given_labels
from .examples import Signal
from .files import PathLike, check_labels, load_table, locate
from .subject import correlate

__all__ = ['read_signal']


def read_signal(
    path: PathLike, *, dt: u.Quantity | None = None, labels: PathLike | Sequence[str] | None = None
) -> Signal:
    """Read a recording of regions with its time step and labels.

    Parameters
    ----------
    path : path-like
        A parcellated series (.ptseries.nii), a GIFTI file with one array per sample (.func.gii),
        or any file of :func:`read_timeseries` with one row per sample.
    dt : brainunit.Quantity, optional
        Time between samples (TR). By default the one of the file, which .ptseries.nii has.
    labels : path-like or sequence of str, optional
        Region names. By default those in the file: names of parcels, a header of columns, the
        array called ``region_labels`` or ``labels``; else ``'region_001'`` and so on.

    Returns
    -------
    Signal
        Samples ``(time, N)``, dt in ms, N labels, and the correlations ``(N, N)`` of the columns.

    Raises
    ------
    FileNotFoundError, ValueError, ImportError
        As in :func:`read_timeseries`; also if a region is constant, or no or another time step
        than that of the file is given.

    Examples
    --------
    >>> import brainunit as u
    >>> import numpy as np
    >>> import brainfit_fast as bf
    >>> np.save('bold.npy', np.random.default_rng(0).normal(size=(200, 2)))
    >>> bold = bf.datasets.read_signal('bold.npy', dt=0.72 * u.second, labels=['V1', 'M1'])
    >>> bold.signal.shape, float(bold.dt.to_decimal(u.ms)), bold.labels.tolist(), bold.fc.shape
    ((200, 2), 720.0, ['V1', 'M1'], (2, 2))
    """
    source = locate(path, 'timeseries')
    names: Sequence[str] | None = None
    if source.path.suffix.lower() in KEYED:
        arrays = read_arrays(source.path, source.where)
        table = Table(choose(arrays, source.key, source.where, text=False))
        if labels is None and table.values.ndim == 2:
            names = find_labels(arrays, source.where, table.values.shape[1])
    else:
        table = load_table(source)
        is_cifti = source.path.suffix.lower() == '.nii'
        # The rows of a series are times.
        names = table.column_names if is_cifti else common_names(table._replace(row_names=None))
    values = table.values
    step = _step(dt, table.TR, source.where)
    check_timeseries_shape(values, source.where, None)
    n = values.shape[1]
    if labels is not None:
        names = given_labels(labels, n)
    elif names is None:
        names = [f'region_{i + 1:03d}' for i in range(n)]
    check_labels(names, source.where, n)
    check_finite(values, source.where)
    label_values = np.array([str(name) for name in names])
    return Signal(values, step, label_values, correlate(values, source.where, label_values))


def _step(dt: u.Quantity | None, TR: float | None, where: str) -> u.Quantity:
    """The time step that was given or is in the file, in ms."""
    if dt is None:
        if TR is None:
            raise bad_value(
                'dt',
                given=None,
                expected=f'a time, because {where} does not say how far its samples are apart',
                remedy='Pass the TR, as in dt=0.72 * u.second.',
            )
        return TR * 1000.0 * u.ms
    if u.get_dim(dt) != u.get_dim(u.ms) or not float(u.get_mantissa(dt)) > 0:
        raise bad_value('dt', given=str(dt), expected='a time above zero, as 0.72 * u.second')
    step = float(dt.to_decimal(u.ms))
    # Single precision in the header is no contradiction.
    if TR is not None and abs(step - TR * 1000.0) > 1e-4 * step:
        raise bad_value(
            'dt',
            given=str(dt),
            expected=f'{TR:g} s, as in {where}',
            remedy='Leave dt out, or correct the file.',
        )
    return step * u.ms
