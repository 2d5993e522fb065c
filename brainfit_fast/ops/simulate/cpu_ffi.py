"""``simulate`` by the native CPU kernels (``kernels/levels/simulate.cc``).

One custom call runs every step of every candidate; a second one is its adjoint. What does not change from
step to step is computed here, in JAX, and so are the random keys' types and the rings' order.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ...codegen.library import ready
from ...codegen.node import Node, Unsupported, node_of
from ...core import device, ffi
from ...program.network_program import NetworkProgram
from .args import Moments, Plan, SimulateArgs, SimulateResult
from .heuristics import FEW_CANDIDATES, STORED_SEGMENT, checkpoint_interval

__all__ = [
    'Call',
    'Operands',
    'backward',
    'declines',
    'forward',
    'operands',
    'result_of',
    'supports',
]

FORWARD = 'brainfit_fast_simulate_forward'
BACKWARD = 'brainfit_fast_simulate_backward'
_SUFFIX = {'float32': '_f32', 'float64': '_f64'}
#: kWeightGroups in kernels/include/brainfit_fast/simulate_problem.h
_WEIGHT_GROUPS = 16
_STREAMS = {'samples': 0, 'moments': 1, 'squares': 2}


def declines(call: tuple[NetworkProgram, Plan]) -> tuple[str, ...]:
    """Why the kernel is not the first choice although it could serve."""
    platform = device.platform()
    if platform != 'cpu':
        return (f'runs on the CPU, and the device is a {platform}',)
    node = call[0].node
    return ('the model has no state',) if node.n_states == len(node.keys) else ()


def supports(call: tuple[NetworkProgram, Plan]) -> tuple[str, ...]:
    """Why the kernel cannot serve a program. A model of the user's own is compiled here."""
    reasons = list(declines(call))
    program, _ = call
    if program.observers:
        reasons.append('observers run on the reference')
    ok, why = ffi.available()
    if not ok:
        reasons.append(why)
    if reasons:
        return tuple(reasons)
    try:
        node = node_of(program)
        # an attribute that its type stubs do not list
        if node.keys and not getattr(jax.config, 'jax_threefry_partitionable'):  # noqa: B009
            return ("random bits follow jax_threefry_partitionable=False, JAX's old order",)
        if node.no_adjoint:
            return (f'no native code for the derivative of this model: {node.no_adjoint}',)
        ready(node)
    except Unsupported as reason:
        return (f'no native code for this model: {reason}',)
    return ()


@dataclass(frozen=True)
class Call:
    """What is static in a call.

    Attributes
    ----------
    program, plan
        What is simulated.
    segment : int
        Steps that the adjoint walks back at once; unless ``stored``, those between two checkpoints.
    stored : bool
        Whether a gradient keeps the trajectory.
    n_candidates : int
        The candidate extent C.
    """

    program: NetworkProgram
    plan: Plan
    segment: int
    stored: bool
    n_candidates: int

    @property
    def node(self) -> Node:
        """The lowered program."""
        return node_of(self.program)


class Operands(NamedTuple):
    """Arrays of a call; every leaf but ``start`` has a candidate axis of extent 1 or C first.

    Attributes
    ----------
    parameters : jax.Array
        ``(., P, N)``.
    states : jax.Array
        Floating states ``(., X, N)``.
    keys : jax.Array
        Words of the random keys ``(., K, 2)``, uint32.
    inputs, pasts, weights, delays, targets : tuple of jax.Array
        As in SimulateArgs, the pasts in the order of time; no delays where a sum has none.
    start : jax.Array
        int32 scalar.
    """

    parameters: Any
    states: Any
    keys: Any
    inputs: tuple[Any, ...]
    pasts: tuple[Any, ...]
    weights: tuple[Any, ...]
    delays: tuple[Any, ...]
    targets: tuple[Any, ...]
    start: Any


class Raw(NamedTuple):
    """Results of the forward kernel.

    Attributes
    ----------
    observables : tuple of jax.Array
        Samples ``(C, n_samples, N)``, mean and comoment ``(C, N + N * N)``, or squares ``(C, N)``.
    states, keys, pasts
        Where the run ended.
    finite : jax.Array
        ``(C,)`` bool.
    """

    observables: tuple[Any, ...]
    states: Any
    keys: Any
    pasts: tuple[Any, ...]
    finite: Any


def static(program: NetworkProgram, plan: Plan, n_candidates: int) -> Call:
    """Describe a call."""
    node = node_of(program)
    depth = sum(channel.depth for channel in program.channels)
    kept, per_step = len(node.states) + depth, len(node.states) + 2 * node.n_sums
    segment = checkpoint_interval(plan.n_steps, kept, per_step)
    call = Call(program, plan, segment, False, n_candidates)
    only_states = min(node.observables, default=0) >= 0 and not any(
        c.emit for c in program.channels
    )
    size = n_candidates * _trajectory_size(call) * jnp.dtype(node.dtype).itemsize
    if only_states and n_candidates <= FEW_CANDIDATES and size <= plan.memory:
        return replace(call, segment=min(plan.n_steps, STORED_SEGMENT), stored=True)
    return call


def operands(program: NetworkProgram, args: SimulateArgs) -> Operands:
    """Prepare what the kernels read."""
    node = node_of(program)
    n, extent = program.n_regions, args.n_candidates
    dtype = jnp.dtype(node.dtype)
    degrees = tuple(weight.sum(axis=-1) for weight in args.weights)
    sources = (args.params, args.consts, degrees)
    shared = all(leaf.shape[0] == 1 for leaf in jax.tree.leaves(sources))

    def prepare(leaves: Any) -> Any:
        values = node.prepare((), *jax.tree.leaves(leaves), args.dt)
        rows = [jnp.broadcast_to(jnp.asarray(v, dtype).reshape(-1), (n,)) for v in values]
        return jnp.stack(rows) if rows else jnp.zeros((0, n), dtype)

    if shared or extent == 1:
        parameters = prepare(jax.tree.map(lambda leaf: leaf[0], sources))[None]
    else:
        axes = jax.tree.map(lambda leaf: 0 if leaf.shape[0] > 1 else None, sources)
        squeezed = jax.tree.map(lambda leaf: leaf if leaf.shape[0] > 1 else leaf[0], sources)
        parameters = jax.vmap(prepare, in_axes=(axes,))(squeezed)
    return Operands(
        parameters=parameters,
        states=_stacked([args.states[k].reshape(-1, n) for k in node.states], (n,), dtype),
        keys=_stacked([jax.random.key_data(args.states[k]) for k in node.keys], (2,), jnp.uint32),
        inputs=tuple(leaf.reshape(*leaf.shape[:2], -1) for leaf in args.inputs),
        pasts=tuple(
            _in_time_order(ring, pointer).reshape(len(ring), -1, n)
            for ring, pointer in zip(args.rings, args.pointers, strict=True)
        ),
        weights=args.weights,
        delays=tuple(
            delay.astype(jnp.int32)
            for s, delay in zip(program.sums, args.delays, strict=True)
            if s.delayed
        ),
        targets=tuple(leaf.reshape(*leaf.shape[:2], n) for leaf in args.targets),
        start=jnp.asarray(args.start, jnp.int32),
    )


def result_of(call: Call, args: SimulateArgs, raw: Raw) -> SimulateResult:
    """Put the kernel's results into the form that all implementations share."""
    program, plan, node = call.program, call.plan, call.node
    shape, n = program.node.region_shape, program.n_regions
    c = call.n_candidates
    observed = [v.aval for v in program.node.observe.outvars]
    samples: list[Any] = []
    for k, leaf in enumerate(raw.observables):
        stream = plan.stream(k)
        if stream == 'moments':
            samples.append(Moments(leaf[:, :n], leaf[:, n:].reshape(c, n, n)))
        elif stream == 'squares':
            samples.append(leaf)
        elif int(np.prod(observed[k].shape, dtype=int)) == n:
            samples.append(leaf.reshape(c, plan.n_samples, *observed[k].shape))
        else:  # the same in every region
            samples.append(leaf[..., 0].reshape(c, plan.n_samples, *observed[k].shape))
    states: dict[int, Any] = {
        k: raw.states[:, index].reshape(c, *shape) for index, k in enumerate(node.states)
    }
    for index, k in enumerate(node.keys):
        states[k] = jax.random.wrap_key_data(raw.keys[:, index], impl='threefry2x32')
    pointers = tuple(
        ((pointer + plan.n_steps) % channel.depth).astype(pointer.dtype)
        if channel.depth > 1
        else pointer
        for channel, pointer in zip(program.channels, args.pointers, strict=True)
    )
    rings = tuple(
        jnp.roll(past, pointer, axis=1).reshape(c, past.shape[1], *shape)
        if past.shape[1] > 1
        else past.reshape(c, 1, *shape)
        for past, pointer in zip(raw.pasts, pointers, strict=True)
    )
    ordered = tuple(states[k] for k in range(len(states)))
    return SimulateResult(tuple(samples), (), ordered, rings, (), pointers, raw.finite)


def forward(call: Call, given: Operands, *, checkpointed: bool) -> tuple[Raw, tuple[Any, ...]]:
    """Run every step of every candidate.

    Parameters
    ----------
    call : Call
    given : Operands
    checkpointed : bool
        Whether to keep what :func:`backward` needs.

    Returns
    -------
    raw : Raw
    kept : tuple of jax.Array
        Checkpoints ``(C, segments, size)``, then the trajectory ``(C, size)`` where it is stored; empty
        unless ``checkpointed``.
    """
    program, node, c, n = call.program, call.node, call.n_candidates, call.program.n_regions
    dtype = jnp.dtype(node.dtype)
    shapes: list[Any] = [_struct(shape, dtype) for shape in _observable_shapes(call)]
    shapes.append(_struct((c, len(node.states), n), dtype))
    shapes.append(_struct((c, len(node.keys), 2), jnp.uint32))
    shapes += [_struct((c, channel.depth, n), dtype) for channel in program.channels]
    shapes.append(_struct((c,), jnp.bool_))
    if checkpointed:
        shapes.append(_struct((c, *_checkpoint_shape(call)), dtype))
        if call.stored:
            shapes.append(_struct((c, _trajectory_size(call)), dtype))
    out = ffi.call(
        FORWARD + _SUFFIX[node.dtype],
        shapes,
        *_flat(program, given),
        node=ready(node),
        layout=_layout(call, None),
        checkpointed=checkpointed,
    )
    n_observables = program.node.n_observables
    rest = out[n_observables:]
    raw = Raw(
        _swapped(call, out[:n_observables]),
        rest[0],
        rest[1],
        tuple(rest[2 : 2 + len(program.channels)]),
        rest[2 + len(program.channels)],
    )
    return raw, tuple(rest[3 + len(program.channels) :])


@jax.tree_util.register_static
@dataclass(frozen=True)
class Wanted:
    """Which cotangents backward computes beside those that cost nothing.

    Attributes
    ----------
    weights, inputs : tuple of bool
        For each sum and each input.
    """

    weights: tuple[bool, ...]
    inputs: tuple[bool, ...]


def backward(
    call: Call,
    wanted: Wanted,
    given: Operands,
    kept: tuple[Any, ...],
    moments: tuple[Any, ...],
    cotangent: Raw,
) -> Operands:
    """Cotangents of the operands, each with a candidate axis of extent C; None where there is none.

    That of weights which all candidates share has extent 1.

    Parameters
    ----------
    call : Call
    wanted : Wanted
    given : Operands
        Of the forward run.
    kept : tuple of jax.Array
        From the forward run.
    moments : tuple of jax.Array
        Results of the observables that are streamed as moments.
    cotangent : Raw
        Of the results; ``keys`` and ``finite`` are not read.

    Returns
    -------
    Operands
    """
    program, node, c, n = call.program, call.node, call.n_candidates, call.program.n_regions
    dtype = jnp.dtype(node.dtype)
    shapes = [_struct((c, node.n_parameters, n), dtype), _struct((c, len(node.states), n), dtype)]
    shapes += [_struct((c, channel.depth, n), dtype) for channel in program.channels]
    shapes += [
        _struct((_weight_groups(weight, c), n, n), dtype)
        for weight, want in zip(given.weights, wanted.weights, strict=True)
        if want
    ]
    shapes += [_struct((c, call.plan.n_steps, n), dtype) for want in wanted.inputs if want]
    out = iter(
        ffi.call(
            BACKWARD + _SUFFIX[node.dtype],
            shapes,
            *_flat(program, given),
            *kept,
            *_swapped(call, cotangent.observables),
            *moments,
            cotangent.states,
            *cotangent.pasts,
            node=ready(node),
            layout=_layout(call, wanted),
        )
    )
    parameters, states = next(out), next(out)
    pasts = tuple(next(out) for _ in program.channels)
    weights = tuple(
        _over_all(next(out), weight, c) if want else None
        for weight, want in zip(given.weights, wanted.weights, strict=True)
    )
    inputs = tuple(next(out) if want else None for want in wanted.inputs)
    return Operands(parameters, states, None, inputs, pasts, weights, (), (), None)


def _weight_groups(weight: Any, c: int) -> int:
    """How many gradients the kernel returns: shared weights have one per group of candidates."""
    return min(c, _WEIGHT_GROUPS) if weight.shape[0] == 1 else c


def _over_all(bar: Any, weight: Any, c: int) -> Any:
    return bar.sum(axis=0, keepdims=True) if weight.shape[0] == 1 and c > 1 else bar


def _stacked(leaves: list[Any], shape: tuple[int, ...], dtype: Any) -> Any:
    """Leaves ``(1 or C, ...)`` as one array ``(1 or C, len(leaves), ...)``."""
    if not leaves:
        return jnp.zeros((1, 0, *shape), dtype)
    extent = max(leaf.shape[0] for leaf in leaves)
    return jnp.stack([jnp.broadcast_to(leaf, (extent, *shape)) for leaf in leaves], axis=1)


def _in_time_order(ring: Any, pointer: Any) -> Any:
    return jnp.roll(ring, -pointer, axis=1) if ring.shape[1] > 1 else ring


def _struct(shape: tuple[int, ...], dtype: Any) -> Any:
    return jax.ShapeDtypeStruct(shape, dtype)


def _observable_shapes(call: Call) -> list[tuple[int, ...]]:
    n, c, samples = call.program.n_regions, call.n_candidates, call.plan.n_samples
    by_stream = {
        'samples': (samples, c, n) if call.plan.time_first else (c, samples, n),
        'moments': (c, n + n * n),
        'squares': (c, n),
    }
    return [by_stream[call.plan.stream(k)] for k in range(call.program.node.n_observables)]


def _swapped(call: Call, observables: Any) -> tuple[Any, ...]:
    """Candidates before time, or back, where the kernel has samples time first."""
    plan = call.plan
    return tuple(
        leaf.swapaxes(0, 1) if plan.time_first and plan.stream(k) == 'samples' else leaf
        for k, leaf in enumerate(observables)
    )


def _checkpoint_shape(call: Call) -> tuple[int, int]:
    node, n = call.node, call.program.n_regions
    size = len(node.states) * n + 2 * len(node.keys)
    size += sum(channel.depth for channel in call.program.channels) * n
    return 1 if call.stored else -(-call.plan.n_steps // call.segment), size


def _trajectory_size(call: Call) -> int:
    """As ``Problem::trajectory_size``."""
    node, n_steps = call.node, call.plan.n_steps
    widest = 64 // jnp.dtype(node.dtype).itemsize
    padded = -(-call.program.n_regions // widest) * widest
    rows = (n_steps + 1) * len(node.states) + n_steps * node.n_sums
    return rows * padded + n_steps * 2 * len(node.keys)


def _flat(program: NetworkProgram, given: Operands) -> list[Any]:
    """Operands in the order of the kernels."""
    delays = iter(given.delays)
    coupled: list[Any] = []
    for s, weight in zip(program.sums, given.weights, strict=True):
        coupled.append(weight)
        if s.delayed:
            coupled.append(next(delays))
    leading = [given.parameters, given.states, given.keys, given.start]
    return [*leading, *given.inputs, *given.pasts, *coupled, *given.targets]


def _layout(call: Call, wanted: Wanted | None) -> np.ndarray:
    """The numbers that ``Layout`` in kernels/ffi/simulate.cc reads."""
    program, plan, node = call.program, call.plan, call.node
    numbers = [plan.n_steps, plan.first, plan.every, int(plan.time_first)]
    numbers += [call.segment, int(call.stored)]
    numbers += [
        call.n_candidates,
        program.n_regions,
        node.n_inputs,
        len(program.channels),
        len(program.sums),
    ]
    numbers.append(program.node.n_observables)
    numbers += [int(w) for w in wanted.inputs] if wanted else [0] * node.n_inputs
    features = 0
    for channel in program.channels:
        numbers += [node.states.index(channel.state), features if channel.emit else -1]
        numbers.append(channel.depth)
        features += channel.emit is not None
    for k, s in enumerate(program.sums):
        numbers += [s.channel, int(s.delayed), int(wanted.weights[k]) if wanted else 0]
    computed = 0
    for k, source in enumerate(node.observables):
        numbers += [source, computed if source < 0 else -1, _STREAMS[plan.stream(k)]]
        computed += source < 0
    return np.asarray(numbers, np.int64)
