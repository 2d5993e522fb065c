"""``simulate`` by the native CPU kernels (``kernels/levels/simulate.cc``).

One custom call runs every step of every candidate; a second one is its adjoint.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ...codegen.library import ready, source_of
from ...codegen.node import Node, Unsupported, node_of
from ...core import device, ffi
from ...program.network_program import NetworkProgram
from .args import Plan
from .heuristics import FEW_CANDIDATES, STORED_SEGMENT, checkpoint_interval
from .lanes import Operands, Raw, Wanted, why_no_lanes

__all__ = ['Call', 'backward', 'declines', 'forward', 'static', 'supports']

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
    ok, why = ffi.available()
    if not ok:
        reasons.append(why)
    reasons = reasons or list(why_no_lanes(program, 'native code'))
    if reasons:
        return tuple(reasons)
    try:
        ready(node_of(program))
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


def static(program: NetworkProgram, plan: Plan, n_candidates: int) -> Call:
    """Describe a call."""
    node = node_of(program)
    depth = sum(channel.depth for channel in program.channels)
    per_step = len(node.states) + 2 * node.n_sums + source_of(node).draws
    kept = len(node.states) + depth
    segment = checkpoint_interval(plan.n_steps, kept, per_step)
    call = Call(program, plan, segment, False, n_candidates)
    only_states = min(node.observables, default=0) >= 0 and not any(
        c.emit for c in program.channels
    )
    size = n_candidates * _trajectory_size(call) * jnp.dtype(node.dtype).itemsize
    if only_states and n_candidates <= FEW_CANDIDATES and size <= plan.memory:
        return replace(call, segment=min(plan.n_steps, STORED_SEGMENT), stored=True)
    return call


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
    rows, states = next(out), next(out)
    parameters = tuple(rows[:, k] for k in range(node.n_parameters))
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
    each = node.n_sums + source_of(node).draws
    return ((n_steps + 1) * len(node.states) + n_steps * each) * padded


def _flat(program: NetworkProgram, given: Operands) -> list[Any]:
    """Operands in the order of the kernels."""
    delays = iter(given.delays)
    coupled: list[Any] = []
    for s, weight in zip(program.sums, given.weights, strict=True):
        if not s.local:
            coupled.append(weight)
        if s.delayed:
            coupled.append(next(delays))
    extent = max((leaf.shape[0] for leaf in given.parameters), default=1)
    shape = (extent, program.n_regions)
    rows = [jnp.broadcast_to(leaf, shape) for leaf in given.parameters]
    dtype = given.states.dtype
    parameters = jnp.stack(rows, axis=1) if rows else jnp.zeros((1, 0, shape[1]), dtype)
    leading = [parameters, given.states, given.keys, given.start]
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
        numbers += [s.channel, int(s.delayed), int(s.local)]
        numbers.append(int(wanted.weights[k]) if wanted else 0)
    computed = 0
    for k, source in enumerate(node.observables):
        numbers += [source, computed if source < 0 else -1, _STREAMS[plan.stream(k)]]
        computed += source < 0
    return np.asarray(numbers, np.int64)
