"""Random keys through the steps of a segment, in a Pallas kernel of their own."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from ....codegen.block_maths import Exact
from ....codegen.blocks import evaluate
from ....core import pallas
from .kernel import Segment, split

__all__ = ['advance_keys']

KEYS = 'brainfit_fast_simulate_keys_triton'


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
            out = evaluate(parts.random, {**inputs, 'i': first[0] + t}, maths)
            for w in range(len(parts.names)):
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
            pl.BlockSpec((segment.n_steps, len(parts.names), lanes), lambda i: (0, 0, i)),
            lane_block,
        ],
        out_shape=[
            jax.ShapeDtypeStruct((segment.n_steps, len(parts.names), padded), jnp.uint32),
            jax.ShapeDtypeStruct((n_keys, 2, padded), jnp.uint32),
        ],
        num_warps=max(lanes // 32, 1),
        interpret=segment.interpret,
    )(spread, jnp.asarray(start, jnp.int32).reshape(1))
    return words[:, :, :extent], left[:, :, :extent].transpose(2, 0, 1)
