"""The gradient of the kernels: the only custom VJP of this op.

The kernels have a reverse rule and nothing else; forward mode and second derivatives raise and
name ``use('reference')``, which is plain JAX and has every mode. ``jax.vmap`` becomes the
candidate axis, for the forward and the backward kernel alike, in whichever order it meets
``jax.grad``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
from jax.custom_batching import custom_vmap

from brainfit_fast.core.autodiff import first_order_only, reverse_only
from brainfit_fast.ops.fc import cpu_ffi, pallas_triton
from brainfit_fast.ops.fc.args import Residuals

__all__ = ['kernel_connectivity']

_KERNELS: dict[str, ModuleType] = {'cpu_ffi': cpu_ffi, 'pallas_triton': pallas_triton}


def _over_candidates(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let ``jax.vmap`` of ``function`` lengthen the leading candidate axis of its arrays."""
    mapped = custom_vmap(function)

    @mapped.def_vmap
    def rule(size: int, batched: list, *args: jax.Array) -> tuple[Any, Any]:
        flat = []
        for arg, is_batched in zip(args, batched, strict=True):
            if not is_batched:
                arg = jnp.broadcast_to(arg, (size, *arg.shape))
            flat.append(arg.reshape(-1, *arg.shape[2:]))
        out = mapped(*flat)
        out = jax.tree.map(lambda a: a.reshape(size, -1, *a.shape[1:]), out)
        return out, jax.tree.map(lambda a: True, out)

    return mapped


@functools.cache
def _differentiable(name: str, interpret: bool) -> Callable[[jax.Array], jax.Array]:
    """The op through one kernel, with its gradient."""
    kernel = _KERNELS[name]
    forward = _over_candidates(functools.partial(kernel.forward, interpret=interpret))

    @_over_candidates
    def backward(*operands: jax.Array) -> jax.Array:
        *residuals, cotangent = operands
        return kernel.backward(Residuals(*residuals), cotangent, interpret=interpret)

    @jax.custom_vjp
    def connectivity(x: jax.Array) -> jax.Array:
        return forward(x).fc

    def forward_rule(x: jax.Array) -> tuple[jax.Array, Residuals]:
        fc, mean, inverse_norm = forward(first_order_only(x, 'fc'))
        return fc, Residuals(x, mean, inverse_norm, fc)

    def backward_rule(residuals: Residuals, cotangent: jax.Array) -> tuple[jax.Array]:
        operands = (first_order_only(a, 'fc') for a in (*residuals, cotangent))
        return (backward(*operands),)

    connectivity.defvjp(forward_rule, backward_rule)
    return connectivity


def kernel_connectivity(x: jax.Array, name: str, *, interpret: bool = False) -> jax.Array:
    """Functional connectivity by the kernel ``name``, differentiable in reverse mode.

    Parameters
    ----------
    x : jax.Array
        Time series ``[candidate, time, region]``.
    name : str
        ``'cpu_ffi'`` or ``'pallas_triton'``.
    interpret : bool, optional
        Evaluate a Pallas kernel with XLA, on any device.

    Returns
    -------
    jax.Array
        Correlations ``[candidate, region, region]``.

    Raises
    ------
    ForwardModeError, HigherOrderError
        When a derivative is taken that the kernels do not have.
    """
    return _differentiable(name, interpret)(reverse_only(x, 'fc'))
