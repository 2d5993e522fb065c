"""Numerical bodies that compare arrays, with gradients that stay finite where they degenerate."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from ._checks import common_dtype
from ._pairs import Pairs


def safe_sqrt(x: jax.Array) -> jax.Array:
    """Square root whose derivative at zero is zero and not infinite."""
    at_zero = x == 0
    return jnp.where(at_zero, jnp.zeros_like(x), jnp.sqrt(jnp.where(at_zero, jnp.ones_like(x), x)))


def root_mean_square(a: jax.Array, b: jax.Array) -> jax.Array:
    """Root of the mean squared difference over all entries of equally shaped arrays."""
    a, b = common_dtype(a, b)
    return safe_sqrt(jnp.mean(jnp.square(a - b)))


def root_mean_square_of_any_size(a: jax.Array, b: jax.Array) -> jax.Array:
    """The same for numbers whose squares may be too small."""
    a, b = common_dtype(a, b)
    largest = jax.lax.stop_gradient(jnp.max(jnp.abs(a - b)))
    largest = jnp.where(largest == 0, 1, largest)
    return largest * root_mean_square(a / largest, b / largest)


def matrix_correlation(a: jax.Array, b: jax.Array, pairs: Pairs | None = None) -> jax.Array:
    """Pearson correlation of the entries above the diagonal of two square matrices, or of some of them.

    Zero, with zero gradient, where one of them does not vary there.
    """
    a, b = common_dtype(a, b)
    # A mask rather than an index list: no gather, so no scatter in the backward pass.
    above = ~jnp.tri(a.shape[0], dtype=bool) if pairs is None else jnp.asarray(pairs.mask)
    x, y = _centred(a, above), _centred(b, above)
    xx, yy, xy = jnp.sum(x * x), jnp.sum(y * y), jnp.sum(x * y)
    varies = (xx > 0) & (yy > 0)
    one = jnp.ones_like(xx)
    norm = jnp.sqrt(jnp.where(varies, xx, one)) * jnp.sqrt(jnp.where(varies, yy, one))
    r = jnp.where(varies, xy, jnp.zeros_like(xy)) / norm
    return jnp.clip(r, -1.0, 1.0)


def _centred(a: jax.Array, mask: jax.Array) -> jax.Array:
    """Subtract the mean over the mask, zero outside of it."""
    zero = jnp.zeros_like(a)
    mean = jnp.sum(jnp.where(mask, a, zero)) / jnp.maximum(jnp.sum(mask), 1).astype(a.dtype)
    return jnp.where(mask, a - mean, zero)


def from_first(x: jax.Array) -> jax.Array:
    """Deviations from the first sample: exact zeros where a region does not vary.

    For maps that remove the mean afterwards; the shift has no gradient of its own.
    """
    return x - jax.lax.stop_gradient(x[:1])


def column_correlations(a: jax.Array, b: jax.Array) -> jax.Array:
    """Pearson correlation of the columns of ``b`` with those of ``a``, or with its one column.

    Zero, with zero gradient, where one of them does not vary; NaN where one has NaN.
    """
    a, b = (from_first(x.reshape(len(x), -1)) for x in (a, b))
    a, b = (_of_size_one(x - jnp.mean(x, axis=0)) for x in (a, b))
    aa, bb, ab = jnp.sum(a * a, axis=0), jnp.sum(b * b, axis=0), jnp.sum(a * b, axis=0)
    flat = (aa == 0) | (bb == 0)  # NaN is not, and shows
    norm = jnp.sqrt(jnp.where(flat, 1, aa)) * jnp.sqrt(jnp.where(flat, 1, bb))
    return jnp.where(flat, 0, ab) / norm


def _of_size_one(x: jax.Array) -> jax.Array:
    """Columns divided by their largest modulus, so that squares of small numbers do not vanish."""
    largest = jax.lax.stop_gradient(jnp.max(jnp.abs(x), axis=0))
    return x / jnp.where(largest == 0, 1, largest)
