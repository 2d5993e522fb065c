"""Densities on a grid and distances between them: the numerical bodies."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np

from brainfit_fast.core.errors import bad_value

from ._checks import common_dtype, host_values, is_concrete

Bandwidth: TypeAlias = str | float | Callable[[Any], Any] | None


def above_diagonal(matrix: jax.Array, offset: int) -> jax.Array:
    """Entries on and above the diagonal with that offset, as one vector."""
    return matrix[np.triu_indices(matrix.shape[0], k=offset)]


def entries(size: int, offset: int) -> int:
    """Number of entries of a square matrix on and above the diagonal with that offset."""
    return len(np.triu_indices(size, k=offset)[0])


def grid(midpoints: Any, dtype: Any) -> jax.Array:
    """Points at which densities are compared."""
    if midpoints is None:
        return jnp.linspace(-0.99, 0.99, 100, dtype=dtype)
    return jnp.asarray(midpoints, dtype=dtype)


def bandwidth(method: Any, who: str) -> Bandwidth:
    """Check a bandwidth setting and make it hashable."""
    if method is None or callable(method):
        return method
    if isinstance(method, str):
        if method in ('scott', 'silverman'):
            return method
    elif is_concrete(method) and np.ndim(method) == 0:
        factor = float(np.asarray(host_values(method)))
        if factor > 0.0 and math.isfinite(factor):
            return factor
    raise bad_value(
        who,
        given=f'bw_method={method!r}',
        expected="None, 'scott', 'silverman', a positive number or a callable",
        remedy='A number multiplies the standard deviation of the values.',
    )


def brainfit_fast_density(
    values: jax.Array,
    points: jax.Array,
    *,
    bw_method: Bandwidth,
    normalize: bool = True,
    count: int | None = None,
) -> jax.Array:
    """Gaussian kernel density of ``values`` at ``points``.

    The kernel's standard deviation is that of the values times a factor, which Scott's and
    Silverman's rules take from the number of values, or from ``count``.
    """
    values, points = common_dtype(values, points)
    width = _factor(bw_method, values, count or values.size) * jnp.std(values, ddof=1)
    z = (points[:, None] - values[None, :]) / width
    total = jnp.sum(jnp.exp(-0.5 * jnp.square(z)), axis=1)
    result = total / (values.size * math.sqrt(2.0 * math.pi) * width)
    if normalize:
        result = result / (jnp.sum(result) * (points[1] - points[0]))
    return result


density = jax.jit(brainfit_fast_density, static_argnames=('bw_method', 'normalize', 'count'))


def pooled(values: jax.Array, n_diag: int) -> jax.Array:
    """Values of a reduced FCD target: pooled ones, or a matrix above its diagonal."""
    return above_diagonal(values, n_diag) if values.ndim == 2 else values


def ks(p: jax.Array, q: jax.Array) -> jax.Array:
    """Largest difference between two cumulative distributions."""
    p, q = common_dtype(p, q)
    apart = jnp.abs(_cumulative(p) - _cumulative(q))
    # the derivative of max looks for its value again, and is NaN where XLA computes that with other rounding
    return apart[jnp.argmax(apart)]


def wasserstein(p: jax.Array, q: jax.Array, points: jax.Array) -> jax.Array:
    """Area between two cumulative distributions on an even grid."""
    p, q = common_dtype(p, q)
    area, spacing = common_dtype(
        jnp.sum(jnp.abs(_cumulative(p) - _cumulative(q))), points[1] - points[0]
    )
    return area * spacing


def _cumulative(p: jax.Array) -> jax.Array:
    """Cumulative sum, scaled to end at one."""
    total = jnp.cumsum(p)
    return total / total[-1]


def _factor(method: Bandwidth, values: jax.Array, count: int) -> Any:
    """Kernel width over the standard deviation of the values."""
    if method is None or method == 'scott':
        return count**-0.2
    if method == 'silverman':
        return (count * 0.75) ** -0.2
    if callable(method):
        return method(jax.scipy.stats.gaussian_kde(values))
    return method
