"""Products of rows with the weights, inside a Pallas kernel: the only operation that mixes regions.

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
from .heuristics import Block

__all__ = ['laid_out', 'masked', 'pack_weights', 'parts_of', 'products', 'streamed', 'waiting']


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
    padded = laid_out(weight, block, transposed=transposed)
    return jnp.stack(parts_of(padded[0], block)) if block.candidates > 1 else padded


def laid_out(matrix: Any, block: Block, *, transposed: bool) -> Any:
    """Matrices ``[., target, source]``, padded with zeros, what is read first."""
    extra = block.regions - matrix.shape[-1]
    padded = jnp.pad(matrix, ((0, 0), (0, extra), (0, extra)))
    return padded if transposed else padded.mT


def parts_of(x: Any, block: Block) -> list[Any]:
    """What tensor cores multiply: a number as bfloat16 and the rest as another, or itself."""
    if block.candidates == 1 or block.precision != 'bfloat16x3' or x.dtype != jnp.float32:
        return [x]
    high = x.astype(jnp.bfloat16)
    return [high, (x - high.astype(x.dtype)).astype(jnp.bfloat16)]


def masked(x: Any, n_regions: int, first: Any = 0) -> Any:
    """Zero from region ``n_regions`` on: padding is not coupled, and may hold anything."""
    lane = lax.broadcasted_iota(jnp.int32, x.shape, 1) + first
    return jnp.where(lane < n_regions, x, jnp.zeros_like(x))


def waiting(interpret: bool) -> Callable[[], None]:
    """What lets the threads of a program wait for each other; interpreted there is nothing to wait for."""
    return (lambda: None) if interpret else pallas.triton().debug_barrier


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
        Regions that are not padding.
    weights : sequence of reference
        From :func:`pack_weights`.
    scratch : sequence of reference
        Two rows for each matrix where a program holds one candidate.
    maths : Exact
        How sums are formed.
    interpret : bool
        Whether XLA evaluates the kernel.

    Returns
    -------
    callable
        ``multiply(rows) -> list``: ``rows[k] @ weights[k]``, each ``(candidates, regions)``.
    """
    if block.candidates > 1:
        matrices = [[ref[k] for k in range(ref.shape[0])] for ref in weights]
        return lambda rows: [
            _add_product(None, parts_of(masked(x, n_regions), block), w, block, interpret)
            for x, w in zip(rows, matrices, strict=True)
        ]
    given, found = scratch[: len(weights)], scratch[len(weights) :]
    wait = waiting(interpret)

    def multiply(rows: Sequence[Any]) -> list[Any]:
        for ref, x in zip(given, rows, strict=True):
            ref[...] = masked(x, n_regions)
        wait()  # rows stand in memory
        sums = [
            _summed(block, n_regions, _read(x), w, slice(None), maths)
            for x, w in zip(given, weights, strict=True)
        ]
        for ref, total in zip(found, sums, strict=True):
            ref[...] = total
        # sums stand in memory and come back in the layout of the states; nobody reads a row any more
        wait()
        return [ref[...] for ref in found]

    return multiply


def streamed(
    block: Block,
    n_regions: int,
    rows: Callable[[Any], list[Any]],
    weight: Any,
    targets: Any,
    maths: Exact,
    interpret: bool,
) -> Any:
    """A row block times some columns of a matrix, some sources at a time.

    Parameters
    ----------
    block, n_regions, maths, interpret
        As in :func:`products`.
    rows : callable
        ``rows(at)``: :func:`parts_of` the values ``(candidates, sources)`` of some sources, which are zero
        beyond ``n_regions``.
    weight : reference
        From :func:`pack_weights`.
    targets : slice
        Its columns.

    Returns
    -------
    array
        ``(candidates, columns)``.
    """
    if block.candidates == 1:
        return _summed(block, n_regions, rows, weight, targets, maths)
    pl = pallas.pl()

    def some(k: Any, total: Any) -> Any:
        at = pl.ds(k * block.sources, block.sources)
        matrix = [weight[part, at, targets] for part in range(weight.shape[0])]
        return _add_product(total, rows(at), matrix, block, interpret)

    dtype = jnp.float32 if weight.dtype == jnp.bfloat16 else weight.dtype
    zero = jnp.zeros((block.candidates, block.panel), dtype)
    return lax.fori_loop(0, -(-n_regions // block.sources), some, zero)


def _add_product(
    total: Any, x: Sequence[Any], matrix: Sequence[Any], block: Block, interpret: bool
) -> Any:
    """``total + x @ matrix``; of pairs without the product of the two small parts."""
    if len(matrix) == 2:
        dot = functools.partial(jnp.dot, preferred_element_type=jnp.float32)
        terms = [dot(x[0], matrix[1]), dot(x[1], matrix[0]), dot(x[0], matrix[0])]
    elif block.precision == 'tensorfloat32' and x[0].dtype == jnp.float32 and not interpret:
        terms = [jnp.dot(x[0], matrix[0], precision=lax.DotAlgorithmPreset.TF32_TF32_F32)]
    else:
        a, b = x[0], matrix[0]
        if block.precision == 'tensorfloat32' and a.dtype == jnp.float32:
            a, b = _rounded(a), _rounded(b)
        terms = [jnp.dot(a, b, precision=lax.Precision.HIGHEST)]
    for term in terms:
        # in this order each product begins with the sum so far
        total = term if total is None else total + term
    return total


def _rounded(x: Any) -> Any:
    """The nearest number with the 10 bits of a TF32 mantissa, as tensor cores see it."""
    bits = lax.bitcast_convert_type(x, jnp.uint32) + jnp.uint32(1 << 12)
    return lax.bitcast_convert_type(bits & jnp.uint32(0xFFFFE000), jnp.float32)


def _read(ref: Any) -> Callable[[Any], list[Any]]:
    return lambda at: [ref[:, at]]


def _summed(
    block: Block,
    n_regions: int,
    rows: Callable[[Any], list[Any]],
    weight: Any,
    targets: Any,
    maths: Exact,
) -> Any:
    """The row of one candidate times some columns of a matrix."""
    pl = pallas.pl()
    size = block.sources

    def some(k: Any, total: Any) -> Any:
        at = pl.ds(k * size, size)
        x = rows(at)[0][0][:, None]
        return maths.fma(weight[0, at, targets], x, total, minus_product=False, minus_c=False)

    # the sources of a chunk are added up at the end, once: that takes all threads
    like = weight[0, pl.ds(0, size), targets]
    total = lax.fori_loop(0, -(-n_regions // size), some, jnp.zeros_like(like))
    return jnp.sum(total, axis=0)[None, :]
