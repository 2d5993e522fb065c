"""The patch is off before and after each test; models small enough to run in a moment."""

from collections.abc import Iterator
from types import SimpleNamespace

import brainmass
import brainstate
import braintools
import brainunit as u
import jax.numpy as jnp
import numpy as np
import pytest
from brainstate.nn import Param, SigmoidT

import brainfit_fast as bf

DT = 0.1 * u.ms


@pytest.fixture(autouse=True)
def unpatched() -> Iterator[None]:
    with brainstate.environ.context(dt=DT):
        yield
    bf.unpatch()


def hopf(n: int = 3, **settings) -> brainmass.HopfStep:
    return brainmass.HopfStep(
        n,
        a=Param(0.1, t=SigmoidT(-1.0, 1.0)),
        w=0.3,
        init_x=braintools.init.Constant(0.3),
        **settings,
    )


def network(n: int = 5) -> brainmass.Network:
    draw = np.random.RandomState(1)
    node = hopf(n, noise_x=brainmass.OUProcess(n, sigma=0.05, tau=5.0 * u.ms))
    return brainmass.Network(
        node,
        conn=draw.rand(n, n),
        distance=draw.rand(n, n) * 10,
        speed=5.0,
        coupled_var='x',
        k=0.2,
    )


def pink(n: int = 4) -> brainmass.HopfStep:
    """A node whose noise is made by a Fourier transform over regions, which no kernel has."""
    return hopf(n, noise_x=brainmass.PinkNoise(n, sigma=0.1))


def run(model, steps: int = 60, **options):
    return brainmass.Simulator(model, dt=DT).run(steps * DT, **options)


def predict(model):
    return run(model, monitors=lambda m: getattr(m, 'node', m).x.value)['output']


def fitter(model=None, backend: str = 'grad', **settings) -> brainmass.Fitter:
    optimizer = {
        'grad': braintools.optim.Adam(lr=0.05),
        'nevergrad': {'method': 'DE', 'n_sample': 4},
        'scipy': {'method': 'L-BFGS-B'},
    }[backend]
    settings = {'predict': predict, 'objective': brainmass.objectives.timeseries_rmse(), **settings}
    if 'loss_fn' in settings:
        del settings['predict']
    return brainmass.Fitter(model or network(), optimizer, backend=backend, **settings)


@pytest.fixture
def made() -> SimpleNamespace:
    """What tests build."""
    return SimpleNamespace(
        hopf=hopf, network=network, pink=pink, run=run, predict=predict, fitter=fitter,
        target=jnp.asarray(np.random.RandomState(0).rand(60, 5), jnp.float32),
    )  # fmt: skip
