"""The work that all contenders do: one Hopf network, its arrays and its loss."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax.numpy as jnp
import numpy as np

__all__ = ['DT', 'OMEGA', 'SIGMA', 'SPEED', 'START', 'Problem', 'fc_loss']

DT = 0.1  # ms
SPEED = 10.0  # mm/ms
OMEGA = 0.3  # rad/ms
SIGMA = 0.02  # of the noise that is added to both rates
START = 0.1  # x of every region before the run; y is 0


@dataclass(frozen=True)
class Problem:
    """One size of the work.

    Attributes
    ----------
    n, steps : int
        Regions and time steps.
    delay, noise : bool
        Conduction delays; two normal draws per region and step.
    candidates : int
        Parameter sets that are simulated together; 0 is a single run without candidate axis.
    method : {'exp_euler', 'euler'}
        The integrator.
    dtype : {'float32', 'float64'}
    lengths : {'points', 'uniform'}
        Distances between random points of a brain-sized ellipsoid, or uniform to 150 mm.
    every : int
        Steps between two samples.
    """

    n: int
    steps: int
    delay: bool = False
    noise: bool = False
    candidates: int = 0
    method: str = 'exp_euler'
    dtype: str = 'float32'
    lengths: str = 'points'
    every: int = 1

    @cached_property
    def weights(self) -> np.ndarray:
        """Weights ``(N, N)``, zero diagonal, rows that add up to about a half."""
        rng = np.random.default_rng(0)
        return (rng.random((self.n, self.n)) / self.n * (1 - np.eye(self.n))).astype(self.dtype)

    @cached_property
    def distances(self) -> np.ndarray:
        """Tract lengths ``(N, N)`` in mm."""
        rng = np.random.default_rng(1)
        if self.lengths == 'uniform':
            return rng.random((self.n, self.n)) * 150 * (1 - np.eye(self.n))
        cube = rng.uniform(-1, 1, (8 * self.n, 3))
        points = cube[(cube**2).sum(1) < 1][: self.n] * (70, 85, 60)
        return np.linalg.norm(points[:, None] - points, axis=-1)

    @cached_property
    def delay_steps(self) -> np.ndarray:
        """Whole steps ``(N, N)``, rounded up."""
        delays = (self.distances / SPEED).astype(self.dtype)
        return np.ceil(delays / np.dtype(self.dtype).type(DT)).astype(np.int32)

    @cached_property
    def parameters(self) -> tuple[np.ndarray, np.ndarray]:
        """``a`` and ``k``: ``(N,)`` and a scalar, or with candidates ``(C, N)`` and ``(C,)``."""
        rng = np.random.default_rng(2)
        lead = (self.candidates,) if self.candidates else ()
        a, k = rng.uniform(0.02, 0.2, (*lead, self.n)), rng.uniform(0.3, 0.6, lead)
        return np.asarray(a, self.dtype), np.asarray(k, self.dtype)

    @property
    def regional(self) -> np.ndarray:
        """``a`` of the first candidate, or of the only one."""
        return self.parameters[0].reshape(-1, self.n)[0]

    @cached_property
    def series(self) -> np.ndarray:
        """A time series ``(3 N, N)`` whose functional connectivity is the target."""
        rng = np.random.default_rng(3)
        return (rng.normal(size=(3 * self.n, self.n)) + rng.normal(size=(3 * self.n, 1))).astype(
            self.dtype
        )

    @property
    def transient(self) -> int:
        """Steps that the loss does not see."""
        return self.steps // 10

    @cached_property
    def arguments(self) -> tuple[Any, ...]:
        """Weights, a and k on the device: what runs and losses are functions of."""
        return tuple(jnp.asarray(v) for v in (self.weights, *self.parameters))


def fc_loss(samples: Any, target_fc: Any) -> Any:
    """One minus the correlation of functional connectivity with a target, in plain JAX."""
    centred = samples - samples.mean(0)
    second = centred.T @ centred
    scale = 1 / jnp.sqrt(jnp.diag(second))
    upper = np.triu_indices(len(second), 1)
    ours, theirs = (second * scale * scale[:, None])[upper], target_fc[upper]
    ours, theirs = ours - ours.mean(), theirs - theirs.mean()
    return 1 - (ours @ theirs) / jnp.sqrt((ours @ ours) * (theirs @ theirs))
