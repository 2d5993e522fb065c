"""Trace one ``update`` of a model with its couplings replaced by their sums, its histories by stand-ins."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import brainstate
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
from brainstate import DelayState
from brainstate.nn import Delay, Param, StateWithDelay

from .primitives import why_not_elementwise
from .recognise import Read, Site, Unrecognised, histories, read_of
from .separate import delayed_read
from .tracing import Trace, swapped_methods, swapped_parameters, trace

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
    """

    trace: Trace
    reads: tuple[Read, ...]
    followed: tuple[tuple[Delay, brainstate.State], ...]


def clock_context(dt: Any) -> Callable[[Any, Any, Any], Any]:
    """Return ``context(dt, i, t)`` that puts flat clock values, with their unit, into the environment."""
    unit = u.get_unit(dt)

    def with_unit(value: Any) -> Any:
        return u.Quantity(value, unit=unit) if isinstance(dt, u.Quantity) else value

    def context(dt_: Any, i: Any, t: Any) -> Any:
        return brainstate.environ.context(dt=with_unit(dt_), i=i, t=with_unit(t))

    return context


def clock_examples() -> tuple[Any, Any, Any]:
    """Example values of ``dt``, ``i`` and ``t``."""
    dtype = brainstate.environ.dftype()
    i = jnp.zeros((), jnp.int32)
    return jnp.zeros((), dtype), i, jnp.zeros((), dtype)


def trace_step(
    model: Any,
    sites: tuple[Site, ...],
    params: dict[str, Param],
    values: list[Any],
    inputs: Any,
    clock: Any,
) -> StepTrace:
    """Trace ``model.update(*inputs)``.

    Parameters
    ----------
    model : brainstate.nn.Module
        A node or a network, with its states initialised.
    sites : tuple of Site
        Its couplings.
    params, values : dict and list
        Parameters, and the values that stand for them.
    inputs : tuple
        Example inputs of one step.
    clock : callable
        From :func:`clock_context`.

    Returns
    -------
    StepTrace

    Raises
    ------
    Unrecognised
        If the update cannot be traced, or handles a history in a way of its own.
    """
    placeholders = _Placeholders(model, sites)

    def step(values: Any, sums: Any, degrees: Any, dt: Any, i: Any, t: Any, inputs: Any) -> Any:
        placeholders.start(sums, degrees)
        with (
            clock(dt, i, t),
            swapped_parameters(list(params.values()), values),
            swapped_methods(placeholders.methods),
        ):
            try:
                return model.update(*inputs), placeholders.pushes()
            finally:
                placeholders.forget()

    sums, degrees = placeholders.examples()
    try:
        traced = trace(step, values, sums, degrees, *clock_examples(), inputs)
    except Unrecognised:
        raise
    except Exception as error:
        if not isinstance(error, jax.errors.JAXTypeError):
            raise
        raise Unrecognised(
            f'{type(model).__name__}.update cannot be traced ({type(error).__name__}: '
            f'{str(error).splitlines()[0]})'
        ) from error
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
    return StepTrace(traced, tuple(placeholders.reads), tuple(followed))


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

    def __init__(self, model: Any, sites: tuple[Site, ...]):
        self.model, self.sites = model, sites
        self.histories = {id(site.history): site.history for site in sites}
        self.coupled = set(self.histories)
        self.histories.update({id(history): history for history in histories(model)})
        # looked at here: while the step is traced, this would count as a read
        self.past = {key: history.history.value for key, history in self.histories.items()}
        self.pushed: dict[int, list[Any]] = {}
        self.reads: list[Read] = []
        self.written: list[Delay] = []
        self.sums: Any = ()
        self.degrees: Any = ()
        self.methods: dict[tuple[Any, str], Callable[..., Any]] = {
            (site.module, 'update'): self._coupling(index, site) for index, site in enumerate(sites)
        }
        for key, history in self.histories.items():
            self.methods[history, 'update'] = self._push(key, history)
            self.methods[history, 'retrieve_at_step'] = self._retrieve(key, history)

    def examples(self) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        sums, degrees = [], []
        for site in self.sites:
            source = u.get_mantissa(site.source.value)
            sums.append(jnp.zeros(source.shape, source.dtype))
            dtype = jax.dtypes.canonicalize_dtype(u.get_mantissa(site.conn).dtype)
            degrees.append(jnp.zeros(site.delay_steps.shape[-1], dtype))
        return tuple(sums), tuple(degrees)

    def start(self, sums: Any, degrees: Any) -> None:
        self.sums, self.degrees, self.pushed = sums, degrees, {}
        self.reads = []

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

    def _coupling(self, index: int, site: Site) -> Callable[..., Any]:
        form, module = site.form, site.module

        def update(*args: Any, **kwargs: Any) -> Any:
            if self.pushed.get(id(site.history)):
                raise Unrecognised(f'coupling {site.path!r} is read after its source was advanced')
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

    def _push(self, key: int, history: Delay) -> Callable[..., Any]:
        def update(*args: Any) -> None:
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


def require_elementwise(jaxpr: Any, region_shape: tuple[int, ...]) -> None:
    """Raise Unrecognised at the first equation that mixes regions."""
    for eqn in jaxpr.eqns:
        reason = why_not_elementwise(eqn, region_shape)
        if reason is not None:
            raise Unrecognised(f'the update is not elementwise: {reason}')
