r"""The reference of ``simulate``: plain JAX, written for reading, differentiable in both modes.

One step of a network with node states :math:`x`, features :math:`f` and conduction delays :math:`d`:

.. math::

    s_i(t) &= \sum_j W_{ij} \, f(x_j(t - d_{ij})) \\
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

__all__ = ['simulate_reference']


class _Carry(NamedTuple):
    states: tuple[Any, ...]
    rings: tuple[Any, ...]
    pointers: tuple[Any, ...]
    observers: tuple[Any, ...]
    finite: Any
    i: Any


def simulate_reference(program: NetworkProgram, plan: Plan, args: SimulateArgs) -> SimulateResult:
    """Run ``plan.n_steps`` steps for every candidate; see :func:`brainfit_fast.ops.simulate.simulate`."""
    shared = {'pointers': args.pointers, 'dt': args.dt, 'start': args.start}

    def single(leaves):
        return _simulate_single(program, plan, SimulateArgs(*leaves, **shared))

    mapped = args[:8]
    if args.n_candidates == 1:
        result = single(jax.tree.map(lambda leaf: leaf[0], mapped))
        pointers = result.pointers
        return jax.tree.map(lambda leaf: leaf[None], result)._replace(pointers=pointers)
    axes = jax.tree.map(lambda leaf: 0 if leaf.shape[0] > 1 else None, mapped)
    squeezed = jax.tree.map(lambda leaf: leaf if leaf.shape[0] > 1 else leaf[0], mapped)
    out_axes: Any = SimulateResult(*(0, 0, 0, 0, 0, None, 0))  # type: ignore[arg-type]
    return jax.vmap(single, in_axes=(axes,), out_axes=out_axes)(squeezed)


def _simulate_single(program: NetworkProgram, plan: Plan, args: SimulateArgs) -> SimulateResult:
    node = program.node
    step_consts, observe_consts, *emit_consts = args.consts
    dt = args.dt
    # as compile-time constants XLA:CPU would read them 2 to 4 times slower
    weights, delays = lax.optimization_barrier((args.weights, args.delays))
    # the diffusive coupling needs sum_j W_ij, the same at every step
    degrees = tuple(weight.sum(axis=-1) for weight in weights)
    reads = tuple(
        _reader(program.channels[s.channel].depth, s.delayed, weight, delay)
        for s, weight, delay in zip(program.sums, weights, delays, strict=True)
    )

    def step(carry: _Carry, inputs: tuple[Any, ...]) -> tuple[_Carry, tuple[Any, ...]]:
        t = carry.i * dt
        sums = tuple(
            read(carry.rings[s.channel], carry.pointers[s.channel])
            for s, read in zip(program.sums, reads, strict=True)
        )
        out = node.step(
            step_consts, *args.params, *sums, *degrees, dt, carry.i, t, *inputs, *carry.states
        )
        returns = tuple(out[: node.n_returns])
        states = tuple(
            _like(new, old) for new, old in zip(out[node.n_returns :], carry.states, strict=True)
        )
        rings, pointers = [], []
        for channel, consts, ring, pointer in zip(
            program.channels, emit_consts, carry.rings, carry.pointers, strict=True
        ):
            feature = states[channel.state]
            if channel.emit is not None:
                (feature,) = channel.emit(consts, *args.params, feature)
            ring, pointer = _push(ring, pointer, feature)
            rings.append(ring)
            pointers.append(pointer)
        finite = carry.finite
        for state in states:
            if jnp.issubdtype(state.dtype, jnp.floating):
                finite = finite & jnp.isfinite(lax.stop_gradient(state))
        if program.observers:
            observables = node.observe(
                observe_consts, *args.params, dt, carry.i, t, *returns, *states
            )
            observers = _advance_observers(
                program, carry.observers, carry.i, args.start, dt, observables
            )
        else:
            observers = carry.observers
        after = _Carry(states, tuple(rings), tuple(pointers), observers, finite, carry.i + 1)
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
        observed = _sample_observers(program, carry.observers)
        carry = advance(carry, _rows(inputs, phase + 1, n), n - phase - 1)
        return carry, (tuple(samples), observed)

    finite = jnp.ones(_finite_shape(args.states), bool)
    carry = _Carry(args.states, args.rings, args.pointers, args.observers, finite, args.start)
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
    samples, observed = jax.tree.map(lambda *leaves: jnp.concatenate(leaves)[discard:], *collected)
    return SimulateResult(
        samples,
        observed,
        carry.states,
        carry.rings,
        carry.observers,
        carry.pointers,
        carry.finite.all(),
    )


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


def _reader(depth: int, delayed: bool, weight: Any, delay: Any) -> Callable[[Any, Any], Any]:
    """Return ``read(ring, pointer) -> s`` for one sum; regions are the last axis of a ring row."""
    if not delayed:

        def read_row(ring: Any, pointer: Any) -> Any:
            latest = ring[0] if depth == 1 else ring[jnp.where(pointer == 0, depth, pointer) - 1]
            # s_i = sum_j W_ij f_j, in full precision also where the default is lower
            return jnp.matmul(latest, weight.T, precision=lax.Precision.HIGHEST)

        return read_row

    n = weight.shape[-1]
    offset = (-1 - delay) * n + jnp.arange(n, dtype=delay.dtype)

    def read_pairs(ring: Any, pointer: Any) -> Any:
        if ring.ndim > 2:
            return jax.vmap(read_pairs, in_axes=(1, None))(ring, pointer)
        position = offset + pointer.astype(delay.dtype) * n
        position = jnp.where(position < 0, position + depth * n, position)
        return (weight * ring.reshape(-1).at[position].get(mode='promise_in_bounds')).sum(axis=-1)

    return read_pairs


def _push(ring: Any, pointer: Any, feature: Any) -> tuple[Any, Any]:
    """Write the newest feature and move the pointer."""
    feature = jnp.asarray(feature, ring.dtype)
    if ring.shape[0] == 1:
        return feature[None], pointer
    ring = lax.dynamic_update_index_in_dim(ring, feature, pointer, 0)
    return ring, jnp.where(pointer + 1 == ring.shape[0], 0, pointer + 1).astype(pointer.dtype)


def _advance_observers(
    program: NetworkProgram,
    observers: tuple[Any, ...],
    i: Any,
    start: Any,
    dt: Any,
    observables: Any,
) -> tuple[Any, ...]:
    advanced = []
    for observer, leaves in zip(program.observers, observers, strict=True):
        states, rest = leaves[: observer.n_states], leaves[observer.n_states :]
        new = tuple(
            _like(leaf, old)
            for leaf, old in zip(
                observer.update((), *states, dt, *observables), states, strict=True
            )
        )
        if observer.ring:
            rings, rest = rest[: observer.n_states], rest[observer.n_states :]
            rings = tuple(
                jnp.concatenate([ring[1:], leaf[None]])
                for ring, leaf in zip(rings, new, strict=True)
            )
            new = (*new, *rings)
        new = (*new, *rest)
        if observer.every > 1:
            due = (i - start + 1) % observer.every == 0
            new = tuple(jnp.where(due, leaf, old) for leaf, old in zip(new, leaves, strict=True))
        advanced.append(new)
    return tuple(advanced)


def _sample_observers(program: NetworkProgram, observers: tuple[Any, ...]) -> tuple[Any, ...]:
    sampled = []
    for observer, leaves in zip(program.observers, observers, strict=True):
        n_inputs = observer.n_states * (2 if observer.ring else 1)
        values = observer.emit((), *leaves[:n_inputs])
        if observer.projected:
            values = [
                jnp.matmul(value, leaves[-1].T, precision=lax.Precision.HIGHEST) for value in values
            ]
        sampled.append(tuple(values))
    return tuple(sampled)


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


def _like(new: Any, old: Any) -> Any:
    """Give ``new`` the dtype and shape of ``old``, so that the loop's carry keeps its type."""
    if jnp.issubdtype(old.dtype, jax.dtypes.prng_key):
        return new
    return jnp.broadcast_to(lax.convert_element_type(new, old.dtype), old.shape)


def _finite_shape(states: tuple[Any, ...]) -> tuple[int, ...]:
    shapes = [s.shape for s in states if jnp.issubdtype(s.dtype, jnp.floating)]
    return jnp.broadcast_shapes(*shapes) if shapes else ()
