"""What a backend's run leaves behind, whichever it was."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import jax
import numpy as np

__all__ = ['INTERRUPTED', 'Evaluations', 'Outcome', 'Runs']

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


@dataclass(frozen=True)
class Runs:
    """What became of runs that advanced together; values have an axis of runs in front.

    Attributes
    ----------
    starts, best_weights : mapping
        Trainable values by path: at the first step, and where each run's lowest loss was evaluated.
    best_carried : tuple
        Carried states with which that was.
    best_losses, best_steps : numpy.ndarray
        That loss, and its step.
    counts : numpy.ndarray
        Steps of each.
    history : numpy.ndarray
        ``(runs, steps)``; NaN after the end of a run.
    grad_norms, learning_rates : numpy.ndarray
        As ``history``.
    statuses, messages : tuple
        As :attr:`Outcome.status` and :attr:`Outcome.message`.
    """

    starts: Any
    best_weights: Any
    best_carried: tuple[Any, ...]
    best_losses: np.ndarray
    best_steps: np.ndarray
    counts: np.ndarray
    history: np.ndarray
    grad_norms: np.ndarray
    learning_rates: np.ndarray
    statuses: tuple[str, ...]
    messages: tuple[str | None, ...]


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
    runs : Runs or None
        Of runs that advanced together; the rest is that of the best.
    grad_norms, learning_rates : numpy.ndarray or None
        Of each step of gradient descent.
    memory : int or None
        Bytes that the compiled program takes beside its inputs and outputs.
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
    runs: Runs | None = None
    grad_norms: np.ndarray | None = None
    learning_rates: np.ndarray | None = None
    memory: int | None = None

    def of_run(self, r: int) -> Outcome:
        """One of the runs as a fit of its own, which took its share of the time."""
        runs = self.runs
        assert runs is not None
        n, step = len(runs.statuses), int(runs.best_steps[r])
        count = int(runs.counts[r])
        return dataclasses.replace(
            self,
            history=[float(x) for x in runs.history[r][:count]],
            n_steps=count,
            best_loss=float(runs.best_losses[r]),
            best_step=None if step < 0 else step,
            best_weights=jax.tree.map(lambda leaf: leaf[r], runs.best_weights),
            best_carried=jax.tree.map(lambda leaf: leaf[r], runs.best_carried),
            message=runs.messages[r],
            status=runs.statuses[r],
            compile_seconds=self.compile_seconds / n,
            run_seconds=self.run_seconds / n,
            runs=None,
            grad_norms=runs.grad_norms[r][:count],
            learning_rates=runs.learning_rates[r][:count],
        )

    def followed_by(self, later: Outcome) -> Outcome:
        """This search and the descent from its best points as one."""
        better = later.best_step is not None and later.best_loss < self.best_loss
        best, shift = (later, self.n_steps) if better else (self, 0)
        assert best.best_step is not None
        return dataclasses.replace(
            self,
            history=self.history + later.history,
            n_steps=self.n_steps + later.n_steps,
            best_loss=best.best_loss,
            best_step=best.best_step + shift,
            best_weights=best.best_weights,
            best_carried=best.best_carried,
            message=later.message,
            status=later.status,
            compile_seconds=self.compile_seconds + later.compile_seconds,
            run_seconds=self.run_seconds + later.run_seconds,
            runs=later.runs,
            grad_norms=later.grad_norms,
            learning_rates=later.learning_rates,
            memory=later.memory,
        )
