"""What kernels read and return: a simulation as arrays with one row per candidate and one lane per region.

What does not change from step to step is computed here, in JAX, and so are the random keys' types and the
rings' order; kernels see words and rows in the order of time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ...codegen.node import Unsupported, node_of
from ...program.network_program import NetworkProgram
from .args import Moments, Plan, SimulateArgs, SimulateResult
from .rings import degrees_of

__all__ = ['Operands', 'Raw', 'Wanted', 'operands', 'result_of', 'why_no_lanes']


class Operands(NamedTuple):
    """Arrays of a call; every leaf but ``start`` has a candidate axis of extent 1 or C first.

    Attributes
    ----------
    parameters : tuple of jax.Array
        ``(., 1 or N)``.
    states : jax.Array
        Floating states ``(., X, N)``.
    keys : jax.Array
        Words of the random keys ``(., K, 2)``, uint32.
    inputs, pasts, weights, delays, targets : tuple of jax.Array
        As in SimulateArgs, the pasts in the order of time; no delays where a sum has none. Weights are None
        where a sum is local.
    start : jax.Array
        int32 scalar.
    """

    parameters: tuple[Any, ...]
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


@jax.tree_util.register_static
@dataclass(frozen=True)
class Wanted:
    """Which cotangents backward computes beside those that cost nothing.

    Attributes
    ----------
    parameters, weights, inputs : tuple of bool
        For each parameter, sum and input.
    """

    parameters: tuple[bool, ...]
    weights: tuple[bool, ...]
    inputs: tuple[bool, ...]


def why_no_lanes(program: NetworkProgram, form: str) -> tuple[str, ...]:
    """Why a program cannot be run lane by lane, whatever the device.

    Parameters
    ----------
    program : NetworkProgram
    form : str
        What it would have been turned into.

    Returns
    -------
    tuple of str
        Empty where it can.
    """
    try:
        node = node_of(program)
    except Unsupported as reason:
        return (f'no {form} for this model: {reason}',)
    # an attribute that its type stubs do not list
    if node.keys and not getattr(jax.config, 'jax_threefry_partitionable'):  # noqa: B009
        return ("random bits follow jax_threefry_partitionable=False, JAX's old order",)
    if node.no_adjoint:
        return (f'no {form} for the derivative of this model: {node.no_adjoint}',)
    return ()


def operands(program: NetworkProgram, args: SimulateArgs) -> Operands:
    """Prepare what the kernels read."""
    node = node_of(program)
    n, extent = program.n_regions, args.n_candidates
    dtype = jnp.dtype(node.dtype)
    sources = (args.params, args.consts, degrees_of(args.weights))
    shared = all(leaf.shape[0] == 1 for leaf in jax.tree.leaves(sources))

    def prepare(leaves: Any) -> Any:
        values = node.prepare((), *jax.tree.leaves(leaves), args.dt)
        return tuple(jnp.asarray(v, dtype).reshape(-1) for v in values)

    if shared or extent == 1:
        single = prepare(jax.tree.map(lambda leaf: leaf[0], sources))
        parameters = tuple(value[None] for value in single)
    else:
        axes = jax.tree.map(lambda leaf: 0 if leaf.shape[0] > 1 else None, sources)
        squeezed = jax.tree.map(lambda leaf: leaf if leaf.shape[0] > 1 else leaf[0], sources)
        parameters = jax.vmap(prepare, in_axes=(axes,))(squeezed)
    return Operands(
        parameters=parameters,
        states=_stacked([args.states[k].reshape(-1, n) for k in node.states], (n,), dtype),
        keys=_stacked([jax.random.key_data(args.states[k]) for k in node.keys], (2,), jnp.uint32),
        inputs=tuple(
            row.reshape(*leaf.shape[:2], -1)
            for leaf in args.inputs
            for row in _rows(leaf, program.node.input_rows(leaf.shape[2:]))
        ),
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


def result_of(program: NetworkProgram, plan: Plan, args: SimulateArgs, raw: Raw) -> SimulateResult:
    """Put the kernel's results into the form that all implementations share."""
    node = node_of(program)
    shape, n = program.node.region_shape, program.n_regions
    c = len(raw.finite)
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
    return SimulateResult(tuple(samples), ordered, rings, pointers, raw.finite)


def _stacked(leaves: list[Any], shape: tuple[int, ...], dtype: Any) -> Any:
    """Leaves ``(1 or C, ...)`` as one array ``(1 or C, len(leaves), ...)``."""
    if not leaves:
        return jnp.zeros((1, 0, *shape), dtype)
    extent = max(leaf.shape[0] for leaf in leaves)
    return jnp.stack([jnp.broadcast_to(leaf, (extent, *shape)) for leaf in leaves], axis=1)


def _rows(leaf: Any, count: int) -> list[Any]:
    return [leaf[:, :, k] for k in range(count)] if count else [leaf]


def _in_time_order(ring: Any, pointer: Any) -> Any:
    return jnp.roll(ring, -pointer, axis=1) if ring.shape[1] > 1 else ring
