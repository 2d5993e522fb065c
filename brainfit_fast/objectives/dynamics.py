"""Functional-connectivity dynamics: how the connectivity of sliding windows recurs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np

from brainfit_fast.core.errors import bad_type, bad_value
from brainfit_fast.ops.fc import functional_connectivity
from brainfit_fast.ops.fc.api import runs_on_kernel

from . import _matrices, _windows
from ._candidates import in_chunks
from ._checks import (
    SAMPLES,
    Series,
    check_prediction,
    check_series_target,
    magnitude,
    once,
    shape_of,
    whole_number,
)
from ._pairs import Pairs, above_diagonal, check_pairs, pairs_of
from .base import Objective
from .targets import FCDTarget, Target

__all__ = ['FCD', 'WindowedObjective', 'fcd']


def brainfit_fast_fcd(
    prediction: jax.Array, *, window_size: int, step_size: int, edges: bool, pairs: Pairs | None
) -> jax.Array:
    """Correlations between the connectivity of all windows, shape (windows, windows)."""
    n_time, n_regions = prediction.shape
    n_windows = _windows.count(n_time, window_size, step_size, edges)

    def matrix(series: jax.Array) -> jax.Array:
        return _recurrence(_windows.cut(series, window_size, step_size, edges), pairs)

    # windows, connectivity, and the pairs of regions twice
    n_values = n_windows * n_regions * (window_size + 2 * n_regions)
    windows = jax.ShapeDtypeStruct((n_windows, window_size, n_regions), prediction.dtype)
    return in_chunks(
        matrix, n_values * prediction.dtype.itemsize, on_kernel=runs_on_kernel(windows)
    )(prediction)


def _recurrence(windows: jax.Array, pairs: Pairs | None) -> jax.Array:
    """Correlations between the connectivity of windows (windows, time, regions)."""
    n_windows, _, n_regions = windows.shape
    fc = functional_connectivity(windows)
    edges = fc.reshape(n_windows, -1)[:, above_diagonal(pairs, n_regions)]
    edges = edges - jnp.mean(edges, axis=1, keepdims=True)
    square = jnp.sum(jnp.square(edges), axis=1, keepdims=True)
    # A window whose edges do not vary correlates with no other: its row stays zero.
    varies = square > 0
    edges = edges / jnp.sqrt(jnp.where(varies, square, jnp.ones_like(square)))
    gram = jnp.matmul(edges, edges.T, precision=jax.lax.Precision.HIGHEST)
    return jnp.where(np.eye(n_windows, dtype=bool), jnp.ones_like(gram), gram)


def brainfit_fast_fcd_corr(
    prediction: jax.Array, target_fcd: jax.Array, **windows: Any
) -> jax.Array:
    """Body of :class:`FCD` with a target."""
    return _matrices.matrix_correlation(brainfit_fast_fcd(prediction, **windows), target_fcd)


_STATIC = ('window_size', 'step_size', 'edges', 'pairs')
_fcd = jax.jit(brainfit_fast_fcd, static_argnames=_STATIC)
_fcd_corr = jax.jit(brainfit_fast_fcd_corr, static_argnames=_STATIC)


@dataclass(frozen=True)
class WindowedObjective(Objective):
    """Common part of the FCD objectives: windows, and targets reduced to FCD values.

    Parameters
    ----------
    window_size, step_size : int
        Window length and stride, in samples.
    edges : bool
        Whether windows that the ends of a series cut short count.
    pairs : Pairs or None
        Pairs of regions that count; None stands for all.
    """

    builder: ClassVar[str]
    window_size: int = 30
    step_size: int = 5
    edges: bool = field(default=False, kw_only=True)
    pairs: Pairs | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        for name, least in (('window_size', 2), ('step_size', 1)):
            value = whole_number(getattr(self, name), self.builder, name, least, SAMPLES)
            object.__setattr__(self, name, value)

    @property
    def windows(self) -> dict[str, Any]:
        """Settings of the windows, as keyword arguments."""
        return {
            'window_size': self.window_size,
            'step_size': self.step_size,
            'edges': self.edges,
            'pairs': self.pairs,
        }

    def prepare(self, target: Any) -> FCDTarget:
        """Check a target and reduce it to FCD values."""
        return self._reduce(target, None)

    def _fewest_windows(self) -> int:
        """Windows that a series needs for the objective to be defined."""
        return 1

    def _n_windows(self, shape: tuple[int, ...], what: str) -> int:
        """Number of windows in a series; refuses one that is too short or too narrow."""
        n_time, n_regions = shape
        check_pairs(self.pairs, n_regions, self.builder)
        if n_regions < 3:
            raise bad_value(
                self.builder,
                given=f'a {what} (time, regions) of shape {shape}',
                expected='three regions at least',
                remedy='FCD correlates the connectivity of several pairs between windows.',
            )
        least = self._fewest_windows()
        count = _windows.count(n_time, self.window_size, self.step_size, self.edges)
        if count < least:
            needed = max(self.window_size, (least - 1) * self.step_size + 1)
            if not self.edges:
                needed = self.window_size + (least - 1) * self.step_size
            raise bad_value(
                self.builder,
                given=f'a {what} of {n_time} samples with window_size={self.window_size} and'
                f' step_size={self.step_size}, that is {count} windows',
                expected=f'at least {least} windows, that is {needed} samples',
                remedy='Simulate or record longer, or use shorter windows or steps.',
            )
        return count

    def _reduce(self, target: Any, n_regions: int | None) -> FCDTarget:
        """Return a target's FCD values, computed once where the target is concrete."""
        if isinstance(target, FCDTarget):
            theirs = (target.window, target.step, target.edges)
            if theirs != (self.window_size, self.step_size, self.edges):
                raise bad_value(
                    self.builder,
                    given=f'an objective with window_size={self.window_size},'
                    f' step_size={self.step_size} and a target with window={target.window},'
                    f' step={target.step} (samples)'
                    + (
                        f', edges={self.edges} and edges={target.edges}'
                        if target.edges != self.edges
                        else ''
                    ),
                    expected='the same windows in both',
                    remedy=f'Build the objective with {self.builder}(window_size={target.window},'
                    f' step_size={target.step}), at the sampling interval of the data, and with'
                    ' one convention and edges for both.',
                )
            return target
        if target is None or isinstance(target, Target):
            raise bad_type(
                self.builder,
                given=f'the target {target!r}',
                expected='a time series (time, regions) or targets.fcd(values, window=, step=)',
                remedy='targets.fc belongs to fc_corr and fc_rmse.',
            )
        check_series_target(
            target, self.builder, n_regions, 'targets.fcd(values, window=..., step=...)'
        )
        self._n_windows(shape_of(target), 'target')
        matrix = once(lambda x: _fcd(magnitude(x), **self.windows), target)
        return FCDTarget(
            matrix, self.window_size, self.step_size, own_bandwidth=True, edges=self.edges
        )


@dataclass(frozen=True)
class FCD(WindowedObjective):
    """Correlation between FCD matrices, or the matrix itself; see :func:`fcd`."""

    as_loss: bool = False
    builder: ClassVar[str] = 'fcd'
    equation: ClassVar[str] = 'brainfit_fast_fcd_corr'

    def __call__(self, prediction: Series, target: Series | FCDTarget | None = None) -> jax.Array:
        """Evaluate on magnitudes; without a target return the FCD matrix."""
        check_prediction(prediction, self.builder)
        n_windows = self._n_windows(shape_of(prediction), 'prediction')
        if target is None:
            return _fcd(magnitude(prediction), **self.windows)
        values = self._reduce(target, shape_of(prediction)[1]).values
        given = shape_of(values)
        if n_windows < 3:
            raise bad_value(
                self.builder,
                given=f'a prediction of {n_windows} windows',
                expected='three windows at least, whose FCD has several values to correlate',
                remedy='Simulate longer, or use shorter windows or steps.',
            )
        if given != (n_windows, n_windows):
            is_pooled = len(given) == 1
            raise bad_value(
                self.builder,
                given=f'pooled FCD values of shape {given}'
                if is_pooled
                else f'a target of {given[0]} windows',
                expected=f'{n_windows} windows as in the prediction',
                remedy='Pooled values have no order in time: compare their distribution with fcd_ks'
                ' or fcd_wasserstein.'
                if is_pooled
                else 'Use series of one length, or compare distributions with fcd_ks or'
                ' fcd_wasserstein.',
            )
        corr = _fcd_corr(magnitude(prediction), once(magnitude, values), **self.windows)
        return 1.0 - corr if self.as_loss else corr


def fcd(
    window_size: int | u.Quantity = 30,
    step_size: int | u.Quantity = 5,
    as_loss: bool = False,
    *,
    TR: u.Quantity | None = None,
    convention: str = 'brainmass',
    edges: bool = False,
    pairs: Any = None,
) -> FCD:
    r"""Functional-connectivity dynamics: the matrix, or its correlation with the target's.

    .. math:: \mathrm{FCD}_{kl} = \mathrm{corr}_{i<j}\left(C^{(k)}_{ij}, C^{(l)}_{ij}\right)

    where :math:`C^{(k)}` is the functional connectivity within window :math:`k`
    (Hansen et al., NeuroImage 105:525, 2015). The score is the correlation between the two FCD
    matrices above their diagonals.

    Parameters
    ----------
    window_size, step_size : int or time Quantity
        Window length and stride: a plain number counts samples, a time needs ``TR`` and is rounded
        to the nearest sample.
    as_loss : bool
        Return one minus the correlation, to be minimised.
    TR : time Quantity, optional
        Sampling interval of the series.
    convention : {'brainmass', 'cubnm'}
        ``'brainmass'``: a window holds ``window_size`` samples and starts every ``step_size``
        samples. ``'cubnm'``: as in cuBNM, a window holds half of ``window_size`` on each side of
        its centre, thus one sample more; ``window_size`` is even, a time is rounded to the
        nearest even number of samples.
    edges : bool
        With ``convention='cubnm'``: count windows centred on the first sample and from there on
        every ``step_size`` samples, those that the ends of the series cut short included (cuBNM's
        ``drop_edges=False``).
    pairs : array of bool, shape (regions, regions), optional
        Pairs of regions whose connectivity is compared between windows, as in :func:`fc_corr`;
        default all. FCD values of a target are used as they are.

    Returns
    -------
    FCD
        ``score(prediction, target=None)``: the FCD matrix (windows, windows) without a target, a
        scalar with one. The target is a time series as long as the prediction, or
        ``targets.fcd(matrix, ...)``. Units are dropped.

    Raises
    ------
    ValueError
        If ``window_size`` is below two samples or ``step_size`` below one, odd with
        ``convention='cubnm'``, or for ``edges`` with the other convention; when called with series
        shorter than a window, other window settings in the target, another number of regions or
        windows, NaN in the target, or a plain connectivity matrix as target.
    TypeError
        If a time comes without ``TR``; when called with a target of another kind.

    Notes
    -----
    The objective's settings are in samples: ``window_size`` counts those that a window holds.

    Under ``jax.vmap`` candidates are evaluated some at a time, so that their windows take no more
    than 256 MiB together, unless those of one do. That holds for values: a gradient keeps what it needs of each
    candidate. For gradients of many use ``jax.lax.map(..., batch_size=...)``.

    This score compares instants, which only agree where both series follow the same inputs. For
    resting state compare distributions: :func:`fcd_wasserstein`.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> import numpy as np
    >>> x = np.random.default_rng(0).standard_normal((200, 6))
    >>> bf.objectives.fcd(window_size=40, step_size=20)(x).shape
    (9, 9)
    """
    size, step = _windows.resolve(window_size, step_size, TR, convention, edges, 'fcd')
    return FCD(size, step, as_loss, edges=bool(edges), pairs=pairs_of(pairs, 'fcd'))
