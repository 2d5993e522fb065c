"""One fit from its first step to its last: a backend, what it is given, and what is saved of it."""

from __future__ import annotations

import dataclasses
import functools
import math
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np
from brainstate.nn import Param

from ..core.dispatch import record
from ..core.errors import bad_type, bad_value
from ..core.memory import gradient_memory, gradient_memory_limit
from . import checkpoint, evolution, minimize
from .descent import Descent
from .gradient import descend
from .growth import exploding
from .loss import LossProgram
from .optimizers import as_optimizer, leave, register
from .outcome import Outcome
from .points import Points
from .request import Request
from .space import Space, by_path, check_names
from .starts import drawn_starts
from .watching import Watcher
from .weights import trainable, weight_states

__all__ = ['SEARCHES', 'Job']

SEARCHES: dict[str, Any] = {'nevergrad': evolution, 'scipy': minimize}

#: Bytes that a gradient may keep unless the user says: some thousand steps of a hundred regions.
_GRADIENT_MEMORY = 4 * 2**20


@dataclass
class Job:
    """A fit.

    Parameters
    ----------
    model : brainstate.nn.Module
    backend : str
    make_program : callable
        ``make_program() -> LossProgram``.
    request : Request
    watcher : Watcher
    target : object, optional
        What the prediction is compared with.
    transient : int, optional
        Leading samples of the prediction that are not.
    search_space : mapping, optional
    data : tuple
        What the loss takes besides the model, with an axis of runs.
    starts : mapping, optional
        Where these start: trainable values by path.
    saved : checkpoint.Saved, optional
        To go on with.

    Attributes
    ----------
    program : LossProgram
    choices : list
        Which implementations were chosen for it.
    trace_seconds : float
    gradient_memory : int
        Bytes that a gradient was allowed to keep.
    optimizer : object
        What took the steps.
    params : dict of str to Param
        Trainable parameters by dotted path.
    start_params : dict
        Their values before the fit.
    bounds : dict or None
        The box of a search.
    """

    model: Any
    backend: str
    make_program: Callable[[], LossProgram]
    request: Request
    watcher: Watcher
    target: Any = None
    transient: int | None = None
    search_space: Mapping[str, Any] | None = None
    data: tuple[Any, ...] = ()
    starts: Mapping[Any, Any] | None = None
    saved: checkpoint.Saved | None = None
    program: LossProgram = field(init=False)
    choices: list[Any] = field(init=False)
    trace_seconds: float = field(init=False)
    gradient_memory: int = field(init=False)
    params: dict[str, Param] = field(init=False)
    start_params: dict[str, Any] = field(init=False)
    bounds: dict[str, Any] | None = field(init=False, default=None)
    optimizer: Any = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.params = trainable(self.model)
        self.start_params = {name: param.value() for name, param in self.params.items()}
        self.search_space = by_path(self.model, self.params, self.search_space)

    def descend(self, optimizer: Any) -> Outcome:
        """Gradient descent from the current values, and from drawn ones beside them."""
        optimizer = as_optimizer(optimizer)
        check_names(self.params, self.search_space)
        leaves = jax.tree.leaves(self.data)
        self._trace(len(leaves[0]) if leaves else self.request.n_restarts)
        starts = self.starts
        if self.request.n_restarts > 1:
            assert self.request.seed is not None
            starts = drawn_starts(
                self.params,
                self.program.weights,
                self.search_space,
                self.request.n_restarts,
                self.request.seed,
            )
        return self._descend(optimizer, self.request.n_steps, starts, {})

    def search(self, options: Any, refiner: Any) -> Outcome:
        """A search, and gradient descent from its best points."""
        backend, request = SEARCHES[self.backend], self.request
        space = Space(self.params, self.search_space)
        settings = backend.settings(_options(options, self.backend), request.seed, space.bounds)
        self.request = dataclasses.replace(request, seed=settings['seed'])
        if request.n_restarts > request.n_steps * settings.get('n_sample', math.inf):
            raise bad_value(
                'n_restarts',
                given=request.n_restarts,
                expected=f'no more than the {request.n_steps * settings["n_sample"]} points that the search '
                'evaluates (n_steps * n_sample)',
            )
        refiner = as_optimizer(refiner) if request.n_refine_steps else None
        self.bounds = space.bounds
        self._trace(1)
        hold = self.backend == 'scipy'
        points = Points(self.program, space, request.n_noise_seeds, request.noise, hold)
        if self.saved is not None:
            points.restore(_part(self.saved.arrays, 'search'))
            if points.reported > request.n_steps:
                raise bad_value(
                    'n_steps',
                    given=request.n_steps,
                    expected=f'at least the {points.reported} of the checkpoint',
                )
        self.watcher.write = lambda path: self._write(path, {'search': points.arrays()})
        outcome, self.optimizer = backend.search(points, settings, request.n_steps, self.watcher)
        if refiner is None or outcome.status != 'finished' or outcome.best_step is None:
            return outcome
        points.publish()
        self.watcher.found(outcome.best_loss)  # a resumed search did not report it again
        starts = points.best_starts(request.n_restarts)
        if request.n_restarts == 1:
            self.program.publish(jax.tree.map(lambda leaf: leaf[0], starts))
        refined = self._descend(
            refiner,
            request.n_refine_steps,
            starts if request.n_restarts > 1 else None,
            {'search': points.arrays()},
            after=outcome.n_steps,
        )
        return outcome.followed_by(refined)

    def _trace(self, n_runs: int) -> None:
        started = time.perf_counter()
        # runs and seeds are one batch, so they share what a gradient may keep
        share = n_runs * self.request.n_noise_seeds
        self.gradient_memory = gradient_memory_limit(_GRADIENT_MEMORY) // share
        with record() as self.choices, gradient_memory(self.gradient_memory):
            self.program = self.make_program()
        self.trace_seconds = time.perf_counter() - started
        if self.saved is not None:
            checkpoint.restore_callbacks(self.saved, self.watcher.callbacks)
            if self.saved.meta['digest'] != self.digest:
                warnings.warn(
                    f'{self.saved.path}: connectome, target or another constant of the loss is not that of the '
                    'checkpoint; the fit goes on with the present one.',
                    RuntimeWarning,
                    stacklevel=5,
                )

    def _descend(
        self,
        optimizer: Any,
        n_steps: int,
        starts: Any,
        before: dict[str, dict[str, np.ndarray]],
        after: int = 0,
    ) -> Outcome:
        register(optimizer, self.program.weights)
        self.optimizer = optimizer
        loop = Descent(
            self.program, optimizer, n_steps, self.request.n_noise_seeds, starts, self.data
        )
        if self.saved is not None:
            state = _part(self.saved.arrays, 'gradient')
            # a search that was made longer has other points to refine
            same = self.saved.meta['request']['n_steps'] == self.request.n_steps
            if (state and same) or not before:
                checkpoint.check_optimizer(self.saved, optimizer)
                loop.restore(state)
        self.watcher.after = after
        self.watcher.write = lambda path: self._write(path, {**before, 'gradient': loop.arrays()})
        outcome = descend(loop, self.names, self.watcher, self._explain)
        leave(optimizer)
        return outcome

    def _explain(self, weights: Mapping[Any, Any], carried: tuple[Any, ...]) -> str | None:
        if self.data:  # no one loss could be looked at
            return None
        seeds = self.request.n_noise_seeds
        return exploding(self.make_program, self.program, weights, carried, seeds)

    def _write(self, path: Any, parts: dict[str, dict[str, np.ndarray]]) -> None:
        arrays = {
            f'{part}:{name}': value for part, own in parts.items() for name, value in own.items()
        }
        meta = {
            'backend': self.backend,
            'request': self.request.as_dict(),
            'digest': self.digest,
            'optimizer': type(self.optimizer).__name__,
        }
        checkpoint.write(path, arrays, meta, self.watcher.callbacks)

    @functools.cached_property
    def digest(self) -> str:
        """Of the constants of the loss: hashed once, and written into every checkpoint."""
        return self.program.digest(self.data)

    @functools.cached_property
    def names(self) -> dict[Any, str]:
        """Name of each weight by its path."""
        by_state = {id(state): name for name, state in weight_states(self.model).items()}
        return {path: by_state[id(state)] for path, state in self.program.weights.items()}


def _part(arrays: Mapping[str, np.ndarray], part: str) -> dict[str, np.ndarray]:
    head = part + ':'
    return {
        name.removeprefix(head): value for name, value in arrays.items() if name.startswith(head)
    }


def _options(optimizer: Any, backend: str) -> dict[str, Any]:
    """Options of a search, of what a Fitter was given as its optimizer."""
    if optimizer is None:
        return {}
    if isinstance(optimizer, str):
        return {'method': optimizer}
    if isinstance(optimizer, dict):
        return dict(optimizer)
    raise bad_type(
        'optimizer',
        given=optimizer,
        expected=f'the name of a method, a dict of options or None for backend={backend!r}',
        remedy="For example {'method': 'DE', 'n_sample': 16}.",
    )
