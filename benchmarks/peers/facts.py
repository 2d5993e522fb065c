"""Where, when and with what something was measured."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

from .timing import loadavg

__all__ = ['facts', 'heading']

_PACKAGES = (
    'jax',
    'jaxlib',
    'brainstate',
    'braintools',
    'brainunit',
    'brainmass',
    'tvboptim',
    'numpy',
)


def facts(script: str, argv: list[str] | None, **settings: Any) -> dict[str, Any]:
    """Command, date, commit, device and versions, and an empty list of rows."""
    from brainfit_fast.core import ffi

    commit = subprocess.run(
        ['git', 'describe', '--always', '--dirty'],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
    )
    return {
        'command': ' '.join(['python', f'benchmarks/{script}', *(argv or sys.argv[1:])]),
        'date': date.today().isoformat(),
        'commit': commit.stdout.strip(),
        **settings,
        'device': {
            'processor': _processor(),
            'cores': len(os.sched_getaffinity(0)),
            'cpu_level': ffi.cpu_level() if ffi.available()[0] else None,
            'system': platform.platform(),
            'loadavg_at_start': loadavg(),
        },
        'versions': {'python': platform.python_version(), **{n: _version(n) for n in _PACKAGES}},
        'rows': [],
    }


def heading(report: dict[str, Any]) -> str:
    """Where and when in one line."""
    device = report['device']
    return (
        f'{device["processor"]}, {device["cores"]} cores, level {device["cpu_level"]}; '
        f'{report["date"]}, commit {report["commit"]}, {report["repeats"]} turns; load at start '
        f'{device["loadavg_at_start"][0]}.'
    )


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _processor() -> str:
    with open('/proc/cpuinfo') as file:
        names = [line.split(':')[1].strip() for line in file if line.startswith('model name')]
    return names[0] if names else platform.processor()
