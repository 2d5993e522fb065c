"""The fits of a job: the main one, the one that leaves pairs out, and the recovery of known parameters."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import brainstate
import braintools
import numpy as np

from ..fitter import Fitter
from ..fitting.result import FitResult
from ..network import Network
from ..objectives import fc_corr, targets
from .build import Problem, build_network, fitted_knobs, predict, values_of
from .errors import Interrupted
from .measures import MaskedFC, pair_correlation, random_pairs, simulate_fc, summary, upper
from .settings import Settings

__all__ = ['N_UNSEEN', 'fit_main', 'held_out', 'recovery', 'side_settings', 'unseen']

#: Unseen noise seeds that every reported correlation is a mean over.
N_UNSEEN = 10

#: Part of the pairs that the held-out check fits.
KEPT = 0.8

_SIDE_STEPS, _SIDE_SEEDS = 60, 2


def fit_main(problem: Problem, settings: Settings) -> tuple[FitResult, Network]:
    """Fit all pairs; the network is left at the best point."""
    network = build_network(problem, settings)
    fitter = Fitter(
        network,
        braintools.optim.Adam(lr=settings.learning_rate),
        predict=predict(settings),
        objective=fc_corr(as_loss=True),
    )
    return _run(fitter, settings, targets.fc(problem.fc)), network


def side_settings(settings: Settings) -> Settings:
    """Settings of the two shorter fits."""
    return replace(
        settings,
        steps=min(settings.steps, _SIDE_STEPS),
        noise_seeds=min(settings.noise_seeds, _SIDE_SEEDS),
    )


def held_out(problem: Problem, settings: Settings) -> dict[str, Any]:
    """Fit a random part of the region pairs and measure the others.

    Parameters
    ----------
    problem : Problem
        Data.
    settings : Settings
        Of the shorter fit.

    Returns
    -------
    dict
        Correlations over the fitted and the held-out pairs, for unseen seeds.
    """
    kept, left_out = random_pairs(problem.n, KEPT, settings.seed)
    network = build_network(problem, settings)
    result = _run(_masked(network, problem.fc, kept, settings), settings)
    simulated = simulate_fc(network, settings, N_UNSEEN, unseen(settings, 1))
    return {
        'fraction_fitted': KEPT,
        'n_pairs_fitted': int(kept.sum()),
        'n_pairs_held_out': int(left_out.sum()),
        **_course(result, settings),
        'fc_r_fitted': summary(pair_correlation(fc, problem.fc, kept) for fc in simulated),
        'fc_r_held_out': summary(pair_correlation(fc, problem.fc, left_out) for fc in simulated),
        'sc_fc_r_held_out': pair_correlation(problem.weights, problem.fc, left_out),
    }


def recovery(problem: Problem, settings: Settings) -> dict[str, Any]:
    """Draw parameters, simulate their functional connectivity, fit it, and compare.

    Parameters
    ----------
    problem : Problem
        Its connectome; the data are not used.
    settings : Settings
        Of the shorter fit.

    Returns
    -------
    dict
        For each parameter the correlation of true and recovered values over regions, or the two values
        where it is one number.
    """
    rng = np.random.default_rng(settings.seed)
    knobs = fitted_knobs(problem, settings)
    truth = {}
    for name, knob in knobs.items():
        # away from the bounds, where the transform saturates
        low, high = (
            knob.low + 0.1 * (knob.high - knob.low),
            knob.high - 0.1 * (knob.high - knob.low),
        )
        size = None if name == 'k' and 'gain' not in settings.fitted else problem.n
        truth[name] = rng.uniform(low, high, size)
    known = build_network(problem, settings, truth)
    target = simulate_fc(known, settings, N_UNSEEN, unseen(settings, 2)).mean(axis=0)
    network = build_network(problem, settings)
    result = _run(_masked(network, target, upper(problem.n), settings), settings)
    found = values_of(network, problem, settings)
    simulated = simulate_fc(network, settings, N_UNSEEN, unseen(settings, 3))
    parameters: dict[str, Any] = {}
    for name, true in truth.items():
        if np.ndim(true) == 0:
            parameters[name] = {'true': float(true), 'recovered': float(found[name])}
        else:
            parameters[name] = {'r': float(np.corrcoef(true, found[name])[0, 1])}
        parameters[name]['unit'] = knobs[name].unit
    return {
        **_course(result, settings),
        'fc_r': summary(pair_correlation(fc, target) for fc in simulated),
        'parameters': parameters,
    }


def unseen(settings: Settings, which: int) -> int:
    """A seed that no fit draws from."""
    return 1_000_003 * (which + 1) + settings.seed


def _course(result: FitResult, settings: Settings) -> dict[str, Any]:
    return {
        'status': result.status,
        'message': result.message,
        'steps': result.n_steps,
        'noise_seeds': settings.noise_seeds,
        'best_loss': result.best_loss,
    }


def _masked(network: Network, fc: np.ndarray, pairs: np.ndarray, settings: Settings) -> Fitter:
    return Fitter(
        network,
        braintools.optim.Adam(lr=settings.learning_rate),
        predict=predict(settings),
        objective=MaskedFC(fc, pairs),
    )


def _run(fitter: Fitter, settings: Settings, target: Any = None) -> FitResult:
    """Fit with a bar. A fit that ends early says so in its result."""
    brainstate.random.seed(settings.seed)
    with warnings.catch_warnings():
        warnings.filterwarnings('ignore', message='Fitter.fit ended early', category=RuntimeWarning)
        result = fitter.fit(
            target, n_steps=settings.steps, n_noise_seeds=settings.noise_seeds, verbose='bar'
        )
    if target is None and result.status == 'interrupted':
        raise Interrupted
    return result
