"""External inputs as rows that are computed before the time loop."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np

from ..core.errors import bad_value
from .piece import Piece
from .primitives import uses_random
from .recognise import Unrecognised
from .tracing import trace

__all__ = ['input_function', 'input_rows']

#: Rows of a callable input that are computed at once.
_CHUNK = 4096


def input_function(inputs: Any, n_steps: int) -> Callable[[Any, Any], tuple[Any, ...]]:
    """Return ``get(i, t) -> tuple``: the arguments of ``update`` at step ``i``.

    Raises
    ------
    ValueError
        If an array has another number of rows than the run has steps.
    """
    if inputs is None:
        return lambda i, t: ()
    if callable(inputs):

        def get(i: Any, t: Any) -> tuple[Any, ...]:
            value = inputs(i, t)
            return value if isinstance(value, tuple) else (value,)

        return get
    rows = inputs if isinstance(inputs, u.Quantity) else jnp.asarray(inputs)
    if rows.ndim < 1 or rows.shape[0] != n_steps:
        raise bad_value(
            'inputs',
            given=f'{rows.shape[0] if rows.ndim else 0} rows (shape {rows.shape})',
            expected=f'one row per step: {n_steps}',
            remedy='The run has duration / dt steps; a callable inputs(i, t) fits any length.',
        )
    return lambda i, t: (rows[i],)


def input_rows(inputs: Any, n_steps: int, dt: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Return an example of one step's arguments, and all rows as flat arrays ``(n_steps, ...)``.

    A callable is evaluated by ``vmap`` in chunks.

    Raises
    ------
    Unrecognised
        If a callable draws random numbers or reads states of the model.
    """
    if inputs is None:
        return (), ()
    get = input_function(inputs, n_steps)
    if not callable(inputs):
        rows = inputs if isinstance(inputs, u.Quantity) else jnp.asarray(inputs)
        return get(0, 0 * dt), tuple(jax.tree.leaves(rows))

    traced = trace(lambda i: get(i, i * dt), jnp.zeros((), jnp.int32))
    if uses_random(traced.jaxpr):
        raise Unrecognised('inputs(i, t) draws random numbers')
    if traced.states:
        raise Unrecognised('inputs(i, t) reads a state, so it is not a function of i and t alone')
    shapes = [jax.ShapeDtypeStruct(v.aval.shape, v.aval.dtype) for v in traced.jaxpr.outvars]
    example = jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), shapes)
    rows = _evaluate(Piece(traced.jaxpr), n_steps, traced.consts)
    return jax.tree.unflatten(traced.out_tree, example), rows


@functools.partial(jax.jit, static_argnums=(0, 1))
def _evaluate(piece: Piece, n_steps: int, consts: tuple[Any, ...]) -> tuple[Any, ...]:
    steps = np.arange(n_steps, dtype=np.int32)
    return jax.lax.map(lambda i: tuple(piece(consts, i)), steps, batch_size=min(_CHUNK, n_steps))
