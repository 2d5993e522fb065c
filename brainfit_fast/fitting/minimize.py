"""Local search from drawn starts by a method of SciPy, on compiled values and gradients."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import brainstate
import jax.numpy as jnp
import numpy as np

from ..core.errors import check_choice
from .outcome import Outcome
from .points import Points
from .space import Space

__all__ = ['minimize', 'settings']

#: Methods that take no gradient.
_GRADIENT_FREE = ('nelder-mead', 'powell', 'cobyla', 'cobyqa')


_OPTIONS = ('method', 'tol', 'options', 'constraints', 'callback')


def settings(options: dict[str, Any]) -> dict[str, Any]:
    """Options of :func:`scipy.optimize.minimize`, checked.

    Raises
    ------
    ImportError
        If SciPy is not installed.
    ValueError
        For an unknown option.
    """
    try:
        import scipy.optimize  # noqa: F401
    except ImportError as error:
        raise ImportError(
            "backend='scipy' needs scipy, which is not installed. Install it with: "
            'pip install "brainfit_fast[search]"'
        ) from error
    for name in options:
        check_choice('option of scipy', name, _OPTIONS)
    return options


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


def minimize(
    points: Points,
    options: dict[str, Any],
    n_steps: int,
    seed: int,
    on_steps: Callable[[int, list[float], float], bool],
) -> Outcome:
    """Run a method from several starts.

    Parameters
    ----------
    points : Points
    options : dict
        From :func:`settings`.
    n_steps : int
        Starts.
    seed : int
        Of the starts.
    on_steps : callable
        ``on_steps(start, [its lowest loss], best_loss) -> stop``, after each start.

    Returns
    -------
    Outcome
    """
    from scipy import optimize

    vector, random = _Vector(points.space), np.random.RandomState(seed)
    method = options.get('method')
    free = isinstance(method, str) and method.lower() in _GRADIENT_FREE

    def value(x: np.ndarray) -> float:
        return float(points.evaluate(vector.values(x))[0])

    def value_and_slope(x: np.ndarray) -> tuple[float, np.ndarray]:
        loss, slope = points.value_and_slope(vector.values(x))
        return loss, np.concatenate([slope[name].ravel() for name in vector.names]).astype(float)

    best, count, status, message = None, 0, 'finished', None
    started = time.perf_counter()
    try:
        for step in range(n_steps):
            points.step = step
            found = optimize.minimize(
                value if free else value_and_slope, vector.drawn(random), jac=not free,
                bounds=vector.bounds(), **options,
            )  # fmt: skip
            if best is None or found.fun < best.fun:
                best = found
            count = step + 1
            points.publish()
            if on_steps(step, [float(found.fun)], points.best_loss):
                status = 'stopped'
                break
    except KeyboardInterrupt:
        status, message = 'interrupted', 'interrupted from the keyboard'
    if best is not None:
        best.x = {name: value[0] for name, value in vector.values(best.x).items()}
    outcome = points.outcome()
    outcome.run_seconds = time.perf_counter() - started - outcome.compile_seconds
    outcome.status, outcome.message, outcome.raw, outcome.n_steps = status, message, best, count
    outcome.history = [outcome.best_loss]
    if outcome.best_step is None and message is None:
        outcome.status, outcome.message = 'diverged', 'no point had a finite loss'
    return outcome
