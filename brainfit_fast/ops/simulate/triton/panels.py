"""Networks whose state is too wide for the registers of a program.

Some regions, a panel, are computed at once, and states wait in memory. Either one program goes through all
panels step by step, or each panel is a program and each step a launch. Sums need the rows of all regions:
a step reads those of the step before, and writes its own elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from ....core import pallas
from .kernel import Given, Refs, Segment, Wanted
from .products import masked, parts_of, streamed, waiting
from .step import Tile

__all__ = [
    'at_row',
    'at_step',
    'each_panel',
    'exchange',
    'exchanged',
    'latest',
    'launched',
    'rows_after',
]


# -- rows that all panels read ---------------------------------------------------------------------------


def exchanged(segment: Segment, rows: Sequence[Any]) -> list[Any]:
    """Rows ``(C, regions)`` as programs read them: in parts, with a second place where there are more steps."""
    block = segment.block
    parts = [part for x in rows for part in parts_of(masked(x, segment.program.n_regions), block)]
    if block.launches:
        return parts
    apart = [x.reshape(-1, 1, block.candidates, block.regions) for x in parts]
    return [jnp.concatenate([x, jnp.zeros_like(x)], axis=1) for x in apart]


def latest(segment: Segment, rows: Sequence[Any]) -> list[Any]:
    """The rows ``(C, regions)`` after the last step, put together of what was kept."""
    if not segment.block.launches:
        rows = [x[:, segment.n_steps % 2].reshape(-1, x.shape[-1]) for x in rows]
    n_parts, dtype = _n_parts(segment), segment.node.dtype
    starts = range(0, len(rows), n_parts)
    return [sum(part.astype(dtype) for part in rows[k : k + n_parts]) for k in starts]


def _n_parts(segment: Segment) -> int:
    return len(parts_of(jnp.zeros((), segment.node.dtype), segment.block))


def rows_after(segment: Segment, rows: Sequence[Any]) -> Wanted:
    """Where rows are kept: in the second place, or of a launch beside those that it reads."""
    return {'after' if segment.block.launches else 'rows': (rows, 0)}


def exchange(
    segment: Segment, refs: Refs, out: Refs
) -> tuple[Callable[..., Any], Callable[..., None]]:
    """How panels multiply and keep rows, in references to what :func:`exchanged` made.

    Returns
    -------
    multiply : callable
        ``multiply(k, t, weight, tile)``: the k-th rows before the t-th step that is run times the columns of
        a tile.
    keep : callable
        ``keep(k, t, tile, x)``: those after it, of a tile.
    """
    block = segment.block
    before, after = (refs['rows'], out['after']) if block.launches else (out['rows'],) * 2
    n_parts = _n_parts(segment)

    def place(t: Any) -> tuple[Any, ...]:
        return () if block.launches else (0, lax.rem(t, 2))

    def multiply(k: int, t: Any, weight: Any, tile: Tile) -> Any:
        own = before[k * n_parts : (k + 1) * n_parts]
        return streamed(
            block, segment.program.n_regions, lambda at: [ref[*place(t), :, at] for ref in own],
            weight, tile.at, segment.maths, segment.interpret,
        )  # fmt: skip

    def keep(k: int, t: Any, tile: Tile, x: Any) -> None:
        own = after[k * n_parts : (k + 1) * n_parts]
        parts = parts_of(masked(x, segment.program.n_regions, tile.first), block)
        for ref, part in zip(own, parts, strict=True):
            ref[*place(t + 1), :, tile.at] = part

    return multiply, keep


def each_panel(
    segment: Segment, loop: Callable[..., Any], panel: Callable[[Any, Any, Tile], None]
) -> None:
    """Call ``panel(t, sample, tile)`` for each step and panel of a program."""
    pl, block = pallas.pl(), segment.block
    wait, shape = waiting(segment.interpret), (block.candidates, block.panel)
    if block.launches:
        tile = Tile(shape, pl.ds(0, block.panel), pl.program_id(1) * block.panel)
        panel(0, 0 if segment.every else None, tile)
        return

    def step(t: Any, carry: Any, sample: Any = None) -> Any:
        def one(p: Any, carry: Any) -> Any:
            first = p * block.panel
            panel(t, sample, Tile(shape, pl.ds(first, block.panel), first))
            return carry

        carry = lax.fori_loop(0, block.regions // block.panel, one, carry)
        wait()  # rows of this step stand in memory, and nobody reads those before any more
        return carry

    loop(segment, step, 0)


# -- a launch for each step ------------------------------------------------------------------------------


def launched(
    segment: Segment, launch: Callable[..., Any], carry: Any, *, back: bool = False
) -> tuple[Any, Any, Any]:
    """All steps, in order or from the last to the first.

    Parameters
    ----------
    segment : Segment
    launch : callable
        ``launch(t, sample, carry) -> carry, steps, samples``: one step; ``sample`` is None where it is not
        sampled.
    carry : pytree
    back : bool, optional

    Returns
    -------
    carry : pytree
    steps, samples : pytree
        What all steps and the sampled ones gave, stacked in the order of time.
    """
    n, every = segment.n_steps, segment.every

    def plain(first: Any, count: int, carry: Any) -> Any:
        def one(carry: Any, k: Any) -> Any:
            carry, steps, _ = launch(first + k, None, carry)
            return carry, steps

        return lax.scan(one, carry, jnp.arange(count, dtype=jnp.int32), reverse=back)

    def group(m: Any, count: int, carry: Any) -> Any:
        first = m * every
        if back:
            carry, tail = plain(first + 1, count - 1, carry)
            carry, head, samples = launch(first, m, carry)
        else:
            carry, head, samples = launch(first, m, carry)
            carry, tail = plain(first + 1, count - 1, carry)
        return carry, (
            jax.tree.map(lambda a, b: jnp.concatenate([a[None], b]), head, tail),
            samples,
        )

    if not every:
        carry, steps = plain(0, n, carry)
        return carry, steps, []

    def whole(carry: Any) -> Any:
        index = jnp.arange(n // every, dtype=jnp.int32)
        carry, (steps, samples) = lax.scan(
            lambda carry, m: group(m, every, carry), carry, index, reverse=back
        )
        return carry, (jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:]), steps), samples)

    def rest(carry: Any) -> Any:
        m = jnp.asarray(n // every, jnp.int32)
        carry, (steps, samples) = group(m, n % every, carry)
        return carry, (steps, jax.tree.map(lambda x: x[None], samples))

    blocks = [whole, *([rest] if n % every else [])]
    found = []
    for one in reversed(blocks) if back else blocks:
        carry, ys = one(carry)
        found.append(ys)
    ordered = found[::-1] if back else found
    steps, samples = jax.tree.map(lambda *parts: jnp.concatenate(parts), *ordered)
    return carry, steps, samples


def at_row(leaves: Sequence[Any], row: Any, axis: int) -> list[Any]:
    """One row of each array, with its axis."""
    return [lax.dynamic_slice_in_dim(leaf, row, 1, axis) for leaf in leaves]


def at_step(given: Given, t: Any) -> Given:
    """What one launch reads of what both directions are given for a segment."""
    [start] = given['start'][0]
    return given | {
        'words': (at_row(given['words'][0], t, 0), 2),
        'inputs': (at_row(given['inputs'][0], t, 1), 0),
        'start': ([start + t], None),
    }
