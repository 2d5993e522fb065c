"""Gradient descent from its first step to its last: round-trips between the device and who watches."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from .descent import Descent
from .growth import suspicious
from .outcome import INTERRUPTED, Outcome
from .watching import Watcher

__all__ = ['descend']

#: Seconds of work between two looks at the host.
_ROUND_TRIP = 0.25


def descend(
    loop: Descent,
    names: Mapping[Any, str],
    watcher: Watcher,
    explain: Callable[[Mapping[Any, Any], tuple[Any, ...]], str | None],
) -> Outcome:
    """Run a loop to its last step, or until something ends it.

    Parameters
    ----------
    loop : Descent
        Fresh, or restored from a checkpoint.
    names : mapping
        Name of each weight, for messages.
    watcher : Watcher
        Called at each round-trip, with the model holding its current values.
    explain : callable
        ``explain(weights, carried)`` says what is the matter with large gradients, once.

    Returns
    -------
    Outcome

    Warns
    -----
    RuntimeWarning
        With what ``explain`` says.
    """
    status, message, chunk, explained = 'finished', None, 1, False
    started = time.perf_counter()
    loop.compile()
    compile_seconds = time.perf_counter() - started
    started = time.perf_counter()
    try:
        while loop.step < loop.n_steps and not loop.broken:
            count = 1 if watcher.every_step else min(chunk, loop.n_steps - loop.step)
            began = time.perf_counter()
            steps = loop.advance(count)
            seconds = (time.perf_counter() - began) / max(len(steps.losses), 1)
            chunk = max(1, min(int(_ROUND_TRIP / max(seconds, 1e-6)), 2 * chunk))
            if not explained and suspicious(steps.losses, steps.grad_norms):
                explained = True
                told = explain(*loop.leading())
                if told is not None:
                    warnings.warn(told, RuntimeWarning, stacklevel=6)
            loop.show()
            stop = watcher(steps)
            loop.adopt()
            watcher.save(loop.step == loop.n_steps or stop or loop.broken)
            if stop:
                status = 'stopped'
                break
    except KeyboardInterrupt:
        status, message = INTERRUPTED
    if loop.broken:
        status, message = 'diverged', loop.diagnosis(names)
    run_seconds = time.perf_counter() - started
    loop.publish()
    if status == 'interrupted':
        watcher.save(True)
    outcome = loop.outcome(status, message, names)
    outcome.compile_seconds, outcome.run_seconds = compile_seconds, run_seconds
    return outcome
