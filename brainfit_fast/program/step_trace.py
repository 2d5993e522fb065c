"""Trace one ``update`` of a model with its couplings replaced by their sums, its histories by stand-ins."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import brainstate
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
from brainstate import DelayState
from brainstate.nn import Delay, Param, StateWithDelay
from jax.extend.core import get_opaque_trace_state

from .local_reads import LocalRead, held
from .primitives import mixing_reason
from .recognise import Read, Site, Unrecognised, histories, read_of
from .separate import delayed_read
from .tracing import Trace, swapped_attributes, swapped_parameters, trace

__all__ = [
    'StepTrace',
    'attach',
    'clock_context',
    'clock_examples',
    'require_elementwise',
    'trace_step',
]


@dataclass(frozen=True)
class StepTrace:
    """A traced update.

    Attributes
    ----------
    trace : Trace
        Inputs: parameter values, sums, in-degrees, ``dt``, ``i``, ``t``, inputs, states.
    reads : tuple of Read
        Delayed reads outside of the couplings, by the index of their stand-in.
    followed : tuple of (Delay, State)
        Each history that the step writes, and the state that it follows.
    fixed : dict of str to State
        Local reads by path whose history is not written. They are no sums: what they read never changes,
        and is a state.
    """

    trace: Trace
    reads: tuple[Read, ...]
    followed: tuple[tuple[Delay, brainstate.State], ...]
    fixed: dict[str, brainstate.State]


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
    local: tuple[LocalRead, ...],
    params: dict[str, Param],
    values: list[Any],
    inputs: Any,
    dt: Any,
) -> StepTrace:
    """Trace ``model.update(*inputs)``.

    Parameters
    ----------
    model : brainstate.nn.Module
        A node or a network, with its states initialised.
    sites : tuple of Site
        Its couplings.
    local : tuple of LocalRead
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
    StepTrace

    Raises
    ------
    Unrecognised
        If the update cannot be traced, or handles a history in a way of its own.
    """
    placeholders = _Placeholders(model, sites, local)
    traced = _traced(model, placeholders, params, values, inputs, dt)
    unwritten = placeholders.unwritten()
    fixed = {read.path: held(read) for read in unwritten}
    if fixed:
        local = tuple(read for read in local if read.path not in fixed)
        pasts = {read.read: fixed[read.path] for read in unwritten}
        placeholders = _Placeholders(model, sites, local, pasts)
        traced = _traced(model, placeholders, params, values, inputs, dt)
    for state in traced.states:
        if isinstance(state, DelayState):
            raise Unrecognised(
                f'{type(model).__name__}.update reads a delayed state outside a known coupling'
            )
    n_pushed = len(placeholders.written)
    outvars = traced.jaxpr.outvars
    n_out = traced.n_out - n_pushed
    followed = [
        (history, _followed(history, outvars[n_out + k], traced))
        for k, history in enumerate(placeholders.written)
    ]
    kept = [*outvars[:n_out], *outvars[traced.n_out :]]
    traced = dataclasses.replace(
        traced,
        jaxpr=traced.jaxpr.replace(outvars=kept),
        out_tree=traced.out_tree.children()[0],
        n_out=n_out,
    )
    return StepTrace(traced, tuple(placeholders.reads), tuple(followed), fixed)


def _traced(
    model: Any, placeholders: _Placeholders, params: Any, values: Any, inputs: Any, dt: Any
) -> Trace:
    def traced_with(clock: Any) -> Trace:
        def step(values: Any, sums: Any, degrees: Any, dt: Any, i: Any, t: Any, inputs: Any) -> Any:
            placeholders.start(sums, degrees)
            with (
                clock(dt, i, t),
                swapped_parameters(list(params.values()), values),
                swapped_attributes(placeholders.methods),
            ):
                try:
                    return model.update(*inputs), placeholders.pushes()
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


def _followed(history: Delay, pushed: Any, traced: Trace) -> brainstate.State:
    """The state whose value at the end of the update is what is written to its history."""
    position = traced.n_out
    for state in traced.states:
        count = len(jax.tree.leaves(state.value))
        own = not isinstance(history, StateWithDelay) or history.state is state
        if own and count == 1 and traced.jaxpr.outvars[position] is pushed:
            return state
        position += count
    raise Unrecognised('a history is written with what is no state at the end of the update')


class _Placeholders:
    """Stand-ins for the couplings and histories while the step is traced."""

    def __init__(
        self,
        model: Any,
        sites: tuple[Site, ...],
        local: tuple[LocalRead, ...],
        fixed: Mapping[Any, brainstate.State] | None = None,
    ):
        self.model, self.sites, self.local = model, sites, local
        self.histories = {id(site.history): site.history for site in sites}
        self.coupled = set(self.histories)
        self.histories.update({id(history): history for history in histories(model)})
        # looked at here: while the step is traced, this would count as a read
        self.past = {key: history.history.value for key, history in self.histories.items()}
        self.pushed: dict[int, list[Any]] = {}
        self.reads: list[Read] = []
        self.written: list[Delay] = []
        self.level: Any = None
        self.sums: Any = ()
        self.degrees: Any = ()
        self.methods: dict[tuple[Any, str], Callable[..., Any]] = {
            (site.module, 'update'): self._coupling(index, site) for index, site in enumerate(sites)
        }
        for key, history in self.histories.items():
            self.methods[history, 'update'] = self._push(key, history)
            self.methods[history, 'retrieve_at_step'] = self._retrieve(key, history)
        pasts = {read.read: self._past(len(sites) + k, read) for k, read in enumerate(local)}
        pasts.update(
            {node: lambda *args, own=own: own.value for node, own in (fixed or {}).items()}
        )
        for node, past in pasts.items():
            stand_in: Any = SimpleNamespace(retrieve_at_step=past)
            self.methods[node, 'state_delay'] = stand_in

    def examples(self) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        sums, degrees = [], []
        for site in self.sites:
            source = u.get_mantissa(site.source.value)
            sums.append(jnp.zeros(source.shape, source.dtype))
            dtype = jax.dtypes.canonicalize_dtype(u.get_mantissa(site.conn).dtype)
            degrees.append(jnp.zeros(site.delay_steps.shape[-1], dtype))
        for read in self.local:
            source = u.get_mantissa(read.source.value)
            sums.append(jnp.zeros(source.shape, source.dtype))
        return tuple(sums), tuple(degrees)

    def start(self, sums: Any, degrees: Any) -> None:
        self.sums, self.degrees, self.pushed = sums, degrees, {}
        self.reads, self.level = [], get_opaque_trace_state()

    def forget(self) -> None:
        """Let go of the tracers."""
        self.sums = self.degrees = ()
        self.pushed = {}

    def pushes(self) -> list[Any]:
        """What is written to each history that counts, the one array that it holds."""
        known = self.coupled | {id(read.history) for read in self.reads}
        self.written, values = [], []
        for key, history in self.histories.items():
            pushed = self.pushed.get(key, [])
            if key not in known and not pushed:
                continue
            if len(pushed) != 1:
                raise Unrecognised(
                    f'the history of a coupled state is written {len(pushed)} times in a step, not once'
                )
            leaves = jax.tree.leaves(pushed[0])
            if len(leaves) != 1:
                raise Unrecognised('a history holds more than one array')
            units = [u.get_unit(value) for value in (pushed[0], self.past[key])]
            if units[0] != units[1]:
                raise Unrecognised(f'a history in {units[1]} is written with a value in {units[0]}')
            self.written.append(history)
            values += leaves
        return values

    def unwritten(self) -> tuple[LocalRead, ...]:
        """Reads of a node whose ``update`` is the whole step: brainstate writes where a node is called."""
        return tuple(read for read in self.local if read.history not in self.written)

    def _coupling(self, index: int, site: Site) -> Callable[..., Any]:
        form, module = site.form, site.module

        def update(*args: Any, **kwargs: Any) -> Any:
            self._require_ahead(site.history, f'coupling {site.path!r}')
            values = {name: getattr(module, name).value() for name in form.parameters}
            if form.offset is not None and site.no_offset:
                values[form.offset] = 0.0
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

    def _push(self, key: int, history: Delay) -> Callable[..., Any]:
        def update(*args: Any) -> None:
            if get_opaque_trace_state() != self.level:
                raise Unrecognised(
                    'the history of a state is written inside of a loop or of another traced function'
                )
            value = history.state.value if isinstance(history, StateWithDelay) else args[0]
            self.pushed.setdefault(key, []).append(value)

        return update

    def _retrieve(self, key: int, history: Delay) -> Callable[..., Any]:
        def retrieve(steps: Any, *indices: Any) -> Any:
            if self.pushed.get(key):
                raise Unrecognised('a delayed state is read after it was advanced')
            past = self.past[key]
            (rows,) = jax.tree.leaves(past)
            read = read_of(history, rows, steps, *indices)
            found = [k for k, other in enumerate(self.reads) if read.same(other)]
            if not found:
                self.reads.append(read)
            mantissa = delayed_read.bind(
                index=found[0] if found else len(self.reads) - 1,
                column=read.column,
                shape=np.shape(indices[0]),
                dtype=rows.dtype,
            )
            return attach(mantissa, u.get_unit(past))

        return retrieve


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
    reason = mixing_reason(jaxpr, region_shape, fixed, several)
    if reason is not None:
        raise Unrecognised(f'the update is not elementwise: {reason}')
