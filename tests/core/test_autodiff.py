"""Guards against derivatives that a kernel does not have."""

import jax
import jax.numpy as jnp
import pytest

from brainfit_fast.core.autodiff import first_order_only, reverse_only
from brainfit_fast.core.errors import ForwardModeError, HigherOrderError


def guarded(x):
    return jnp.sum(jnp.sin(reverse_only(x, 'toy')))


X = jnp.arange(3.0)


@pytest.mark.parametrize(
    'gradient',
    [
        jax.grad(guarded),
        jax.jit(jax.grad(guarded)),
        jax.grad(jax.jit(guarded)),
        jax.grad(jax.checkpoint(guarded)),
        lambda x: jax.vmap(jax.grad(guarded))(x[None])[0],
        lambda x: jax.grad(lambda a: jnp.sum(jax.vmap(guarded)(a)))(x[None])[0],
        lambda x: jax.jacrev(lambda a: jnp.sin(reverse_only(a, 'toy')))(x).sum(0),
    ],
)
def test_reverse_mode_passes(gradient):
    assert jnp.array_equal(gradient(X), jnp.cos(X))


@pytest.mark.parametrize('jit', [False, True])
@pytest.mark.parametrize(
    'derivative',
    [
        lambda x: jax.jvp(guarded, (x,), (x,)),
        lambda x: jax.jacfwd(guarded)(x),
        lambda x: jax.linearize(guarded, x)[1](x),
        lambda x: jax.vmap(lambda a: jax.jvp(guarded, (a,), (a,)))(x[None]),
    ],
)
def test_forward_mode_raises(derivative, jit):
    with pytest.raises(ForwardModeError, match=r"toy: forward-mode .*use\('reference'\)"):
        (jax.jit(derivative) if jit else derivative)(X)


def test_forward_mode_along_nothing_passes():
    value, tangent = jax.jvp(lambda b: guarded(X) * b, (2.0,), (1.0,))
    assert jnp.allclose(tangent, guarded(X)) and jnp.allclose(value, 2 * guarded(X))


def test_values_pass_every_transformation():
    assert jnp.array_equal(jax.jit(jax.vmap(lambda a: reverse_only(a, 'toy')))(X), X)


def test_any_derivative_of_a_rule_raises():
    with pytest.raises(HigherOrderError, match=r"toy: a second derivative .*use\('reference'\)"):
        jax.grad(lambda x: first_order_only(x, 'toy'))(1.0)
    assert first_order_only(1.0, 'toy') == 1.0
