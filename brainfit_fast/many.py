"""fit_many: one model, many subjects, fitted together."""

from __future__ import annotations

import contextlib
import copy
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import brainstate
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np

from .callbacks import Checkpoint
from .core.errors import bad_type, bad_value
from .core.optional import library
from .fitter import Fitter
from .fitting import checkpoint as checkpoint_file
from .fitting.job import Job
from .fitting.loss import loss_program
from .fitting.outcome import Outcome
from .fitting.progress import Progress
from .fitting.report import fit_result
from .fitting.request import Request
from .fitting.result import FitResult
from .fitting.watching import Watcher
from .network import connectome, delays
from .program.wiring import coupling_of, rewire, rewired, trained_weights

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
        rows = {}
        for name, result in self.items():
            params = result.to_dataframe('params')
            labels = [
                p if region is None or region != region or region == '' else f'{p}[{region}]'
                for p, region in zip(params['parameter'], params['region'], strict=True)
            ]
            rows[name] = {
                'best_loss': result.best_loss,
                'status': result.status,
                **dict(zip(labels, params['value'], strict=True)),
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
    fitter = Fitter(model, optimizer, **options)
    if fitter.loss_fn is not None:
        raise bad_value(
            'loss_fn',
            given='a loss that does not see the target of a subject',
            expected='predict and objective',
        )
    subjects, failed = _subjects(model, targets, conn, distance, speed, names)
    usable = [name for name in subjects if name not in failed]
    if not usable:
        raise bad_value(
            'targets',
            given='; '.join(f'{name}: {why}' for name, why in failed.items()),
            expected='at least one subject with usable data',
        )
    data = (_stacked([subjects[name] for name in usable]),)
    longest = None
    if 'delay' in data[0]:
        longest = u.math.max(data[0]['delay'])

    def evaluate(subject: dict[str, Any]) -> tuple[Any, Any]:
        with contextlib.ExitStack() as wiring:
            if len(subject) > 1:
                own = rewired(model, subject.get('conn'), subject.get('delay'), longest)
                wiring.enter_context(own)
            return fitter._evaluate(subject['target'])

    request = Request(n_steps, n_noise_seeds)
    callbacks: list[Any] = list(fitter.callbacks)
    saved = None
    if checkpoint is not None:
        file = checkpoint if isinstance(checkpoint, Checkpoint) else Checkpoint(checkpoint)
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
        starts=_starts(model, data[0]),
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
    if len(subject) > 1:
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


def _starts(model: Any, data: dict[str, Any]) -> dict[Any, Any]:
    """The model's values for each subject; of a trained connectome the subject's."""
    n = len(jax.tree.leaves(data)[0])
    own = (
        jax.vmap(lambda conn: trained_weights(model, conn))(data['conn']) if 'conn' in data else {}
    )
    return {
        path: own[id(state)]
        if id(state) in own
        else jax.tree.map(lambda leaf: jnp.stack([jnp.asarray(leaf)] * n), state.value)
        for path, state in model.states(brainstate.ParamState).items()
    }


def _subjects(
    model: Any, targets: Any, conn: Any, distance: Any, speed: Any, names: Sequence[str] | None
) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """What each subject brings, and who brings nothing usable."""
    if (distance is None) != (speed is None):
        raise bad_value(
            'distance and speed',
            given='one without the other',
            expected='both, which make conduction delays, or neither',
        )
    given = {
        name: _listed(name, value)
        for name, value in (('targets', targets), ('conn', conn), ('distance', distance))
        if value is not None
    }
    if 'targets' not in given or not given['targets']:
        raise bad_value('targets', given='none', expected='one for each subject')
    if names is None:
        mapped = next((v for v in given.values() if isinstance(v, dict)), None)
        names = (
            list(mapped) if mapped is not None else [str(k) for k in range(len(given['targets']))]
        )
    names = [str(name) for name in names]
    if len(set(names)) < len(names):
        raise bad_value('names', given='a name more than once', expected='one for each subject')
    for what, values in given.items():
        if len(values) != len(names) or (isinstance(values, dict) and set(values) != set(names)):
            raise bad_value(
                what,
                given=f'{len(values)} subjects'
                + (f' named {", ".join(values)}' if isinstance(values, dict) else ''),
                expected=f'{len(names)} subjects: {", ".join(names)}',
            )
    ordered = {
        what: [values[name] for name in names] if isinstance(values, dict) else list(values)
        for what, values in given.items()
    }
    n, keep = 0, getattr(model, 'self_connection', False)
    if 'conn' in ordered or 'distance' in ordered:
        n = round(np.size(coupling_of(model).x.delay_info[0]) ** 0.5)
    subjects: dict[str, dict[str, Any]] = {}
    failed: dict[str, str] = {}
    for k, name in enumerate(names):
        try:
            subject = {'target': _finite(ordered['targets'][k])}
            if 'conn' in ordered:
                subject['conn'] = jnp.asarray(connectome(ordered['conn'][k], n, keep))
            if 'distance' in ordered:
                subject['delay'] = delays(ordered['distance'][k], speed, n)
            subjects[name] = subject
        except (TypeError, ValueError) as problem:
            subjects[name] = {}
            failed[name] = str(problem)
    return subjects, failed


def _listed(what: str, values: Any) -> Any:
    if isinstance(values, Mapping):
        return {str(name): value for name, value in values.items()}
    if isinstance(values, (list, tuple)) or getattr(values, 'ndim', 0) > 0:
        return list(values)
    raise bad_type(
        what,
        given=values,
        expected='a sequence, a mapping by name, or an array with an axis of subjects',
    )


def _finite(target: Any) -> Any:
    """The target as arrays of the present precision."""

    def array(leaf: Any) -> Any:
        leaf = jnp.asarray(leaf, brainstate.environ.dftype())
        bad = ~np.isfinite(np.asarray(leaf))
        if bad.any():
            raise bad_value(
                'target',
                given=f'{int(bad.sum())} values that are NaN or infinite',
                expected='finite values',
            )
        return leaf

    return jax.tree.map(array, target)


def _stacked(subjects: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """With an axis of subjects."""
    shapes = [[leaf.shape for leaf in jax.tree.leaves(s['target'])] for s in subjects]
    if any(shape != shapes[0] for shape in shapes):
        raise bad_value(
            'targets',
            given='shapes ' + ', '.join(str(shape[0]) for shape in shapes),
            expected='one shape for all, so that they can be fitted together',
            remedy='Cut the series to one length, or compare functional connectivity: targets.fc(...).',
        )
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *subjects)
