"""A job: fit, measure, write, and say what came out."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import brainstate
import numpy as np

from .build import Problem, fitted_knobs, values_of
from .errors import Interrupted, UsageError
from .fitting import N_UNSEEN, fit_main, held_out, recovery, side_settings, unseen
from .measures import pair_correlation, simulate_fc, summary
from .report import Clock, draw, result_rows, save_fit, save_result, settings_rows, show
from .settings import Settings
from .sharing import shared_compilation

__all__ = ['Outcome', 'open_folder', 'run_job']


@dataclass
class Outcome:
    """What a job has found so far.

    Attributes
    ----------
    problem : Problem
        Data.
    settings : Settings
        Model and run.
    command : str
        Command line.
    fit : brainfit_fast.FitResult
        Of the main fit.
    values : dict of str to numpy.ndarray
        Fitted parameters in their units.
    fc : numpy.ndarray
        ``(seeds, N, N)``: functional connectivity over unseen seeds.
    results : dict
        Correlations.
    checks : dict
        ``held_out`` and ``recovery``, None where they were not run.
    seconds : dict
        Wall times by stage.
    """

    problem: Problem
    settings: Settings
    command: str
    fit: Any
    values: dict[str, np.ndarray]
    fc: np.ndarray
    results: dict[str, Any]
    checks: dict[str, Any] = field(default_factory=lambda: {'held_out': None, 'recovery': None})
    seconds: dict[str, float] = field(default_factory=dict)


def open_folder(path: str) -> Path:
    """Make the folder that results go to, before any time is spent.

    Raises
    ------
    UsageError
        If it cannot be written.
    """
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / '.writable'
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise UsageError(
            f'--out {path}: expected a folder that can be written ({error.strerror or error}). '
            'Choose another one.'
        ) from None
    return folder


def run_job(
    problem: Problem, settings: Settings, folder: Path, *, command: str, clock: Clock, quick: bool
) -> int:
    """Fit a problem, print and write the outcome.

    Parameters
    ----------
    problem : Problem
        Data.
    settings : Settings
        Model and run.
    folder : pathlib.Path
        Gets ``result.json``, ``fit.npz`` and ``figure.png``.
    command : str
        Recorded in the result.
    clock : Clock
        Runs since the command started.
    quick : bool
        Leave out the held-out pairs and the recovery.

    Returns
    -------
    int
        Exit code: 0, or 1 where no point had a finite loss.

    Raises
    ------
    Interrupted
        After Ctrl-C, when what was found by then has been written.
    """
    show('Settings', settings_rows(problem, settings))
    for note in problem.notes:
        print(f'note: {note}')
    brainstate.random.seed(settings.seed)
    with shared_compilation():
        outcome = _main(problem, settings, command, clock)
        if outcome is None:
            return 1
        _write(outcome, folder, clock)
        interrupted = outcome.fit.status == 'interrupted'
        if not (quick or interrupted):
            interrupted = not _checks(outcome, clock)
    outcome.seconds['total'] = clock.total()
    save_result(outcome, folder)
    show('Results', result_rows(outcome))
    if problem.info.get('acknowledgement'):
        print(
            'Data: '
            + problem.info['source']
            + '. Terms and acknowledgement: result.json, key "data".'
        )
    if interrupted:
        raise Interrupted(f'What was found so far is in {folder}.')
    return 0


def _main(problem: Problem, settings: Settings, command: str, clock: Clock) -> Outcome | None:
    """The fit of all pairs, measured on unseen seeds."""
    n_parameters = sum(
        1 if name == 'k' and 'gain' not in settings.fitted else problem.n
        for name in fitted_knobs(problem, settings)
    )
    print(
        f'\nFitting {n_parameters} parameters to the FC of all {problem.n * (problem.n - 1) // 2} pairs'
    )
    fit, network = fit_main(problem, settings)
    if fit.best_step is None:
        if fit.status == 'interrupted':
            raise Interrupted('No step had finished; nothing was written.')
        print(f'brainfit-fast: the fit found no usable point: {fit.message}', file=sys.stderr)
        return None
    if fit.message:
        print(f'brainfit-fast: the fit ended early: {fit.message}', file=sys.stderr)
    seconds = {
        'trace': fit.timings['trace'],
        'compile': fit.timings['compile'],
        'fit': fit.timings['run'],
        'per_step': fit.timings['per_step'],
    }
    started = time.perf_counter()
    fc = simulate_fc(network, settings, N_UNSEEN, unseen(settings, 0))
    seconds['unseen_seeds'] = time.perf_counter() - started
    seconds['start'] = clock.start
    results = {
        'fc_r': summary(pair_correlation(one, problem.fc) for one in fc),
        'sc_fc_r': pair_correlation(problem.weights, problem.fc),
        'replicate': _replicate(problem, fc),
    }
    return Outcome(
        problem,
        settings,
        command,
        fit,
        values_of(network, problem, settings),
        fc,
        results,
        seconds=seconds,
    )


def _replicate(problem: Problem, fc: np.ndarray) -> dict[str, Any] | None:
    if problem.replicate is None:
        return None
    between = pair_correlation(problem.fc, problem.replicate)
    return {
        'fc_r': summary(pair_correlation(one, problem.replicate) for one in fc),
        'train_test_fc_r': between,
        'note': f'train and test FC correlate at r = {between:.3f}: no evidence against overfitting',
    }


def _write(outcome: Outcome, folder: Path, clock: Clock) -> None:
    """Write what the main fit gave, so that an interruption later loses nothing."""
    save_fit(outcome, folder)
    started = time.perf_counter()
    draw(outcome, folder)
    outcome.seconds['figure'] = time.perf_counter() - started
    outcome.seconds['start_to_figure'] = clock.total()
    save_result(outcome, folder)


def _checks(outcome: Outcome, clock: Clock) -> bool:
    """Held-out pairs and recovery; False where Ctrl-C ended them."""
    settings = side_settings(outcome.settings)
    checks: tuple[tuple[str, str, Callable[..., dict[str, Any]]], ...] = (
        ('held_out', 'Held-out pairs: fitting 80 % of the pairs', held_out),
        (
            'recovery',
            'Recovery: fitting FC that the model simulated with known parameters',
            recovery,
        ),
    )
    for name, what, check in checks:
        print(what)
        started = time.perf_counter()
        try:
            outcome.checks[name] = check(outcome.problem, settings)
        except (Interrupted, KeyboardInterrupt):
            return False
        outcome.seconds[name] = time.perf_counter() - started
    return True
