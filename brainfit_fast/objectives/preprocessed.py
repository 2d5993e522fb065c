"""An objective after preprocessing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import jax

from brainfit_fast.core.errors import bad_type, bad_value

from ._checks import check_finite, once, shape_of
from .base import Objective
from .targets import PerTerm, Target

__all__ = ['Preprocessed', 'preprocessed']


@partial(jax.tree_util.register_dataclass, data_fields=['target'], meta_fields=[])
@dataclass(frozen=True, eq=False)
class ProcessedTarget(Target):
    """A target that has been preprocessed already."""

    target: Any


@dataclass(frozen=True)
class Preprocessed(Objective):
    """An objective of preprocessed series; see :func:`preprocessed`."""

    objective: Callable[[Any, Any], Any]
    steps: tuple[Callable[[Any], Any], ...]
    target_too: bool = False
    equation: ClassVar[str] = ''  # the steps and the objective keep their own names

    def __post_init__(self) -> None:
        for what, one in (('objective', self.objective), *(('step', s) for s in self.steps)):
            if not callable(one):
                raise bad_type(
                    'preprocessed',
                    given=f'{one!r} as {what}',
                    expected='a callable',
                    remedy='Write for example preprocessed(fc_corr(), zscore()).',
                )
        if not self.steps:
            raise bad_value(
                'preprocessed',
                given='no step',
                expected='at least one',
                remedy='Pass for example bandpass(0.01 * u.Hz, 0.1 * u.Hz, TR=0.72 * u.second).',
            )

    def __call__(self, prediction: Any, target: Any = None) -> jax.Array:
        """Evaluate on the preprocessed prediction."""
        return self.objective(self._apply(prediction), self._target(target))

    def prepare(self, target: Any) -> ProcessedTarget:
        """Preprocess a target where that is asked for, and prepare it for the objective."""
        own = self._target(target)
        if isinstance(self.objective, Objective):
            own = self.objective.prepare(own)
        return ProcessedTarget(own)

    def _apply(self, series: Any) -> Any:
        for step in self.steps:
            series = step(series)
        return series

    def _target(self, target: Any) -> Any:
        if isinstance(target, ProcessedTarget):
            return target.target
        if not self.target_too:
            return target
        if isinstance(target, PerTerm):
            return PerTerm(tuple(self._target(own) for own in target.targets))
        # What is not a series has been computed from one, with whatever was done to that.
        if target is None or isinstance(target, Target) or len(shape_of(target)) != 2:
            return target
        check_finite(target, 'preprocessed', 'target')
        return once(self._apply, target)


def preprocessed(
    objective: Callable[[Any, Any], Any],
    *steps: Callable[[Any], Any],
    target_too: bool = False,
) -> Preprocessed:
    r"""Preprocess the prediction, then evaluate an objective.

    .. math:: \mathrm{objective}\bigl((s_n \circ \dots \circ s_1)(y),\; \hat y\bigr)

    Parameters
    ----------
    objective : callable
        An objective, ``combine(...)`` included.
    *steps : callable
        :func:`bandpass`, :func:`detrend`, :func:`zscore`, :func:`global_signal_regression` or any
        ``callable(series) -> series``, in the order in which they are applied.
    target_too : bool
        Apply the steps to the target as well, where that is a series. Without it a series is
        taken to have been preprocessed like the data that it comes from. Targets that are no
        series (``targets.fc`` and the like, numbers) stay as they are.

    Returns
    -------
    Preprocessed
        ``objective(prediction, target) -> scalar``.

    Raises
    ------
    ValueError
        If there is no step.
    TypeError
        If the objective or a step cannot be called.

    Notes
    -----
    Under ``jax.jit`` equal steps of several terms of ``combine`` are computed once.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> import brainunit as u
    >>> import numpy as np
    >>> o = bf.objectives
    >>> band = o.bandpass(0.01 * u.Hz, 0.1 * u.Hz, TR=0.72 * u.second)
    >>> loss = o.preprocessed(o.fc_corr(as_loss=True), band, o.zscore(), target_too=True)
    >>> x = np.random.default_rng(0).standard_normal((200, 5))
    >>> bool(abs(loss(x, x)) < 1e-5)
    True
    """
    return Preprocessed(objective, steps, bool(target_too))
