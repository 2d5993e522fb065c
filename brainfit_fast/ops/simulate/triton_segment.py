"""Pallas kernels that run some steps of many candidates, forward and back.

One program holds a block of candidates for the whole segment: their states stay in registers, and each
sum over the connectome is a product of the block's features with the weights.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ...codegen.block_maths import Exact, Fast, Instructions, Ptx
from ...codegen.blocks import evaluate
from ...codegen.graph import Graph
from ...codegen.key_words import KeySplit, without_keys
from ...codegen.lower import REGION_INDEX
from ...codegen.node import Node, node_of
from ...core import pallas
from ...program.network_program import NetworkProgram
from .triton_heuristics import Block
from .triton_products import products

__all__ = ['Segment', 'advance_keys', 'run', 'walk_back']

FORWARD = 'brainfit_fast_simulate_forward_triton'
BACKWARD = 'brainfit_fast_simulate_backward_triton'
KEYS = 'brainfit_fast_simulate_keys_triton'


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
def split(program: NetworkProgram) -> KeySplit:
    """The graphs of a step without keys: advance, the same sampled, adjoint, the same sampled."""
    node = node_of(program)
    assert node.adjoint is not None and node.adjoint_sampled is not None
    return without_keys([node.advance, node.advance_sampled, node.adjoint, node.adjoint_sampled])


# -- keys ----------------------------------------------------------------------------------------------


def advance_keys(segment: Segment, keys: jax.Array, start: jax.Array) -> tuple[Any, Any]:
    """The words that the draws of each step begin with, and the keys after the last step.

    Parameters
    ----------
    segment : Segment
    keys : jax.Array
        ``(1 or C, K, 2)`` uint32.
    start : jax.Array
        Index of the first step.

    Returns
    -------
    words : jax.Array or None
        ``(n_steps, words, 1 or C)`` uint32; None where there are no keys.
    keys : jax.Array
    """
    pl = pallas.pl()
    parts = split(segment.program)
    extent, n_keys = keys.shape[:2]
    if not n_keys:
        return None, keys
    lanes = min(pallas.next_power_of_two(extent), 128)
    padded = -(-extent // lanes) * lanes
    maths = Exact()

    def kernel(given: Any, first: Any, words: Any, left: Any) -> None:
        def step(t: Any, carry: Any) -> Any:
            inputs = {f'key{k}.{w}': carry[2 * k + w] for k in range(n_keys) for w in (0, 1)}
            out = evaluate(parts.keys, {**inputs, 'i': first[0] + t}, maths)
            for w in range(parts.n_words):
                words[t, w, :] = jnp.broadcast_to(out[f'word{w}'], (lanes,))
            return tuple(
                jnp.broadcast_to(out[f'key{k}.{w}'], (lanes,))
                for k in range(n_keys)
                for w in (0, 1)
            )

        carry = tuple(given[k, w, :] for k in range(n_keys) for w in (0, 1))
        carry = lax.fori_loop(0, segment.n_steps, step, carry)
        for position, value in enumerate(carry):
            left[position // 2, position % 2, :] = value

    spread = jnp.pad(keys.transpose(1, 2, 0), ((0, 0), (0, 0), (0, padded - extent)))
    lane_block = pl.BlockSpec((n_keys, 2, lanes), lambda i: (0, 0, i))
    words, left = pallas.triton_call(
        kernel,
        name=KEYS,
        grid=(padded // lanes,),
        in_specs=[lane_block, pl.BlockSpec((1,), lambda i: (0,))],
        out_specs=[
            pl.BlockSpec((segment.n_steps, parts.n_words, lanes), lambda i: (0, 0, i)),
            lane_block,
        ],
        out_shape=[
            jax.ShapeDtypeStruct((segment.n_steps, parts.n_words, padded), jnp.uint32),
            jax.ShapeDtypeStruct((n_keys, 2, padded), jnp.uint32),
        ],
        num_warps=max(lanes // 32, 1),
        interpret=segment.interpret,
    )(spread, jnp.asarray(start, jnp.int32).reshape(1))
    return words[:, :, :extent], left[:, :, :extent].transpose(2, 0, 1)


# -- operands of a kernel --------------------------------------------------------------------------------


#: Arrays of one kind, and the axis of their candidates, which is cut into blocks unless it has extent 1.
_Given = dict[str, tuple[Sequence[Any], int | None]]
#: Results of one kind: how many, their shape, and the axis of their candidates.
_Wanted = dict[str, tuple[int, tuple[int, ...], int]]
_Refs = dict[str, list[Any]]


def _common(
    block: Block,
    parameters: Sequence[Any],
    weights: Sequence[Any],
    words: Any,
    inputs: Sequence[Any],
    start: Any,
) -> _Given:
    """What both directions read."""
    return {
        'parameters': (parameters, 0),
        'weights': (weights, 0 if block.candidates == 1 else None),
        'words': ([] if words is None else [words], 2),
        'inputs': (inputs, 0),
        'start': ([start], None),
    }


def _cut(shape: Sequence[int], axis: int | None, size: int) -> tuple[Any, Callable[[Any], Any]]:
    block = tuple(size if k == axis else extent for k, extent in enumerate(shape))
    return block, lambda i: tuple(i if k == axis else 0 for k in range(len(shape)))


def _parameter_inputs(refs: Sequence[Any]) -> dict[str, Any]:
    """Parameters: scalars where they are one number."""
    return {
        f'parameter{k}': ref[0, 0] if ref.shape == (1, 1) else ref[...]
        for k, ref in enumerate(refs)
    }


def _moving_inputs(segment: Segment, graph: Graph, t: Any, refs: _Refs) -> dict[str, Any]:
    """What differs from step to step and is given."""
    values: dict[str, Any] = {}
    wanted = set(graph.inputs())
    shape = (segment.block.candidates, segment.block.regions)
    if 'i' in wanted:
        values['i'] = refs['start'][0][0] + t
    if REGION_INDEX in wanted:
        values[REGION_INDEX] = lax.broadcasted_iota(jnp.uint32, shape, 1)
    for name in wanted:
        if name.startswith('word'):
            (words,), w = refs['words'], int(name[4:])
            values[name] = words[t, w, 0] if words.shape[2] == 1 else words[t, w, :][:, None]
        elif name.startswith('input'):
            values[name] = refs['inputs'][int(name[5:])][:, t, :]
    return values


def _multiply(segment: Segment, refs: _Refs, out: _Refs) -> Callable[[Sequence[Any]], list[Any]]:
    """One row block for each sum, times its weights."""
    n_regions, interpret = segment.program.n_regions, segment.interpret
    return products(
        segment.block, n_regions, refs['weights'], out['scratch'], segment.maths, interpret
    )


# -- forward -------------------------------------------------------------------------------------------


def run(
    segment: Segment,
    parameters: Sequence[Any],
    weights: Sequence[Any],
    words: Any,
    inputs: Sequence[Any],
    states: Sequence[Any],
    features: Sequence[Any],
    start: Any,
    *,
    kept: bool,
) -> dict[str, list[Any]]:
    """Run a segment.

    Parameters
    ----------
    segment : Segment
    parameters : sequence of jax.Array
        Each ``(1 or C, 1 or regions)``; C and regions are whole numbers of blocks here and below.
    weights : sequence of jax.Array
        One per sum, from :func:`pack_weights`.
    words : jax.Array or None
        From :func:`advance_keys`.
    inputs : sequence of jax.Array
        Each ``(1 or C, n_steps, 1 or regions)``.
    states, features : sequence of jax.Array
        ``(C, regions)``: before the first step.
    start : jax.Array
        Index of the first step, ``(1,)`` int32.
    kept : bool
        Whether to return what :func:`walk_back` reads.

    Returns
    -------
    dict
        ``states``, ``features`` after the last step; ``flag`` ``(C, regions)``, zero where every state was
        finite; ``samples`` ``(C, n_samples, regions)`` of each observable; and, if ``kept``, ``before``
        and ``sums``, ``(n_steps, C, regions)``: each state before and each sum of every step, and
        ``emitted``, the features after it of the channels that emit.
    """
    program, node, block = segment.program, segment.node, segment.block
    plain_graph, sampled_graph, _, _ = split(program).rests
    maths, shape = segment.maths, (block.candidates, block.regions)
    dtype = jnp.dtype(node.dtype)
    c = states[0].shape[0]
    given = _common(block, parameters, weights, words, inputs, start)
    given |= {'states': (states, 0), 'features': (features, 0)}
    n_channels, n_states = len(program.channels), len(states)
    emitting = [k for k, channel in enumerate(program.channels) if channel.emit is not None]
    groups = {
        'states': (n_states, (c, block.regions), 0),
        'features': (n_channels, (c, block.regions), 0),
        'flag': (1, (c, block.regions), 0),
        'samples': (
            len(node.observables) if segment.every else 0,
            (c, segment.n_samples, block.regions),
            0,
        ),
        'before': (n_states if kept else 0, (segment.n_steps, c, block.regions), 1),
        'sums': (node.n_sums if kept else 0, (segment.n_steps, c, block.regions), 1),
        'scratch': _scratch(segment, c),
        'emitted': (len(emitting) if kept else 0, (segment.n_steps, c, block.regions), 1),
    }

    def kernel(refs: _Refs, out: _Refs) -> None:
        fixed = _parameter_inputs(refs['parameters'])
        multiply = _multiply(segment, refs, out)

        def coupled(features: Sequence[Any]) -> tuple[Any, ...]:
            return tuple(multiply([features[s.channel] for s in program.sums]))

        def step(t: Any, carry: Any, sample: Any = None) -> Any:
            states, _, sums, flag = carry
            graph = plain_graph if sample is None else sampled_graph
            values = {**fixed, **_moving_inputs(segment, graph, t, refs)}
            values.update({f'state{k}': state for k, state in enumerate(states)})
            values.update({f'sum{k}': value for k, value in enumerate(sums)})
            if kept:
                for ref, value in zip(
                    (*out['before'], *out['sums']), (*states, *sums), strict=True
                ):
                    ref[t, :, :] = value
            results = evaluate(graph, values, maths)

            def tile(name: str) -> Any:
                return jnp.broadcast_to(jnp.asarray(results[name], dtype), shape)

            states = tuple(tile(f'state{k}') for k in range(n_states))
            for state in states:
                # zero, but NaN where the state is not finite
                flag = maths.fma(
                    state, np.zeros((), dtype)[()], flag, minus_product=False, minus_c=False
                )
            features = tuple(
                states[node.states.index(channel.state)]
                if channel.emit is None
                else tile(f'feature{k}')
                for k, channel in enumerate(program.channels)
            )
            if kept:
                for ref, k in zip(out['emitted'], emitting, strict=True):
                    ref[t, :, :] = features[k]
            if sample is not None:
                for k, source in enumerate(node.observables):
                    value = states[source] if source >= 0 else tile(f'observable{k}')
                    out['samples'][k][:, sample, :] = value
            return states, features, coupled(features), flag

        features = tuple(ref[...] for ref in refs['features'])
        carry = (
            tuple(ref[...] for ref in refs['states']),
            features,
            coupled(features),
            jnp.zeros(shape, dtype),
        )
        states, features, _, flag = _loop(segment, step, carry)
        for ref, value in zip(
            (*out['states'], *out['features'], *out['flag']),
            (*states, *features, flag),
            strict=True,
        ):
            ref[...] = value

    name = f'{FORWARD}_kept' if kept else FORWARD
    return _call(segment, kernel, name, given, groups, c)


def _loop(segment: Segment, step: Callable[..., Any], carry: Any) -> Any:
    """All steps in order; ``step(t, carry, sample)``."""
    n, every = segment.n_steps, segment.every
    if not every:
        return lax.fori_loop(0, n, step, carry)

    def sampled(m: Any, carry: Any) -> Any:
        carry = step(m * every, carry, m)
        if every == 1:
            return carry
        stop = jnp.minimum((m + 1) * every, n) if n % every else (m + 1) * every
        return lax.fori_loop(m * every + 1, stop, step, carry)

    return lax.fori_loop(0, segment.n_samples, sampled, carry)


def _reversed_loop(segment: Segment, step: Callable[..., Any], carry: Any) -> Any:
    """All steps from the last to the first."""
    n, every = segment.n_steps, segment.every
    if not every:
        return lax.fori_loop(0, n, lambda k, carry: step(n - 1 - k, carry), carry)

    def sampled(k: Any, carry: Any) -> Any:
        m = segment.n_samples - 1 - k
        if every > 1:
            stop = jnp.minimum((m + 1) * every, n) if n % every else (m + 1) * every
            count = stop - m * every - 1
            carry = lax.fori_loop(0, count, lambda q, carry: step(stop - 1 - q, carry), carry)
        return step(m * every, carry, m)

    return lax.fori_loop(0, segment.n_samples, sampled, carry)


def _scratch(segment: Segment, c: int) -> tuple[int, tuple[int, ...], int]:
    """Rows through which the threads of one candidate's program exchange what the sums read and give."""
    count = 2 * segment.node.n_sums if segment.block.candidates == 1 else 0
    return count, (c, segment.block.regions), 0


def _call(
    segment: Segment,
    kernel: Callable[[_Refs, _Refs], None],
    name: str,
    given: _Given,
    groups: _Wanted,
    c: int,
) -> dict[str, list[Any]]:
    """Run ``kernel(given, results)``, both by name, for all candidates."""
    block, spec = segment.block, pallas.pl().BlockSpec
    dtype = jnp.dtype(segment.node.dtype)
    arrays, in_specs, shapes, out_specs = [], [], [], []
    for leaves, axis in given.values():
        for leaf in leaves:
            cut = None if axis is None or leaf.shape[axis] == 1 else axis
            arrays.append(leaf)
            in_specs.append(spec(*_cut(leaf.shape, cut, block.candidates)))
    for count, extent, at in groups.values():
        shapes += [jax.ShapeDtypeStruct(extent, dtype)] * count
        out_specs += [spec(*_cut(extent, at, block.candidates))] * count
    counts_in = {key: len(leaves) for key, (leaves, _) in given.items()}
    counts_out = {key: count for key, (count, _, _) in groups.items()}

    def by_name(*refs: Any) -> None:
        take = iter(refs)
        kernel(_named(take, counts_in), _named(take, counts_out))

    out = pallas.triton_call(
        by_name,
        name=name,
        grid=(c // block.candidates,),
        in_specs=in_specs,
        out_specs=out_specs,
        out_shape=shapes,
        num_warps=block.num_warps,
        interpret=segment.interpret,
    )(*arrays)
    return _named(iter(out), counts_out)


def _named(take: Iterator[Any], counts: dict[str, int]) -> dict[str, list[Any]]:
    return {key: [next(take) for _ in range(count)] for key, count in counts.items()}


# -- adjoint -------------------------------------------------------------------------------------------


def walk_back(
    segment: Segment,
    parameters: Sequence[Any],
    weights: Sequence[Any],
    words: Any,
    inputs: Sequence[Any],
    before: Sequence[Any],
    sums: Sequence[Any],
    sample_bars: Sequence[Any],
    state_bars: Sequence[Any],
    feature_bars: Sequence[Any],
    start: Any,
    *,
    wanted: Sequence[bool],
    wanted_inputs: Sequence[bool],
    keep_sum_bars: bool,
) -> dict[str, list[Any]]:
    """The adjoint of :func:`run`.

    Parameters
    ----------
    segment, parameters, words, inputs, start
        As in :func:`run`.
    weights : sequence of jax.Array
        One per sum, transposed.
    before, sums : sequence of jax.Array
        What the run kept.
    sample_bars : sequence of jax.Array
        Cotangents of the samples of each observable.
    state_bars, feature_bars : sequence of jax.Array
        ``(C, regions)``: cotangents of what the run ended with.
    wanted, wanted_inputs : sequence of bool
        Which parameters and inputs have a cotangent.
    keep_sum_bars : bool
        Whether to return the cotangents of the sums.

    Returns
    -------
    dict
        ``state_bars``, ``feature_bars`` before the first step; ``parameter_bars`` ``(C, regions)`` of the
        wanted ones; ``input_bars`` ``(C, n_steps, regions)`` of the wanted ones; ``sum_bars``
        ``(n_steps, C, regions)``.
    """
    program, node, block = segment.program, segment.node, segment.block
    _, _, plain_graph, sampled_graph = split(program).rests
    maths, shape = segment.maths, (block.candidates, block.regions)
    dtype = jnp.dtype(node.dtype)
    c = state_bars[0].shape[0]
    given = _common(block, parameters, weights, words, inputs, start)
    given |= {
        'before': (before, 1),
        'sums': (sums, 1),
        'sample_bars': (sample_bars, 0),
        'state_bars': (state_bars, 0),
        'feature_bars': (feature_bars, 0),
    }
    n_channels, n_states = len(program.channels), len(state_bars)
    tile, series = (c, block.regions), (segment.n_steps, c, block.regions)
    groups = {
        'state_bars': (n_states, tile, 0),
        'feature_bars': (n_channels, tile, 0),
        'parameter_bars': (sum(wanted), tile, 0),
        'input_bars': (sum(wanted_inputs), (c, segment.n_steps, block.regions), 0),
        'sum_bars': (node.n_sums if keep_sum_bars else 0, series, 1),
        'scratch': _scratch(segment, c),
    }
    wanted_parameters = [k for k, want in enumerate(wanted) if want]

    def kernel(refs: _Refs, out: _Refs) -> None:
        fixed = _parameter_inputs(refs['parameters'])
        multiply = _multiply(segment, refs, out)
        for ref in out['parameter_bars']:
            ref[...] = jnp.zeros(shape, dtype)

        def step(t: Any, carry: Any, sample: Any = None) -> Any:
            state_bars, feature_bars = list(carry[0]), carry[1]
            graph = plain_graph if sample is None else sampled_graph
            values = {**fixed, **_moving_inputs(segment, graph, t, refs)}
            values.update({f'state{k}': ref[t, :, :] for k, ref in enumerate(refs['before'])})
            values.update({f'sum{k}': ref[t, :, :] for k, ref in enumerate(refs['sums'])})
            for k, channel in enumerate(program.channels):
                if channel.emit is None:
                    state_bars[node.states.index(channel.state)] += feature_bars[k]
                else:
                    values[f'feature{k}.after'] = feature_bars[k]
            if sample is not None:
                for k, source in enumerate(node.observables):
                    bar = refs['sample_bars'][k][:, sample, :]
                    if source >= 0:
                        state_bars[source] += bar
                    else:
                        values[f'observable{k}.after'] = bar
            values.update({f'state{k}.after': bar for k, bar in enumerate(state_bars)})
            results = evaluate(graph, values, maths)

            def bar_of(name: str) -> Any:
                return jnp.broadcast_to(jnp.asarray(results[f'{name}.bar'], dtype), shape)

            for ref, k in zip(out['parameter_bars'], wanted_parameters, strict=True):
                if not _is_zero(graph, f'parameter{k}.bar'):
                    # in memory: registers for all of them would spill
                    ref[...] += bar_of(f'parameter{k}')
            input_outs = iter(out['input_bars'])
            for k, want in enumerate(wanted_inputs):
                if want:
                    next(input_outs)[:, t, :] = bar_of(f'input{k}')
            sum_bars = [bar_of(f'sum{k}') for k in range(node.n_sums)]
            if keep_sum_bars:
                for ref, bar in zip(out['sum_bars'], sum_bars, strict=True):
                    ref[t, :, :] = bar
            owed: list[Any] = [None] * n_channels
            for s, product in zip(program.sums, multiply(sum_bars), strict=True):
                owed[s.channel] = product if owed[s.channel] is None else owed[s.channel] + product
            owed = [jnp.zeros(shape, dtype) if bar is None else bar for bar in owed]
            return tuple(bar_of(f'state{k}') for k in range(n_states)), tuple(owed)

        carry = tuple(
            tuple(ref[...] for ref in refs[name]) for name in ('state_bars', 'feature_bars')
        )
        state_bars_, feature_bars_ = _reversed_loop(segment, step, carry)
        for ref, value in zip(
            (*out['state_bars'], *out['feature_bars']), (*state_bars_, *feature_bars_), strict=True
        ):
            ref[...] = value

    return _call(segment, kernel, BACKWARD, given, groups, c)


def _is_zero(graph: Graph, name: str) -> bool:
    return graph.constant(graph.outputs[name]) == 0
