"""Targets for data that do not come as time series: matrices and pooled values."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import brainunit as u
import jax
import numpy as np

from brainfit_fast.core.errors import bad_type, bad_value, count_bad

from ._checks import (
    Series,
    check_correlation_matrix,
    check_finite,
    check_range,
    host_values,
    is_concrete,
    shape_of,
)
from ._windows import resolve

__all__ = [
    'FCDTarget',
    'FCTarget',
    'MatrixTarget',
    'PerTerm',
    'SpectrumTarget',
    'Target',
    'aec',
    'fc',
    'fcd',
    'per_term',
    'plv',
    'spectrum',
]


class Target:
    """Data in another form than a series.

    Examples
    --------
    See :func:`fc`.
    """


@partial(jax.tree_util.register_dataclass, data_fields=['matrix'], meta_fields=[])
@dataclass(frozen=True, eq=False)
class FCTarget(Target):
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
    meta_fields=['window', 'step', 'own_bandwidth', 'edges'],
)
@dataclass(frozen=True, eq=False)
class FCDTarget(Target):
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
    edges : bool
        Whether windows that the ends of the series cut short count.
    """

    values: Any
    window: int
    step: int
    own_bandwidth: bool = False
    edges: bool = False

    def __repr__(self) -> str:
        return (
            f'targets.fcd(<values of shape {shape_of(self.values)}>,'
            f' window={self.window}, step={self.step}' + (', edges=True)' if self.edges else ')')
        )


@partial(jax.tree_util.register_dataclass, data_fields=['matrix'], meta_fields=['kind'])
@dataclass(frozen=True, eq=False)
class MatrixTarget(Target):
    """A measure between every two regions as target; build it with :func:`aec` or :func:`plv`.

    Parameters
    ----------
    matrix : array, shape (regions, regions)
        Values, dimensionless, with ones on the diagonal.
    kind : {'aec', 'plv'}
        What was measured.
    """

    matrix: Any
    kind: str

    def __repr__(self) -> str:
        return f'targets.{self.kind}(<matrix of shape {shape_of(self.matrix)}>)'


@partial(jax.tree_util.register_dataclass, data_fields=['power'], meta_fields=['frequencies'])
@dataclass(frozen=True, eq=False)
class SpectrumTarget(Target):
    """Power spectra as target; build it with :func:`spectrum`.

    Parameters
    ----------
    power : array, shape (frequencies, regions) or (frequencies,)
        Power spectral density, in the unit of the prediction's.
    frequencies : tuple of float
        In Hz.
    """

    power: Any
    frequencies: tuple[float, ...]

    def __repr__(self) -> str:
        return (
            f'targets.spectrum(<power of shape {shape_of(self.power)}>,'
            f' {self.frequencies[0]:g} to {self.frequencies[-1]:g} Hz)'
        )


@partial(jax.tree_util.register_dataclass, data_fields=['targets'], meta_fields=[])
@dataclass(frozen=True, eq=False)
class PerTerm(Target):
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
    matrix = _square(matrix, who)
    check_correlation_matrix(matrix, who)
    return FCTarget(_frozen(matrix))


def aec(matrix: Series) -> MatrixTarget:
    """Use amplitude-envelope correlations as the target of ``aec_corr`` and ``aec_rmse``.

    Parameters
    ----------
    matrix : array, shape (regions, regions)
        Correlations between envelopes, dimensionless: symmetric, within [-1, 1]. The diagonal,
        which programs fill with ones or with zeros, is not read.

    Returns
    -------
    MatrixTarget
        The target, a pytree.

    Raises
    ------
    ValueError
        If the matrix is not square, not finite, not symmetric or holds values outside [-1, 1].
    TypeError
        If it carries a unit or is not real.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> import numpy as np
    >>> bf.objectives.targets.aec(np.array([[0.0, 0.2], [0.2, 0.0]]))
    targets.aec(<matrix of shape (2, 2)>)
    """
    return _matrix_target(matrix, 'aec')


def plv(matrix: Series) -> MatrixTarget:
    """Use phase-locking values as the target of ``plv_corr`` and ``plv_rmse``.

    Parameters
    ----------
    matrix : array, shape (regions, regions)
        Phase-locking values, dimensionless: symmetric, within [0, 1]. The diagonal is not read.

    Returns
    -------
    MatrixTarget
        The target, a pytree.

    Raises
    ------
    ValueError
        As :func:`aec`, or if a value is negative.
    TypeError
        As :func:`aec`.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> import numpy as np
    >>> bf.objectives.targets.plv(np.array([[1.0, 0.4], [0.4, 1.0]]))
    targets.plv(<matrix of shape (2, 2)>)
    """
    target = _matrix_target(matrix, 'plv')
    values = host_values(target.matrix)
    if values is not None and (values < 0).any():
        raise bad_value(
            'targets.plv',
            given='a matrix with ' + count_bad(values < 0, 'negative values'),
            expected='phase-locking values within [0, 1]',
            remedy='Take the modulus of the mean phasor.',
        )
    return target


def spectrum(power: Series, frequencies: u.Quantity) -> SpectrumTarget:
    """Use power spectra as the target of ``spectrum_corr`` and ``spectrum_rmse``.

    Parameters
    ----------
    power : array, shape (frequencies, regions) or (frequencies,)
        Power spectral density of each region, or averaged over them, as
        ``scipy.signal.welch(series, fs, nperseg=..., axis=0)`` returns it: not negative, finite.
    frequencies : frequency Quantity, shape (frequencies,)
        Where; increasing. The objective takes those that it compares.

    Returns
    -------
    SpectrumTarget
        The target, a pytree.

    Raises
    ------
    ValueError
        If shapes do not match, power is negative or not finite, or frequencies do not increase.
    TypeError
        If frequencies have no unit of frequency or are traced, or power is not real.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> import brainunit as u
    >>> import numpy as np
    >>> f = np.fft.rfftfreq(64, 0.72)
    >>> bf.objectives.targets.spectrum(1.0 / (0.1 + f), f * u.Hz)
    targets.spectrum(<power of shape (33,)>, 0 to 0.694444 Hz)
    """
    who = 'targets.spectrum'
    power = _real(u.get_magnitude(power), who, 'power')
    if not u.get_unit(frequencies).has_same_dim(u.Hz) or not is_concrete(frequencies):
        raise bad_type(
            who,
            given=f'frequencies in {u.get_unit(frequencies)}'
            + ('' if is_concrete(frequencies) else ', traced'),
            expected='concrete frequencies',
            remedy='Write for example frequencies * u.Hz.',
        )
    grid = np.asarray(frequencies.in_unit(u.Hz).mantissa, float)
    shape = shape_of(power)
    if grid.ndim != 1 or not grid.size or len(shape) not in (1, 2) or shape[:1] != grid.shape:
        raise bad_value(
            who,
            given=f'power of shape {shape} and frequencies of shape {grid.shape}',
            expected='(frequencies, regions) or (frequencies,), and (frequencies,)',
            remedy='Put frequencies first: power.T.',
        )
    if not np.isfinite(grid).all() or not (np.diff(grid) > 0).all():
        raise bad_value(
            who,
            given='frequencies that do not increase',
            expected='increasing, finite frequencies',
            remedy='Sort power and frequencies alike.',
        )
    check_finite(power, who, 'target')
    values = host_values(power)
    if values is not None and (values < 0).any():
        raise bad_value(
            who,
            given='power with ' + count_bad(values < 0, 'negative values'),
            expected='power spectral density, which is not negative',
            remedy='Undo decibels or a logarithm; the objective takes the logarithm itself.',
        )
    return SpectrumTarget(_frozen(power), tuple(float(f) for f in grid))


def fcd(
    values: Series,
    *,
    window: float | u.Quantity,
    step: float | u.Quantity,
    TR: u.Quantity | None = None,
    convention: str = 'brainmass',
    edges: bool = False,
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
    convention : {'brainmass', 'cubnm'}
        How many samples a window holds: ``window``, or one more, as in :func:`.fcd`.
    edges : bool
        Whether windows that the ends of the series cut short count, as in :func:`.fcd`.

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
    values = plain(values, who, 'values')
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
    size, stride = resolve(window, step, TR, convention, edges, who, ('window', 'step'))
    return FCDTarget(_frozen(values), window=size, step=stride, edges=bool(edges))


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


def plain(values: Any, who: str, name: str) -> Any:
    """Return real, dimensionless values without their wrapper."""
    unit = u.get_unit(values)
    if not unit.is_unitless:
        raise bad_type(
            who,
            given=f'{name} in {unit}',
            expected='correlations, which have no unit',
            remedy='If this is a time series, pass it to the objective as it is.',
        )
    return _real(u.get_magnitude(values), who, name)


def _real(values: Any, who: str, name: str) -> Any:
    """Return values that are real numbers, as an array."""
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


def _square(matrix: Any, who: str) -> Any:
    """Require a real, dimensionless, square matrix."""
    matrix = plain(matrix, who, 'matrix')
    shape = shape_of(matrix)
    if len(shape) != 2 or shape[0] != shape[1]:
        raise bad_value(
            who,
            given=f'an array of shape {shape}',
            expected='a square matrix (regions, regions)',
            remedy=f'A time series (time, regions) is passed to the objective as it is, without'
            f' {who}.',
        )
    return matrix


def _matrix_target(matrix: Any, kind: str) -> MatrixTarget:
    """Build the target of a measure between regions, with ones on the diagonal."""
    who = f'targets.{kind}'
    matrix = _square(matrix, who)
    xp: Any = jax.numpy if isinstance(matrix, jax.Array) else np
    matrix = xp.where(np.eye(len(matrix), dtype=bool), 1.0, matrix)
    check_correlation_matrix(matrix, who)
    return MatrixTarget(_frozen(matrix), kind)
