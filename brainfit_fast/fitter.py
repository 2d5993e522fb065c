"""Fitter: fit the trainable parameters of a model to data."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import brainstate
import numpy as np

from .callbacks import Checkpoint
from .core.errors import bad_type, bad_value
from .core.window import gradient_window as _window
from .fitting import checkpoint as checkpoint_file
from .fitting.job import SEARCHES, Job
from .fitting.loss import loss_program
from .fitting.progress import Progress
from .fitting.report import fit_result
from .fitting.request import Request, is_whole
from .fitting.result import FitResult
from .fitting.watching import Watcher
from .fitting.weights import require_trainable
from .objectives import timeseries_rmse
from .program.checks import require_finite

__all__ = ['Fitter']

_BACKENDS = ('grad', *SEARCHES)


class Fitter:
    r"""Fit a model's trainable parameters to data.

    The loss is ``objective(prediction[transient:], target) + model.reg_loss()``, or all of ``loss_fn``.

    Parameters
    ----------
    model : brainstate.nn.Module
        Its ``Param`` objects with ``fit=True`` are fitted.
    optimizer : braintools.optim.OptaxOptimizer, optax.GradientTransformation, str or dict, optional
        Of ``'grad'`` the first two, default ``braintools.optim.Adam(lr=1e-2)``. Of the searches the name of
        a method, or a dict of options: of :class:`braintools.optim.NevergradOptimizer` (``method='DE'``,
        ``n_sample=8``, ...), or of :func:`scipy.optimize.minimize` (``method``, ``tol``, ``options``, ...).
    loss_fn : callable, optional
        ``loss_fn(model) -> (loss, aux)``: the whole loss. Not together with ``predict``.
    objective : callable, optional
        ``objective(prediction, target) -> scalar``, see :mod:`brainfit_fast.objectives`; default
        ``timeseries_rmse()``.
    predict : callable, optional
        ``predict(model) -> prediction``: a closure around a :class:`Simulator`, or a :class:`Predict`.
    backend : {'grad', 'nevergrad', 'scipy'}
        Gradient descent; a population search, whose generations are evaluated as one batch; or a method of
        :func:`scipy.optimize.minimize` from drawn starts, with compiled gradients.
    callbacks : sequence of callable, optional
        Each ``callback(info)`` after each step (generation, start); True ends the fit. ``info`` has ``'step'``,
        ``'loss'``, ``'best_loss'``, ``'model'``, ``'grad_norm'`` and ``'learning_rate'`` (None in a search)
        and ``'elapsed'`` (seconds). See :mod:`brainfit_fast.callbacks`.
    transient : int, optional
        Leading samples of the prediction that the objective does not see.
    search_space : dict, optional
        ``{name: (low, high)}``, in the parameters' units: the bounds of a search, and of drawn restarts. Goes
        before the interval of a parameter's transform. Names as ``result.best_params`` has them, or as one
        would write them: ``'node.a'``.
    fuse : bool, optional
        Whether simulations stream the statistics that FC and RMSE objectives are made of, instead of
        storing trajectories: None where the implementation does so inside its time loop, True
        wherever the loss allows, False never. Values are equal to rounding;
        :attr:`FitResult.fusion` says what happened.
    refiner : braintools.optim.OptaxOptimizer or optax.GradientTransformation, optional
        Takes the ``n_refine_steps`` after a search; default ``braintools.optim.Adam(lr=1e-2)``.
    gradient_window : Quantity or int, optional
        Time, or number of steps, that gradients look back; see :func:`brainfit_fast.gradient_window`.

    Raises
    ------
    ValueError
        For an unknown backend, or without exactly one of ``loss_fn`` and ``predict``.

    See Also
    --------
    brainfit_fast.Predict : a prediction that the Fitter can see through.

    Notes
    -----
    Loss, gradient and optimizer step are compiled once; several steps run per round-trip to the host
    where no callback needs each. The best point is taken before its update, so that the loss at
    ``best_params`` under ``best_key`` is ``best_loss``.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> import braintools, brainstate
    >>> import brainunit as u
    >>> import jax.numpy as jnp
    >>> from brainstate.nn import Param
    >>> node = bf.HopfStep(3, a=Param(0.1), init_x=braintools.init.Constant(0.3))
    >>> predict = bf.Predict(20.0 * u.ms, dt=1.0 * u.ms, monitors='x')
    >>> fitter = bf.Fitter(node, braintools.optim.Adam(lr=0.05), predict=predict)
    >>> result = fitter.fit(target=jnp.zeros((20, 3)), n_steps=20)
    >>> result.best_loss < result.history[0]
    True
    """

    def __init__(
        self,
        model: brainstate.nn.Module,
        optimizer: Any = None,
        *,
        loss_fn: Callable[[Any], tuple[Any, Any]] | None = None,
        objective: Callable[[Any, Any], Any] | None = None,
        predict: Callable[[Any], Any] | None = None,
        backend: str = 'grad',
        callbacks: Sequence[Callable[[dict[str, Any]], Any]] | None = None,
        transient: int | None = None,
        search_space: dict[str, tuple[Any, Any]] | None = None,
        fuse: bool | None = None,
        refiner: Any = None,
        gradient_window: Any = None,
    ):
        if backend not in _BACKENDS:
            raise bad_value(
                'backend', given=repr(backend), expected='one of ' + ', '.join(map(repr, _BACKENDS))
            )
        if (loss_fn is None) == (predict is None):
            raise bad_value(
                'Fitter',
                given='neither loss_fn nor predict'
                if loss_fn is None
                else 'both loss_fn and predict',
                expected='one of loss_fn(model) -> (loss, aux) and predict(model) -> prediction',
            )
        for name, function in (
            ('loss_fn', loss_fn),
            ('predict', predict),
            ('objective', objective),
        ):
            if function is not None and not callable(function):
                raise bad_type(name, given=function, expected='a callable')
        if transient is not None and not (is_whole(transient) and transient >= 0):
            raise bad_value('transient', given=transient, expected='a number of samples >= 0')
        callbacks = () if callbacks is None else callbacks
        if not isinstance(callbacks, Iterable):
            raise bad_type(
                'callbacks',
                given=callbacks,
                expected='a list of callables',
                remedy='Put one into a list: callbacks=[EarlyStopping()].',
            )
        self.model = model
        self.backend = backend
        self.loss_fn: Any = loss_fn
        self.predict: Any = predict
        self.objective: Any = objective
        if loss_fn is None and objective is None:
            self.objective = timeseries_rmse()
        self.callbacks = list(callbacks)
        for callback in self.callbacks:
            if not (callable(callback) or isinstance(callback, Checkpoint)):
                raise bad_type('callbacks', given=callback, expected='callables')
        self.transient = None if transient is None else int(transient)
        self.search_space = search_space
        self.fuse = fuse
        self.refiner = refiner
        with _window(gradient_window):  # which checks it
            self.gradient_window = gradient_window
        self._given = self._optimizer = optimizer

    @property
    def optimizer(self) -> Any:
        """The optimizer; after :meth:`fit` the braintools object that ran, of ``'scipy'`` None."""
        return self._optimizer

    def fit(
        self,
        target: Any = None,
        n_steps: int = 100,
        *,
        verbose: bool | str = False,
        n_noise_seeds: int = 1,
        n_restarts: int = 1,
        n_refine_steps: int = 0,
        seed: int | None = None,
        noise: str = 'shared',
        checkpoint: Any = None,
    ) -> FitResult:
        """Run the optimization.

        Parameters
        ----------
        target : array or target, optional
            What the objective compares the prediction with; not used by ``loss_fn``.
        n_steps : int
            Largest number of optimizer steps, generations, or starts.
        verbose : bool or 'bar'
            One line per step, or a progress bar.
        n_noise_seeds : int
            Average each loss over this many noise seeds, run as one batch. Above 1 the keys are split
            from the model's key.
        n_restarts : int
            Of ``'grad'`` the number of runs, which advance together: the first from the current values, the
            others from values drawn between bounds (``search_space``, or of a transform), from a prior (a
            distribution as regularization), or around the current ones. Each goes as it would alone, with
            the same noise. Of a search the number of its best points that are refined.
        n_refine_steps : int
            Gradient steps after a search, with the ``refiner``.
        seed : int, optional
            Of what is drawn: candidates, starts, restarts. None draws one from ``numpy.random``. Noise has
            the key of ``brainstate.random``.
        noise : {'shared', 'independent', 'sequential'}
            Whether the candidates of a search share their noise (those of a generation; of ``'scipy'`` all
            points, which makes the loss a function), each has its own, or each goes on with the key that the
            one before it left.
        checkpoint : str, path or Checkpoint, optional
            File to save the fit to while it runs, see :class:`brainfit_fast.callbacks.Checkpoint`.

        Returns
        -------
        FitResult
            Also where the fit ended early: ``status`` and ``message`` say so.

        Raises
        ------
        ValueError
            If a number is too small, bounds or options of a search are missing or unknown, the
            model has no trainable parameters or one that is NaN or infinite, the target does not fit the
            prediction, or the loss is not a real scalar.
        ImportError
            If the library behind a search is not installed.

        Warns
        -----
        RuntimeWarning
            If a loss, trajectory or gradient was not finite, naming the step and the parameter.

        See Also
        --------
        Fitter.resume : go on with a fit that was saved.
        """
        request = Request(n_steps, n_noise_seeds, n_restarts, n_refine_steps, seed, noise)
        return self._run(target, request, verbose, checkpoint, None)

    def resume(
        self,
        path: Any,
        target: Any = None,
        *,
        n_steps: int | None = None,
        verbose: bool | str = False,
    ) -> FitResult:
        """Go on with a fit that was saved, as if it had never ended.

        Parameters
        ----------
        path : str, path or Checkpoint
            File of ``fit(checkpoint=...)``; the rest of the fit is saved to it, too.
        target : array or target, optional
            As it was given to ``fit``.
        n_steps : int, optional
            Another number of steps, generations or starts than was asked for then.
        verbose : bool or 'bar'
            As for ``fit``.

        Returns
        -------
        FitResult
            To the bit that of an uninterrupted fit, where model, optimizer, precision, versions and machine are
            the same.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If the file is no checkpoint, or one of another backend, model, optimizer or list of callbacks.

        Warns
        -----
        RuntimeWarning
            If connectome, target or other constants of the loss are not those of the checkpoint.

        Examples
        --------
        >>> import tempfile
        >>> import brainfit_fast as bf
        >>> from brainstate.nn import Param
        >>> def fitter():
        ...     model = bf.HopfStep(3, a=Param(0.1))
        ...     return bf.Fitter(model, loss_fn=lambda m: ((m.a.value() - 1.0) ** 2, None))
        >>> path = tempfile.mkdtemp() + '/fit.npz'
        >>> _ = fitter().fit(n_steps=5, checkpoint=path)
        >>> len(fitter().resume(path, n_steps=8).history)
        8
        """
        file = path.path if isinstance(path, Checkpoint) else path
        saved = checkpoint_file.read(file, self.backend)
        request = Request(**saved.meta['request']).longer(n_steps)
        return self._run(target, request, verbose, path, saved)

    def _run(
        self,
        target: Any,
        request: Request,
        verbose: bool | str,
        checkpoint: Any,
        saved: checkpoint_file.Saved | None,
    ) -> FitResult:
        request.check_backend(self.backend)
        require_trainable(self.model)
        require_finite(self.model)
        callbacks: list[Any] = list(self.callbacks)
        if checkpoint is not None:
            callbacks.append(Checkpoint.of(checkpoint))
        if request.seed is None and self.backend == 'grad' and request.n_restarts > 1:
            request = dataclasses.replace(request, seed=int(np.random.randint(2**31)))
        progress = Progress(request.n_steps + request.n_refine_steps, verbose, self.backend)
        try:
            job = Job(
                self.model,
                self.backend,
                lambda: loss_program(self.model, lambda: self._evaluate(target), self.fuse),
                request,
                Watcher(progress, callbacks, self.model),
                target,
                self.transient,
                self.search_space,
                saved=saved,
            )
            if self.backend == 'grad':
                outcome = job.descend(self._given)
            else:
                outcome = job.search(self._given, self.refiner)
            self._optimizer = job.optimizer
            if outcome.message is not None:
                warnings.warn(
                    f'Fitter.fit ended early: {outcome.message}', RuntimeWarning, stacklevel=3
                )
            return fit_result(job, outcome)
        finally:
            progress.close()

    def _evaluate(self, target: Any) -> tuple[Any, Any]:
        """Return ``(loss, aux)`` of the model as it stands."""
        if self.gradient_window is None:
            return self._loss(target)
        with _window(self.gradient_window):
            return self._loss(target)

    def _loss(self, target: Any) -> tuple[Any, Any]:
        if self.loss_fn is not None:
            return self.loss_fn(self.model)
        prediction = self.predict(self.model)
        kept = prediction if self.transient is None else prediction[self.transient :]
        if self.transient is not None and kept.shape[0] == 0:
            raise bad_value(
                'transient',
                given=f'{self.transient} samples',
                expected=f'less than the {prediction.shape[0]} samples of the prediction',
            )
        return self.objective(kept, target) + self.model.reg_loss(), prediction
