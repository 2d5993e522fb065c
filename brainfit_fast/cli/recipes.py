"""Recipes: for each node model what can be fitted, within which bounds, and usual run settings."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import brainunit as u

from .. import models

__all__ = ['DEFAULT_RECIPE', 'RECIPES', 'Knob', 'Recipe']


@dataclass(frozen=True)
class Knob:
    """One parameter that can be fitted, in the unit in which people read it.

    Attributes
    ----------
    name : str
        As written on the command line.
    title : str
        For tables and axes.
    unit : str
        Unit of ``low``, ``high`` and ``start``; empty for a pure number.
    low, high, start : float
        Open bounds, kept by a sigmoid transform, and the start of the fit.
    attribute : str
        Name of the node's argument.
    factor : float
        From this unit to the number that the model takes.
    """

    name: str
    title: str
    unit: str
    low: float
    high: float
    start: float
    attribute: str
    factor: float = 1.0

    @property
    def label(self) -> str:
        """Title with unit."""
        return f'{self.title} ({self.unit})' if self.unit else self.title


@dataclass(frozen=True)
class Recipe:
    """A node model ready to be fitted.

    Attributes
    ----------
    name, title : str
        On the command line, and in print.
    make : callable
        ``make(n, sigma, **node_arguments) -> node`` with noise of ``sigma`` per step.
    knobs : tuple of Knob
        Node parameters, one value per region.
    coupling, coupled_var, monitor : str
        How the network is wired and what is correlated.
    strength : Knob
        Global coupling ``k``. An infinite ``high`` stands for the largest value at which one step of the
        coupling does not overshoot.
    dt : Quantity
        Time step.
    duration, transient, TR : Quantity
        Simulated time, its discarded lead-in, and the sampling interval.
    noise : float
        Standard deviation of the noise per square root of a second.
    noise_unit : str
        Its unit.
    default : tuple of str
        Fitted where nothing is asked for.
    aliases : mapping
        Other spellings of names.
    fixed : mapping
        What else is worth a line in the table.
    """

    name: str
    title: str
    make: Callable[..., Any]
    knobs: tuple[Knob, ...]
    coupling: str
    coupled_var: str
    monitor: str
    strength: Knob
    dt: Any
    duration: Any
    transient: Any
    TR: Any
    noise: float
    noise_unit: str
    default: tuple[str, ...]
    aliases: Mapping[str, str]
    fixed: Mapping[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        """What may be fitted."""
        return (*(knob.name for knob in self.knobs), 'k', 'gain')


def _hopf(n: int, sigma: float, **arguments: Any) -> Any:
    noise = models.GaussianNoise(n, sigma=sigma) if sigma > 0 else None
    # the second order keeps a rotation from gaining energy: explicit Euler adds w^2 dt / 2 to a
    return models.HopfStep(n, beta=1e-3, noise_x=noise, method='heun', **arguments)


def _wong_wang(n: int, sigma: float, **arguments: Any) -> Any:
    noise = models.GaussianNoise(n, sigma=sigma) if sigma > 0 else None
    return models.ReducedWongWangStep(n, noise_S=noise, **arguments)


HOPF = Recipe(
    name='hopf',
    title='noisy Hopf network',
    make=_hopf,
    knobs=(
        Knob('a', 'Bifurcation parameter a', '1/s', -0.3, 0.1, -0.1, 'a', 1e-3),
        Knob('f', 'Frequency f', 'Hz', 0.04, 0.07, 0.055, 'w', 2e-3 * math.pi),
    ),
    coupling='diffusive',
    coupled_var='x',
    monitor='node.x',
    strength=Knob('k', 'Coupling k', '1/s', 0.0, math.inf, 0.5, 'k', 1e-3),
    dt=720.0 * u.ms,
    duration=1440.0 * u.second,
    transient=72.0 * u.second,
    TR=0.72 * u.second,
    noise=0.02,
    noise_unit='1/sqrt(s)',
    default=('a', 'f', 'gain'),
    aliases={'w': 'f'},
    fixed={'beta (cubic saturation)': '1 1/s', 'integrator': 'heun'},
)

WONG_WANG = Recipe(
    name='wong-wang',
    title='reduced Wong-Wang network (excitatory)',
    make=_wong_wang,
    knobs=(
        Knob('w', 'Recurrence w', '', 0.0, 1.2, 0.5, 'w'),
        Knob('I0', 'Background current I0', 'nA', 0.2, 0.4, 0.3, 'I_0'),
    ),
    coupling='additive',
    coupled_var='S',
    monitor='node.S',
    strength=Knob('k', 'Coupling G', '', 0.0, 3.0, 0.5, 'k'),
    dt=10.0 * u.ms,
    duration=40.0 * u.second,
    transient=4.0 * u.second,
    TR=0.1 * u.second,
    noise=0.03,
    noise_unit='1/sqrt(s)',
    default=('w', 'I0', 'gain'),
    aliases={},
    fixed={'signal': 'synaptic gating S itself, no BOLD', 'integrator': 'exp_euler'},
)

RECIPES: dict[str, Recipe] = {recipe.name: recipe for recipe in (HOPF, WONG_WANG)}
DEFAULT_RECIPE = HOPF.name
