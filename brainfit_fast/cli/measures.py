"""Numbers of a fit: agreement over unseen seeds, raw structure, and pairs left out."""

from __future__ import annotations

from typing import Any

import brainstate
import jax
import jax.numpy as jnp
import numpy as np

from ..network import Network
from ..ops.fc import functional_connectivity
from ..simulator import Simulator
from .settings import Settings

__all__ = ['MaskedFC', 'pair_correlation', 'random_pairs', 'simulate_fc', 'summary', 'upper']


def upper(n: int) -> np.ndarray:
    """Boolean mask of the region pairs: above the diagonal."""
    return np.triu(np.ones((n, n), bool), 1)


def pair_correlation(a: np.ndarray, b: np.ndarray, pairs: np.ndarray | None = None) -> float:
    """Pearson correlation of two matrices over region pairs; NaN where one of them does not vary."""
    pairs = upper(len(a)) if pairs is None else pairs
    x, y = a[pairs], b[pairs]
    if len(x) < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return float('nan')
    return float(np.corrcoef(x, y)[0, 1])


def summary(values: Any) -> dict[str, Any]:
    """Mean and standard deviation (``ddof=1``) of one number per seed."""
    values = [float(value) for value in values]
    return {
        'mean': float(np.mean(values)),
        'sd': float(np.std(values, ddof=1)),
        'n_seeds': len(values),
        'values': values,
    }


def random_pairs(n: int, fraction: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Split the region pairs at random.

    Returns
    -------
    kept, left_out : numpy.ndarray
        ``(N, N)`` masks above the diagonal; ``fraction`` of the pairs are kept.
    """
    rows, columns = np.triu_indices(n, 1)
    order = np.random.default_rng(seed).permutation(len(rows))
    n_kept = round(fraction * len(rows))
    kept, left_out = np.zeros((n, n), bool), np.zeros((n, n), bool)
    for mask, chosen in ((kept, order[:n_kept]), (left_out, order[n_kept:])):
        mask[rows[chosen], columns[chosen]] = True
    return kept, left_out


def simulate_fc(network: Network, settings: Settings, n_seeds: int, seed: int) -> np.ndarray:
    """Functional connectivity of runs with fresh noise, ``(n_seeds, N, N)``, as one batch."""
    strength = network.coupling.k.value()
    brainstate.random.seed(seed)
    result = Simulator(network, dt=settings.dt).run(
        settings.duration,
        monitors=[settings.recipe.monitor],
        transient=settings.transient,
        sample_every=settings.sample_every,
        candidates={'coupling.k': jnp.stack([jnp.asarray(strength)] * n_seeds)},
        noise='independent',
    )
    series = jnp.swapaxes(jnp.asarray(result[settings.recipe.monitor]), 0, 1)
    return np.asarray(jnp.stack([functional_connectivity(run) for run in series]), np.float64)


class MaskedFC:
    r"""Objective :math:`1 - r` over chosen region pairs.

    Target and mask are states and not constants, so that fits to other data or other pairs are the same
    program and need no second compilation.

    Parameters
    ----------
    fc : numpy.ndarray
        ``(N, N)`` target.
    pairs : numpy.ndarray
        ``(N, N)`` boolean mask of the pairs that count, above the diagonal.
    """

    def __init__(self, fc: np.ndarray, pairs: np.ndarray):
        self.fc = brainstate.ShortTermState(jnp.asarray(fc, jnp.float32))
        self.pairs = brainstate.ShortTermState(jnp.asarray(pairs, jnp.float32))

    def __call__(self, prediction: Any, target: Any = None) -> jax.Array:
        """Evaluate on a trajectory ``(time, N)``; the target is the one of the constructor."""
        pairs = self.pairs.value
        x = _centred(functional_connectivity(prediction), pairs)
        y = _centred(self.fc.value, pairs)
        xx, yy = jnp.sum(x * x), jnp.sum(y * y)
        # a silent model correlates with nothing: zero, and a finite gradient
        varies = (xx > 0) & (yy > 0)
        norm = jnp.sqrt(jnp.where(varies, xx, 1.0)) * jnp.sqrt(jnp.where(varies, yy, 1.0))
        return 1.0 - jnp.where(varies, jnp.sum(x * y), 0.0) / norm


def _centred(matrix: jax.Array, pairs: jax.Array) -> jax.Array:
    return (matrix - jnp.sum(matrix * pairs) / jnp.maximum(jnp.sum(pairs), 1.0)) * pairs
