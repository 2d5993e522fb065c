"""Averages over windows of time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import brainstate
import brainunit as u
import jax.numpy as jnp

from ..core.errors import bad_value
from .base import Observer

__all__ = ['TemporalAverage', 'steps_per']


def steps_per(period: Any, dt: Any) -> int:
    """Return ``round(period / dt)``.

    Raises
    ------
    ValueError
        If that is below one, or one of the two is no time.
    """
    ratio = period / dt
    if u.get_dim(ratio) != u.DIMENSIONLESS:
        raise bad_value(
            'period',
            given=f'{period} with dt {dt}',
            expected='two times',
            remedy='Give both a unit of time, or neither.',
        )
    steps = round(float(u.get_magnitude(ratio)))
    if steps < 1:
        raise bad_value('period', given=f'{period} with dt {dt}', expected='at least one step')
    return steps


class TemporalAverage(Observer):
    r"""Mean over windows that follow one another.

    .. math::

        \bar y_k = \frac1w \sum_{j=0}^{w-1} y_{kw+j}, \qquad w = \mathrm{round}(\mathrm{period} / dt)

    As a monitor of a run it is accumulated in the time loop; called on a trajectory, it averages that.

    Parameters
    ----------
    period : Quantity
        Length of a window, and the time between two samples.
    source : str or callable
        See :class:`Observer`; not needed to average a trajectory.
    step : Quantity, optional
        Time between two values that are averaged; default every step of the model.

    Examples
    --------
    >>> import brainunit as u
    >>> import jax.numpy as jnp
    >>> from brainfit_fast.observation import TemporalAverage
    >>> TemporalAverage(2.0 * u.ms)(jnp.arange(6.0), dt=1.0 * u.ms).tolist()
    [0.5, 2.5, 4.5]
    """

    whole_periods = True

    def __init__(
        self,
        period: Any = 4.0 * u.ms,
        source: str | Callable[[Any], Any] = '',
        *,
        step: Any = None,
    ):
        super().__init__(source, period=period, step=step)
        self.window = 1

    def __call__(self, signal: Any, dt: Any) -> Any:
        """Average a trajectory.

        Parameters
        ----------
        signal : array or Quantity
            ``(time, ...)``; samples after the last whole window are left out.
        dt : Quantity
            Time between its samples.

        Returns
        -------
        array or Quantity
            ``(time // w, ...)``, in the unit of ``signal``.
        """
        window = steps_per(self.period, dt)
        mantissa, unit = u.get_mantissa(signal), u.get_unit(signal)
        n = len(mantissa) // window
        mean = mantissa[: n * window].reshape(n, window, *mantissa.shape[1:]).mean(axis=1)
        return u.maybe_decimal(u.Quantity(mean, unit=unit))

    def start(self, z: Any) -> None:
        """Begin a window."""
        self._measure_window()
        self.total = brainstate.HiddenState(u.math.zeros_like(z))
        self.count = brainstate.HiddenState(jnp.zeros_like(u.get_mantissa(z)))

    def go_on(self) -> None:
        """Begin a window: a run records those that begin with it."""
        self._measure_window()
        self.total.value = u.math.zeros_like(self.total.value)
        self.count.value = jnp.zeros_like(self.count.value)

    def _measure_window(self) -> None:
        dt = brainstate.environ.get('dt') if self.step is None else self.step
        self.window = steps_per(self.period, dt)

    def update(self, z: Any) -> None:
        """Add to the window, or begin the next."""
        full = self.count.value >= self.window
        self.total.value = u.math.where(full, z, self.total.value + z)
        self.count.value = jnp.where(full, 1.0, self.count.value + 1.0)

    def read(self) -> Any:
        """Return the mean of the window so far."""
        return self.total.value / self.count.value
