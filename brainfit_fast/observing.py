"""Observers among the monitors of a run: when they are updated and sampled, where they begin and end."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import brainunit as u
import jax

from .core.errors import bad_type, bad_value
from .monitors import read_of
from .observation.base import Observer
from .program.track import Tracking

__all__ = [
    'finished',
    'observers_in',
    'samples_per_period',
    'start_observers',
    'steps_between_samples',
    'steps_between_updates',
    'tracking_of',
]


def observers_in(monitors: Any) -> tuple[Observer, ...]:
    """Return the observers among the monitors of a run, each once.

    Raises
    ------
    TypeError
        If one has no name, in a list.
    """
    if isinstance(monitors, (list, tuple)) and any(isinstance(m, Observer) for m in monitors):
        raise bad_type(
            'monitors',
            given=monitors,
            expected='an Observer, or a dict of several by name',
        )
    found = (m for m in _by_name(monitors).values() if isinstance(m, Observer))
    return tuple({id(observer): observer for observer in found}.values())


def _by_name(monitors: Any) -> dict[str, Any]:
    return monitors if isinstance(monitors, dict) else {'output': monitors}


def steps_between_updates(observers: Sequence[Observer], dt: Any) -> int:
    """How often the observers of one run are updated, in steps of the model.

    Raises
    ------
    ValueError
        If a step is no multiple of ``dt``, or the observers differ.
    """
    steps = {
        1 if observer.step is None else _multiple('step', observer.step, dt)
        for observer in observers
    }
    if len(steps) > 1:
        raise bad_value(
            'monitors',
            given=f'observers that are updated every {" and ".join(map(str, sorted(steps)))} steps',
            expected='one step for all observers of a run',
            remedy='Give them the same step=.',
        )
    return steps.pop() if steps else 1


def steps_between_samples(
    observers: Sequence[Observer], dt: Any, sample_every: int | None
) -> int | None:
    """Return the stride of the samples in the time loop, by the periods of the observers or as given.

    Each period has :func:`samples_per_period` of them.

    Raises
    ------
    ValueError
        If a period is no multiple of ``dt``, of its samples or of a step, or two say different things.
    """
    periods = {
        _multiple('period', observer.period, dt)
        for observer in observers
        if observer.period is not None
    }
    if sample_every is not None:
        periods.add(int(sample_every))
    if len(periods) > 1:
        raise bad_value(
            'monitors',
            given=f'samples every {" and ".join(map(str, sorted(periods)))} steps',
            expected='one period for all that a run records',
            remedy='Give the observers the same period=, and leave sample_every to them.',
        )
    every = periods.pop() if periods else None
    for observer in observers:
        if (every or 1) % observer.decimation:
            raise bad_value(
                'period',
                given=f'{observer.period} in {observer.decimation} windows, with dt {dt}',
                expected='windows of whole steps',
            )
    if every is not None:
        every //= samples_per_period(observers)
    updates = steps_between_updates(observers, dt)
    if (every or 1) % updates:
        raise bad_value(
            'period',
            given=f'{every or 1} steps between two samples, {updates} between two updates of an observer',
            expected='a multiple',
        )
    return every


def samples_per_period(observers: Sequence[Observer]) -> int:
    """How many samples of the time loop stand in one period of what is recorded."""
    return math.lcm(*(observer.decimation for observer in observers))


def finished(recorded: Any, monitors: Any, observers: Sequence[Observer]) -> Any:
    """What a run records of its samples: one for each period, finished by the observers.

    Parameters
    ----------
    recorded : dict
        The samples, by the name of the monitor; time first.
    monitors : Observer, dict or other
        Of the run.
    observers : sequence of Observer
        Among them.
    """
    by_name = _by_name(monitors)
    every = samples_per_period(observers)

    def of(name: str, samples: Any) -> Any:
        observer = by_name.get(name)
        if isinstance(observer, Observer):
            return observer.finish(at_every(every // observer.decimation, samples))
        return at_every(every, samples)

    def at_every(stride: int, samples: Any) -> Any:
        if stride == 1:
            return samples
        return jax.tree.map(lambda leaf: leaf[stride - 1 :: stride], samples)

    return {name: of(name, samples) for name, samples in recorded.items()}


def _multiple(name: str, time: Any, dt: Any) -> int:
    ratio = time / dt
    if u.get_dim(ratio) != u.DIMENSIONLESS:
        raise bad_value(name, given=f'{time} with dt {dt}', expected='two times')
    exact = float(u.get_magnitude(ratio))
    steps = round(exact)
    if steps < 1 or abs(exact - steps) > 1e-4 * steps:
        raise bad_value(name, given=f'{time}, {exact:.6g} steps of {dt}', expected='whole steps')
    return steps


def start_observers(model: Any, observers: Sequence[Observer], *, anew: bool) -> None:
    """Create the states of the observers; those that have some go on with them unless ``anew``."""
    for observer in observers:
        if anew or not observer.states():
            observer.start(_source(model, observer)())
        else:
            observer.go_on()


def tracking_of(model: Any, observers: Sequence[Observer], dt: Any) -> Tracking | None:
    """What a program needs to know of the observers of a run; None where there are none."""
    if not observers:
        return None
    sources = [_source(model, observer) for observer in observers]

    def update(returned: Any) -> None:
        for observer, source in zip(observers, sources, strict=True):
            observer.update(source())

    return Tracking(update, tuple(observers), steps_between_updates(observers, dt))


def _source(model: Any, observer: Observer) -> Callable[[], Any]:
    return read_of(model, f'source of {type(observer).__name__}', observer.source)
