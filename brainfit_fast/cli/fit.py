"""``brainfit-fast fit``: the user's own files."""

from __future__ import annotations

import argparse
from pathlib import Path

import brainunit as u
import numpy as np

from ..datasets import load_subject
from ..datasets.subject import Subject
from .build import Problem, normalised
from .errors import UsageError
from .job import open_folder, run_job
from .report import Clock
from .settings import Settings, settings_from

__all__ = ['run_fit']


def run_fit(options: argparse.Namespace) -> int:
    """Fit a model to files."""
    clock = Clock(options.from_process_start)
    settings = settings_from(options)
    problem = _problem(options, settings)
    folder = open_folder(options.out)
    return run_job(
        problem, settings, folder, command=options.command_line, clock=clock, quick=options.quick
    )


def _problem(options: argparse.Namespace, settings: Settings) -> Problem:
    if options.fc is None and options.timeseries is None:
        raise UsageError(
            'nothing to fit to: give --fc FILE (N x N) or --timeseries FILE (time x N).'
        )
    if options.speed is not None and options.lengths is None:
        raise UsageError(
            '--speed needs tract lengths: give --lengths FILE (N x N, mm), or leave --speed out.'
        )
    try:
        subject = load_subject(
            weights=options.weights,
            lengths=options.lengths,
            fc=options.fc,
            timeseries=options.timeseries,
            labels=options.labels,
        )
    except (ValueError, TypeError, OSError) as error:
        raise UsageError(str(error)) from None
    if len(subject.weights) < 3:
        raise UsageError(
            f'{options.weights}: {len(subject.weights)} regions; FC r needs at least 3.'
        )
    normalised(subject.weights, settings.scale_weights)
    assert subject.fc is not None  # one of its two files was given
    where = options.timeseries if options.fc is None else options.fc
    if np.ptp(subject.fc[np.triu_indices(len(subject.fc), 1)]) == 0:
        raise UsageError(
            f'{where}: all pairs have the same correlation; expected values that differ.'
        )
    notes = list(subject.notes)
    if subject.lengths is not None and settings.speed is None:
        notes.append('lengths are given and --speed is not: the network has no delays.')
    if settings.speed is not None:
        _check_delays(subject, settings)
    return Problem(
        title=f'FC of {Path(where).name}',
        weights=subject.weights,
        fc=subject.fc,
        lengths=subject.lengths,
        labels=subject.labels,
        info={
            name: str(getattr(options, name))
            for name in ('weights', 'lengths', 'fc', 'timeseries', 'labels')
            if getattr(options, name) is not None
        },
        notes=tuple(notes),
    )


def _check_delays(subject: Subject, settings: Settings) -> None:
    """Delays are rounded up to whole steps, so a step must not be longer than they are."""
    if subject.lengths is None:
        return
    longest = float((subject.lengths.max() / settings.speed).to_decimal(u.ms))
    dt = float(settings.dt.to_decimal(u.ms))
    if 0 < longest < dt:
        raise UsageError(
            f'--speed: the longest delay is {longest:.3g} ms, less than one step of {dt:g} ms. '
            f'Delays are rounded up to whole steps, so that all of them would become {dt:g} ms. '
            f'Give --dt of at most {longest:.3g} (and a shorter --duration), or leave --speed out.'
        )
