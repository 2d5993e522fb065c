"""``brainfit-fast demo``: the bundled group data."""

from __future__ import annotations

import argparse

from ..datasets import load_dataset
from .build import Problem
from .job import open_folder, run_job
from .report import Clock
from .settings import settings_from

__all__ = ['run_demo']

_KEPT_INFO = ('source', 'citation', 'acknowledgement', 'licence', 'terms_url', 'n_subjects')


def run_demo(options: argparse.Namespace) -> int:
    """Fit the group-average FC of the Human Connectome Project."""
    clock = Clock(options.from_process_start)
    settings = settings_from(options)
    folder = open_folder(options.out)
    return run_job(
        _hcp(), settings, folder, command=options.command_line, clock=clock, quick=options.quick
    )


def _hcp() -> Problem:
    hcp = load_dataset('hcp_schaefer100')
    return Problem(
        title='HCP group FC (Schaefer-100)',
        weights=hcp.weights,
        fc=hcp.fc,
        lengths=hcp.lengths,
        labels=hcp.labels,
        networks=hcp.networks,
        replicate=hcp.fc_test,
        info={key: hcp.info[key] for key in _KEPT_INFO},
    )
