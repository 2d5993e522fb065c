"""Leave a model as it was found: its states, their values, and the random key."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import brainstate

from .walking import modules

__all__ = ['preserved', 'snapshot']


def snapshot(model: brainstate.nn.Module) -> Callable[[], None]:
    """Return a function that restores every state of ``model``, its value, and ``brainstate.random``'s key.

    Initialising a model replaces its state objects; inside a trace the new ones die with the trace. This
    puts the old objects back (and removes those that did not exist).
    """
    saved: list[tuple[dict[str, Any], dict[str, Any]]] = []
    values: dict[int, tuple[brainstate.State, Any]] = {}
    for node in modules(model).values():
        own = {
            name: value for name, value in vars(node).items() if isinstance(value, brainstate.State)
        }
        saved.append((vars(node), own))
        values.update({id(state): (state, state.value) for state in own.values()})
    random = brainstate.random.DEFAULT
    key = random.value

    def restore() -> None:
        for attributes, own in saved:
            for name in [
                n for n, value in attributes.items() if isinstance(value, brainstate.State)
            ]:
                if name not in own:
                    del attributes[name]
            attributes.update(own)
        for state, value in values.values():
            state.value = value
        random.value = key

    return restore


@contextlib.contextmanager
def preserved(model: brainstate.nn.Module) -> Iterator[None]:
    """Restore ``model`` and the random key on leaving, see :func:`snapshot`."""
    restore = snapshot(model)
    try:
        yield
    finally:
        restore()
