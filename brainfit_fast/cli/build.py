"""From a problem and settings to a network."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import brainunit as u
import jax.numpy as jnp
import numpy as np
from brainstate.nn import Param, SigmoidT

from ..fitting.predict import Predict
from ..network import Network
from .errors import UsageError
from .recipes import Knob
from .settings import WEIGHT_TRANSFORMS, Settings

__all__ = ['Problem', 'build_network', 'fitted_knobs', 'normalised', 'predict', 'values_of']


@dataclass(frozen=True)
class Problem:
    """What is fitted.

    Attributes
    ----------
    title : str
        Of the data.
    weights : numpy.ndarray
        ``(N, N)`` ``[target, source]``.
    fc : numpy.ndarray
        ``(N, N)`` functional connectivity to be reached.
    lengths : Quantity or None
        ``(N, N)`` tract lengths.
    labels : numpy.ndarray
        ``(N,)``.
    networks : numpy.ndarray or None
        ``(N,)`` functional network of each region.
    replicate : numpy.ndarray or None
        ``(N, N)`` functional connectivity of other subjects.
    info : dict
        Source, citation, terms.
    notes : tuple of str
        What deserves a look.
    """

    title: str
    weights: np.ndarray
    fc: np.ndarray
    lengths: Any
    labels: np.ndarray
    networks: np.ndarray | None = None
    replicate: np.ndarray | None = None
    info: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """Number of regions."""
        return len(self.weights)


def normalised(weights: np.ndarray, transform: str) -> np.ndarray:
    """Weights without diagonal, compressed, and divided by the mean strength (row sum).

    Raises
    ------
    UsageError
        If there is no connection.
    """
    weights = WEIGHT_TRANSFORMS[transform](np.where(np.eye(len(weights), dtype=bool), 0.0, weights))
    mean = weights.sum(axis=1).mean()
    if not mean > 0:
        raise UsageError(
            'the weights hold no connection off the diagonal; expected some above zero.'
        )
    return weights / mean


def fitted_knobs(problem: Problem, settings: Settings) -> dict[str, Knob]:
    """The fitted parameters, with finite bounds."""
    recipe = settings.recipe
    knobs = {knob.name: knob for knob in recipe.knobs if knob.name in settings.fitted}
    if {'k', 'gain'} & set(settings.fitted):
        knobs['k'] = _strength(problem, settings)
    return knobs


def _strength(problem: Problem, settings: Settings) -> Knob:
    """Global coupling; without a bound of its own, below the value at which a step overshoots."""
    knob = settings.recipe.strength
    if math.isinf(knob.high):
        strongest = normalised(problem.weights, settings.scale_weights).sum(axis=1).max()
        high = 1.0 / (strongest * float(settings.dt.to_decimal(u.ms)) * knob.factor)
        knob = Knob(**{**vars(knob), 'high': min(high, 10.0), 'start': min(knob.start, high / 2)})
    return knob


def build_network(
    problem: Problem, settings: Settings, values: Mapping[str, np.ndarray] | None = None
) -> Network:
    """Wire the network.

    Parameters
    ----------
    problem : Problem
        Connectome.
    settings : Settings
        Model and run.
    values : mapping, optional
        Parameter values by name, in their units; others stand at their starts.

    Returns
    -------
    Network
        Its fitted parameters are ``Param`` objects that stay within their bounds.
    """
    recipe, n = settings.recipe, problem.n
    values = values or {}

    def param(knob: Knob, per_region: bool, fit: bool) -> Param:
        value = np.asarray(values.get(knob.name, knob.start))
        value = np.broadcast_to(value, (n,)) if per_region else value
        bounds = SigmoidT(knob.low * knob.factor, knob.high * knob.factor)
        return Param(jnp.asarray(value * knob.factor, jnp.float32), t=bounds, fit=fit)

    arguments = {
        knob.attribute: param(knob, True, knob.name in settings.fitted) for knob in recipe.knobs
    }
    gain = 'gain' in settings.fitted
    strength = param(_strength(problem, settings), gain, gain or 'k' in settings.fitted)
    delayed = settings.speed is not None
    return Network(
        recipe.make(n, settings.sigma, **arguments),
        conn=normalised(problem.weights, settings.scale_weights),
        distance=problem.lengths if delayed else None,
        speed=settings.speed,
        coupling=recipe.coupling,
        coupled_var=recipe.coupled_var,
        k=strength,
    )


def values_of(network: Network, problem: Problem, settings: Settings) -> dict[str, np.ndarray]:
    """Fitted parameters of a network as they stand, in their units."""
    values = {}
    for name, knob in fitted_knobs(problem, settings).items():
        owner = network.coupling if name == 'k' else network.node
        values[name] = np.asarray(getattr(owner, knob.attribute).value(), np.float64) / knob.factor
    return values


def predict(settings: Settings) -> Predict:
    """The simulation whose functional connectivity is fitted."""
    return Predict(
        settings.duration,
        dt=settings.dt,
        monitors=settings.recipe.monitor,
        transient=settings.transient,
        sample_every=settings.sample_every,
    )
