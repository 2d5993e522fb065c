"""The gateway to Pallas: one kernel through it, on every supported version."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from brainfit_fast.core import pallas


@pytest.mark.parametrize(('n', 'expected'), [(1, 1), (2, 2), (3, 4), (100, 128), (128, 128)])
def test_next_power_of_two(n, expected):
    assert pallas.next_power_of_two(n) == expected


def doubling(interpret):
    def kernel(x, out):
        out[:] = 2 * x[:]

    return pallas.triton_call(
        kernel,
        name='brainfit_fast_doubling_triton',
        grid=(2,),
        in_specs=[pallas.pl().BlockSpec((16,), lambda i: (i,))],
        out_specs=pallas.pl().BlockSpec((16,), lambda i: (i,)),
        out_shape=jax.ShapeDtypeStruct((32,), jnp.float32),
        interpret=interpret,
    )


def test_interpreted_kernel():
    assert pallas.available() == (True, '')
    x = jnp.arange(32.0)
    np.testing.assert_array_equal(doubling(True)(x), 2 * x)


def test_the_compiled_form_chooses_triton_explicitly():
    jaxpr = str(jax.make_jaxpr(doubling(False))(jnp.arange(32.0)))
    assert 'brainfit_fast_doubling_triton' in jaxpr and 'num_warps=4' in jaxpr
