"""Functional connectivity by the native CPU kernels (``kernels/levels/fc.cc``)."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from brainfit_fast.core import device, ffi
from brainfit_fast.ops.fc.args import FcArgs, Forward, Residuals

__all__ = ['backward', 'declines', 'forward', 'supports']

FORWARD = 'brainfit_fast_fc_forward'
BACKWARD = 'brainfit_fast_fc_backward'
_SUFFIX = {'float32': '_f32', 'float64': '_f64'}


def declines(args: FcArgs) -> tuple[str, ...]:
    """Why the kernel is not meant for the device at hand.

    Parameters
    ----------
    args : FcArgs
        Checked input.

    Returns
    -------
    tuple of str
        Empty on a CPU.
    """
    platform = device.platform()
    return () if platform == 'cpu' else (f'runs on the CPU, and the device is a {platform}',)


def supports(args: FcArgs) -> tuple[str, ...]:
    """Why the kernel cannot serve.

    Parameters
    ----------
    args : FcArgs
        Checked input.

    Returns
    -------
    tuple of str
        Empty when it can.
    """
    reasons = list(declines(args))
    if args.x.dtype.name not in _SUFFIX:
        reasons.append(f'takes float32 and float64, not {args.x.dtype}')
    ok, why = ffi.available()
    if not ok:
        reasons.append(why)
    return tuple(reasons)


def forward(x: jax.Array, *, interpret: bool = False) -> Forward:
    """Correlations and what the backward kernel needs.

    Parameters
    ----------
    x : jax.Array
        Time series ``[candidate, time, region]``, float32 or float64.
    interpret : bool, optional
        Native code has no such mode: always False.

    Returns
    -------
    Forward
    """
    c, _, n = x.shape
    results = (
        jax.ShapeDtypeStruct((c, n, n), x.dtype),
        jax.ShapeDtypeStruct((c, n), x.dtype),
        jax.ShapeDtypeStruct((c, n), x.dtype),
    )
    return Forward(*ffi.call(FORWARD + _SUFFIX[x.dtype.name], results, x))


def backward(residuals: Residuals, cotangent: jax.Array, *, interpret: bool = False) -> jax.Array:
    """Gradient with respect to the time series.

    Parameters
    ----------
    residuals : Residuals
        From the forward pass.
    cotangent : jax.Array
        ``[candidate, region, region]``, of the correlations.
    interpret : bool, optional
        Native code has no such mode: always False.

    Returns
    -------
    jax.Array
        ``[candidate, time, region]``.
    """
    x = residuals.x
    result = jax.ShapeDtypeStruct(x.shape, x.dtype)
    return ffi.call(
        BACKWARD + _SUFFIX[x.dtype.name],
        result,
        x,
        residuals.mean,
        residuals.inverse_norm,
        residuals.fc,
        jnp.asarray(cotangent, x.dtype),
    )
