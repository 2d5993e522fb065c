"""Candidates: parameter sets that are simulated together as one batch."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import brainstate
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
from brainstate.nn import Param

from .core.errors import bad_value, check_choice, count_bad
from .program.arrays import ModelArrays, gather, prepared
from .program.build import BuiltModel
from .program.network_program import NetworkProgram
from .program.recognise import Site
from .program.tracing import parameters, swapped_parameters

__all__ = ['NOISE_RULES', 'candidate_arrays', 'candidate_values', 'find_parameter']

NOISE_RULES = ('shared', 'independent', 'sequential')


def find_parameter(model: Any, name: str) -> str:
    """Return the dotted path under which ``model`` lists the parameter called ``name``.

    Parameters
    ----------
    model : brainstate.nn.Module
        The model.
    name : str
        Its listed path (``'coupling.k'``), the way one would write it (``'node.a'``), or the end of a
        path where only one parameter ends so (``'k'``).

    Raises
    ------
    ValueError
        If no parameter, or more than one, has that name.
    """
    listed = parameters(model)
    if name in listed:
        return name
    found = model
    for part in name.split('.'):
        found = found.get(part) if isinstance(found, dict) else getattr(found, part, None)
    ends = [path for path, param in listed.items() if param is found or path.endswith('.' + name)]
    if isinstance(found, Param):
        ends = [path for path, param in listed.items() if param is found]
    if len(ends) != 1:
        raise bad_value(
            'parameter name',
            given=repr(name) + (f', which {len(ends)} parameters end with' if ends else ''),
            expected='one of ' + ', '.join(map(repr, ends or listed)),
        )
    return ends[0]


def candidate_values(model: Any, candidates: Mapping[str, Any]) -> dict[str, Any]:
    """Return candidate values by listed path, in each parameter's unit, checked against its shape.

    Raises
    ------
    ValueError
        For an unknown parameter, a shape that does not fit, another number of candidates, or NaN.
    """
    if not candidates:
        raise bad_value(
            'candidates', given='no parameters', expected="e.g. {'k': array of shape (C,)}"
        )
    listed = parameters(model)
    values: dict[str, Any] = {}
    extents = {}
    for name, given in candidates.items():
        path = find_parameter(model, name)
        own = listed[path].value()
        unit = u.get_unit(own)
        if u.get_dim(given) != u.get_dim(own):
            raise bad_value(
                f'candidates[{name!r}]',
                given=f'unit {u.get_unit(given)}',
                expected=f'the unit of the parameter, {unit}',
            )
        mantissa = given.to(unit).mantissa if isinstance(given, u.Quantity) else given
        mantissa = jnp.asarray(mantissa, u.math.get_dtype(own))
        shape = u.math.shape(own)
        if mantissa.ndim < 1 or (mantissa.shape[1:] != shape and shape not in ((), (1,))):
            raise bad_value(
                f'candidates[{name!r}]',
                given=mantissa,
                expected=f'shape (candidates, {", ".join(map(str, shape))})',
            )
        if not isinstance(mantissa, jax.core.Tracer):
            bad = ~np.isfinite(np.asarray(mantissa))
            if bad.any():
                raise bad_value(
                    f'candidates[{name!r}]',
                    given=count_bad(bad, 'values that are NaN or infinite'),
                    expected='finite values',
                )
        extents[name] = mantissa.shape[0]
        values[path] = u.Quantity(mantissa, unit=unit) if isinstance(own, u.Quantity) else mantissa
    if len(set(extents.values())) > 1:
        raise bad_value(
            'candidates',
            given=', '.join(f'{name}: {extent}' for name, extent in extents.items()),
            expected='the same number of candidates for each parameter',
        )
    return {**values, **_computed(listed, values)}


def _computed(listed: Mapping[str, Param], values: Mapping[str, Any]) -> dict[str, Any]:
    """Candidate values of the parameters that are computed from others, such as a ``MapParam``."""
    paths = {id(param): path for path, param in listed.items()}
    computed = {}
    for path, param in listed.items():
        inside = [paths[id(part)] for part in parameters(param).values() if part is not param]
        given = {name: values[name] for name in inside if name in values}
        if not given:
            continue
        if path in values:
            raise bad_value(
                'candidates',
                given=f'{path!r} together with {", ".join(map(repr, given))}',
                expected='a parameter or what it is computed from, not both',
            )

        def value(given: Any, param: Param = param) -> Any:
            with swapped_parameters([listed[name] for name in given], list(given.values())):
                return param.value()

        computed[path] = jax.vmap(value)(given)
    return computed


def candidate_arrays(
    built: BuiltModel,
    values: Mapping[str, Any],
    noise: str,
    n_steps: int,
    base_key: Any,
    again: Callable[[], BuiltModel],
) -> ModelArrays:
    """Give every array a candidate axis of extent 1 (shared by the candidates) or C.

    Parameters
    ----------
    built : BuiltModel
        Traced at one candidate's shapes, its states initialised from ``base_key``.
    values : mapping of str to array
        From :func:`candidate_values`.
    noise : {'shared', 'independent', 'sequential'}
        Which random numbers each candidate draws.
    n_steps : int
        Steps of the run.
    base_key : key array
        The key of ``brainstate.random`` before the states were initialised.
    again : callable
        Initialises the states anew, which makes new state objects, and returns the model built on them.

    Returns
    -------
    ModelArrays
    """
    check_choice('noise', noise, NOISE_RULES)
    extent = next(iter(values.values())).shape[0]

    def at(index: int) -> dict[str, Any]:
        return {name: value[index] for name, value in values.items()}

    gathered = [gather(built, at(0))]
    if noise == 'sequential':
        for index in range(1, extent):
            brainstate.random.DEFAULT.value = _key_after(built, gathered[-1], n_steps)
            gathered.append(gather(again(), at(index)))
    elif noise == 'independent':
        gathered = []
        for index in range(extent):
            brainstate.random.DEFAULT.value = jax.random.fold_in(base_key, index)
            gathered.append(gather(again(), at(index)))
    elif _emits_vary(built, values):
        # what a channel emits may depend on the parameters, and so does its past then
        gathered = [gather(built, at(index)) for index in range(extent)]

    one = jax.tree.map(lambda leaf: leaf[None], gathered[0]._replace(pointers=()))
    states, rings = one.states, one.rings
    if len(gathered) > 1:
        rings = _stacked(arrays.rings for arrays in gathered)
    if len(gathered) > 1 and noise != 'shared':
        states = _stacked(arrays.states for arrays in gathered)
    names = [name for name, param in built.params.items() for _ in jax.tree.leaves(param.value())]
    params = tuple(
        u.get_mantissa(values[name]) if name in values else leaf
        for name, leaf in zip(names, one.params, strict=False)
    )
    weights = tuple(
        _connectomes(built, site, values, leaf)
        for site, leaf in zip(built.sites, one.weights, strict=False)
    )
    weights += tuple(None for _ in built.local)
    if built.separated is not None:
        varied = frozenset(k for k, name in enumerate(names) if name in values)
        ready, lanes = _prepared(built, params, varied)
        params = (*params, *lanes)
        weights += tuple(ready[own.weights] for own in built.separated.sums)
    return one._replace(
        params=params, weights=weights, states=states, rings=rings, pointers=gathered[0].pointers
    )


def _emits_vary(built: BuiltModel, values: Mapping[str, Any]) -> bool:
    """Whether the past of a channel depends on a candidate."""
    varied = {k for k, name in enumerate(_leaf_names(built)) if name in values}
    if built.separated is not None:
        ready = built.separated.prepared
        first = built.program.node.n_params - len(built.separated.lanes)
        lanes = enumerate(ready.depends[ready.n_weights :], start=first)
        varied |= {k for k, depends in lanes if depends & varied}
    emits = [channel.emit for channel in built.program.channels if channel.emit is not None]
    return any(k in emit.reads() for emit in emits for k in varied)


def _leaf_names(built: BuiltModel) -> list[str]:
    """The name of each parameter leaf."""
    return [name for name, param in built.params.items() for _ in jax.tree.leaves(param.value())]


def _stacked(rows: Iterable[tuple[Any, ...]]) -> tuple[Any, ...]:
    return tuple(jnp.stack(leaves) for leaves in zip(*rows, strict=True))


def _connectomes(built: BuiltModel, site: Site, values: Mapping[str, Any], shared: Any) -> Any:
    for name, param in built.params.items():
        if param is site.module.conn and name in values:
            return u.get_mantissa(values[name]).reshape(-1, *shared.shape[1:])
    return shared


def _prepared(
    built: BuiltModel, params: tuple[Any, ...], varied: frozenset[int]
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Prepared weights and lanes with a candidate axis; of what depends on no candidate, extent 1."""
    ready: Any = built.separated.prepared  # type: ignore[union-attr]
    given = tuple(leaf if k in varied else leaf[0] for k, leaf in enumerate(params))
    moving = [k for k, depends in enumerate(ready.depends) if depends & varied]

    def at(*params: Any) -> list[Any]:
        weights, lanes = prepared(built, params)
        return [(*weights, *lanes)[k] for k in moving]

    first = tuple(leaf[0] if k in varied else leaf for k, leaf in enumerate(given))
    weights, lanes = prepared(built, first)
    out = [leaf[None] for leaf in (*weights, *lanes)]
    if moving:
        axes = tuple(0 if k in varied else None for k in range(len(given)))
        for k, leaf in zip(moving, jax.vmap(at, in_axes=axes)(*given), strict=True):
            out[k] = leaf
    return tuple(out[: ready.n_weights]), tuple(out[ready.n_weights :])


def _key_after(built: BuiltModel, arrays: ModelArrays, n_steps: int) -> Any:
    """The random key after a run from these states."""
    if not built.program.node.keys:
        return brainstate.random.DEFAULT.value
    return _advance_key(built.program, n_steps, arrays)


@functools.partial(jax.jit, static_argnums=(0, 1))
def _advance_key(program: NetworkProgram, n_steps: int, arrays: ModelArrays) -> Any:
    node = program.node
    n_before = len(node.step.invars) - node.n_states
    avals: list[Any] = [v.aval for v in node.step.invars[:n_before]]
    zeros = [jnp.zeros(aval.shape, aval.dtype) for aval in avals]

    def step(_: Any, keys: tuple[Any, ...]) -> tuple[Any, ...]:
        states = list(arrays.states)
        for index, key in zip(node.keys, keys, strict=True):
            states[index] = key
        out = node.step(arrays.consts[0], *zeros, *states)[node.n_returns :]
        # how keys split does not depend on any state: the compiler drops the rest
        return tuple(out[index] for index in node.keys)

    return jax.lax.fori_loop(0, n_steps, step, tuple(arrays.states[index] for index in node.keys))[
        0
    ]
