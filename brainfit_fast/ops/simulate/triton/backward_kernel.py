"""The Pallas kernel that walks back over the steps of a segment."""

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
from .loops import backwards
from .step import Tile, Which, parameters_of, pull_back

__all__ = ['walk_back']

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
    shape = (block.candidates, block.regions)
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
    state, series = (c, block.regions), (segment.n_steps, c, block.regions)
    groups: Wanted = {
        'state_bars': ([state] * n_states, 0),
        'feature_bars': ([state] * n_channels, 0),
        'parameter_bars': ([state] * sum(wanted), 0),
        'input_bars': ([(c, segment.n_steps, block.regions)] * sum(wanted_inputs), 0),
        'sum_bars': ([series] * sum(keep_sum_bars), 1),
        'histories': ([leaf.shape for leaf in histories], 0),
        **between_threads(segment, programs),
    }
    deep, slow = deep_channels(program), [k for k, s in enumerate(program.sums) if s.delayed]
    which = Which(tuple(wanted), tuple(wanted_inputs), tuple(keep_sum_bars))

    def kernel(refs: Refs, out: Refs) -> None:
        tile = Tile(shape)
        fixed = parameters_of(refs, tile)
        couple = coupling(segment, refs, out, back=True)
        for ref in out['parameter_bars']:
            ref[...] = jnp.zeros(shape, dtype)

        def step(t: Any, carry: Any, sample: Any = None) -> Any:
            state_bars, feature_bars = carry
            state_bars, sum_bars = pull_back(
                segment, refs, out, fixed, t, sample, tile, state_bars, feature_bars, which
            )
            products = couple(segment.n_steps - 1 - t, sum_bars, [sum_bars[k] for k in slow])
            owed: list[Any] = [None] * n_channels
            for k, ref in zip(deep, refs['past_bars'], strict=True):
                owed[k] = ref[:, t, :]
            for s, product in zip(program.sums, products, strict=True):
                owed[s.channel] = product if owed[s.channel] is None else owed[s.channel] + product
            owed = [jnp.zeros(shape, dtype) if bar is None else bar for bar in owed]
            return state_bars, tuple(owed)

        carry = tuple(
            tuple(ref[...] for ref in refs[name]) for name in ('state_bars', 'feature_bars')
        )
        state_bars_, feature_bars_ = backwards(segment, step, carry)
        for ref, value in zip(
            (*out['state_bars'], *out['feature_bars']), (*state_bars_, *feature_bars_), strict=True
        ):
            ref[...] = value

    return call(segment, kernel, BACKWARD, given, groups, programs, changed=['histories'])
