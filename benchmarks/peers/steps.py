"""Steps of gradient descent in a Fitter: beside the bare step, and of many runs beside one."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import braintools
import jax
import numpy as np
import optax

import brainfit_fast as bf
from brainfit_fast.fitting.loss import loss_program

from . import libraries
from .problem import Problem
from .rows import OURS, Row
from .timing import compare, median_and_spread

__all__ = ['time_steps']

_STEPS = 30
_RATE = 0.01


def time_steps(row: Row, p: Problem, repeats: int) -> dict[str, Any]:
    """Time one step, compiled: ours and the row's peer in turns, all runs of a row together."""
    ours = {'steady': _one, 'restarts': _restarts, 'subjects': _subjects}[row.kind]
    peer: Callable[[Problem], float] = _bare if row.kind == 'steady' else _one_by_one
    seconds: dict[str, list[float]] = {OURS: [], row.goals[0].peer: []}
    for _ in range(repeats):
        for name, measured in zip(seconds, (ours, peer), strict=True):
            libraries.seed()
            seconds[name].append(measured(p))
    times = {f'{name}/exp_euler': np.array(values) for name, values in seconds.items()}
    return {
        'runs': p.candidates or 1,
        'contenders': {n: {'ms': median_and_spread(t * 1e3)} for n, t in times.items()},
        'ratios': [compare(goal, times) for goal in row.goals],
    }


def _options() -> dict[str, Any]:
    return {'objective': bf.objectives.fc_corr(as_loss=True)}


def _one(p: Problem) -> float:
    return libraries.fit(bf, p, _STEPS).timings['per_step']


def _one_by_one(p: Problem) -> float:
    return p.candidates * _one(_single(p))


def _single(p: Problem) -> Problem:
    return Problem(p.n, p.steps, p.delay, p.noise, 0, p.method, p.dtype)


def _restarts(p: Problem) -> float:
    net, (predict, target) = libraries.fitted(_single(p), bf), libraries.fc(bf, p)
    fitter = bf.Fitter(net, braintools.optim.Adam(lr=_RATE), predict=predict, **_options())
    result = fitter.fit(target, _STEPS, n_restarts=p.candidates, seed=0)
    return result.timings['per_step']


def _subjects(p: Problem) -> float:
    net, (predict, target) = libraries.fitted(_single(p), bf), libraries.fc(bf, p)
    rng = np.random.default_rng(5)
    weights = rng.random((p.candidates, p.n, p.n)) / p.n
    results = bf.fit_many(
        net,
        [target] * p.candidates,
        conn=weights,
        predict=predict,
        optimizer=braintools.optim.Adam(lr=_RATE),
        n_steps=_STEPS,
        **_options(),
    )
    # each result has its share of the time
    return sum(result.timings['per_step'] for result in results.values())


def _bare(p: Problem) -> float:
    """Value, gradient and Adam's update in one compiled function, called from Python."""
    net, (predict, target) = libraries.fitted(p, bf), libraries.fc(bf, p)
    objective = bf.objectives.fc_corr(as_loss=True)
    with bf.gradient_memory(4 * 2**20):  # as a Fitter allows itself
        program = loss_program(net, lambda: (objective(predict(net), target), None))
    weights, carried = program.weight_values(), program.carried_values()
    adam = optax.adam(_RATE)

    def step(weights: Any, state: Any, carried: Any) -> Any:
        (loss, (carried, _)), slope = jax.value_and_grad(program.value, has_aux=True)(
            weights, carried
        )
        updates, state = adam.update(slope, state, weights)
        return optax.apply_updates(weights, updates), state, carried, loss

    state = adam.init(weights)
    run = program.compiled(step, weights, state, carried)
    began = time.perf_counter()
    for _ in range(_STEPS):
        weights, state, carried, loss = run(weights, state, carried)
    jax.block_until_ready(loss)
    return (time.perf_counter() - began) / _STEPS
