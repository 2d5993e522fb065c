"""Find where a region reads its own past: delayed feedback within a node, without a connectome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import brainstate
import jax
import numpy as np
from brainstate.nn import Delay, PrefetchDelayAt, StateWithDelay

from .recognise import Site, any_delay
from .walking import modules

__all__ = ['LocalRead', 'held', 'local_reads']


@dataclass(frozen=True, eq=False)
class LocalRead:
    """One delayed read of every region's own state.

    Attributes
    ----------
    read : brainstate.nn.PrefetchDelayAt
        Calling it returns the past ``(..., N)``.
    path : str
        Its dotted path in the model.
    history : brainstate.nn.Delay
        Ring of the source state.
    source : brainstate.State
        The state that the ring follows.
    delay_steps : array
        ``(N,)`` integer delays.
    delayed : bool
        Whether any delay is above zero.
    """

    read: PrefetchDelayAt
    path: str
    history: Delay
    source: brainstate.State
    delay_steps: np.ndarray
    delayed: bool


def held(read: LocalRead) -> brainstate.State:
    """What a read gives as long as nothing writes its history, as a state that never changes."""
    return brainstate.ShortTermState(read.read())


def local_reads(model: brainstate.nn.Module, sites: tuple[Site, ...]) -> tuple[LocalRead, ...]:
    """Return every delayed read of ``model`` in which region ``i`` reads region ``i``.

    That is a read of one delay without a source index, or with the index ``arange(N)`` and one delay or
    one per region.

    Parameters
    ----------
    model : brainstate.nn.Module
        With its states initialised.
    sites : tuple of Site
        Its couplings, whose reads are not looked at.

    Returns
    -------
    tuple of LocalRead

    Raises
    ------
    Unrecognised
        If a delay lies outside the history.
    """
    coupled = {id(site.module.x) for site in sites}
    found = (
        _local('.'.join(map(str, path)), node)
        for path, node in modules(model).items()
        if isinstance(node, PrefetchDelayAt) and id(node) not in coupled
    )
    return tuple(read for read in found if read is not None)


def _local(path: str, read: PrefetchDelayAt) -> LocalRead | None:
    if not read.delay_time or read.delay_info is None:
        return None
    history = read.state_delay
    if not isinstance(history, StateWithDelay) or history.update_every is not None:
        return None
    shapes = [np.shape(leaf) for leaf in jax.tree.leaves(history.state.value)]
    rows = [np.shape(leaf)[1:] for leaf in jax.tree.leaves(history.history.value)]
    steps, *indices = read.delay_info
    # brainstate's own history of a batch of states has the batch twice
    if len(shapes) != 1 or rows != shapes:
        return None
    if isinstance(steps, jax.core.Tracer) or not _reads_itself(shapes[0], steps.shape, indices):
        return None
    steps = np.broadcast_to(np.asarray(steps), shapes[0][-1:])
    delayed = any_delay(f'the read {path!r}', history, steps)
    return LocalRead(read, path, history, history.state, steps, delayed)


def _reads_itself(shape: tuple[int, ...], delays: tuple[int, ...], indices: list[Any]) -> bool:
    if not indices:
        return len(shape) >= 1 and delays == ()
    if len(indices) > 1 or len(shape) != 1 or isinstance(indices[0], jax.core.Tracer):
        return False
    return delays in ((), shape) and np.array_equal(np.asarray(indices[0]), np.arange(shape[0]))
