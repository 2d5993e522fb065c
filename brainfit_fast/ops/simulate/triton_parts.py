"""A run in segments of a kernel, and its arrays in whole blocks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import jax.numpy as jnp

from ...program.network_program import NetworkProgram
from .args import Plan
from .triton_heuristics import Block, segment_steps
from .triton_segment import Segment

__all__ = ['Padded', 'Part', 'parts']


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


def parts(program: NetworkProgram, plan: Plan, block: Block, interpret: bool) -> Iterator[Part]:
    """The segments of a run: those before the first sample, then those that are sampled."""
    step, sample = 0, 0
    longest = segment_steps(plan.n_steps)
    for n, every in ((plan.first, 0), (plan.n_steps - plan.first, plan.every)):
        length = max(longest // every, 1) * every if every else longest
        for count, steps in ((n // length, length), (1, n % length)):
            if count and steps:
                segment = Segment(program, steps, every, block, interpret)
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
