"""Parameters of nevergrad's as one vector: the proposals of its ``Dict`` of ``Scalar``, sooner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import nevergrad as ng
import numpy as np

__all__ = ['METHODS', 'Vector', 'fits']

#: Methods that propose the same numbers, to the bit, for a :class:`Vector` as for a ``Dict`` of ``Scalar``.
#: Others mutate or recombine the scalars themselves, or look at what the parametrization is made of.
METHODS = frozenset(
    ('CMA', 'DE', 'DiagonalCMA', 'OnePlusOne', 'OnePointDE', 'PSO', 'TBPSA', 'TwoPointsDE')
)

_value: Any = ng.p.Array.__dict__['value']


def fits(method: str, bounds: Mapping[str, tuple[Any, Any]]) -> bool:
    """Whether a :class:`Vector` may stand for these bounds: numbers, in the order nevergrad sorts them to."""
    numbers = all(isinstance(end, float) for pair in bounds.values() for end in pair)
    return method in METHODS and numbers and list(bounds) == sorted(bounds)


class Vector(ng.p.Array):
    """Named numbers between bounds.

    A ``Dict`` of ``Scalar`` copies a tree of objects for each candidate, and that takes longer than a
    simulation. Here a candidate is one array with the step sizes and bounds of those scalars.

    Parameters
    ----------
    bounds : mapping of str to (float, float)
        By name, sorted.

    Attributes
    ----------
    value : dict of str to float
        As of the ``Dict``.
    """

    names: tuple[str, ...] = ()  # while nevergrad builds it, an array

    def __init__(self, bounds: Mapping[str, tuple[float, float]]):
        low, high = np.array(list(bounds.values()), float).T
        super().__init__(init=(low + high) / 2.0)
        # a scalar stores the logarithm of its step size, and so rounds it
        scalars = [ng.p.Scalar(lower=a, upper=b) for a, b in zip(low, high, strict=True)]
        sigma = np.array([float(scalar.sigma.value) for scalar in scalars])
        self.set_mutation(sigma=ng.p.Constant(sigma))
        self.set_bounds(low, high, full_range_sampling=True)
        self.names = tuple(bounds)

    @property
    def value(self) -> Any:
        """Numbers by name."""
        array = _value.__get__(self)
        return dict(zip(self.names, array.tolist(), strict=True)) if self.names else array

    @value.setter
    def value(self, new: Any) -> None:
        _value.__set__(self, [new[name] for name in self.names] if self.names else new)

    @value.deleter
    def value(self) -> None:
        _value.__delete__(self)
