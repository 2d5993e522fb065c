"""Block sizes of the Pallas kernels, apart from the kernels."""

from __future__ import annotations

from typing import NamedTuple

from brainfit_fast.core.pallas import next_power_of_two

__all__ = ['Blocks', 'blocks']

# The smallest extent that a tensor-core product accepts on any axis.
_SMALLEST = 16


class Blocks(NamedTuple):
    """Extents of one program's tile, all powers of two.

    Attributes
    ----------
    regions : int
        Rows and columns of the tile of correlations.
    times : int
        Samples taken at once.
    num_warps : int
        Triton's warps per program.
    """

    regions: int
    times: int
    num_warps: int


def blocks(n_times: int, n_regions: int) -> Blocks:
    """Block sizes for one shape.

    Parameters
    ----------
    n_times, n_regions : int
        T and N.

    Returns
    -------
    Blocks
        At most 64 regions: a third of the instructions that tiles of 32 take. 64 samples would spill
        registers on sm_80.

    Examples
    --------
    >>> from brainfit_fast.ops.fc.heuristics import blocks
    >>> blocks(2000, 100)
    Blocks(regions=64, times=32, num_warps=8)
    """
    regions = min(64, max(_SMALLEST, next_power_of_two(n_regions)))
    times = min(32, max(_SMALLEST, next_power_of_two(n_times)))
    return Blocks(regions, times, 8 if regions == 64 else 4)
