"""From a jaxpr over regions to the graph of one lane.

Layout disappears, calls are inlined, random keys become pairs of 32-bit words, and random bits become the
counter-based generator at the lane's own counter: the same bits that JAX draws for that element.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jax.extend.core import ClosedJaxpr, Jaxpr, JaxprEqn, Literal

from ..program.primitives import KINDS, inner_jaxpr
from .exprel import is_exprel, is_exprel_slope
from .graph import FLOATS, Graph, Value

__all__ = ['REGION_INDEX', 'Keys', 'Unsupported', 'lower']

#: Input that holds the index of the lane's region.
REGION_INDEX = 'region'

_SAME = frozenset({'copy', 'copy_p', 'stop_gradient', 'optimization_barrier'})
_RENAMED = {'add_any': 'add', 'select_n': 'select', 'convert_element_type': 'convert'}


class Unsupported(Exception):
    """A model that has no lane form; the message completes "no native code for this model: ..."."""


@dataclass(frozen=True)
class Keys:
    """Random keys, as two 32-bit words each.

    Attributes
    ----------
    shape : tuple of int
        Shape of the array of keys.
    words : tuple of (int, int)
        Flattened.
    """

    shape: tuple[int, ...]
    words: tuple[tuple[Value, Value], ...]

    def slice(self, start: Sequence[int], limit: Sequence[int], strides: Any) -> Keys:
        """As ``lax.slice``."""
        index = tuple(
            slice(a, b, s)
            for a, b, s in zip(start, limit, strides or (1,) * len(self.shape), strict=True)
        )
        numbers = np.arange(len(self.words)).reshape(self.shape)[index]
        return Keys(numbers.shape, tuple(self.words[k] for k in numbers.ravel()))

    def reshaped(self, shape: tuple[int, ...]) -> Keys:
        """The same keys in another shape of the same size."""
        return Keys(tuple(shape), self.words)


def lower(
    graph: Graph, jaxpr: Jaxpr, consts: Sequence[Any], args: Sequence[Any], region_shape: Any
) -> list[Any]:
    """Add the equations of ``jaxpr`` to ``graph`` and return its outputs.

    Parameters
    ----------
    graph : Graph
        Grows.
    jaxpr : Jaxpr
        Elementwise over ``region_shape``.
    consts : sequence
        Values of its constants: arrays of one element, values of the graph, or Keys.
    args : sequence
        Values of its arguments.
    region_shape : tuple of int
        ``(n_regions,)`` or ``()``.

    Returns
    -------
    list of int or Keys

    Raises
    ------
    Unsupported
        Naming the first primitive or dtype that has no lane form.
    """
    env: dict[Any, Any] = {}

    def read(atom: Any) -> Any:
        if isinstance(atom, Literal):
            return _constant(graph, atom.val, atom.aval.dtype)
        return env[atom]

    for var, value in zip(jaxpr.constvars, consts, strict=True):
        env[var] = value if isinstance(value, (int, Keys)) else _constant(graph, value, None)
    env.update(zip(jaxpr.invars, args, strict=True))
    for eqn in jaxpr.eqns:
        outs = _equation(graph, eqn, [read(a) for a in eqn.invars], region_shape)
        env.update(zip(eqn.outvars, outs, strict=True))
    return [read(a) for a in jaxpr.outvars]


def _constant(graph: Graph, value: Any, dtype: Any) -> Value:
    array = np.asarray(value)
    if array.size != 1:
        first = array.ravel()[:1]
        if array.size == 0 or not np.array_equal(array, np.broadcast_to(first, array.shape)):
            raise Unsupported(f'it holds a constant array of shape {array.shape}')
        array = first
    return graph.const(array.reshape(()), np.dtype(dtype or array.dtype).name)


def _equation(graph: Graph, eqn: JaxprEqn, args: list[Any], region_shape: Any) -> list[Any]:
    name, params = eqn.primitive.name, eqn.params
    kind = KINDS.get(name)
    if is_exprel(eqn):
        return [graph.op('exprel', graph.dtype(args[0]), *args)]
    if is_exprel_slope(eqn):
        return [graph.op('exprel_slope', graph.dtype(args[0]), *args)]
    if kind == 'call':
        inner, closed = inner_jaxpr(eqn), _closed_consts(eqn)
        return lower(graph, inner, closed, args, region_shape)
    if name in _RULES:
        return _RULES[name](graph, eqn, args, region_shape)
    if name in _SAME:
        return args
    if kind == 'layout':
        (value,) = args[:1]
        if isinstance(value, Keys):
            value = value.reshaped(eqn.outvars[0].aval.shape)
        return [value]
    if kind != 'elementwise':
        raise Unsupported(f'the primitive {name!r} has no native form')
    if any(isinstance(a, Keys) for a in args):
        raise Unsupported(f'the primitive {name!r} acts on random keys')
    dtype = np.dtype(eqn.outvars[0].aval.dtype).name
    data: tuple[Any, ...] = ()
    if name == 'integer_pow':
        data = (int(params['y']),)
    if name == 'round':
        data = (int(params['rounding_method']),)
    operation = _RENAMED.get(name, name)
    return [_folded(graph, eqn, operation, dtype, args, data)]


def _folded(
    graph: Graph, eqn: JaxprEqn, name: str, dtype: str, args: list[Value], data: tuple[Any, ...]
) -> Value:
    """The operation, or its value where every operand is a literal."""
    constants = [graph.constant(a) for a in args]
    if all(c is not None for c in constants):
        with jax.ensure_compile_time_eval():
            scalars = [jax.numpy.asarray(c) for c in constants]
            (value,) = (
                [eqn.primitive.bind(*scalars, **eqn.params)]
                if not eqn.primitive.multiple_results
                else eqn.primitive.bind(*scalars, **eqn.params)
            )
        return graph.const(np.asarray(value), dtype)
    return graph.op(name, dtype, *args, data=data)


def _closed_consts(eqn: JaxprEqn) -> Sequence[Any]:
    for value in eqn.params.values():
        if isinstance(value, ClosedJaxpr):
            return value.consts
    return getattr(inner_jaxpr(eqn), 'consts', ())


def _threefry(graph: Graph, key: tuple[Value, Value], counter: Value) -> tuple[Value, Value]:
    zero = graph.const(0, 'uint32')
    operands = (*key, zero, counter)
    return (
        graph.op('threefry', 'uint32', *operands, data=(0,)),
        graph.op('threefry', 'uint32', *operands, data=(1,)),
    )


def _random_split(graph: Graph, eqn: JaxprEqn, args: list[Any], region_shape: Any) -> list[Any]:
    shape = tuple(eqn.params['shape'])
    (keys,) = args
    if keys.shape:
        raise Unsupported('it splits an array of random keys')
    count = int(np.prod(shape, dtype=int))
    words = tuple(_threefry(graph, keys.words[0], graph.const(k, 'uint32')) for k in range(count))
    return [Keys(shape, words)]


def _random_fold_in(graph: Graph, eqn: JaxprEqn, args: list[Any], region_shape: Any) -> list[Any]:
    keys, data = args
    if keys.shape:
        raise Unsupported('it folds into an array of random keys')
    word = graph.op('convert', 'uint32', data)
    return [Keys((), (_threefry(graph, keys.words[0], word),))]


def _random_bits(graph: Graph, eqn: JaxprEqn, args: list[Any], region_shape: Any) -> list[Any]:
    (keys,) = args
    if keys.shape:
        raise Unsupported('it draws from an array of random keys')
    shape, width = tuple(eqn.params['shape']), eqn.params['bit_width']
    if int(np.prod(shape, dtype=int)) == 1:
        counter = graph.const(0, 'uint32')
    elif shape[-1:] == tuple(region_shape[-1:]) and int(np.prod(shape)) == shape[-1]:
        counter = graph.input(REGION_INDEX, 'uint32')
    else:
        raise Unsupported(f'it draws random numbers of shape {shape} for {region_shape} regions')
    high, low = _threefry(graph, keys.words[0], counter)
    if width == 32:
        return [graph.op('xor', 'uint32', high, low)]
    if width == 64:
        wide = graph.op('convert', 'uint64', high)
        shifted = graph.op('shift_left', 'uint64', wide, graph.const(32, 'uint64'))
        return [graph.op('or', 'uint64', shifted, graph.op('convert', 'uint64', low))]
    raise Unsupported(f'it draws random bits of width {width}')


def _slice(graph: Graph, eqn: JaxprEqn, args: list[Any], region_shape: Any) -> list[Any]:
    (keys,) = args
    if not isinstance(keys, Keys):
        raise Unsupported("the primitive 'slice' has no native form")
    p = eqn.params
    return [keys.slice(p['start_indices'], p['limit_indices'], p['strides'])]


def _unstack(graph: Graph, eqn: JaxprEqn, args: list[Any], region_shape: Any) -> list[Any]:
    (keys,) = args
    if not isinstance(keys, Keys) or eqn.params['axis'] != 0:
        raise Unsupported("the primitive 'unstack' has no native form")
    rest = tuple(eqn.outvars[0].aval.shape)
    first, limit = [0] * len(keys.shape), list(keys.shape)
    return [
        keys.slice([k, *first[1:]], [k + 1, *limit[1:]], None).reshaped(rest)
        for k in range(keys.shape[0])
    ]


def _select(graph: Graph, eqn: JaxprEqn, args: list[Any], region_shape: Any) -> list[Any]:
    which, *cases = args
    if len(cases) != 2 or graph.dtype(which) != 'bool':
        raise Unsupported("the primitive 'select_n' chooses by number")
    dtype = np.dtype(eqn.outvars[0].aval.dtype).name
    if dtype == 'bool':
        # a mask has no lanes of its own to choose from
        no, yes = cases
        chosen = graph.op('and', 'bool', which, yes)
        other = graph.op('and', 'bool', graph.op('not', 'bool', which), no)
        return [graph.op('or', 'bool', chosen, other)]
    constant = graph.constant(which)
    if constant is not None:
        return [cases[int(constant)]]
    return [graph.op('select', dtype, which, *cases)]


def _clamp(graph: Graph, eqn: JaxprEqn, args: list[Any], region_shape: Any) -> list[Any]:
    low, x, high = args
    dtype = graph.dtype(x)
    return [graph.op('min', dtype, graph.op('max', dtype, x, low), high)]


def _square(graph: Graph, eqn: JaxprEqn, args: list[Any], region_shape: Any) -> list[Any]:
    (x,) = args
    return [graph.op('mul', graph.dtype(x), x, x)]


def _one_minus_square(graph: Graph, eqn: JaxprEqn, args: list[Any], region_shape: Any) -> list[Any]:
    (x,) = args
    dtype = graph.dtype(x)
    one = graph.const(1, dtype)
    factors = graph.op('sub', dtype, one, x), graph.op('add', dtype, one, x)
    return [graph.op('mul', dtype, *factors)]


def _log2(graph: Graph, eqn: JaxprEqn, args: list[Any], region_shape: Any) -> list[Any]:
    (x,) = args
    dtype = graph.dtype(x)
    return [graph.op('mul', dtype, graph.op('log', dtype, x), graph.const(1 / np.log(2), dtype))]


def _convert(graph: Graph, eqn: JaxprEqn, args: list[Any], region_shape: Any) -> list[Any]:
    (x,) = args
    dtype, given = np.dtype(eqn.params['new_dtype']).name, graph.dtype(x)
    if graph.constant(x) is not None:
        return [graph.const(np.asarray(graph.constant(x)).astype(dtype), dtype)]
    if dtype == 'bool':
        return [graph.op('ne', 'bool', x, graph.const(0, given))] if given != 'bool' else [x]
    if given == 'bool':
        return [graph.op('select', dtype, x, graph.const(0, dtype), graph.const(1, dtype))]
    if given in FLOATS and dtype not in FLOATS:
        raise Unsupported(f'it converts {given} to {dtype}')
    return [graph.op('convert', dtype, x)]


_RULES: dict[str, Callable[[Graph, JaxprEqn, list[Any], Any], list[Any]]] = {
    'random_split': _random_split,
    'random_fold_in': _random_fold_in,
    'random_bits': _random_bits,
    'slice': _slice,
    'unstack': _unstack,
    'select_n': _select,
    'clamp': _clamp,
    'square': _square,
    'one_minus_square': _one_minus_square,
    'log2': _log2,
    'convert_element_type': _convert,
}
