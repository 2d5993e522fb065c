"""The result of a fit, from what its backend left behind."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from ..core.dispatch import use
from .job import Job
from .outcome import Outcome, Runs
from .restarts import Restarts
from .result import FitResult
from .uncertainty import LocalLoss

__all__ = ['fit_result']


def fit_result(job: Job, outcome: Outcome) -> FitResult:
    """Leave the model at the best point, and describe it."""
    program, request = job.program, job.request
    loss = program.over_noise_seeds(request.n_noise_seeds)
    if outcome.best_step is not None:
        program.publish(outcome.best_weights)
    index = program.key_index
    evaluate = jax.jit(lambda weights, carried: loss(weights, carried)[0])
    predict = jax.jit(lambda weights, carried: program(weights, carried)[1][0])

    def carried_with(key: Any) -> tuple[Any, ...]:
        if key is None or index is None:
            return outcome.best_carried
        return program.with_key(outcome.best_carried, key)

    def local_loss(reference: bool) -> LocalLoss:
        if not reference:
            return LocalLoss(
                program, outcome.best_weights, outcome.best_carried, request.n_noise_seeds
            )
        with use('reference'):
            again = job.make_program()
        own = {
            id(state): value
            for state, value in zip(program.carried, outcome.best_carried, strict=True)
        }
        carried = tuple(own.get(id(state), state.value) for state in again.carried)
        return LocalLoss(again, outcome.best_weights, carried, request.n_noise_seeds)

    restarts = _restarts(job, outcome.runs)
    start: dict[str, Any] | None = job.start_params
    if restarts is not None:
        best = int(np.argmin(restarts.best_losses))
        start = {name: values[best] for name, values in restarts.starts.items()}
    memory = {}
    if outcome.grad_norms is None:
        start = None
    else:
        memory['gradient'] = job.gradient_memory
    if outcome.memory is not None:
        memory['program'] = outcome.memory
    names = dict.fromkeys(choice.name for choice in job.choices if choice.op == 'simulate')
    return FitResult(
        backend=job.backend,
        best_loss=outcome.best_loss,
        best_params={name: param.value() for name, param in job.params.items()},
        history=outcome.history,
        n_steps=outcome.n_steps,
        optimizer=job.optimizer,
        model=job.model,
        best_key=None if index is None else outcome.best_carried[index],
        best_step=outcome.best_step,
        status=outcome.status,
        message=outcome.message,
        evaluations=outcome.evaluations,
        raw=outcome.raw,
        seed=request.seed,
        restarts=restarts,
        grad_norms=outcome.grad_norms,
        learning_rates=outcome.learning_rates,
        start_params=start,
        best_weights={
            name: outcome.best_weights.get(path, program.weights[path].value)
            for path, name in job.names.items()
        },
        bounds=job.bounds,
        memory=memory,
        target=job.target,
        transient=job.transient,
        local_loss=local_loss,
        implementation=', '.join(names) or 'generic',
        fused=program.is_fused,
        fusion=program.fusion,
        timings={
            'trace': job.trace_seconds,
            'compile': outcome.compile_seconds,
            'run': outcome.run_seconds,
            'per_step': outcome.run_seconds / max(outcome.n_steps, 1),
        },
        evaluate_at=lambda key: evaluate(outcome.best_weights, carried_with(key)),
        predict_at_best=lambda: predict(outcome.best_weights, outcome.best_carried),
    )


def _restarts(job: Job, runs: Runs | None) -> Restarts | None:
    """Values of the parameters, of what the runs store."""
    if runs is None:
        return None

    def constrained(weights: Any) -> dict[str, Any]:
        by_state = {id(state): weights[path] for path, state in job.program.weights.items()}
        return {
            name: jax.vmap(param.t.forward)(by_state[id(param.val)])
            for name, param in job.params.items()
        }

    return Restarts(
        best_losses=runs.best_losses,
        best_steps=runs.best_steps,
        starts=constrained(runs.starts),
        best_params=constrained(runs.best_weights),
        history=runs.history,
        statuses=runs.statuses,
    )
