"""What a trace of a model depends on, as one value: equal fingerprints, equal traces.

Tracing costs 10 to 200 ms, more than a short run. A model whose fingerprint did not change since its last
run is not traced again, and neither is another model with an equal one. Whatever is not understood makes
the fingerprint None, and the model is traced.
"""

from __future__ import annotations

import types
from collections.abc import Hashable
from typing import Any

import brainstate
import brainunit as u
import jax
import numpy as np
from brainstate.nn import Param, PrefetchDelayAt

from .walking import modules

__all__ = ['fingerprint']

#: Packages whose classes compute a step from their own attributes alone.
_TRUSTED = frozenset(
    {'brainfit_fast', 'brainmass', 'brainstate', 'braintools', 'brainunit', 'saiunit'}
)
#: Arrays above this size are not compared by content.
_LARGEST = 1 << 20


class _Unknown(Exception):
    """Something whose influence on a trace is not known."""


def fingerprint(model: Any, monitors: Any, leaves: Any) -> Hashable | None:
    """Return a hashable value that changes whenever a trace of ``model`` could, or None.

    Parameters
    ----------
    model : brainstate.nn.Module
        The model; values of parameters and states do not count, their types do.
    monitors : object
        As given by the user: code, closure and the globals that it names count.
    leaves : pytree
        Arrays whose shapes and dtypes count: parameter values and inputs.

    Returns
    -------
    hashable or None
    """
    nodes = list(modules(model).items())
    place = {id(node): index for index, (_, node) in enumerate(nodes)}
    place[id(model)] = -1
    try:
        parts = tuple((path, _node(node, place)) for path, node in nodes)
        spec = _value(monitors, place, 0)
    except _Unknown:
        return None
    environment = (
        str(brainstate.environ.dftype()),
        jax.numpy.zeros((), float).dtype.str,
        str(brainstate.environ.get('mode', None)),
        str(brainstate.environ.get('fit', None)),
    )
    shapes, tree = jax.tree.flatten(leaves)
    return parts, spec, environment, tuple(map(_aval, shapes)), tree


def _node(node: Any, place: dict[int, int]) -> Hashable:
    kind: Any = type(node)
    if kind.__module__.split('.')[0] not in _TRUSTED:
        raise _Unknown
    if isinstance(node, Param):
        return kind  # evaluated outside the trace
    skipped = ('delay_info', 'delay_time') if isinstance(node, PrefetchDelayAt) else ()
    return kind, tuple(
        (name, _value(value, place, 0))
        for name, value in sorted(vars(node).items())
        if name not in skipped
    )


def _value(value: Any, place: dict[int, int], depth: int) -> Hashable:
    if depth > 6:
        raise _Unknown
    if id(value) in place:
        return 'node', place[id(value)]
    if value is None or isinstance(value, (bool, int, float, complex, str, bytes, np.dtype, type)):
        return type(value), value
    if isinstance(value, brainstate.State):
        leaves, tree = jax.tree.flatten(value.value)
        return type(value), tuple(map(_aval, leaves)), tree
    if isinstance(value, (tuple, list)):
        return type(value), tuple(_value(item, place, depth + 1) for item in value)
    if isinstance(value, dict):
        return tuple((key, _value(item, place, depth + 1)) for key, item in value.items())
    if isinstance(value, u.Quantity):
        return str(value.unit), _value(value.mantissa, place, depth + 1)
    if isinstance(value, jax.ShapeDtypeStruct):
        return _aval(value)
    if isinstance(value, jax.core.Tracer):
        raise _Unknown
    if isinstance(value, (np.ndarray, np.generic, jax.Array)):
        if value.size * value.dtype.itemsize > _LARGEST:
            raise _Unknown
        array = np.asarray(value)
        return array.dtype.str, array.shape, array.tobytes()
    if isinstance(value, types.FunctionType):
        return _function(value, place, depth)
    if isinstance(value, types.ModuleType):
        return 'module', value.__name__
    if isinstance(value, types.MethodType):
        return _value(value.__func__, place, depth + 1), _value(value.__self__, place, depth + 1)
    module = type(value).__module__.split('.')[0]
    if module == '_thread':  # a lock
        return 'lock'
    if module in _TRUSTED:
        return _object(value, place, depth)
    if isinstance(value, types.BuiltinFunctionType):
        return _Same(value)
    raise _Unknown


def _object(value: Any, place: dict[int, int], depth: int) -> Hashable:
    """By its attributes, as an initialiser; by identity where these are not understood."""
    attributes = getattr(value, '__dict__', None)
    if attributes is None:
        return _Same(value)
    try:
        own = sorted(attributes.items())
        return type(value), tuple((name, _value(item, place, depth + 1)) for name, item in own)
    except _Unknown:
        return _Same(value)


def _function(function: types.FunctionType, place: dict[int, int], depth: int) -> Hashable:
    if (function.__module__ or '').split('.')[0] in _TRUSTED and not function.__closure__:
        return function
    code = function.__code__
    if any(isinstance(constant, types.CodeType) for constant in code.co_consts):
        raise _Unknown  # a function inside, with globals of its own
    names = function.__globals__
    return (
        code,
        _value(function.__defaults__, place, depth + 1),
        tuple(_value(cell.cell_contents, place, depth + 1) for cell in function.__closure__ or ()),
        tuple(
            (name, _value(names[name], place, depth + 1)) for name in code.co_names if name in names
        ),
    )


def _aval(leaf: Any) -> Hashable:
    return (
        np.shape(leaf),
        str(getattr(leaf, 'dtype', type(leaf))),
        bool(getattr(leaf, 'weak_type', False)),
    )


class _Same:
    """Compares by identity and keeps the object alive, so that the identity stays its own."""

    def __init__(self, value: Any):
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.value is self.value

    def __hash__(self) -> int:
        return id(self.value)
