"""The Pallas kernel that walks back over the steps of a segment."""

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
from .loops import backwards
from .step import Tile, Which, parameters_of, pull_back, written_back

__all__ = ['walk_back']

BACKWARD = 'brainfit_fast_simulate_backward_triton'


def walk_back(
    segment: Segment,
    common: Common,
    before: Sequence[Any],
    sums: Sequence[Any],
    sample_bars: Sequence[Any],
    state_bars: Sequence[Any],
    feature_bars: Sequence[Any],
    *,
    past_bars: Sequence[Any],
    histories: Sequence[Any],
    which: Which,
) -> dict[str, list[Any]]:
    """The adjoint of :func:`run`.

    Parameters
    ----------
    segment : Segment
    common : Common
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
    which : Which
        What is returned.

    Returns
    -------
    dict
        ``state_bars``, ``feature_bars`` before the first step; ``parameter_bars`` ``(C, regions)``,
        ``input_bars`` ``(C, n_steps, regions)`` and ``sum_bars`` ``(n_steps, C, regions)`` of the wanted
        ones; and the ``histories``, complete.
    """
    program, block = segment.program, segment.block
    shape = (block.candidates, block.regions)
    dtype = jnp.dtype(segment.node.dtype)
    c = state_bars[0].shape[0]
    given = common.given(block) | {
        'before': (before, 1),
        'sums': (sums, 1),
        'sample_bars': (sample_bars, 0),
        'state_bars': (state_bars, 0),
        'feature_bars': (feature_bars, 0),
        'past_bars': (past_bars, 0),
        'histories': (histories, 0),
    }
    programs, n_channels = c // block.candidates, len(program.channels)
    state = (c, block.regions)
    groups: Wanted = {
        'state_bars': ([state] * len(state_bars), 0),
        'feature_bars': ([state] * n_channels, 0),
        'histories': ([leaf.shape for leaf in histories], 0),
        **written_back(segment, c, which),
        **between_threads(segment, programs),
    }
    deep, slow = deep_channels(program), [k for k, s in enumerate(program.sums) if s.delayed]

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
