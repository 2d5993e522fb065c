"""Libraries that an extra brings."""

from __future__ import annotations

import importlib
from types import ModuleType

__all__ = ['library']


def library(name: str, *, extra: str, needed_by: str) -> ModuleType:
    """Import a library that need not be installed.

    Parameters
    ----------
    name : str
        Of the module.
    extra : str
        The extra of this package that brings it.
    needed_by : str
        What asks for it, as the user wrote it.

    Returns
    -------
    module

    Raises
    ------
    ImportError
        If it is not installed; the message says how to install it.

    Examples
    --------
    >>> from brainfit_fast.core.optional import library
    >>> library('numpy', extra='search', needed_by='this').__name__
    'numpy'
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(
            f'{needed_by} needs {name.split(".")[0]}, which is not installed. Install it with: '
            f'pip install "brainfit_fast[{extra}]"'
        ) from error
