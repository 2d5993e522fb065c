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

    return {
        'command': ' '.join(['python', f'benchmarks/{script}', *(argv or sys.argv[1:])]),
        'date': date.today().isoformat(),
        'commit': _commit(),
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
    """Where and when in one line, with the commits of all rows."""
    device, rows = report['device'], report['rows']
    parts = (
        part for row in rows for part in (row, row.get('check'), row.get('evaluation')) if part
    )
    commits = dict.fromkeys(part['commit'] for part in parts if 'commit' in part) or [
        report['commit']
    ]
    said_by_rows = {row[key] for row in rows for key in ('repeats', 'turns') if row.get(key)}
    turns = sorted(said_by_rows) or [report.get('repeats')]
    said = f', {" or ".join(map(str, turns))} turns' if any(turns) else ''
    return (
        f'{device["processor"]}, {device["cores"]} cores, level {device["cpu_level"]}; '
        f'{report["date"]}, commit {", ".join(commits)}{said}; load at start {device["loadavg_at_start"][0]}.'
    )


def _commit() -> str:
    """The commit of this checkout; what differs in results and pages does not count."""
    here = Path(__file__).resolve().parents[2]

    def git(*words: str) -> str:
        run = subprocess.run(['git', *words], cwd=here, capture_output=True, text=True)
        return run.stdout.strip()

    others = ('.', ':!benchmarks/results', ':!docs')
    changed = git('status', '--porcelain', '--untracked-files=no', '--', *others)
    return git('rev-parse', '--short', 'HEAD') + ('-dirty' if changed else '')


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _processor() -> str:
    with open('/proc/cpuinfo') as file:
        names = [line.split(':')[1].strip() for line in file if line.startswith('model name')]
    return names[0] if names else platform.processor()
