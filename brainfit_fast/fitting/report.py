"""The result of a fit, from what its backend left behind."""

from __future__ import annotations

import warnings
from typing import Any

import jax

from .job import Job
from .outcome import Outcome
from .result import FitResult

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
        return (*outcome.best_carried[:index], key, *outcome.best_carried[index + 1 :])

    if outcome.message is not None:
        warnings.warn(f'Fitter.fit ended early: {outcome.message}', RuntimeWarning, stacklevel=4)
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
        grad_norms=outcome.grad_norms,
        learning_rates=outcome.learning_rates,
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
