"""What XLA compiled for a script, kept for its next run."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
from collections.abc import Iterator
from pathlib import Path

from ..codegen.cache import CompilerError, folders, remove_oldest
from ..core.compiling import kept_compilations

__all__ = ['compiled_programs_kept']


@contextlib.contextmanager
def compiled_programs_kept() -> Iterator[None]:
    """Within the block, compiled programs are read from and written to the user's cache folder.

    It is JAX's compilation cache, beside the compiled node code, with the same checks of who may write the
    folder and the same limit of size. Where the folder cannot be used, or JAX already has a cache, nothing
    changes.
    """
    folder = _folder()
    if folder is None:
        yield
        return
    try:
        with kept_compilations(str(folder), at_least_s=0.0):
            yield
    finally:
        _evict(folder)


def _folder() -> Path | None:
    try:
        folder = next(folders()) / f'xla-{_processor()}'
        folder.mkdir(mode=0o700, exist_ok=True)
    except (CompilerError, OSError):
        return None
    return folder if os.access(folder, os.W_OK) else None


def _processor() -> str:
    """A name for this kind of processor: XLA's programs need not run on another that shares the home."""
    try:
        with open('/proc/cpuinfo') as file:
            facts = next(line for line in file if line.startswith(('flags', 'Features')))
    except (OSError, StopIteration):
        facts = platform.processor()
    return hashlib.sha256(f'{platform.machine()} {facts}'.encode()).hexdigest()[:12]


def _evict(folder: Path) -> None:
    """Remove the oldest programs until the rest fits the limit."""
    with contextlib.suppress(OSError):  # another process may be doing the same
        statuses = [(path.stat(), path) for path in folder.iterdir()]
        remove_oldest([(status.st_mtime, status.st_size, path) for status, path in statuses])
