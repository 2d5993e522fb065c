"""The equations of a traced program, those inside others included."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jax

__all__ = ['equations']


def equations(jaxpr: Any, around: tuple[str, ...] = ()) -> Iterator[tuple[Any, tuple[str, ...]]]:
    """Go through a program and everything in it; what Pallas kernels are made of is left out.

    Parameters
    ----------
    jaxpr : jax.extend.core.Jaxpr
    around : tuple of str, optional
        Names of the primitives that it stands in.

    Yields
    ------
    eqn : jax.extend.core.JaxprEqn
    around : tuple of str
        Names of the primitives that it stands in, from the outside.

    Examples
    --------
    >>> import jax
    >>> from brainfit_fast.testing import equations
    >>> traced = jax.make_jaxpr(jax.jit(lambda x: 2 * x))(1.0)
    >>> [(eqn.primitive.name, len(around)) for eqn, around in equations(traced.jaxpr)]
    [('jit', 0), ('mul', 1)]
    """
    for eqn in jaxpr.eqns:
        yield eqn, around
        name = eqn.primitive.name
        if name == 'pallas_call':
            continue
        for value in jax.tree.leaves(
            list(eqn.params.values()), is_leaf=lambda p: hasattr(p, 'eqns')
        ):
            inner = getattr(value, 'jaxpr', value)
            if hasattr(inner, 'eqns'):
                yield from equations(inner, (*around, name))
