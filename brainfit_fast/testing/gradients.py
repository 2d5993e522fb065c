"""Two independent checks of a derivative: difference quotients, and the adjoint identity."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

__all__ = ['assert_adjoint', 'assert_matches_differences']


def assert_matches_differences(
    function: Callable[[jax.Array], jax.Array],
    x: jax.Array,
    *,
    step: float = 1e-4,
    rtol: float = 1e-7,
    directions: int = 4,
    seed: int = 0,
) -> None:
    """Compare reverse-mode derivatives with difference quotients along random directions.

    Parameters
    ----------
    function : callable
        From one float64 array to one float64 array.
    x : jax.Array
        Where to differentiate.
    step : float, optional
        Length of the step along a direction of unit norm, in units of the largest ``x``.
    rtol : float, optional
        Allowed error of one directional derivative, relative to the norm of the gradient.
        The quotient is of fourth order, so the default leaves room for little else than
        its rounding.
    directions, seed : int, optional
        How many directions, and the seed that they and the cotangent are drawn with.

    Raises
    ------
    TypeError
        If ``x`` is not float64: difference quotients say nothing in lower precision.
    AssertionError
        With the derivative and the quotient that disagree.

    Examples
    --------
    >>> import jax, jax.numpy as jnp
    >>> from brainfit_fast.testing import assert_matches_differences
    >>> with jax.enable_x64(True):
    ...     assert_matches_differences(jnp.sin, jnp.arange(3.0))
    """
    if x.dtype != jnp.float64:
        raise TypeError(f'x is {x.dtype}: difference quotients need float64 (jax.enable_x64)')
    rng = np.random.default_rng(seed)
    value, pull = jax.vjp(function, x)
    weight = jnp.asarray(rng.normal(size=value.shape))
    (gradient,) = pull(weight)
    norm = float(jnp.linalg.norm(gradient.ravel()))
    h = step * max(float(jnp.max(jnp.abs(x))), 1e-30)
    evaluate = jax.jit(lambda a: jnp.vdot(weight, function(a)))
    for _ in range(directions):
        normal = rng.normal(size=x.shape)
        along = jnp.asarray(normal / np.linalg.norm(normal))
        near = evaluate(x + h * along) - evaluate(x - h * along)
        far = evaluate(x + 2 * h * along) - evaluate(x - 2 * h * along)
        quotient = float(8 * near - far) / (12 * h)
        derivative = float(jnp.vdot(gradient, along))
        if not abs(derivative - quotient) <= rtol * norm:
            raise AssertionError(
                f'directional derivative {derivative:.10e}, difference quotient {quotient:.10e}: '
                f'they differ by {abs(derivative - quotient):.2e}, more than {rtol:.0e} of the '
                f'gradient norm {norm:.3e}'
            )


def assert_adjoint(
    forward: Callable[[jax.Array], jax.Array],
    reverse: Callable[[jax.Array], jax.Array],
    x: jax.Array,
    *,
    rtol: float = 1e-10,
    seed: int = 0,
) -> None:
    """Check that reverse mode is the transpose of forward mode: <A v, w> = <v, A' w>.

    Parameters
    ----------
    forward : callable
        Whose Jacobian A is applied by ``jax.jvp``: the reference, where a kernel has no
        forward mode.
    reverse : callable
        Whose transposed Jacobian is applied by ``jax.vjp``: the function under test.
    x : jax.Array
        Where both are linearised.
    rtol : float, optional
        Allowed difference of the two products, relative to the norms of their factors.
    seed : int, optional
        Of the random v and w.

    Raises
    ------
    AssertionError
        With both products.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from brainfit_fast.testing import assert_adjoint
    >>> assert_adjoint(jnp.sin, jnp.sin, jnp.arange(3.0), rtol=1e-6)
    """
    rng = np.random.default_rng(seed)
    v = jnp.asarray(rng.normal(size=x.shape), x.dtype)
    _, pushed = jax.jvp(forward, (x,), (v,))
    w = jnp.asarray(rng.normal(size=pushed.shape), pushed.dtype)
    (pulled,) = jax.vjp(reverse, x)[1](w)
    left, right = float(jnp.vdot(pushed, w)), float(jnp.vdot(v, pulled))
    scale = float(jnp.linalg.norm(pushed.ravel()) * jnp.linalg.norm(w.ravel()))
    if not abs(left - right) <= rtol * scale:
        raise AssertionError(
            f"<A v, w> = {left:.12e} and <v, A' w> = {right:.12e} differ by more than "
            f'{rtol:.0e} of {scale:.3e}'
        )
