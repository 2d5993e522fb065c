"""Trace one ``update`` of a model with its couplings replaced by their sums."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import SimpleNamespace
from typing import Any

import brainstate
import brainunit as u
import jax
import jax.numpy as jnp
from brainstate import DelayState
from brainstate.nn import Param
from jax.extend.core import get_opaque_trace_state

from .local_reads import LocalRead, held
from .primitives import KINDS, Elementwise, equations, rows_of
from .recognise import Site, Unrecognised
from .tracing import Trace, swapped_attributes, swapped_parameters, trace

__all__ = ['attach', 'clock_context', 'clock_examples', 'require_elementwise', 'trace_step']


def clock_context(dt: Any, *, known: bool = False) -> Callable[[Any, Any, Any], Any]:
    """Return ``context(dt, i, t)`` that puts flat clock values, with their unit, into the environment.

    Where ``known``, the step is ``dt`` itself, whatever the context is given.
    """
    unit = u.get_unit(dt)

    def with_unit(value: Any) -> Any:
        return u.Quantity(value, unit=unit) if isinstance(dt, u.Quantity) else value

    def context(dt_: Any, i: Any, t: Any) -> Any:
        return brainstate.environ.context(dt=dt if known else with_unit(dt_), i=i, t=with_unit(t))

    return context


def clock_examples() -> tuple[Any, Any, Any]:
    """Example values of ``dt``, ``i`` and ``t``."""
    dtype = brainstate.environ.dftype()
    i = jnp.zeros((), jnp.int32)
    return jnp.zeros((), dtype), i, jnp.zeros((), dtype)


def trace_step(
    model: Any,
    sites: tuple[Site, ...],
    reads: tuple[LocalRead, ...],
    params: dict[str, Param],
    values: list[Any],
    inputs: Any,
    dt: Any,
) -> tuple[Trace, dict[str, brainstate.State]]:
    """Trace ``model.update(*inputs)``.

    Parameters
    ----------
    model : brainstate.nn.Module
        A node or a network, with its states initialised.
    sites : tuple of Site
        Its couplings.
    reads : tuple of LocalRead
        Its reads of a region's own past.
    params, values : dict and list
        Parameters, and the values that stand for them.
    inputs : tuple
        Example inputs of one step.
    dt : Quantity or float
        The time step. It is an input of the trace; an update that needs it as a number (to count its
        sub-steps) is traced with its value.

    Returns
    -------
    traced : Trace
        Inputs: values, sums (of the couplings, then the local ones), in-degrees, ``dt``, ``i``, ``t``,
        inputs, states.
    fixed : dict of str to State
        Reads by path whose history is not written. They are no sums: what they read never changes, and is a
        state.

    Raises
    ------
    Unrecognised
        If the update cannot be traced, or handles a history in a way of its own.
    """
    placeholders = _Placeholders(sites, reads)
    traced = _traced(model, placeholders, params, values, inputs, dt)
    unwritten = placeholders.unwritten_reads()
    fixed = {read.path: held(read) for read in unwritten}
    if fixed:
        reads = tuple(read for read in reads if read.path not in fixed)
        pasts = {read.read: fixed[read.path] for read in unwritten}
        placeholders = _Placeholders(sites, reads, pasts)
        traced = _traced(model, placeholders, params, values, inputs, dt)
    placeholders.require_one_write(traced.jaxpr)
    for state in traced.states:
        if isinstance(state, DelayState):
            raise Unrecognised(
                f'{type(model).__name__}.update reads a delayed state outside a known coupling'
            )
    return traced, fixed


def _traced(
    model: Any, placeholders: _Placeholders, params: Any, values: Any, inputs: Any, dt: Any
) -> Trace:

    def traced_with(clock: Any) -> Trace:
        def step(values: Any, sums: Any, degrees: Any, dt: Any, i: Any, t: Any, inputs: Any) -> Any:
            placeholders.start(sums, degrees)
            with (
                clock(dt, i, t),
                swapped_parameters(list(params.values()), values),
                swapped_attributes('update', placeholders.updates),
                swapped_attributes('state_delay', placeholders.pasts),
            ):
                try:
                    return model.update(*inputs)
                finally:
                    placeholders.forget()

        return trace(step, values, *placeholders.examples(), *clock_examples(), inputs)

    try:
        try:
            return traced_with(clock_context(dt))
        except jax.errors.JAXTypeError:
            return traced_with(clock_context(dt, known=True))
    except jax.errors.JAXTypeError as error:
        raise Unrecognised(
            f'{type(model).__name__}.update cannot be traced ({type(error).__name__}: '
            f'{str(error).splitlines()[0]})'
        ) from error


class _Placeholders:
    """Stand-ins for the couplings and histories while the step is traced."""

    def __init__(
        self,
        sites: tuple[Site, ...],
        reads: tuple[LocalRead, ...],
        fixed: Mapping[Any, brainstate.State] | None = None,
    ):
        self.sites, self.reads = sites, reads
        every: tuple[Site | LocalRead, ...] = (*sites, *reads)
        self.histories = {id(own.history): own.history for own in every}
        self.pushed: dict[int, int] = {}
        self.level: Any = None
        self.inside = False
        self.sums: Any = ()
        self.degrees: Any = ()
        self.updates: dict[Any, Callable[..., Any]] = {
            site.module: self._coupling(index, site) for index, site in enumerate(sites)
        }
        for key, history in self.histories.items():
            self.updates[history] = self._history(key)
        pasts = {
            read.read: self._past(len(sites) + index, read) for index, read in enumerate(reads)
        }
        pasts.update(
            {node: lambda *args, own=own: own.value for node, own in (fixed or {}).items()}
        )
        self.pasts = {
            node: SimpleNamespace(retrieve_at_step=retrieve) for node, retrieve in pasts.items()
        }

    def examples(self) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        sums, degrees = [], []
        for site in self.sites:
            source = u.get_mantissa(site.source.value)
            sums.append(jnp.zeros(source.shape, source.dtype))
            dtype = jax.dtypes.canonicalize_dtype(u.get_mantissa(site.conn).dtype)
            degrees.append(jnp.zeros(site.delay_steps.shape[-1], dtype))
        for read in self.reads:
            source = u.get_mantissa(read.source.value)
            sums.append(jnp.zeros(source.shape, source.dtype))
        return tuple(sums), tuple(degrees)

    def start(self, sums: Any, degrees: Any) -> None:
        self.sums, self.degrees, self.pushed = sums, degrees, {}
        self.level, self.inside = get_opaque_trace_state(), False

    def forget(self) -> None:
        """Let go of the tracers."""
        self.sums = self.degrees = ()

    def unwritten_reads(self) -> tuple[LocalRead, ...]:
        """Reads of a node whose ``update`` is the whole step: brainstate writes where a node is called."""
        coupled = {id(site.history) for site in self.sites}
        return tuple(
            read
            for read in self.reads
            if id(read.history) not in coupled and not self.pushed.get(id(read.history))
        )

    def require_one_write(self, jaxpr: Any) -> None:
        if self.inside and any(KINDS.get(e.primitive.name) == 'loop' for e in equations(jaxpr)):
            raise Unrecognised('the history of a state is written in each sub-step of a loop')
        for key in self.histories:
            count = self.pushed.get(key, 0)
            if count != 1:
                raise Unrecognised(
                    f'the history of a state is written {count} times in a step, not once'
                )

    def _coupling(self, index: int, site: Site) -> Callable[..., Any]:
        form, module = site.form, site.module

        def update(*args: Any, **kwargs: Any) -> Any:
            self._require_ahead(site.history, f'coupling {site.path!r}')
            values = {name: getattr(module, name).value() for name in form.parameters}
            conn_unit, source_unit = u.get_unit(site.conn), u.get_unit(site.source.value)
            if form.pre is not None:
                # what is summed is pre(x)
                source_unit = u.get_unit(form.pre(site.source.value, values))
            s = attach(self.sums[index], conn_unit * source_unit)
            if not form.reads_target:
                return form.post(s, None, None, values)
            return form.post(s, attach(self.degrees[index], conn_unit), module.y(), values)

        return update

    def _past(self, index: int, read: LocalRead) -> Callable[..., Any]:
        def retrieve(*args: Any) -> Any:
            self._require_ahead(read.history, repr(read.path))
            return attach(self.sums[index], u.get_unit(read.source.value))

        return retrieve

    def _require_ahead(self, history: Any, name: str) -> None:
        if self.pushed.get(id(history)):
            raise Unrecognised(f'{name} is read after its source was advanced')

    def _history(self, key: int) -> Callable[..., Any]:
        def update(*args: Any, **kwargs: Any) -> None:
            self.pushed[key] = self.pushed.get(key, 0) + 1
            self.inside |= get_opaque_trace_state() != self.level

        return update


def attach(mantissa: Any, unit: Any) -> Any:
    """Give an array its unit."""
    return u.maybe_decimal(u.Quantity(mantissa, unit=unit))


def require_elementwise(
    jaxpr: Any, region_shape: tuple[int, ...], *, fixed: Iterable[Any], several: Iterable[Any] = ()
) -> None:
    """Raise Unrecognised at the first equation that mixes regions.

    Parameters
    ----------
    jaxpr : Jaxpr
    region_shape : tuple of int
    fixed : iterable of Var
        Its inputs that are the same at every step, beside its constants.
    several : iterable of Var
        Its inputs that may hold several values per region.
    """
    rows = [v for v in several if rows_of(v.aval.shape, region_shape)]
    reason = Elementwise(region_shape, [*jaxpr.constvars, *fixed], rows).first_reason(jaxpr)
    if reason is not None:
        raise Unrecognised(f'the update is not elementwise: {reason}')
