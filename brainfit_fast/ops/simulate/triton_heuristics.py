"""How candidates, regions and steps are cut into the programs of the Pallas kernels."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ...core.pallas import next_power_of_two

__all__ = ['LARGEST', 'SOURCES', 'Block', 'block_of', 'segment_steps']

#: Regions of which a program has one thread for each.
LARGEST = 512

#: Sources that a program of one candidate sums at once. Of 16, 32 and 64 these take the fewest instructions.
SOURCES = 32

#: Regions whose weights, as two bfloat16 matrices, fit into shared memory.
_TENSOR_CORE_REGIONS = 128

#: Fewer candidates than a GPU has processors get one each: a step then takes half the time of a step of 16.
_PROCESSORS = 128


@dataclass(frozen=True)
class Block:
    """What one program holds.

    Attributes
    ----------
    candidates : int
        Rows of the tile.
    regions : int
        Columns: the regions, padded to a power of two.
    num_warps : int
    """

    candidates: int
    regions: int
    num_warps: int


def block_of(n_regions: int, n_candidates: int) -> Block:
    """The block for a network of ``n_regions`` regions."""
    regions = max(next_power_of_two(n_regions), 16)
    if n_candidates <= _PROCESSORS or regions > _TENSOR_CORE_REGIONS:
        # four warps read the weights fast enough; more regions than threads would take turns
        return Block(1, regions, max(4, regions // 32))
    # 16 rows are the least that tensor cores take; 32 spill registers
    return Block(16, regions, 8)


def segment_steps(n_steps: int) -> int:
    """Steps of one kernel call: a gradient keeps a checkpoint of each and one trajectory of this length."""
    return max(math.isqrt(n_steps), min(n_steps, 64))
