"""The Hopf network in tvboptim.

Its linear coupling on W - diag(row sums) is its fastest form but for gradients of delayed networks, where
its own difference coupling can be faster: that is a contender there too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from tvboptim.experimental.network_dynamics import DenseDelayGraph, DenseGraph, Network, prepare
from tvboptim.experimental.network_dynamics.coupling import (
    DelayedDifferenceCoupling,
    DelayedLinearCoupling,
    LinearCoupling,
)
from tvboptim.experimental.network_dynamics.dynamics.tvb import SupHopf
from tvboptim.experimental.network_dynamics.noise import AdditiveNoise
from tvboptim.experimental.network_dynamics.solvers import Euler
from tvboptim.optim import OptaxOptimizer
from tvboptim.types import Parameter

from .problem import DT, OMEGA, SIGMA, START, Problem, fc_loss

__all__ = ['fit', 'forward', 'loss', 'loss_at']


def _simulate(
    p: Problem, difference: bool = False, block_size: int | None = None
) -> tuple[Callable[..., Any], Any]:
    """``run(weights, a, k, config) -> x (time, N)``, and the config."""
    if p.method != 'euler':
        raise ValueError('tvboptim has no exponential Euler step')
    dynamics = SupHopf(omega=OMEGA, a=0.0, INITIAL_STATE=(START, 0.0), VARIABLES_OF_INTEREST=('x',))
    weights = jnp.asarray(p.weights)
    graph: Any = DenseGraph(weights)
    coupling: Any = LinearCoupling(incoming_states='x')
    if p.delay:
        # history in the default buffer, 'roll': the fastest of three for gradients and batches
        graph = DenseDelayGraph(weights, jnp.asarray(p.delay_steps * DT, p.dtype))
        coupling = DelayedLinearCoupling(incoming_states='x')
        if difference:
            coupling = DelayedDifferenceCoupling(incoming_states='x', local_states='x')
    net = Network(
        dynamics,
        {'instant': coupling},  # the slot that adds to x alone; the other one is not used
        graph,
        noise=AdditiveNoise(sigma=SIGMA * np.sqrt(DT)) if p.noise else None,
    )
    solve, prepared = prepare(net, Euler(block_size=block_size), t0=0.0, t1=p.steps * DT, dt=DT)

    def run(weights: Any, a: Any, k: Any, config: Any) -> Any:
        config = config.copy()
        config.graph.weights = weights if difference else weights - jnp.diag(weights.sum(1))
        config.dynamics.a = a
        config.coupling.instant.G = k
        return solve(config).ys[:: p.every, 0]

    return run, prepared


def forward(p: Problem) -> Callable[[], Any]:
    """A compiled run that returns every sample of x."""
    simulate, config = _simulate(p)
    if p.candidates:
        simulate = jax.vmap(simulate, (None, 0, 0, None), out_axes=1)
    run = jax.jit(simulate)
    return lambda: run(*p.arguments, config)


def _loss(p: Problem, **options: Any) -> tuple[Callable[..., Any], Any]:
    simulate, config = _simulate(p, **options)
    target = jnp.asarray(np.corrcoef(p.series.T), p.dtype)

    def loss(*arguments: Any) -> Any:
        return fc_loss(simulate(*arguments)[p.transient :], target)

    return loss, config


def loss(p: Problem, conn: bool, **options: Any) -> Callable[[], Any]:
    """Value and gradient of the FC loss, compiled; of the weights too if ``conn``.

    ``options`` are ``difference``, the other coupling, and ``block_size`` of tvboptim's solver.
    """
    own, config = _loss(p, **options)
    gradient = jax.value_and_grad(own, (0, 1, 2) if conn else (1, 2))
    run = jax.jit(jax.vmap(gradient, (None, 0, 0, None)) if p.candidates else gradient)
    return lambda: run(*p.arguments, config)


def fit(p: Problem, n_steps: int) -> Any:
    """tvboptim's own optimizer, all steps in one compiled program; returns the fitted state."""
    own, config = _loss(p)
    weights, a, k = p.arguments

    def value(state: Any) -> Any:
        return own(weights, jnp.asarray(state['a']), jnp.asarray(state['k']), config)

    optimizer = OptaxOptimizer(value, optax.adam(0.01))
    trained = {'a': Parameter(a), 'k': Parameter(k)}
    return jax.block_until_ready(optimizer.run(trained, max_steps=n_steps, chunk_size=n_steps)[0])


def loss_at(p: Problem, state: Any) -> float:
    """The loss of a fitted state."""
    own, config = _loss(p)
    a, k = (jnp.asarray(state[name]) for name in ('a', 'k'))
    return float(jax.jit(own)(p.arguments[0], a, k, config))
