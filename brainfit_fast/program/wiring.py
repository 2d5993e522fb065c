"""Another connectome in a network that is built."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import brainstate
import brainunit as u
import jax
import numpy as np

from ..core.errors import bad_value
from .coupling_forms import form_of
from .walking import modules

__all__ = ['coupling_of', 'rewire', 'rewired', 'trained_weights']


def coupling_of(model: Any) -> Any:
    """The one coupling of a model.

    Raises
    ------
    ValueError
        If there is none, or more than one.
    """
    found = [module for module in modules(model).values() if form_of(module) is not None]
    if len(found) != 1:
        raise bad_value(
            'model',
            given=f'{type(model).__name__} with {len(found)} couplings',
            expected='a Network, or another model with one coupling, to put a connectome into',
        )
    return found[0]


def trained_weights(model: Any, conn: Any) -> dict[int, Any]:
    """Where the connectome is trained: what its state stores at first, by the state's ``id``."""
    param = coupling_of(model).conn
    if not isinstance(param.val, brainstate.State):
        return {}
    return {id(param.val): param.t.inverse(conn)}


def rewire(model: Any, conn: Any, delay: Any = None, longest: Any = None) -> None:
    """Put a connectome into a model.

    Parameters
    ----------
    model : brainstate.nn.Module
        With one coupling, unless nothing is put into it.
    conn : array, optional
        Weights ``(N, N)`` in the unit of the present ones; a trained connectome keeps its own state.
    delay : Quantity, optional
        Conduction delays ``(N, N)``.
    longest : Quantity, optional
        The longest that a traced ``delay`` can be.
    """
    if conn is None and delay is None:
        return
    coupling = coupling_of(model)
    if conn is not None:
        param = coupling.conn
        if hasattr(param, 'original_W'):
            param.__dict__['original_W'] = conn
        if not isinstance(param.val, brainstate.State):
            param.__dict__['val'] = param.t.inverse(conn)
        param.__dict__.update(_cached_value=None, _cache_valid=False)
    if delay is not None:
        own = coupling.x.__dict__
        own.pop('delays_of_dt', None)
        own.pop('traced_delay', None)
        if isinstance(u.get_mantissa(delay), jax.core.Tracer):
            own['traced_delay'] = (delay, longest)
            own['delay_time'] = (np.zeros(delay.shape) * u.ms, *own['delay_time'][1:])
        else:
            own['delay_time'] = (delay, *own['delay_time'][1:])


@contextlib.contextmanager
def rewired(model: Any, conn: Any, delay: Any = None, longest: Any = None) -> Iterator[None]:
    """:func:`rewire` inside the context."""
    if conn is None and delay is None:
        yield
        return
    coupling = coupling_of(model)
    nodes = [coupling.conn, coupling.x]
    nodes += [coupling.x.state_delay] if delay is not None else []
    saved = [dict(node.__dict__) for node in nodes]
    try:
        rewire(model, conn, delay, longest)
        yield
    finally:
        for node, attributes in zip(nodes, saved, strict=True):
            node.__dict__.clear()
            node.__dict__.update(attributes)
