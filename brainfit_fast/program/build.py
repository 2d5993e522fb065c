"""Turn a model and its monitors into a NetworkProgram and the arrays that go with it."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import brainstate
import brainunit as u
import jax
import jax.numpy as jnp
from brainstate import DelayState
from brainstate.nn import Param

from .fingerprint import fingerprint
from .network_program import Channel, NetworkProgram, StepProgram, Sum
from .piece import Piece
from .primitives import uses_random
from .recognise import Site, Unrecognised, recognise
from .split import split
from .step_trace import (
    attach,
    clock_context,
    clock_examples,
    require_elementwise,
    trace_step,
)
from .tracing import parameters, swapped_parameters, trace

__all__ = ['BuiltModel', 'Unrecognised', 'build']


@dataclass(frozen=True)
class BuiltModel:
    """A program, and where its arrays live in the model.

    Attributes
    ----------
    program : NetworkProgram
        The static description.
    params : dict of str to Param
        Parameters by dotted path, in the order of the program.
    states : tuple of brainstate.State
        States in the order of the program; each may hold several leaves.
    written : tuple of bool
        For each state whether the step writes it.
    sites : tuple of Site
        Couplings in the order of the program's sums.
    rings : tuple of Delay
        Histories, one per channel that emits a state itself; first in the program's channels.
    consts : tuple of tuple
        Constants of each piece.
    outside : Piece or None
        What is applied to the observables of one sample after the run; None where the observables are
        the monitors already.
    outside_consts : tuple
        Its constants.
    out_tree : PyTreeDef
        Structure of the monitors' result.
    """

    program: NetworkProgram
    params: dict[str, Param]
    states: tuple[brainstate.State, ...]
    written: tuple[bool, ...]
    sites: tuple[Site, ...]
    rings: tuple[Any, ...]
    consts: tuple[tuple[Any, ...], ...]
    outside: Piece | None
    outside_consts: tuple[Any, ...]
    out_tree: Any


#: The latest builds of each model, by the fingerprint under which they hold.
_builds: weakref.WeakKeyDictionary[Any, dict[Any, tuple[BuiltModel, list[Any]]]] = (
    weakref.WeakKeyDictionary()
)
#: A model is seldom run in more ways in turn (from new states, continued, with other monitors).
_KEPT = 4


def build(
    model: brainstate.nn.Module,
    measure: Callable[[Any], Any],
    inputs: tuple[Any, ...],
    dt: Any,
    examples: Mapping[str, Any] | None = None,
    monitors: Any = None,
) -> BuiltModel:
    """Trace ``model.update`` and ``measure`` at the current states.

    Parameters
    ----------
    model : brainstate.nn.Module
        A node or a network, with its states initialised.
    measure : callable
        ``measure(update_return) -> pytree``: the monitors, read after the step.
    inputs : tuple
        Example inputs of one step.
    dt : Quantity or float
        The time step; only its unit and dtype enter the program.
    examples : mapping of str to array, optional
        Parameter values, by dotted path, of another shape than the model's own.
    monitors : object
        What ``measure`` was made from, to recognise it in a later run.

    Returns
    -------
    BuiltModel

    Raises
    ------
    Unrecognised
        With the reason why this model needs the generic path.
    """
    params = parameters(model)
    given = dict(examples or {})
    values = [given[name] if name in given else param.value() for name, param in params.items()]
    sites = recognise(model, [params[name] for name in given])
    delays = tuple(
        (site.path, site.delayed, site.history.max_length, site.no_offset) for site in sites
    )
    key = fingerprint(model, monitors, (values, inputs, dt))
    if key is None:
        return _build(model, measure, inputs, dt, params, values, sites)
    known = _builds.setdefault(model, {})
    key = (key, delays)
    if key in known:
        built, hung = known[key]
        return replace(built, params=params, sites=sites, states=_at_places(model, hung))
    built = _build(model, measure, inputs, dt, params, values, sites)
    places = _places(model, built.states)
    consts = jax.tree.leaves((built.consts, built.outside_consts))
    if places is not None and not any(isinstance(leaf, jax.core.Tracer) for leaf in consts):
        while len(known) >= _KEPT:
            del known[next(iter(known))]
        known[key] = (built, places)
    return built


def _places(model: Any, states: tuple[Any, ...]) -> list[Any] | None:
    """Where each state hangs, since initialising a model replaces its state objects."""
    where: dict[int, Any] = {
        id(value): (path, name)
        for path, node in model.nodes().items()
        for name, value in vars(node).items()
        if isinstance(value, brainstate.State)
    }
    where[id(brainstate.random.DEFAULT)] = None
    return [where[id(state)] for state in states] if all(id(s) in where for s in states) else None


def _at_places(model: Any, places: list[Any]) -> tuple[Any, ...]:
    nodes = dict(model.nodes().items())
    return tuple(
        brainstate.random.DEFAULT if place is None else vars(nodes[place[0]])[place[1]]
        for place in places
    )


def _build(
    model: Any,
    measure: Any,
    inputs: Any,
    dt: Any,
    params: Any,
    values: Any,
    sites: tuple[Site, ...],
) -> BuiltModel:
    clock = clock_context(dt)
    traced = trace_step(model, sites, params, values, inputs, clock)
    states = traced.states
    region_shape = _region_shape(states)
    require_elementwise(traced.jaxpr, region_shape)
    returns = jax.tree.unflatten(
        traced.out_tree, [_example(v.aval) for v in traced.jaxpr.outvars[: traced.n_out]]
    )
    observe, outside, monitor_consts, outside_consts, out_tree, n_observables = _trace_monitors(
        measure, params, values, returns, clock, states, region_shape
    )
    node = StepProgram(
        step=Piece(traced.jaxpr),
        observe=observe,
        n_params=len(jax.tree.leaves(values)),
        n_inputs=len(jax.tree.leaves(inputs)),
        n_returns=traced.n_out,
        n_states=sum(len(jax.tree.leaves(state.value)) for state in states),
        n_observables=n_observables,
        keys=_key_positions(states),
        region_shape=region_shape,
    )
    channels, sums, rings, emit_consts = _channels(sites, params, values, states)
    return BuiltModel(
        program=NetworkProgram(node, channels, sums),
        params=params,
        states=states,
        written=traced.written,
        sites=sites,
        rings=rings,
        consts=(traced.consts, monitor_consts, *emit_consts),
        outside=outside,
        outside_consts=outside_consts,
        out_tree=out_tree,
    )


def _trace_monitors(
    measure: Any, params: Any, values: Any, returns: Any, clock: Any, states: Any, region_shape: Any
) -> tuple[Piece, Piece | None, tuple, tuple, Any, int]:
    def observe(values: Any, dt: Any, i: Any, t: Any, returns: Any) -> Any:
        with clock(dt, i, t), swapped_parameters(list(params.values()), values):
            return measure(returns)

    traced = trace(observe, values, *clock_examples(), returns)
    if any(traced.written):
        names = {
            type(state).__name__
            for state, w in zip(traced.states, traced.written, strict=True)
            if w
        }
        if 'RandomState' in names or uses_random(traced.jaxpr):
            raise Unrecognised('a monitor draws random numbers')
        raise Unrecognised(f'a monitor writes to a state ({", ".join(sorted(names))})')
    if any(isinstance(state, DelayState) for state in traced.states):
        raise Unrecognised('a monitor reads a delayed state')
    constants = [state for state in traced.states if not any(state is own for own in states)]
    return split(traced, states, constants, region_shape)


def _channels(
    sites: tuple[Site, ...], params: dict[str, Param], values: list[Any], states: tuple[Any, ...]
) -> tuple[tuple[Channel, ...], tuple[Sum, ...], tuple[Any, ...], tuple[tuple, ...]]:
    positions = _leaf_positions(states)
    rings: list[Any] = []
    channels: list[Channel] = []
    for site in sites:
        if not any(site.history is ring for ring in rings):
            if id(site.source) not in positions:
                raise Unrecognised(
                    f'the source state of coupling {site.path!r} is not part of the update'
                )
            rings.append(site.history)
            channels.append(Channel(positions[id(site.source)], None, site.history.max_length))
    sums, consts = [], [()] * len(channels)
    for site in sites:
        index = next(k for k, ring in enumerate(rings) if ring is site.history)
        if site.form.pre is not None:
            piece, piece_consts = _trace_emit(site, params, values)
            # beside the raw state, which the model's own history keeps
            channels.append(Channel(channels[index].state, piece, channels[index].depth))
            consts.append(piece_consts)
            index = len(channels) - 1
        sums.append(Sum(index, site.delayed))
    return tuple(channels), tuple(sums), tuple(rings), tuple(consts)


def _trace_emit(site: Site, params: dict[str, Param], values: list[Any]) -> tuple[Piece, tuple]:
    pre: Any = site.form.pre
    unit = u.get_unit(site.source.value)
    source = u.get_mantissa(site.source.value)

    def emit(values: Any, x: Any) -> Any:
        with swapped_parameters(list(params.values()), values):
            own = {name: getattr(site.module, name).value() for name in site.form.parameters}
            return u.get_mantissa(pre(attach(x, unit), own))

    traced = trace(emit, values, jnp.zeros(source.shape, source.dtype))
    require_elementwise(traced.jaxpr, source.shape)
    feature: Any = traced.jaxpr.outvars[0].aval
    if feature.shape != source.shape:
        raise Unrecognised(
            f'the pre-synaptic function of coupling {site.path!r} differs by pair of regions'
        )
    return Piece(traced.jaxpr), traced.consts


def _leaf_positions(states: tuple[Any, ...]) -> dict[int, int]:
    positions, start = {}, 0
    for state in states:
        positions[id(state)] = start
        start += len(jax.tree.leaves(state.value))
    return positions


def _key_positions(states: tuple[Any, ...]) -> tuple[int, ...]:
    leaves = [leaf for state in states for leaf in jax.tree.leaves(state.value)]
    return tuple(
        k for k, leaf in enumerate(leaves) if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)
    )


def _region_shape(states: tuple[Any, ...]) -> tuple[int, ...]:
    shapes = [
        leaf.shape
        for state in states
        for leaf in jax.tree.leaves(state.value)
        if jnp.issubdtype(leaf.dtype, jnp.floating)
    ]
    try:
        return jnp.broadcast_shapes(*shapes) if shapes else ()
    except ValueError as error:
        raise Unrecognised(
            f'the states have shapes {sorted(set(shapes))}, which do not broadcast'
        ) from error


def _example(aval: Any) -> Any:
    return jax.ShapeDtypeStruct(aval.shape, aval.dtype)
