"""``brainmass.Simulator.run`` on this library."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import brainstate
import numpy as np
from brainstate.nn import PrefetchDelayAt

from ..core.place import Place
from ..program.snapshot import preserved
from ..program.walking import walked
from ..simulator import Simulator
from ..timing import resolve_dt
from .compare import Comparison, compared, nudge
from .session import Call, Session

__all__ = ['accelerated_run']


def accelerated_run(original: Callable[..., Any], session: Session) -> Callable[..., Any]:
    """Return what stands for ``brainmass.Simulator.run`` while the patch is on."""

    @functools.wraps(original)
    def run(self: Any, duration: Any, **options: Any) -> Any:
        def accelerated() -> tuple[Any, str, str | None]:
            result = Simulator(self.model, self.dt).run(duration, **options)
            return result, result.implementation, result.reason

        def on_brainmass() -> Any:
            return original(self, duration, **options)

        def compare(place: Place) -> Comparison:
            with session.brainmass_alone():
                return _compare(self, place, accelerated, original, duration, options)

        call = Call('Simulator.run', self.model, accelerated, on_brainmass, compare)
        with walked(self.model):
            return session.serve(call)

    return run


def _compare(
    simulator: Any,
    place: Place,
    accelerated: Any,
    original: Any,
    duration: Any,
    options: dict[str, Any],
) -> Comparison:
    model, what = simulator.model, 'Simulator.run'
    steps = _delay_steps(model)
    try:
        with preserved(model):
            expected = original(simulator, duration, **options)
            final = {key: state.value for key, state in _states(model).items()}
    except Exception as error:
        return Comparison(what, place, note=f'brainmass refuses it: {error}')
    try:
        with preserved(model):
            given = accelerated()[0]
    except Exception as error:
        return Comparison(what, place, note=f'it does not run accelerated: {error}')
    if any(not np.array_equal(a, b) for a, b in zip(steps, _delay_steps(model), strict=True)):
        note = 'the delays were built for another dt, and brainmass keeps their numbers of steps'
        return Comparison(what, place, note=note)

    def nudged() -> Any:
        batch = options.get('batch_size')
        with preserved(model):
            if options.get('init_states', True):
                with brainstate.environ.context(dt=resolve_dt(simulator.dt)):
                    brainstate.nn.init_all_states(model, *(() if batch is None else (batch,)))
            nudge(_states(model), final)
            return original(simulator, duration, **{**options, 'init_states': False})

    n_steps = len(expected['ts']) * (options.get('sample_every') or 1)
    return compared(what, place, expected, dict(given), n_steps, nudged)


def _states(model: Any) -> dict[Any, Any]:
    kinds = (brainstate.HiddenState, brainstate.DelayState)
    return {key: state for key, state in model.states().items() if isinstance(state, kinds)}


def _delay_steps(model: Any) -> list[Any]:
    reads = [node for node in model.nodes().values() if isinstance(node, PrefetchDelayAt)]
    return [np.asarray(read.delay_info[0]) for read in reads if read.delay_info]
