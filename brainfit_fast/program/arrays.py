"""Gather the arrays of a built model, and put the state of a finished run back into it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import brainunit as u
import jax

from .build import BuiltModel

__all__ = ['ModelArrays', 'gather', 'write_back']


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
    histories = [ring.history.value for ring in built.rings]
    pointers = [ring.write_ptr.value for ring in built.rings]
    # channels beyond the histories hold a function of one of them
    owner = [
        next(k for k, ring in enumerate(built.rings) if ring is site.history)
        for site in built.sites
        if site.form.pre is not None
    ]
    rings = [jax.tree.leaves(history)[0] for history in histories]
    for channel, consts, index in zip(
        built.program.channels[len(rings) :], built.consts[2 + len(rings) :], owner, strict=True
    ):
        params = jax.tree.leaves(list(values.values()))

        def emit(
            row: Any, channel: Any = channel, consts: Any = consts, params: Any = params
        ) -> Any:
            return channel.emit(consts, *params, row)[0]

        rings.append(jax.vmap(emit)(rings[index]))
        pointers.append(pointers[index])
    return ModelArrays(
        params=tuple(jax.tree.leaves(list(values.values()))),
        consts=built.consts,
        states=tuple(leaf for state in built.states for leaf in jax.tree.leaves(state.value)),
        rings=tuple(rings),
        weights=(
            *(_weights(site, by_param[id(site.module.conn)]) for site in built.sites),
            *(None for _ in built.reads),
        ),
        delays=(
            *(site.delay_steps if site.delayed else None for site in built.sites),
            *(read.delay_steps if read.delayed else None for read in built.reads),
        ),
        pointers=tuple(pointers),
    )


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
