"""Take the random keys out of graphs: they are the same in all lanes, and every step has its own.

A kernel that runs many lanes at once would derive the keys of each draw in all of them. Split off, they are
derived once per step and candidate, and the rest reads the words that its draws begin with.
"""

from __future__ import annotations

from collections.abc import Sequence

from .apart import Parts, taken_apart
from .graph import Graph

__all__ = ['without_keys']


def without_keys(graphs: Sequence[Graph]) -> Parts:
    """Split graphs where 32-bit words that depend on keys alone meet the lanes.

    Parameters
    ----------
    graphs : sequence of Graph
        With inputs ``key<k>.<w>``; the first one has the keys that follow among its outputs.

    Returns
    -------
    Parts
        Its rests read ``word<k>`` (uint32).
    """
    return taken_apart(graphs, 'word', 'uint32', frozenset({'i'}), alone=True)
