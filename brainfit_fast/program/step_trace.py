"""Trace one ``update`` of a model with its couplings replaced by their sums."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import brainstate
import brainunit as u
import jax
import jax.numpy as jnp
from brainstate import DelayState
from brainstate.nn import Param

from .primitives import why_not_elementwise
from .recognise import Site, Unrecognised
from .tracing import Trace, swapped_parameters, swapped_updates, trace

__all__ = ['attach', 'clock_context', 'clock_examples', 'require_elementwise', 'trace_step']


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
) -> Trace:
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
    Trace
        Inputs: values, sums, in-degrees, ``dt``, ``i``, ``t``, inputs, states.

    Raises
    ------
    Unrecognised
        If the update cannot be traced, or handles a history in a way of its own.
    """
    placeholders = _Placeholders(sites)

    def step(values: Any, sums: Any, degrees: Any, dt: Any, i: Any, t: Any, inputs: Any) -> Any:
        placeholders.start(sums, degrees)
        with (
            clock(dt, i, t),
            swapped_parameters(list(params.values()), values),
            swapped_updates(placeholders.updates),
        ):
            try:
                return model.update(*inputs)
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
    placeholders.finish()
    for state in traced.states:
        if isinstance(state, DelayState):
            raise Unrecognised(
                f'{type(model).__name__}.update reads a delayed state outside a known coupling'
            )
    return traced


class _Placeholders:
    """Stand-ins for the couplings and histories while the step is traced."""

    def __init__(self, sites: tuple[Site, ...]):
        self.sites = sites
        self.histories = {id(site.history): site.history for site in sites}
        self.pushed: dict[int, int] = {}
        self.sums: Any = ()
        self.degrees: Any = ()
        self.updates: dict[Any, Callable[..., Any]] = {
            site.module: self._coupling(index, site) for index, site in enumerate(sites)
        }
        for key, history in self.histories.items():
            self.updates[history] = self._history(key)

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

    def forget(self) -> None:
        """Let go of the tracers."""
        self.sums = self.degrees = ()

    def finish(self) -> None:
        for key in self.histories:
            count = self.pushed.get(key, 0)
            if count != 1:
                raise Unrecognised(
                    f'the history of a coupled state is written {count} times in a step, not once'
                )

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

    def _history(self, key: int) -> Callable[..., Any]:
        def update(*args: Any, **kwargs: Any) -> None:
            self.pushed[key] = self.pushed.get(key, 0) + 1

        return update


def attach(mantissa: Any, unit: Any) -> Any:
    """Give an array its unit."""
    return u.maybe_decimal(u.Quantity(mantissa, unit=unit))


def require_elementwise(jaxpr: Any, region_shape: tuple[int, ...]) -> None:
    """Raise Unrecognised at the first equation that mixes regions."""
    for eqn in jaxpr.eqns:
        reason = why_not_elementwise(eqn, region_shape)
        if reason is not None:
            raise Unrecognised(f'the update is not elementwise: {reason}')
