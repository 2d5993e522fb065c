"""Numbers of both libraries side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import brainstate
import brainunit as u
import jax
import numpy as np

from ..core.place import Place

__all__ = ['Comparison', 'compared', 'nudge']

#: Roundings that may add up in one direction.
_ROUNDINGS = 8.0
#: How much further apart than brainmass is from itself, after a change of one rounding.
_DRIFT = 10.0


@dataclass(frozen=True)
class Comparison:
    """One call that was run both ways.

    Attributes
    ----------
    what : str
    place : Place
        The call.
    difference : float
        Largest difference, as a part of the largest value of brainmass.
    allowed : float
        Rounding, summed as the root of the number of steps; or ten times what brainmass differs from itself
        after a change of its start by one rounding, where that is more.
    note : str
        Why numbers were not compared; empty where they were.
    """

    what: str
    place: Place
    difference: float = 0.0
    allowed: float = 0.0
    note: str = ''

    @property
    def equal(self) -> bool:
        """Whether the numbers are equal to rounding, or were not to be compared."""
        return bool(self.note) or self.difference <= self.allowed

    def __str__(self) -> str:
        text = f'{self.place}  {self.what}: '
        if self.note:
            return f'{text}not compared: {self.note}'
        verdict = 'equal' if self.equal else 'DIFFERS'
        return f'{text}{verdict} (difference {self.difference:.1e}, {self.allowed:.1e} allowed)'


def compared(
    what: str,
    place: Place,
    expected: Any,
    given: Any,
    n_steps: int,
    nudged: Callable[[], Any],
) -> Comparison:
    """Compare two results.

    Parameters
    ----------
    what : str
    place : Place
    expected, given : pytree of array
        Of brainmass, and of this library.
    n_steps : int
        Steps over which roundings add up.
    nudged : callable
        ``nudged() -> pytree``: of brainmass, after a change by one rounding.

    Returns
    -------
    Comparison
    """
    difference = _difference(expected, given)
    allowed = _ROUNDINGS * _precision(expected) * np.sqrt(max(n_steps, 1))
    if difference > allowed:
        allowed = max(allowed, _DRIFT * _difference(expected, nudged()))
    return Comparison(what, place, difference, float(allowed))


def nudge(states: dict[Any, brainstate.State], scales: dict[Any, Any]) -> None:
    """Change floating-point states by one rounding of themselves, or of a scale."""
    for key, state in states.items():
        state.value = jax.tree.map(_nudged, state.value, scales.get(key, state.value))


def _nudged(leaf: Any, scale: Any) -> Any:
    dtype = np.asarray(leaf).dtype if not hasattr(leaf, 'dtype') else leaf.dtype
    if not jax.numpy.issubdtype(dtype, np.floating):
        return leaf
    size = np.abs(np.asarray(scale)).max(initial=0.0)
    eps = np.finfo(dtype).eps
    return leaf * (1 + eps) + np.asarray(eps * size, dtype)


def _difference(expected: Any, given: Any) -> float:
    first_tree: Any
    first, first_tree = jax.tree.flatten(_plain(expected))
    second, second_tree = jax.tree.flatten(_plain(given))
    if first_tree != second_tree:
        return float('inf')
    return max((_apart(a, b) for a, b in zip(first, second, strict=True)), default=0.0)


def _apart(expected: np.ndarray, given: np.ndarray) -> float:
    if expected.shape != given.shape:
        return float('inf')
    finite = np.isfinite(expected)
    if not np.array_equal(finite, np.isfinite(given)):
        return float('inf')
    if not finite.any():
        return 0.0
    apart = np.abs(expected[finite] - given[finite]).max()
    return float(apart / (np.abs(expected[finite]).max() or 1.0))


def _plain(tree: Any) -> Any:
    """NumPy arrays in float64, units as part of the structure."""
    return jax.tree.map(
        lambda leaf: {str(u.get_unit(leaf)): np.asarray(u.get_mantissa(leaf), float)},
        tree,
        is_leaf=lambda leaf: isinstance(leaf, u.Quantity),
    )


def _precision(tree: Any) -> float:
    kinds = {np.asarray(u.get_mantissa(leaf)).dtype for leaf in jax.tree.leaves(tree)}
    floating = [kind for kind in kinds if np.issubdtype(kind, np.floating)]
    return float(max((np.finfo(kind).eps for kind in floating), default=np.finfo(np.float32).eps))
