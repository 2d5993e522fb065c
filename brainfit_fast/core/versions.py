"""What a result was made with."""

from __future__ import annotations

import platform
from importlib import import_module, metadata

import jax

__all__ = ['versions']

_PACKAGES = ('jax', 'jaxlib', 'brainstate', 'braintools', 'brainunit', 'numpy')


def versions() -> dict[str, str]:
    """Versions of the libraries that decide about numbers, of Python, and the machine.

    Returns
    -------
    dict of str to str
        By package; and ``python``, ``platform``, ``device``.

    Examples
    --------
    >>> from brainfit_fast.core.versions import versions
    >>> sorted(versions())[:4]
    ['brainfit_fast', 'brainstate', 'braintools', 'brainunit']
    """
    return {
        'brainfit_fast': import_module(
            'brainfit_fast'
        ).__version__,  # a checkout need not be installed
        **{name: metadata.version(name) for name in _PACKAGES},
        'python': platform.python_version(),
        'platform': platform.platform(),
        'device': jax.devices()[0].device_kind,
    }
