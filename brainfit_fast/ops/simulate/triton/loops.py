"""The steps of a segment in order, and which of them are sampled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from jax import lax

from .kernel import Segment

__all__ = ['backwards', 'forwards']


def forwards(segment: Segment, step: Callable[..., Any], carry: Any) -> Any:
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


def backwards(segment: Segment, step: Callable[..., Any], carry: Any) -> Any:
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
