"""Delayed sums inside a Pallas kernel.

The past of every source lies in memory as a line through time. Pairs whose delay is at least as long as a
few steps are read for all of these steps at once, along the line; the others, in a list, step by step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from ....codegen.block_maths import Exact
from ....core import pallas
from .heuristics import PER_TARGET, Block
from .products import laid_out, masked, waiting

__all__ = [
    'Tables',
    'delayed',
    'history_of',
    'lengthened',
    'rows_of',
    'tables_of',
    'weight_bars',
]

WEIGHTS = 'brainfit_fast_simulate_weights_triton'


class Tables(NamedTuple):
    """Weights and delays of one sum; ``[candidate, what is read, what is summed]``, padded.

    Attributes
    ----------
    weights, delays : jax.Array
        Of the pairs that are read for several steps at once; others weigh nothing.
    near_weights, near_sources, near_delays : jax.Array
        The rest: for each sum its k-th pair in row k.
    n_near : jax.Array
        ``(1 or C, 1)``: rows in use.
    """

    weights: Any
    delays: Any
    near_weights: Any
    near_sources: Any
    near_delays: Any
    n_near: Any


def tables_of(weight: Any, delay: Any, block: Block, *, transposed: bool) -> Tables:
    """The tables of a sum.

    Parameters
    ----------
    weight, delay : jax.Array
        ``(1 or C, N, N)``, ``[candidate, target, source]``.
    block : Block
    transposed : bool
        False for sums over sources, True for their adjoint.

    Returns
    -------
    Tables
    """
    weight, delay = (laid_out(leaf, block, transposed=transposed) for leaf in (weight, delay))
    extent = max(len(weight), len(delay))
    weight = jnp.broadcast_to(weight, (extent, *weight.shape[1:]))
    delay = jnp.broadcast_to(delay, weight.shape)
    near = (delay < block.ahead) & (weight != 0)
    order = jnp.argsort(~near, axis=1, stable=True).astype(jnp.int32)

    def ordered(leaf: Any) -> Any:
        return jnp.take_along_axis(leaf, order, axis=1)

    return Tables(
        jnp.where(delay < block.ahead, 0, weight),
        jnp.maximum(delay, block.ahead),
        ordered(jnp.where(near, weight, 0)),
        order,
        ordered(delay),
        near.sum(axis=1, dtype=jnp.int32).max(axis=1, keepdims=True),
    )


# -- histories in memory ---------------------------------------------------------------------------------


def history_of(rows: Any, block: Block) -> Any:
    """Rows ``(C, time, regions)`` as lines, ``(programs, regions, time * candidates)``; all padded."""
    c, n_rows, regions = rows.shape
    apart = rows.reshape(c // block.candidates, block.candidates, n_rows, regions)
    return apart.transpose(0, 3, 2, 1).reshape(len(apart), regions, -1)


def rows_of(history: Any, block: Block) -> Any:
    """The inverse of :func:`history_of`."""
    programs, regions, _ = history.shape
    apart = history.reshape(programs, regions, -1, block.candidates)
    return apart.transpose(0, 3, 2, 1).reshape(-1, apart.shape[2], regions)


def lengthened(line: Any, by: int, *, before: bool = False) -> Any:
    """A history with memory for ``by`` more values."""
    room = jnp.zeros((*line.shape[:2], by), line.dtype)
    return jnp.concatenate([room, line] if before else [line, room], axis=2)


# -- inside a kernel -------------------------------------------------------------------------------------


def delayed(
    block: Block,
    n_steps: int,
    n_regions: int,
    tables: Sequence[Tables],
    histories: Sequence[Any],
    reads: Sequence[int],
    scratch: Sequence[Any],
    maths: Exact,
    *,
    back: bool,
    interpret: bool,
) -> Callable[[Any, Sequence[Any]], list[Any]]:
    """What keeps rows and sums them over the connectome.

    Forward, the row of step ``t`` is read ``d`` steps after; back, it is read for the step ``d`` before it.

    Parameters
    ----------
    block : Block
    n_steps : int
        Steps of the kernel.
    n_regions : int
        Regions that are not padding.
    tables : sequence of Tables
        References, one entry per sum.
    histories : sequence of reference
        ``(1, regions, rows * candidates)``: the rows before those of the steps, or back, after them.
    reads : sequence of int
        The history of each sum.
    scratch : sequence of reference
        ``(1, regions, ahead * candidates)``, one per sum.
    maths : Exact
        How sums are formed.
    back : bool
        Whether steps run from the last to the first.
    interpret : bool
        Whether XLA evaluates the kernel: there is nothing to wait for.

    Returns
    -------
    callable
        ``couple(k, rows) -> sums``: keep one row per history, as of the k-th step that is run, and return
        each sum ``(candidates, regions)``.
    """
    pl = pallas.pl()
    ahead, wide = block.ahead, block.candidates
    shape = (wide, block.regions)
    lane = lax.broadcasted_iota(jnp.int32, shape, 1)
    candidate = lax.broadcasted_iota(jnp.int32, shape, 0)
    wait = waiting(interpret)

    def row_of(k: Any, history: Any) -> Any:
        """Where the row of the k-th step lies."""
        return n_steps - 1 - k if back else k + history.shape[2] // wide - n_steps

    def earlier(row: Any, delay: Any) -> Any:
        return row + delay if back else row - delay

    def read_ahead(k: Any, table: Tables, history: Any, found: Any) -> None:
        """The far pairs of the k-th step and those that follow it."""
        count, columns = block.delayed_sources, ahead * wide
        first_row = row_of(k, history) - (ahead - 1 if back else 0)
        column = lax.broadcasted_iota(jnp.int32, (count, block.regions, columns), 2)

        def some(j: Any, total: Any) -> Any:
            at = pl.ds(j * count, count)
            # multiplied here, so that the compiler sees that candidates lie aligned
            first = earlier(first_row, table.delays[0, at, :]) * wide
            source = j * count + lax.broadcasted_iota(jnp.int32, total.shape, 0)
            x = history[0, source, first[:, :, None] + column]
            weight = jnp.broadcast_to(table.weights[0, at, :][:, :, None], total.shape)
            return maths.fma(weight, x, total, minus_product=False, minus_c=False)

        zero = jnp.zeros((count, block.regions, columns), found.dtype)
        total = lax.fori_loop(0, -(-n_regions // count), some, zero)
        found[0, :, :] = jnp.sum(total, axis=0)

    def at(k: Any, table: Tables, history: Any, found: Any) -> Any:
        """One sum at the k-th step."""
        column = lax.rem(k, ahead)
        column = ahead - 1 - column if back else column
        total = found[0, lane, column * wide + candidate]
        row = row_of(k, history)

        def one(p: Any, total: Any) -> Any:
            position = earlier(row, table.near_delays[0, p, :]) * wide
            source = jnp.broadcast_to(table.near_sources[0, p, :][None, :], shape)
            x = history[0, source, position[None, :] + candidate]
            weight = jnp.broadcast_to(table.near_weights[0, p, :][None, :], shape)
            return maths.fma(weight, x, total, minus_product=False, minus_c=False)

        return lax.fori_loop(0, table.n_near[0, 0], one, total)

    def couple(k: Any, rows: Sequence[Any]) -> list[Any]:
        each = [(t, histories[h], s) for t, h, s in zip(tables, reads, scratch, strict=True)]

        @pl.when(lax.rem(k, ahead) == 0)
        def _() -> None:
            # rows of earlier steps stand in memory, and nobody reads what was found for them any more
            wait()
            for one in each:
                read_ahead(k, *one)

        for history, x in zip(histories, rows, strict=True):
            history[0, lane, row_of(k, history) * wide + candidate] = masked(x, n_regions)
        # the row and what was found stand in memory
        wait()
        return [at(k, *one) for one in each]

    return couple


def weight_bars(
    block: Block,
    n_steps: int,
    n_regions: int,
    sum_bars: jax.Array,
    history: jax.Array,
    delays: jax.Array,
    maths: Exact,
    *,
    interpret: bool,
) -> jax.Array:
    """Cotangents of the weights of one delayed sum over the steps of a segment.

    Parameters
    ----------
    block, n_steps, n_regions, maths, interpret
        As in :func:`delayed`.
    sum_bars : jax.Array
        History back: cotangents of the sum.
    history : jax.Array
        History forward: what was read.
    delays : jax.Array
        ``(1 or C, N, N)``, ``[candidate, target, source]``.

    Returns
    -------
    jax.Array
        ``(programs, N, N)``, ``[., target, source]``, summed over the candidates of a program.
    """
    pl = pallas.pl()
    wide, regions = block.candidates, block.regions
    steps = PER_TARGET // wide
    programs, shape = len(history), (regions, PER_TARGET)
    delays = laid_out(delays, block, transposed=False)
    margin = history.shape[2] // wide - n_steps

    def kernel(bars: Any, past: Any, delay: Any, out: Any) -> None:
        column = lax.broadcasted_iota(jnp.int32, shape, 1)
        lane = lax.broadcasted_iota(jnp.int32, shape, 0)

        def some(k: Any, total: Any, *, last: bool = False) -> Any:
            at = k * steps * wide + column
            position = ((k * steps + margin - delay[0, 0, :]) * wide)[:, None] + column
            if last:
                inside = at < n_steps * wide
                at, position = jnp.where(inside, at, 0), jnp.where(inside, position, 0)
            bar = bars[0, lane, at]
            if last:
                bar = jnp.where(inside, bar, jnp.zeros_like(bar))
            x = past[0, 0, position]
            return maths.fma(bar, x, total, minus_product=False, minus_c=False)

        whole = n_steps // steps
        total = lax.fori_loop(0, whole, some, jnp.zeros(shape, history.dtype))
        if n_steps % steps:
            total = some(whole, total, last=True)
        out[0, 0, :] = jnp.sum(total, axis=1)

    def line(extent: int) -> Any:
        return pl.BlockSpec((1, 1, extent), lambda p, j: (p, j, 0))

    shared = len(delays) == 1
    bars = pallas.triton_call(
        kernel,
        name=WEIGHTS,
        grid=(programs, n_regions),
        in_specs=[
            pl.BlockSpec((1, *sum_bars.shape[1:]), lambda p, j: (p, 0, 0)),
            line(history.shape[2]),
            pl.BlockSpec((1, 1, regions), lambda p, j: (0 if shared else p, j, 0)),
        ],
        out_specs=line(regions),
        out_shape=jax.ShapeDtypeStruct((programs, n_regions, regions), history.dtype),
        num_warps=min(block.num_warps, max(2, regions // 32)),
        interpret=interpret,
    )(sum_bars, history, delays)
    return bars[:, :, :n_regions].mT
