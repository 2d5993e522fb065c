"""Predict: a simulation as a description that the Fitter can see through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..observing import observers_in, samples_per_period
from ..simulator import Simulator
from ..timing import resolve_dt, resolve_plan

__all__ = ['Predict']


@dataclass(frozen=True)
class Predict:
    """Simulate the model and return one trajectory; give it to :class:`Fitter` as ``predict``.

    It does what the usual closure does, and being a description rather than code it lets the Fitter pair
    the simulation with its objective.

    Parameters
    ----------
    duration : Quantity or float
        Simulated time.
    dt : Quantity or float, optional
        Time step; None reads ``brainstate.environ``.
    inputs, monitors, transient, sample_every
        As in :meth:`Simulator.run`. The transient is cut before sampling (the Fitter's own ``transient``
        cuts samples afterwards). ``monitors`` must give one trajectory: None, one name or a callable.

    Raises
    ------
    ValueError
        When called: as :meth:`Simulator.run`.
    TypeError
        If the monitors give more than one trajectory.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> import brainunit as u
    >>> predict = bf.Predict(5.0 * u.ms, dt=0.1 * u.ms, monitors='x', transient=1.0 * u.ms)
    >>> predict(bf.HopfStep(3, a=0.1)).shape
    (40, 3)
    """

    duration: Any
    dt: Any = None
    inputs: Any = None
    monitors: Any = None
    transient: Any = None
    sample_every: int | None = None

    def __post_init__(self) -> None:
        if isinstance(self.monitors, (list, tuple, dict)) and len(self.monitors) != 1:
            raise TypeError(
                f'Predict(monitors=...): given {len(self.monitors)} monitors, expected one trajectory. '
                'Pass one state name or a callable(model).'
            )

    @property
    def n_samples(self) -> int:
        """Length of the trajectory."""
        observers = observers_in(self.monitors)
        plan = resolve_plan(
            self.duration, resolve_dt(self.dt), self.transient, self.sample_every, observers
        )
        return plan.n_samples // samples_per_period(observers)

    def __call__(self, model: Any) -> Any:
        """Return the trajectory ``(time, ...)`` of ``model``."""
        result = Simulator(model, dt=self.dt).run(
            self.duration,
            inputs=self.inputs,
            monitors=self.monitors,
            transient=self.transient,
            sample_every=self.sample_every,
        )
        (name,) = (key for key in result if key != 'ts')
        return result[name]
