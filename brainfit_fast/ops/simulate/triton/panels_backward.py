"""The adjoint of the steps of a segment, panel by panel.

A step reads what the sums of the step after it owe, and so begins with the product that in the other
kernels ends it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax.numpy as jnp
from jax import lax

from .kernel import (
    Common,
    Given,
    Refs,
    Segment,
    Wanted,
    call,
)
from .loops import backwards
from .panels import at_row, at_step, each_panel, exchange, exchanged, latest, launched, rows_after
from .step import Tile, Which, parameters_of, pull_back, written_back

__all__ = ['walk_back']

BACKWARD = 'brainfit_fast_simulate_backward_panels_triton'


class _Bars(NamedTuple):
    """Between two steps: cotangents, each ``(C, regions)``, and those of sums as panels read them.

    Those of features are of the channels that emit, and come from what follows the segment.
    """

    states: list[Any]
    features: list[Any]
    rows: list[Any]
    parameters: list[Any]


def walk_back(
    segment: Segment,
    common: Common,
    before: Sequence[Any],
    sums: Sequence[Any],
    sample_bars: Sequence[Any],
    state_bars: Sequence[Any],
    feature_bars: Sequence[Any],
    *,
    which: Which,
) -> dict[str, list[Any]]:
    """Walk back; arguments and results are those of the kernel without panels, less histories."""
    given = common.given(segment.block) | {
        'before': (before, 1),
        'sums': (sums, 1),
        'sample_bars': (sample_bars, 0),
    }
    zero, node, channels = jnp.zeros_like(state_bars[0]), segment.node, segment.program.channels
    states, emitted = list(state_bars), []
    for channel, bar in zip(channels, feature_bars, strict=True):
        if channel.emit is None:
            states[node.states.index(channel.state)] += bar
        else:
            emitted.append(bar)
    rows = exchanged(segment, [zero] * node.n_sums)
    bars = _Bars(states, emitted, rows, [zero] * sum(which.parameters))
    walk = _launched if segment.block.launches else _backward
    bars, found = walk(segment, given, bars, which)
    owed = [zero for _ in channels]
    sum_bars = latest(segment, bars.rows)
    for s, weight, bar in zip(segment.program.sums, common.links.plain, sum_bars, strict=True):
        # sum_i W_ij bar_i, of the step that was walked last
        product = jnp.einsum(
            '...i,...ij->...j',
            bar[:, : weight.shape[-1]],
            weight if len(weight) > 1 else weight[0],
            precision=lax.Precision.HIGHEST,
        )
        owed[s.channel] = owed[s.channel].at[:, : weight.shape[-1]].add(product)
    return {
        'state_bars': bars.states,
        'feature_bars': owed,
        'parameter_bars': bars.parameters,
        **found,
    }


def _backward(
    segment: Segment, given: Given, bars: _Bars, which: Which
) -> tuple[_Bars, dict[str, list[Any]]]:
    """One kernel: all steps in a program, or a launch for one step."""
    program, block, c = segment.program, segment.block, bars.states[0].shape[0]
    last, state = segment.n_steps - 1, (c, block.regions)
    given = given | {
        'state_bars': (bars.states, 0),
        'feature_bars': (bars.features, 0),
        'parameter_bars': (bars.parameters, 0),
        'rows': (bars.rows, 0),
    }
    groups: Wanted = {
        'state_bars': ([state] * len(bars.states), 0),
        **rows_after(segment, bars.rows),
        **written_back(segment, c, which),
    }

    def kernel(refs: Refs, out: Refs) -> None:
        multiply, keep_rows = exchange(segment, refs, out)

        def panel(t: Any, sample: Any, tile: Tile) -> None:
            ends, owed = iter(refs['feature_bars']), []
            for channel in program.channels:
                end = None if channel.emit is None else next(ends)[:, tile.at]
                owed.append(end if end is None or block.launches else jnp.where(t == last, end, 0))
            for k, (s, weight) in enumerate(zip(program.sums, refs['weights'], strict=True)):
                product, so_far = multiply(k, last - t, weight, tile), owed[s.channel]
                owed[s.channel] = product if so_far is None else so_far + product
            after = [ref[:, tile.at] for ref in out['state_bars']]
            state_bars, sum_bars = pull_back(
                segment, refs, out, parameters_of(refs, tile), t, sample, tile, after, owed, which
            )
            for ref, bar in zip(out['state_bars'], state_bars, strict=True):
                ref[:, tile.at] = bar
            for k, bar in enumerate(sum_bars):
                keep_rows(k, last - t, tile, bar)

        each_panel(segment, backwards, panel)

    changed = ['state_bars', 'parameter_bars'] + ([] if block.launches else ['rows'])
    out = call(segment, kernel, BACKWARD, given, groups, c // block.candidates, changed=changed)
    [kept] = rows_after(segment, bars.rows)
    none = list(map(jnp.zeros_like, bars.features))
    after = _Bars(out['state_bars'], none, out[kept], out['parameter_bars'])
    return after, {kind: out[kind] for kind in ('input_bars', 'sum_bars')}


def _launched(
    segment: Segment, given: Given, bars: _Bars, which: Which
) -> tuple[_Bars, dict[str, list[Any]]]:
    """The steps of a segment as one launch each."""

    def launch(t: Any, sample: Any, bars: _Bars) -> Any:
        sampled = sample is not None
        one = dataclasses.replace(segment, n_steps=1, every=int(sampled))
        here = at_step(given, t)
        here |= {kind: (at_row(given[kind][0], t, 0), 1) for kind in ('before', 'sums')}
        here['sample_bars'] = (at_row(given['sample_bars'][0], sample, 1) if sampled else [], 0)
        after, found = _backward(one, here, bars, which)
        inputs = [x[:, 0] for x in found['input_bars']]
        return after, (inputs, [x[0] for x in found['sum_bars']]), []

    bars, (inputs, sums), _ = launched(segment, launch, bars, back=True)
    return bars, {'input_bars': [jnp.moveaxis(x, 0, 1) for x in inputs], 'sum_bars': sums}
