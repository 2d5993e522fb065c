"""Piece: a pure jaxpr with its closed-over constants kept apart, hashed by structure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
from jax.extend.core import Jaxpr, Var

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
        Its ``constvars``, where it has some, become its first inputs.
    n_consts : int, optional
        How many of its inputs are bound by the ``consts`` of each call; default those that were
        ``constvars``.

    Attributes
    ----------
    jaxpr : jax.extend.core.Jaxpr
        Without ``constvars``: recent JAX has them only with their values attached.
    n_consts : int
    """

    __slots__ = ('jaxpr', 'key', 'n_consts')

    def __init__(self, jaxpr: Jaxpr, n_consts: int | None = None):
        self.n_consts = len(jaxpr.constvars) if n_consts is None else n_consts
        self.jaxpr = jaxpr.replace(
            constvars=[],
            invars=[*jaxpr.constvars, *jaxpr.invars],
            debug_info=jaxpr.debug_info._replace(arg_names=None),
        )
        self.key = signature(self.jaxpr)

    @property
    def constvars(self) -> list[Var]:
        """What ``consts`` binds."""
        return list(self.jaxpr.invars[: self.n_consts])

    @property
    def invars(self) -> list[Var]:
        """The other inputs."""
        return list(self.jaxpr.invars[self.n_consts :])

    @property
    def outvars(self) -> list[Any]:
        """The outputs: variables or literals."""
        return list(self.jaxpr.outvars)

    def reads(self) -> frozenset[int]:
        """Which of ``invars`` it uses."""
        used = {v for eqn in self.jaxpr.eqns for v in eqn.invars if isinstance(v, Var)}
        used |= {v for v in self.jaxpr.outvars if isinstance(v, Var)}
        return frozenset(k for k, v in enumerate(self.invars) if v in used)

    def __call__(self, consts: Sequence[Any], *args: Any) -> list[Any]:
        """Evaluate on flat arguments and return the flat outputs."""
        return jax.core.eval_jaxpr(self.jaxpr, (), *consts, *args)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Piece) and (other.key, other.n_consts) == (self.key, self.n_consts)

    def __hash__(self) -> int:
        return hash(self.key)

    def __repr__(self) -> str:
        return f'Piece({len(self.jaxpr.eqns)} equations, {self.key[:8]})'
