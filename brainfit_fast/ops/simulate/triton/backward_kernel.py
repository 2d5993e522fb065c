"""The Pallas kernel that walks back over the steps of a segment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from ....codegen.blocks import evaluate
from ....codegen.graph import Graph
from .kernel import (
    Links,
    Refs,
    Segment,
    Wanted,
    between_threads,
    call,
    common,
    coupling,
    deep_channels,
    moving_inputs,
    parameter_inputs,
    split,
)
from .loops import backwards

__all__ = ['bars_after', 'is_zero', 'walk_back']

BACKWARD = 'brainfit_fast_simulate_backward_triton'


def walk_back(
    segment: Segment,
    parameters: Sequence[Any],
    links: Links,
    words: Any,
    inputs: Sequence[Any],
    before: Sequence[Any],
    sums: Sequence[Any],
    sample_bars: Sequence[Any],
    state_bars: Sequence[Any],
    feature_bars: Sequence[Any],
    start: Any,
    *,
    past_bars: Sequence[Any],
    histories: Sequence[Any],
    wanted: Sequence[bool],
    wanted_inputs: Sequence[bool],
    keep_sum_bars: Sequence[bool],
) -> dict[str, list[Any]]:
    """The adjoint of :func:`run`.

    Parameters
    ----------
    segment, parameters, words, inputs, start
        As in :func:`run`.
    links : Links
        Transposed.
    before, sums : sequence of jax.Array
        What the run kept.
    sample_bars : sequence of jax.Array
        Cotangents of the samples of each observable.
    state_bars, feature_bars : sequence of jax.Array
        ``(C, regions)``: cotangents of what the run ended with.
    past_bars : sequence of jax.Array
        For each channel with a past, ``(C, n_steps, regions)``: cotangents that its features before each
        step have from elsewhere.
    histories : sequence of jax.Array
        For each delayed sum its cotangents after the last step, and memory before them for those of the
        steps.
    wanted, wanted_inputs : sequence of bool
        Which parameters and inputs have a cotangent.
    keep_sum_bars : sequence of bool
        For each sum, whether to return its cotangents.

    Returns
    -------
    dict
        ``state_bars``, ``feature_bars`` before the first step; ``parameter_bars`` ``(C, regions)`` of the
        wanted ones; ``input_bars`` ``(C, n_steps, regions)`` of the wanted ones; ``sum_bars``
        ``(n_steps, C, regions)`` of those to keep; and the ``histories``, complete.
    """
    program, node, block = segment.program, segment.node, segment.block
    _, _, plain_graph, sampled_graph = split(program).rests
    maths, shape = segment.maths, (block.candidates, block.regions)
    dtype = jnp.dtype(node.dtype)
    c = state_bars[0].shape[0]
    given = common(block, parameters, links, words, inputs, start)
    given |= {
        'before': (before, 1),
        'sums': (sums, 1),
        'sample_bars': (sample_bars, 0),
        'state_bars': (state_bars, 0),
        'feature_bars': (feature_bars, 0),
        'past_bars': (past_bars, 0),
        'histories': (histories, 0),
    }
    programs = c // block.candidates
    n_channels, n_states = len(program.channels), len(state_bars)
    tile, series = (c, block.regions), (segment.n_steps, c, block.regions)
    groups: Wanted = {
        'state_bars': ([tile] * n_states, 0),
        'feature_bars': ([tile] * n_channels, 0),
        'parameter_bars': ([tile] * sum(wanted), 0),
        'input_bars': ([(c, segment.n_steps, block.regions)] * sum(wanted_inputs), 0),
        'sum_bars': ([series] * sum(keep_sum_bars), 1),
        'histories': ([leaf.shape for leaf in histories], 0),
        **between_threads(segment, programs),
    }
    deep, slow = deep_channels(program), [k for k, s in enumerate(program.sums) if s.delayed]
    wanted_parameters = [k for k, want in enumerate(wanted) if want]

    def kernel(refs: Refs, out: Refs) -> None:
        fixed = parameter_inputs(refs['parameters'])
        couple = coupling(segment, refs, out, back=True)
        for ref in out['parameter_bars']:
            ref[...] = jnp.zeros(shape, dtype)

        def step(t: Any, carry: Any, sample: Any = None) -> Any:
            state_bars, feature_bars = carry
            graph = plain_graph if sample is None else sampled_graph
            values = {**fixed, **moving_inputs(segment, graph, t, refs)}
            values.update({f'state{k}': ref[t, :, :] for k, ref in enumerate(refs['before'])})
            values.update({f'sum{k}': ref[t, :, :] for k, ref in enumerate(refs['sums'])})
            found = [] if sample is None else [ref[:, sample, :] for ref in refs['sample_bars']]
            values.update(bars_after(segment, state_bars, feature_bars, found))
            results = evaluate(graph, values, maths)

            def bar_of(name: str) -> Any:
                return jnp.broadcast_to(jnp.asarray(results[f'{name}.bar'], dtype), shape)

            for ref, k in zip(out['parameter_bars'], wanted_parameters, strict=True):
                if not is_zero(graph, f'parameter{k}.bar'):
                    # in memory: registers for all of them would spill
                    ref[...] += bar_of(f'parameter{k}')
            input_outs = iter(out['input_bars'])
            for k, want in enumerate(wanted_inputs):
                if want:
                    next(input_outs)[:, t, :] = bar_of(f'input{k}')
            sum_bars = [bar_of(f'sum{k}') for k in range(node.n_sums)]
            kept = [bar for bar, keep in zip(sum_bars, keep_sum_bars, strict=True) if keep]
            for ref, bar in zip(out['sum_bars'], kept, strict=True):
                ref[t, :, :] = bar
            products = couple(segment.n_steps - 1 - t, sum_bars, [sum_bars[k] for k in slow])
            owed: list[Any] = [None] * n_channels
            for k, ref in zip(deep, refs['past_bars'], strict=True):
                owed[k] = ref[:, t, :]
            for s, product in zip(program.sums, products, strict=True):
                owed[s.channel] = product if owed[s.channel] is None else owed[s.channel] + product
            owed = [jnp.zeros(shape, dtype) if bar is None else bar for bar in owed]
            return tuple(bar_of(f'state{k}') for k in range(n_states)), tuple(owed)

        carry = tuple(
            tuple(ref[...] for ref in refs[name]) for name in ('state_bars', 'feature_bars')
        )
        state_bars_, feature_bars_ = backwards(segment, step, carry)
        for ref, value in zip(
            (*out['state_bars'], *out['feature_bars']), (*state_bars_, *feature_bars_), strict=True
        ):
            ref[...] = value

    return call(
        segment, kernel, BACKWARD, given, groups, programs, changed=['histories'], back=True
    )


def bars_after(
    segment: Segment,
    state_bars: Sequence[Any],
    feature_bars: Sequence[Any],
    sample_bars: Sequence[Any],
) -> dict[str, Any]:
    """Cotangents after a step as inputs of its adjoint; ``sample_bars`` is empty where it is not sampled."""
    node, bars = segment.node, list(state_bars)
    values = {}
    for k, channel in enumerate(segment.program.channels):
        if channel.emit is None:
            bars[node.states.index(channel.state)] += feature_bars[k]
        else:
            values[f'feature{k}.after'] = feature_bars[k]
    for k, bar in enumerate(sample_bars):
        source = node.observables[k]
        if source >= 0:
            bars[source] += bar
        else:
            values[f'observable{k}.after'] = bar
    return values | {f'state{k}.after': bar for k, bar in enumerate(bars)}


def is_zero(graph: Graph, name: str) -> bool:
    """Whether an output of a graph is always zero."""
    return graph.constant(graph.outputs[name]) == 0
