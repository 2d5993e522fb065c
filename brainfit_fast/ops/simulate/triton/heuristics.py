"""How candidates, regions and steps are cut into the programs of the Pallas kernels."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ....codegen.graph import Graph
from ....core.pallas import next_power_of_two

__all__ = ['LARGEST', 'PER_TARGET', 'Block', 'block_of', 'work_of']

#: Regions of which a program has one thread for each.
LARGEST = 512

#: Regions whose weights, as two bfloat16 matrices, fit into shared memory.
_TENSOR_CORE_REGIONS = 128

#: Fewer candidates than a GPU has processors get one each: a step then takes half the time of a step of 16.
_PROCESSORS = 128

#: Candidates that share a program where sums are delayed: their values at one time lie together, 16 bytes.
_TOGETHER_DELAYED = 4

#: Steps of which the delayed sums are read at once. More would double the pairs that are too near for it.
_AHEAD = 16

#: Values that a thread sums at once where sums are delayed; the other registers hold what is on its way.
PER_TARGET = 64

#: With more regions a thread has twice as many of them or half the registers, and room for half the values.
_WIDE = 256

#: Equations (:func:`work_of`) that tiles of 2048 and of 1024 values hold, walking back. 25 node models of
#: brainmass 0.1.1 were compiled for sm_90a, without noise: up to the first limit none spills registers in the
#: larger tile, up to the second none in the smaller one.
_WORK, _WORK_IN_PANELS = 220, 300


@dataclass(frozen=True)
class Block:
    """What one program holds.

    Attributes
    ----------
    candidates : int
        Rows of the tile.
    regions : int
        Columns: the regions, padded to a power of two, or to whole panels.
    num_warps : int
    ahead : int
        Steps of which the delayed sums are read at once; 0 without delays.
    panel : int
        Columns that are computed at once, one panel after the other, and their states wait in memory;
        0: all, and states stay in registers.
    launches : bool
        Whether each step is a launch, and each panel a program.
    precision : str
        Of products: ``'bfloat16x3'``, ``'tensorfloat32'`` or ``'float32'``.
    """

    candidates: int
    regions: int
    num_warps: int
    ahead: int = 0
    panel: int = 0
    launches: bool = False
    precision: str = 'bfloat16x3'

    @property
    def back(self) -> Block:
        """What a program of the kernels that walk back holds."""
        if self.launches:
            return replace(self, num_warps=2 * self.num_warps)
        if self.ahead or self.candidates == 1:
            return self
        # narrow panels spill registers here, wide ones where steps are run
        return replace(self, num_warps=8, panel=64 if self.panel else 0)

    @property
    def sources(self) -> int:
        """Sources of a sum that are read at once, where shared memory does not hold the weights of all."""
        if self.panel and not self.launches:
            return self.panel
        # 16 and 64 take more instructions for one candidate, and 64 spill registers of launches
        return min(32, self.regions)

    @property
    def delayed_sources(self) -> int:
        """Sources of a delayed sum that are read at once."""
        values = PER_TARGET if self.regions <= _WIDE else PER_TARGET // 2
        return min(values // (self.ahead * self.candidates), self.regions)


def work_of(graph: Graph) -> int:
    """A measure of the registers that a step or its adjoint needs.

    Parameters
    ----------
    graph : Graph

    Returns
    -------
    int
        Operations that depend on states or sums, and ten for each state.
    """
    depends = set()
    for value in graph.live():
        op = graph.ops[value]
        if op.name == 'input':
            own = op.data[0].startswith(('state', 'sum', 'feature', 'observable'))
        else:
            own = any(arg in depends for arg in op.args)
        if own:
            depends.add(value)
    n_states = sum(name.startswith('state') for name in graph.outputs)
    return len(depends) + 10 * n_states


def block_of(
    n_regions: int,
    n_candidates: int,
    longest: int = 0,
    *,
    alike: bool = True,
    precision: str = 'bfloat16x3',
    work: int = 0,
) -> Block:
    """The block for a network.

    Parameters
    ----------
    n_regions, n_candidates : int
    longest : int, optional
        Longest delay in steps.
    alike : bool, optional
        Whether candidates have the same weights and delays, and may share a program.
    precision : str, optional
        Of products.
    work : int, optional
        How much a thread has to remember: :func:`work_of` the program.

    Returns
    -------
    Block
    """
    many = alike and n_candidates > _PROCESSORS and work <= _WORK_IN_PANELS
    if longest:
        return _delayed(n_regions, longest, many=many)
    if n_regions > LARGEST or (many and precision == 'float32'):
        # float32 without tensor cores takes registers that the states of a whole program would need
        return _launched(n_regions, precision, many=many, alike=alike)
    regions = max(next_power_of_two(n_regions), 16)
    if not many:
        return Block(1, regions, _warps(regions))
    # 16 rows are the least that tensor cores take; 32 spill registers
    if regions > _TENSOR_CORE_REGIONS or (regions == _TENSOR_CORE_REGIONS and work > _WORK):
        # a wider panel, or other numbers of warps, spill registers for one model or another
        return Block(16, _whole(n_regions, 64), 4, panel=32, precision=precision)
    # eight warps squeeze TF32 into half of the registers, and one model spills
    wide = precision == 'tensorfloat32' and regions == _TENSOR_CORE_REGIONS
    return Block(16, regions, 16 if wide else 8, precision=precision)


def _delayed(n_regions: int, longest: int, *, many: bool) -> Block:
    regions = max(next_power_of_two(n_regions), 16)
    warps = _warps(regions)
    # three quarters of evenly spread delays reach back that far
    ahead = min(1 << max(longest // 4, 1).bit_length() - 1, _AHEAD)
    if not many:
        return Block(1, regions, warps, ahead)
    if regions > _WIDE:
        # with eight warps a thread has twice the registers: of what was tried this alone spills none
        return Block(_TOGETHER_DELAYED, regions, 8, min(ahead, _AHEAD // 2))
    return Block(_TOGETHER_DELAYED, regions, warps, ahead)


def _launched(n_regions: int, precision: str, *, many: bool, alike: bool) -> Block:
    # more rows would read the weights less often, and spill registers; narrow panels give few candidates more
    # programs. A thread holds eight values of a tile, and fewer take more instructions; walking back it holds
    # four, where eight would take all registers
    panel, warps = (64, 4) if many else (32, 2)
    regions = _whole(n_regions, panel)
    return Block(
        16 if alike else 1, regions, warps, panel=panel, launches=True, precision=precision
    )


def _warps(regions: int) -> int:
    # four warps read the weights fast enough; more regions than threads would take turns
    return max(4, regions // 32)


def _whole(n_regions: int, panel: int) -> int:
    return -(-n_regions // panel) * panel
