"""Compiling the same program once for several fits."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator

from ..core.compiling import kept_compilations

__all__ = ['shared_compilation']


@contextlib.contextmanager
def shared_compilation() -> Iterator[None]:
    """Within the block, fits whose programs differ only in the data that they are given share one compilation.

    JAX's compilation cache in a temporary folder does it; a cache that is already in use is left alone.
    """
    with (
        tempfile.TemporaryDirectory(prefix='brainfit_fast-') as folder,
        kept_compilations(folder, at_least_s=0.2),
    ):
        yield
