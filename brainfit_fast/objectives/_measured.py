"""What the objectives share that measure something in a series and compare it with data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import jax

from brainfit_fast.core.errors import bad_type, bad_value

from ._checks import (
    Series,
    check_prediction,
    check_region_count,
    check_series_target,
    magnitude,
    once,
    shape_of,
)
from .base import Objective
from .steps import Bandpass
from .targets import MatrixTarget, Target

__all__ = ['Measured', 'MeasuredMatrix', 'check_filter']


def brainfit_fast_measure(series: jax.Array, *, of: Measured) -> jax.Array:
    """What an objective measures, without a target."""
    return of.measure(series)


_measure = jax.jit(brainfit_fast_measure, static_argnames='of')


@dataclass(frozen=True)
class Measured(Objective):
    """An objective that returns what it measures where it is called without a target."""

    builder: ClassVar[str]
    accepts: ClassVar[str] = ''  # the form of a target that is no series
    fewest_regions: ClassVar[int] = 1
    _body: ClassVar[Callable[..., jax.Array]]

    def measure(self, series: jax.Array) -> jax.Array:
        """Measure magnitudes (time, regions)."""
        raise NotImplementedError

    def check(self, n_time: int) -> None:
        """Refuse a series that is too short."""

    def __call__(self, prediction: Series, target: Any = None) -> Any:
        """Evaluate on magnitudes; without a target return the measure."""
        check_prediction(prediction, self.builder)
        shape = shape_of(prediction)
        self._check_shape(shape, 'prediction')
        if target is None:
            return self._with_unit(_measure(magnitude(prediction), of=self))
        data = self._compared(self._reduce(target, shape[1]))
        return self._score(type(self)._body(magnitude(prediction), data, of=self))

    def prepare(self, target: Any) -> Any:
        """Check a target and reduce it to what is measured."""
        if target is None:
            raise bad_type(
                self.builder,
                given='the target None',
                expected=f'a time series (time, regions) or {self.accepts}',
                remedy='Only a call without a target returns the measure.',
            )
        return self._reduce(target, None)

    def _score(self, value: jax.Array) -> jax.Array:
        """Return the objective's value; one minus a correlation for a loss."""
        return 1.0 - value if getattr(self, 'as_loss', False) else value

    def _with_unit(self, value: jax.Array) -> Any:
        """Return a measure as the user sees it."""
        return value

    def _wrap(self, values: jax.Array) -> Any:
        """Return the measure of a target series as a target."""
        return values

    def _compared(self, target: Any) -> jax.Array:
        """Return the array of a reduced target."""
        return once(magnitude, target)

    def _reduce(self, target: Any, n_regions: int | None) -> Any:
        """Return a target as measured values; a series is measured once where it is concrete."""
        if isinstance(target, Target):
            raise bad_type(
                self.builder,
                given=f'the target {target!r}',
                expected=f'a time series (time, regions) or {self.accepts}',
                remedy='Every kind of data belongs to the objectives that compare it.',
            )
        check_series_target(target, self.builder, n_regions, self.accepts)
        self._check_shape(shape_of(target), 'target')
        return self._wrap(once(lambda x: _measure(magnitude(x), of=self), target))

    def _check_shape(self, shape: tuple[int, ...], what: str) -> None:
        if shape[1] < self.fewest_regions:
            raise bad_value(
                self.builder,
                given=f'a {what} of shape {shape}, that is {shape[1]} region',
                expected='two regions at least',
                remedy='The measure needs pairs of regions.',
            )
        if shape[0] < 2:
            raise bad_value(
                self.builder,
                given=f'a {what} of shape {shape}, that is {shape[0]} samples',
                expected='two samples at least',
                remedy='Simulate or record longer.',
            )
        self.check(shape[0])


@dataclass(frozen=True)
class MeasuredMatrix(Measured):
    """A measure between every two regions."""

    kind: ClassVar[str]
    fewest_regions: ClassVar[int] = 2

    def _wrap(self, values: jax.Array) -> MatrixTarget:
        return MatrixTarget(values, self.kind)

    def _compared(self, target: MatrixTarget) -> jax.Array:
        return once(magnitude, target.matrix)

    def _reduce(self, target: Any, n_regions: int | None) -> Any:
        if isinstance(target, MatrixTarget) and target.kind == self.kind:
            shape = shape_of(target.matrix)
            check_region_count(shape[-1], n_regions, self.builder, f'{target!r}')
            return target
        return super()._reduce(target, n_regions)


def check_filter(step: Any, who: str, name: str) -> None:
    """Require a filter or none."""
    if step is not None and not isinstance(step, Bandpass):
        raise bad_type(
            who,
            given=f'{name}={step!r}',
            expected='a filter, objectives.bandpass(low, high, TR=...), or None',
            remedy='Put other preprocessing into objectives.preprocessed(objective, ...).',
        )
