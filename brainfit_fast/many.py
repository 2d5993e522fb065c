"""fit_many: one model, many subjects, fitted together."""

from __future__ import annotations

import copy
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import brainunit as u
import jax
import numpy as np

from .callbacks import Checkpoint
from .core.errors import bad_value
from .core.optional import library
from .fitter import Fitter
from .fitting import checkpoint as checkpoint_file
from .fitting import tables
from .fitting.job import Job
from .fitting.loss import loss_program
from .fitting.outcome import Outcome
from .fitting.progress import Progress
from .fitting.report import fit_result
from .fitting.request import Request
from .fitting.result import FitResult
from .fitting.subjects import read_subjects, stacked, starts_of
from .fitting.watching import Watcher
from .fitting.weights import require_trainable
from .program.checks import require_finite
from .program.wiring import rewire, rewired

__all__ = ['SubjectResults', 'fit_many']


class SubjectResults(Mapping[str, FitResult]):
    """Results by subject.

    Attributes
    ----------
    failed : dict
        Why subjects have no result, or an early one, by their names.

    Examples
    --------
    See :func:`fit_many`.
    """

    def __init__(self, results: dict[str, FitResult], failed: dict[str, str]):
        self._results, self.failed = results, failed

    def __getitem__(self, name: str) -> FitResult:
        return self._results[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._results)

    def __len__(self) -> int:
        return len(self._results)

    def to_dataframe(self) -> Any:
        """Return one row per subject: best loss, status, and every number of the parameters.

        Returns
        -------
        pandas.DataFrame

        Raises
        ------
        ImportError
            Without pandas: ``pip install "brainfit_fast[tables]"``.
        """
        pandas = library('pandas', extra='tables', needed_by='to_dataframe')
        rows = {
            name: {
                'best_loss': result.best_loss,
                'status': result.status,
                **tables.elements(result),
            }
            for name, result in self.items()
        }
        frame = pandas.DataFrame.from_dict(rows, orient='index')
        frame.index.name = 'subject'
        return frame

    def __repr__(self) -> str:
        losses = [result.best_loss for result in self.values()]
        mean = f', mean best_loss={np.mean(losses):.6g}' if losses else ''
        return f'SubjectResults({len(self)} subjects{mean}, failed={sorted(self.failed)})'


def fit_many(
    model: Any,
    targets: Any,
    *,
    conn: Any = None,
    distance: Any = None,
    speed: Any = None,
    optimizer: Any = None,
    n_steps: int = 100,
    names: Sequence[str] | None = None,
    verbose: bool | str = False,
    n_noise_seeds: int = 1,
    checkpoint: str | os.PathLike[str] | Checkpoint | None = None,
    resume: bool = False,
    **options: Any,
) -> SubjectResults:
    """Fit one model to many subjects, each with its own connectome and data, by gradients, as one batch.

    Every subject is fitted as it would be alone from the model's values, with the same noise and initial
    history. One that fails, by bad data or on its way, does not stop the others.

    Parameters
    ----------
    model : brainstate.nn.Module
        A :class:`Network`, or another model with one coupling. It is left as it was.
    targets : sequence or mapping of target, or array with an axis of subjects
        What each prediction is compared with, all of one shape.
    conn : sequence or mapping of array, or array ``(subjects, N, N)``, optional
        Connectomes ``[target, source]``, in the place of the model's. Their diagonals are zeroed as in
        :class:`Network`. None keeps that of the model for all.
    distance : sequence or mapping of array, or array ``(subjects, N, N)``, optional
        Tract lengths, together with ``speed``; None keeps the model's delays.
    speed : float or Quantity, optional
        Conduction speed.
    optimizer : braintools.optim.OptaxOptimizer or optax.GradientTransformation, optional
        As of :class:`Fitter`.
    n_steps : int
        Largest number of steps.
    names : sequence of str, optional
        Of the subjects; default the keys of a mapping, or ``'0'``, ``'1'``, ...
    verbose : bool or 'bar'
        As in :meth:`Fitter.fit`, for all subjects together: the loss is the mean over those still running.
    n_noise_seeds : int
        As in :meth:`Fitter.fit`.
    checkpoint : str, path or Checkpoint, optional
        As in :meth:`Fitter.fit`.
    resume : bool
        Whether to go on with the file of ``checkpoint`` where there is one.
    **options
        Of :class:`Fitter`: ``predict``, ``objective``, ``callbacks``, ``transient``, ``fuse``.

    Returns
    -------
    SubjectResults
        A mapping from name to :class:`FitResult`; each ``model`` is a copy with the subject's connectome, at
        its best point.

    Raises
    ------
    ValueError
        If subjects do not match in number, name or shape, none has usable data, or as :meth:`Fitter.fit`.

    Warns
    -----
    RuntimeWarning
        If subjects have failed, with their names and reasons.

    Notes
    -----
    Histories before time zero are as long as the longest delay of all subjects, so random ones differ from
    those of a fit alone, unless delays are equal.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> import brainunit as u
    >>> import numpy as np
    >>> from brainstate.nn import Param
    >>> rng = np.random.default_rng(0)
    >>> net = bf.Network(
    ...     bf.HopfStep(3, a=Param(0.1)), conn=np.zeros((3, 3)), coupled_var='x', k=Param(0.3)
    ... )
    >>> results = bf.fit_many(
    ...     net,
    ...     {'anna': rng.normal(size=(20, 3)), 'ben': rng.normal(size=(20, 3))},
    ...     conn={'anna': rng.random((3, 3)), 'ben': rng.random((3, 3))},
    ...     predict=bf.Predict(2.0 * u.ms, dt=0.1 * u.ms, monitors='node.x'),
    ...     n_steps=3,
    ... )
    >>> [len(result.history) for result in results.values()]
    [3, 3]
    """
    if options.pop('backend', 'grad') != 'grad':
        raise bad_value('backend', given='a search', expected="'grad' for many subjects together")
    for name in ('search_space', 'refiner', 'n_restarts', 'n_refine_steps', 'seed', 'noise'):
        if options.get(name) is not None:
            raise bad_value(name, given=options[name], expected='none: fit_many draws nothing')
    if resume and checkpoint is None:
        raise bad_value('checkpoint', given=None, expected='a file, with resume=True')
    fitter = Fitter(model, optimizer, **options)
    if fitter.loss_fn is not None:
        raise bad_value(
            'loss_fn',
            given='a loss that does not see the target of a subject',
            expected='predict and objective',
        )
    require_trainable(model)
    require_finite(model)
    subjects, failed = read_subjects(model, targets, conn, distance, speed, names)
    usable = [name for name in subjects if name not in failed]
    if not usable:
        raise bad_value(
            'targets',
            given='; '.join(f'{name}: {why}' for name, why in failed.items()),
            expected='at least one subject with usable data',
        )
    data = (stacked([subjects[name] for name in usable]),)
    longest = None
    if 'delay' in data[0]:
        longest = u.math.max(data[0]['delay'])

    def evaluate(subject: dict[str, Any]) -> tuple[Any, Any]:
        with rewired(model, subject.get('conn'), subject.get('delay'), longest):
            return fitter._evaluate(subject['target'])

    request = Request(n_steps, n_noise_seeds)
    callbacks: list[Any] = list(fitter.callbacks)
    saved = None
    if checkpoint is not None:
        file = Checkpoint.of(checkpoint)
        callbacks.append(file)
        if resume and file.path.exists():
            saved = checkpoint_file.read(file.path, 'grad')
    progress = Progress(request.n_steps, verbose, 'grad')
    job = Job(
        model,
        'grad',
        lambda: loss_program(model, evaluate, fitter.fuse, jax.tree.map(lambda x: x[0], data)),
        request,
        Watcher(progress, callbacks, model),
        transient=fitter.transient,
        data=data,
        starts=starts_of(model, data[0]),
        saved=saved,
    )
    before = {id(s): s.value for s in model.states().values()}
    try:
        outcome = job.descend(optimizer)
    finally:
        progress.close()
        for state in model.states().values():
            state.value = before[id(state)]
    results = {
        name: _result(fitter, job, outcome, r, subjects[name]) for r, name in enumerate(usable)
    }
    failed |= {
        name: str(result.message) for name, result in results.items() if result.status == 'diverged'
    }
    if outcome.status == 'interrupted':
        warnings.warn(f'fit_many ended early: {outcome.message}', RuntimeWarning, stacklevel=2)
    if failed:
        told = '; '.join(f'{name!r}: {why}' for name, why in failed.items())
        warnings.warn(
            f'{len(failed)} of {len(subjects)} subjects failed: {told}',
            RuntimeWarning,
            stacklevel=2,
        )
    return SubjectResults(results, failed)


def _result(
    fitter: Fitter, job: Job, outcome: Outcome, r: int, subject: dict[str, Any]
) -> FitResult:
    """Of one subject, with a model of its own."""
    own = copy.deepcopy(fitter.model)
    rewire(own, subject.get('conn'), subject.get('delay'))
    alone = copy.copy(fitter)
    alone.model = own
    states = dict(own.states())
    states = {id(state): states[path] for path, state in fitter.model.states().items()}
    part = Job(
        own,
        'grad',
        lambda: loss_program(own, lambda: alone._evaluate(subject['target']), fitter.fuse),
        job.request,
        job.watcher,
        target=subject['target'],
        transient=fitter.transient,
    )
    part.program = job.program.bound(jax.tree.map(lambda x: x[r], job.data), states)
    part.choices, part.optimizer = job.choices, job.optimizer
    part.trace_seconds = job.trace_seconds / len(jax.tree.leaves(job.data)[0])
    part.gradient_memory = job.gradient_memory
    return fit_result(part, outcome.of_run(r))
