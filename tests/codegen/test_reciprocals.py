"""Divisions by what is the same at every step become products."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from brainfit_fast.codegen.inline import retraced
from brainfit_fast.codegen.reciprocals import with_reciprocals

X = np.linspace(-2.0, 3.0, 33)
TAU = np.linspace(0.7, 9.1, 33)


def rewritten(function, fixed, moving):
    """The rewritten jaxpr, after a check that it computes the same."""
    with jax.enable_x64(True):
        values = [*map(jnp.asarray, (*fixed, *moving))]
        whole = retraced(function, [jax.typeof(v) for v in values])
        new = with_reciprocals(whole, len(fixed))
        got = jax.core.eval_jaxpr(new, [], *values)
        np.testing.assert_allclose(got, function(*values), rtol=1e-15)
    return new


def counts(jaxpr):
    names = [eqn.primitive.name for eqn in jaxpr.eqns]
    return {name: names.count(name) for name in ('div', 'integer_pow', 'mul')}


def test_one_reciprocal_for_all_that_divide_by_a_value():
    new = rewritten(lambda tau, x: [x / tau, (x + 1) / tau], [TAU], [X])
    assert counts(new) == {'div': 0, 'integer_pow': 1, 'mul': 2}


def test_what_is_computed_from_fixed_values_is_fixed():
    new = rewritten(lambda a, b, x: [x / (a * b + 1)], [TAU, TAU], [X])
    assert counts(new) == {'div': 0, 'integer_pow': 1, 'mul': 2}


def test_a_number_in_the_equations():
    new = rewritten(lambda x: [x / 3.0], [], [X])
    assert counts(new) == {'div': 0, 'integer_pow': 0, 'mul': 1}


@pytest.mark.parametrize(
    'function',
    [
        lambda tau, x: [tau / x],  # by what varies
        lambda tau, x: [x + tau / 3.0],  # once, before the first step
        lambda tau, x: [x + (1.0 / tau)],
        lambda tau, x: [x * (jnp.int32(7) // 2)],  # of whole numbers
    ],
)
def test_other_divisions_stay(function):
    with jax.enable_x64(True):
        values = [jax.ShapeDtypeStruct(v.shape, v.dtype) for v in (TAU, X)]
        whole = retraced(function, values)
    assert counts(rewritten(function, [TAU], [X])) == counts(whole)


def test_division_by_zero_is_what_it_was():
    with jax.enable_x64(True):
        given = [jnp.zeros(3), jnp.asarray([1.0, -1.0, 0.0])]
        new = with_reciprocals(retraced(lambda p, x: [x / p], [jax.typeof(v) for v in given]), 1)
        got = jax.core.eval_jaxpr(new, [], *given)[0]
    np.testing.assert_array_equal(got, [np.inf, -np.inf, np.nan])
