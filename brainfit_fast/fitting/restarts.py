"""What each start of a fit from several points found."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

__all__ = ['Restarts']


class Restarts(NamedTuple):
    """The starts of a fit, one per entry of the first axis.

    Attributes
    ----------
    best_losses : numpy.ndarray
        ``(R,)`` lowest loss of each; infinite where none was finite.
    best_steps : numpy.ndarray
        ``(R,)`` its step; -1 where none was finite.
    starts, best_params : dict
        By name: values ``(R, ...)`` at the start and at the lowest loss, constrained, with units.
    history : numpy.ndarray
        ``(R, n_steps)`` losses; NaN after the end of one that ended early.
    statuses : tuple of str
        How each ended.
    """

    best_losses: np.ndarray
    best_steps: np.ndarray
    starts: dict[str, Any]
    best_params: dict[str, Any]
    history: np.ndarray
    statuses: tuple[str, ...]
