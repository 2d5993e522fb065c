"""Gradients of chaotic models: the warning that names them, the window that helps."""

import warnings

import brainstate
import braintools
import brainunit as u
import jax.numpy as jnp
import numpy as np
import pytest
from brainstate.nn import Param

import brainfit_fast as bf

DT = 1.0 * u.ms
STEPS = 160


@pytest.fixture(autouse=True)
def double(x64):
    with brainstate.environ.context(precision=64, dt=DT):
        yield


class Logistic(brainstate.nn.Dynamics):
    """x <- r x (1 - x): chaotic at r = 3.9 (Lyapunov exponent 0.5), at rest below 3."""

    def __init__(self, r):
        super().__init__(2)
        self.r = Param(r)

    def init_state(self, *args, **kwargs):
        self.x = brainstate.HiddenState(jnp.array([0.3, 0.4]))

    def update(self):
        x = self.x.value
        self.x.value = self.r.value() * x * (1.0 - x)
        return self.x.value


PREDICT = bf.Predict(STEPS * DT, dt=DT, monitors='x')
TARGET = np.full((STEPS, 2), 0.5)


def fit(r=3.9, n_steps=3, optimizer=None, scale=1.0, run=None, **options):
    optimizer = braintools.optim.Adam(lr=1e-3) if optimizer is None else optimizer

    def objective(prediction, target):
        return scale * jnp.mean((prediction - target) ** 2)

    fitter = bf.Fitter(Logistic(r), optimizer, predict=PREDICT, objective=objective, **options)
    return fitter.fit(TARGET, n_steps, **(run or {}))


def test_chaos_is_named_with_its_remedy():
    with pytest.warns(RuntimeWarning, match=r'explodes through time.*gradient_window=10 .*clip'):
        result = fit()
    assert result.grad_norms.max() > 1e10
    with pytest.warns(RuntimeWarning, match='explodes through time') as seen:
        fit(run={'n_restarts': 2, 'seed': 0})
    assert sum('explodes' in str(w.message) for w in seen) == 1


@pytest.mark.parametrize(
    'options',
    [
        {'r': 2.8},
        {'r': 2.8, 'scale': 1e6},
        {'gradient_window': 10},
        {'gradient_window': 10.0 * u.ms},
    ],
)
def test_no_warning_without_growth(options):
    """At rest, with a large gradient for another reason, and with a window."""
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        result = fit(**options)
    assert result.status == 'finished'
    if 'gradient_window' in options:
        assert result.grad_norms.max() < 1e4


@pytest.mark.filterwarnings('ignore:.*explodes')
def test_window_makes_a_chaotic_fit_go_down():
    """SGD on the mean square: the windowed gradient leads towards calmer r, the full one out of the numbers."""
    cut = fit(n_steps=60, gradient_window=4, optimizer=braintools.optim.SGD(lr=0.05))
    assert cut.status == 'finished'
    assert min(cut.history[30:]) < 0.75 * cut.history[0]
    with pytest.warns(RuntimeWarning, match='ended early'):
        whole = fit(n_steps=60, optimizer=braintools.optim.SGD(lr=0.05))
    assert whole.status == 'diverged' and whole.best_step == 0


def test_a_window_changes_no_loss():
    assert fit(2.8, 1).history[0] == pytest.approx(
        fit(2.8, 1, gradient_window=7).history[0], rel=1e-12
    )


def test_a_window_does_not_stream():
    brainstate.random.seed(0)
    node = bf.HopfStep(3, a=Param(0.1))
    net = bf.Network(node, conn=np.ones((3, 3)), coupled_var='x', k=Param(0.1))
    predict = bf.Predict(3.0 * u.ms, dt=0.1 * u.ms, monitors='node.x')
    target = np.random.default_rng(0).normal(size=(30, 3))
    options = {'predict': predict, 'objective': bf.objectives.fc_corr(as_loss=True)}
    cut = bf.Fitter(net, gradient_window=10, **options).fit(target, 2)
    assert not cut.fused and 'window' in cut.fusion
    assert bf.Fitter(net, **options).fit(target, 2).fused


def test_bad_window():
    with pytest.raises(ValueError, match='gradient_window: given -3'):
        bf.Fitter(Logistic(3.0), predict=PREDICT, gradient_window=-3)
