"""Exact distances between two samples of numbers."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from ._checks import common_dtype

__all__ = ['ks', 'wasserstein']


def ks(a: jax.Array, b: jax.Array) -> jax.Array:
    """Largest difference between two empirical distribution functions."""
    values, difference = _merged(a, b)
    # Within a run of equal values the functions jump together: only its end counts.
    is_end = jnp.append(values[1:] > values[:-1], True)
    return jnp.max(jnp.where(is_end, jnp.abs(difference), 0))


def wasserstein(a: jax.Array, b: jax.Array) -> jax.Array:
    """Area between two empirical distribution functions."""
    values, difference = _merged(a, b)
    return jnp.sum(jnp.abs(difference[:-1]) * jnp.diff(values))


def _merged(a: jax.Array, b: jax.Array) -> tuple[jax.Array, jax.Array]:
    """All values in order, and the difference of the distribution functions behind each."""
    a, b = common_dtype(a, b)
    from_a = jnp.concatenate([jnp.ones(a.shape, bool), jnp.zeros(b.shape, bool)])
    values, from_a = jax.lax.sort((jnp.concatenate([a, b]), from_a), num_keys=1)
    count_a = jnp.cumsum(from_a, dtype=jnp.int32)
    count_b = jnp.arange(1, len(values) + 1, dtype=jnp.int32) - count_a
    difference = count_a.astype(a.dtype) / a.size - count_b.astype(a.dtype) / b.size
    return values, difference
