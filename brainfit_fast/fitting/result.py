"""FitResult: what a fit found, and how to look at it again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import numpy as np

from ..core.errors import bad_value
from .outcome import Evaluations

__all__ = ['Evaluation', 'FitResult']


class Evaluation(NamedTuple):
    """Losses at the best parameters over fresh random keys.

    Attributes
    ----------
    mean, sd : float
        Their mean and standard deviation (``ddof=1``).
    losses : numpy.ndarray
        One per key.
    """

    mean: float
    sd: float
    losses: np.ndarray


class FitResult:
    """Outcome of :meth:`Fitter.fit`.

    Attributes
    ----------
    backend : str
        ``'grad'``, ``'nevergrad'`` or ``'scipy'``.
    best_loss : float
        Lowest loss over the run.
    best_params : dict
        Trainable parameters where that loss was evaluated, constrained, with units, by dotted path.
    best_key : key array or None
        The key of ``brainstate.random`` before that evaluation: with ``best_params`` it gives
        ``best_loss`` again.
    best_step : int
        Its step, generation or start.
    history : list of float
        Of ``'grad'`` the loss of each step, before the step's update; of ``'nevergrad'`` the loss of every
        candidate; of ``'scipy'`` the best loss.
    n_steps : int
        Steps, generations or starts that were run.
    optimizer : object
        The braintools optimizer; None for ``'scipy'``.
    model : brainstate.nn.Module
        The model, left at the best parameters.
    status : {'finished', 'stopped', 'diverged', 'interrupted'}
        How the fit ended.
    message : str or None
        Why it ended early.
    implementation : str
        What simulated the model inside the loss.
    fused : bool
        Whether simulations streamed the statistics that the loss is made of, so that no trajectory was
        stored.
    fusion : str
        What was streamed, or why nothing was.
    timings : dict
        Seconds: ``trace``, ``compile``, ``run``, and ``per_step``.
    raw : object or None
        What nevergrad or SciPy returned; None for ``'grad'``.
    evaluations : Evaluations or None
        Of a search: every loss with its parameters.
    seed : int or None
        Of a search: of what it drew.
    """

    def __init__(
        self,
        *,
        backend: str,
        best_loss: float,
        best_params: dict[str, Any],
        history: list[float],
        n_steps: int,
        prediction: Any = None,
        optimizer: Any = None,
        raw: Any = None,
        model: Any = None,
        best_key: Any = None,
        best_step: int | None = None,
        status: str = 'finished',
        message: str | None = None,
        implementation: str = '',
        fused: bool = False,
        fusion: str = '',
        timings: dict[str, float] | None = None,
        evaluations: Evaluations | None = None,
        grad_norms: np.ndarray | None = None,
        learning_rates: np.ndarray | None = None,
        seed: int | None = None,
        evaluate_at: Callable[[Any], Any] | None = None,
        predict_at_best: Callable[[], Any] | None = None,
    ):
        self.backend = backend
        self.best_loss = best_loss
        self.best_params = best_params
        self.history = history
        self.n_steps = n_steps
        self.optimizer = optimizer
        self.raw = raw
        self.model = model
        self.best_key = best_key
        self.best_step = best_step
        self.status = status
        self.message = message
        self.implementation = implementation
        self.fused = fused
        self.fusion = fusion
        self.timings = timings or {}
        self.evaluations = evaluations
        self.seed = seed
        self.grad_norms = grad_norms
        self.learning_rates = learning_rates
        self._prediction = prediction
        self._evaluate_at = evaluate_at
        self._predict_at_best = predict_at_best

    @property
    def prediction(self) -> Any:
        """The prediction (or the ``aux`` of a ``loss_fn``) at the best parameters and key.

        It is simulated on first access.
        """
        if self._prediction is None and self._predict_at_best is not None:
            self._prediction = self._predict_at_best()
        return self._prediction

    def loss_at(self, key: Any = None) -> float:
        """Evaluate the loss at the best parameters.

        Parameters
        ----------
        key : key array, optional
            Random key; None takes ``best_key``, which gives ``best_loss``.

        Returns
        -------
        float
        """
        if self._evaluate_at is None:
            raise bad_value(
                'loss_at', given='a result without its loss', expected='a result of Fitter.fit'
            )
        return float(self._evaluate_at(key))

    def evaluate(self, seeds: int = 10, seed: int = 0) -> Evaluation:
        """Evaluate the loss at the best parameters over fresh noise.

        Parameters
        ----------
        seeds : int
            Number of keys.
        seed : int
            They are split from this seed.

        Returns
        -------
        Evaluation
            Mean, standard deviation and the losses.

        Raises
        ------
        ValueError
            If ``seeds`` < 2.
        """
        if seeds < 2:
            raise bad_value(
                'seeds', given=seeds, expected='an integer >= 2, for a standard deviation'
            )
        keys = jax.random.split(jax.random.key(seed), seeds)
        losses = np.array([self.loss_at(key) for key in keys])
        return Evaluation(float(losses.mean()), float(losses.std(ddof=1)), losses)

    def __repr__(self) -> str:
        names = ', '.join(self.best_params)
        early = '' if self.status == 'finished' else f', status={self.status!r}'
        return (
            f'FitResult(backend={self.backend!r}, best_loss={self.best_loss:.6g}, '
            f'n_steps={self.n_steps}{early}, params=[{names}])'
        )
