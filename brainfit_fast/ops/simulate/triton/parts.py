"""A run in segments of a kernel, and its arrays in whole blocks: what forward and backward share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from ....codegen.node import Node, node_of
from ....program.network_program import NetworkProgram
from ..args import Plan
from ..heuristics import checkpoint_interval
from ..lanes import Operands
from .heuristics import Block, block_of, work_of
from .kernel import Links, Segment, split

__all__ = ['Call', 'Fixed', 'Padded', 'Part', 'joined', 'parts', 'scan']


@dataclass(frozen=True)
class Call:
    """What is static in a call.

    Attributes
    ----------
    program, plan
        What is simulated.
    n_candidates : int
        The candidate extent C.
    interpret : bool
        Whether XLA evaluates the kernels, on a device they are not written for.
    precision : str
        Of products with the weights, where tensor cores would form them.
    """

    program: NetworkProgram
    plan: Plan
    n_candidates: int
    interpret: bool
    precision: str

    @property
    def node(self) -> Node:
        """The lowered program."""
        return node_of(self.program)

    @property
    def gemm(self) -> Any:
        """How products over the samples or steps of a segment are formed, outside the kernels."""
        if self.interpret or self.precision == 'float32' or self.node.dtype != 'float32':
            return lax.Precision.HIGHEST
        # float32 to rounding, on tensor cores
        return lax.DotAlgorithmPreset.BF16_BF16_F32_X6


class Part(NamedTuple):
    """Segments of one length that follow one another."""

    repeats: int
    first: int  # step
    first_sample: int
    segment: Segment

    def rows(self, series: Any) -> Any:
        """Time series ``(1 or C, n_steps, ...)`` as ``(count, 1 or C, steps, ...)``."""
        return self._cut(series, self.first, self.segment.n_steps)

    def sample_rows(self, series: Any) -> Any:
        """The same for one row per sample."""
        return self._cut(series, self.first_sample, self.segment.n_samples)

    def _cut(self, series: Any, first: int, length: int) -> Any:
        part = series[:, first : first + self.repeats * length]
        return jnp.moveaxis(part.reshape(len(part), self.repeats, length, *part.shape[2:]), 1, 0)

    def starts(self, start: Any) -> Any:
        """Index of the first step of each segment."""
        return start + self.first + self.segment.n_steps * jnp.arange(self.repeats, dtype=jnp.int32)


def parts(call: Call, block: Block) -> Iterator[Part]:
    """The segments of a run: those before the first sample, then those that are sampled."""
    program, plan = call.program, call.plan
    step, sample = 0, 0
    n_states = len(call.node.states)
    kept = n_states + sum(channel.depth for channel in program.channels)
    longest = checkpoint_interval(plan.n_steps, kept, n_states + len(program.sums))
    for n, every in ((plan.first, 0), (plan.n_steps - plan.first, plan.every)):
        length = max(longest // every, 1) * every if every else longest
        for count, steps in ((n // length, length), (1, n % length)):
            if count and steps:
                segment = Segment(program, steps, every, block, call.interpret)
                yield Part(count, step, sample, segment)
                step += count * steps
                sample += count * segment.n_samples


class Padded:
    """Arrays of whole blocks, and back."""

    def __init__(self, n_regions: int, n_candidates: int, block: Block):
        self.n, self.c, self.block = n_regions, n_candidates, block
        self.wide = -(-self.c // self.block.candidates) * self.block.candidates

    def regions(self, a: Any, mode: str = 'edge') -> Any:
        """The last axis, unless it has extent 1; an uncoupled copy of the last region stays finite."""
        if a.shape[-1] == 1 and self.n > 1:
            return a
        return _padded(a, -1, self.block.regions - a.shape[-1], mode)

    def candidates(self, a: Any, mode: str = 'edge') -> Any:
        """The first axis, unless it has extent 1 among several candidates."""
        return a if len(a) == 1 < self.c else _padded(a, 0, self.wide - len(a), mode)

    def all(self, a: Any, mode: str = 'edge') -> Any:
        """Both, with an extent for every candidate."""
        a = jnp.broadcast_to(a, (self.c, *a.shape[1:]))
        return _padded(self.regions(a, mode), 0, self.wide - self.c, mode)

    def shared(self, a: Any) -> Any:
        """Both, where extents of 1 may stay."""
        return self.candidates(self.regions(a))

    def back(self, a: Any) -> Any:
        """Without padding."""
        return a[: self.c, ..., : self.n]


def _padded(a: Any, axis: int, extra: int, mode: str) -> Any:
    widths = [(0, 0)] * a.ndim
    widths[axis] = (0, extra)
    return jnp.pad(a, widths, mode=mode) if extra else a


# -- both directions -------------------------------------------------------------------------------------


class Fixed(NamedTuple):
    """What all segments share."""

    block: Block
    padded: Padded
    parameters: list[Any]
    links: Links

    @classmethod
    def of(cls, call: Call, given: Operands) -> Fixed:
        """Prepare it."""
        block = _block(call, given)
        padded = Padded(call.program.n_regions, call.n_candidates, block)
        links = Links.of(call.program, given.weights, given.delays, block, transposed=False)
        return cls(block, padded, [padded.shared(leaf) for leaf in given.parameters], links)


def _block(call: Call, given: Operands) -> Block:
    program = call.program
    longest = max((channel.depth - 1 for channel in program.channels), default=0)
    alike = all(len(leaf) == 1 for leaf in (*given.weights, *given.delays))
    if longest:
        # sums without delays are products of sixteen candidates or of one
        alike &= all(s.delayed for s in program.sums)
    return block_of(
        program.n_regions,
        call.n_candidates,
        longest,
        alike=alike,
        precision=call.precision,
        work=work_of(split(program).rests[-1]),
    )


def joined(segments: Any) -> Any:
    """``(count, C, m, ...)`` as ``(C, count * m, ...)``."""
    moved = jnp.moveaxis(segments, 0, 1)
    return moved.reshape(len(moved), -1, *segments.shape[3:])


def scan(
    body: Callable[[Any, Any], Any], carry: Any, xs: Any, count: int, *, back: bool = False
) -> Any:
    """``lax.scan``, without a loop around a single segment."""
    if count > 1:
        return lax.scan(body, carry, xs, length=count, reverse=back)
    carry, ys = body(carry, jax.tree.map(lambda leaf: leaf[0], xs))
    return carry, jax.tree.map(lambda leaf: leaf[None], ys)
