"""Settings of a job: checked, with units."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import brainunit as u
import numpy as np

from .errors import UsageError
from .recipes import RECIPES, Recipe

__all__ = ['WEIGHT_TRANSFORMS', 'Settings', 'settings_from']

#: Structural weights span five decades; these compress them before they are normalised.
WEIGHT_TRANSFORMS: dict[str, Callable[[Any], Any]] = {
    'sqrt': np.sqrt,
    'log': np.log1p,
    'none': lambda weights: weights,
}

LEARNING_RATE = 0.1
STEPS = 100
NOISE_SEEDS = 4


@dataclass(frozen=True)
class Settings:
    """How a model is run and fitted.

    Attributes
    ----------
    recipe : Recipe
        Node model and bounds.
    fitted : tuple of str
        Names of the fitted parameters.
    dt, duration, transient, TR : Quantity
        Time step, simulated time, lead-in, sampling interval.
    noise : float
        Per square root of a second.
    seed, steps, noise_seeds : int
        Random seed, optimizer steps, noise seeds that each loss is averaged over.
    learning_rate : float
        Of Adam, on the unconstrained parameters.
    scale_weights : str
        Key of :data:`WEIGHT_TRANSFORMS`.
    speed : Quantity or None
        Conduction speed; None for no delays.
    """

    recipe: Recipe
    fitted: tuple[str, ...]
    dt: Any
    duration: Any
    transient: Any
    TR: Any
    noise: float
    seed: int
    steps: int
    noise_seeds: int
    learning_rate: float = LEARNING_RATE
    scale_weights: str = 'sqrt'
    speed: Any = None

    @property
    def n_steps(self) -> int:
        """Time steps of a run."""
        return round(_ratio(self.duration, self.dt))

    @property
    def sample_every(self) -> int:
        """Time steps per sample."""
        return round(_ratio(self.TR, self.dt))

    @property
    def n_samples(self) -> int:
        """Samples after the transient."""
        lead = round(_ratio(self.transient, self.dt))
        return -(-(self.n_steps - lead) // self.sample_every)

    @property
    def sigma(self) -> float:
        r"""Noise per step: s per root of time becomes :math:`s/\sqrt{dt}`, a rate in 1/ms."""
        return float(u.get_magnitude(self.noise / u.second**0.5 / self.dt**0.5 * u.ms))

    def table(self) -> list[tuple[str, str]]:
        """Rows for print: name, and value with unit."""
        dt = float(self.dt.to_decimal(u.ms))
        return [
            ('dt', f'{dt:g} ms'),
            ('duration', f'{_seconds(self.duration)} ({self.n_steps} steps)'),
            ('transient', f'{_seconds(self.transient)}, discarded'),
            ('sampled every', f'{_seconds(self.TR)} ({self.n_samples} samples)'),
            (
                'noise',
                f'{self.noise:g} {self.recipe.noise_unit} = {self.sigma:.4g} 1/ms at each step of dt',
            ),
            *self.recipe.fixed.items(),
        ]

    def as_dict(self) -> dict[str, Any]:
        """Numbers with units, for a file."""

        def quantity(value: Any, unit: Any, name: str) -> dict[str, Any]:
            return {'value': float(value.to_decimal(unit)), 'unit': name}

        return {
            'model': self.recipe.name,
            'dt': quantity(self.dt, u.ms, 'ms'),
            'duration': quantity(self.duration, u.second, 's'),
            'transient': quantity(self.transient, u.second, 's'),
            'sampling_interval': quantity(self.TR, u.second, 's'),
            'n_steps_per_run': self.n_steps,
            'n_samples': self.n_samples,
            'noise': {'value': self.noise, 'unit': self.recipe.noise_unit},
            'noise_per_step': {'value': self.sigma, 'unit': '1/ms'},
            'speed': None if self.speed is None else quantity(self.speed, u.mm / u.ms, 'mm/ms'),
            'weights': f'{self.scale_weights}, then divided by the mean strength (row sum)',
            'coupling': self.recipe.coupling,
            'fitted': list(self.fitted),
            'seed': self.seed,
            'optimizer': 'Adam',
            'learning_rate': self.learning_rate,
            'optimizer_steps': self.steps,
            'noise_seeds': self.noise_seeds,
            **dict(self.recipe.fixed),
        }


def settings_from(options: argparse.Namespace) -> Settings:
    """Settings of a parsed command line, checked against each other.

    Raises
    ------
    UsageError
        If they do not give a run.
    """
    recipe = RECIPES[getattr(options, 'model', 'hopf')]
    dt = recipe.dt if options.dt is None else options.dt * u.ms
    TR = getattr(options, 'tr', None)
    # the usual interval follows dt; one that was asked for has to fit
    TR = max(1, round(_ratio(recipe.TR, dt))) * dt if TR is None else TR * u.second
    duration = recipe.duration if options.duration is None else options.duration * u.second
    if options.transient is not None:
        transient = options.transient * u.second
    else:  # a shorter run gets a shorter lead-in
        transient = min(recipe.transient, 0.1 * duration)
    speed = getattr(options, 'speed', None)
    settings = Settings(
        recipe=recipe,
        fitted=_fitted(options.parameters, recipe),
        dt=dt,
        duration=_whole(duration, dt),
        transient=_whole(transient, dt),
        TR=TR,
        noise=recipe.noise if options.noise is None else options.noise,
        seed=options.seed,
        steps=options.steps or STEPS,
        noise_seeds=options.noise_seeds or NOISE_SEEDS,
        scale_weights=getattr(options, 'scale_weights', 'sqrt'),
        speed=None if speed is None else speed * u.mm / u.ms,
    )
    _check(settings)
    return settings


def _check(settings: Settings) -> None:
    ratio = _ratio(settings.TR, settings.dt)
    if round(ratio) < 1 or abs(ratio - round(ratio)) > 1e-4 * ratio:
        raise UsageError(
            f'--tr {_seconds(settings.TR)} is {ratio:.6g} steps of '
            f'{float(settings.dt.to_decimal(u.ms)):g} ms; expected a whole number of steps, at least '
            'one. Change --tr or --dt.'
        )
    if settings.n_steps < 1 or settings.n_samples < 10:
        raise UsageError(
            f'--duration {_seconds(settings.duration)} with --transient {_seconds(settings.transient)} leaves '
            f'{max(settings.n_samples, 0)} samples (one per {_seconds(settings.TR)}); expected at least 10 to '
            'correlate. Make --duration longer or --transient shorter.'
        )


def _fitted(text: str | None, recipe: Recipe) -> tuple[str, ...]:
    if text is None:
        return recipe.default
    given = [
        recipe.aliases.get(name.strip(), name.strip()) for name in text.split(',') if name.strip()
    ]
    unknown = [name for name in given if name not in recipe.names]
    if unknown or not given:
        allowed = ', '.join((*recipe.names, *recipe.aliases))
        what = f'unknown parameter {unknown[0]!r}' if unknown else 'nothing to fit'
        raise UsageError(
            f'{what} for the model {recipe.name}; expected names among {allowed}, separated by commas.'
        )
    fitted = tuple(dict.fromkeys(given))
    # a gain per region contains the global one
    return tuple(name for name in fitted if name != 'k' or 'gain' not in fitted)


def _whole(time: Any, dt: Any) -> Any:
    """Round to whole steps."""
    return round(_ratio(time, dt)) * dt


def _ratio(time: Any, dt: Any) -> float:
    return float(u.get_magnitude(time / dt))


def _seconds(time: Any) -> str:
    return f'{float(time.to_decimal(u.second)):g} s'
