"""Targets for data that do not come as time series: matrices and pooled values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

import brainunit as u
import jax
import numpy as np

from brainfit_fast.core.errors import bad_type, bad_value

from ._checks import (
    Series,
    check_correlation_matrix,
    check_finite,
    check_range,
    is_concrete,
    shape_of,
    whole_number,
)

__all__ = ['FCDTarget', 'FCTarget', 'PerTerm', 'fc', 'fcd', 'per_term']


@partial(jax.tree_util.register_dataclass, data_fields=['matrix'], meta_fields=[])
@dataclass(frozen=True, eq=False)
class FCTarget:
    """A functional-connectivity matrix as target; build it with :func:`fc`.

    Parameters
    ----------
    matrix : array, shape (regions, regions)
        Correlations, dimensionless.
    """

    matrix: Any

    def __repr__(self) -> str:
        return f'targets.fc(<matrix of shape {shape_of(self.matrix)}>)'


@partial(
    jax.tree_util.register_dataclass,
    data_fields=['values'],
    meta_fields=['window', 'step', 'own_bandwidth'],
)
@dataclass(frozen=True, eq=False)
class FCDTarget:
    """Functional-connectivity dynamics as target; build it with :func:`fcd`.

    Parameters
    ----------
    values : array, shape (n,) or (windows, windows)
        Pooled correlations between windows, or one whole matrix, dimensionless.
    window, step : int
        Window length and stride in samples of the prediction.
    own_bandwidth : bool
        Whether the kernel width of the density follows from the number of these values (a reduced
        time series) or from that of the prediction (pooled data).
    """

    values: Any
    window: int
    step: int
    own_bandwidth: bool = False

    def __repr__(self) -> str:
        return (
            f'targets.fcd(<values of shape {shape_of(self.values)}>,'
            f' window={self.window}, step={self.step})'
        )


@partial(jax.tree_util.register_dataclass, data_fields=['targets'], meta_fields=[])
@dataclass(frozen=True, eq=False)
class PerTerm:
    """One target for each term of a combined objective; build it with :func:`per_term`."""

    targets: tuple[Any, ...]


def fc(matrix: Series) -> FCTarget:
    """Use a functional-connectivity matrix as the target of ``fc_corr`` and ``fc_rmse``.

    Parameters
    ----------
    matrix : array, shape (regions, regions)
        Pearson correlations between regions, dimensionless: symmetric, unit diagonal, within
        [-1, 1]. Concrete values are checked, traced ones by shape and dtype only.

    Returns
    -------
    FCTarget
        The target, a pytree.

    Raises
    ------
    ValueError
        If the matrix is not square, not finite, not symmetric, has another diagonal than ones or
        holds values outside [-1, 1].
    TypeError
        If it carries a unit or is not real.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> import numpy as np
    >>> bf.objectives.targets.fc(np.array([[1.0, 0.2], [0.2, 1.0]]))
    targets.fc(<matrix of shape (2, 2)>)
    """
    who = 'targets.fc'
    matrix = _plain(matrix, who, 'matrix')
    shape = shape_of(matrix)
    if len(shape) != 2 or shape[0] != shape[1]:
        raise bad_value(
            who,
            given=f'an array of shape {shape}',
            expected='a square matrix (regions, regions)',
            remedy='A time series (time, regions) is passed to the objective as it is, without'
            ' targets.fc.',
        )
    check_correlation_matrix(matrix, who)
    return FCTarget(_frozen(matrix))


def fcd(
    values: Series,
    *,
    window: float | u.Quantity,
    step: float | u.Quantity,
    TR: u.Quantity | None = None,
) -> FCDTarget:
    """Use functional-connectivity dynamics as the target of the FCD objectives.

    Parameters
    ----------
    values : array, shape (n,) or (windows, windows)
        Correlations between windows, dimensionless, within [-1, 1]: pooled off-diagonal values (of
        one subject or of many), for the objectives that compare distributions; or one whole FCD
        matrix, for all of them.
    window, step : int or time Quantity
        Window length and stride with which the data were computed. A plain number counts samples of
        the prediction; a time needs ``TR`` and is rounded to the nearest sample.
    TR : time Quantity, optional
        Sampling interval of the prediction.

    Returns
    -------
    FCDTarget
        The target, a pytree.

    Raises
    ------
    ValueError
        If values are not finite, outside [-1, 1] or fewer than two, if a matrix is not symmetric
        with unit diagonal, or if ``window`` is below two samples or ``step`` below one.
    TypeError
        If a time comes without ``TR``, or a unit is not one of time.

    Notes
    -----
    Where the density of pooled values is estimated, the kernel width uses the number of values of
    the prediction for both sides, so that two samples of one distribution are smoothed alike
    whatever their sizes.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> import brainunit as u
    >>> import numpy as np
    >>> pooled = np.random.default_rng(0).uniform(0.1, 0.9, 500)
    >>> bf.objectives.targets.fcd(
    ...     pooled, window=30.0 * u.second, step=5.0 * u.second, TR=0.72 * u.second
    ... )
    targets.fcd(<values of shape (500,)>, window=42, step=7)
    """
    who = 'targets.fcd'
    values = _plain(values, who, 'values')
    shape = shape_of(values)
    is_matrix = len(shape) == 2 and shape[0] == shape[1]
    if not is_matrix and (len(shape) != 1 or shape[0] < 2):
        raise bad_value(
            who,
            given=f'an array of shape {shape}',
            expected='at least two pooled values of shape (n,), or one matrix (windows, windows)',
            remedy='Concatenate the off-diagonal values of several matrices:'
            ' matrix[np.triu_indices(len(matrix), k=1)].',
        )
    if is_matrix:
        check_correlation_matrix(values, who)
    else:
        check_finite(values, who, 'target')
        check_range(values, who)
    return FCDTarget(
        _frozen(values),
        window=whole_number(_in_samples(window, TR, who, 'window'), who, 'window', least=2),
        step=whole_number(_in_samples(step, TR, who, 'step'), who, 'step', least=1),
    )


def per_term(*targets: Any) -> PerTerm:
    """Give each term of ``combine`` its own target.

    Parameters
    ----------
    *targets : array, Quantity, target object or None
        One per term, in the order of the terms.

    Returns
    -------
    PerTerm
        The target, a pytree.

    Raises
    ------
    ValueError
        If there is none.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> import numpy as np
    >>> loss = bf.objectives.combine(
    ...     (1.0, bf.objectives.fc_corr(as_loss=True)), (0.5, bf.objectives.timeseries_rmse())
    ... )
    >>> series = np.random.default_rng(0).standard_normal((50, 3))
    >>> targets = bf.objectives.targets
    >>> target = targets.per_term(targets.fc(np.corrcoef(series.T)), series)
    >>> bool(abs(loss(series, target)) < 1e-6)
    True
    """
    if not targets:
        raise bad_value(
            'targets.per_term',
            given='no target',
            expected='one per term',
            remedy='Pass them in order.',
        )
    return PerTerm(tuple(targets))


def _plain(values: Any, who: str, name: str) -> Any:
    """Return real, dimensionless values without their wrapper."""
    unit = u.get_unit(values)
    if not unit.is_unitless:
        raise bad_type(
            who,
            given=f'{name} in {unit}',
            expected='correlations, which have no unit',
            remedy='If this is a time series, pass it to the objective as it is.',
        )
    values = u.get_magnitude(values)
    values = values if isinstance(values, jax.Array) else np.asarray(values)
    if not any(jax.numpy.issubdtype(values.dtype, kind) for kind in (np.floating, np.integer)):
        raise bad_type(
            who,
            given=f'{name} of dtype {values.dtype}',
            expected='real numbers',
            remedy='Convert the values first.',
        )
    return values


def _frozen(values: Any) -> Any:
    """Copy NumPy data, so that the target cannot change under a compiled loss."""
    if not isinstance(values, np.ndarray):
        return values
    copy = values.copy()
    copy.setflags(write=False)
    return copy


def _in_samples(value: Any, TR: Any, who: str, name: str) -> Any:
    """Return a window length or stride in samples."""
    unit = u.get_unit(value)
    if unit.is_unitless:
        return u.get_magnitude(value)
    if TR is None or u.get_unit(TR).is_unitless:
        raise bad_type(
            who,
            given=f'{name}={value} with TR={TR}',
            expected='TR as a time, since a duration in samples depends on it',
            remedy='Pass for example TR=0.72 * u.second, or give window and step in samples.',
        )
    for label, quantity in ((name, value), ('TR', TR)):
        if not u.get_unit(quantity).has_same_dim(u.second):
            raise bad_type(
                who,
                given=f'{label}={quantity}',
                expected='a time',
                remedy='Use a unit such as u.second.',
            )
    interval = _seconds(TR, who, 'TR')
    if not interval > 0.0 or not math.isfinite(interval):
        raise bad_value(
            who,
            given=f'TR={TR}',
            expected='a positive time',
            remedy='Give the sampling interval.',
        )
    return round(_seconds(value, who, name) / interval)


def _seconds(quantity: u.Quantity, who: str, name: str) -> float:
    """Return a concrete time in seconds."""
    if not is_concrete(quantity):
        raise bad_type(
            who,
            given=f'a traced {name}',
            expected='a concrete time',
            remedy='Build the target outside of jit.',
        )
    return float(np.asarray(quantity.in_unit(u.second).mantissa))
