"""Find the couplings of a model and the delayed states that they read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import brainstate
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
from brainstate.nn import Const, Delay, Param, PrefetchDelayAt

from .coupling_forms import CouplingForm, form_of
from .walking import modules

__all__ = [
    'Read',
    'Site',
    'Unrecognised',
    'any_delay',
    'histories',
    'read_of',
    'read_steps',
    'recognise',
    'refresh_delays',
]


class Unrecognised(Exception):
    """The model is wired in a way that a program cannot express; the message is the reason."""


@dataclass(frozen=True)
class Site:
    """One coupling of the model.

    Attributes
    ----------
    module : brainstate.nn.Module
        The coupling; calling it returns the current of every region.
    form : CouplingForm
        How it splits around its sum.
    path : str
        Its dotted path in the model.
    history : brainstate.nn.Delay
        Ring of the source state.
    source : brainstate.State
        The state that the ring follows.
    delay_steps : array
        ``(N, N)`` integer delays, ``[target, source]``.
    delayed : bool
        Whether any delay is above zero (assumed for traced delays).
    no_offset : bool
        Whether the offset is a plain constant zero beside a sum with a unit. brainunit adds such a zero to
        any unit as long as it is not traced; any other plain offset is an error of units.
    """

    module: Any
    form: CouplingForm
    path: str
    history: Delay
    source: brainstate.State
    delay_steps: Any
    delayed: bool
    no_offset: bool

    @property
    def conn(self) -> Any:
        """Connectome values ``(N, N)``, units included."""
        value = self.module.conn.value()
        n = self.delay_steps.shape[-1]
        return value if value.ndim == 2 else u.math.reshape(value, (n, n))


@dataclass(frozen=True)
class Read:
    """A delayed read by all pairs of regions outside of the couplings.

    Attributes
    ----------
    history : brainstate.nn.Delay
        What is read.
    steps : array
        Integer delays, as they are read.
    delayed : bool
        Whether any delay is above zero (assumed for traced delays).
    column : bool
        Whether the source is the second axis of what is read.
    n : int
        Number of regions.
    """

    history: Delay
    steps: Any
    delayed: bool
    column: bool
    n: int

    @property
    def delay_steps(self) -> Any:
        """Delays ``(N, N)``, ``[target, source]``; to be made outside of the trace of a step."""
        steps = self.steps
        if steps.size == self.n**2:
            steps = steps.reshape(self.n, self.n)
        steps = jnp.broadcast_to(steps, (self.n, self.n))
        return steps if self.column else steps.T

    def same(self, other: Read) -> bool:
        """Whether both read the same."""
        steps = (self.steps, other.steps)
        if self.history is not other.history or self.column != other.column:
            return False
        if any(isinstance(value, jax.core.Tracer) for value in steps):
            return steps[0] is steps[1]
        return bool(np.array_equal(np.asarray(steps[0]), np.asarray(steps[1])))


def histories(model: brainstate.nn.Module) -> tuple[Delay, ...]:
    """Every ring of past states that ``model`` holds and has initialised."""
    nodes = modules(model).values()
    found = [node for node in nodes if isinstance(node, Delay)]
    found += [
        node.state_delay
        for node in nodes
        if isinstance(node, PrefetchDelayAt) and len(node.delay_time)
    ]
    own = {id(history): history for history in found if hasattr(history, 'history')}
    return tuple(own.values())


def read_of(history: Delay, rows: Any, steps: Any, *indices: Any) -> Read:
    """What ``history.retrieve_at_step(steps, *indices)`` reads of ``rows``, its ring.

    Raises
    ------
    Unrecognised
        If it is not one source for each pair of regions.
    """
    if history.update_every is not None:
        raise Unrecognised('the update reads a history that is not written at every step')
    if rows.ndim != 2 or len(indices) != 1 or isinstance(indices[0], jax.core.Tracer):
        raise Unrecognised(
            'the update reads a delayed state outside a known coupling, and not by pairs of regions'
        )
    n, pairs = rows.shape[1], np.asarray(indices[0])
    sources = np.tile(np.arange(n), (n, 1))
    ordered = [
        pairs.size == n * n and np.array_equal(pairs.reshape(n, n), a) for a in (sources, sources.T)
    ]
    if pairs.shape not in ((n, n), (n * n,)) or not any(ordered):
        raise Unrecognised(
            'the update reads a delayed state outside a known coupling, in an order other than all pairs '
            'of regions'
        )
    if steps.size not in (1, n * n):
        raise Unrecognised(
            f'the update reads with {steps.size} delays for {n * n} pairs of regions'
        )
    delayed = any_delay('the update', history, steps)
    return Read(history, steps, delayed, ordered[0], n)


def read_steps(model: brainstate.nn.Module, sites: Sequence[Site]) -> tuple[Any, ...] | None:
    """What the delayed reads outside of the couplings read, to compare by; None where a delay is traced."""
    coupled = {id(site.module.x) for site in sites}
    found: list[Any] = []
    for path, node in modules(model).items():
        if not isinstance(node, PrefetchDelayAt) or id(node) in coupled or not len(node.delay_time):
            continue
        arrays = [value for value in node.delay_info or () if value is not None]
        if any(isinstance(value, jax.core.Tracer) for value in arrays):
            return None
        rows = tuple((np.shape(value), np.asarray(value).tobytes()) for value in arrays)
        found.append((path, node.state_delay.max_length, rows))
    return tuple(found)


def any_delay(name: str, history: Delay, steps: Any) -> bool:
    """Whether any of ``steps`` is above zero; :class:`Unrecognised` where one lies outside of ``history``."""
    if isinstance(steps, jax.core.Tracer):
        return True
    concrete = np.asarray(steps)
    if concrete.min(initial=0) < 0:
        raise Unrecognised(f'{name} has negative delays')
    if concrete.max(initial=0) >= history.max_length:
        raise Unrecognised(f'{name} has delays beyond the length of its history')
    return bool(concrete.any())


def recognise(model: brainstate.nn.Module, varied: Sequence[Param] = ()) -> tuple[Site, ...]:
    """Return every coupling of ``model`` whose sum a program can take over.

    Parameters
    ----------
    model : brainstate.nn.Module
        The model, initialised.
    varied : sequence of Param
        Parameters that will have other values than their own.

    Raises
    ------
    Unrecognised
        If a coupling reads something other than a delayed state by all pairs of regions.
    """
    sites = []
    for path, module in modules(model).items():
        form = form_of(module)
        if form is not None:
            sites.append(_site('.'.join(str(part) for part in path), module, form, varied))
    return tuple(sites)


def _site(path: str, module: Any, form: CouplingForm, varied: Sequence[Param]) -> Site:
    name = f'coupling {path or type(module).__name__!r}'
    read = module.x
    if not isinstance(read, PrefetchDelayAt) or len(read.delay_time) == 0:
        raise Unrecognised(
            f'{name} reads its source through {type(read).__name__}, not through prefetch_delay'
        )
    history = read.state_delay
    if history.update_every is not None:
        raise Unrecognised(f'{name} reads a history that is not written at every step')
    steps, *indices = read.delay_info
    conn = module.conn.value()
    n = conn.shape[0] if conn.ndim == 2 else round(conn.size**0.5)
    if conn.shape not in ((n, n), (n * n,)):
        raise Unrecognised(f'{name} has a connectome of shape {conn.shape}, not (N, N)')
    if len(indices) != 1 or isinstance(indices[0], jax.core.Tracer):
        raise Unrecognised(f'{name} does not read one source per pair of regions')
    pairs = np.asarray(indices[0])
    if pairs.size != n * n or not np.array_equal(
        pairs.reshape(n, n), np.tile(np.arange(n), (n, 1))
    ):
        raise Unrecognised(f'{name} reads the sources in an order other than all pairs of regions')
    if np.size(steps) != n * n:
        raise Unrecognised(f'{name} has {np.size(steps)} delays for {n * n} pairs of regions')
    steps = steps.reshape(n, n)
    delayed = any_delay(name, history, steps)
    no_offset = _offset_is_nothing(module, form, varied)
    return Site(module, form, path, history, history.state, steps, delayed, no_offset)


def _offset_is_nothing(module: Any, form: CouplingForm, varied: Sequence[Param]) -> bool:
    if form.offset is None:
        return False
    offset = getattr(module, form.offset)
    if type(offset) not in (Param, Const) or isinstance(offset.val, brainstate.State):
        return False
    if any(offset is param for param in varied):
        return False
    value = offset.value()
    if isinstance(value, (u.Quantity, jax.core.Tracer)) or np.any(np.asarray(value)):
        return False
    source = module.x.state_delay.state.value
    units = [u.get_unit(v) for v in (module.k.value(), module.conn.value(), source)]
    return not (units[0] * units[1] * units[2]).is_unitless


def refresh_delays(model: brainstate.nn.Module) -> None:
    """Recompute the delay steps of ``model`` for the ``dt`` in force, before its states are initialised.

    brainstate turns times into steps once, when a delayed read is built; a run with another ``dt`` would
    keep the old steps and so change the conduction speed.
    """
    reads = [node for node in modules(model).values() if isinstance(node, PrefetchDelayAt)]
    reads = [read for read in reads if read.delay_time and read.delay_time[0] is not None]
    dt = brainstate.environ.get('dt')
    stamp = (float(u.get_mantissa(dt)), str(u.get_unit(dt)), str(brainstate.environ.ditype()))
    if all(read.__dict__.get('delays_of_dt') == stamp for read in reads):
        return
    for history in {id(read.state_delay): read.state_delay for read in reads}.values():
        history.max_length = 1
    for read in reads:
        read.delay_info = read.state_delay.register_delay(*read.delay_time)
        if 'traced_delay' in read.__dict__:
            delay, longest = read.__dict__['traced_delay']
            read.state_delay.register_delay(longest)
            steps = jnp.ceil(u.get_magnitude(delay / dt)).astype(brainstate.environ.ditype())
            read.delay_info = (steps, *read.delay_time[1:])
        read.__dict__['delays_of_dt'] = stamp
