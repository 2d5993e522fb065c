"""Split graphs where what depends on random keys meets the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .graph import FLOATS, Graph, Op, Value
from .lower import Unsupported

__all__ = ['Parts', 'taken_apart']

_WIDER = {'int32': 'int64', 'uint32': 'uint64'}


class Parts(NamedTuple):
    """Graphs without keys, and the one that replaces them.

    Attributes
    ----------
    rests : tuple of Graph
        Read ``<name><k>`` instead of keys, and leave out the keys that follow.
    random : Graph
        Outputs ``<name><k>`` of a step and the keys ``key<k>.<w>`` of the next one.
    names : tuple of str
        What is handed on.
    """

    rests: tuple[Graph, ...]
    random: Graph
    names: tuple[str, ...]


def taken_apart(
    graphs: Sequence[Graph], name: str, dtype: str, beside: frozenset[str], *, alone: bool = False
) -> Parts:
    """Split graphs into what depends on keys alone, and the rest.

    Parameters
    ----------
    graphs : sequence of Graph
        With inputs ``key<k>.<w>``; the first one has the keys that follow among its outputs.
    name : str
        Of what is handed on.
    dtype : str
        In which values are handed on; others go through it unchanged.
    beside : frozenset of str
        Inputs on which they may depend, too.
    alone : bool
        Whether values of this dtype alone are handed on; the rest computes others again from these.

    Returns
    -------
    Parts
        A value that several graphs read is one.

    Raises
    ------
    Unsupported
        If a value has no form in ``dtype``.
    """
    random = Graph()
    names: dict[Value, str] = {}

    def rest_of(graph: Graph) -> Graph:
        inputs = set(graph.inputs())
        keys = {key for key in inputs if key.startswith('key')}
        others = graph.depends_on(inputs - keys - beside)
        handed_on = graph.depends_on(keys) - others
        if alone:
            handed_on = {value for value in handed_on if graph.dtype(value) == dtype}
        outputs = {key: value for key, value in graph.outputs.items() if not key.startswith('key')}
        live = Graph(graph.ops, outputs).live()
        copied = random.include(graph, [value for value in live if value not in others])
        rest = Graph()
        number: dict[Value, Value] = {}

        def moved(value: Value) -> Value:
            if value not in handed_on:
                return number[value]
            own = names.setdefault(copied[value], f'{name}{len(names)}')
            return _restored(rest, rest.input(own, dtype), graph.dtype(value))

        for value in live:
            if value not in handed_on:
                op = graph.ops[value]
                operands = tuple(map(moved, op.args))
                number[value] = rest._add(Op(op.name, op.dtype, operands, op.data))
        rest.outputs = {key: moved(value) for key, value in outputs.items()}
        return rest.pruned()

    rests = tuple(map(rest_of, graphs))
    following = {key: v for key, v in graphs[0].outputs.items() if key.startswith('key')}
    copied = random.include(graphs[0], Graph(graphs[0].ops, following).live())
    random.outputs = {own: _stored(random, value, dtype) for value, own in names.items()}
    random.outputs.update({key: copied[value] for key, value in following.items()})
    return Parts(rests, random.pruned(), tuple(names.values()))


def _stored(graph: Graph, value: Value, dtype: str) -> Value:
    """A value as a number of ``dtype`` that holds every bit of it."""
    own = graph.dtype(value)
    if own == dtype:
        return value
    if own == 'bool':
        return graph.op('select', dtype, value, graph.const(0, dtype), graph.const(1, dtype))
    if own in FLOATS and _bits(own) < _bits(dtype):
        return graph.op('convert', dtype, value)
    if own in _WIDER and _bits(own) < _bits(dtype):
        own, value = _WIDER[own], graph.op('convert', _WIDER[own], value)
    if own in FLOATS or _bits(own) != _bits(dtype):
        raise Unsupported(f'it draws random numbers of dtype {own}')
    return graph.op('bitcast_convert_type', dtype, value)


def _restored(graph: Graph, value: Value, own: str) -> Value:
    dtype = graph.dtype(value)
    if own == dtype:
        return value
    if own == 'bool':
        return graph.op('ne', 'bool', value, graph.const(0, dtype))
    if own in FLOATS:
        return graph.op('convert', own, value)
    if _bits(own) < _bits(dtype):
        return graph.op('convert', own, graph.op('bitcast_convert_type', _WIDER[own], value))
    return graph.op('bitcast_convert_type', own, value)


def _bits(dtype: str) -> int:
    return 8 * np.dtype(dtype).itemsize
