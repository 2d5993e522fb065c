"""Fitter: fit the trainable parameters of a model to data."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import brainstate
import jax
import numpy as np
from brainstate.nn import Param

from .candidates import NOISE_RULES
from .core.dispatch import record, use
from .core.errors import bad_type, bad_value, check_choice
from .core.memory import gradient_memory, gradient_memory_limit
from .fitting import evolution, minimize
from .fitting.gradient import as_optimizer, descend
from .fitting.loss import LossProgram, loss_program
from .fitting.outcome import Outcome
from .fitting.points import Points
from .fitting.progress import Progress
from .fitting.result import FitResult
from .fitting.space import Space
from .fitting.uncertainty import LocalLoss
from .objectives import timeseries_rmse
from .program.checks import require_finite

__all__ = ['Fitter']

_SEARCHES: dict[str, Any] = {'nevergrad': evolution, 'scipy': minimize}
_BACKENDS = ('grad', *_SEARCHES)
#: Bytes that a gradient may keep unless the user says: some thousand steps of a hundred regions.
_GRADIENT_MEMORY = 4 * 2**20


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
        Each ``callback({'step', 'loss', 'best_loss', 'model'})`` after each step; True ends the fit.
    transient : int, optional
        Leading samples of the prediction that the objective does not see.
    search_space : dict, optional
        ``{name: (low, high)}`` of the searches, in the parameters' units; goes before the interval of a
        parameter's transform. Not used by ``'grad'``.
    fuse : bool, optional
        Whether simulations stream the statistics that FC and RMSE objectives are made of, instead of
        storing trajectories: None where the implementation does so inside its time loop, True
        wherever the loss allows, False never. Values are equal to rounding;
        :attr:`FitResult.fusion` says what happened.

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
        if transient is not None and int(transient) < 0:
            raise bad_value('transient', given=transient, expected='a number of samples >= 0')
        self.model = model
        self.backend = backend
        self.loss_fn: Any = loss_fn
        self.predict: Any = predict
        self.objective: Any = objective
        if loss_fn is None and objective is None:
            self.objective = timeseries_rmse()
        self.callbacks = list(callbacks or ())
        self.transient = transient
        self.search_space = search_space
        self.fuse = fuse
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
        seed: int | None = None,
        noise: str = 'shared',
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
        seed : int, optional
            Of what a search draws: candidates or starts. None draws one from ``numpy.random``. Noise has the
            key of ``brainstate.random``.
        noise : {'shared', 'independent', 'sequential'}
            Whether the candidates of a search share their noise (those of a generation; of ``'scipy'`` all
            points, which makes the loss a function), each has its own, or each goes on with the key that the
            one before it left.

        Returns
        -------
        FitResult
            Also where the fit ended early: ``status`` and ``message`` say so.

        Raises
        ------
        ValueError
            If ``n_steps`` or ``n_noise_seeds`` < 1, bounds or options of a search are missing or unknown, the
            model has no trainable parameters or one that is NaN or infinite, the target does not fit the
            prediction, or the loss is not a real scalar.
        ImportError
            If the library behind a search is not installed.

        Warns
        -----
        RuntimeWarning
            If a loss, trajectory or gradient was not finite, naming the step and the parameter.
        """
        if int(n_steps) < 1:
            raise bad_value('n_steps', given=n_steps, expected='an integer >= 1')
        if int(n_noise_seeds) < 1:
            raise bad_value('n_noise_seeds', given=n_noise_seeds, expected='an integer >= 1')
        weights = self.model.states(brainstate.ParamState)
        if not weights:
            raise bad_value(
                'model',
                given=f'{type(self.model).__name__} without trainable parameters',
                expected='at least one Param with fit=True',
                remedy='Wrap what is to be fitted: HopfStep(N, a=Param(0.1)).',
            )
        require_finite(self.model)
        check_choice('noise', noise, NOISE_RULES)
        progress = Progress(int(n_steps), verbose, self.backend)
        try:
            if self.backend == 'grad':
                return self._descend(target, int(n_steps), int(n_noise_seeds), progress)
            return self._search(target, int(n_steps), int(n_noise_seeds), seed, noise, progress)
        finally:
            progress.close()

    def _descend(
        self, target: Any, n_steps: int, n_noise_seeds: int, progress: Progress
    ) -> FitResult:
        optimizer = as_optimizer(self._given)
        program, facts = self._program(target, n_noise_seeds)
        optimizer.register_trainable_weights(program.weights)
        self._optimizer = optimizer
        outcome = descend(
            program,
            optimizer,
            n_steps,
            n_noise_seeds=n_noise_seeds,
            names=_names(self.model, program),
            on_steps=self._on_steps(progress),
            every_step=bool(self.callbacks),
        )
        return self._result(program, outcome, n_noise_seeds, facts)

    def _search(
        self,
        target: Any,
        n_steps: int,
        n_noise_seeds: int,
        seed: int | None,
        noise: str,
        progress: Progress,
    ) -> FitResult:
        if seed is None:
            seed = int(np.random.randint(2**31))
        backend = _SEARCHES[self.backend]
        settings = backend.settings(_options(self._given, self.backend), seed)
        space = Space(_trainable(self.model), self.search_space)
        program, facts = self._program(target, n_noise_seeds)
        facts['seed'], facts['bounds'] = settings['seed'], space.bounds
        points = Points(program, space, n_noise_seeds, noise, hold=self.backend == 'scipy')
        outcome, self._optimizer = backend.search(
            points, settings, n_steps, self._on_steps(progress)
        )
        return self._result(program, outcome, n_noise_seeds, facts)

    def _program(self, target: Any, n_noise_seeds: int) -> tuple[LossProgram, dict[str, Any]]:
        """The loss, and how it came about."""
        started = time.perf_counter()
        # the seeds run as one batch, so they share what a gradient may keep
        memory = gradient_memory_limit(_GRADIENT_MEMORY) // n_noise_seeds
        with record() as choices, gradient_memory(memory):
            program = loss_program(self.model, lambda: self._evaluate(target), self.fuse)
        facts = {
            'choices': choices,
            'trace': time.perf_counter() - started,
            'target': target,
            'start': {name: param.value() for name, param in _trainable(self.model).items()},
            'memory': memory,
        }
        return program, facts

    def _on_steps(self, progress: Progress) -> Callable[[int, list[float], float], bool]:
        def on_steps(first: int, losses: list[float], best: float) -> bool:
            progress.show(first, losses, best)
            if not losses:
                return False
            info = {
                'step': first + len(losses) - 1,
                'loss': losses[-1],
                'best_loss': best,
                'model': self.model,
            }
            # every callback is called, also after one that stops
            stops = [callback(info) is True for callback in self.callbacks]
            return any(stops)

        return on_steps

    def _evaluate(self, target: Any) -> tuple[Any, Any]:
        """Return ``(loss, aux)`` of the model as it stands."""
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

    def _result(
        self, program: LossProgram, outcome: Outcome, n_noise_seeds: int, facts: dict[str, Any]
    ) -> FitResult:
        loss = program.over_noise_seeds(n_noise_seeds)
        if outcome.best_step is not None:
            program.publish(outcome.best_weights)
        best_params = {name: param.value() for name, param in _trainable(self.model).items()}
        index = program.key_index
        evaluate = jax.jit(lambda weights, carried: loss(weights, carried)[0])
        predict = jax.jit(lambda weights, carried: program(weights, carried)[1][0])

        def carried_with(key: Any) -> tuple[Any, ...]:
            if key is None or index is None:
                return outcome.best_carried
            return (*outcome.best_carried[:index], key, *outcome.best_carried[index + 1 :])

        def local_loss(reference: bool) -> LocalLoss:
            if not reference:
                return LocalLoss(program, outcome.best_weights, outcome.best_carried, n_noise_seeds)
            with use('reference'):
                again, _ = self._program(facts['target'], n_noise_seeds)
            own = {
                id(state): value
                for state, value in zip(program.carried, outcome.best_carried, strict=True)
            }
            carried = tuple(own.get(id(state), state.value) for state in again.carried)
            return LocalLoss(again, outcome.best_weights, carried, n_noise_seeds)

        if outcome.message is not None:
            warnings.warn(
                f'Fitter.fit ended early: {outcome.message}', RuntimeWarning, stacklevel=4
            )
        return FitResult(
            backend=self.backend,
            best_loss=outcome.best_loss,
            best_params=best_params,
            history=outcome.history,
            n_steps=outcome.n_steps,
            optimizer=self._optimizer,
            model=self.model,
            best_key=None if index is None else outcome.best_carried[index],
            best_step=outcome.best_step,
            status=outcome.status,
            message=outcome.message,
            evaluations=outcome.evaluations,
            raw=outcome.raw,
            seed=facts.get('seed'),
            implementation=_implementation(facts['choices']),
            fused=program.is_fused,
            fusion=program.fusion,
            timings={
                'trace': facts['trace'],
                'compile': outcome.compile_seconds,
                'run': outcome.run_seconds,
                'per_step': outcome.run_seconds / max(outcome.n_steps, 1),
            },
            start_params=facts['start'] if self.backend == 'grad' else None,
            best_weights={
                name: outcome.best_weights.get(path, program.weights[path].value)
                for path, name in _names(self.model, program).items()
            },
            bounds=facts.get('bounds'),
            memory={'gradient': facts['memory']} if self.backend == 'grad' else {},
            target=facts['target'],
            transient=self.transient,
            local_loss=local_loss,
            evaluate_at=lambda key: evaluate(outcome.best_weights, carried_with(key)),
            predict_at_best=lambda: predict(outcome.best_weights, outcome.best_carried),
        )


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


def _trainable(model: Any) -> dict[str, Param]:
    """Trainable parameters by dotted path."""
    return {
        '.'.join(str(part) for part in path): node
        for path, node in model.nodes().items()
        if isinstance(node, Param) and node.fit
    }


def _names(model: Any, program: LossProgram) -> dict[Any, str]:
    """Name of each weight: its parameter's path where it has one."""
    by_state = {id(param.val): name for name, param in _trainable(model).items()}
    return {
        path: by_state.get(
            id(state), '.'.join(map(str, path if isinstance(path, tuple) else (path,)))
        )
        for path, state in program.weights.items()
    }


def _implementation(choices: Any) -> str:
    names = dict.fromkeys(choice.name for choice in choices if choice.op == 'simulate')
    return ', '.join(names) or 'generic'
