"""How candidates, regions and steps are cut into the programs of the Pallas kernels."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ...core.pallas import next_power_of_two

__all__ = ['LARGEST', 'Block', 'block_of', 'segment_steps']

#: Regions whose weights, as two bfloat16 matrices, fit into shared memory.
LARGEST = 128


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


def block_of(n_regions: int) -> Block:
    """The block for a network of ``n_regions`` regions."""
    # 16 rows are the least that tensor cores take; 32 spill registers
    return Block(16, max(next_power_of_two(n_regions), 16), 8)


def segment_steps(n_steps: int) -> int:
    """Steps of one kernel call: a gradient keeps a checkpoint of each and one trajectory of this length."""
    return max(math.isqrt(n_steps), min(n_steps, 64))
