"""A measurement with states of its own, taken while a model runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import brainstate

__all__ = ['Observer']


class Observer(brainstate.nn.Module):
    """A measurement that is advanced inside the time loop, so that the activity is never stored.

    A subclass creates its states in :meth:`start`, advances them in :meth:`update` and says in :meth:`read`
    what is sampled; :meth:`go_on` may change them before a run that continues another. All are elementwise in
    the regions and hold for any array of them; they are traced like a node model, and run in every
    implementation with its adjoint. :meth:`finish` works on the samples after the run, where regions may be
    mixed and times too.

    Parameters
    ----------
    source : str or callable
        What is measured: a state by name, or ``source(model)``.
    period : Quantity, optional
        Time between two samples (the TR of BOLD); without it the run's ``sample_every`` says it.
    step : Quantity, optional
        Time between two updates; default every step of the model.

    See Also
    --------
    brainfit_fast.Simulator.run : takes observers as monitors.

    Examples
    --------
    See :class:`TemporalAverage`.
    """

    #: Whether a transient must be a whole number of periods.
    whole_periods = False

    #: How many samples of the time loop stand in one period.
    decimation = 1

    def __init__(
        self,
        source: str | Callable[[Any], Any],
        *,
        period: Any = None,
        step: Any = None,
    ):
        super().__init__()
        self.source, self.period, self.step = source, period, step

    def start(self, z: Any) -> None:
        """Create the states before the first step; ``z`` is the source then."""
        raise NotImplementedError

    def go_on(self) -> None:
        """Prepare the states of the run before for one that continues it; by default they stay as they are."""

    def update(self, z: Any) -> None:
        """Advance by ``brainstate.environ.get('dt')``, the time since the last update; ``z`` is the source."""
        raise NotImplementedError

    def read(self) -> Any:
        """Return what is sampled."""
        raise NotImplementedError

    def finish(self, samples: Any) -> Any:
        """Return what a run records of the samples ``(n, ...)``: ``(n // decimation, ...)``, time first.

        Between time and region there may be an axis of candidates or of a batch.
        """
        return samples
