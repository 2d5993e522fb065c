"""brainfit_fast and brainmass: one script for both, as their users write it.

A run or a loss is a pure function of weights, a and k, so that all three are arguments of the compiled
program and it is compiled once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import brainstate
import braintools
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
from brainstate.nn import Param

import brainfit_fast as bf
from brainfit_fast.fitting.loss import loss_program
from brainfit_fast.fitting.points import Points
from brainfit_fast.fitting.space import Space

from .problem import DT, OMEGA, SIGMA, SPEED, START, Problem

__all__ = [
    'batch',
    'fc',
    'fit',
    'fitted',
    'fitter_loss',
    'forward',
    'loss',
    'network',
    'search',
    'seed',
    'set_up',
    'simulator_run',
]


def _start(shape: Any, **_: Any) -> Any:
    return jnp.full(shape, START, brainstate.environ.dftype())


def _x(model: Any) -> Any:
    return model.node.x.value


def network(lib: Any, p: Problem, weights: Any, a: Any, k: Any, w: Any = OMEGA) -> Any:
    """The model in ``lib``; ``a``, ``k`` and ``w`` may be Params."""
    noise = {}
    if p.noise:
        noise = {name: lib.GaussianNoise(p.n, sigma=SIGMA) for name in ('noise_x', 'noise_y')}
    node = lib.HopfStep(p.n, a=a, w=w, init_x=_start, method=p.method, **noise)
    # zeros are what brainmass itself takes for "no delay"; made by it they cannot be built under jit
    none = {} if lib is bf else {'distance': np.zeros((p.n, p.n)), 'speed': SPEED}
    wiring = {'distance': p.distances, 'speed': SPEED} if p.delay else none
    return lib.Network(node, conn=weights, coupled_var='x', k=k, delay_init=_start, **wiring)


def _samples(lib: Any, p: Problem, weights: Any, a: Any, k: Any, transient: int = 0) -> Any:
    """x ``(time, N)`` of one run."""
    sim = lib.Simulator(network(lib, p, weights, a, k), dt=DT * u.ms)
    wanted = {'monitors': _x, 'transient': transient, 'sample_every': p.every}
    return sim.run(p.steps * DT * u.ms, **wanted)['output']


def set_up(dtype: str) -> None:
    """Tell brainstate the precision and the time step, once for the process."""
    brainstate.environ.set(precision=64 if dtype == 'float64' else 32, dt=DT * u.ms)


def seed() -> None:
    """Start brainstate's random stream anew, so that both libraries draw the same noise."""
    brainstate.random.seed(7)


def forward(lib: Any, p: Problem) -> Callable[[], Any]:
    """A compiled run that returns every sample of x: ``(time, [candidate,] N)``."""

    def single(weights: Any, a: Any, k: Any) -> Any:
        return _samples(lib, p, weights, a, k)

    def batched(weights: Any, a: Any, k: Any) -> Any:
        if lib is not bf:
            return jax.vmap(single, (None, 0, 0), out_axes=1)(weights, a, k)
        sim = bf.Simulator(network(bf, p, weights, a[0], k[0]), dt=DT * u.ms)
        wanted = {'monitors': _x, 'sample_every': p.every, 'candidates': {'node.a': a, 'k': k}}
        return sim.run(p.steps * DT * u.ms, **wanted)['output']

    # noise writes brainstate's random key, of which jax.jit knows nothing
    jit: Any = brainstate.transform.jit if p.noise else jax.jit
    run = jit(batched if p.candidates else single)
    return lambda: run(*p.arguments)


def simulator_run(lib: Any, p: Problem, jit: bool) -> Callable[[], Any]:
    """``Simulator.run`` of a model that was built once, with or without a ``jit`` around it."""
    sim = lib.Simulator(network(lib, p, p.weights, *p.parameters), dt=DT * u.ms)

    def run() -> Any:
        return sim.run(p.steps * DT * u.ms, monitors=_x, sample_every=p.every)['output']

    return brainstate.transform.jit(run) if jit else run


def loss(lib: Any, p: Problem, conn: bool) -> Callable[[], Any]:
    """Value and gradient of the library's own FC objective, compiled; of the weights too if ``conn``."""
    objective = lib.objectives.fc_corr(as_loss=True)
    target = bf.objectives.targets.fc(np.corrcoef(p.series.T)) if lib is bf else p.series

    def single(weights: Any, a: Any, k: Any) -> Any:
        # weights that are differentiated are a Param, as a fit would have them
        wiring = Param(weights) if conn else weights
        return objective(_samples(lib, p, wiring, a, k, p.transient), target)

    gradient = jax.value_and_grad(single, (0, 1, 2) if conn else (1, 2))
    run = jax.jit(jax.vmap(gradient, (None, 0, 0)) if p.candidates else gradient)
    return lambda: run(*p.arguments)


def fitted(p: Problem, lib: Any, conn: bool = False) -> Any:
    """The network with trainable parameters."""
    weights, a, k = p.arguments
    return network(lib, p, Param(weights) if conn else weights, Param(a), Param(k))


def fitter_loss(p: Problem, conn: bool) -> Callable[[], Any]:
    """Value and gradient as brainfit_fast's Fitter compiles them: simulation and objective fused."""
    net = fitted(p, bf, conn)
    predict = _predict(p)
    objective = bf.objectives.fc_corr(as_loss=True)
    target = bf.objectives.targets.fc(np.corrcoef(p.series.T))
    program = loss_program(net, lambda: (objective(predict(net), target), None))
    weights, carried = program.weight_values(), program.carried_values()
    run = jax.jit(jax.value_and_grad(lambda w, c: program.value(w, c)[0]))

    def call() -> Any:
        value, gradient = run(weights, carried)
        by_name = {str(path): leaf for path, leaf in gradient.items()}
        order = [name for key in ("'conn'", "'a'", "'k'") for name in by_name if key in name]
        return value, tuple(by_name[name] for name in order)

    return call


def _predict(p: Problem) -> Any:
    return bf.Predict(
        p.steps * DT * u.ms, dt=DT * u.ms, monitors=_x, transient=p.transient * DT * u.ms
    )


def fc(lib: Any, p: Problem) -> tuple[Any, Any]:
    """What predicts, and its target, for a Fitter with the library's FC objective."""
    if lib is bf:
        return _predict(p), bf.objectives.targets.fc(np.corrcoef(p.series.T))

    def predict(model: Any) -> Any:
        sim = lib.Simulator(model, dt=DT * u.ms)
        return sim.run(p.steps * DT * u.ms, monitors=_x, transient=p.transient)['output']

    return predict, p.series


def fit(lib: Any, p: Problem, n_steps: int) -> Any:
    """``Fitter.fit`` from the model's constructor to the result; the FC objective of the library."""
    net = fitted(p, lib)
    predict, target = fc(lib, p)
    fitter = lib.Fitter(
        net,
        braintools.optim.Adam(lr=0.01),
        predict=predict,
        objective=lib.objectives.fc_corr(as_loss=True),
    )
    return fitter.fit(target=target, n_steps=n_steps)


def _searched(lib: Any, p: Problem) -> Any:
    """The network whose numbers ``k`` and ``w`` are searched for; ``a`` is given for each region."""
    return network(lib, p, p.arguments[0], p.regional, Param(0.5), Param(OMEGA))


_SPACE = {'coupling.k': (0.3, 0.6), 'coupling.x.module.w': (0.2, 0.4)}


def search(lib: Any, p: Problem, n_steps: int, callbacks: Any = ()) -> Any:
    """``Fitter.fit`` by nevergrad's DE from the model's constructor: ``p.candidates`` a generation."""
    predict, target = fc(lib, p)
    fitter = lib.Fitter(
        _searched(lib, p),
        {'method': 'DE', 'n_sample': p.candidates, 'seed': 7},
        backend='nevergrad',
        predict=predict,
        objective=lib.objectives.fc_corr(as_loss=True),
        search_space=_SPACE,
        callbacks=callbacks,
    )
    return fitter.fit(target=target, n_steps=n_steps)


def batch(p: Problem) -> Callable[[], Any]:
    """The losses of one generation as our Fitter evaluates them, without what proposes it; the first is that
    of the only parameter set of ``scan.evaluation``.
    """
    net = _searched(bf, p)
    predict, target = fc(bf, p)
    objective = bf.objectives.fc_corr(as_loss=True)
    program = loss_program(net, lambda: (objective(predict(net), target), None))
    space = Space(dict(zip(_SPACE, (net.coupling.k, net.node.w), strict=True)), _SPACE)
    points = Points(program, space, 1, 'shared', hold=True)
    rng = np.random.default_rng(4)
    values = {
        name: rng.uniform(*ends, p.candidates).astype(p.dtype) for name, ends in _SPACE.items()
    }
    alone = dataclasses.replace(p, candidates=0).parameters[1], OMEGA
    for column, value in zip(values.values(), alone, strict=True):
        column[0] = value
    return lambda: points.evaluate(values)
