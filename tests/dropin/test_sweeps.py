"""Sweeps that a script writes around Simulator.run stay on the kernels. Seed 3 in each run, float32."""

import brainmass
import brainstate
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import brainfit_fast as bf

pytestmark = pytest.mark.slow

KS = jnp.linspace(0.1, 0.9, 4)


def each_in_turn(run):
    return jnp.stack([run(k) for k in KS])


SWEEPS = {
    'Python': each_in_turn,
    'jax.vmap': lambda run: jax.vmap(run)(KS),
    'vmap': lambda run: brainstate.transform.vmap(run)(KS),
    'jit of vmap': lambda run: brainstate.transform.jit(brainstate.transform.vmap(run))(KS),
    'map': lambda run: brainstate.transform.map(run, KS),
    'for_loop': lambda run: brainstate.transform.for_loop(run, KS),
    'gradients': lambda run: jax.vmap(jax.grad(lambda k: jnp.mean(run(k) ** 2)))(KS),
}


@pytest.mark.parametrize('rebuilt', [True, False])
@pytest.mark.parametrize('sweep', SWEEPS.values(), ids=SWEEPS)
def test_sweeps(sweep, rebuilt, made):
    """Within 1e-5 of the largest value: eight roundings for each root of 60 steps."""
    if not rebuilt and sweep is SWEEPS['gradients']:
        pytest.skip('a model that outlives the gradient keeps its tracer, in both libraries')
    model = made.network()

    def run(k):
        brainstate.random.seed(3)
        net = made.network() if rebuilt else model
        net.coupling.k.set_value(k)
        return brainmass.Simulator(net).run(6.0 * u.ms, monitors=lambda m: m.node.x.value)['output']

    expected = np.asarray(sweep(run))
    model = made.network()
    bf.patch(strict=True)
    given = np.asarray(sweep(run))
    tallies = bf.patch_report().tallies
    assert tallies and {entry.implementation for entry in tallies} == {'cpu_ffi'}
    scale = np.abs(expected).max()
    np.testing.assert_allclose(given, expected, rtol=0, atol=1e-5 * scale)
