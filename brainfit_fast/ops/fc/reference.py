"""Functional connectivity in plain JAX: the definition that every kernel is held against."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import lax

__all__ = ['functional_connectivity']


def functional_connectivity(x: jax.Array) -> jax.Array:
    r"""Pearson correlation between regions, in two passes and differentiable everywhere.

    With deviations :math:`y_t = x_t - \bar x`,

    .. math:: r_{ij} = \frac{\sum_t y_{ti}\, y_{tj}}{\lVert y_i \rVert\, \lVert y_j \rVert},
              \qquad r_{ii} = 1

    (K. Pearson, Proc. R. Soc. Lond. 58, 240, 1895). A region whose norm is zero or not finite
    has no correlation: its entries are zero outside the diagonal, and so is its gradient.

    Parameters
    ----------
    x : jax.Array
        Time series ``[candidate, time, region]``, any unit.

    Returns
    -------
    jax.Array
        Correlations ``[candidate, region, region]``, dimensionless.
    """
    # Deviations from the first sample are exact where x varies little about a large mean,
    # and exactly zero where it does not vary at all.
    shifted = x - lax.stop_gradient(x[:, :1])
    y = shifted - jnp.mean(shifted, axis=1, keepdims=True)
    squares = lax.stop_gradient(jnp.sum(y * y, axis=1, keepdims=True))
    usable = (squares > 0) & jnp.isfinite(squares)
    # Masked before the square root as well as after: a gradient passes through both branches.
    y = jnp.where(usable, y, 0)
    norm = jnp.sqrt(jnp.where(usable, jnp.sum(y * y, axis=1, keepdims=True), 1))
    z = y / norm
    r = jnp.einsum('cti,ctj->cij', z, z, precision=lax.Precision.HIGHEST)
    # Rounding may carry a value past one; the gradient is that of the formula.
    r = r + lax.stop_gradient(jnp.clip(r, -1, 1) - r)
    return jnp.where(jnp.eye(x.shape[2], dtype=bool)[None], 1, r)
