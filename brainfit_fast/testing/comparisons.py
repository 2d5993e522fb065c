"""Comparison of arrays with a tolerance that follows from precision and length of sums."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

__all__ = ['assert_close', 'tolerance']

_DOUBLE = 1e-10
# Units in the last place that one rounded operation may add to a sum, with room for the
# handful of operations around it.
_ULPS = 8


def tolerance(dtype: DTypeLike, length: int) -> float:
    """Largest error, relative to the largest value, that rounding explains.

    Parameters
    ----------
    dtype : dtype
        Precision of the computation.
    length : int
        Number of terms in its sums: rounding errors add up as a random walk.

    Returns
    -------
    float
        1e-10 in float64; eight units in the last place times the square root of ``length``
        in lower precisions.

    Examples
    --------
    >>> from brainfit_fast.testing import tolerance
    >>> tolerance('float64', 100)
    1e-10
    >>> tolerance('float32', 100) < 1e-5
    True
    """
    if np.dtype(dtype) == np.float64:
        return _DOUBLE
    return _ULPS * float(np.finfo(dtype).eps) * math.sqrt(length)


def assert_close(
    actual: ArrayLike, expected: ArrayLike, *, length: int, scale: float | None = None
) -> None:
    """Raise unless two arrays of one dtype and shape agree to rounding.

    Parameters
    ----------
    actual, expected : array_like
        Same shape and dtype; NaN agrees with nothing.
    length : int
        Number of terms in the sums behind each element.
    scale : float, optional
        What errors are relative to; by default the largest expected magnitude.

    Raises
    ------
    AssertionError
        With the largest error, where it is, and the tolerance.

    Examples
    --------
    >>> import numpy as np
    >>> from brainfit_fast.testing import assert_close
    >>> assert_close(np.ones(3, np.float32), np.ones(3, np.float32), length=1)
    """
    a, b = np.asarray(actual), np.asarray(expected)
    if a.shape != b.shape or a.dtype != b.dtype:
        raise AssertionError(f'{a.dtype}{a.shape} cannot equal {b.dtype}{b.shape}')
    if a.size == 0:
        raise AssertionError('nothing to compare: the arrays are empty')
    for name, values in (('actual', a), ('expected', b)):
        if not np.all(np.isfinite(values)):
            where = tuple(int(i) for i in np.argwhere(~np.isfinite(values))[0])
            raise AssertionError(f'{name} is not finite, first at {where}')
    scale = float(np.max(np.abs(b))) if scale is None else scale
    allowed = tolerance(a.dtype, length) * scale
    error = np.abs(a - b)
    worst = tuple(int(i) for i in np.unravel_index(np.argmax(error), error.shape))
    if error[worst] > allowed:
        raise AssertionError(
            f'largest error {error[worst]:.3e} at {worst} ({a[worst]!r} against {b[worst]!r}) '
            f'exceeds {allowed:.3e} = tolerance({a.dtype}, {length}) x {scale:.3e}'
        )
