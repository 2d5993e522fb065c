"""Search by a population: nevergrad proposes generations, each evaluated as one batch."""

from __future__ import annotations

import warnings
from typing import Any

import braintools
import jax.numpy as jnp
import numpy as np

from ..core.errors import bad_value, check_choice
from ..core.optional import library
from .outcome import INTERRUPTED, Outcome
from .points import Points
from .space import Space
from .watching import Watcher

__all__ = ['search', 'settings']

_OPTIONS = (
    'method', 'n_sample', 'seed', 'budget', 'num_workers', 'method_params', 'use_nevergrad_recommendation'
)  # fmt: skip


def settings(options: dict[str, Any], seed: int | None, bounds: dict[str, Any]) -> dict[str, Any]:
    """Options of :class:`braintools.optim.NevergradOptimizer`, checked and complete.

    Parameters
    ----------
    options : dict
        ``method`` (``'DE'``), ``n_sample`` (8), ``seed``, ...
    seed : int or None
        Of the proposals, where the options have none. None draws it from ``numpy.random``, as nevergrad does:
        after ``numpy.random.seed`` the proposals are those of brainmass.
    bounds : dict
        The box.

    Raises
    ------
    ImportError
        If nevergrad is not installed.
    ValueError
        For an unknown option or method, or ``n_sample`` < 1.
    """
    nevergrad = library('nevergrad', extra='search', needed_by="backend='nevergrad'")
    options = {'method': 'DE', 'n_sample': 8, **options}
    for name in options:
        check_choice('option of nevergrad', name, _OPTIONS)
    check_choice('method of nevergrad', options['method'], sorted(nevergrad.optimizers.registry))
    if int(options['n_sample']) < 1:
        raise bad_value('n_sample', given=options['n_sample'], expected='an integer >= 1')
    options['n_sample'] = int(options['n_sample'])
    if options.get('seed') is None:
        if seed is None:
            # nevergrad draws for each parameter before it draws its seed
            braintools.optim.NevergradOptimizer(_no_loss, bounds, **options)
            seed = int(np.random.randint(2**32, dtype=np.uint32))
        options['seed'] = seed
    return options


def _no_loss(**values: Any) -> Any:
    raise AssertionError('evaluated before the search')


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

    space = points.space
    optimizer = braintools.optim.NevergradOptimizer(
        lambda **values: points.evaluate(space.with_units(values)), space.bounds, **options
    )
    _initialize(optimizer, n_steps)
    status, message = 'finished', None
    try:
        while points.step < n_steps and status == 'finished':
            losses = _generation(optimizer, points)
            lowest = float(np.nanmin(losses)) if np.isfinite(losses).any() else float('nan')
            if points.report(watcher, lowest, n_steps):
                status = 'stopped'
    except KeyboardInterrupt:
        status, message = INTERRUPTED
        watcher.save(True)
    outcome = points.outcome(points.step, _chosen(optimizer, space), status, message)
    assert outcome.evaluations is not None
    outcome.history = [float(loss) for loss in outcome.evaluations.losses]
    return outcome, optimizer


def _initialize(optimizer: Any, n_steps: int) -> None:
    """Start the nevergrad optimizer, on one vector where that proposes the same."""
    from .proposals import Vector, fits  # which imports nevergrad

    count = n_steps * optimizer.n_sample
    if optimizer.budget is not None and count > optimizer.budget:
        warnings.warn(
            f'{count} evaluations (n_steps * n_sample) are more than the budget={optimizer.budget} that '
            'nevergrad plans with; they are made all the same.',
            RuntimeWarning,
            stacklevel=5,
        )
    given = optimizer.parametrization
    if fits(optimizer.method, optimizer.bounds):
        optimizer.parametrization = Vector(optimizer.bounds)
    optimizer.initialize()
    # minimize() of the optimizer, should anybody call it later, knows its own only
    optimizer.parametrization = given


def _generation(optimizer: Any, points: Points) -> np.ndarray:
    """Propose candidates, evaluate them as one batch, and tell their losses."""
    candidates = [optimizer.optimizer.ask() for _ in range(optimizer.n_sample)]
    values = [candidate.value for candidate in candidates]
    dtype = jnp.result_type(float)
    batch = {name: np.array([v[name] for v in values], dtype) for name in points.space.bounds}
    losses = points.evaluate(points.space.with_units(batch))
    for candidate, loss in zip(candidates, losses, strict=True):
        optimizer.optimizer.tell(candidate, loss)
    optimizer.candidates.extend(values)
    earlier = [] if optimizer.errors is None else [optimizer.errors]
    optimizer.errors = np.concatenate([*earlier, losses])
    return losses


def _chosen(optimizer: Any, space: Space) -> dict[str, Any] | None:
    """The candidate with the lowest loss; nevergrad's recommendation where asked for, or none was finite."""
    if optimizer.errors is None:
        return None
    if optimizer.use_nevergrad_recommendation or np.isnan(optimizer.errors).all():
        return space.with_units(optimizer.optimizer.provide_recommendation().value)
    return space.with_units(optimizer.candidates[int(np.nanargmin(optimizer.errors))])
