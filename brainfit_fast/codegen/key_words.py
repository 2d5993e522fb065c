"""Take the random keys out of graphs: they are the same in all lanes, and every step has its own.

A kernel that runs many lanes at once would derive the keys of each draw in all of them. Split off, they are
derived once per step and candidate, and the rest reads the words that its draws begin with.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .graph import Graph, Op, Value

__all__ = ['KeySplit', 'without_keys']


class KeySplit(NamedTuple):
    """Graphs without keys, and the one that replaces them.

    Attributes
    ----------
    rests : tuple of Graph
        Read ``word<k>`` (uint32) instead of keys, and leave out the keys that follow.
    keys : Graph
        Outputs ``word<k>`` of a step and the keys ``key<k>.<w>`` of the next one.
    n_words : int
    """

    rests: tuple[Graph, ...]
    keys: Graph
    n_words: int


def without_keys(graphs: Sequence[Graph]) -> KeySplit:
    """Split graphs where 32-bit words that depend on keys alone meet the lanes.

    Parameters
    ----------
    graphs : sequence of Graph
        With inputs ``key<k>.<w>``; the first one has the keys that follow among its outputs.

    Returns
    -------
    KeySplit
        A word that several graphs read is one.
    """
    keys = Graph()
    names: dict[Value, str] = {}
    rests = [_rest(graph, keys, names) for graph in graphs]
    following = {k: v for k, v in graphs[0].outputs.items() if k.startswith('key')}
    copied = keys.include(graphs[0], Graph(graphs[0].ops, following).live())
    keys.outputs = {name: value for value, name in names.items()}
    keys.outputs.update({name: copied[value] for name, value in following.items()})
    return KeySplit(tuple(rests), keys.pruned(), len(names))


def _rest(graph: Graph, keys: Graph, names: dict[Value, str]) -> Graph:
    """``graph`` reading words, which ``keys`` computes and ``names`` names."""
    inputs = graph.inputs()
    key_inputs = {name for name in inputs if name.startswith('key')}
    from_lanes = graph.depends_on(set(inputs) - key_inputs - {'i'})
    words = {v for v in graph.depends_on(key_inputs) - from_lanes if graph.dtype(v) == 'uint32'}
    outputs = {name: v for name, v in graph.outputs.items() if not name.startswith('key')}
    live = Graph(graph.ops, outputs).live()
    copied = keys.include(graph, [v for v in live if v not in from_lanes])
    rest = Graph()
    number: dict[Value, Value] = {}

    def moved(value: Value) -> Value:
        if value not in words:
            return number[value]
        name = names.setdefault(copied[value], f'word{len(names)}')
        return rest.input(name, 'uint32')

    for value in live:
        if value not in words:
            op = graph.ops[value]
            number[value] = rest._add(Op(op.name, op.dtype, tuple(map(moved, op.args)), op.data))
    rest.outputs = {name: moved(value) for name, value in outputs.items()}
    return rest.pruned()
