"""``brainmass.Fitter.fit`` on this library."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any

import brainstate
import numpy as np

from ..core.place import Place
from ..fitter import Fitter
from ..fitting.result import FitResult
from ..program.snapshot import preserved
from .compare import Comparison, compared, nudge
from .session import Call, PassOn, Session

__all__ = ['accelerated_fit']

#: Losses come from runs of about so many steps.
_STEPS = 10_000

#: What a subclass may have replaced, so that the loop of this library would not call it.
_PARTS = (
    '_eval', '_trim', '_eval_candidate', '_apply_params', '_run_callbacks', '_derivfree_opts',
    '_resolve_bounds', '_fit_grad', '_fit_nevergrad', '_fit_scipy',
)  # fmt: skip


def accelerated_fit(
    brainmass: ModuleType, original: Callable[..., Any], session: Session
) -> Callable[..., Any]:
    """Return what stands for ``brainmass.Fitter.fit`` while the patch is on."""
    #: Also an instance of brainmass's class, which scripts ask for.
    result_class = type(
        'FitResult', (FitResult, brainmass.FitResult), {'__doc__': FitResult.__doc__}
    )

    @functools.wraps(original)
    def fit(self: Any, target: Any = None, n_steps: int = 100, **options: Any) -> Any:
        def accelerated() -> tuple[Any, str, str | None]:
            own = [name for name in _PARTS if _replaced(self, brainmass.Fitter, name)]
            if own:
                name = type(self).__name__
                raise NotImplementedError(f'{name} replaces {", ".join(own)} of brainmass.Fitter')
            raised: list[Exception] = []
            fitter = _fitter(self, [_watched(callback, raised) for callback in self.callbacks])
            try:
                result = fitter.fit(target, n_steps, **{'noise': _noise(self), **options})
            except Exception as error:
                if raised and error is raised[-1]:
                    raise PassOn from error
                raise
            self._optimizer = fitter.optimizer
            result.__class__ = result_class
            if self.loss_fn is not None and self.backend != 'grad':
                result._predict_at_best = None  # brainmass keeps none there
            return result, result.implementation, None

        def on_brainmass() -> Any:
            return original(self, target, n_steps, **options)

        def compare(place: Place) -> Comparison:
            return _compare(self, place, session, original, target, n_steps)

        return session.serve(Call('Fitter.fit', self.model, accelerated, on_brainmass, compare))

    return fit


def _fitter(theirs: Any, callbacks: list[Any]) -> Fitter:
    return Fitter(
        theirs.model,
        theirs._optimizer_arg,
        loss_fn=theirs.loss_fn,
        objective=theirs.objective,
        predict=theirs.predict,
        backend=theirs.backend,
        callbacks=callbacks,
        transient=theirs.transient,
        search_space=theirs.search_space,
    )


def _noise(fitter: Any) -> str:
    # a line search needs a function
    return 'shared' if fitter.backend == 'scipy' else 'sequential'


def _replaced(fitter: Any, base: type, name: str) -> bool:
    return name in vars(fitter) or getattr(type(fitter), name) is not getattr(base, name)


def _watched(callback: Callable[..., Any], raised: list[Exception]) -> Callable[..., Any]:
    """The callback, which notes what it raises."""
    if type(callback).__module__.startswith('brainfit_fast.'):
        return callback  # with a state of its own, for checkpoints

    def call(info: Any) -> Any:
        try:
            return callback(info)
        except Exception as error:
            raised.append(error)
            raise

    return call


def _compare(
    fitter: Any,
    place: Place,
    session: Session,
    original: Callable[..., Any],
    target: Any,
    n_steps: int,
) -> Comparison:
    what, model = 'Fitter.fit', fitter.model
    if fitter.backend == 'scipy':
        return Comparison(what, place, note='starts of SciPy are drawn from a seed here')
    random = np.random.get_state()

    def theirs(nudged: bool = False) -> np.ndarray:
        again = copy.copy(fitter)
        again._optimizer_arg, again.callbacks = copy.deepcopy(fitter._optimizer_arg), []
        with preserved(model), session.brainmass_alone():
            if nudged:
                nudge(dict(model.states(brainstate.ParamState).items()), {})
            np.random.set_state(random)
            return _history(original(again, target, n_steps))

    def ours() -> np.ndarray:
        again = copy.copy(fitter)
        again._optimizer_arg = copy.deepcopy(fitter._optimizer_arg)
        with preserved(model):
            np.random.set_state(random)
            return _history(_fitter(again, []).fit(target, n_steps, noise=_noise(fitter)))

    try:
        return compared(what, place, theirs(), ours(), _STEPS, lambda: theirs(nudged=True))
    except Exception as error:
        return Comparison(what, place, note=f'it does not run both ways: {error}')
    finally:
        np.random.set_state(random)


def _history(result: Any) -> np.ndarray:
    return np.array(result.history, brainstate.environ.dftype())
