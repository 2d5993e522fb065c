"""Local search from drawn starts by a method of SciPy, on compiled values and gradients."""

from __future__ import annotations

from typing import Any

import brainstate
import jax.numpy as jnp
import numpy as np

from ..core.errors import check_choice
from ..core.optional import library
from .outcome import INTERRUPTED, Outcome
from .points import Points
from .space import Space
from .watching import Watcher

__all__ = ['search', 'settings']

#: Methods that take no gradient.
_GRADIENT_FREE = ('nelder-mead', 'powell', 'cobyla', 'cobyqa')

_OPTIONS = ('method', 'tol', 'options', 'constraints', 'callback')


def settings(options: dict[str, Any], seed: int | None, bounds: dict[str, Any]) -> dict[str, Any]:
    """Options of :func:`scipy.optimize.minimize`, checked, and the seed of the starts.

    Parameters
    ----------
    options : dict
        ``method``, ``tol``, ``options``, ``constraints``, ``callback``.
    seed : int or None
        None draws it from ``numpy.random``.
    bounds : dict
        The box.

    Raises
    ------
    ImportError
        If SciPy is not installed.
    ValueError
        For an unknown option.
    """
    _optimize()
    for name in options:
        check_choice('option of scipy', name, _OPTIONS)
    return {**options, 'seed': int(np.random.randint(2**31)) if seed is None else seed}


def _optimize() -> Any:
    return library('scipy.optimize', extra='search', needed_by="backend='scipy'")


class _Vector:
    """Constrained values as one vector, the names in alphabetical order, and back."""

    def __init__(self, space: Space):
        self.space, self.names = space, sorted(space.bounds)
        self.low, self.high = (
            {name: np.asarray(space.bounds[name][end], float) for name in self.names}
            for end in (0, 1)
        )
        self.sizes = [self.low[name].size for name in self.names]

    def bounds(self) -> list[tuple[float, float]]:
        """One pair for each number."""
        return list(zip(self._flat(self.low), self._flat(self.high), strict=True))

    def _flat(self, values: dict[str, np.ndarray]) -> list[float]:
        return [float(x) for name in self.names for x in values[name].ravel()]

    def drawn(self, random: np.random.RandomState) -> np.ndarray:
        """A start, uniform between the bounds."""
        dtype = brainstate.environ.dftype()
        drawn = {name: random.uniform(self.low[name], self.high[name]) for name in self.names}
        return np.array(self._flat({k: np.asarray(x, dtype) for k, x in drawn.items()}))

    def values(self, x: Any) -> dict[str, Any]:
        """By name, with units and an axis in front, of length 1."""
        parts = jnp.split(jnp.asarray(x, brainstate.environ.dftype()), np.cumsum(self.sizes)[:-1])
        shaped = {
            name: part.reshape(1, *self.low[name].shape)
            for name, part in zip(self.names, parts, strict=True)
        }
        return self.space.with_units(shaped)


def search(
    points: Points,
    options: dict[str, Any],
    n_steps: int,
    watcher: Watcher,
) -> tuple[Outcome, None]:
    """Run a method from several starts.

    Parameters
    ----------
    points : Points
    options : dict
        From :func:`settings`.
    n_steps : int
        Starts.
    watcher : Watcher
        Called after each start.

    Returns
    -------
    outcome : Outcome
        Its history has the best loss.
    optimizer : None
        SciPy has no such object.
    """
    options = dict(options)
    vector, random = _Vector(points.space), np.random.RandomState(options.pop('seed'))
    optimize, method = _optimize(), options.get('method')
    free = isinstance(method, str) and method.lower() in _GRADIENT_FREE

    def value(x: np.ndarray) -> float:
        loss = float(points.evaluate(vector.values(x))[0])
        watcher.save(False)
        return loss

    def value_and_slope(x: np.ndarray) -> tuple[float, np.ndarray]:
        loss, slope = points.value_and_slope(vector.values(x))
        watcher.save(False)
        return loss, slope

    best, status, message = None, 'finished', None
    try:
        while points.step < n_steps and status == 'finished':
            found = optimize.minimize(
                value if free else value_and_slope, vector.drawn(random), jac=not free,
                bounds=vector.bounds(), **options,
            )  # fmt: skip
            if best is None or np.isnan(best.fun) or found.fun < best.fun:
                best = found
            if points.report(watcher, float(found.fun), n_steps):
                status = 'stopped'
    except KeyboardInterrupt:
        status, message = INTERRUPTED
        watcher.save(True)
    if best is not None:
        best.x = {name: value[0] for name, value in vector.values(best.x).items()}
    outcome = points.outcome(points.step, best, status, message)
    outcome.history = [outcome.best_loss]
    return outcome, None
