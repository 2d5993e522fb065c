"""Environments of their own for the libraries that benchmarks/peers.py compares, with pinned versions."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

__all__ = ['DEFAULT_FOLDER', 'PINNED', 'python_of']

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_FOLDER = Path.home() / '.cache' / 'brainfit_fast-peers'

_CONSTRAINTS = ROOT / 'tools' / 'constraints' / 'lowest.txt'
_OURS = tomllib.loads((ROOT / 'pyproject.toml').read_text())['project']['dependencies']

#: What each environment has beside what these bring. Ours has no brainfit_fast: workers import the
#: checkout, with the native library that was built there.
PINNED = {
    'brainfit_fast': tuple(_OURS),
    'brainmass': ('brainmass==0.1.1',),
    'cubnm': ('cubnm==0.1.0',),
    'scan': ('jax==0.10.2',),
    'tvboptim': ('tvboptim==0.4.0',),
}


def python_of(peer: str, folder: Path) -> Path:
    """The interpreter of a peer's environment, which is made if its pins are not those that stand there."""
    home = folder / peer
    python, stamp = home / 'bin' / 'python', home / 'installed.txt'
    # the stack of the brainstate libraries is the same for all that use it
    constraints = [] if peer == 'cubnm' else ['-c', str(_CONSTRAINTS)]
    wanted = '\n'.join([*PINNED[peer], *constraints])
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    print(f'installing {peer} into {home}', flush=True)
    subprocess.run([sys.executable, '-m', 'venv', '--clear', home], check=True)
    pip = [python, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check']
    subprocess.run([*pip, *constraints, *PINNED[peer]], check=True)
    stamp.write_text(wanted)
    return python
