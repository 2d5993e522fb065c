"""Which kernels run a segment, and which walk back over it."""

from __future__ import annotations

import dataclasses
from typing import Any

from . import backward_kernel, forward_kernel, panels_backward, panels_forward
from .kernel import Segment

__all__ = ['run', 'walk_back']


def run(segment: Segment, *operands: Any, histories: Any, kept: bool) -> dict[str, list[Any]]:
    """Run a segment; see :func:`forward_kernel.run`."""
    if segment.block.panel:
        return {**panels_forward.run(segment, *operands, kept=kept), 'histories': []}
    return forward_kernel.run(segment, *operands, histories=histories, kept=kept)


def walk_back(
    segment: Segment, *operands: Any, past_bars: Any, histories: Any, which: Any
) -> dict[str, list[Any]]:
    """Walk back, with the block for it; see :func:`backward_kernel.walk_back`."""
    segment = dataclasses.replace(segment, block=segment.block.back)
    if segment.block.panel:
        return {**panels_backward.walk_back(segment, *operands, which=which), 'histories': []}
    return backward_kernel.walk_back(
        segment, *operands, past_bars=past_bars, histories=histories, which=which
    )
