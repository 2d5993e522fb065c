"""Gather the arrays of a built model, and put the state of a finished run back into it."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, NamedTuple

import brainstate
import brainunit as u
import jax
import jax.numpy as jnp

from .build import BuiltModel

__all__ = ['ModelArrays', 'gather', 'prepared', 'write_back']


class ModelArrays(NamedTuple):
    """Arrays of one model, without candidate axis; see ``ops.simulate.SimulateArgs``."""

    params: tuple[Any, ...]
    consts: tuple[tuple[Any, ...], ...]
    states: tuple[Any, ...]
    rings: tuple[Any, ...]
    weights: tuple[Any, ...]
    delays: tuple[Any, ...]
    pointers: tuple[Any, ...]


def gather(built: BuiltModel, overrides: Mapping[str, Any] | None = None) -> ModelArrays:
    """Read parameters, states, histories and connectome from the model.

    Parameters
    ----------
    built : BuiltModel
        The model and its program.
    overrides : mapping of str to array, optional
        Parameter values by path that replace the model's own.

    Returns
    -------
    ModelArrays
    """
    given = dict(overrides or {})
    values = {
        name: given[name] if name in given else param.value()
        for name, param in built.params.items()
    }
    by_param = {id(param): values[name] for name, param in built.params.items()}
    params = tuple(jax.tree.leaves(list(values.values())))
    weights = tuple(_weights(site, by_param[id(site.module.conn)]) for site in built.sites)
    delays = tuple(site.delay_steps if site.delayed else None for site in built.sites)
    weights += tuple(None for _ in built.local)
    delays += tuple(read.delay_steps if read.delayed else None for read in built.local)
    if built.separated is not None:
        ready, lanes = prepared(built, params)
        params = (*params, *lanes)
        weights += tuple(ready[own.weights] for own in built.separated.sums)
        delays += tuple(_delays(built, own.source) for own in built.separated.sums)
    states = tuple(leaf for state in built.states for leaf in jax.tree.leaves(state.value))
    rings = [jax.tree.leaves(ring.history.value)[0] for ring in built.rings]
    pointers = [ring.write_ptr.value for ring in built.rings]
    first = len(rings)
    for channel, consts, origin in zip(
        built.program.channels[first:], built.consts[2 + first :], built.origins, strict=False
    ):
        # a function of a history has a past of its own; one of the present begins with the present
        rows = states[channel.state][None] if origin is None else rings[origin]
        rings.append(rows if channel.emit is None else _emitted(channel.emit, consts, params, rows))
        pointers.append(
            jnp.zeros((), brainstate.environ.ditype()) if origin is None else pointers[origin]
        )
    return ModelArrays(
        params=params,
        consts=built.consts,
        states=states,
        rings=tuple(rings),
        weights=weights,
        delays=delays,
        pointers=tuple(pointers),
    )


def _delays(built: BuiltModel, source: Any) -> Any:
    kind, index = source
    if kind != 'read' or not built.reads[index].delayed:
        return None
    return built.reads[index].delay_steps


def prepared(built: BuiltModel, params: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Weights and lanes that a separated step reads, at the parameters' values."""
    ready: Any = built.separated.prepared  # type: ignore[union-attr]
    held = tuple(leaf for state in built.held for leaf in jax.tree.leaves(state.value))
    out = tuple(_evaluate(ready.piece, ready.consts, (*params, *held)))
    return out[: ready.n_weights], out[ready.n_weights :]


@functools.partial(jax.jit, static_argnums=0)
def _evaluate(piece: Any, consts: tuple[Any, ...], arrays: tuple[Any, ...]) -> list[Any]:
    return piece(consts, *arrays)


def _emitted(piece: Any, consts: Any, params: Any, rows: Any) -> Any:
    return jax.vmap(lambda row: piece(consts, *params, row)[0])(rows)


def _weights(site: Any, value: Any) -> Any:
    n = site.delay_steps.shape[-1]
    weights = u.get_mantissa(value)
    return weights if weights.shape[-2:] == (n, n) else weights.reshape(*weights.shape[:-1], n, n)


def write_back(built: BuiltModel, states: Any, rings: Any, pointers: Any) -> None:
    """Leave the model where the run ended, as stepping it would have."""
    position = 0
    for state, written in zip(built.states, built.written, strict=True):
        leaves, tree = jax.tree.flatten(state.value)
        if written:
            state.value = jax.tree.unflatten(tree, states[position : position + len(leaves)])
        position += len(leaves)
    for ring, rows, pointer in zip(built.rings, rings, pointers, strict=False):
        ring.history.value = jax.tree.unflatten(jax.tree.structure(ring.history.value), [rows])
        ring.write_ptr.value = pointer
