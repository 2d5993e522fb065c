"""The Pallas kernel that runs the steps of a segment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from .kernel import (
    Common,
    Refs,
    Segment,
    Wanted,
    between_threads,
    call,
    coupling,
    deep_channels,
)
from .loops import forwards
from .step import Tile, advance, parameters_of, written

__all__ = ['run']

FORWARD = 'brainfit_fast_simulate_forward_triton'


def run(
    segment: Segment,
    common: Common,
    states: Sequence[Any],
    features: Sequence[Any],
    *,
    histories: Sequence[Any],
    kept: bool,
) -> dict[str, list[Any]]:
    """Run a segment.

    Parameters
    ----------
    segment : Segment
    common : Common
    states, features : sequence of jax.Array
        ``(C, regions)``: before the first step.
    histories : sequence of jax.Array
        For each channel with a past the features before those, and memory for those of the steps.
    kept : bool
        Whether to return what :func:`walk_back` reads.

    Returns
    -------
    dict
        ``states``, ``features`` after the last step; ``flag`` ``(C, regions)``, zero where every state was
        finite; ``samples`` ``(C, n_samples, regions)`` of each observable; and, if ``kept``, ``before``
        and ``sums``, ``(n_steps, C, regions)``: each state before and each sum of every step, and
        ``emitted``, the features after it of the channels that emit; and the ``histories``, complete.
    """
    program, block = segment.program, segment.block
    shape = (block.candidates, block.regions)
    dtype = jnp.dtype(segment.node.dtype)
    c = states[0].shape[0]
    given = common.given(block) | {
        'states': (states, 0),
        'features': (features, 0),
        'histories': (histories, 0),
    }
    programs, deep = c // block.candidates, deep_channels(program)
    state = (c, block.regions)
    groups: Wanted = {
        'states': ([state] * len(states), 0),
        'features': ([state] * len(features), 0),
        'flag': ([state], 0),
        'histories': ([leaf.shape for leaf in histories], 0),
        **written(segment, c, kept=kept),
        **between_threads(segment, programs),
    }

    def kernel(refs: Refs, out: Refs) -> None:
        tile = Tile(shape)
        fixed = parameters_of(refs, tile)
        couple = coupling(segment, refs, out, back=False)

        def step(t: Any, carry: Any, sample: Any = None) -> Any:
            states, features, flag = carry
            read = [features[s.channel] for s in program.sums]
            sums = couple(t, read, [features[k] for k in deep])
            return advance(segment, refs, out, fixed, t, sample, tile, states, sums, flag)

        carry = (
            *(tuple(ref[...] for ref in refs[name]) for name in ('states', 'features')),
            jnp.zeros(shape, dtype),
        )
        states, features, flag = forwards(segment, step, carry)
        for ref, value in zip(
            (*out['states'], *out['features'], *out['flag']),
            (*states, *features, flag),
            strict=True,
        ):
            ref[...] = value

    name = f'{FORWARD}_kept' if kept else FORWARD
    return call(segment, kernel, name, given, groups, programs, changed=['histories'])
