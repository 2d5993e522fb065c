"""Seeded series for the objective tests, in both precisions."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest


@pytest.fixture(params=['float32', 'float64'])
def precision(request):
    """Run a test in one precision; yields the dtype's name."""
    with jax.enable_x64(request.param == 'float64'):
        yield request.param


@pytest.fixture
def x64():
    """Run a test in float64."""
    with jax.enable_x64(True):
        yield 'float64'


def make_pair(dtype, n_time=200, n_regions=6, seed=0):
    """Two correlated series (time, regions) whose regions share signals of changing strength."""
    rng = np.random.default_rng(seed)
    envelope = 1.0 + np.sin(np.arange(n_time) / 25.0)[:, None]
    shared = rng.standard_normal((n_time, 2)) @ rng.standard_normal((2, n_regions))
    prediction = envelope * shared + rng.standard_normal((n_time, n_regions))
    target = envelope * shared + 1.5 * rng.standard_normal((n_time, n_regions))
    return jnp.asarray(prediction, dtype), jnp.asarray(target, dtype)


@pytest.fixture
def pair():
    """The function that makes a prediction and a target."""
    return make_pair
