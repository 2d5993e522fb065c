"""The box that a search walks in: bounds of the trainable parameters, in their units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
from brainstate.nn import Param

from ..candidates import find_parameter
from ..core.errors import bad_value

__all__ = ['Space', 'bounds_of', 'by_path', 'check_names', 'with_unit']


class Space:
    """Bounds of every trainable parameter, constrained.

    Parameters
    ----------
    params : mapping of str to Param
        Trainable parameters by dotted path.
    given : mapping of str to tuple, optional
        ``{name: (low, high)}``; goes before the interval of a parameter's transform.

    Attributes
    ----------
    bounds : dict
        ``{name: (low, high)}``: numbers, or arrays of the parameter's shape, in its unit.
    units : dict
        Unit of each parameter.

    Raises
    ------
    ValueError
        For a name that is no trainable parameter, bounds that are missing, not finite, in the wrong order
        or of another unit, or a model without trainable parameters.
    """

    def __init__(self, params: Mapping[str, Param], given: Mapping[str, Any] | None = None):
        given = dict(given or {})
        check_names(params, given)
        self.params = dict(params)
        self.bounds = {}
        for name, param in params.items():
            pair = bounds_of(name, param, given.get(name))
            if pair is None:
                raise bad_value(
                    'search_space',
                    given=f'no bounds of {name!r}, whose transform {type(param.t).__name__} has no finite '
                    'interval',
                    expected='bounds for every trainable parameter',
                    remedy=f'Pass search_space={{{name!r}: (low, high)}}.',
                )
            self.bounds[name] = pair
        self.units = {name: u.get_unit(param.value()) for name, param in params.items()}

    def with_units(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Numbers by name as values of the parameters."""
        return {name: with_unit(value, self.units[name]) for name, value in values.items()}

    def raw(self, values: Mapping[str, Any]) -> dict[int, Any]:
        """What the parameters store, by the ``id`` of their states, of constrained values ``(C, ...)``."""
        return {
            id(param.val): jax.vmap(param.t.inverse)(values[name])
            for name, param in self.params.items()
        }


def with_unit(value: Any, unit: Any) -> Any:
    """Numbers as values of a unit; of none they stay numbers."""
    return value if unit.is_unitless else u.Quantity(value, unit=unit)


def by_path(
    model: Any, params: Mapping[str, Param], given: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    """What is given by name, by the dotted paths of trainable parameters; unknown names stay as they are."""
    if given is None:
        return None

    def path(name: str) -> str:
        if name in params:
            return name
        try:
            found = find_parameter(model, name)
        except ValueError:
            return name
        return found if found in params else name

    return {path(name): pair for name, pair in given.items()}


def check_names(params: Mapping[str, Any], given: Mapping[str, Any] | None) -> None:
    """Refuse bounds of what is no trainable parameter."""
    for name in given or {}:
        if name not in params:
            raise bad_value(
                'search_space',
                given=f'the unknown parameter {name!r}',
                expected='names of trainable parameters: ' + ', '.join(map(repr, params)),
            )


def bounds_of(name: str, param: Param, given: Any = None) -> tuple[Any, Any] | None:
    """Bounds of one parameter in its unit: those given, else its transform's, else None.

    Raises
    ------
    ValueError
        For bounds that are not finite, in the wrong order, or of another unit or shape.
    """
    value = param.value()
    pair = _interval(param.t) if given is None else given
    if pair is None:
        return None
    try:
        low, high = pair
        unit = u.get_unit(value)
        shape = np.shape(u.get_mantissa(value))
        ends = [np.asarray(u.Quantity(end).to_decimal(unit), float) for end in (low, high)]
        low, high = (np.broadcast_to(end, shape) for end in ends)
    except (TypeError, ValueError, u.UnitMismatchError) as problem:
        raise bad_value(
            f'search_space[{name!r}]',
            given=repr(pair),
            expected=f'(low, high) in the unit and shape of the parameter, {value}',
        ) from problem
    if not (np.isfinite(low).all() and np.isfinite(high).all() and (low < high).all()):
        raise bad_value(
            f'search_space[{name!r}]', given=repr(pair), expected='finite bounds with low < high'
        )

    # a number stays a number: searches tell it from an array of one
    return (float(low), float(high)) if shape == () else (jnp.asarray(low), jnp.asarray(high))


def _interval(transform: Any) -> tuple[Any, Any] | None:
    """The finite interval of a transform, or None."""
    low = getattr(transform, 'lower', None)
    if low is None:
        return None
    if getattr(transform, 'width', None) is not None:
        return low, low + transform.width
    high = getattr(transform, 'upper', None)
    return None if high is None else (low, high)
