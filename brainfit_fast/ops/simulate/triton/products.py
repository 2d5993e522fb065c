"""The only operation that mixes regions: rows times the weights, inside a Pallas kernel.

Many candidates share a program, and tensor cores multiply all their rows at once; by weights that shared
memory holds, or by some sources at a time. A candidate that has a program to itself hands its row to all
threads through memory, and every thread sums its own targets.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from ....codegen.block_maths import Exact
from ....core import pallas
from .heuristics import SOURCES, Block

__all__ = ['pack_weights', 'products']


def pack_weights(weight: jax.Array, block: Block, *, transposed: bool) -> jax.Array:
    """Weights ``(1 or C, N, N)`` as a kernel reads them.

    Parameters
    ----------
    weight : jax.Array
        ``[candidate, target, source]``; with several candidates in a program all have the same.
    block : Block
    transposed : bool
        False for sums over sources, True for their adjoint.

    Returns
    -------
    jax.Array
        ``(1 or C, regions, regions)``, what is read first. For tensor cores in float32 ``(2, regions,
        regions)``: each weight as a bfloat16 and the rest, which is another.
    """
    extra = block.regions - weight.shape[-1]
    padded = jnp.pad(weight, ((0, 0), (0, extra), (0, extra)))
    padded = padded if transposed else padded.mT
    if block.candidates == 1 or weight.dtype != jnp.float32:
        return padded
    high = padded[0].astype(jnp.bfloat16)
    return jnp.stack([high, (padded[0] - high.astype(padded.dtype)).astype(jnp.bfloat16)])


def products(
    block: Block,
    n_regions: int,
    weights: Sequence[Any],
    scratch: Sequence[Any],
    maths: Exact,
    interpret: bool,
) -> Callable[[Sequence[Any]], list[Any]]:
    """What multiplies one row block by each matrix.

    Parameters
    ----------
    block : Block
    n_regions : int
        Regions that are not padding: others are not coupled, and may hold anything.
    weights : sequence of reference
        From :func:`pack_weights`.
    scratch : sequence of reference
        Row blocks in memory, as many for each matrix as :attr:`Block.exchanged` says.
    maths : Exact
        How sums are formed.
    interpret : bool
        Whether XLA evaluates the kernel: there is nothing to wait for.

    Returns
    -------
    callable
        ``multiply(rows) -> list``: ``rows[k] @ weights[k]``, each ``(candidates, regions)``.
    """

    def masked(x: Any) -> Any:
        if n_regions == block.regions:
            return x
        lane = lax.broadcasted_iota(jnp.int32, x.shape, 1)
        return jnp.where(lane < n_regions, x, jnp.zeros_like(x))

    def barrier() -> None:
        if not interpret:
            pallas.triton().debug_barrier()

    if block.candidates > 1 and not block.exchanged:
        matrices = [[ref[k] for k in range(ref.shape[0])] for ref in weights]
        return lambda rows: [_dot(masked(x), w) for x, w in zip(rows, matrices, strict=True)]

    given, found = scratch[: len(weights)], scratch[len(weights) :]

    def multiply_streamed(rows: Sequence[Any]) -> list[Any]:
        for ref, x in zip(given, rows, strict=True):
            ref[...] = masked(x)
        barrier()  # rows stand in memory
        sums = [_streamed(n_regions, x, w) for x, w in zip(given, weights, strict=True)]
        barrier()  # nobody reads a row any more
        return sums

    if block.candidates > 1:
        return multiply_streamed

    def multiply(rows: Sequence[Any]) -> list[Any]:
        for ref, x in zip(given, rows, strict=True):
            ref[...] = masked(x)
        barrier()  # rows stand in memory
        sums = [_summed(n_regions, x, w, maths) for x, w in zip(given, weights, strict=True)]
        for ref, total in zip(found, sums, strict=True):
            ref[...] = total
        # sums stand in memory and come back in the layout of the states; nobody reads a row any more
        barrier()
        return [ref[...] for ref in found]

    return multiply


def _dot(x: Any, matrix: Sequence[Any]) -> Any:
    """``x @ matrix``; of bfloat16 pairs without the product of the two small parts."""
    if len(matrix) == 1:
        return jnp.dot(x, matrix[0], precision=lax.Precision.HIGHEST)
    high = x.astype(jnp.bfloat16)
    low = (x - high.astype(x.dtype)).astype(jnp.bfloat16)
    dot = functools.partial(jnp.dot, preferred_element_type=x.dtype)
    return dot(high, matrix[0]) + (dot(low, matrix[0]) + dot(high, matrix[1]))


def _streamed(n_regions: int, rows: Any, weight: Any) -> Any:
    """``rows @ weight``, some sources at a time."""
    pl = pallas.pl()
    candidates, targets = rows.shape[0], weight.shape[-1]

    def some(k: Any, total: Any) -> Any:
        at = pl.ds(k * SOURCES, SOURCES)
        return total + _dot(rows[:, at], [weight[part, at, :] for part in range(weight.shape[0])])

    zero = jnp.zeros((candidates, targets), rows.dtype)
    return lax.fori_loop(0, -(-n_regions // SOURCES), some, zero)


def _summed(n_regions: int, row: Any, weight: Any, maths: Exact) -> Any:
    """``row @ weight`` of one candidate, some sources at a time."""
    pl = pallas.pl()
    _, sources, targets = weight.shape
    size = min(SOURCES, sources)

    def some(k: Any, total: Any) -> Any:
        at = pl.ds(k * size, size)
        x = row[0, at][:, None]
        return maths.fma(weight[0, at, :], x, total, minus_product=False, minus_c=False)

    # the sources of a chunk are added up at the end, once: that takes all threads
    zero = jnp.zeros((size, targets), weight.dtype)
    total = lax.fori_loop(0, -(-n_regions // size), some, zero)
    return jnp.sum(total, axis=0)[None, :]
