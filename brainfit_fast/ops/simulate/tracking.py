"""Tracked states in plain JAX: what is measured inside the time loop."""

from __future__ import annotations

from typing import Any

from jax import lax

from ...program.network_program import Track
from .rings import like

__all__ = ['tracked_after']


def tracked_after(
    track: Track, consts: Any, given: tuple[Any, ...], tracked: tuple[Any, ...], i: Any
) -> tuple[Any, ...]:
    """Return the tracked states after step ``i``: updated after every ``track.every``-th step.

    Parameters
    ----------
    track : Track
    consts : tuple
        Constants of its update.
    given : tuple
        What its update reads before the tracked states.
    tracked : tuple
        The tracked states.
    i : array
        Index of the step.
    """

    def update(tracked: tuple[Any, ...]) -> tuple[Any, ...]:
        new = track.update(consts, *given, *tracked)
        return tuple(like(a, b) for a, b in zip(new, tracked, strict=True))

    if track.every == 1:
        return update(tracked)
    return lax.cond((i + 1) % track.every == 0, update, lambda tracked: tracked, tracked)
