"""The Pallas kernel that runs the steps of a segment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

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
)
from .loops import forwards
from .step import Tile, advance, parameters_of

__all__ = ['run']

FORWARD = 'brainfit_fast_simulate_forward_triton'


def run(
    segment: Segment,
    parameters: Sequence[Any],
    links: Links,
    words: Any,
    inputs: Sequence[Any],
    states: Sequence[Any],
    features: Sequence[Any],
    start: Any,
    *,
    histories: Sequence[Any],
    kept: bool,
) -> dict[str, list[Any]]:
    """Run a segment.

    Parameters
    ----------
    segment : Segment
    parameters : sequence of jax.Array
        Each ``(1 or C, 1 or regions)``; C and regions are whole numbers of blocks here and below.
    links : Links
    words : jax.Array or None
        From :func:`advance_keys`.
    inputs : sequence of jax.Array
        Each ``(1 or C, n_steps, 1 or regions)``.
    states, features : sequence of jax.Array
        ``(C, regions)``: before the first step.
    histories : sequence of jax.Array
        For each channel with a past the features before those, and memory for those of the steps.
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
        ``emitted``, the features after it of the channels that emit; and the ``histories``, complete.
    """
    program, node, block = segment.program, segment.node, segment.block
    shape = (block.candidates, block.regions)
    dtype = jnp.dtype(node.dtype)
    c = states[0].shape[0]
    given = common(block, parameters, links, words, inputs, start)
    given |= {'states': (states, 0), 'features': (features, 0), 'histories': (histories, 0)}
    programs, deep = c // block.candidates, deep_channels(program)
    n_channels, n_states = len(program.channels), len(states)
    emitting = [k for k, channel in enumerate(program.channels) if channel.emit is not None]
    state, series = (c, block.regions), (segment.n_steps, c, block.regions)
    sampled = [(c, segment.n_samples, block.regions)] * bool(segment.every)
    groups: Wanted = {
        'states': ([state] * n_states, 0),
        'features': ([state] * n_channels, 0),
        'flag': ([state], 0),
        'samples': (sampled * len(node.observables), 0),
        'before': ([series] * n_states * kept, 1),
        'sums': ([series] * node.n_sums * kept, 1),
        'emitted': ([series] * len(emitting) * kept, 1),
        'histories': ([leaf.shape for leaf in histories], 0),
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
