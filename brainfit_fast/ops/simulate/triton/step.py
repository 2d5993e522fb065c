"""One step of a tile inside a kernel, forward and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import lax

from ....codegen.blocks import evaluate
from ....codegen.graph import Graph
from ....codegen.lower import REGION_INDEX
from .kernel import Refs, Segment, Wanted, split

__all__ = [
    'Tile',
    'Which',
    'advance',
    'parameters_of',
    'pull_back',
    'written',
    'written_back',
]


class Tile(NamedTuple):
    """The regions of a program that are computed at once.

    Attributes
    ----------
    shape : tuple of int
        Candidates and regions.
    at : slice
        Where they lie in what the program refers to.
    first : int
        Index of the first region in the network.
    """

    shape: tuple[int, int]
    at: Any = slice(None)
    first: Any = 0


class Which(NamedTuple):
    """Which parameters, inputs and sums have a cotangent that is returned."""

    parameters: tuple[bool, ...]
    inputs: tuple[bool, ...]
    sums: tuple[bool, ...]


def written(segment: Segment, c: int, *, kept: bool) -> Wanted:
    """What :func:`advance` writes, for ``c`` candidates; ``kept`` where the adjoint will read it."""
    node, n = segment.node, segment.block.regions
    series = (segment.n_steps, c, n)
    samples = [(c, segment.n_samples, n)] * len(node.observables)
    emitting = [channel for channel in segment.program.channels if channel.emit is not None]
    return {
        'samples': (samples if segment.every else [], 0),
        'before': ([series] * len(node.states) * kept, 1),
        'sums': ([series] * node.n_sums * kept, 1),
        'emitted': ([series] * len(emitting) * kept, 1),
    }


def written_back(segment: Segment, c: int, which: Which) -> Wanted:
    """What :func:`pull_back` writes."""
    n = segment.block.regions
    return {
        'parameter_bars': ([(c, n)] * sum(which.parameters), 0),
        'input_bars': ([(c, segment.n_steps, n)] * sum(which.inputs), 0),
        'sum_bars': ([(segment.n_steps, c, n)] * sum(which.sums), 1),
    }


def advance(
    segment: Segment,
    refs: Refs,
    out: Refs,
    parameters: dict[str, Any],
    t: Any,
    sample: Any,
    tile: Tile,
    states: Sequence[Any],
    sums: Sequence[Any],
    flag: Any,
) -> tuple[tuple[Any, ...], tuple[Any, ...], Any]:
    """Advance a tile by one step, and write what is sampled and what the adjoint reads.

    Parameters
    ----------
    segment : Segment
    refs, out : dict
        References by kind: ``words``, ``inputs``, ``start`` are read; ``samples`` and, where there are any,
        ``before``, ``sums`` and ``emitted`` are written.
    parameters : dict
        From :func:`parameters_of`.
    t : int
        Step of the segment.
    sample : int or None
        Row of the sample that follows the step.
    tile : Tile
    states, sums : sequence of array
        Before the step.
    flag : array
        Zero where all states so far were finite, else NaN.

    Returns
    -------
    states, features, flag
        After it.
    """
    node, channels, maths = segment.node, segment.program.channels, segment.maths
    graphs = _forms(segment, int(sample is not None))
    values = {**parameters, **_given(graphs, refs, t, tile)}
    values |= {f'state{k}': state for k, state in enumerate(states)}
    values |= {f'sum{k}': value for k, value in enumerate(sums)}
    if out['before']:
        for ref, value in zip((*out['before'], *out['sums']), (*states, *sums), strict=True):
            ref[t, :, tile.at] = value
    emitting = [k for k, channel in enumerate(channels) if channel.emit is not None]
    computed = [k for k, source in enumerate(node.observables) if source < 0 and sample is not None]
    names = (
        [f'state{k}' for k in range(len(states))],
        [f'feature{k}' for k in emitting],
        [f'observable{k}' for k in computed],
    )
    after, emits, seen = _take(segment, graphs, refs, t, values, names, tile)
    for state in after:
        # zero, but NaN where the state is not finite
        zero = np.zeros((), node.dtype)[()]
        flag = maths.fma(state, zero, flag, minus_product=False, minus_c=False)
    of_channel = dict(zip(emitting, emits, strict=True))
    features = tuple(
        after[node.states.index(channel.state)] if channel.emit is None else of_channel[k]
        for k, channel in enumerate(channels)
    )
    if out['emitted']:
        for ref, feature in zip(out['emitted'], emits, strict=True):
            ref[t, :, tile.at] = feature
    if sample is not None:
        later = iter(seen)
        for k, source in enumerate(node.observables):
            value = after[source] if source >= 0 else next(later)
            out['samples'][k][:, sample, tile.at] = value
    return after, features, flag


def pull_back(
    segment: Segment,
    refs: Refs,
    out: Refs,
    parameters: dict[str, Any],
    t: Any,
    sample: Any,
    tile: Tile,
    state_bars: Sequence[Any],
    feature_bars: Sequence[Any],
    which: Which,
) -> tuple[tuple[Any, ...], list[Any]]:
    """The adjoint of :func:`advance`.

    Parameters
    ----------
    segment, parameters, t, sample, tile
        As there.
    refs, out : dict
        Read are also ``before``, ``sums`` and ``sample_bars``; cotangents are added to ``parameter_bars`` and
        written to ``input_bars`` and ``sum_bars``.
    state_bars, feature_bars : sequence of array
        Cotangents of what followed the step.
    which : Which

    Returns
    -------
    state_bars, sum_bars
        Of what was before it.
    """
    node = segment.node
    graphs = _forms(segment, 2 + int(sample is not None))
    values = {**parameters, **_given(graphs, refs, t, tile)}
    values |= {f'state{k}': ref[t, :, tile.at] for k, ref in enumerate(refs['before'])}
    values |= {f'sum{k}': ref[t, :, tile.at] for k, ref in enumerate(refs['sums'])}
    bars = list(state_bars)
    for k, channel in enumerate(segment.program.channels):
        if channel.emit is None:
            bars[node.states.index(channel.state)] += feature_bars[k]
        else:
            values[f'feature{k}.after'] = feature_bars[k]
    for k, source in enumerate(node.observables if sample is not None else ()):
        bar = refs['sample_bars'][k][:, sample, tile.at]
        if source >= 0:
            bars[source] += bar
        else:
            values[f'observable{k}.after'] = bar
    values |= {f'state{k}.after': bar for k, bar in enumerate(bars)}
    wanted = [k for k, want in enumerate(which.parameters) if want]
    moving = {
        k: ref
        for k, ref in zip(wanted, out['parameter_bars'], strict=True)
        if not all(_is_zero(graph, f'parameter{k}.bar') for graph in graphs)
    }
    names = (
        [f'state{k}.bar' for k in range(len(bars))],
        [f'sum{k}.bar' for k in range(node.n_sums)],
        [f'input{k}.bar' for k, want in enumerate(which.inputs) if want],
        [f'parameter{k}.bar' for k in moving],
    )
    state_bars, sum_bars, input_bars, parameter_bars = _take(
        segment, graphs, refs, t, values, names, tile
    )
    for ref, bar in zip(moving.values(), parameter_bars, strict=True):
        # in memory: registers for all of them would spill
        ref[:, tile.at] += bar
    for ref, bar in zip(out['input_bars'], input_bars, strict=True):
        ref[:, t, tile.at] = bar
    sum_outs = iter(out['sum_bars'])
    for bar, keep in zip(sum_bars, which.sums, strict=True):
        if keep:
            next(sum_outs)[t, :, tile.at] = bar
    return state_bars, list(sum_bars)


def _forms(segment: Segment, which: int) -> list[Graph]:
    """One of the four graphs of a step, and where there is one that for steps that update tracked states."""
    return list(split(segment.program).rests[which::4])


def _take(
    segment: Segment,
    graphs: list[Graph],
    refs: Refs,
    t: Any,
    values: dict[str, Any],
    names: tuple[list[str], ...],
    tile: Tile,
) -> tuple[tuple[Any, ...], ...]:
    """Results by groups of names, of the graph that step ``t`` takes."""
    node = segment.node

    def results(graph: Graph) -> tuple[tuple[Any, ...], ...]:
        found = evaluate(graph, values, segment.maths)
        return tuple(
            tuple(jnp.broadcast_to(jnp.asarray(found[n], node.dtype), tile.shape) for n in group)
            for group in names
        )

    if len(graphs) == 1:
        return results(graphs[0])
    plain, tracked = graphs
    due = (refs['start'][0][0] + t + 1) % node.track_every == 0
    return lax.cond(due, lambda: results(tracked), lambda: results(plain))


def _given(graphs: list[Graph], refs: Refs, t: Any, tile: Tile) -> dict[str, Any]:
    """What differs from step to step and is given."""
    values: dict[str, Any] = {}
    wanted = {name for graph in graphs for name in graph.inputs()}
    if 'i' in wanted:
        values['i'] = refs['start'][0][0] + t
    if REGION_INDEX in wanted:
        lane = lax.broadcasted_iota(jnp.uint32, tile.shape, 1)
        values[REGION_INDEX] = lane + jnp.asarray(tile.first, jnp.uint32)
    for name in wanted:
        if name.startswith('word'):
            (words,), w = refs['words'], int(name[4:])
            values[name] = words[t, w, 0] if words.shape[2] == 1 else words[t, w, :][:, None]
        elif name.startswith('input'):
            ref = refs['inputs'][int(name[5:])]
            values[name] = ref[:, t, _across(ref, tile)]
    return values


def parameters_of(refs: Refs, tile: Tile) -> dict[str, Any]:
    """Parameters of a tile: scalars where they are one number. Read once, they stay in registers."""
    return {
        f'parameter{k}': ref[0, 0] if ref.shape == (1, 1) else ref[:, _across(ref, tile)]
        for k, ref in enumerate(refs['parameters'])
    }


def _across(ref: Any, tile: Tile) -> Any:
    return tile.at if ref.shape[-1] > 1 else slice(None)


def _is_zero(graph: Graph, name: str) -> bool:
    return graph.constant(graph.outputs[name]) == 0
