"""Fixtures for the node models: precision, and seeded runs of a single node."""

import brainstate
import brainunit as u
import jax
import numpy as np
import pytest

STEPS = 200
DT = 0.1 * u.ms

# Largest error allowed against a twin, relative to the largest value of the trajectory.
TOLERANCE = {32: 1e-5, 64: 1e-10}


@pytest.fixture(params=[32, 64], ids=['float32', 'float64'])
def precision(request):
    """Bits of every float inside the test."""
    with brainstate.environ.context(precision=request.param):
        assert jax.numpy.zeros(()).dtype == np.dtype(f'float{request.param}')
        yield request.param


@pytest.fixture
def double():
    """Float64 inside the test."""
    with brainstate.environ.context(precision=64):
        assert jax.numpy.zeros(()).dtype == np.float64
        yield


@pytest.fixture
def tolerance(precision):
    """Tolerance that belongs to the precision."""
    return TOLERANCE[precision]


@pytest.fixture
def run():
    """Seed, initialise, step: the returned value and every state at every step."""

    def run(node, inputs, *, seed, steps=STEPS, dt=DT, batch_size=None):
        brainstate.random.seed(seed)
        brainstate.nn.init_all_states(node, batch_size=batch_size)
        states = node.states(brainstate.HiddenState)

        def step(i, *given):
            with brainstate.environ.context(i=i, t=i * dt, dt=dt):
                out = node.update(*given)
                return out, {path: state.value for path, state in states.items()}

        return brainstate.transform.for_loop(step, np.arange(steps), *inputs)

    return run


@pytest.fixture
def assert_close():
    """Same tree, units, shapes and dtypes; error relative to the largest value of each leaf."""

    def assert_close(ours, twin, rtol):
        leaves, tree = jax.tree.flatten(ours, is_leaf=lambda x: isinstance(x, u.Quantity))
        twins, twin_tree = jax.tree.flatten(twin, is_leaf=lambda x: isinstance(x, u.Quantity))
        assert tree == twin_tree
        assert leaves
        for a, b in zip(leaves, twins, strict=True):
            assert u.get_unit(a) == u.get_unit(b)
            a, b = np.asarray(u.get_mantissa(a)), np.asarray(u.get_mantissa(b))
            assert a.shape == b.shape
            assert a.dtype == b.dtype
            assert np.isfinite(b).all()
            assert np.abs(b).max() > 0
            assert np.abs(a - b).max() <= rtol * np.abs(b).max()

    return assert_close
