"""Guards that turn a derivative which a kernel does not have into a readable error.

A kernel comes with a hand-written reverse rule and nothing else. JAX's own messages for what
is missing name internals; these guards name the op and the way out.
"""

from __future__ import annotations

import functools
from typing import Any, NoReturn

import jax
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir

from brainfit_fast.core.errors import DifferentiationError, ForwardModeError, HigherOrderError

__all__ = ['first_order_only', 'not_differentiable', 'reverse_only']


def _forward_mode_error(op: str) -> ForwardModeError:
    return ForwardModeError(
        f'{op}: forward-mode differentiation (jax.jvp, jax.jacfwd, jax.linearize) went through a '
        f'kernel, which has a reverse rule only. Use reverse mode (jax.grad, jax.vjp, '
        f"jax.jacrev), or compute inside use('reference'), whose plain JAX has every mode."
    )


def _higher_order_error(op: str) -> HigherOrderError:
    return HigherOrderError(
        f'{op}: a second derivative (jax.hessian, jax.grad of jax.grad) went through a kernel, '
        f"which has a first derivative only. Compute it inside use('reference')."
    )


# The guard itself: an identity on values, whose tangent goes through the primitive below.
_guard_p = Primitive('brainfit_fast_guard')
_guard_p.def_impl(lambda x, *, op: x)
_guard_p.def_abstract_eval(lambda x, *, op: x)
mlir.register_lowering(_guard_p, lambda ctx, x, *, op: [x])
batching.defvectorized(_guard_p)

# A linear identity that can be transposed and nothing else: reverse mode only ever transposes
# it, forward mode has to evaluate, lower or batch it, and fails there.
_reverse_only_p = Primitive('brainfit_fast_reverse_only')


def _refuse(*args: Any, op: str) -> NoReturn:
    raise _forward_mode_error(op)


def _guard_jvp(primals: tuple, tangents: tuple, *, op: str) -> tuple:
    (tangent,) = tangents
    if not isinstance(tangent, ad.Zero):
        tangent = _reverse_only_p.bind(tangent, op=op)
    return _guard_p.bind(*primals, op=op), tangent


_reverse_only_p.def_impl(_refuse)
_reverse_only_p.def_abstract_eval(lambda x, *, op: x)
mlir.register_lowering(_reverse_only_p, _refuse)
ad.deflinear2(_reverse_only_p, lambda cotangent, x, *, op: (cotangent,))
batching.primitive_batchers[_reverse_only_p] = _refuse
ad.primitive_jvps[_guard_p] = _guard_jvp


def reverse_only(x: jax.Array, op: str) -> jax.Array:
    """Pass ``x`` on unchanged; differentiating it forwards raises.

    Parameters
    ----------
    x : jax.Array
        An input of a kernel, any shape.
    op : str
        Name for the message.

    Returns
    -------
    jax.Array
        ``x``.

    Raises
    ------
    ForwardModeError
        Under ``jax.jvp``, ``jax.jacfwd`` and ``jax.linearize``. Reverse mode passes.

    Examples
    --------
    >>> import jax
    >>> from brainfit_fast.core.autodiff import reverse_only
    >>> float(jax.grad(lambda x: reverse_only(x, 'op') ** 2)(3.0))
    6.0
    """
    return _guard_p.bind(jax.numpy.asarray(x), op=op)


@functools.partial(jax.custom_jvp, nondiff_argnums=(1,))
def first_order_only(x: jax.Array, op: str) -> jax.Array:
    """Pass ``x`` on unchanged; differentiating it in any mode raises.

    Parameters
    ----------
    x : jax.Array
        An input of the forward or backward rule of a kernel, any shape.
    op : str
        Name for the message.

    Returns
    -------
    jax.Array
        ``x``.

    Raises
    ------
    HigherOrderError
        When it is differentiated, which inside a derivative rule means a second derivative.
    """
    return x


@first_order_only.defjvp
def _first_order_only_jvp(op: str, primals: tuple, tangents: tuple) -> NoReturn:
    raise _higher_order_error(op)


@functools.partial(jax.custom_jvp, nondiff_argnums=(1,))
def not_differentiable(x: jax.Array, why: str) -> jax.Array:
    """Pass ``x`` on unchanged; differentiating it in any mode raises.

    For quantities that are piecewise constant: a gradient of zeros would stop a fit in silence.

    Parameters
    ----------
    x : jax.Array
        An input of such a quantity, any shape.
    why : str
        The message.

    Returns
    -------
    jax.Array
        ``x``.

    Raises
    ------
    DifferentiationError
        When it is differentiated.
    """
    return x


@not_differentiable.defjvp
def _not_differentiable_jvp(why: str, primals: tuple, tangents: tuple) -> NoReturn:
    raise DifferentiationError(why)
