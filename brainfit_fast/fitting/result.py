"""FitResult: what a fit found, and how to look at it again."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import numpy as np

from ..core.errors import bad_value, check_choice
from ..core.versions import versions as current_versions
from . import result_files, summary, tables
from .outcome import Evaluations
from .restarts import Restarts
from .uncertainty import Hessian, LocalLoss, Uncertainty, curvature, likelihood_scale, uncertainty
from .weights import model_at

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ['Evaluation', 'FitResult']


class Evaluation(NamedTuple):
    """Losses at the best parameters over fresh random keys.

    Attributes
    ----------
    mean, sd : float
        Their mean and standard deviation (``ddof=1``).
    losses : numpy.ndarray
        One per key.
    """

    mean: float
    sd: float
    losses: np.ndarray


class FitResult:
    """Outcome of :meth:`Fitter.fit`.

    Attributes
    ----------
    backend : str
        ``'grad'``, ``'nevergrad'`` or ``'scipy'``.
    best_loss : float
        Lowest loss over the run.
    best_params : dict
        Trainable parameters where that loss was evaluated, constrained, with units, by dotted path.
    best_key : key array or None
        The key of ``brainstate.random`` before that evaluation: with ``best_params`` it gives
        ``best_loss`` again.
    best_step : int
        Its step, generation or start.
    history : list of float
        Of ``'grad'`` the loss of each step, before the step's update, of several starts that of the best; of
        ``'nevergrad'`` the loss of every candidate; of ``'scipy'`` the best loss. After a search follow
        the steps that refined it.
    n_steps : int
        Steps, generations or starts that were run.
    optimizer : object
        The braintools optimizer; None for ``'scipy'``.
    model : brainstate.nn.Module
        The model, left at the best parameters.
    status : {'finished', 'stopped', 'diverged', 'interrupted'}
        How the fit ended.
    message : str or None
        Why it ended early.
    implementation : str
        What simulated the model inside the loss.
    fused : bool
        Whether simulations streamed the statistics that the loss is made of, so that no trajectory was
        stored.
    fusion : str
        What was streamed, or why nothing was.
    timings : dict
        Seconds: ``trace``, ``compile``, ``run``, and ``per_step``.
    raw : object or None
        What nevergrad or SciPy returned; None for ``'grad'``.
    evaluations : Evaluations or None
        Of a search: every loss with its parameters.
    seed : int or None
        Of a search: of what it drew.
    restarts : Restarts or None
        Of a fit from several starts: what each found.
    best_restart : int or None
        The start with the lowest loss.
    learning_rates, grad_norms : numpy.ndarray or None
        Of ``'grad'``: of each step.
    start_params : dict or None
        Of ``'grad'``: trainable parameters before the fit, as ``best_params``.
    best_weights : dict or None
        What the trainable states store at the best point, by name: ``best_params`` before their transforms.
    bounds : dict or None
        Of a search: ``{name: (low, high)}``, in the parameters' units.
    versions : dict
        Of libraries, Python and the machine.
    memory : dict
        Bytes, where they are known; ``'gradient'``: what a gradient was allowed to keep; ``'program'``: what
        the compiled loop took beside its state.
    target : object or None
        What the prediction was compared with; not copied.
    transient : int or None
        Leading samples of the prediction that the objective did not see.
    regions : list of str or None
        Labels of the regions, for tables and figures. May be set.
    uncertainty : Uncertainty or None
        What :meth:`standard_errors` or :meth:`half_widths` found last.

    Examples
    --------
    See :class:`Fitter`, whose ``fit`` returns one.
    """

    def __init__(
        self,
        *,
        backend: str,
        best_loss: float,
        best_params: dict[str, Any],
        history: list[float],
        n_steps: int,
        prediction: Any = None,
        optimizer: Any = None,
        raw: Any = None,
        model: Any = None,
        best_key: Any = None,
        best_step: int | None = None,
        status: str = 'finished',
        message: str | None = None,
        implementation: str = '',
        fused: bool = False,
        fusion: str = '',
        timings: dict[str, float] | None = None,
        evaluations: Evaluations | None = None,
        seed: int | None = None,
        restarts: Restarts | None = None,
        learning_rates: np.ndarray | None = None,
        grad_norms: np.ndarray | None = None,
        start_params: dict[str, Any] | None = None,
        best_weights: dict[str, Any] | None = None,
        bounds: dict[str, Any] | None = None,
        versions: dict[str, str] | None = None,
        memory: dict[str, int] | None = None,
        target: Any = None,
        transient: int | None = None,
        regions: Sequence[str] | None = None,
        uncertainty: Uncertainty | None = None,
        local_loss: Callable[[bool], LocalLoss] | None = None,
        evaluate_at: Callable[[Any], Any] | None = None,
        predict_at_best: Callable[[], Any] | None = None,
    ):
        self.backend = backend
        self.best_loss = best_loss
        self.best_params = best_params
        self.history = history
        self.n_steps = n_steps
        self.optimizer = optimizer
        self.raw = raw
        self.model = model
        self.best_key = best_key
        self.best_step = best_step
        self.status = status
        self.message = message
        self.implementation = implementation
        self.fused = fused
        self.fusion = fusion
        self.timings = timings or {}
        self.evaluations = evaluations
        self.seed = seed
        self.restarts = restarts
        self.learning_rates = learning_rates
        self.grad_norms = grad_norms
        self.start_params = start_params
        self.best_weights = best_weights
        self.bounds = bounds
        self.versions = current_versions() if versions is None else versions
        self.memory = memory or {}
        self.target = target
        self.transient = transient
        self.regions = regions
        self.uncertainty = uncertainty
        self._prediction = prediction
        self._local_loss = local_loss
        self._hessians: dict[tuple[str, str], Hessian] = {}
        self._evaluate_at = evaluate_at
        self._predict_at_best = predict_at_best

    @property
    def prediction(self) -> Any:
        """The prediction (or the ``aux`` of a ``loss_fn``) at the best parameters and key.

        It is simulated on first access.
        """
        if self._prediction is None and self._predict_at_best is not None:
            self._prediction = self._predict_at_best()
        return self._prediction

    @property
    def best_restart(self) -> int | None:
        """The start with the lowest loss; None without restarts."""
        return None if self.restarts is None else int(np.argmin(self.restarts.best_losses))

    @property
    def regions(self) -> list[str] | None:
        """Labels of the regions."""
        return self._regions

    @regions.setter
    def regions(self, labels: Sequence[str] | None) -> None:
        self._regions = None if labels is None else [str(label) for label in labels]
        if self._regions is not None and len(set(self._regions)) < len(self._regions):
            twice = next(label for label in self._regions if self._regions.count(label) > 1)
            raise bad_value(
                'regions', given=f'{twice!r} more than once', expected='a label for each region'
            )

    def loss_at(self, key: Any = None) -> float:
        """Evaluate the loss at the best parameters.

        Parameters
        ----------
        key : key array, optional
            Random key; None takes ``best_key``, which gives ``best_loss``.

        Returns
        -------
        float

        Raises
        ------
        ValueError
            If the result was loaded from a file, which holds no loss.
        """
        if self._evaluate_at is None:
            raise self._lacks_loss('loss_at')
        return float(self._evaluate_at(key))

    def evaluate(self, seeds: int = 10, seed: int = 0) -> Evaluation:
        """Evaluate the loss at the best parameters over fresh noise.

        Parameters
        ----------
        seeds : int
            Number of keys.
        seed : int
            They are split from this seed.

        Returns
        -------
        Evaluation
            Mean, standard deviation and the losses.

        Raises
        ------
        ValueError
            If ``seeds`` < 2.
        """
        if seeds < 2:
            raise bad_value(
                'seeds', given=seeds, expected='an integer >= 2, for a standard deviation'
            )
        keys = jax.random.split(jax.random.key(seed), seeds)
        losses = np.array([self.loss_at(key) for key in keys])
        return Evaluation(float(losses.mean()), float(losses.std(ddof=1)), losses)

    @staticmethod
    def _lacks_loss(name: str) -> ValueError:
        return bad_value(
            name,
            given='a result from a file, which holds no loss',
            expected='a result of Fitter.fit',
            remedy='Build the model again, load with FitResult.load(path, model=...), and evaluate the '
            'objective on result.model.',
        )

    def fitted_model(self, model: Any = None) -> Any:
        """Copy the model, at the best parameters.

        Parameters
        ----------
        model : brainstate.nn.Module, optional
            One built like the fitted one; None takes that. It is not changed.

        Returns
        -------
        brainstate.nn.Module

        Raises
        ------
        ValueError
            If a loaded result is not given a model, or one whose trainable parameters have other names
            or shapes.
        """
        model = self.model if model is None else model
        if model is None:
            raise bad_value(
                'model',
                given='none, to a result from a file',
                expected='a model built like the one that was fitted',
                remedy='Write fitted_model(model).',
            )
        if self.best_weights is None:
            raise bad_value(
                'fitted_model', given='a result without best_weights', expected='one of Fitter.fit'
            )
        return model_at(model, self.best_weights)

    def save(self, path: str | os.PathLike[str], *, prediction: bool | None = None) -> None:
        """Write the result into one ``.npz`` file that holds no code.

        Parameters
        ----------
        path : str or path
            An older file is replaced at once or not at all.
        prediction : bool, optional
            Whether the prediction is stored: None where it has been computed, True computes it.

        Raises
        ------
        OSError
            If the file cannot be written.
        TypeError
            If the prediction holds other things than arrays.

        See Also
        --------
        FitResult.load

        Notes
        -----
        All is stored but ``model``, ``optimizer`` and ``raw``, which are objects, and a target of a class of
        your own. Units are stored as text, random keys as their data. The file is a ZIP archive of ``.npy``
        arrays and a ``meta.json``, which ``numpy.load`` reads.
        """
        kept = self._prediction if prediction is None else self.prediction if prediction else None
        result_files.write_result(self, path, kept)

    @classmethod
    def load(cls, path: str | os.PathLike[str], model: Any = None) -> FitResult:
        """Read a result of :meth:`save`.

        Parameters
        ----------
        path : str or path
        model : brainstate.nn.Module, optional
            One built like the fitted one: :attr:`model` is a copy of it at the best parameters.

        Returns
        -------
        FitResult
            Its arrays are NumPy's. It has no loss: :meth:`loss_at`, :meth:`evaluate`, :meth:`hessian` and what
            follows from that raise.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If it is cut short, damaged or of another kind, or the model does not fit.
        """
        result = cls(**result_files.read_result(path))
        if model is not None:
            result.model = result.fitted_model(model)
        return result

    def to_dataframe(self, table: str = 'history') -> Any:
        """Return a table of the fit.

        Parameters
        ----------
        table : {'history', 'params', 'restarts'}
            One row for each step or evaluation (loss; of ``'grad'`` learning rate and gradient norm where they
            are known, of a search every number of the parameters); for each number of the fitted parameters
            (region, value, unit, start, standard error where they are known); or for each start.

        Returns
        -------
        pandas.DataFrame

        Raises
        ------
        ImportError
            Without pandas: ``pip install "brainfit_fast[tables]"``.
        ValueError
            For an unknown table, or ``'restarts'`` of a fit without.
        """
        return tables.dataframe(self, check_choice('table', table, tables.TABLES))

    def to_xarray(self) -> Any:
        """Return parameters, losses, prediction and functional connectivity with named axes.

        Returns
        -------
        xarray.Dataset
            With the dimensions ``step`` or ``evaluation``, ``region``, ``time`` and ``restart``, where they
            apply; units are in the attributes of each variable. The prediction is simulated if it has not been.

        Raises
        ------
        ImportError
            Without xarray: ``pip install "brainfit_fast[tables]"``.
        """
        return tables.dataset(self)

    def summary(self) -> str:
        """Return a report to print: how the fit went, its parameters, what it ran on."""
        return summary.text(self)

    def plot(self) -> Figure:
        """Draw the loss and the parameters; where a FC can be compared, both and their pairs.

        Functional connectivity is drawn where the prediction is a time series ``(time, region)`` and the
        target one too, or a :func:`~brainfit_fast.targets.fc`. The prediction is simulated if it has not been.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        MatplotlibMissing
            Without matplotlib: ``pip install "brainfit_fast[viz]"``.
        """
        from ..viz import fit_figure

        simulated, empirical = tables.connectivity(self)
        return fit_figure(
            history=list(self.evaluations.losses) if self.evaluations else self.history,
            parameters=tables.panels(self),
            empirical=empirical,
            simulated=simulated,
            regions=self.regions,
            label='Loss',
            evaluations=self.evaluations is not None,
            others=None if self.restarts is None else self.restarts.history,
        )

    def hessian(self, space: str = 'constrained', method: str = 'differences') -> Hessian:
        """Second derivatives of the loss at the best parameters, under ``best_key``.

        Parameters
        ----------
        space : {'constrained', 'raw'}
            By the parameters in their units, or by what they store.
        method : {'differences', 'exact'}
            ``'differences'`` takes central differences of compiled gradients, two for each number, on the
            implementation of the fit. ``'exact'`` traces the loss again on the reference implementation and
            differentiates its gradient: five to ten times slower, and in single precision more accurate.

        Returns
        -------
        Hessian

        Raises
        ------
        ValueError
            For a loaded result, or a fit without a finite loss.
        """
        check_choice('space', space, ('constrained', 'raw'))
        check_choice('method', method, ('exact', 'differences'))
        if self._local_loss is None:
            raise self._lacks_loss('hessian')
        if self.best_step is None:
            raise bad_value(
                'hessian', given='a fit without a finite loss', expected='one with a best point'
            )
        if (space, method) not in self._hessians:
            self._hessians[space, method] = curvature(
                self._local_loss, self.model, self.bounds or {}, space, method
            )
        return self._hessians[space, method]

    def standard_errors(
        self,
        loss: str,
        *,
        n_observations: int | None = None,
        noise_variance: float | None = None,
        method: str = 'differences',
    ) -> Uncertainty:
        r"""Standard errors of the parameters, if the loss is a likelihood.

        The inverse of the observed information

        .. math:: I = \frac{\partial^2 (-\log L)}{\partial\theta^2} \Big|_{\hat\theta}, \qquad
                  -\log L = l \;\text{ or }\; \frac{n}{2\sigma^2}\,\mathrm{MSE} \quad
                  \text{up to a constant}

        (B. Efron and D. V. Hinkley, Biometrika 65, 457, 1978). Of a linear model these are the standard errors
        of least squares.

        Parameters
        ----------
        loss : {'negative_log_likelihood', 'mean_squared_error', 'root_mean_squared_error'}
            What the whole loss is, regularization included. A correlation is none of these: see
            :meth:`half_widths`.
        n_observations : int
            Of a squared error: how many independent values it is the mean of. Neighbouring samples of a time
            series are not independent; then this is fewer than there are.
        noise_variance : float, optional
            Of a squared error: variance of one observation, in the squared unit of the prediction. None
            estimates it, :math:`n\,\mathrm{MSE} / (n - P)`.
        method : {'differences', 'exact'}
            As in :meth:`hessian`.

        Returns
        -------
        Uncertainty
            ``valid`` is True where the Hessian is positive definite beyond its numerical error, the gradient
            puts the minimum less than a tenth of a standard error away, no parameter is within two standard
            errors of a bound, and other random numbers move the minimum by less than a tenth of a standard
            error. ``reason`` says what is not so. That the loss is this likelihood, that observations are
            independent and that the model is right is not tested.

        Raises
        ------
        ValueError
            As for :meth:`hessian`, and if ``n_observations`` is missing, or not above the number of parameters.
        """
        found = self.hessian(method=method)
        scale, power = likelihood_scale(
            loss, self.best_loss, len(found.point), n_observations, noise_variance
        )
        return self._uncertain(found, scale, power)

    def half_widths(self, rise: float, *, method: str = 'differences') -> Uncertainty:
        r"""How far each parameter can go until the loss has risen, the others following.

        :math:`\sqrt{2\,\delta\,[H^{-1}]_{ii}}` for a rise :math:`\delta` of a loss with Hessian :math:`H`:
        half the extent of :math:`l \le l_{\min} + \delta`, if the loss is a parabola. It is no statistical
        statement, and applies to any loss.

        Parameters
        ----------
        rise : float
            Rise of the loss, above 0.
        method : {'differences', 'exact'}
            As in :meth:`hessian`.

        Returns
        -------
        Uncertainty
            ``valid`` as for :meth:`standard_errors`, half-widths in the place of standard errors.

        Raises
        ------
        ValueError
            As for :meth:`hessian`, and for a rise that is not positive.
        """
        if not (np.isfinite(rise) and rise > 0):
            raise bad_value('rise', given=rise, expected='a number > 0')
        return self._uncertain(self.hessian(method=method), 0.5 / rise, 1)

    def _uncertain(self, found: Hessian, scale: float, power: int) -> Uncertainty:
        assert self._local_loss is not None
        self.uncertainty = uncertainty(
            found, self._local_loss, self.model, self.bounds or {}, scale, power, self.best_loss
        )
        return self.uncertainty

    def __repr__(self) -> str:
        names = ', '.join(self.best_params)
        early = '' if self.status == 'finished' else f', status={self.status!r}'
        return (
            f'FitResult(backend={self.backend!r}, best_loss={self.best_loss:.6g}, '
            f'n_steps={self.n_steps}{early}, params=[{names}])'
        )
