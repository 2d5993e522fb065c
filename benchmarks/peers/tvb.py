"""The Hopf network in tvboptim, with its linear coupling on W - diag(row sums): its fastest form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from tvboptim.experimental.network_dynamics import DenseDelayGraph, DenseGraph, Network, prepare
from tvboptim.experimental.network_dynamics.coupling import DelayedLinearCoupling, LinearCoupling
from tvboptim.experimental.network_dynamics.dynamics.tvb import SupHopf
from tvboptim.experimental.network_dynamics.noise import AdditiveNoise
from tvboptim.experimental.network_dynamics.solvers import Euler
from tvboptim.optim import OptaxOptimizer
from tvboptim.types import Parameter

from .problem import DT, OMEGA, SIGMA, START, Problem, fc_loss

__all__ = ['fit', 'forward', 'loss']


def _prepared(p: Problem, block_size: int | None = None) -> tuple[Callable[..., Any], Any]:
    """tvboptim's solve function and its configuration."""
    if p.method != 'euler':
        raise ValueError('tvboptim has no exponential Euler step')
    dynamics = SupHopf(omega=OMEGA, a=0.0, INITIAL_STATE=(START, 0.0), VARIABLES_OF_INTEREST=('x',))
    weights = jnp.asarray(p.weights)
    if p.delay:
        graph: Any = DenseDelayGraph(weights, jnp.asarray(p.delay_steps * DT, p.dtype))
        coupling: Any = DelayedLinearCoupling(incoming_states='x', buffer_strategy=_STRATEGY)
    else:
        graph, coupling = DenseGraph(weights), LinearCoupling(incoming_states='x')
    # the slot that adds to x alone; the other one is not used
    net = Network(
        dynamics,
        {'instant': coupling},
        graph,
        noise=AdditiveNoise(sigma=SIGMA * np.sqrt(DT)) if p.noise else None,
    )
    return prepare(net, Euler(block_size=block_size), t0=0.0, t1=p.steps * DT, dt=DT)


#: How the history is kept: the fastest of tvboptim's three here.
_STRATEGY = 'circular'


def _simulate(p: Problem, block_size: int | None = None) -> tuple[Callable[..., Any], Any]:
    solve, prepared = _prepared(p, block_size)

    def run(weights: Any, a: Any, k: Any, config: Any) -> Any:
        config = config.copy()
        config.graph.weights = weights - jnp.diag(weights.sum(1))
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


def _loss(p: Problem, block_size: int | None = None) -> tuple[Callable[..., Any], Any]:
    simulate, config = _simulate(p, block_size)
    target = jnp.asarray(np.corrcoef(p.series.T), p.dtype)

    def loss(*arguments: Any) -> Any:
        return fc_loss(simulate(*arguments)[p.transient :], target)

    return loss, config


def loss(p: Problem, conn: bool, block_size: int | None = None) -> Callable[[], Any]:
    """Value and gradient of the FC loss, compiled; of the weights too if ``conn``."""
    own, config = _loss(p, block_size)
    gradient = jax.value_and_grad(own, (0, 1, 2) if conn else (1, 2))
    run = jax.jit(jax.vmap(gradient, (None, 0, 0, None)) if p.candidates else gradient)
    return lambda: run(*p.arguments, config)


def fit(p: Problem, n_steps: int) -> Any:
    """tvboptim's own optimizer, all steps in one compiled program."""
    own, config = _loss(p)
    weights, a, k = p.arguments
    trained = {'a': Parameter(a), 'k': Parameter(k)}

    def value(state: Any) -> Any:
        return own(weights, jnp.asarray(state['a']), jnp.asarray(state['k']), config)

    optimizer = OptaxOptimizer(value, optax.adam(0.01))
    return jax.block_until_ready(optimizer.run(trained, max_steps=n_steps, chunk_size=n_steps)[0])
