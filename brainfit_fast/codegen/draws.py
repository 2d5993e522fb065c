"""What a step draws at random, apart from what it makes of that.

A draw depends on the random keys, the region and the index of the step alone. Candidates that share their noise
draw it once, and the generator stands once in the code of a node, not in each of its functions.
"""

from __future__ import annotations

from collections.abc import Sequence

from .apart import Parts, taken_apart
from .graph import Graph
from .lower import REGION_INDEX, Unsupported

__all__ = ['drawn_apart']


def drawn_apart(graphs: Sequence[Graph], dtype: str) -> Parts:
    """Split the functions of a node where draws meet anything else.

    Parameters
    ----------
    graphs : sequence of Graph
        With inputs ``key<k>.<w>``; the first one has the keys that follow among its outputs.
    dtype : str
        In which draws are handed on; others go through it unchanged.

    Returns
    -------
    Parts
        Its rests read ``draw<k>``.

    Raises
    ------
    Unsupported
        If a draw has no form in ``dtype``, or keys depend on states.
    """
    parts = taken_apart(graphs, 'draw', dtype, frozenset({REGION_INDEX, 'i'}))
    if any(REGION_INDEX in rest.inputs() for rest in parts.rests):
        raise Unsupported('its random keys depend on its states')
    return parts
