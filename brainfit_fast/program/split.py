"""Cut a traced monitor into what the time loop computes and what is applied to the samples afterwards."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax.extend.core import Jaxpr, Literal

from .piece import Piece
from .primitives import Elementwise, is_lane_shape, rows_of
from .tracing import Trace

__all__ = ['split']


def split(
    traced: Trace, states: tuple[Any, ...], constants: list[Any], region_shape: tuple[int, ...]
) -> tuple[Piece, Piece | None, tuple[Any, ...], tuple[Any, ...], Any, int]:
    """Split a monitor into observables and the rest.

    Elementwise equations stay in the loop, as observables of the step. From the first equation that is
    not elementwise on (a projection, a sum over regions) the monitor is applied outside, sample by sample,
    to the elementwise values that it reads. So is what makes a number that is not floating of them.

    Parameters
    ----------
    traced : Trace
        The monitor: parameters, clock, returned values; then the states that it reads.
    states : tuple of brainstate.State
        States of the step, in the program's order.
    constants : list of brainstate.State
        States that the monitor reads and the step does not have: they are constants here.
    region_shape : tuple of int
        Shape of one state.

    Returns
    -------
    observe : Piece
    outside : Piece or None
    observe_consts, outside_consts : tuple
    out_tree : PyTreeDef
    n_observables : int
    """
    jaxpr = traced.jaxpr
    n_state_leaves = [len(jax.tree.leaves(state.value)) for state in traced.states]
    n_arguments = len(jaxpr.invars) - sum(n_state_leaves)
    read: dict[int, list[Any]] = {}
    position = n_arguments
    for state, count in zip(traced.states, n_state_leaves, strict=True):
        read[id(state)] = jaxpr.invars[position : position + count]
        position += count

    # inputs of both pieces: arguments, then every state of the step, in order
    arguments = list(jaxpr.invars[:n_arguments])
    for state in states:
        leaves = jax.tree.leaves(state.value)
        arguments += read.get(id(state)) or [_unused(leaf) for leaf in leaves]
    constvars = [*jaxpr.constvars, *(v for state in constants for v in read[id(state)])]
    consts = (
        *traced.consts,
        *(leaf for state in constants for leaf in jax.tree.leaves(state.value)),
    )

    outer: dict[int, Any] = {}
    inner = []
    elementwise = Elementwise(region_shape)
    # arrays that are not one value per region (a leadfield, a list of indices) stay outside the loop
    outside_vars = {v for v in constvars if not is_lane_shape(v.aval.shape, region_shape)}
    for eqn in jaxpr.eqns:
        reads_outside = any(v in outside_vars for v in eqn.invars if not isinstance(v, Literal))
        no_lane = not all(is_lane_shape(v.aval.shape, region_shape) for v in eqn.outvars)
        if reads_outside or elementwise.why_not(eqn) is not None or no_lane:
            outer[id(eqn)] = eqn
            outside_vars.update(eqn.outvars)
        else:
            inner.append(eqn)

    outvars = jaxpr.outvars[: traced.n_out]
    # a result that is no floating number (a decision, a count) is left to the samples, which are
    inside: set[Any] = set()
    for eqn in reversed(inner):
        if all(map(_is_floating, eqn.outvars)) or any(v in inside for v in eqn.outvars):
            inside.update(v for v in eqn.invars if not isinstance(v, Literal))
        else:
            outer[id(eqn)] = eqn
            outside_vars.update(eqn.outvars)
    inner = [eqn for eqn in inner if id(eqn) not in outer]
    outer_eqns = [eqn for eqn in jaxpr.eqns if id(eqn) in outer]
    if not any(not isinstance(v, Literal) and v in outside_vars for v in outvars):
        observe = _rebuild(jaxpr, constvars, arguments, outvars, inner)
        return _apart(observe, None, region_shape, consts, (), traced.out_tree)

    known = {*arguments, *(v for eqn in inner for v in eqn.outvars)}
    frontier: dict[Any, None] = {}
    for v in [v for eqn in outer_eqns for v in eqn.invars] + list(outvars):
        if not isinstance(v, Literal) and v in known:
            frontier[v] = None
    emitted = list(frontier)
    observe = _rebuild(jaxpr, constvars, arguments, emitted, inner)
    outside = _rebuild(jaxpr, constvars, emitted, outvars, outer_eqns)
    return _apart(observe, outside, region_shape, consts, consts, traced.out_tree)


def _apart(
    observe: Piece, outside: Piece | None, region_shape: tuple[int, ...], *rest: Any
) -> tuple[Piece, Piece | None, tuple[Any, ...], tuple[Any, ...], Any, int]:
    """Make an observable that has a value for each sub-step of a loop several, put together outside."""
    avals = [v.aval for v in observe.outvars]
    counts = [rows_of(aval.shape, region_shape) for aval in avals]
    if not any(counts):
        return observe, outside, *rest, len(avals)

    def single(*args: Any) -> list[Any]:
        values = observe(args[: observe.n_consts], *args[observe.n_consts :])
        pairs = zip(values, counts, strict=True)
        return [lane for value, count in pairs for lane in (value if count else [value])]

    def together(*args: Any) -> list[Any]:
        n_consts = outside.n_consts if outside else 0
        lanes = iter(args[n_consts:])
        values = [
            jnp.stack([next(lanes) for _ in range(count)]) if count else next(lanes)
            for count in counts
        ]
        return outside(args[:n_consts], *values) if outside else values

    given = [_struct(v.aval) for v in (*observe.constvars, *observe.invars)]
    apart = jax.make_jaxpr(single)(*given)
    lanes = [_struct(v.aval) for v in apart.jaxpr.outvars]
    outer_consts = [_struct(v.aval) for v in outside.constvars] if outside else []
    joined = jax.make_jaxpr(together)(*outer_consts, *lanes)
    return (
        Piece(apart.jaxpr, observe.n_consts),
        Piece(joined.jaxpr, len(outer_consts)),
        *rest,
        len(lanes),
    )


def _is_floating(var: Any) -> bool:
    return jnp.issubdtype(var.aval.dtype, jnp.floating)


def _struct(aval: Any) -> Any:
    return jax.ShapeDtypeStruct(aval.shape, aval.dtype)


def _rebuild(jaxpr: Jaxpr, constvars: Any, invars: Any, outvars: Any, eqns: Any) -> Piece:
    """``jaxpr`` with other inputs, outputs and equations."""
    names = jaxpr.debug_info._replace(arg_names=None, result_paths=None)
    inputs = [*constvars, *invars]
    rebuilt = jaxpr.replace(
        constvars=[], invars=inputs, outvars=outvars, eqns=eqns, debug_info=names
    )
    return Piece(rebuilt, len(constvars))


def _unused(leaf: Any) -> Any:
    """A fresh variable of the type of ``leaf`` that no equation reads."""
    return jax.make_jaxpr(lambda x: x)(leaf).jaxpr.invars[0]
