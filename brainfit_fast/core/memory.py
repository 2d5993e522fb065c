"""How much memory a gradient may take for speed."""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Iterator

from .errors import bad_value

__all__ = ['gradient_memory', 'gradient_memory_limit']

_limit: contextvars.ContextVar[int | None] = contextvars.ContextVar('gradient_memory', default=None)


@contextlib.contextmanager
def gradient_memory(limit: int) -> Iterator[None]:
    """Let gradients inside a ``with`` block keep whole trajectories, up to ``limit`` bytes each.

    A gradient of a long run keeps about the square root of the trajectory and runs the rest again. Where
    the native CPU kernels serve few candidates whose trajectories fit into ``limit``, these are kept
    instead, which saves the second run. Without this block the limit is 4 MiB for all that one step of a
    :class:`~brainfit_fast.Fitter` evaluates, and 0 elsewhere, where a ``jax.vmap`` may multiply it.

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


def gradient_memory_limit(default: int = 0) -> int:
    """Bytes that a gradient may keep at present; ``default`` outside ``gradient_memory``."""
    limit = _limit.get()
    return default if limit is None else limit
