"""Telling users that something runs, but not as fast as it should."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from contextvars import ContextVar

from .place import calling_place

__all__ = ['FallbackWarning', 'told_otherwise', 'warn_fallback']


class FallbackWarning(UserWarning):
    """Something does not run as fast as it should; the message says what, where and why.

    Given once for each line of the user's code and reason: where the fastest implementation that this device is
    meant for cannot serve, where a model is stepped in Python, and where a patched call of brainmass runs on
    brainmass (see :func:`patch`).

    Examples
    --------
    >>> import warnings
    >>> import brainfit_fast as bf
    >>> warnings.simplefilter('error', bf.FallbackWarning)  # to make it an error
    >>> warnings.simplefilter('default', bf.FallbackWarning)
    """


_told_otherwise: ContextVar[bool] = ContextVar('brainfit_fast_told_otherwise', default=False)
#: What was said, by file: the keys of ``warnings`` name lines alone.
_given: dict[str, dict[str | tuple[str, type[Warning], int], int]] = {}


@contextlib.contextmanager
def told_otherwise() -> Iterator[None]:
    """Give no warning inside: the caller tells the user."""
    token = _told_otherwise.set(True)
    try:
        yield
    finally:
        _told_otherwise.reset(token)


def warn_fallback(message: str) -> None:
    """Warn at the user's line.

    Parameters
    ----------
    message : str
        What, why, and how to mend it.
    """
    if not _told_otherwise.get():
        place = calling_place()
        said = _given.setdefault(place.filename, {})
        warnings.warn_explicit(message, FallbackWarning, *place, registry=said)
