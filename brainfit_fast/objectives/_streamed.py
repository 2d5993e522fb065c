"""Tails of objectives on streamed statistics, equal to what the objectives compute from samples."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import lax

__all__ = ['correlations', 'plain_correlations']


def correlations(comoment: jax.Array) -> jax.Array:
    r"""Functional connectivity of samples with the comoments :math:`C`.

    .. math:: r_{ij} = \frac{C_{ij}}{\sqrt{C_{ii} C_{jj}}}, \qquad r_{ii} = 1

    A region whose variance is zero or not finite has no correlation, as in
    :func:`brainfit_fast.ops.fc.functional_connectivity`: zeros outside the diagonal, no gradient.

    Parameters
    ----------
    comoment : jax.Array
        ``(..., N, N)``.

    Returns
    -------
    jax.Array
        ``(..., N, N)``, dimensionless.
    """
    squares = jnp.diagonal(comoment, axis1=-2, axis2=-1)
    usable = lax.stop_gradient((squares > 0) & jnp.isfinite(squares))
    # masked before the root as well as after: a gradient passes through both branches
    norm = jnp.sqrt(jnp.where(usable, squares, 1))
    pairs = usable[..., :, None] & usable[..., None, :]
    r = jnp.where(pairs, comoment, 0) / norm[..., :, None] / norm[..., None, :]
    # rounding may carry a value past one; the gradient is that of the formula
    r = r + lax.stop_gradient(jnp.clip(r, -1, 1) - r)
    return jnp.where(jnp.eye(comoment.shape[-1], dtype=bool), 1, r)


def plain_correlations(comoment: jax.Array, n_samples: int) -> jax.Array:
    """Return what ``jnp.corrcoef`` gives: NaN for a constant region, and for a single sample.

    Parameters
    ----------
    comoment : jax.Array
        ``(N, N)``.
    n_samples : int
        Number of samples.

    Returns
    -------
    jax.Array
        ``(N, N)``, dimensionless.
    """
    covariance = comoment / jnp.asarray(n_samples - 1, comoment.dtype)
    norm = jnp.sqrt(jnp.diagonal(covariance))
    return jnp.clip(covariance / norm[:, None] / norm[None, :], -1, 1)
