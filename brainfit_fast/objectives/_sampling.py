"""Times, frequencies and sampling intervals as settings: checked once, kept as plain numbers."""

from __future__ import annotations

import math
from typing import Any

import brainunit as u
import numpy as np

from brainfit_fast.core.errors import bad_type, bad_value

from ._checks import SAMPLES, is_concrete, whole_number

__all__ = ['hertz', 'in_samples', 'interval']


def interval(TR: Any, who: str, name: str = 'TR') -> float:
    """Return a sampling interval in seconds."""
    if TR is None or u.get_unit(TR).is_unitless:
        raise bad_type(
            who,
            given=f'{name}={TR}',
            expected=f'{name} as a time, the interval between two samples',
            remedy=f'Pass for example {name}=0.72 * u.second.',
        )
    seconds = _in_unit(TR, u.second, who, name, 'a time')
    if not (seconds > 0.0 and math.isfinite(seconds)):
        raise bad_value(
            who,
            given=f'{name}={TR}',
            expected='a positive time',
            remedy='Give the sampling interval.',
        )
    return seconds


def in_samples(value: Any, TR: Any, who: str, name: str, *, least: int, even: bool = False) -> int:
    """Return a duration in samples: a whole number, or a time rounded to the nearest one.

    With ``even`` a time is rounded to the nearest even number, and another number is refused.
    """
    if u.get_unit(value).is_unitless:
        count = whole_number(u.get_magnitude(value), who, name, least, SAMPLES)
    else:
        if TR is None or u.get_unit(TR).is_unitless:
            raise bad_type(
                who,
                given=f'{name}={value} with TR={TR}',
                expected='TR as a time, since a duration in samples depends on it',
                remedy=f'Pass for example TR=0.72 * u.second, or give {name} in samples.',
            )
        step = interval(TR, who) * (2 if even else 1)
        count = round(_in_unit(value, u.second, who, name, 'a time') / step) * (2 if even else 1)
        whole_number(count, who, name, least, SAMPLES)
    if even and count % 2:
        raise bad_value(
            who,
            given=f'{name}={value}',
            expected='an even number of samples, half of them on each side of the centre',
            remedy=f'Use {name}={count - 1} or {count + 1}.',
        )
    return count


def hertz(frequency: Any, who: str, name: str) -> float:
    """Return a frequency in Hz."""
    if u.get_unit(frequency).is_unitless:
        raise bad_type(
            who,
            given=f'{name}={frequency}',
            expected='a frequency with its unit',
            remedy=f'Pass for example {name}=0.08 * u.Hz.',
        )
    return _in_unit(frequency, u.Hz, who, name, 'a frequency')


def _in_unit(quantity: Any, unit: Any, who: str, name: str, what: str) -> float:
    """Return a concrete scalar quantity as a number."""
    if not u.get_unit(quantity).has_same_dim(unit):
        raise bad_type(
            who,
            given=f'{name}={quantity}',
            expected=what,
            remedy=f'Use a unit such as u.{unit}.' if unit is u.Hz else 'Use u.second or u.ms.',
        )
    if not is_concrete(quantity) or np.ndim(u.get_magnitude(quantity)):
        raise bad_type(
            who,
            given=f'{name}={quantity}',
            expected=f'one concrete number, {what}',
            remedy='Build the objective or the target outside of jit.',
        )
    number = float(np.asarray(quantity.in_unit(unit).mantissa))
    if not math.isfinite(number):
        raise bad_value(who, given=f'{name}={quantity}', expected=f'{what}, finite')
    return number
