"""The relative exponential as one recognisable function, whichever version of brainunit traced it."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
from jax.extend.core import JaxprEqn

__all__ = ['is_exprel', 'is_exprel_slope', 'lane_exprel', 'lane_exprel_slope']

_THEIRS = '_exprel_cjvp'


def is_exprel(eqn: JaxprEqn) -> bool:
    """Whether an equation computes ``(exp(x) - 1) / x``."""
    return eqn.primitive.name == 'exprel' or _called(eqn) in (_THEIRS, 'lane_exprel')


def is_exprel_slope(eqn: JaxprEqn) -> bool:
    """Whether an equation computes the derivative of the relative exponential."""
    return _called(eqn) == 'lane_exprel_slope'


def _called(eqn: JaxprEqn) -> str:
    if eqn.primitive.name not in ('custom_jvp_call', 'jit', 'pjit'):
        return ''
    called = eqn.params['call_jaxpr' if 'call_jaxpr' in eqn.params else 'jaxpr']
    return str(getattr(called, 'jaxpr', called).debug_info.func_name)


@jax.custom_jvp
def lane_exprel(x: Any) -> Any:
    """``(exp(x) - 1) / x``, one at zero."""
    safe = jnp.where(x == 0, jnp.ones_like(x), x)
    return jnp.where(x == 0, jnp.ones_like(x), jnp.expm1(safe) / safe)


@lane_exprel.defjvp
def _lane_exprel_jvp(primals: Any, tangents: Any) -> Any:
    (x,), (tangent,) = primals, tangents
    y = lane_exprel(x)
    return y, tangent * lane_exprel_slope(x, y)


@jax.jit
def lane_exprel_slope(x: Any, y: Any) -> Any:
    """The derivative: a power series near zero, where the closed form cancels."""
    near = jnp.abs(x) < 0.7
    # the sum over k of (k + 1) / (k + 2)! x^k
    terms = 10 if x.dtype == jnp.float32 else 18
    series = jnp.zeros_like(x)
    for k in reversed(range(terms)):
        series = series * x + jnp.asarray((k + 1) / math.factorial(k + 2), x.dtype)
    safe = jnp.where(near, jnp.ones_like(x), x)
    # exp(x) = 1 + x y, so that the slope (exp(x) - y) / x needs no second exponential
    return jnp.where(near, series, y + (1 - y) / safe)
