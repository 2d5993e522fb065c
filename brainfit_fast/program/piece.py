"""Piece: a pure jaxpr with its closed-over constants kept apart, hashed by structure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
from jax.extend.core import Jaxpr

from .signature import signature

__all__ = ['Piece']


class Piece:
    """An immutable jaxpr that compares and hashes by its structure.

    A piece is a static argument of a compiled function; what it closed over (``consts``) travels beside
    it as arrays, so that a constant which is a tracer under ``grad`` keeps its derivative and a constant
    of another value does not recompile.

    Parameters
    ----------
    jaxpr : jax.extend.core.Jaxpr
        Its ``constvars`` are bound by the ``consts`` given at each call.
    """

    __slots__ = ('jaxpr', 'key')

    def __init__(self, jaxpr: Jaxpr):
        self.jaxpr = jaxpr
        self.key = signature(jaxpr)

    def __call__(self, consts: Sequence[Any], *args: Any) -> list[Any]:
        """Evaluate on flat arguments and return the flat outputs."""
        return jax.core.eval_jaxpr(self.jaxpr, consts, *args)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Piece) and other.key == self.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __repr__(self) -> str:
        return f'Piece({len(self.jaxpr.eqns)} equations, {self.key[:8]})'
