"""Where in the user's code a call comes from."""

from __future__ import annotations

import functools
import os
import sys
import sysconfig
from pathlib import Path
from types import FrameType
from typing import NamedTuple

__all__ = ['Place', 'calling_place']

_HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
#: Where packages are installed, for all, by a user or by Debian.
_PACKAGES = frozenset({'site-packages', 'dist-packages'})


class Place(NamedTuple):
    """A line of code; as text ``'script.py:12'``, relative to the working directory where it lies below it."""

    filename: str
    line: int

    def __str__(self) -> str:
        return f'{_short(self.filename)}:{self.line}'


def calling_place() -> Place:
    """Find the innermost line of the running call that no library holds.

    Where libraries alone are running (a test inside a package), the innermost line outside of this one.

    Returns
    -------
    Place
    """
    found: FrameType | None = None
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        kind = _kind(frame.f_code.co_filename)
        if kind == 'user':
            found = frame
            break
        if kind == 'library' and found is None:
            found = frame
        frame = frame.f_back
    return (
        Place('<unknown>', 0) if found is None else Place(found.f_code.co_filename, found.f_lineno)
    )


@functools.lru_cache(maxsize=4096)
def _kind(filename: str) -> str:
    if filename.startswith((_HERE, '<frozen')):
        return 'own'
    if filename.startswith(_folders()) or not _PACKAGES.isdisjoint(Path(filename).parts):
        return 'library'
    return 'user'


@functools.cache
def _folders() -> tuple[str, ...]:
    paths = sysconfig.get_paths()
    names = ('stdlib', 'platstdlib', 'purelib', 'platlib')
    return tuple({os.path.realpath(paths[name]) + os.sep for name in names}) + tuple(
        {paths[name] + os.sep for name in names}
    )


def _short(filename: str) -> str:
    if filename.startswith('<') or not os.path.isabs(filename):
        return filename
    relative = os.path.relpath(filename)
    return filename if relative.startswith('..') else relative
