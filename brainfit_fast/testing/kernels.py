"""Which kernels a compiled program calls, read from its text."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import jax

__all__ = ['assert_kernel_runs', 'kernels_in']

# A native kernel is the target of a custom call; a Pallas kernel gives its name to the
# operations that it becomes, compiled or interpreted.
_NATIVE = re.compile(r'custom_call_target="(brainfit_fast_\w+)"')
_PALLAS = re.compile(r'\b(brainfit_fast_\w+_(?:triton|mosaic))\b')


def kernels_in(function: Callable[..., Any], *args: Any) -> frozenset[str]:
    """Names of this library's kernels in the compiled program of ``function(*args)``.

    Parameters
    ----------
    function : callable
        Anything that ``jax.jit`` takes.
    *args : object
        Arguments to compile it for.

    Returns
    -------
    frozenset of str
        FFI targets and Pallas kernel names; empty where plain JAX serves.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from brainfit_fast.testing import kernels_in
    >>> kernels_in(jnp.sin, jnp.arange(3.0))
    frozenset()
    """
    text = jax.jit(function).lower(*args).compile().as_text() or ''
    return frozenset(_NATIVE.findall(text)) | frozenset(_PALLAS.findall(text))


def assert_kernel_runs(name: str, function: Callable[..., Any], *args: Any) -> None:
    """Raise unless the compiled program of ``function(*args)`` calls the kernel ``name``.

    Parameters
    ----------
    name : str
        Exact name of a kernel.
    function : callable
        Anything that ``jax.jit`` takes.
    *args : object
        Arguments to compile it for.

    Raises
    ------
    AssertionError
        With the kernels that were found instead.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from brainfit_fast.testing import assert_kernel_runs
    >>> assert_kernel_runs('brainfit_fast_fc_forward_f32', jnp.sum, jnp.ones(3))
    Traceback (most recent call last):
        ...
    AssertionError: ... kernels in it: none of this library
    """
    found = kernels_in(function, *args)
    if name not in found:
        others = ', '.join(sorted(found)) or 'none of this library'
        raise AssertionError(f'the compiled program does not call {name}; kernels in it: {others}')
