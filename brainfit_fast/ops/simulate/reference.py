r"""The reference of ``simulate``: plain JAX, written for reading, differentiable in both modes.

One step of a network with node states :math:`x`, features :math:`f` and conduction delays :math:`d`:

.. math::

    s_i(t) &= \sum_j W_{ij} \, f(x_j(t - d_{ij})) \quad\text{or, for a local sum,}\quad f(x_i(t - d_i)) \\
    x(t + dt) &= \mathrm{step}(x(t), s(t), \mathrm{inputs}(t))

The past of each feature is a ring of ``depth`` rows; row ``pointer`` is written next, so that delay ``d``
reads row ``(pointer - 1 - d) mod depth``. Before the first step the ring holds the initial history, also
for zero delay. Long loops are cut into segments under ``jax.checkpoint``: a gradient stores the state
at about ``sqrt(T)`` boundaries and recomputes the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from ...program.network_program import NetworkProgram
from .args import Plan, SimulateArgs, SimulateResult
from .heuristics import segment_length
from .rings import degrees_of, like, over_candidates, push, reader
from .tracking import tracked_after

__all__ = ['simulate_reference', 'simulate_single']


class _Carry(NamedTuple):
    states: tuple[Any, ...]
    rings: tuple[Any, ...]
    pointers: tuple[Any, ...]
    finite: Any
    i: Any


def simulate_reference(program: NetworkProgram, plan: Plan, args: SimulateArgs) -> SimulateResult:
    """Run ``plan.n_steps`` steps for every candidate; see :func:`brainfit_fast.ops.simulate.simulate`."""
    return over_candidates(lambda single: simulate_single(program, plan, single), args)


def simulate_single(program: NetworkProgram, plan: Plan, args: SimulateArgs) -> SimulateResult:
    """Run one candidate; the arrays have no candidate axis."""
    node = program.node
    step_consts, observe_consts, *more_consts = args.consts
    emit_consts, track_consts = more_consts[: len(program.channels)], more_consts[-1:]
    dt = args.dt
    # as compile-time constants XLA:CPU would read them 2 to 4 times slower
    weights, delays = lax.optimization_barrier((args.weights, args.delays))
    degrees = degrees_of(weights)
    reads = tuple(
        reader(program.channels[s.channel].depth, s, weight, delay)
        for s, weight, delay in zip(program.sums, weights, delays, strict=True)
    )

    def step(carry: _Carry, inputs: tuple[Any, ...]) -> tuple[_Carry, tuple[Any, ...]]:
        t = carry.i * dt
        sums = tuple(
            read(carry.rings[s.channel], carry.pointers[s.channel])
            for s, read in zip(program.sums, reads, strict=True)
        )
        own, tracked = carry.states[: node.n_states], carry.states[node.n_states :]
        out = node.step(step_consts, *args.params, *sums, *degrees, dt, carry.i, t, *inputs, *own)
        returns = tuple(out[: node.n_returns])
        own = tuple(like(new, old) for new, old in zip(out[node.n_returns :], own, strict=True))
        if node.track is not None:
            given = (*args.params, node.track.every * dt, carry.i, t, *returns, *own)
            tracked = tracked_after(node.track, track_consts[0], given, tracked, carry.i)
        states = (*own, *tracked)
        rings, pointers = [], []
        for channel, consts, ring, pointer in zip(
            program.channels, emit_consts, carry.rings, carry.pointers, strict=True
        ):
            feature = states[channel.state]
            if channel.emit is not None:
                (feature,) = channel.emit(consts, *args.params, feature)
            ring, pointer = push(ring, pointer, feature)
            rings.append(ring)
            pointers.append(pointer)
        finite = carry.finite
        for state in states:
            if jnp.issubdtype(state.dtype, jnp.floating):
                finite = finite & jnp.isfinite(lax.stop_gradient(state))
        after = _Carry(states, tuple(rings), tuple(pointers), finite, carry.i + 1)
        return after, returns

    def advance(carry: _Carry, inputs: tuple[Any, ...], n: int) -> _Carry:
        if n == 0:
            return carry
        carry, _ = _segmented_scan(lambda c, x: (step(c, x)[0], None), carry, inputs, n)
        return carry

    def block(carry: _Carry, inputs: tuple[Any, ...], n: int) -> tuple[_Carry, Any]:
        """``phase`` steps, the sampled step, and the steps after it: ``n`` in all."""
        carry = advance(carry, _rows(inputs, 0, phase), phase)
        i = carry.i
        carry, returns = step(carry, tuple(leaf[phase] for leaf in inputs))
        samples = node.observe(observe_consts, *args.params, dt, i, i * dt, *returns, *carry.states)
        carry = advance(carry, _rows(inputs, phase + 1, n), n - phase - 1)
        return carry, tuple(samples)

    finite = jnp.ones(_finite_shape(args.states), bool)
    carry = _Carry(args.states, args.rings, args.pointers, finite, args.start)
    lead, phase, n_blocks, rest, discard = _schedule(plan)
    every = plan.every

    carry = advance(carry, _rows(args.inputs, 0, lead), lead)
    collected = []
    if n_blocks:
        stop = lead + n_blocks * every
        inputs = tuple(
            leaf[lead:stop].reshape(n_blocks, every, *leaf.shape[1:]) for leaf in args.inputs
        )
        carry, samples = _segmented_scan(lambda c, x: block(c, x, every), carry, inputs, n_blocks)
        collected.append(samples)
    tail = _rows(args.inputs, plan.n_steps - rest, plan.n_steps)
    if rest > phase:
        carry, samples = block(carry, tail, rest)
        collected.append(jax.tree.map(lambda leaf: jnp.asarray(leaf)[None], samples))
    else:
        carry = advance(carry, tail, rest)
    samples = jax.tree.map(lambda *leaves: jnp.concatenate(leaves)[discard:], *collected)
    return SimulateResult(samples, carry.states, carry.rings, carry.pointers, carry.finite.all())


def _schedule(plan: Plan) -> tuple[int, int, int, int, int]:
    """Return ``(lead, phase, n_blocks, rest, discard)``.

    After ``lead`` steps without samples come blocks of ``plan.every`` steps, sampled after step ``phase``
    of each, then ``rest`` steps; the first ``discard`` samples belong to the transient. A short transient
    runs in the same loop as what follows, which halves what has to be compiled; a long one runs in a
    loop of its own, so that its samples take no memory.
    """
    discard, phase = divmod(plan.first, plan.every)
    lead = 0
    if 2 * plan.first > plan.n_steps:
        lead, phase, discard = plan.first, 0, 0
    n_blocks, rest = divmod(plan.n_steps - lead, plan.every)
    return lead, phase, n_blocks, rest, discard


def _rows(inputs: tuple[Any, ...], start: int, stop: int) -> tuple[Any, ...]:
    return tuple(leaf[start:stop] for leaf in inputs)


def _segmented_scan(body: Callable[[Any, Any], Any], carry: Any, xs: Any, n: int) -> Any:
    """``lax.scan`` over ``n`` items in recomputed segments."""
    length = segment_length(n)
    if length >= n:
        return lax.scan(body, carry, xs, length=n)
    n_segments, rest = divmod(n, length)

    @jax.checkpoint
    def segment(carry, xs):
        return lax.scan(body, carry, xs, length=length)

    main = jax.tree.map(
        lambda a: a[: n_segments * length].reshape(n_segments, length, *a.shape[1:]), xs
    )
    carry, ys = lax.scan(segment, carry, main, length=n_segments)
    ys = jax.tree.map(lambda a: a.reshape(-1, *a.shape[2:]), ys)
    if rest:
        tail = jax.tree.map(lambda a: a[n_segments * length :], xs)
        carry, last = jax.checkpoint(lambda c, x: lax.scan(body, c, x, length=rest))(carry, tail)
        ys = jax.tree.map(lambda a, b: jnp.concatenate([a, b]), ys, last)
    return carry, ys


def _finite_shape(states: tuple[Any, ...]) -> tuple[int, ...]:
    shapes = [s.shape for s in states if jnp.issubdtype(s.dtype, jnp.floating)]
    return jnp.broadcast_shapes(*shapes) if shapes else ()
