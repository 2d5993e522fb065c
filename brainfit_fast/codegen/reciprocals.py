"""Divisions by what is the same at every step become products with a reciprocal that is computed once."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import Jaxpr, JaxprEqn, Literal

from .inline import bind_equation

__all__ = ['with_reciprocals']


def with_reciprocals(whole: Jaxpr, n_fixed: int) -> Jaxpr:
    """The same function to rounding; its first ``n_fixed`` inputs are the same at every step.

    A division takes about ten times as long as a product, and most equations of motion divide by time
    constants.
    """
    same = set(whole.invars[:n_fixed])
    for eqn in whole.eqns:
        if _are_in(same, eqn.invars):
            same.update(eqn.outvars)

    def run(*leaves: Any) -> list[Any]:
        env: dict[Any, Any] = dict(zip(whole.invars, leaves, strict=True))
        reciprocals: dict[Any, Any] = {}

        def value_of(a: Any) -> Any:
            return a.val if isinstance(a, Literal) else env[a]

        def reciprocal_of(a: Any) -> Any:
            if isinstance(a, Literal):
                return np.reciprocal(np.asarray(a.val, a.aval.dtype))
            if a not in reciprocals:
                reciprocals[a] = jax.lax.integer_pow(env[a], -1)
            return reciprocals[a]

        for eqn in whole.eqns:
            values = [value_of(a) for a in eqn.invars]
            if _divides_by(eqn, same):
                out = [jax.lax.mul(values[0], reciprocal_of(eqn.invars[1]))]
            else:
                out = bind_equation(whole, eqn, values)
            env.update(zip(eqn.outvars, out, strict=True))
        return [value_of(a) for a in whole.outvars]

    given = [jax.ShapeDtypeStruct(v.aval.shape, v.aval.dtype) for v in whole.invars]
    return jax.make_jaxpr(run)(*given).jaxpr


def _are_in(same: set[Any], invars: list[Any]) -> bool:
    variables = [a for a in invars if not isinstance(a, Literal)]
    return bool(variables) and all(a in same for a in variables)


def _divides_by(eqn: JaxprEqn, same: set[Any]) -> bool:
    """Whether something that varies is divided by what does not."""
    if eqn.primitive.name != 'div' or not jnp.issubdtype(eqn.outvars[0].aval.dtype, jnp.floating):
        return False
    above, below = (isinstance(a, Literal) or a in same for a in eqn.invars)
    return below and not above
