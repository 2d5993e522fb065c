"""The only importer of ``jax.experimental.pallas``: versions and lowerings are chosen here.

Nothing is imported from Pallas until the first kernel is built, because importing it is slow
and a CPU installation never needs it.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

import jax

__all__ = ['available', 'next_power_of_two', 'pl', 'triton', 'triton_call']


@functools.cache
def _modules() -> tuple[ModuleType, ModuleType]:
    """Pallas and its Triton lowering; the latter announces its successor when imported."""
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', DeprecationWarning)
        from jax.experimental import pallas
        from jax.experimental.pallas import triton as pallas_triton
    return pallas, pallas_triton


@functools.cache
def available() -> tuple[bool, str]:
    """Whether Pallas can be imported.

    Returns
    -------
    ok : bool
        True when it can.
    reason : str
        Why it cannot; empty when it can.

    Examples
    --------
    >>> from brainfit_fast.core import pallas
    >>> ok, reason = pallas.available()
    >>> ok or reason != ''
    True
    """
    try:
        _modules()
    except ImportError as error:
        return False, f'jax.experimental.pallas cannot be imported: {error}'
    return True, ''


def pl() -> ModuleType:
    """``jax.experimental.pallas``, imported on the first call.

    Returns
    -------
    module
    """
    return _modules()[0]


def triton() -> ModuleType:
    """``jax.experimental.pallas.triton``, imported on the first call.

    Returns
    -------
    module
    """
    return _modules()[1]


def next_power_of_two(n: int) -> int:
    """The smallest power of two that is not below ``n``: Triton takes no other block extent.

    Parameters
    ----------
    n : int
        A positive extent.

    Returns
    -------
    int

    Examples
    --------
    >>> from brainfit_fast.core.pallas import next_power_of_two
    >>> next_power_of_two(100)
    128
    """
    return 1 << max(n - 1, 0).bit_length()


def triton_call(
    kernel: Callable[..., None],
    *,
    name: str,
    grid: Sequence[int],
    in_specs: Sequence[Any],
    out_specs: Any,
    out_shape: Any,
    num_warps: int = 4,
    num_stages: int = 1,
    interpret: bool = False,
    aliases: Mapping[int, int] | None = None,
) -> Callable[..., Any]:
    """``pallas_call`` through the Triton lowering, always with explicit compiler parameters.

    Parameters
    ----------
    kernel : callable
        Takes references to inputs and outputs. Masks its own partial blocks: the Triton
        lowering does not.
    name : str
        Shows in the lowered program.
    grid : sequence of int
        Number of programs along each axis.
    in_specs, out_specs : BlockSpec or sequence of them
        Blocks of the operands and results.
    out_shape : jax.ShapeDtypeStruct or sequence of them
        Full shapes of the results.
    num_warps, num_stages : int, optional
        Triton's launch parameters.
    interpret : bool, optional
        Evaluate the kernel with XLA on any device: a check of values, not of the lowering.
    aliases : mapping of int to int, optional
        Operands that begin as results: their positions. The kernel reads and writes the reference of the
        result.

    Returns
    -------
    callable
        Takes the operands, returns the results.
    """
    pallas, pallas_triton = _modules()
    if interpret:
        # Interpreted, the parameters of the lowering have no meaning and no effect.
        options: dict[str, Any] = {'interpret': True}
    else:
        params = pallas_triton.CompilerParams(num_warps=num_warps, num_stages=num_stages)
        options = {'compiler_params': params}
    call = pallas.pallas_call(
        kernel,
        name=name,
        grid=tuple(grid),
        in_specs=in_specs,
        out_specs=out_specs,
        out_shape=out_shape,
        input_output_aliases=dict(aliases or {}),
        **options,
    )
    return jax.named_call(call, name=name)
