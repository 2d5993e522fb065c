"""A ``lax.scan`` written by hand for these models: what an expert in JAX writes, with BOLD in the loop.

The loop is nested: steps of the model within a step of blood flow (1 ms), these within a volume. So
the activity is never stored. Weights, read positions and G are arguments of the compiled function. Noise
is drawn step by step (variant 'each step'), or for the steps of a volume at a time ('ahead').
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from serving import DT, Setup, serve

#: Model steps in one step of blood flow.
FLOW = 10


def make(s: Setup) -> Callable[[int], tuple[Any, Any]]:
    """A compiled run: ``(simulations, N)`` states, one matrix product per step."""
    step, n_noise, start = MODELS[s.model](s)
    rings = int(s.back.max()) + 1 if s.delays else 0
    c = s.constants
    scale = c[f'sigma_{s.model}'] * np.sqrt(DT)

    def simulate(weights: Any, positions: Any, G: Any, J_i: Any, key: Any) -> tuple[Any, Any]:
        n = len(weights)

        def advance(state: Any, draws: Any) -> Any:
            x, ring, pointer = state
            if s.delays:
                flat = ring.reshape(len(G), -1)
                past = flat.at[:, positions + pointer * n].get(mode='promise_in_bounds')
                sums = (weights * past).sum(-1)
            else:
                sums = x[0] @ weights.T
            x = step(x, sums, G, J_i, draws)
            if s.delays:
                # each row is written twice, so that no read has to wrap around
                for row in (pointer, pointer + rings):
                    ring = jax.lax.dynamic_update_index_in_dim(ring, x[0], row, 1)
                pointer = jnp.where(pointer + 1 == rings, 0, pointer + 1)
            return x, ring, pointer

        def drawn(key: Any, *lead: int) -> Any:
            return scale * jax.random.normal(key, (*lead, n_noise, n), weights.dtype)

        def each_ms(carry: Any, given: Any) -> Any:
            state, flow = carry

            def each_step(k: Any, state: Any) -> Any:
                if not s.noise:
                    return advance(state, None)
                if s.variant == 'ahead':
                    return advance(state, given[k])
                return advance(state, drawn(jax.random.fold_in(key, given * FLOW + k)))

            state = jax.lax.fori_loop(0, FLOW, each_step, state)
            return (state, _flow(flow, state[0][0], c)), None

        def each_volume(carry: Any, volume: Any) -> Any:
            per = s.tr_steps // FLOW
            given = volume * per + jnp.arange(per)
            if s.noise and s.variant == 'ahead':
                given = drawn(jax.random.fold_in(key, volume), per, FLOW)
            carry, _ = jax.lax.scan(each_ms, carry, given)
            return carry, _bold(carry[1], c)

        shape = (len(G), n)
        x = tuple(jnp.full(shape, value, weights.dtype) for value in start)
        ring = jnp.full((len(G), 2 * rings, n), start[0], weights.dtype) if s.delays else None
        flow = tuple(jnp.full(shape, value, weights.dtype) for value in (0.0, 1.0, 1.0, 1.0))
        carry = ((x, ring, jnp.int32(0)), flow)
        bold = jax.lax.scan(each_volume, carry, jnp.arange(s.volumes))[1].swapaxes(0, 1)
        return jax.vmap(_correlation)(bold[:, s.removed :]), bold

    rows = rings - 1 - s.back
    positions = jnp.asarray(rows * len(s.weights) + np.arange(len(s.weights)), jnp.int32)
    arrays = [jnp.asarray(value, s.dtype) for value in (s.weights, s.G[:, None], s.J_i)]
    compiled = jax.jit(simulate)
    weights, G, J_i = arrays
    return lambda seed: compiled(weights, positions, G, J_i, jax.random.key(seed))


def _rww(s: Setup) -> tuple[Any, int, tuple[float, ...]]:
    """The excitatory model, its number of draws, and its initial state."""

    def step(x: Any, sums: Any, G: Any, J_i: Any, draws: Any) -> Any:
        (S,) = x
        H = _rate(0.2609 * (0.9 * S + G * sums) + 0.3, 270.0, 108.0, 0.154)
        S = S + DT * (-S / 100.0 + (1 - S) * (0.641 / 1000.0) * H)
        return (jnp.clip(S if draws is None else S + draws[0], 0.0, 1.0),)

    return step, 1, (0.001,)


def _ei(s: Setup) -> tuple[Any, int, tuple[float, ...]]:
    """The excitatory-inhibitory model."""

    def step(x: Any, sums: Any, G: Any, J_i: Any, draws: Any) -> Any:
        S_e, S_i = x
        x_e = 0.382 + 0.15 * (1.4 * S_e + G * sums) - J_i * S_i
        x_i = 0.7 * 0.382 + 0.15 * S_e - S_i
        H_e, H_i = _rate(x_e, 310.0, 125.0, 0.16), _rate(x_i, 615.0, 177.0, 0.087)
        S_e = S_e + DT * (-S_e / 100.0 + (1 - S_e) * (0.641 / 1000.0) * H_e)
        S_i = S_i + DT * (-S_i / 10.0 + H_i / 1000.0)
        if draws is not None:
            S_e, S_i = S_e + draws[0], S_i + draws[1]
        return jnp.clip(S_e, 0.0, 1.0), jnp.clip(S_i, 0.0, 1.0)

    return step, 2, (0.001, 0.001)


def _hopf(s: Setup) -> tuple[Any, int, tuple[float, ...]]:
    """The Hopf model with diffusive coupling."""
    degree = jnp.asarray(s.weights.sum(1), s.dtype)
    a, w = s.constants['a'], s.constants['w']

    def step(state: Any, sums: Any, G: Any, J_i: Any, draws: Any) -> Any:
        x, y = state
        growth = a - (x * x + y * y)
        dx = growth * x - w * y + G * (sums - degree * x)
        new_x, new_y = x + DT * dx, y + DT * (growth * y + w * x)
        return (new_x, new_y) if draws is None else (new_x + draws[0], new_y + draws[1])

    return step, 2, (s.constants['x'], 0.0)


MODELS = {'rww': _rww, 'ei': _ei, 'hopf': _hopf}


def _rate(x: Any, a: float, b: float, d: float) -> Any:
    y = a * x - b
    return y / (1 - jnp.exp(-d * y))


def _flow(state: Any, z: Any, c: dict[str, float]) -> Any:
    """One Euler step of 1 ms of the Balloon-Windkessel model; rates and times in seconds."""
    x, f, v, q = state
    out = v ** (1 / c['alpha'])
    dt = FLOW * DT / 1000
    return (
        x + dt * (z - c['kappa'] * x - c['gamma'] * (f - 1)),
        f + dt * x,
        v + dt / c['tau'] * (f - out),
        q + dt / c['tau'] * (f * (1 - (1 - c['rho']) ** (1 / f)) / c['rho'] - out * q / v),
    )


def _bold(state: Any, c: dict[str, float]) -> Any:
    _, _, v, q = state
    return c['V0'] * (c['k1'] * (1 - q) + c['k2'] * (1 - q / v) + c['k3'] * (1 - v))


def _correlation(series: Any) -> Any:
    centred = series - series.mean(0)
    second = centred.T @ centred
    scale = 1 / jnp.sqrt(jnp.diag(second))
    return second * scale * scale[:, None]


if __name__ == '__main__':
    serve(make)
