"""Objectives that compare the distribution of FCD values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

import brainunit as u
import jax
import numpy as np

from brainfit_fast.core.autodiff import not_differentiable
from brainfit_fast.core.errors import bad_value

from . import _density, _samples, _windows
from ._checks import (
    Series,
    check_grid,
    check_prediction,
    is_concrete,
    magnitude,
    once,
    shape_of,
    whole_number,
)
from ._density import Bandwidth
from ._pairs import pairs_of
from .dynamics import WindowedObjective, brainfit_fast_fcd
from .targets import FCDTarget

__all__ = ['FCDKS', 'FCDWasserstein', 'fcd_ks', 'fcd_wasserstein']

_Grid: TypeAlias = tuple[float, ...] | None


_NO_GRADIENT = (
    'fcd_ks(exact=True): the statistic is piecewise constant, so its derivative is zero wherever it'
    ' exists. Fit with fcd_wasserstein(exact=True), or report this one of'
    ' jax.lax.stop_gradient(prediction).'
)


def brainfit_fast_fcd_ks(
    prediction: jax.Array, target: jax.Array, grid: jax.Array | None, **settings: Any
) -> jax.Array:
    """Body of :class:`FCDKS`; the target is a density on the grid, or without one its values."""
    if grid is None:
        values = not_differentiable(_fcd_values(prediction, **settings), _NO_GRADIENT)
        return _samples.ks(values, target)
    return _density.ks(_fcd_density(prediction, grid, **settings), target)


def brainfit_fast_fcd_wasserstein(
    prediction: jax.Array, target: jax.Array, grid: jax.Array | None, **settings: Any
) -> jax.Array:
    """Body of :class:`FCDWasserstein`; the target as in :class:`FCDKS`."""
    if grid is None:
        return _samples.wasserstein(_fcd_values(prediction, **settings), target)
    return _density.wasserstein(_fcd_density(prediction, grid, **settings), target, grid)


def _fcd_values(
    prediction: jax.Array, *, n_diag: int, bw_method: Bandwidth = None, **windows: Any
) -> jax.Array:
    """FCD values of a series, as one vector."""
    return _density.above_diagonal(brainfit_fast_fcd(prediction, **windows), n_diag)


def _fcd_density(prediction: jax.Array, grid: jax.Array, **settings: Any) -> jax.Array:
    """Density of the FCD values of a series on a grid."""
    values = _fcd_values(prediction, **settings)
    return _density.density(values, grid, bw_method=settings['bw_method'])


_STATIC = ('window_size', 'step_size', 'edges', 'pairs', 'n_diag', 'bw_method')
_fcd_ks = jax.jit(brainfit_fast_fcd_ks, static_argnames=_STATIC)
_fcd_wasserstein = jax.jit(brainfit_fast_fcd_wasserstein, static_argnames=_STATIC)


@dataclass(frozen=True)
class _FCDDistribution(WindowedObjective):
    """Common part: settings of the density, and the evaluation."""

    midpoints: _Grid = None
    bw_method: Bandwidth = None
    n_diag: int = 1
    exact: bool = False
    _body: ClassVar[Callable[..., jax.Array]]

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, 'midpoints', _grid_setting(self.midpoints, self.builder))
        object.__setattr__(self, 'n_diag', whole_number(self.n_diag, self.builder, 'n_diag'))
        object.__setattr__(self, 'bw_method', _density.bandwidth(self.bw_method, self.builder))
        if self.exact and (self.midpoints is not None or self.bw_method is not None):
            raise bad_value(
                self.builder,
                given='exact=True with midpoints or bw_method',
                expected='one of them',
                remedy='The exact distance compares values and estimates no density.',
            )

    def __call__(self, prediction: Series, target: Series | FCDTarget | None = None) -> jax.Array:
        """Evaluate on magnitudes."""
        check_prediction(prediction, self.builder)
        n_windows = self._n_windows(shape_of(prediction), 'prediction')
        reduced = self._reduce(target, shape_of(prediction)[1])
        series = magnitude(prediction)
        grid = None
        if self.exact:
            compared = once(
                lambda values: _density.pooled(magnitude(values), self.n_diag), reduced.values
            )
        else:
            grid = once(lambda: _density.grid(self.midpoints, series.dtype))
            n_values = _density.entries(n_windows, self.n_diag)
            compared = once(
                lambda values, points: _density.density(
                    _density.pooled(magnitude(values), self.n_diag),
                    points,
                    bw_method=self.bw_method,
                    count=None if reduced.own_bandwidth else n_values,
                ),
                reduced.values,
                grid,
            )
        return type(self)._body(
            series,
            compared,
            grid,
            n_diag=self.n_diag,
            bw_method=self.bw_method,
            **self.windows,
        )

    def _fewest_windows(self) -> int:
        # The least number with two values at or above the chosen diagonal.
        return max(2, self.n_diag + 2)

    def _reduce(self, target: Any, n_regions: int | None) -> FCDTarget:
        reduced = super()._reduce(target, n_regions)
        shape = shape_of(reduced.values)
        if len(shape) == 2 and _density.entries(shape[0], self.n_diag) < 2:
            raise bad_value(
                self.builder,
                given=f'a target matrix of shape {shape} with n_diag={self.n_diag}',
                expected=f'at least {self._fewest_windows()} windows',
                remedy='Use a longer recording or a smaller n_diag.',
            )
        return reduced


@dataclass(frozen=True)
class FCDKS(_FCDDistribution):
    """Kolmogorov-Smirnov distance between FCD distributions; see :func:`fcd_ks`."""

    builder: ClassVar[str] = 'fcd_ks'
    equation: ClassVar[str] = 'brainfit_fast_fcd_ks'
    _body: ClassVar[Callable[..., jax.Array]] = _fcd_ks


@dataclass(frozen=True)
class FCDWasserstein(_FCDDistribution):
    """Wasserstein distance between FCD distributions; see :func:`fcd_wasserstein`."""

    builder: ClassVar[str] = 'fcd_wasserstein'
    equation: ClassVar[str] = 'brainfit_fast_fcd_wasserstein'
    _body: ClassVar[Callable[..., jax.Array]] = _fcd_wasserstein


def fcd_ks(
    window_size: int | u.Quantity = 30,
    step_size: int | u.Quantity = 5,
    midpoints: Any = None,
    bw_method: Bandwidth = None,
    n_diag: int = 1,
    *,
    exact: bool = False,
    TR: u.Quantity | None = None,
    convention: str = 'brainmass',
    edges: bool = False,
    pairs: Any = None,
) -> FCDKS:
    """Kolmogorov-Smirnov distance between the distributions of FCD values, a loss.

    :func:`ks_distance` between the :func:`fcd_distribution` of prediction and target, the usual
    report of fit to dynamics.

    Parameters
    ----------
    window_size, step_size : int or time Quantity
        Window length and stride, in samples, or as times with ``TR``.
    midpoints : array, shape (points,), optional
        Evenly spaced FCD values at which densities are compared; 100 points on [-0.99, 0.99].
    bw_method : None, str, float or callable
        Bandwidth of the density, as in :func:`fcd_distribution`.
    n_diag : int
        First diagonal of the FCD matrix that counts. A larger offset leaves out pairs of windows
        that overlap.
    exact : bool
        Compare the values themselves instead of densities: the two-sample statistic of
        ``scipy.stats.ks_2samp``. Takes no ``midpoints`` and no ``bw_method``.
    TR, convention, edges, pairs
        Sampling interval, windows and pairs of regions, as in :func:`fcd`. cuBNM's ``fcd_ks`` is
        ``exact=True, convention='cubnm'``.

    Returns
    -------
    FCDKS
        ``loss(prediction, target) -> scalar`` in [0, 1]. The target is a time series of any length
        or ``targets.fcd(values, window=..., step=...)``. Units are dropped.

    Raises
    ------
    ValueError
        For settings out of range; when called with a series of fewer than three windows, other
        window settings in the target, another number of regions, NaN in the target, or a plain
        connectivity matrix as target.
    TypeError
        When called without a target or with one of another kind.

    Notes
    -----
    The distance follows one point of the grid only, so its gradient jumps. Fit with
    :func:`fcd_wasserstein` and report this one. With ``exact=True`` it is piecewise constant, and
    differentiating it raises ``DifferentiationError``. If all FCD values are equal the
    distance of densities is NaN.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> import numpy as np
    >>> x = np.random.default_rng(0).standard_normal((200, 6))
    >>> bool(bf.objectives.fcd_ks()(x, x) < 1e-6)
    True
    """
    size, step = _windows.resolve(window_size, step_size, TR, convention, edges, 'fcd_ks')
    return FCDKS(
        size,
        step,
        midpoints,
        bw_method,
        n_diag,
        exact,
        edges=bool(edges),
        pairs=pairs_of(pairs, 'fcd_ks'),
    )


def fcd_wasserstein(
    window_size: int | u.Quantity = 30,
    step_size: int | u.Quantity = 5,
    midpoints: Any = None,
    bw_method: Bandwidth = None,
    n_diag: int = 1,
    *,
    exact: bool = False,
    TR: u.Quantity | None = None,
    convention: str = 'brainmass',
    edges: bool = False,
    pairs: Any = None,
) -> FCDWasserstein:
    """Wasserstein-1 distance between the distributions of FCD values, a loss.

    :func:`wasserstein_1d` between the :func:`fcd_distribution` of prediction and target. All
    points of the grid contribute, so it suits gradient-based fitting.

    Parameters
    ----------
    window_size, step_size, midpoints, bw_method, n_diag, TR, convention, edges, pairs
        As in :func:`fcd_ks`.
    exact : bool
        Compare the values themselves instead of densities, as
        ``scipy.stats.wasserstein_distance``: the area between the empirical distribution functions
        :math:`\\int \\lvert F_v - F_{\\hat v} \\rvert`, with its gradient. Takes no ``midpoints``
        and no ``bw_method``.

    Returns
    -------
    FCDWasserstein
        ``loss(prediction, target) -> scalar``, not negative. Targets as in :func:`fcd_ks`.

    Raises
    ------
    ValueError
        As :func:`fcd_ks`.
    TypeError
        As :func:`fcd_ks`.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> x = rng.standard_normal((200, 6))
    >>> data = bf.objectives.targets.fcd(rng.uniform(-0.2, 0.2, 1000), window=30, step=5)
    >>> bool(bf.objectives.fcd_wasserstein()(x, data) > 0.0)
    True
    """
    size, step = _windows.resolve(window_size, step_size, TR, convention, edges, 'fcd_wasserstein')
    return FCDWasserstein(
        size,
        step,
        midpoints,
        bw_method,
        n_diag,
        exact,
        edges=bool(edges),
        pairs=pairs_of(pairs, 'fcd_wasserstein'),
    )


def _grid_setting(midpoints: Any, who: str) -> _Grid:
    """Make a grid hashable; it must be concrete, increasing and evenly spaced."""
    if midpoints is None:
        return None
    if not is_concrete(midpoints):
        raise bad_value(
            who,
            given=f'traced midpoints of shape {shape_of(midpoints)}',
            expected='concrete numbers, which belong to the setting of an objective',
        )
    check_grid(midpoints, who, 'midpoints')
    return tuple(float(v) for v in np.asarray(u.get_magnitude(midpoints)))
