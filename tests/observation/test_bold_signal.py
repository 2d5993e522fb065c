"""``BOLDSignal`` against brainmass 0.1.1, on series of seed 0."""

import brainmass
import brainstate
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from brainstate.nn import Param

import brainfit_fast as bf


@pytest.fixture(params=[32, 64])
def rtol(request):
    with brainstate.environ.context(precision=request.param):
        yield {32: 2e-5, 64: 1e-10}[request.param]


def stepped(model, z, batch_size=None, dt=1e-2):
    """BOLD after each step, and the states at the end."""
    with brainstate.environ.context(dt=dt):
        brainstate.nn.init_all_states(model, *(() if batch_size is None else (batch_size,)))

        def step(own):
            model.update(own)
            return model.bold()

        seen = brainstate.transform.for_loop(step, z)
    return seen, [state.value for state in (model.x, model.f, model.v, model.q)]


@pytest.mark.parametrize(
    'settings',
    [
        {},
        {'gamma': 0.5, 'k': 0.7, 'alpha': 0.3, 'tau': 1.1, 'rho': 0.4, 'V0': 0.04},
        {'rho': lambda shape: jnp.linspace(0.3, 0.4, shape[0]), 'tau': 1.2},
        {'init': lambda shape, *_: jnp.full(shape, 1.1)},
    ],
    ids=['default', 'given', 'regional', 'init'],
)
@pytest.mark.parametrize(('n', 'batch'), [(1, None), (2, None), (33, None), (3, 2)])
def test_bold_signal_is_brainmasss(n, batch, settings, rtol):
    shape = (600, n) if batch is None else (600, batch, n)
    z = jnp.asarray(np.random.default_rng(0).uniform(0, 1, shape), brainstate.environ.dftype())
    found, states = stepped(bf.BOLDSignal(n, **settings), z, batch)
    expected, theirs = stepped(brainmass.BOLDSignal(n, **settings), z, batch)
    assert found.dtype == expected.dtype
    scale = np.abs(np.asarray(expected)).max()
    np.testing.assert_allclose(found, expected, atol=rtol * scale)
    for own, other in zip(states, theirs, strict=True):
        np.testing.assert_allclose(own, other, rtol=rtol)


def test_bold_signal_at_its_start_and_at_rest():
    """All states at one; the signal is 2 V0 (1 - 1 / rho) there."""
    model = bf.BOLDSignal(2)
    brainstate.nn.init_all_states(model)
    assert model.x.value.tolist() == [1.0, 1.0]
    np.testing.assert_allclose(model.bold(), 0.04 * (1 - 1 / 0.34), rtol=1e-6)


def test_dt_of_bold_signal_may_be_a_time():
    z = jnp.ones((20, 3))
    plain, _ = stepped(bf.BOLDSignal(3), z, dt=1e-2)
    np.testing.assert_allclose(
        stepped(bf.BOLDSignal(3), z, dt=10.0 * u.ms)[0], plain, rtol=1e-6, atol=1e-7
    )


def test_bold_signal_in_a_run(fastest):
    z = np.random.default_rng(0).uniform(0, 1, (500, 3)).astype(np.float32)
    with bf.use(fastest):
        result = bf.Simulator(bf.BOLDSignal(3), dt=10.0 * u.ms).run(
            5.0 * u.second, inputs=z, monitors=lambda m: m.bold()
        )
    assert result.implementation == fastest
    expected, _ = stepped(brainmass.BOLDSignal(3), z)
    np.testing.assert_allclose(result['output'], expected, atol=2e-6)


def test_a_parameter_of_bold_signal_is_trainable():
    """float64."""
    z = np.random.default_rng(0).uniform(0, 1, (300, 3))

    def last(tau):
        return stepped(bf.BOLDSignal(3, tau=Param(tau)), z)[0][-1].sum()

    with brainstate.environ.context(precision=64):
        slope = jax.grad(last)(jnp.asarray(0.98))
        difference = (last(0.98 + 1e-5) - last(0.98 - 1e-5)) / 2e-5
    np.testing.assert_allclose(slope, difference, rtol=1e-6)


def test_bold_signal_of_a_wrong_size():
    for library in (bf, brainmass):
        with pytest.raises(ValueError, match='shape'):
            library.BOLDSignal(3, rho=jnp.ones(4))
