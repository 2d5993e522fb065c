"""The past of a network: rings of features, read at delays; and the candidate axis around a run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from ...program.network_program import Sum
from .args import SimulateArgs, SimulateResult

__all__ = [
    'degrees_of',
    'like',
    'over_candidates',
    'push',
    'reader',
    'transposed_reader',
    'weight_adjoint',
]


def over_candidates(
    single: Callable[[SimulateArgs], SimulateResult], args: SimulateArgs
) -> SimulateResult:
    """Map ``single``, which knows no candidate axis, over the candidates of ``args``."""
    shared = {'pointers': args.pointers, 'dt': args.dt, 'start': args.start}

    def one(leaves: Any) -> SimulateResult:
        return single(SimulateArgs(*leaves, **shared))

    mapped = args.mapped
    if args.n_candidates == 1:
        result = one(jax.tree.map(lambda leaf: leaf[0], mapped))
        pointers = result.pointers
        return jax.tree.map(lambda leaf: leaf[None], result)._replace(pointers=pointers)
    axes = jax.tree.map(lambda leaf: 0 if leaf.shape[0] > 1 else None, mapped)
    squeezed = jax.tree.map(lambda leaf: leaf if leaf.shape[0] > 1 else leaf[0], mapped)
    out_axes: Any = SimulateResult(*(0, 0, 0, None, 0))  # type: ignore[arg-type]
    return jax.vmap(one, in_axes=(axes,), out_axes=out_axes)(squeezed)


def degrees_of(weights: tuple[Any, ...]) -> tuple[Any, ...]:
    """``sum_j W_ij`` of each sum that has weights: the diffusive coupling needs it at every step."""
    return tuple(weight.sum(axis=-1) for weight in weights if weight is not None)


def reader(depth: int, sum_: Sum, weight: Any, delay: Any) -> Callable[[Any, Any], Any]:
    """Return ``read(ring, pointer) -> s`` for one sum; regions are the last axis of a ring row."""
    if not sum_.delayed:

        def read_row(ring: Any, pointer: Any) -> Any:
            latest = ring[0] if depth == 1 else ring[jnp.where(pointer == 0, depth, pointer) - 1]
            if sum_.local:
                return latest
            # s_i = sum_j W_ij f_j, in full precision also where the default is lower
            # weights first: XLA:CPU multiplies by a transposed matrix more slowly
            precision = lax.Precision.HIGHEST
            return jnp.einsum('ij,...j->...i', weight, latest, precision=precision)

        return read_row

    n = delay.shape[-1]
    offset = (-1 - delay) * n + jnp.arange(n, dtype=delay.dtype)

    def read_past(ring: Any, pointer: Any) -> Any:
        if ring.ndim > 2:
            return jax.vmap(read_past, in_axes=(1, None))(ring, pointer)
        position = offset + pointer.astype(delay.dtype) * n
        position = jnp.where(position < 0, position + depth * n, position)
        read = ring.reshape(-1).at[position].get(mode='promise_in_bounds')
        return read if sum_.local else (weight * read).sum(axis=-1)

    return read_past


def transposed_reader(depth: int, sum_: Sum, weight: Any, delay: Any) -> Callable[[Any, Any], Any]:
    """Return ``read(adjoints, step)``: the adjoint of the feature of ``step``.

    ``adjoints`` holds the adjoint of the sum of step ``t`` in row ``t mod depth``, so that
    ``sum_i W_ij adjoint_i(step + 1 + d_ij)`` is a read with weights and delays transposed; a local one is
    ``adjoint_i(step + 1 + d_i)``.
    """
    if not sum_.delayed:

        def read_row(adjoints: Any, step: Any) -> Any:
            row = adjoints[0] if depth == 1 else adjoints[(step + 1) % depth]
            if sum_.local:
                return row
            return jnp.matmul(row, weight, precision=lax.Precision.HIGHEST)

        return read_row

    n = delay.shape[-1]
    weight_t = None if sum_.local else weight.T
    # transposing (N,) changes nothing
    offset = (1 + delay.T) * n + jnp.arange(n, dtype=delay.dtype)

    def read_future(adjoints: Any, step: Any) -> Any:
        if adjoints.ndim > 2:
            return jax.vmap(read_future, in_axes=(1, None))(adjoints, step)
        position = offset + (step % depth).astype(delay.dtype) * n
        position = jnp.where(position >= depth * n, position - depth * n, position)
        read = adjoints.reshape(-1).at[position].get(mode='promise_in_bounds')
        return read if sum_.local else (weight_t * read).sum(axis=-1)

    return read_future


def weight_adjoint(
    delayed: bool, delay: Any, ring: Any, pointer: Any, features: Any, adjoints: Any
) -> Any:
    """Adjoint of the weights of one sum over one segment.

    Parameters
    ----------
    delayed : bool
        Whether the sum has delays.
    delay : array
        ``(N, N)`` steps.
    ring, pointer : array
        The past at the start of the segment.
    features, adjoints : array
        ``(steps, ..., N)``: features after each step, adjoints of each step's sum.
    """
    past = jnp.roll(ring, -pointer, axis=0)
    depth = ring.shape[0]
    line = jnp.concatenate([past, features])  # row depth - 1 + k is read by step k at zero delay
    if not delayed:
        read = line[depth - 1 : depth - 1 + len(features)]
        precision = lax.Precision.HIGHEST
        return jnp.einsum('k...i,k...j->ij', adjoints, read, precision=precision)
    n = delay.shape[-1]
    offset = (depth - 1 - delay) * n + jnp.arange(n, dtype=delay.dtype)

    def step(total: Any, x: Any) -> tuple[Any, None]:
        k, adjoint = x
        position = offset + k.astype(delay.dtype) * n

        def product(line: Any, adjoint: Any) -> Any:
            if adjoint.ndim > 1:
                return jax.vmap(product, in_axes=(1, 0))(line, adjoint).sum(0)
            read = line.reshape(-1).at[position].get(mode='promise_in_bounds')
            return adjoint[:, None] * read

        return total + product(line, adjoint), None

    zero = jnp.zeros((n, n), adjoints.dtype)
    return lax.scan(step, zero, (jnp.arange(len(features)), adjoints))[0]


def push(ring: Any, pointer: Any, feature: Any) -> tuple[Any, Any]:
    """Write the newest feature and move the pointer."""
    feature = jnp.asarray(feature, ring.dtype)
    if ring.shape[0] == 1:
        return feature[None], pointer
    ring = lax.dynamic_update_index_in_dim(ring, feature, pointer, 0)
    return ring, jnp.where(pointer + 1 == ring.shape[0], 0, pointer + 1).astype(pointer.dtype)


def like(new: Any, old: Any) -> Any:
    """Give ``new`` the dtype and shape of ``old``, so that the loop's carry keeps its type."""
    if jnp.issubdtype(old.dtype, jax.dtypes.prng_key):
        return new
    return jnp.broadcast_to(lax.convert_element_type(new, old.dtype), old.shape)
