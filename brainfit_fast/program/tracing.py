"""Trace functions of a stateful model into pure jaxprs, without touching the model."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import brainstate
import jax
from brainstate.nn import Param
from jax.extend.core import Jaxpr

from .walking import modules

__all__ = ['Trace', 'has_tracer', 'trace', 'parameters', 'swapped_parameters', 'swapped_attributes']


def has_tracer(tree: Any) -> bool:
    """Whether a transformation of JAX is at work on any leaf of ``tree``."""
    return any(isinstance(leaf, jax.core.Tracer) for leaf in jax.tree.leaves(tree))


@dataclass(frozen=True)
class Trace:
    """What tracing a function found.

    Attributes
    ----------
    jaxpr : jax.extend.core.Jaxpr
        Inputs: constants, the flat arguments, then the leaves of ``states``. Outputs: the flat result,
        then the leaves of ``states`` after the call.
    consts : tuple
        Values of the constants (tracers of an outer transformation included).
    states : tuple of brainstate.State
        The states that the function reads or writes, in the order of the jaxpr.
    written : tuple of bool
        For each state whether the function writes it.
    out_tree : jax.tree_util.PyTreeDef
        Structure of the result.
    n_out : int
        Number of leaves of the result.
    """

    jaxpr: Jaxpr
    consts: tuple[Any, ...]
    states: tuple[brainstate.State, ...]
    written: tuple[bool, ...]
    out_tree: Any
    n_out: int


def trace(fun: Callable[..., Any], *args: Any) -> Trace:
    """Trace ``fun(*args)``, following the brainstate states that it reads and writes.

    Nothing is run: the states keep their values, whatever ``fun`` raises.

    Parameters
    ----------
    fun : callable
        A function of pytrees of arrays that may read and write brainstate states.
    *args
        Example arguments; only shapes and dtypes matter.

    Returns
    -------
    Trace
    """
    stateful = brainstate.transform.StatefulFunction(fun)
    stateful.make_jaxpr(*args)
    closed = stateful.get_jaxpr(*args)
    out_shapes, _ = stateful.get_out_shapes(*args)
    leaves, out_tree = jax.tree.flatten(out_shapes)
    states = tuple(stateful.get_states(*args))
    write_ids = {id(state) for state in stateful.get_write_states(*args)}
    written = tuple(id(state) in write_ids for state in states)
    return Trace(
        jaxpr=_with_every_state(closed.jaxpr, len(leaves), states, written),
        consts=tuple(closed.consts),
        states=states,
        written=written,
        out_tree=out_tree,
        n_out=len(leaves),
    )


def _with_every_state(jaxpr: Jaxpr, n_out: int, states: Any, written: tuple[bool, ...]) -> Jaxpr:
    """Return the states that are only read as well, where brainstate returns the written ones."""
    counts = [len(jax.tree.leaves(state.value)) for state in states]
    inputs = iter(jaxpr.invars[len(jaxpr.invars) - sum(counts) :])
    outputs = iter(jaxpr.outvars[n_out:])
    outvars = list(jaxpr.outvars[:n_out])
    for count, is_written in zip(counts, written, strict=True):
        before = [next(inputs) for _ in range(count)]
        outvars += [next(outputs) for _ in range(count)] if is_written else before
    return jaxpr.replace(outvars=outvars, debug_info=jaxpr.debug_info._replace(result_paths=None))


def parameters(model: brainstate.nn.Module) -> dict[str, Param]:
    """Return every ``Param`` of ``model`` by its dotted path, trainable or not."""
    return {
        '.'.join(str(part) for part in path): node
        for path, node in modules(model).items()
        if isinstance(node, Param)
    }


@contextlib.contextmanager
def swapped_parameters(params: Sequence[Param], values: Sequence[Any]) -> Iterator[None]:
    """Make each ``Param`` return the given value, however it computes its own, inside the context."""
    saved = [
        {name: vars(param)[name] for name in _SWAPPED if name in vars(param)} for param in params
    ]
    try:
        for param, value in zip(params, values, strict=True):
            given = functools.partial(_same, value)
            # written past __setattr__: a hook or a graph update must not see this
            vars(param).update(val=value, value=given, cache=given)
        yield
    finally:
        for param, attributes in zip(params, saved, strict=True):
            for name in _SWAPPED:
                if name not in attributes:
                    del vars(param)[name]
            vars(param).update(attributes)


#: Attributes of a parameter that stand for its value.
_SWAPPED = ('val', 'value', 'cache')


def _same(value: Any) -> Any:
    return value


@contextlib.contextmanager
def swapped_attributes(values: Mapping[tuple[Any, str], Any]) -> Iterator[None]:
    """Replace attributes, by ``(node, name)``, of single instances inside the context."""
    saved = {(module, name): vars(module).get(name) for module, name in values}
    try:
        for (module, name), method in values.items():
            vars(module)[name] = method
        yield
    finally:
        for (module, name), method in saved.items():
            if method is None:
                vars(module).pop(name, None)
            else:
                vars(module)[name] = method
