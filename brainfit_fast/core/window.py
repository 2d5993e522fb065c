"""How far back in time a gradient looks."""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Iterator
from typing import Any

import brainunit as u

from .errors import bad_value

__all__ = ['gradient_window', 'gradient_window_steps']

_window: contextvars.ContextVar[Any] = contextvars.ContextVar('gradient_window', default=None)


@contextlib.contextmanager
def gradient_window(window: Any) -> Iterator[None]:
    """Cut gradients through time inside a ``with`` block (truncated back-propagation through time).

    Runs are divided into windows. What a step owes to states and histories of an earlier window has no
    gradient; what it owes to parameters, weights and inputs has. Values do not change. Of a chaotic network,
    whose full gradient grows without bound, this leaves the part that is of use
    (R. J. Williams and J. Peng, Neural Computation 2, 490, 1990).

    Parameters
    ----------
    window : Quantity, int or None
        A time, or a number of steps; None cuts nothing.

    Raises
    ------
    ValueError
        If the window is not a time or a number of steps above zero.

    Notes
    -----
    Trajectories are stored, also those that a loss would stream otherwise. Samples taken every few steps
    lengthen the window to a multiple of that.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> import brainunit as u
    >>> with bf.gradient_window(100.0 * u.ms):
    ...     pass
    """
    token = _window.set(_checked(window))
    try:
        yield
    finally:
        _window.reset(token)


def gradient_window_steps(dt: Any) -> int:
    """The window in force, in steps of ``dt``; 0 where there is none."""
    window = _window.get()
    if not isinstance(window, u.Quantity):
        return window or 0
    if u.get_dim(window / dt) != u.DIMENSIONLESS:
        raise bad_value('gradient_window', given=str(window), expected=f'a time, as dt ({dt})')
    return max(1, round(float(u.get_magnitude(window / dt))))


def _checked(window: Any) -> Any:
    number = u.get_mantissa(window)
    whole = isinstance(window, u.Quantity) or (
        isinstance(window, int) and not isinstance(window, bool)
    )
    if window is not None and not (whole and float(number) > 0):
        raise bad_value(
            'gradient_window',
            given=repr(window),
            expected='a time, a number of steps above zero, or None',
        )
    return window
