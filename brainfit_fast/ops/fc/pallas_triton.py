"""Functional connectivity by Pallas kernels through the Triton lowering.

XLA standardises and pads the time series in one elementwise pass; the kernels are the two
products, tile by tile, with the clip and the diagonal of the correlations in the first.
Everything a tile touches is padded to whole blocks beforehand, because Triton masks nothing.
"""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from brainfit_fast.core import device, pallas
from brainfit_fast.ops.fc.args import FcArgs, Forward, Residuals
from brainfit_fast.ops.fc.heuristics import blocks

__all__ = ['backward', 'declines', 'forward', 'supports']

FORWARD = 'brainfit_fast_fc_forward_triton'
BACKWARD = 'brainfit_fast_fc_backward_triton'


def declines(args: FcArgs) -> tuple[str, ...]:
    """Why the kernel is not the first choice.

    Parameters
    ----------
    args : FcArgs
        Checked input.

    Returns
    -------
    tuple of str
        Never empty: on a GPU the reference is one library call, and the kernel has not been
        measured against it.
    """
    if device.platform() != 'gpu':
        return ('needs a GPU; elsewhere it runs in interpret mode, when asked for by name',)
    return ('has not been measured on a GPU against the reference',)


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
    reasons = []
    facts = device.facts()
    dtypes = ('float32',) if facts.platform == 'gpu' else ('float32', 'float64')
    if args.x.dtype.name not in dtypes:
        reasons.append(f'takes {" and ".join(dtypes)}, not {args.x.dtype}')
    if facts.platform == 'gpu' and (facts.compute_capability or (0, 0)) < (8, 0):
        reasons.append(f'needs compute capability 8.0 or later, not that of {facts.kind}')
    ok, why = pallas.available()
    if not ok:
        reasons.append(why)
    return tuple(reasons)


def _dot(a: jax.Array, b: jax.Array, *, transpose: bool) -> jax.Array:
    """``a @ b`` or ``a.T @ b``; float32 as six products of bfloat16, which tensor cores form."""
    exact = lax.Precision.HIGHEST
    precision = lax.DotAlgorithmPreset.BF16_BF16_F32_X6 if a.dtype == jnp.float32 else exact
    return pallas.triton().dot(a, b, trans_a=transpose, precision=precision)


def _correlation_kernel(left: Any, right: Any, out: Any, *, block: int) -> None:
    """One tile of ``clip(z.T @ z)`` with ones on the diagonal."""
    pl = pallas.pl()
    size = out.shape[0]

    def add(step: jax.Array, total: jax.Array) -> jax.Array:
        rows = pl.ds(step * block, block)
        return total + _dot(left[rows, :], right[rows, :], transpose=True)

    tile = lax.fori_loop(0, left.shape[0] // block, add, jnp.zeros((size, size), out.dtype))
    tile = jnp.clip(tile, -1, 1)
    row = pl.program_id(1) * size + lax.broadcasted_iota(jnp.int32, (size, size), 0)
    column = pl.program_id(2) * size + lax.broadcasted_iota(jnp.int32, (size, size), 1)
    out[:, :] = jnp.where(row == column, jnp.ones_like(tile), tile)


def _product_kernel(left: Any, right: Any, out: Any, *, block: int) -> None:
    """One tile of ``z @ matrix``."""
    pl = pallas.pl()

    def add(step: jax.Array, total: jax.Array) -> jax.Array:
        inner = pl.ds(step * block, block)
        return total + _dot(left[:, inner], right[inner, :], transpose=False)

    zeros = jnp.zeros(out.shape, out.dtype)
    out[:, :] = lax.fori_loop(0, left.shape[1] // block, add, zeros)


def _padded(n: int, block: int) -> int:
    """``n`` rounded up to whole blocks."""
    return -(-n // block) * block


def _pad(a: jax.Array, rows: int, columns: int) -> jax.Array:
    """Zeros after the last row and column of the two trailing axes."""
    return jnp.pad(a, ((0, 0), (0, rows - a.shape[1]), (0, columns - a.shape[2])))


def _standardise(x: jax.Array, mean: jax.Array, inverse_norm: jax.Array) -> jax.Array:
    """Deviations of unit norm; zero for a region without a norm."""
    inverse = inverse_norm[:, None, :]
    return jnp.where(inverse > 0, ((x - x[:, :1]) - mean[:, None, :]) * inverse, 0)


def _statistics(x: jax.Array) -> tuple[jax.Array, jax.Array]:
    """``mean`` and ``inverse_norm`` as in Forward."""
    shifted = x - x[:, :1]
    mean = jnp.mean(shifted, axis=1)
    squares = jnp.sum((shifted - mean[:, None, :]) ** 2, axis=1)
    usable = (squares > 0) & jnp.isfinite(squares)
    return mean, jnp.where(usable, lax.rsqrt(jnp.where(usable, squares, 1)), 0)


def forward(x: jax.Array, *, interpret: bool = False) -> Forward:
    """Correlations and what the backward kernel needs.

    Parameters
    ----------
    x : jax.Array
        Time series ``[candidate, time, region]``.
    interpret : bool, optional
        Evaluate the kernel with XLA, on any device.

    Returns
    -------
    Forward
    """
    pl = pallas.pl()
    c, t, n = x.shape
    block = blocks(t, n)
    rows, columns = _padded(t, block.times), _padded(n, block.regions)
    mean, inverse_norm = _statistics(x)
    z = _pad(_standardise(x, mean, inverse_norm), rows, columns)
    tiles = columns // block.regions
    fc = pallas.triton_call(
        functools.partial(_correlation_kernel, block=block.times),
        name=FORWARD,
        grid=(c, tiles, tiles),
        in_specs=[
            pl.BlockSpec((None, rows, block.regions), lambda b, i, j: (b, 0, i)),
            pl.BlockSpec((None, rows, block.regions), lambda b, i, j: (b, 0, j)),
        ],
        out_specs=pl.BlockSpec((None, block.regions, block.regions), lambda b, i, j: (b, i, j)),
        out_shape=jax.ShapeDtypeStruct((c, columns, columns), x.dtype),
        num_warps=block.num_warps,
        interpret=interpret,
    )(z, z)
    return Forward(fc[:, :n, :n], mean, inverse_norm)


def backward(residuals: Residuals, cotangent: jax.Array, *, interpret: bool = False) -> jax.Array:
    """Gradient with respect to the time series.

    Parameters
    ----------
    residuals : Residuals
        From the forward pass.
    cotangent : jax.Array
        ``[candidate, region, region]``, of the correlations.
    interpret : bool, optional
        Evaluate the kernel with XLA, on any device.

    Returns
    -------
    jax.Array
        ``[candidate, time, region]``.
    """
    pl = pallas.pl()
    x, mean, inverse_norm, fc = residuals
    c, t, n = x.shape
    block = blocks(t, n)
    rows, columns = _padded(t, block.times), _padded(n, block.regions)
    z = _pad(_standardise(x, mean, inverse_norm), rows, columns)
    matrix = _pad(_adjoint_matrix(inverse_norm, fc, cotangent), columns, columns)
    dx = pallas.triton_call(
        functools.partial(_product_kernel, block=block.regions),
        name=BACKWARD,
        grid=(c, rows // block.times, columns // block.regions),
        in_specs=[
            pl.BlockSpec((None, block.times, columns), lambda b, i, j: (b, i, 0)),
            pl.BlockSpec((None, columns, block.regions), lambda b, i, j: (b, 0, j)),
        ],
        out_specs=pl.BlockSpec((None, block.times, block.regions), lambda b, i, j: (b, i, j)),
        out_shape=jax.ShapeDtypeStruct((c, rows, columns), x.dtype),
        num_warps=block.num_warps,
        interpret=interpret,
    )(z, matrix)
    return dx[:, :t, :n]


def _adjoint_matrix(inverse_norm: jax.Array, fc: jax.Array, cotangent: jax.Array) -> jax.Array:
    """The matrix M of ``dx = z @ M``: zero in the columns of regions without a norm."""
    usable = inverse_norm > 0
    diagonal = jnp.eye(fc.shape[1], dtype=bool)[None]
    pairs = usable[:, :, None] & usable[:, None, :] & ~diagonal
    both = jnp.where(pairs, cotangent + cotangent.mT, 0)
    along = jnp.sum(both * fc, axis=2, keepdims=True)
    return jnp.where(diagonal, -along, both) * inverse_norm[:, None, :]
