"""brainmass's Jansen-Rit model with sub-steps and three delayed pathways runs on the kernels."""

import brainstate
import braintools
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from brainstate.nn import Param

import brainfit_fast as bf

brainmass = pytest.importorskip('brainmass')

N = 3
DT = 1e-4 * u.second
RNG = np.random.default_rng(2)
CONN, STEPS = RNG.random((N, N)) * (1.0 - np.eye(N)), RNG.integers(1, 5, (N, N)).astype(float)
WEIGHTS = RNG.standard_normal((N, N)) * 0.1


def output(lib, weights=None):
    """Seed 3; 50 updates of 10 sub-steps each."""
    start = braintools.init.Uniform(0.0, 1.0)
    with brainstate.environ.context(dt=DT):
        brainstate.random.seed(3)
        model = brainmass.JansenRitTR(
            N,
            delay=jnp.asarray(STEPS),
            sc=jnp.asarray(CONN),
            k=Param(1.0),
            w_ll=Param(jnp.asarray(WEIGHTS)),
            w_ff=jnp.asarray(WEIGHTS.T),
            w_bb=jnp.asarray(2.0 * WEIGHTS),
            g_l=1.0,
            g_f=1.0,
            g_b=1.0,
            state_init=start,
            delay_init=start,
        )
        if weights is not None:
            model.conn.w_ll.set_value(weights)
        return lib.Simulator(model, dt=DT).run(
            50 * DT, inputs=lambda i, t: jnp.ones(N) * jnp.sin(0.1 * i)
        )


def test_trajectory_and_gradient():
    ours, theirs = output(bf), output(brainmass)
    assert ours.implementation == 'cpu_ffi'
    theirs = np.asarray(theirs['output'])
    np.testing.assert_allclose(ours['output'], theirs, rtol=0, atol=1e-5 * np.abs(theirs).max())
    ours, theirs = (
        jax.grad(lambda w, lib=lib: (output(lib, w)['output'] ** 2).sum())(jnp.asarray(WEIGHTS))
        for lib in (bf, brainmass)
    )
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5 * np.abs(theirs).max())
