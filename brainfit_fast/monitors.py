"""What a run records: monitors as one function of the model after a step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import brainstate

from .core.errors import bad_type, bad_value
from .observation.base import Observer

__all__ = ['measurement', 'read_of']


def measurement(model: Any, monitors: Any) -> Callable[[Any], dict[str, Any]]:
    """Return ``measure(update_return) -> dict`` for the monitors of a run.

    Parameters
    ----------
    model : brainstate.nn.Module
        The model, with its states initialised.
    monitors : None, list of str, callable, Observer or dict
        See :meth:`brainfit_fast.Simulator.run`.

    Raises
    ------
    ValueError
        If a name is not a state of the model.
    TypeError
        For anything else.
    """
    if monitors is None:
        return lambda returned: {'output': returned}
    if isinstance(monitors, Observer):
        monitors = {'output': monitors}
    if callable(monitors):
        return lambda returned: {'output': monitors(model)}
    if isinstance(monitors, str):
        monitors = [monitors]
    if isinstance(monitors, (list, tuple)):
        monitors = {name: name for name in monitors}
    if not isinstance(monitors, dict):
        raise bad_type(
            'monitors',
            given=monitors,
            expected='None, a list of state names, a callable or a dict of these',
        )
    reads = {
        name: spec.read if isinstance(spec, Observer) else read_of(model, f'monitor {name!r}', spec)
        for name, spec in monitors.items()
    }
    return lambda returned: {name: read() for name, read in reads.items()}


def read_of(model: Any, what: str, spec: Any) -> Callable[[], Any]:
    """Return a function that reads a state by name or calls ``spec(model)``; ``what`` names it in errors."""
    if callable(spec):
        return lambda: spec(model)
    if not isinstance(spec, str):
        raise bad_type(what, given=spec, expected='a state name or a callable(model)')
    owner, _, attribute = spec.rpartition('.')
    holder = model
    for part in owner.split('.') if owner else ():
        holder = getattr(holder, part, None)
    if not isinstance(getattr(holder, attribute, None), brainstate.State):
        states = ', '.join(_state_names(model)) or 'none'
        raise bad_value(
            what,
            given=f'{spec!r}, which is not a state of {type(model).__name__}',
            expected=f'one of {states}',
            remedy='A callable(model) can compute anything else.',
        )
    return lambda: getattr(holder, attribute).value


def _state_names(model: Any) -> list[str]:
    names = []
    for prefix, holder in (('', model), ('node.', getattr(model, 'node', None))):
        for name, value in vars(holder).items() if holder is not None else ():
            if isinstance(value, brainstate.HiddenState):
                names.append(repr(prefix + name))
    return names
