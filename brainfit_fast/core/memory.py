"""How much memory a gradient may take for speed."""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Iterator

from .errors import bad_value

__all__ = ['gradient_memory', 'gradient_memory_limit']

_limit: contextvars.ContextVar[int] = contextvars.ContextVar('gradient_memory', default=0)


@contextlib.contextmanager
def gradient_memory(limit: int) -> Iterator[None]:
    """Let gradients inside a ``with`` block keep whole trajectories, up to ``limit`` bytes each.

    A gradient normally keeps about the square root of the trajectory and runs the rest again. Where the
    native CPU kernels serve and the trajectory of all candidates fits into ``limit``, it is kept instead;
    where it does not fit, nothing changes.

    Parameters
    ----------
    limit : int
        Bytes, at least 0.

    Raises
    ------
    ValueError
        If ``limit`` is negative or no whole number.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> with bf.gradient_memory(2**30):  # fit inside this block
    ...     pass
    """
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 0:
        raise bad_value(
            'gradient_memory', given=repr(limit), expected='a whole number of bytes, at least 0'
        )
    token = _limit.set(limit)
    try:
        yield
    finally:
        _limit.reset(token)


def gradient_memory_limit() -> int:
    """Bytes that a gradient may keep at present."""
    return _limit.get()
