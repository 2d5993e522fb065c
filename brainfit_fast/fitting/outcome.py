"""What a backend's run leaves behind, whichever it was."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

__all__ = ['INTERRUPTED', 'Evaluations', 'Outcome']

#: Status and message of a run that Ctrl-C ended.
INTERRUPTED = ('interrupted', 'interrupted from the keyboard')


class Evaluations(NamedTuple):
    """Every point that a search evaluated, in order.

    Attributes
    ----------
    losses : numpy.ndarray
        Loss of each point; NaN where its trajectory was not finite.
    params : dict
        By name: values ``(n, ...)``, constrained, with units.
    steps : numpy.ndarray
        Generation, or start, that each point belongs to.
    """

    losses: np.ndarray
    params: dict[str, Any]
    steps: np.ndarray


@dataclass
class Outcome:
    """Outcome of a run.

    Attributes
    ----------
    history : list of float
        Of gradient descent the loss of each step, before its update; of a population the loss of every
        candidate; of SciPy the best loss.
    n_steps : int
        Steps, generations or starts that were run.
    best_loss : float
        Lowest finite loss.
    best_step : int or None
        Its step; None where no loss was finite.
    best_weights : dict
        Trainable values there, before an update.
    best_carried : tuple
        Carried states (random key included) with which that loss was evaluated.
    message : str or None
        Why the fit ended early, for a person.
    status : str
        ``'finished'``, ``'stopped'`` (by a callback), ``'diverged'`` or ``'interrupted'``.
    compile_seconds, run_seconds : float
        Time until the first step was compiled, and of all steps.
    evaluations : Evaluations or None
        Of a search.
    raw : object or None
        What the library behind the backend returned.
    """

    history: list[float] = field(default_factory=list)
    n_steps: int = 0
    best_loss: float = float('inf')
    best_step: int | None = None
    best_weights: dict[Any, Any] = field(default_factory=dict)
    best_carried: tuple[Any, ...] = ()
    message: str | None = None
    status: str = 'finished'
    compile_seconds: float = 0.0
    run_seconds: float = 0.0
    evaluations: Evaluations | None = None
    raw: Any = None
