"""From durations and strides, with their units, to numbers of steps."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import brainstate
import brainunit as u

from .core.errors import bad_value
from .core.memory import gradient_memory_limit
from .core.window import gradient_window_steps
from .observation.base import Observer
from .observing import samples_per_period, steps_between_samples, steps_between_updates
from .ops.simulate.args import Plan

__all__ = ['resolve_dt', 'resolve_plan']


def resolve_dt(dt: Any) -> Any:
    """Return the time step: the given one, or the environment's.

    Raises
    ------
    ValueError
        If neither is set, or the step is not a number above zero.
    """
    if dt is None:
        dt = brainstate.environ.get('dt', None)
    if dt is None:
        raise bad_value(
            'dt',
            given='no time step',
            expected='a time step, e.g. 0.1 * brainunit.ms',
            remedy='Pass Simulator(model, dt=...) or call brainstate.environ.set(dt=...) first.',
        )
    if not float(u.get_mantissa(dt)) > 0:
        raise bad_value('dt', given=str(dt), expected='a time step above zero')
    return dt


def resolve_plan(
    duration: Any, dt: Any, transient: Any, sample_every: Any, observers: Sequence[Observer] = ()
) -> Plan:
    """Return which steps are run and sampled.

    Parameters
    ----------
    duration, dt : Quantity or float
        Simulated time and time step, in units of one kind.
    transient : None, Quantity or int
        Lead-in, as a time or a number of steps.
    sample_every : None or int
        Stride of the samples.
    observers : sequence of Observer
        Among what is recorded: the first sample then stands at the end of the first period, not at its
        beginning.

    Raises
    ------
    ValueError
        If nothing would be run or recorded.
    """
    n_steps = _steps(duration, dt)
    if sample_every is not None and (u.get_unit(sample_every) != u.UNITLESS or sample_every % 1):
        raise bad_value('sample_every', given=sample_every, expected='a number of steps')
    sample_every = steps_between_samples(observers, dt, sample_every)
    every = 1 if sample_every is None else int(sample_every)
    if every < 1:
        raise bad_value('sample_every', given=sample_every, expected='an integer >= 1')
    if transient is None:
        first = 0
    elif isinstance(transient, u.Quantity):
        if u.get_dim(transient / dt) != u.DIMENSIONLESS:
            raise bad_value(
                'transient',
                given=str(transient),
                expected=f'a time, as dt ({dt}), or a number of steps',
            )
        first = round(float(u.get_magnitude(transient / dt)))
    else:
        first = int(transient)
    if first < 0:
        raise bad_value(
            'transient', given=str(transient), expected='a time or number of steps >= 0'
        )
    per_period = samples_per_period(observers)
    if observers:
        whole = math.lcm(
            steps_between_updates(observers, dt),
            *(every * per_period // o.decimation for o in observers if o.whole_periods),
        )
        if first % whole:
            raise bad_value(
                'transient',
                given=f'{transient} ({first} steps)',
                expected=f'a multiple of {whole} steps, as the observers count',
            )
    period = every * per_period if observers else 1
    if first + period > n_steps:
        raise bad_value(
            'transient',
            given=f'{transient} ({first} steps)',
            expected=f'less than the run of {n_steps} steps'
            + (f', by a period of {period}' if observers else ''),
            remedy='Nothing would be recorded: run longer or discard less.',
        )
    return Plan(
        n_steps,
        first + every - 1 if observers else first,
        every,
        memory=gradient_memory_limit(),
        window=gradient_window_steps(dt),
    )


def _steps(duration: Any, dt: Any) -> int:
    ratio = duration / dt
    if u.get_dim(ratio) != u.DIMENSIONLESS:
        raise bad_value(
            'duration',
            given=f'{duration} with dt {dt}',
            expected='two times',
            remedy='Give both a unit of time, or neither.',
        )
    exact = float(u.get_magnitude(ratio))
    if not math.isfinite(exact):
        raise bad_value('duration', given=str(duration), expected='a finite time')
    n_steps = round(exact)
    if abs(exact - n_steps) >= 1e-6:
        n_steps = math.floor(exact)
        warnings.warn(
            f'duration {duration} is not an integer multiple of {dt}; running {n_steps} steps.',
            stacklevel=4,
        )
    if n_steps < 1:
        raise bad_value('duration', given=str(duration), expected=f'at least one step of {dt}')
    return n_steps
