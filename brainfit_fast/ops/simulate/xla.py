r"""``simulate`` with a hand-written adjoint, in plain XLA.

Forward is the loop of the reference, cut into segments whose starting states are kept. Backward, from the
last segment to the first, a segment is run again with its states kept, and the reverse recursion

.. math::

    \bar f_j(t) &= \sum_i W_{ij} \, \bar s_i(t + 1 + d_{ij}) \\
    (\bar x(t), \bar s(t), \bar p) &= \mathrm{step}^\top(\bar x(t + 1), \bar f(t), \bar y(t))

runs over it. In reverse the delayed sum is again a gather, with weights and delays transposed, where
differentiating the forward gather would scatter. The gradient of the weights is formed per segment from
the adjoints of the sums and the features, never per step where there is no delay.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from ...program.network_program import NetworkProgram
from .args import Plan, SimulateArgs, SimulateResult
from .heuristics import segment_length
from .rings import degrees_of, like, push, reader, transposed_reader, weight_adjoint
from .tracking import tracked_after

__all__ = ['Residuals', 'backward', 'declines', 'forward', 'supports']


def supports(call: tuple[NetworkProgram, Plan]) -> tuple[str, ...]:
    """Why this implementation cannot serve a program."""
    return ()


def declines(call: tuple[NetworkProgram, Plan]) -> tuple[str, ...]:
    """Why it is not the best choice although it could serve."""
    return ('the reference is about as fast in plain XLA, and has forward mode',)


class Residuals(NamedTuple):
    """What backward needs.

    Attributes
    ----------
    args : SimulateArgs
        The arguments of one candidate.
    starts : tuple
        For each run of equal segments the states, rings and pointers at their starts, stacked.
    pointers : tuple of array
        Pointers at the end.
    """

    args: SimulateArgs
    starts: tuple[Any, ...]
    pointers: tuple[Any, ...]


def forward(
    program: NetworkProgram, plan: Plan, args: SimulateArgs
) -> tuple[SimulateResult, Residuals]:
    """Run one candidate, keeping the carry at the start of each segment."""
    model = _Model(program, plan, args)
    shapes = jax.eval_shape(lambda: model.first_observables())
    # one row more than samples: steps that are not sampled write there
    buffers = tuple(jnp.zeros((plan.n_samples + 1, *s.shape), s.dtype) for s in shapes)
    finite = jnp.ones(program.node.region_shape, bool)

    def step(carry: Any, x: Any) -> tuple[Any, None]:
        past, buffers, finite = carry
        k, inputs = x
        past, observables, _, _ = model.advance(past, inputs, k)
        slot = model.slot(k)
        buffers = tuple(
            lax.dynamic_update_index_in_dim(buffer, value, slot, 0)
            for buffer, value in zip(buffers, observables, strict=True)
        )
        for state in model.moving(past[0]):
            finite = finite & jnp.isfinite(state)
        return (past, buffers, finite), None

    def segment(carry: Any, xs: Any) -> tuple[Any, Any]:
        return lax.scan(step, carry, xs)[0], carry[0]

    carry: Any = ((args.states, args.rings, args.pointers), buffers, finite)
    starts = []
    for xs in model.segments():
        carry, kept = lax.scan(segment, carry, xs)
        starts.append(kept)
    (states, rings, pointers), buffers, finite = carry
    samples = tuple(buffer[: plan.n_samples] for buffer in buffers)
    result = SimulateResult(samples, states, rings, pointers, finite.all())
    return result, Residuals(args, tuple(starts), pointers)


def backward(
    program: NetworkProgram, plan: Plan, residuals: Residuals, cotangent: SimulateResult
) -> SimulateArgs:
    """Return the cotangents of one candidate's arguments; None where there is none."""
    args = residuals.args
    model = _Model(program, plan, args)
    adjoint = _FeatureAdjoint(model, residuals.pointers, cotangent.rings)
    padded = tuple(
        jnp.concatenate([leaf, jnp.zeros_like(leaf, shape=(1, *leaf.shape[1:]))])
        for leaf in cotangent.samples
    )

    def step(carry: Any, x: Any) -> tuple[Any, Any]:
        moving_bar, sums_bars, shared_bar = carry
        (k, inputs), (states, sums) = x
        slot = model.slot(k)
        observables_bar = tuple(leaf[slot] for leaf in padded)

        def local(shared: Any, moving: Any, sums: Any, inputs: Any) -> Any:
            new, observables, features = model.step(
                shared, model.merged(moving, states), sums, inputs, k
            )
            return model.moving(new), observables, features

        outputs, pull = jax.vjp(local, model.shared, model.moving(states), sums, inputs)
        bars = (moving_bar, observables_bar, adjoint(sums_bars, k))
        bars = jax.tree.map(lambda bar, out: jnp.asarray(bar, out.dtype), bars, outputs)
        own_bar, moving_bar, sum_bar, inputs_bar = pull(bars)
        shared_bar = jax.tree.map(jnp.add, shared_bar, own_bar)
        return (moving_bar, adjoint.record(sums_bars, sum_bar, k), shared_bar), (
            inputs_bar,
            sum_bar,
        )

    def segment(carry: Any, x: Any) -> tuple[Any, Any]:
        *carry, weights_bar = carry
        start, xs = x

        def again(past: Any, x: Any) -> tuple[Any, Any]:
            after, _, features, sums = model.advance(past, x[1], x[0])
            return after, ((past[0], sums), features)

        _, (kept, features) = lax.scan(again, start, xs)
        carry, (inputs_bar, sum_bar) = lax.scan(step, tuple(carry), (xs, kept), reverse=True)
        _, rings, pointers = start
        weights_bar = tuple(
            None
            if s.local
            else bar
            + weight_adjoint(
                s.delayed, delay, rings[s.channel], pointers[s.channel], features[s.channel], own
            )
            for s, bar, delay, own in zip(
                program.sums, weights_bar, model.delays, sum_bar, strict=True
            )
        )
        return (*carry, weights_bar), inputs_bar

    carry: Any = (
        model.moving(cotangent.states),
        adjoint.start(),
        jax.tree.map(jnp.zeros_like, model.shared),
        jax.tree.map(jnp.zeros_like, model.weights),
    )
    inputs_bar: list[Any] = []
    for starts, xs in reversed(list(zip(residuals.starts, model.segments(), strict=True))):
        carry, bars = lax.scan(segment, carry, (starts, xs), reverse=True)
        inputs_bar.insert(0, tuple(leaf.reshape(-1, *leaf.shape[2:]) for leaf in bars))
    moving_bar, sums_bars, shared_bar, weights_bar = carry
    common_bar = model.common(shared_bar)
    degrees = iter(common_bar['degrees'])
    return SimulateArgs(
        params=common_bar['params'],
        consts=common_bar['consts'],
        states=model.merged(moving_bar, (None,) * len(args.states)),
        rings=adjoint.of_initial_rings(sums_bars),
        weights=tuple(None if bar is None else bar + next(degrees)[:, None] for bar in weights_bar),
        delays=(None,) * len(args.delays),
        inputs=tuple(jnp.concatenate(leaves) for leaves in zip(*inputs_bar, strict=True)),
        pointers=(None,) * len(args.pointers),
        dt=common_bar['dt'],
        start=None,
    )


class _Model:
    """One candidate's program with its arrays, as functions of what has a gradient."""

    def __init__(self, program: NetworkProgram, plan: Plan, args: SimulateArgs):
        self.program, self.plan, self.args = program, plan, args
        # as compile-time constants XLA:CPU would read them 2 to 4 times slower
        self.weights, self.delays = lax.optimization_barrier((args.weights, args.delays))
        self._floating = tuple(jnp.issubdtype(s.dtype, jnp.floating) for s in args.states)
        common = {
            'params': args.params,
            'consts': args.consts,
            'degrees': degrees_of(self.weights),
            'dt': jnp.asarray(args.dt),
        }
        self._leaves, self._tree = jax.tree.flatten(common)
        self._moving_leaves = [
            jnp.issubdtype(jnp.result_type(v), jnp.floating) for v in self._leaves
        ]
        #: What all steps share and has a gradient.
        self.shared = [v for v, f in zip(self._leaves, self._moving_leaves, strict=True) if f]
        self._reads = tuple(
            reader(program.channels[s.channel].depth, s, weight, delay)
            for s, weight, delay in zip(program.sums, self.weights, self.delays, strict=True)
        )

    def common(self, shared: Any) -> dict[str, Any]:
        """Everything that all steps share; None where ``shared`` are cotangents and there is none."""
        values = iter(shared)
        is_primal = shared is self.shared
        leaves = [
            next(values) if f else (v if is_primal else None)
            for v, f in zip(self._leaves, self._moving_leaves, strict=True)
        ]
        return jax.tree.unflatten(self._tree, leaves)

    def moving(self, states: Any) -> tuple[Any, ...]:
        """The states that have a gradient."""
        return tuple(s for s, f in zip(states, self._floating, strict=True) if f)

    def merged(self, moving: Any, states: Any) -> tuple[Any, ...]:
        """``states`` with those that have a gradient replaced."""
        values = iter(moving)
        return tuple(next(values) if f else s for s, f in zip(states, self._floating, strict=True))

    def step(
        self, shared: Any, states: Any, sums: Any, inputs: Any, k: Any
    ) -> tuple[Any, Any, Any]:
        """Return the states after step ``k``, its observables and its features."""
        node = self.program.node
        values = iter(shared)
        leaves = [
            next(values) if f else v for v, f in zip(self._leaves, self._moving_leaves, strict=True)
        ]
        common = jax.tree.unflatten(self._tree, leaves)
        step_consts, observe_consts, *more_consts = common['consts']
        n_channels = len(self.program.channels)
        emit_consts, track_consts = more_consts[:n_channels], more_consts[-1:]
        params, dt = common['params'], common['dt']
        i = self.args.start + k
        t = i * dt
        own, tracked = states[: node.n_states], states[node.n_states :]
        out = node.step(step_consts, *params, *sums, *common['degrees'], dt, i, t, *inputs, *own)
        returns = out[: node.n_returns]
        own = tuple(like(a, b) for a, b in zip(out[node.n_returns :], own, strict=True))
        if node.track is not None:
            given = (*params, node.track.every * dt, i, t, *returns, *own)
            tracked = tracked_after(node.track, track_consts[0], given, tracked, i)
        new = (*own, *tracked)
        observables = node.observe(observe_consts, *params, dt, i, t, *returns, *new)
        features = tuple(
            new[channel.state]
            if channel.emit is None
            else channel.emit(consts, *params, new[channel.state])[0]
            for channel, consts in zip(self.program.channels, emit_consts, strict=True)
        )
        return new, tuple(jnp.asarray(v) for v in observables), features

    def advance(self, past: Any, inputs: Any, k: Any) -> tuple[Any, Any, Any, Any]:
        """Return the past after step ``k``, its observables, features and sums."""
        states, rings, pointers = past
        sums = tuple(
            read(rings[s.channel], pointers[s.channel])
            for s, read in zip(self.program.sums, self._reads, strict=True)
        )
        states, observables, features = self.step(self.shared, states, sums, inputs, k)
        moved = [push(r, p, f) for r, p, f in zip(rings, pointers, features, strict=True)]
        after = (states, tuple(m[0] for m in moved), tuple(m[1] for m in moved))
        return after, observables, features, sums

    def first_observables(self) -> tuple[Any, ...]:
        """Observables of the first step, for their shapes."""
        past = (self.args.states, self.args.rings, self.args.pointers)
        return self.advance(past, tuple(leaf[0] for leaf in self.args.inputs), jnp.int32(0))[1]

    def segments(self) -> list[Any]:
        """Step indices and inputs ``(segments, steps, ...)``: equal segments, then the remainder."""
        n = self.plan.n_steps
        length = segment_length(n)
        full, rest = divmod(n, length)
        leaves = (jnp.arange(n, dtype=jnp.int32), self.args.inputs)

        def cut(start: int, count: int, length: int) -> Any:
            stop = start + count * length
            return jax.tree.map(
                lambda a: a[start:stop].reshape(count, length, *a.shape[1:]), leaves
            )

        return [cut(0, full, length), *([cut(full * length, 1, rest)] if rest else [])]

    def slot(self, k: Any) -> Any:
        """Which sample step ``k`` gives; the number of samples where it gives none."""
        after = k - self.plan.first
        due = (after >= 0) & (after % self.plan.every == 0)
        return jnp.where(due, after // self.plan.every, self.plan.n_samples)


class _FeatureAdjoint:
    """Adjoints of features: what later sums, and the final rings, make of them."""

    def __init__(self, model: _Model, pointers: Any, rings_bar: Any):
        self.model, self.pointers, self.rings_bar = model, pointers, rings_bar
        program = model.program
        self.reads = tuple(
            transposed_reader(program.channels[s.channel].depth, s, weight, delay)
            for s, weight, delay in zip(program.sums, model.weights, model.delays, strict=True)
        )

    def start(self) -> tuple[Any, ...]:
        """Empty adjoints of the sums: row ``t mod depth`` is step ``t``."""
        program = self.model.program
        shape = program.node.region_shape
        return tuple(
            jnp.zeros((program.channels[s.channel].depth, *shape), self._dtype(s, weight))
            for s, weight in zip(program.sums, self.model.weights, strict=True)
        )

    def _dtype(self, s: Any, weight: Any) -> Any:
        return self.rings_bar[s.channel].dtype if s.local else weight.dtype

    def __call__(self, sums_bars: Any, step: Any) -> tuple[Any, ...]:
        """Adjoint of each channel's feature of ``step``."""
        program = self.model.program
        totals = []
        for index, channel in enumerate(program.channels):
            age = self.model.plan.n_steps - 1 - step
            row = self.rings_bar[index][(self.pointers[index] - 1 - age) % channel.depth]
            total = jnp.where(age < channel.depth, row, jnp.zeros_like(row))
            for s, read, bars in zip(program.sums, self.reads, sums_bars, strict=True):
                if s.channel == index:
                    total = total + read(bars, step)
            totals.append(total)
        return tuple(totals)

    @staticmethod
    def record(sums_bars: Any, bars: Any, step: Any) -> tuple[Any, ...]:
        """Keep the adjoints of the sums of ``step``."""
        return tuple(
            lax.dynamic_update_index_in_dim(rows, bar.astype(rows.dtype), step % len(rows), 0)
            for rows, bar in zip(sums_bars, bars, strict=True)
        )

    def of_initial_rings(self, sums_bars: Any) -> tuple[Any, ...]:
        """Adjoint of the history before the first step: the recursion at steps -1, -2, ..."""
        args, channels = self.model.args, self.model.program.channels
        if not channels:
            return ()

        def before(sums_bars: Any, step: Any) -> tuple[Any, Any]:
            bars = self(sums_bars, step)
            nothing = tuple(jnp.zeros_like(rows[0]) for rows in sums_bars)
            return self.record(sums_bars, nothing, step), bars

        depth = max(channel.depth for channel in channels)
        _, rows = lax.scan(before, sums_bars, -1 - jnp.arange(depth, dtype=jnp.int32))
        return tuple(
            jnp.zeros_like(ring)
            .at[(pointer - 1 - jnp.arange(channel.depth)) % channel.depth]
            .set(bars[: channel.depth])
            for channel, ring, pointer, bars in zip(
                channels, args.rings, args.pointers, rows, strict=True
            )
        )
