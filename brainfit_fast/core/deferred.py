"""Modules that another library imports and most scripts never use."""

from __future__ import annotations

import contextlib
import importlib.util
import random
import sys
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

import numpy as np

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
            loader = spec.loader
            execute = loader.exec_module

            def undisturbing(module: ModuleType) -> None:
                with _random_numbers_kept():
                    execute(module)

            loader.exec_module = undisturbing  # type: ignore[method-assign]
            spec.loader = importlib.util.LazyLoader(loader)
        return spec


@contextlib.contextmanager
def _random_numbers_kept() -> Iterator[None]:
    # a module that draws while it is executed must not change what follows a seed
    state, numpy_state = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(state)
        np.random.set_state(numpy_state)


@contextlib.contextmanager
def deferred(name: str) -> Iterator[None]:
    """Within the block, importing a module that is not yet imported delays its execution until it is used.

    Random numbers of Python and NumPy go on after it as if it had been executed before they were seeded.

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
