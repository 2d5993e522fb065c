"""The public function: check, choose an implementation, compute."""

from __future__ import annotations

import functools

import jax

from brainfit_fast.core import dispatch
from brainfit_fast.core.dispatch import Implementation
from brainfit_fast.ops.fc import cpu_ffi, pallas_triton, reference, vjp
from brainfit_fast.ops.fc.args import FcArgs

__all__ = ['IMPLEMENTATIONS', 'functional_connectivity', 'runs_on_kernel']

OP = 'fc'
IMPLEMENTATIONS = (
    Implementation('pallas_triton', pallas_triton.supports, pallas_triton.declines),
    Implementation('cpu_ffi', cpu_ffi.supports, cpu_ffi.declines),
    Implementation('reference'),
)
dispatch.declare_op(OP)


def functional_connectivity(x: jax.Array, *, implementation: str = 'auto') -> jax.Array:
    r"""Correlation between every two regions of a time series.

    .. math:: r_{ij} = \frac{\sum_t (x_{ti} - \bar x_i)(x_{tj} - \bar x_j)}
              {\sqrt{\sum_t (x_{ti} - \bar x_i)^2 \sum_t (x_{tj} - \bar x_j)^2}},
              \qquad r_{ii} = 1

    the Pearson correlation (K. Pearson, Proc. R. Soc. Lond. 58, 240, 1895). The value equals
    that of ``braintools``' ``functional_connectivity``.

    Parameters
    ----------
    x : array_like
        Time series ``(time, region)``, or one per candidate, ``(candidate, time, region)``.
        Any unit; it cancels.
    implementation : str, optional
        ``'auto'``, ``'reference'``, ``'cpu_ffi'`` or ``'pallas_triton'``. A named one serves
        or raises. Under ``'auto'`` :func:`brainfit_fast.use` decides, else the library: on a CPU
        ``'cpu_ffi'``, on a GPU the reference, for the Pallas kernel has not yet run on one.

    Returns
    -------
    jax.Array
        ``(region, region)`` or ``(candidate, region, region)``: within -1 and 1, with a unit
        diagonal, symmetric (the reference: to rounding).

    Raises
    ------
    ValueError
        If ``x`` has another number of axes or is empty, or the implementation is unknown.
    TypeError
        If ``x`` is complex or not numeric.
    ImplementationError
        If the implementation that was asked for cannot serve.
    ForwardModeError, HigherOrderError
        If a forward-mode or second derivative goes through a kernel; the reference has both.

    Notes
    -----
    A region that is constant, or holds a NaN or an infinity, correlates with nothing: zeros
    beside the diagonal, and a gradient of zero. (The derivative does not exist there.) So a
    finite result does not prove that the time series was finite.

    ``jax.vmap`` becomes the candidate axis. In a traced function the op is one equation, named
    ``brainfit_fast_fc``.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from brainfit_fast.ops.fc import functional_connectivity
    >>> t = jnp.arange(100.0)
    >>> x = jnp.stack([jnp.sin(t / 7), -jnp.sin(t / 7), jnp.ones(100)], axis=1)
    >>> print(jnp.round(functional_connectivity(x), 4))
    [[ 1. -1.  0.]
     [-1.  1.  0.]
     [ 0.  0.  1.]]
    """
    args = FcArgs.check(x)
    choice = dispatch.resolve(OP, IMPLEMENTATIONS, args, implementation)
    fc = brainfit_fast_fc(args.x, name=choice.name, interpret=choice.interpret)
    return fc if jax.numpy.ndim(x) == 3 else fc[0]


@functools.partial(jax.jit, static_argnames=('name', 'interpret'))
def brainfit_fast_fc(x: jax.Array, *, name: str, interpret: bool) -> jax.Array:
    """The op as one named equation, ``[candidate, time, region]`` in, correlations out."""
    if name == 'reference':
        return reference.functional_connectivity(x)
    return vjp.kernel_connectivity(x, name, interpret=interpret)


def runs_on_kernel(x: jax.ShapeDtypeStruct) -> bool:
    """Whether a kernel would serve, which differentiates in reverse mode only.

    Parameters
    ----------
    x : jax.ShapeDtypeStruct
        Shape and type of the time series, ``(candidate, time, region)``.

    Returns
    -------
    bool
    """
    return dispatch.resolve(OP, IMPLEMENTATIONS, FcArgs(x)).name != 'reference'  # type: ignore[arg-type]
