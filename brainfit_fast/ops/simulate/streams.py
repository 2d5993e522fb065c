"""Statistics of samples: streamed by an implementation of its own, or reduced from its samples in JAX."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from .args import Moments, Plan, SimulateArgs, SimulateResult

__all__ = ['moments', 'native', 'reduce_samples', 'squares', 'without_streams']

#: Implementations that stream statistics inside their time loop.
_NATIVE = frozenset({'cpu_ffi', 'pallas_triton'})


def native(name: str) -> bool:
    """Whether the implementation called ``name`` streams statistics, so that no trajectory is stored."""
    return name in _NATIVE


def without_streams(plan: Plan, args: SimulateArgs) -> tuple[Plan, SimulateArgs]:
    """Return the plan and arguments of the same run with samples of every observable."""
    return replace(plan, streams=()), args._replace(targets=())


def reduce_samples(plan: Plan, args: SimulateArgs, result: SimulateResult) -> SimulateResult:
    """Reduce samples to what ``plan.streams`` asks for: the composition that kernels are held against.

    Parameters
    ----------
    plan : Plan
        With streams.
    args : SimulateArgs
        With targets.
    result : SimulateResult
        Samples of every observable, from a run of :func:`without_streams`.

    Returns
    -------
    SimulateResult
        Differentiable in both modes.
    """
    targets = iter(args.targets)
    reduced: list[Any] = []
    for index, samples in enumerate(result.samples):
        stream = plan.stream(index)
        if stream == 'moments':
            reduced.append(moments(samples))
        elif stream == 'squares':
            reduced.append(squares(samples, next(targets)))
        else:
            reduced.append(samples)
    result = result._replace(samples=tuple(reduced))
    extent = args.n_candidates

    def widen(leaf: Any) -> Any:
        return jnp.broadcast_to(leaf, (extent, *leaf.shape[1:])) if len(leaf) < extent else leaf

    # targets alone may differ by candidate
    return jax.tree.map(widen, result._replace(pointers=()))._replace(pointers=result.pointers)


def moments(samples: jax.Array, precision: Any = lax.Precision.HIGHEST) -> Moments:
    """Mean and comoments of samples ``(C, n_samples, N)``; see :class:`Moments`."""
    # deviations from the first sample are exact where a region varies little about a large mean,
    # and exactly zero where it does not vary at all
    first = lax.stop_gradient(samples[:, :1])
    shifted = samples - first
    mean = jnp.mean(shifted, axis=1, keepdims=True)
    y = shifted - mean
    comoment = jnp.einsum('cti,ctj->cij', y, y, precision=precision)
    return Moments((first + mean)[:, 0], comoment)


def squares(samples: jax.Array, target: jax.Array) -> jax.Array:
    """Squared distance ``(C, N)`` of samples ``(C, n_samples, N)`` from a target ``(1 or C, n_samples, N)``."""
    return jnp.sum(jnp.square(samples - target), axis=1)
