"""What goes on beside a fit: progress, callbacks, checkpoints."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..callbacks import Checkpoint
from .progress import Progress

__all__ = ['Steps', 'Watcher']


class Steps(NamedTuple):
    """Steps, generations or starts that have just been run.

    Attributes
    ----------
    first : int
        Number of the first.
    losses : list of float
        Loss of each: of a generation its lowest, of several runs the lowest.
    best_loss : float
        Lowest so far.
    grad_norms, learning_rates : list of float or None
        Of gradient descent, for each step.
    """

    first: int
    losses: list[float]
    best_loss: float
    grad_norms: list[float] | None = None
    learning_rates: list[float] | None = None


class Watcher:
    """Called at each round-trip of a fit.

    Parameters
    ----------
    progress : Progress
    callbacks : sequence of callable
        :class:`Checkpoint` among them.
    model : object
        Handed to callbacks.

    Attributes
    ----------
    every_step : bool
        Whether each step needs a round-trip.
    after : int
        Steps of an earlier stage of the fit.
    write : callable
        ``write(path)`` saves the fit as it stands.
    """

    def __init__(
        self,
        progress: Progress,
        callbacks: Sequence[Callable[[dict[str, Any]], Any]],
        model: Any,
    ):
        self.progress, self.model = progress, model
        self.checkpoints: list[Any] = [c for c in callbacks if isinstance(c, Checkpoint)]
        self.callbacks = [c for c in callbacks if not isinstance(c, Checkpoint)]
        self.every_step = any(getattr(c, 'every_step', True) for c in callbacks)
        self._started = time.perf_counter()
        self.after = 0
        self.write: Callable[[Any], None] = _nothing
        self._next, self._best = 0, float('inf')

    def __call__(self, steps: Steps) -> bool:
        """Report; True where a callback asks for the end."""
        if not steps.losses:
            return False
        self.found(steps.best_loss)
        steps = steps._replace(first=self.after + steps.first, best_loss=self._best)
        self.progress.show(steps.first, steps.losses, steps.best_loss)
        self._next = steps.first + len(steps.losses)
        info = {
            'step': self._next - 1,
            'loss': steps.losses[-1],
            'best_loss': steps.best_loss,
            'model': self.model,
            'grad_norm': steps.grad_norms[-1] if steps.grad_norms else None,
            'learning_rate': steps.learning_rates[-1] if steps.learning_rates else None,
            'elapsed': time.perf_counter() - self._started,
            'steps': steps,
        }
        # every callback is called, also after one that stops
        stops = [_is_true(callback(info)) for callback in self.callbacks]
        return any(stops)

    def found(self, loss: float) -> None:
        """Take the lowest loss of an earlier stage of the fit."""
        self._best = min(self._best, loss)

    def save(self, last: bool) -> None:
        """Write the checkpoints that are due; all of them where the fit ends."""
        for checkpoint in self.checkpoints:
            if last or checkpoint.due(self._next):
                checkpoint.save(self.write)


def _is_true(answer: Any) -> bool:
    """Also of what a comparison of arrays gives."""
    return answer is True or (
        getattr(answer, 'dtype', None) == np.dtype(bool) and answer.ndim == 0 and bool(answer)
    )


def _nothing(path: Any) -> None:
    """Before a backend has begun there is nothing to save."""
