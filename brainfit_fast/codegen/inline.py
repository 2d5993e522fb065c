"""Trace again with calls inlined, loops unrolled, and every relative exponential in one form."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import Jaxpr, JaxprEqn, Literal

from ..program.primitives import KINDS, ROW_REDUCTIONS, Loop, inner_jaxpr, row_rule
from .exprel import is_exprel, is_exprel_slope, lane_exprel
from .lower import Unsupported

__all__ = ['bind_equation', 'part_of', 'retraced', 'unrolled_size']

_INLINED = frozenset({'jit', 'pjit', 'closed_call', 'core_call', 'checkpoint', 'remat', 'remat2'})


class _Rows(list[Any]):
    """One value per sub-step of a loop, never put together."""


def retraced(
    function: Callable[..., Any], avals: Sequence[Any], rows: Mapping[int, int] | None = None
) -> Jaxpr:
    """The jaxpr of a function of flat arguments, inlined.

    Parameters
    ----------
    function : callable
    avals : sequence
        Types of its arguments.
    rows : mapping of int to int, optional
        For an argument that becomes several, one for each row: how many; 0 leaves it as it is.

    Returns
    -------
    Jaxpr

    Raises
    ------
    Unsupported
        If it holds constant arrays, or returns a value for each sub-step of a loop.
    """
    given = [jax.ShapeDtypeStruct(aval.shape, aval.dtype) for aval in avals]
    traced = jax.make_jaxpr(function)(*given)

    counts = [(rows or {}).get(k, 0) for k in range(len(given))]
    several = [
        [jax.ShapeDtypeStruct(leaf.shape[1:], leaf.dtype)] * count if count else leaf
        for leaf, count in zip(given, counts, strict=True)
    ]

    def inlined(*args: Any) -> list[Any]:
        leaves = [_Rows(arg) if isinstance(arg, list) else arg for arg in args]
        out = _inlined(traced.jaxpr, traced.consts, leaves)
        if any(isinstance(value, _Rows) for value in out):
            raise Unsupported('it returns a value for each sub-step of a loop')
        return out

    again = jax.make_jaxpr(inlined)(*several)
    if again.consts:
        raise Unsupported('it holds constant arrays')
    return again.jaxpr


def unrolled_size(jaxpr: Jaxpr) -> int:
    """The number of equations of ``jaxpr`` with calls inlined and loops unrolled."""
    size = 0
    for eqn in jaxpr.eqns:
        kind = KINDS.get(eqn.primitive.name)
        inner = unrolled_size(inner_jaxpr(eqn)) if kind in ('call', 'loop') else 1
        size += inner * (Loop(eqn).length if kind == 'loop' else 1)
    return size


def part_of(like: Jaxpr, invars: list[Any], eqns: list[JaxprEqn], outvars: list[Any]) -> Jaxpr:
    """Some equations of a jaxpr with inputs and outputs of their own."""
    names = like.debug_info._replace(arg_names=None, result_paths=None)
    return like.replace(constvars=[], invars=invars, outvars=outvars, eqns=eqns, debug_info=names)


def _inlined(jaxpr: Jaxpr, consts: Sequence[Any], args: Sequence[Any]) -> list[Any]:
    env: dict[Any, Any] = dict(zip(jaxpr.constvars, consts, strict=True))
    env.update(zip(jaxpr.invars, args, strict=True))
    for eqn in jaxpr.eqns:
        values = [a.val if isinstance(a, Literal) else env[a] for a in eqn.invars]
        env.update(zip(eqn.outvars, _evaluated(jaxpr, eqn, values), strict=True))
    return [a.val if isinstance(a, Literal) else env[a] for a in jaxpr.outvars]


def _evaluated(jaxpr: Jaxpr, eqn: JaxprEqn, values: list[Any]) -> list[Any]:
    name = eqn.primitive.name
    if KINDS.get(name) == 'loop':
        return _unrolled(Loop(eqn), values)
    if name in _INLINED and not is_exprel(eqn) and not is_exprel_slope(eqn):
        return _inlined(inner_jaxpr(eqn), _consts_of(eqn), values)
    if any(isinstance(value, _Rows) for value in values):
        return _of_rows(jaxpr, eqn, values)
    if is_exprel(eqn):
        return [lane_exprel(jnp.asarray(values[0], eqn.outvars[0].aval.dtype))]
    return bind_equation(jaxpr, eqn, values)


def _unrolled(loop: Loop, values: list[Any]) -> list[Any]:
    consts, carried, looped = loop.operands(values)
    n_rows = len(loop.body.jaxpr.outvars) - loop.n_carry
    rows = [_Rows([None] * loop.length) for _ in range(n_rows)]
    order = range(loop.length)
    for k in reversed(order) if loop.reverse else order:
        own = [_row(array, k) for array in looped]
        out = _inlined(loop.body.jaxpr, loop.body.consts, [*consts, *carried, *own])
        carried, collected = loop.results(out)
        for row, value in zip(rows, collected, strict=True):
            row[k] = value
    return [*carried, *rows]


def _row(array: Any, k: int) -> Any:
    if isinstance(array, _Rows):
        return array[k]
    known = not isinstance(array, jax.core.Tracer) and not jnp.issubdtype(
        array.dtype, jax.dtypes.prng_key
    )
    # the number of a sub-step is a literal
    return np.asarray(array)[k] if known else jax.lax.index_in_dim(array, k, 0, False)


def _of_rows(jaxpr: Jaxpr, eqn: JaxprEqn, values: list[Any]) -> list[Any]:
    has_rows = [isinstance(value, _Rows) for value in values]
    how = row_rule(eqn, has_rows)
    name, params = eqn.primitive.name, eqn.params
    if how == 'each':
        count = len(values[has_rows.index(True)])
        each = [
            _evaluated(
                jaxpr, eqn, [v[k] if own else v for v, own in zip(values, has_rows, strict=True)]
            )
            for k in range(count)
        ]
        return [_Rows(value for (value,) in each)]
    if how == 'some':
        step = (params['strides'] or (1,))[0]
        return [_Rows(values[0][params['start_indices'][0] : params['limit_indices'][0] : step])]
    if how == 'one':
        return [values[0][0]]
    if how == 'apart':
        return list(values[0])
    if how == 'joined':
        return [functools.reduce(getattr(jax.lax, ROW_REDUCTIONS[name]), values[0])]
    # the same at every step, or without a lane form
    together = [jnp.stack(v) if own else v for v, own in zip(values, has_rows, strict=True)]
    return bind_equation(jaxpr, eqn, together)


def _consts_of(eqn: JaxprEqn) -> Sequence[Any]:
    closed = eqn.params['jaxpr' if 'jaxpr' in eqn.params else 'call_jaxpr']
    return getattr(closed, 'consts', ())


def bind_equation(jaxpr: Jaxpr, eqn: JaxprEqn, values: Sequence[Any]) -> list[Any]:
    """Evaluate one equation with its own rules (of differentiation too) kept."""
    pairs = [(a, v) for a, v in zip(eqn.invars, values, strict=True) if not isinstance(a, Literal)]
    invars = list({id(a): a for a, _ in pairs}.values())
    given = {id(a): v for a, v in pairs}
    single = part_of(jaxpr, invars, [eqn], list(eqn.outvars))
    return jax.core.eval_jaxpr(single, (), *(given[id(a)] for a in invars))
