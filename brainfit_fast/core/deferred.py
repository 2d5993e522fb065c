"""Modules that another library imports and most scripts never use."""

from __future__ import annotations

import contextlib
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

__all__ = ['deferred']


class _Finder:
    """Finds one module, to be executed at the first look at an attribute."""

    def __init__(self, name: str):
        self.name = name

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != self.name:
            return None
        spec = PathFinder.find_spec(name, path)
        if spec is not None and spec.loader is not None:
            spec.loader = importlib.util.LazyLoader(spec.loader)
        return spec


@contextlib.contextmanager
def deferred(name: str) -> Iterator[None]:
    """Within the block, importing a module that is not yet imported delays its execution until it is used.

    Parameters
    ----------
    name : str
        Of the module. One that is not installed raises ``ImportError``, as ever.

    Examples
    --------
    >>> import sys
    >>> from brainfit_fast.core.deferred import deferred
    >>> with deferred('tabnanny'):
    ...     import tabnanny
    >>> type(sys.modules['tabnanny']).__name__
    '_LazyModule'
    """
    finder = _Finder(name)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
