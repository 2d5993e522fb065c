"""The Hopf network as a hand-written ``lax.scan``: what an expert in JAX writes for this one model.

Weights and read positions are arguments of the compiled function: as constants XLA:CPU would read them
2 to 4 times slower.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
import optax

from .problem import DT, OMEGA, SIGMA, START, Problem, fc_loss

__all__ = ['evaluation', 'fit', 'forward', 'loss']


def _stepper(p: Problem) -> Callable[..., Any]:
    """``(x, y, current, a, draws) -> (x, y)`` after one step."""

    def rates(x: Any, y: Any, current: Any, a: Any, draws: Any) -> Any:
        growth = a - (x * x + y * y)
        dx, dy = growth * x - OMEGA * y + current, growth * y + OMEGA * x
        return (dx, dy) if draws is None else (dx + SIGMA * draws[0], dy + SIGMA * draws[1])

    def euler(x: Any, y: Any, *rest: Any) -> Any:
        dx, dy = rates(x, y, *rest)
        return x + DT * dx, y + DT * dy

    def exp_euler(x: Any, y: Any, current: Any, a: Any, draws: Any) -> Any:
        dx, dy = rates(x, y, current, a, draws)
        inner = a - (x * x + y * y)
        fx, fy = inner - 2 * x * x, inner - 2 * y * y
        return x + DT * u.math.exprel(DT * fx) * dx, y + DT * u.math.exprel(DT * fy) * dy

    return {'euler': euler, 'exp_euler': exp_euler}[p.method]


def _simulate(p: Problem) -> Callable[..., Any]:
    """``(weights, a, k, positions) -> x (time, [candidate,] N)``; the candidate axis is written out."""
    step = _stepper(p)
    depth = int(p.delay_steps.max()) + 1 if p.delay else 0

    def undelayed(weights: Any, a: Any, k: Any, _: Any, draws: Any) -> Any:
        degree = weights.sum(1)
        k = k[:, None] if p.candidates else k

        def body(state: Any, drawn: Any) -> Any:
            x, y = state
            sums = x @ weights.T if p.candidates else weights @ x
            x, y = step(x, y, k * (sums - degree * x), a, drawn)
            return (x, y), x

        start = (jnp.full(a.shape, START, a.dtype), jnp.zeros(a.shape, a.dtype))
        return _scan(p, body, start, draws)

    def delayed(weights: Any, a: Any, k: Any, positions: Any, draws: Any) -> Any:
        degree = weights.sum(1)

        def body(state: Any, drawn: Any) -> Any:
            x, y, ring, pointer = state
            # each row is written twice, so that no read has to wrap around
            past = ring.reshape(-1).at[positions + pointer * p.n].get(mode='promise_in_bounds')
            x1, y1 = step(x, y, k * ((weights * past).sum(1) - degree * x), a, drawn)
            for row in (pointer, pointer + depth):
                ring = jax.lax.dynamic_update_index_in_dim(ring, x1, row, 0)
            pointer = jnp.where(pointer + 1 == depth, 0, pointer + 1)
            return (x1, y1, ring, pointer), x1

        x = jnp.full(p.n, START, a.dtype)
        ring = jnp.full((2 * depth, p.n), START, a.dtype)
        start = (x, jnp.zeros(p.n, a.dtype), ring, jnp.int32(0))
        return _scan(p, body, start, draws)

    def run(weights: Any, a: Any, k: Any, positions: Any) -> Any:
        draws = None
        if p.noise:  # before the loop, which is faster than inside it
            draws = jax.random.normal(jax.random.key(7), (p.steps, 2, p.n), p.dtype)
        if not p.delay:
            return undelayed(weights, a, k, positions, draws)
        if not p.candidates:
            return delayed(weights, a, k, positions, draws)
        each = jax.vmap(lambda a, k: delayed(weights, a, k, positions, draws), out_axes=1)
        return each(a, k)

    return run


def _scan(p: Problem, body: Any, start: Any, draws: Any) -> Any:
    """Samples of every step, or of the first of each ``p.every``."""
    if p.every == 1:
        return jax.lax.scan(body, start, draws, length=p.steps)[1]

    def some(state: Any, _: Any) -> Any:
        state, sample = body(state, None)
        return jax.lax.fori_loop(1, p.every, lambda _, s: body(s, None)[0], state), sample

    return jax.lax.scan(some, start, None, length=p.steps // p.every)[1]


def _positions(p: Problem) -> Any:
    """Where each pair reads in the doubled ring, before the pointer is added."""
    if not p.delay:
        return None
    depth = int(p.delay_steps.max()) + 1
    rows = depth - 1 - p.delay_steps
    return jnp.asarray(rows * p.n + np.arange(p.n, dtype=np.int32), jnp.int32)


def forward(p: Problem) -> Callable[[], Any]:
    """A compiled run that returns every sample of x."""
    run, positions = jax.jit(_simulate(p)), _positions(p)
    return lambda: run(*p.arguments, positions)


def _loss(p: Problem) -> Callable[..., Any]:
    simulate = _simulate(p)
    target = jnp.asarray(np.corrcoef(p.series.T), p.dtype)

    def loss(weights: Any, a: Any, k: Any, positions: Any) -> Any:
        samples = simulate(weights, a, k, positions)[p.transient :]
        if not p.candidates:
            return fc_loss(samples, target)
        return jax.vmap(fc_loss, (1, None))(samples, target)

    return loss


def loss(p: Problem, conn: bool) -> Callable[[], Any]:
    """Value and gradient of the FC loss, compiled; of the weights too if ``conn``."""
    own, positions = _loss(p), _positions(p)
    wanted = (0, 1, 2) if conn else (1, 2)

    def summed(*arguments: Any) -> Any:
        losses = own(*arguments)
        # candidates do not mix: the gradient of the sum is each one's own
        return losses.sum(), losses

    gradient = jax.jit(jax.value_and_grad(summed, wanted, has_aux=True))

    def call() -> Any:
        (_, losses), gradients = gradient(*p.arguments, positions)
        return losses, gradients

    return call


def evaluation(p: Problem) -> Callable[[], Any]:
    """The FC loss of one parameter set, compiled: what a search would call for each candidate."""
    one = dataclasses.replace(p, candidates=0)
    own = jax.jit(_loss(one))
    arguments = (one.arguments[0], jnp.asarray(p.regional), one.arguments[2])
    return lambda: own(*arguments, None)


def fit(p: Problem, n_steps: int) -> Any:
    """Adam by optax around the jitted loss, a step per call."""
    own, positions, optimizer = _loss(p), _positions(p), optax.adam(0.01)
    weights, *trained = p.arguments

    @jax.jit
    def step(trained: Any, state: Any) -> Any:
        value, gradient = jax.value_and_grad(lambda t: own(weights, *t, positions))(trained)
        updates, state = optimizer.update(gradient, state)
        return optax.apply_updates(trained, updates), state, value

    state, history = optimizer.init(trained), []
    for _ in range(n_steps):
        trained, state, value = step(trained, state)
        history.append(float(value))
    return history
