"""The steps of a segment, panel by panel."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from .kernel import (
    Common,
    Given,
    Refs,
    Segment,
    Wanted,
    call,
)
from .loops import forwards
from .panels import at_step, each_panel, exchange, exchanged, launched, rows_after
from .step import Tile, advance, parameters_of, written

__all__ = ['run']

FORWARD = 'brainfit_fast_simulate_forward_panels_triton'


def run(
    segment: Segment,
    common: Common,
    states: Sequence[Any],
    features: Sequence[Any],
    *,
    kept: bool,
) -> dict[str, list[Any]]:
    """Run a segment; arguments and results are those of the kernel without panels, less histories."""
    flag = jnp.zeros_like(states[0])
    given = common.given(segment.block)
    rows = exchanged(segment, features)
    if segment.block.launches:
        return _launched(segment, given, states, features, rows, flag, kept=kept)
    return _forward(segment, given, states, rows, flag, kept=kept)


def _forward(
    segment: Segment,
    given: Given,
    states: Sequence[Any],
    rows: Sequence[Any],
    flag: Any,
    *,
    kept: bool,
) -> dict[str, list[Any]]:
    """One kernel: all steps in a program, or a launch for one step."""
    program, block, c = segment.program, segment.block, states[0].shape[0]
    state = (c, block.regions)
    given = given | {'states': (states, 0), 'flag': ([flag], 0), 'rows': (rows, 0)}
    groups: Wanted = {
        'states': ([state] * len(states), 0),
        'flag': ([state], 0),
        'features': ([state] * len(program.channels), 0),
        **rows_after(segment, rows),
        **written(segment, c, kept=kept),
    }

    def kernel(refs: Refs, out: Refs) -> None:
        multiply, keep_rows = exchange(segment, refs, out)

        def panel(t: Any, sample: Any, tile: Tile) -> None:
            sums = [
                multiply(s.channel, t, weight, tile)
                for s, weight in zip(program.sums, refs['weights'], strict=True)
            ]
            states = [ref[:, tile.at] for ref in out['states']]
            [flag] = [ref[:, tile.at] for ref in out['flag']]
            after, features, flag = advance(
                segment, refs, out, parameters_of(refs, tile), t, sample, tile, states, sums, flag
            )
            for ref, value in zip(
                (*out['states'], *out['features'], *out['flag']),
                (*after, *features, flag),
                strict=True,
            ):
                ref[:, tile.at] = value
            for k, feature in enumerate(features):
                keep_rows(k, t, tile, feature)

        each_panel(segment, forwards, panel)

    name = f'{FORWARD}_kept' if kept else FORWARD
    changed = ['states', 'flag'] + ([] if block.launches else ['rows'])
    return call(segment, kernel, name, given, groups, c // block.candidates, changed=changed)


def _launched(
    segment: Segment,
    given: Given,
    states: Sequence[Any],
    features: Sequence[Any],
    rows: Sequence[Any],
    flag: Any,
    *,
    kept: bool,
) -> dict[str, list[Any]]:
    """The steps of a segment as one launch each."""

    def launch(t: Any, sample: Any, carry: Any) -> Any:
        one = dataclasses.replace(segment, n_steps=1, every=int(sample is not None))
        states, _, rows, flag = carry
        out = _forward(one, at_step(given, t), states, rows, flag, kept=kept)
        steps = {kind: [x[0] for x in out[kind]] for kind in ('before', 'sums', 'emitted')}
        samples = [x[:, 0] for x in out['samples']]
        return (out['states'], out['features'], out['after'], out['flag'][0]), steps, samples

    carry = (list(states), list(features), list(rows), flag)
    (after, features, _, flag), steps, samples = launched(segment, launch, carry)
    return {
        'states': after,
        'features': features,
        'flag': [flag],
        'samples': [jnp.moveaxis(x, 0, 1) for x in samples],
        **steps,
    }
