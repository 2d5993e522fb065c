"""What the Pallas kernels of ``simulate`` share: a segment of a run, operands by name, and the coupling.

One program holds a block of candidates for the whole segment: their states stay in registers, and each
sum over the connectome is a product of the block's features with the weights.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from ....codegen.apart import Parts
from ....codegen.block_maths import Exact, Fast, Instructions, Ptx
from ....codegen.key_words import without_keys
from ....codegen.node import Node, node_of
from ....core import pallas
from ....program.network_program import NetworkProgram
from .delays import Tables, delayed, tables_of
from .heuristics import Block
from .products import pack_weights, products

__all__ = [
    'Common',
    'Given',
    'Links',
    'Refs',
    'Segment',
    'Wanted',
    'between_threads',
    'call',
    'coupling',
    'deep_channels',
    'split',
]


@dataclass(frozen=True)
class Segment:
    """What is static in a kernel.

    Attributes
    ----------
    program : NetworkProgram
    n_steps : int
    every : int
        The first step is sampled and each ``every``-th after it; 0 samples none.
    block : Block
        Candidates and padded regions of one program.
    interpret : bool
        Evaluate with XLA on any device.
    """

    program: NetworkProgram
    n_steps: int
    every: int
    block: Block
    interpret: bool

    @property
    def node(self) -> Node:
        """The lowered program."""
        return node_of(self.program)

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return -(-self.n_steps // self.every) if self.every else 0

    @property
    def maths(self) -> Exact:
        """How elementary functions are computed."""
        if self.node.dtype != 'float32':
            return Exact()
        return Fast(
            Instructions() if self.interpret else Ptx(pallas.triton().elementwise_inline_asm)
        )


@functools.lru_cache(maxsize=64)
def split(program: NetworkProgram) -> Parts:
    """The graphs of a step without keys: advance, the same sampled, adjoint, the same sampled.

    Then, where tracked states are updated after some steps only, the four for these.
    """
    node = node_of(program)
    assert node.adjoint is not None and node.adjoint_sampled is not None
    plain = [node.advance, node.advance_sampled, node.adjoint, node.adjoint_sampled]
    return without_keys([*plain, *node.tracked.values()])


# -- the connectome --------------------------------------------------------------------------------------


class Links(NamedTuple):
    """The weights of all sums as kernels read them.

    Attributes
    ----------
    dense : tuple of jax.Array
        From :func:`pack_weights`, of the sums without delays.
    tables : tuple of Tables
        Of the others.
    plain : tuple of jax.Array
        All as they are given.
    """

    dense: tuple[Any, ...]
    tables: tuple[Tables, ...]
    plain: tuple[Any, ...]

    @classmethod
    def of(
        cls,
        program: NetworkProgram,
        weights: Sequence[Any],
        delays: Sequence[Any],
        block: Block,
        *,
        transposed: bool,
    ) -> Links:
        """From weights, one per sum, and delays, one per delayed sum."""
        later = iter(delays)
        dense, tables = [], []
        for s, weight in zip(program.sums, weights, strict=True):
            if s.delayed:
                tables.append(tables_of(weight, next(later), block, transposed=transposed))
            else:
                dense.append(pack_weights(weight, block, transposed=transposed))
        return cls(tuple(dense), tuple(tables), tuple(weights))


def coupling(
    segment: Segment, refs: Refs, out: Refs, *, back: bool
) -> Callable[[Any, Sequence[Any], Sequence[Any]], list[Any]]:
    """What sums over the connectome.

    Returns
    -------
    callable
        ``couple(k, rows, kept) -> sums`` at the k-th step that is run: of ``rows``, one per sum, those
        without delays are multiplied; of ``kept``, one per history, earlier rows are.
    """
    program, block = segment.program, segment.block
    dense = [k for k, s in enumerate(program.sums) if not s.delayed]
    slow = [k for k, s in enumerate(program.sums) if s.delayed]
    multiply = products(
        block, program.n_regions, refs['weights'], out['scratch'], segment.maths, segment.interpret
    )
    flat, width = refs['tables'], len(Tables._fields)
    tables = [Tables(*flat[k : k + width]) for k in range(0, len(flat), width)]
    deep = deep_channels(program)
    reads = range(len(slow)) if back else [deep.index(program.sums[k].channel) for k in slow]
    remember = delayed(
        block, segment.n_steps, program.n_regions, tables, out['histories'], reads, out['ahead'],
        segment.maths, back=back, interpret=segment.interpret,
    )  # fmt: skip

    def couple(k: Any, rows: Sequence[Any], kept: Sequence[Any]) -> list[Any]:
        sums: list[Any] = [None] * len(program.sums)
        if dense:
            for s, value in zip(dense, multiply([rows[s] for s in dense]), strict=True):
                sums[s] = value
        if kept:
            for s, value in zip(slow, remember(k, kept), strict=True):
                sums[s] = value
        return sums

    return couple


def deep_channels(program: NetworkProgram) -> list[int]:
    """The channels that have a past."""
    return [k for k, channel in enumerate(program.channels) if channel.depth > 1]


def between_threads(segment: Segment, programs: int) -> Wanted:
    """Memory through which the threads of a program exchange what the sums read and give."""
    block, sums = segment.block, segment.program.sums
    n_dense = sum(not s.delayed for s in sums)
    rows = (programs * block.candidates, block.regions)
    columns = (programs, block.regions, block.ahead * block.candidates)
    return {
        'scratch': ([rows] * (2 * n_dense if block.candidates == 1 else 0), 0),
        'ahead': ([columns] * (len(sums) - n_dense), 0),
    }


# -- operands by name ------------------------------------------------------------------------------------


#: Arrays of one kind, and the axis of their candidates, which is cut into blocks unless it has extent 1.
Given = dict[str, tuple[Sequence[Any], int | None]]
#: Results of one kind: shapes, or arrays like them, and the axis of their candidates.
Wanted = dict[str, tuple[Sequence[Any], int]]
Refs = dict[str, list[Any]]


class Common(NamedTuple):
    """What both directions read.

    Attributes
    ----------
    parameters : sequence of jax.Array
        Each ``(1 or C, 1 or regions)``; C and regions are whole numbers of blocks wherever kernels are given
        them.
    links : Links
        Transposed for the adjoint.
    words : jax.Array or None
        From :func:`advance_keys`.
    inputs : sequence of jax.Array
        Each ``(1 or C, n_steps, 1 or regions)``.
    start : jax.Array
        Index of the first step, ``(1,)`` int32.
    """

    parameters: Sequence[Any]
    links: Links
    words: Any
    inputs: Sequence[Any]
    start: Any

    def given(self, block: Block) -> Given:
        """The same by kind."""
        return {
            'parameters': (self.parameters, 0),
            'weights': (self.links.dense, 0 if block.candidates == 1 else None),
            'tables': ([leaf for table in self.links.tables for leaf in table], 0),
            'words': ([] if self.words is None else [self.words], 2),
            'inputs': (self.inputs, 0),
            'start': ([self.start], None),
        }


#: What a program reads whole although others compute other regions.
_WHOLE = ('words', 'start', 'rows')


def call(
    segment: Segment,
    kernel: Callable[[Refs, Refs], None],
    name: str,
    given: Given,
    groups: Wanted,
    programs: int,
    *,
    changed: Sequence[str] = (),
) -> dict[str, list[Any]]:
    """Run ``kernel(given, results)``, both by name, for all candidates.

    Of the kinds ``changed``, which are given and wanted, each is one array, which the kernel changes.
    """
    block, dtype = segment.block, jnp.dtype(segment.node.dtype)
    panels = block.regions // block.panel if block.launches else 1

    def spec(kind: str, shape: Sequence[int], axis: int | None) -> Any:
        parts = [1] * len(shape)
        if axis is not None and shape[axis] > 1:
            parts[axis] = programs
        across = shape[-1] == block.regions and kind not in _WHOLE
        own = [extent // n for extent, n in zip(shape, parts, strict=True)]
        if across:
            own[-1] //= panels

        def index(i: Any, p: Any) -> tuple[Any, ...]:
            found = [i if n > 1 else 0 for n in parts]
            if across:
                found[-1] = p
            return tuple(found)

        return pallas.pl().BlockSpec(tuple(own), index)

    arrays = [leaf for leaves, _ in given.values() for leaf in leaves]
    wanted = {
        kind: (
            [
                jax.ShapeDtypeStruct(getattr(s, 'shape', s), getattr(s, 'dtype', dtype))
                for s in shapes
            ],
            axis,
        )
        for kind, (shapes, axis) in groups.items()
    }
    counts_in = {kind: len(leaves) for kind, (leaves, _) in given.items()}
    counts_out = {kind: len(shapes) for kind, (shapes, _) in wanted.items()}

    def by_name(*refs: Any) -> None:
        take = iter(refs)
        kernel(_named(take, counts_in), _named(take, counts_out))

    out = pallas.triton_call(
        by_name,
        name=name,
        grid=(programs, panels),
        in_specs=[
            spec(kind, leaf.shape, axis)
            for kind, (leaves, axis) in given.items()
            for leaf in leaves
        ],
        out_specs=[
            spec(kind, like.shape, axis) for kind, (likes, axis) in wanted.items() for like in likes
        ],
        out_shape=[like for likes, _ in wanted.values() for like in likes],
        num_warps=block.num_warps,
        interpret=segment.interpret,
        aliases={
            a: b
            for kind in changed
            for a, b in zip(_at(counts_in, kind), _at(counts_out, kind), strict=True)
        },
    )(*arrays)
    return _named(iter(out), counts_out)


def _named(take: Iterator[Any], counts: dict[str, int]) -> dict[str, list[Any]]:
    return {key: [next(take) for _ in range(count)] for key, count in counts.items()}


def _at(counts: dict[str, int], name: str) -> range:
    """Positions of the arrays of one kind."""
    names = list(counts)
    first = sum(counts[other] for other in names[: names.index(name)])
    return range(first, first + counts[name])
