"""Trace measurements with states of their own into what the time loop advances beside the model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import brainstate
import jax
from brainstate import DelayState
from brainstate.nn import Param

from .network_program import Track
from .piece import Piece
from .primitives import mixing_reason, uses_random
from .recognise import Unrecognised
from .step_trace import clock_context, clock_examples
from .tracing import swapped_parameters, trace

__all__ = ['Tracked', 'Tracking', 'track']


@dataclass(frozen=True)
class Tracking:
    """What is measured inside the time loop.

    Attributes
    ----------
    update : callable
        ``update(update_return)``: advances all measurements by ``every`` steps.
    modules : tuple of brainstate.nn.Module
        What holds their states.
    every : int
        Steps between two updates.
    """

    update: Callable[[Any], None]
    modules: tuple[brainstate.nn.Module, ...]
    every: int


@dataclass(frozen=True)
class Tracked:
    """The traced measurements.

    Attributes
    ----------
    track : Track
    consts : tuple
        Constants of its update.
    states : tuple of brainstate.State
        The tracked states.
    """

    track: Track
    consts: tuple[Any, ...]
    states: tuple[brainstate.State, ...]


def track(
    tracking: Tracking,
    params: dict[str, Param],
    values: Any,
    returns: Any,
    dt: Any,
    states: tuple[brainstate.State, ...],
    region_shape: tuple[int, ...],
) -> Tracked:
    """Trace ``tracking.update``.

    Parameters
    ----------
    tracking : Tracking
    params, values : dict and pytree
        Parameters; what stands for them first, then lanes that a program adds.
    returns : pytree
        What the step returns.
    dt : Quantity or float
        The time step of the model.
    states : tuple of brainstate.State
        Of the model, in the program's order.
    region_shape : tuple of int

    Returns
    -------
    Tracked

    Raises
    ------
    Unrecognised
        If a measurement mixes regions, draws random numbers, reads the past or writes a state of the model.
    """
    clock = clock_context(dt)

    def update(values: Any, dt: Any, i: Any, t: Any, returned: Any) -> None:
        with clock(dt, i, t), swapped_parameters(list(params.values()), values[0]):
            tracking.update(returned)

    traced = trace(update, values, *clock_examples(), returns)
    own = tuple(s for s, w in zip(traced.states, traced.written, strict=True) if w)
    for state in traced.states:
        if isinstance(state, DelayState):
            raise Unrecognised('a measurement reads a delayed state')
    if uses_random(traced.jaxpr):
        raise Unrecognised('a measurement draws random numbers')
    if any(state is other for state in own for other in states):
        raise Unrecognised('a measurement writes a state of the model')

    leaves: dict[int, list[Any]] = {}
    n_leaves = [len(jax.tree.leaves(state.value)) for state in traced.states]
    position = len(traced.jaxpr.invars) - sum(n_leaves)
    arguments = list(traced.jaxpr.invars[:position])
    outputs: dict[int, list[Any]] = {}
    for state, count in zip(traced.states, n_leaves, strict=True):
        leaves[id(state)] = traced.jaxpr.invars[position : position + count]
        first = traced.n_out + position - len(arguments)
        outputs[id(state)] = traced.jaxpr.outvars[first : first + count]
        position += count
    given = [v for state in states for v in leaves.get(id(state)) or _unused(state)]
    followed = [v for state in own for v in leaves[id(state)]]
    constants = [s for s in traced.states if not any(s is other for other in (*states, *own))]
    constvars = [*traced.jaxpr.constvars, *(v for s in constants for v in leaves[id(s)])]
    jaxpr = traced.jaxpr.replace(
        constvars=[],
        invars=[*constvars, *arguments, *given, *followed],
        outvars=[v for state in own for v in outputs[id(state)]],
        debug_info=traced.jaxpr.debug_info._replace(arg_names=None, result_paths=None),
    )
    n_fixed = len(constvars) + len(jax.tree.leaves(values)) + 1  # dt
    reason = mixing_reason(jaxpr, region_shape, jaxpr.invars[:n_fixed])
    if reason is not None:
        raise Unrecognised(f'a measurement is not elementwise: {reason}')
    consts = (*traced.consts, *(leaf for s in constants for leaf in jax.tree.leaves(s.value)))
    for state in own:
        for leaf in jax.tree.leaves(state.value):
            if leaf.shape != region_shape:
                raise Unrecognised(
                    f'a measurement has a state of shape {leaf.shape} beside regions of shape {region_shape}'
                )
    piece = Piece(jaxpr, len(constvars))
    return Tracked(Track(piece, len(followed), tracking.every), consts, own)


def _unused(state: brainstate.State) -> list[Any]:
    """Fresh variables of the types of a state that no equation reads."""
    leaves = jax.tree.leaves(state.value)
    return jax.make_jaxpr(lambda *leaves: leaves)(*leaves).jaxpr.invars
