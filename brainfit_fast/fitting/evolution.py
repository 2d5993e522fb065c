"""Search by a population: nevergrad proposes generations, each evaluated as one batch."""

from __future__ import annotations

from typing import Any

import braintools
import numpy as np

from ..core.errors import bad_value, check_choice
from ..core.optional import library
from .outcome import INTERRUPTED, Outcome
from .points import Points
from .watching import Steps, Watcher

__all__ = ['search', 'settings']

_OPTIONS = (
    'method', 'n_sample', 'seed', 'budget', 'num_workers', 'method_params', 'use_nevergrad_recommendation'
)  # fmt: skip


class _StopSearch(Exception):
    """A callback asked for the end."""


def settings(options: dict[str, Any], seed: int) -> dict[str, Any]:
    """Options of :class:`braintools.optim.NevergradOptimizer`, checked and complete.

    Parameters
    ----------
    options : dict
        ``method`` (``'DE'``), ``n_sample`` (8), ``seed``, ...
    seed : int
        Of the proposals, where the options have none.

    Raises
    ------
    ImportError
        If nevergrad is not installed.
    ValueError
        For an unknown option or method, or ``n_sample`` < 1.
    """
    nevergrad = library('nevergrad', extra='search', needed_by="backend='nevergrad'")
    options = {'method': 'DE', 'n_sample': 8, 'seed': seed, **options}
    for name in options:
        check_choice('option of nevergrad', name, _OPTIONS)
    check_choice('method of nevergrad', options['method'], sorted(nevergrad.optimizers.registry))
    if int(options['n_sample']) < 1:
        raise bad_value('n_sample', given=options['n_sample'], expected='an integer >= 1')
    return {**options, 'n_sample': int(options['n_sample'])}


def search(
    points: Points,
    options: dict[str, Any],
    n_steps: int,
    watcher: Watcher,
) -> tuple[Outcome, Any]:
    """Run generations of a nevergrad optimizer.

    Parameters
    ----------
    points : Points
    options : dict
        From :func:`settings`.
    n_steps : int
        Generations.
    watcher : Watcher
        Called after each generation.

    Returns
    -------
    outcome : Outcome
        Its history has the loss of every candidate.
    optimizer : braintools.optim.NevergradOptimizer
    """

    def losses(**values: Any) -> np.ndarray:
        found = points.evaluate(points.space.with_units(values))
        first, points.step = points.step, points.step + 1
        if first < points.reported:
            return found
        points.publish()
        lowest = float(np.nanmin(found)) if np.isfinite(found).any() else float('nan')
        stop = watcher(Steps(first, [lowest], points.best_loss))
        points.reported = points.step
        watcher.save(stop or points.step == n_steps)
        if stop:
            raise _StopSearch
        return found

    optimizer = braintools.optim.NevergradOptimizer(losses, points.space.bounds, **options)
    raw, status, message = None, 'finished', None
    try:
        raw = points.space.with_units(optimizer.minimize(n_iter=n_steps, verbose=False))
    except _StopSearch:
        status = 'stopped'
    except KeyboardInterrupt:
        status, message = INTERRUPTED
        watcher.save(True)
    outcome = points.outcome(points.step, raw, status, message)
    assert outcome.evaluations is not None
    outcome.history = [float(loss) for loss in outcome.evaluations.losses]
    return outcome, optimizer
