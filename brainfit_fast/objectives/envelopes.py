"""Objectives that compare amplitude-envelope correlations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from brainfit_fast.core.errors import bad_value
from brainfit_fast.ops.fc import functional_connectivity

from . import _matrices
from ._analytic import analytic_signal, envelope, phasors
from ._measured import MeasuredMatrix, check_filter
from .steps import Bandpass

__all__ = ['AECRMSE', 'AECCorrelation', 'aec_corr', 'aec_rmse']

#: Times the unit roundoff of the largest amplitude: what is smaller is left over by rounding.
_ROUNDING = 32


def brainfit_fast_aec_corr(
    prediction: jax.Array, target: jax.Array, *, of: AECCorrelation
) -> jax.Array:
    """Body of :class:`AECCorrelation`."""
    return _matrices.matrix_correlation(of.measure(prediction), target)


def brainfit_fast_aec_rmse(prediction: jax.Array, target: jax.Array, *, of: AECRMSE) -> jax.Array:
    """Body of :class:`AECRMSE`."""
    return _matrices.root_mean_square(of.measure(prediction), target)


_aec_corr = jax.jit(brainfit_fast_aec_corr, static_argnames='of')
_aec_rmse = jax.jit(brainfit_fast_aec_rmse, static_argnames='of')


@dataclass(frozen=True)
class _AEC(MeasuredMatrix):
    """Common part: how envelopes are correlated."""

    band: Bandpass | None = None
    orthogonalised: bool = False
    log: bool = False
    smooth: Bandpass | None = None
    kind: ClassVar[str] = 'aec'
    accepts: ClassVar[str] = 'targets.aec(matrix)'

    def __post_init__(self) -> None:
        check_filter(self.band, self.builder, 'band')
        check_filter(self.smooth, self.builder, 'smooth')
        if self.smooth is not None and self.smooth.low is not None:
            raise bad_value(
                self.builder,
                given=f'smooth={self.smooth}',
                expected='a low-pass filter',
                remedy='Write bandpass(high=..., TR=...), without low.',
            )

    def check(self, n_time: int) -> None:
        """Refuse a series that is too short for the filters."""
        for step in (self.band, self.smooth):
            if step is not None:
                step.check(n_time)

    def measure(self, series: jax.Array) -> jax.Array:
        """Correlations between envelopes."""
        x, h = analytic_signal(series, self.band)
        seeds = self._finished(envelope(x, h))
        if not self.orthogonalised:
            return functional_connectivity(seeds)
        cosine, sine = phasors(x, h)
        regions = np.arange(x.shape[1])
        largest = jax.lax.stop_gradient(jnp.max(jnp.abs(x) + jnp.abs(h), axis=0))
        rounding = _ROUNDING * jnp.finfo(x.dtype).eps * largest

        # One region at a time, and again in the backward pass: never (time, regions, regions).
        @jax.checkpoint
        def row(seed: tuple[jax.Array, ...]) -> jax.Array:
            k, own, c, s = seed
            rest = jnp.where(regions == k, 0, jnp.abs(h * c[:, None] - x * s[:, None]))
            rest = jnp.where(jnp.max(rest, axis=0) <= rounding, 0, rest)
            return _matrices.column_correlations(own, self._finished(rest))

        directed = jax.lax.map(row, (jnp.asarray(regions), seeds.T, cosine.T, sine.T))
        both = 0.5 * (directed + directed.T)
        return jnp.where(np.eye(len(regions), dtype=bool), 1, both)

    def _finished(self, envelopes: jax.Array) -> jax.Array:
        """Take the logarithm and smooth, where that is asked for."""
        if self.log:
            silent = envelopes == 0
            floor = jnp.log(jnp.finfo(envelopes.dtype).tiny)
            logarithm = jnp.log(jnp.where(silent, 1, envelopes))
            envelopes = jnp.where(silent, floor, logarithm)
        return envelopes if self.smooth is None else self.smooth.apply(envelopes)


@dataclass(frozen=True)
class AECCorrelation(_AEC):
    """Correlation between envelope-correlation matrices; see :func:`aec_corr`."""

    as_loss: bool = False
    builder: ClassVar[str] = 'aec_corr'
    equation: ClassVar[str] = 'brainfit_fast_aec_corr'
    _body: ClassVar[Callable[..., jax.Array]] = _aec_corr


@dataclass(frozen=True)
class AECRMSE(_AEC):
    """Root-mean-square error between envelope-correlation matrices; see :func:`aec_rmse`."""

    builder: ClassVar[str] = 'aec_rmse'
    equation: ClassVar[str] = 'brainfit_fast_aec_rmse'
    _body: ClassVar[Callable[..., jax.Array]] = _aec_rmse


def aec_corr(
    band: Bandpass | None = None,
    *,
    orthogonalised: bool = False,
    log: bool = False,
    smooth: Bandpass | None = None,
    as_loss: bool = False,
) -> AECCorrelation:
    r"""Amplitude-envelope correlations: the matrix, or its correlation with the target's.

    .. math:: A_{ij} = \mathrm{corr}_t\bigl(\lvert z_{ti} \rvert, \lvert z_{tj} \rvert\bigr),
        \qquad z = x + \mathrm{i}\, \mathcal{H} x

    with the analytic signal :math:`z` of the series, its mean removed, within a band
    (:math:`\mathcal{H}`: Hilbert transform). With ``orthogonalised`` what two regions share
    without delay is removed at each time, as in Hipp et al., Nat Neurosci 15:884 (2012):

    .. math:: z_{tj \perp i} = \mathrm{Im}\left(z_{tj}\, \frac{z_{ti}^*}{\lvert z_{ti} \rvert}
        \right), \qquad A_{ij} = \tfrac{1}{2} \bigl(
        \mathrm{corr}_t(\lvert z_{ti} \rvert, \lvert z_{tj \perp i} \rvert) +
        \mathrm{corr}_t(\lvert z_{tj} \rvert, \lvert z_{ti \perp j} \rvert) \bigr)

    Hipp et al. correlate the logarithm of power: ``log=True`` correlates :math:`\log \lvert z
    \rvert`, which differs from that by a factor only.

    Parameters
    ----------
    band : Bandpass, optional
        Filter of the series, ``bandpass(low, high, TR=...)``.
    orthogonalised : bool
        Remove what is shared without delay, such as the spread of sources in MEG and EEG.
    log : bool
        Correlate logarithms of envelopes.
    smooth : Bandpass, optional
        Low-pass filter of the envelopes (of their logarithms), ``bandpass(high=..., TR=...)``.
    as_loss : bool
        Return one minus the correlation, to be minimised.

    Returns
    -------
    AECCorrelation
        ``score(prediction, target=None)``: the matrix (regions, regions) without a target, a
        scalar in [-1, 1] with one, over the pairs above the diagonal. The target is a time series
        at the same sampling interval, which is treated alike, or ``targets.aec(matrix)``. Units
        are dropped.

    Raises
    ------
    ValueError
        If ``smooth`` is no low-pass filter; when called with a series that is too short for the
        filters, another number of regions, NaN in the target, or a plain matrix as target.
    TypeError
        If a filter is of another kind; when called with a target of another kind.

    Notes
    -----
    A constant region correlates with none. The orthogonalised form takes one region at a time;
    the backward pass computes it again.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> import brainunit as u
    >>> import numpy as np
    >>> alpha = bf.objectives.bandpass(8 * u.Hz, 13 * u.Hz, TR=5 * u.ms)
    >>> x = np.random.default_rng(0).standard_normal((600, 4))
    >>> bf.objectives.aec_corr(alpha, orthogonalised=True)(x).shape
    (4, 4)
    """
    return AECCorrelation(band, bool(orthogonalised), bool(log), smooth, bool(as_loss))


def aec_rmse(
    band: Bandpass | None = None,
    *,
    orthogonalised: bool = False,
    log: bool = False,
    smooth: Bandpass | None = None,
) -> AECRMSE:
    r"""Root-mean-square error between amplitude-envelope correlations.

    .. math:: \sqrt{\frac{1}{N^2} \sum_{i, j} (A_{ij} - \hat A_{ij})^2}

    Parameters
    ----------
    band, orthogonalised, log, smooth
        As in :func:`aec_corr`.

    Returns
    -------
    AECRMSE
        ``loss(prediction, target=None)``: the matrix without a target, a scalar with one.
        Targets as in :func:`aec_corr`.

    Raises
    ------
    ValueError
        As :func:`aec_corr`.
    TypeError
        As :func:`aec_corr`.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> import numpy as np
    >>> x = np.random.default_rng(0).standard_normal((300, 4))
    >>> float(bf.objectives.aec_rmse()(x, x))
    0.0
    """
    return AECRMSE(band, bool(orthogonalised), bool(log), smooth)
