"""Turn a model and its monitors into a NetworkProgram and the arrays that go with it."""

from __future__ import annotations

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
from .local_reads import LocalRead, local_reads
from .local_reads import held as held_past
from .network_program import Channel, NetworkProgram, StepProgram, Sum
from .piece import Piece
from .primitives import mixing_reason, uses_random
from .recognise import Read, Site, Unrecognised, read_steps, recognise
from .separate import Separated, separate
from .split import split
from .step_trace import (
    StepTrace,
    attach,
    clock_context,
    clock_examples,
    require_elementwise,
    trace_step,
)
from .tracing import Trace, has_tracer, parameters, swapped_parameters, trace
from .track import Tracking, track
from .walking import modules

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
        States in the order of the program, those of the model first; each may hold several leaves.
    written : tuple of bool
        For each state whether the step writes it.
    sites : tuple of Site
        Couplings, in the order of the program's first sums.
    local : tuple of LocalRead
        What the local sums are, which follow.
    fixed : dict of str to State
        States that stand for the local reads, by path, whose history is never written.
    reads : tuple of Read
        Other delayed reads.
    rings : tuple of Delay
        Histories; their channels, each a state itself, are the program's first.
    origins : tuple of int or None
        For each other channel the history that it is a function of; None where it is a function of its
        state at the start of the step.
    held : tuple of brainstate.State
        States that no step writes, where they enter the program as prepared weights and lanes.
    separated : Separated or None
        How a step that mixed regions came apart: the program's other sums.
    consts : tuple of tuple
        Constants of each piece.
    outside : Piece or None
        What is applied to the observables of one sample after the run; None where the observables are
        the monitors already.
    outside_consts : tuple
        Its constants.
    out_tree : PyTreeDef
        Structure of the monitors' result.
    lasting : bool
        Whether it holds for another run; not where the monitors read states that the step does not have,
        which are constants here.
    """

    program: NetworkProgram
    params: dict[str, Param]
    states: tuple[brainstate.State, ...]
    written: tuple[bool, ...]
    sites: tuple[Site, ...]
    local: tuple[LocalRead, ...]
    fixed: dict[str, brainstate.State]
    reads: tuple[Read, ...]
    rings: tuple[Any, ...]
    origins: tuple[int | None, ...]
    held: tuple[brainstate.State, ...]
    separated: Separated | None
    consts: tuple[tuple[Any, ...], ...]
    outside: Piece | None
    outside_consts: tuple[Any, ...]
    out_tree: Any
    lasting: bool


#: The latest builds, by the fingerprint under which they hold for any model, with what they found where.
_builds: dict[Any, tuple[BuiltModel, _Places]] = {}
_KEPT = 64
#: Monitors that no fingerprint knows.
_UNKNOWN = object()


def build(
    model: brainstate.nn.Module,
    measure: Callable[[Any], Any],
    inputs: tuple[Any, ...],
    dt: Any,
    examples: Mapping[str, Any] | None = None,
    monitors: Any = _UNKNOWN,
    tracking: Tracking | None = None,
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
        The time step; only its unit and dtype enter the program, unless the update needs its value.
    examples : mapping of str to array, optional
        Parameter values, by dotted path, of another shape than the model's own.
    monitors : object
        What ``measure`` was made from, to recognise it in a later run; without it the model is traced.
    tracking : Tracking, optional
        Measurements with states of their own, which ``measure`` reads.

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
    local = local_reads(model, sites)
    delays = tuple(
        (site.path, site.delayed, site.history.max_length, site.no_offset) for site in sites
    )
    key = fingerprint(model, monitors, (values, inputs, dt))
    reads = read_steps(model, sites)
    if key is None or reads is None:
        return _build(model, measure, inputs, dt, params, values, sites, local, tracking)
    # an update may have used dt as a number
    step = u.get_mantissa(dt)
    key = (key, delays, reads, None if isinstance(step, jax.core.Tracer) else float(step))
    if key in _builds:
        built, places = _builds[key]
        return places.of(built, model, tracking, params, sites, local)
    built = _build(model, measure, inputs, dt, params, values, sites, local, tracking)
    found = _Places.find(model, built, tracking)
    if built.lasting and found is not None and not _inside_trace(built):
        while len(_builds) >= _KEPT:
            del _builds[next(iter(_builds))]
        _builds[key] = (_without_model(built), found)
    return built


def _without_model(built: BuiltModel) -> BuiltModel:
    """What holds for any equal model; the parts of this one would be kept alive."""
    nothing: Any = None
    return replace(
        built,
        params={},
        states=(),
        sites=(),
        local=(),
        fixed=dict.fromkeys(built.fixed, nothing),
        rings=(),
        held=(),
    )


def _inside_trace(built: BuiltModel) -> bool:
    prepared = () if built.separated is None else built.separated.prepared.consts
    return has_tracer((built.consts, built.outside_consts, prepared))


@dataclass(frozen=True)
class _Places:
    """Where the parts of a built model hang, to find them again in an equal model or after initialising.

    Attributes
    ----------
    states : tuple
        Path of the module and name of each state, of the step and held.
    n_states : int
        How many of them are the step's.
    rings : tuple
        Paths of the histories.
    """

    states: tuple[Any, ...]
    n_states: int
    rings: tuple[Any, ...]

    @classmethod
    def find(cls, model: Any, built: BuiltModel, tracking: Tracking | None) -> _Places | None:
        """None where something hangs nowhere, or is read by code of the user's own."""
        nodes = _nodes(model, tracking)
        where: dict[int, Any] = {
            id(value): (path, name)
            for path, node in nodes.items()
            for name, value in vars(node).items()
            if isinstance(value, brainstate.State)
        }
        where[id(brainstate.random.DEFAULT)] = None
        where.update({id(state): (None, path) for path, state in built.fixed.items()})
        paths = {id(node): path for path, node in nodes.items()}
        states = (*built.states, *built.held)
        found = [where.get(id(s), 'nowhere') for s in states]
        rings = tuple(paths.get(id(history), 'nowhere') for history in built.rings)
        if built.reads or 'nowhere' in (*found, *rings):
            return None
        return cls(tuple(found), len(built.states), rings)

    def of(
        self,
        built: BuiltModel,
        model: Any,
        tracking: Tracking | None,
        params: dict[str, Param],
        sites: tuple[Site, ...],
        local: tuple[LocalRead, ...],
    ) -> BuiltModel:
        """The built model with the parts of ``model``."""
        nodes = _nodes(model, tracking)
        fixed = {read.path: held_past(read) for read in local if read.path in built.fixed}
        holders = {path: vars(node) for path, node in nodes.items()}
        holders[None] = fixed
        states = tuple(
            brainstate.random.DEFAULT if place is None else holders[place[0]][place[1]]
            for place in self.states
        )
        return replace(
            built,
            params=params,
            sites=sites,
            local=tuple(read for read in local if read.path not in fixed),
            fixed=fixed,
            states=states[: self.n_states],
            held=states[self.n_states :],
            rings=tuple(nodes[path] for path in self.rings),
        )


def _nodes(model: Any, tracking: Tracking | None) -> dict[Any, Any]:
    """The modules of a model and those that measure it."""
    measuring = enumerate(tracking.modules if tracking else ())
    own = {('measured', k, path): node for k, m in measuring for path, node in modules(m).items()}
    return {**modules(model), **own}


def _build(
    model: Any,
    measure: Any,
    inputs: Any,
    dt: Any,
    params: Any,
    values: Any,
    sites: tuple[Site, ...],
    local: tuple[LocalRead, ...],
    tracking: Tracking | None,
) -> BuiltModel:
    clock = clock_context(dt)
    found = trace_step(model, sites, local, params, values, inputs, dt)
    local = tuple(read for read in local if read.path not in found.fixed)
    traced = found.trace
    n_params, n_inputs = len(jax.tree.leaves(values)), len(jax.tree.leaves(inputs))
    separated: Separated | None = None
    states, written, held = traced.states, traced.written, ()
    kinds = [
        ('param', n_params),
        ('sum', len(sites) + len(local)),
        ('degree', len(sites)),
        ('clock', 3),
        ('input', n_inputs),
    ]
    if not found.reads and _is_elementwise(traced, kinds):
        region_shape = _region_shape(states)
        step, consts, lanes = Piece(traced.jaxpr), traced.consts, ()
    else:
        states, held = (
            tuple(s for s, w in zip(traced.states, traced.written, strict=True) if w is kept)
            for kept in (True, False)
        )
        written = (True,) * len(states)
        region_shape = _region_shape(states)
        separated = separate(traced, kinds, region_shape)
        step, consts, lanes = separated.step, separated.consts, separated.lanes
    returns = jax.tree.unflatten(
        traced.out_tree, [_example(v.aval) for v in traced.jaxpr.outvars[: traced.n_out]]
    )
    tracked = None
    if tracking is not None:
        tracked = track(tracking, params, (values, lanes), returns, dt, states, region_shape)
    followed = tracked.states if tracked else ()
    monitors, lasting = _trace_monitors(
        measure, params, (values, lanes), returns, clock, (*states, *followed), region_shape
    )
    observe, outside, monitor_consts, outside_consts, out_tree, n_observables = monitors
    node = StepProgram(
        step=step,
        observe=observe,
        n_params=n_params + len(lanes),
        n_inputs=n_inputs,
        n_returns=traced.n_out,
        n_states=sum(len(jax.tree.leaves(state.value)) for state in states),
        n_observables=n_observables,
        keys=_key_positions(states),
        region_shape=region_shape,
        track=tracked.track if tracked else None,
    )
    wiring = _channels(found, sites, local, separated, params, (values, lanes), states)
    return BuiltModel(
        program=NetworkProgram(node, wiring.channels, wiring.sums),
        params=params,
        states=(*states, *followed),
        written=written + (True,) * len(followed),
        sites=sites,
        local=local,
        fixed=found.fixed,
        reads=found.reads,
        rings=tuple(history for history, _ in found.followed),
        origins=wiring.origins,
        held=held,
        separated=separated,
        consts=(consts, monitor_consts, *wiring.consts, *([tracked.consts] if tracked else [])),
        outside=outside,
        outside_consts=outside_consts,
        out_tree=out_tree,
        lasting=lasting,
    )


def _is_elementwise(traced: Trace, kinds: list[tuple[str, int]]) -> bool:
    """Whether the step mixes no regions beside its couplings."""
    try:
        region_shape = _region_shape(traced.states)
    except Unrecognised:
        return False
    names = [kind for kind, count in kinds for _ in range(count)]
    inputs = list(zip(names, traced.jaxpr.invars, strict=False))
    fixed = [v for kind, v in inputs if kind in ('param', 'degree')]
    fixed.append(next(v for kind, v in inputs if kind == 'clock'))  # dt
    several = [v for kind, v in inputs if kind == 'input']
    return mixing_reason(traced.jaxpr, region_shape, fixed, several) is None


def _trace_monitors(
    measure: Any, params: Any, values: Any, returns: Any, clock: Any, states: Any, region_shape: Any
) -> tuple[tuple[Piece, Piece | None, tuple, tuple, Any, int], bool]:
    def observe(values: Any, dt: Any, i: Any, t: Any, returns: Any) -> Any:
        with clock(dt, i, t), swapped_parameters(list(params.values()), values[0]):
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
    return split(traced, states, constants, region_shape), not constants


@dataclass
class _Wiring:
    """Channels and sums of a program."""

    channels: tuple[Channel, ...] = ()
    sums: tuple[Sum, ...] = ()
    origins: tuple[int | None, ...] = ()
    consts: tuple[tuple[Any, ...], ...] = ()

    def channel(self, channel: Channel, origin: int | None, consts: tuple[Any, ...]) -> int:
        """The index of a channel beside those of the histories; an equal one is not made twice."""
        first = len(self.channels) - len(self.origins)
        for k, known in enumerate(self.origins):
            same = known == origin and self.channels[first + k] == channel
            own = self.consts[first + k]
            if same and all(a is b for a, b in zip(own, consts, strict=True)):
                return first + k
        self.channels += (channel,)
        self.origins += (origin,)
        self.consts += (consts,)
        return len(self.channels) - 1


def _channels(
    found: StepTrace,
    sites: tuple[Site, ...],
    local: tuple[LocalRead, ...],
    separated: Separated | None,
    params: dict[str, Param],
    values: tuple[list[Any], tuple[Any, ...]],
    states: tuple[Any, ...],
) -> _Wiring:
    positions = _leaf_positions(states)
    wiring = _Wiring()
    ring: dict[int, int] = {}
    for history, state in found.followed:
        if id(state) not in positions:
            raise Unrecognised('the source state of a delayed read is not part of the update')
        ring[id(history)] = len(ring)
        wiring.channels += (Channel(positions[id(state)], None, history.max_length),)
        wiring.consts += ((),)
    for site in sites:
        index = ring[id(site.history)]
        if site.form.pre is not None:
            piece, consts = _trace_emit(site, params, values)
            # beside the raw state, which the model's own history keeps
            raw = wiring.channels[index]
            index = wiring.channel(Channel(raw.state, piece, raw.depth), index, consts)
        wiring.sums += (Sum(index, site.delayed),)
    for past in local:
        wiring.sums += (Sum(ring[id(past.history)], past.delayed, local=True),)
    for own in separated.sums if separated is not None else ():
        kind, index = own.source
        if kind == 'state':
            # the row of the start of the step: no history of the model
            channel = Channel(index, own.emit, 1)
            wiring.sums += (Sum(wiring.channel(channel, None, own.emit_consts), False),)
            continue
        read = found.reads[index]
        index = ring[id(read.history)]
        if own.emit is not None:
            raw = wiring.channels[index]
            channel = Channel(raw.state, own.emit, raw.depth)
            index = wiring.channel(channel, index, own.emit_consts)
        wiring.sums += (Sum(index, read.delayed),)
    return wiring


def _trace_emit(
    site: Site, params: dict[str, Param], values: tuple[list[Any], tuple[Any, ...]]
) -> tuple[Piece, tuple]:
    pre: Any = site.form.pre
    unit = u.get_unit(site.source.value)
    source = u.get_mantissa(site.source.value)

    def emit(values: Any, x: Any) -> Any:
        with swapped_parameters(list(params.values()), values[0]):
            own = {name: getattr(site.module, name).value() for name in site.form.parameters}
            return u.get_mantissa(pre(attach(x, unit), own))

    traced = trace(emit, values, jnp.zeros(source.shape, source.dtype))
    n_params = len(jax.tree.leaves(values))
    require_elementwise(traced.jaxpr, source.shape, fixed=traced.jaxpr.invars[:n_params])
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
