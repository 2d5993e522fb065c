"""What a step draws at random, apart from what it makes of that.

A draw depends on the random keys, the region and the index of the step alone. Candidates that share their noise
draw it once, and the generator stands once in the code of a node, not in each of its functions.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .graph import FLOATS, Graph, Op, Value
from .lower import REGION_INDEX, Unsupported

__all__ = ['drawn_apart']

_WIDER = {'int32': 'int64', 'uint32': 'uint64'}


def drawn_apart(graphs: Mapping[str, Graph], dtype: str) -> tuple[Graph, dict[str, Graph]]:
    """Split the functions of a node where draws meet anything else.

    Parameters
    ----------
    graphs : mapping of str to Graph
        With inputs ``key<k>.<w>``; the first one has the keys that follow among its outputs.
    dtype : str
        In which draws are handed on; others go through it unchanged.

    Returns
    -------
    draw : Graph
        Outputs ``draw<k>`` of a step and the keys ``key<k>.<w>`` of the next one.
    rests : dict of str to Graph
        Read ``draw<k>`` instead of keys, and leave out the keys that follow. A draw that several read is one.

    Raises
    ------
    Unsupported
        If a draw has no form in ``dtype``, or keys depend on states.
    """
    draw = Graph()
    names: dict[Value, str] = {}
    rests = {name: _rest(graph, draw, names, dtype) for name, graph in graphs.items()}
    first = next(iter(graphs.values()))
    following = {name: v for name, v in first.outputs.items() if name.startswith('key')}
    copied = draw.include(first, Graph(first.ops, following).live())
    draw.outputs = {name: _stored(draw, value, dtype) for value, name in names.items()}
    draw.outputs.update({name: copied[value] for name, value in following.items()})
    return draw.pruned(), rests


def _rest(graph: Graph, draw: Graph, names: dict[Value, str], dtype: str) -> Graph:
    """``graph`` reading draws, which ``draw`` computes and ``names`` names."""
    inputs = graph.inputs()
    keys = {name for name in inputs if name.startswith('key')}
    drawn = graph.depends_on(keys) - graph.depends_on(set(inputs) - keys - {REGION_INDEX, 'i'})
    outputs = {name: v for name, v in graph.outputs.items() if not name.startswith('key')}
    live = Graph(graph.ops, outputs).live()
    others = graph.depends_on(set(inputs) - {REGION_INDEX, 'i'}) - drawn
    copied = draw.include(graph, [v for v in live if v not in others])
    rest = Graph()
    number: dict[Value, Value] = {}

    def moved(value: Value) -> Value:
        if value not in drawn:
            return number[value]
        name = names.setdefault(copied[value], f'draw{len(names)}')
        return _restored(rest, rest.input(name, dtype), graph.dtype(value))

    for value in live:
        if value not in drawn:
            op = graph.ops[value]
            number[value] = rest._add(Op(op.name, op.dtype, tuple(map(moved, op.args)), op.data))
    rest.outputs = {name: moved(value) for name, value in outputs.items()}
    rest = rest.pruned()
    if REGION_INDEX in rest.inputs():
        raise Unsupported('its random keys depend on its states')
    return rest


def _stored(graph: Graph, value: Value, dtype: str) -> Value:
    """A draw as a number of ``dtype`` that holds every bit of it."""
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
