"""Objectives that compare phases: locking of pairs, synchrony and metastability of the whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from brainfit_fast.core.errors import bad_value

from . import _matrices
from ._analytic import analytic_signal, order_parameter, phase_locking, phasors
from ._checks import check_finite, host_values, shape_of
from ._measured import Measured, MeasuredMatrix, check_filter
from .steps import Bandpass
from .targets import Target, plain

__all__ = [
    'PLVRMSE',
    'Metastability',
    'PLVCorrelation',
    'Synchrony',
    'metastability',
    'plv_corr',
    'plv_rmse',
    'synchrony',
]


def brainfit_fast_plv_corr(
    prediction: jax.Array, target: jax.Array, *, of: PLVCorrelation
) -> jax.Array:
    """Body of :class:`PLVCorrelation`."""
    return _matrices.matrix_correlation(of.measure(prediction), target)


def brainfit_fast_plv_rmse(prediction: jax.Array, target: jax.Array, *, of: PLVRMSE) -> jax.Array:
    """Body of :class:`PLVRMSE`."""
    return _matrices.root_mean_square(of.measure(prediction), target)


def brainfit_fast_synchrony(
    prediction: jax.Array, target: jax.Array, *, of: Synchrony
) -> jax.Array:
    """Body of :class:`Synchrony`."""
    return _matrices.root_mean_square(of.measure(prediction), target)


def brainfit_fast_metastability(
    prediction: jax.Array, target: jax.Array, *, of: Metastability
) -> jax.Array:
    """Body of :class:`Metastability`."""
    return _matrices.root_mean_square(of.measure(prediction), target)


_plv_corr = jax.jit(brainfit_fast_plv_corr, static_argnames='of')
_plv_rmse = jax.jit(brainfit_fast_plv_rmse, static_argnames='of')
_synchrony = jax.jit(brainfit_fast_synchrony, static_argnames='of')
_metastability = jax.jit(brainfit_fast_metastability, static_argnames='of')


@dataclass(frozen=True)
class _Phases(Measured):
    """Common part: phases of the analytic signal within a band."""

    band: Bandpass | None = None

    def __post_init__(self) -> None:
        check_filter(self.band, self.builder, 'band')

    def check(self, n_time: int) -> None:
        """Refuse a series that is too short for the filter."""
        if self.band is not None:
            self.band.check(n_time)

    def phasors(self, series: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Cosine and sine of the phases."""
        return phasors(*analytic_signal(series, self.band))


@dataclass(frozen=True)
class _PLV(MeasuredMatrix, _Phases):
    """Common part: phase-locking values."""

    kind: ClassVar[str] = 'plv'
    accepts: ClassVar[str] = 'targets.plv(matrix)'

    def measure(self, series: jax.Array) -> jax.Array:
        """Phase-locking values."""
        return phase_locking(*self.phasors(series))


@dataclass(frozen=True)
class PLVCorrelation(_PLV):
    """Correlation between phase-locking matrices; see :func:`plv_corr`."""

    as_loss: bool = False
    builder: ClassVar[str] = 'plv_corr'
    equation: ClassVar[str] = 'brainfit_fast_plv_corr'
    _body: ClassVar[Callable[..., jax.Array]] = _plv_corr


@dataclass(frozen=True)
class PLVRMSE(_PLV):
    """Root-mean-square error between phase-locking matrices; see :func:`plv_rmse`."""

    builder: ClassVar[str] = 'plv_rmse'
    equation: ClassVar[str] = 'brainfit_fast_plv_rmse'
    _body: ClassVar[Callable[..., jax.Array]] = _plv_rmse


@dataclass(frozen=True)
class _OrderParameter(_Phases):
    """Common part: one number from the order parameter over time."""

    accepts: ClassVar[str] = 'a number'
    fewest_regions: ClassVar[int] = 2

    def _reduce(self, target: Any, n_regions: int | None) -> Any:
        if isinstance(target, Target) or shape_of(target):
            return super()._reduce(target, n_regions)
        value = plain(target, self.builder, 'the target')
        check_finite(value, self.builder, 'target')
        host = host_values(value)
        if host is not None and not 0.0 <= host <= 1.0:
            raise bad_value(
                self.builder,
                given=f'the target {float(host):g}',
                expected='a number within [0, 1], as the order parameter is',
                remedy='Compute it with the same objective, called without a target.',
            )
        return value


@dataclass(frozen=True)
class Synchrony(_OrderParameter):
    """Error of the mean order parameter; see :func:`synchrony`."""

    builder: ClassVar[str] = 'synchrony'
    equation: ClassVar[str] = 'brainfit_fast_synchrony'
    _body: ClassVar[Callable[..., jax.Array]] = _synchrony

    def measure(self, series: jax.Array) -> jax.Array:
        """Mean over time of the order parameter."""
        return jnp.mean(order_parameter(*self.phasors(series)))


@dataclass(frozen=True)
class Metastability(_OrderParameter):
    """Error of the metastability; see :func:`metastability`."""

    builder: ClassVar[str] = 'metastability'
    equation: ClassVar[str] = 'brainfit_fast_metastability'
    _body: ClassVar[Callable[..., jax.Array]] = _metastability

    def measure(self, series: jax.Array) -> jax.Array:
        """Standard deviation over time of the order parameter."""
        order = order_parameter(*self.phasors(series))
        return _matrices.root_mean_square(order, jnp.mean(order))


def plv_corr(band: Bandpass | None = None, *, as_loss: bool = False) -> PLVCorrelation:
    r"""Phase-locking values: the matrix, or its correlation with the target's.

    .. math:: P_{ij} = \left\lvert \tfrac{1}{T} \sum_t e^{\mathrm{i} (\theta_{ti} - \theta_{tj})}
        \right\rvert, \qquad \theta = \arg(x + \mathrm{i}\, \mathcal{H} x)

    with the phases of the analytic signal of the series, its mean removed, within a band
    (Lachaux et al., Hum Brain Mapp 8:194, 1999; here over time).

    Parameters
    ----------
    band : Bandpass, optional
        Filter of the series, ``bandpass(low, high, TR=...)``. A phase has a meaning in a narrow
        band only.
    as_loss : bool
        Return one minus the correlation, to be minimised.

    Returns
    -------
    PLVCorrelation
        ``score(prediction, target=None)``: the matrix (regions, regions) without a target, a
        scalar in [-1, 1] with one, over the pairs above the diagonal. The target is a time series
        at the same sampling interval, which is treated alike, or ``targets.plv(matrix)``. Units
        are dropped.

    Raises
    ------
    ValueError
        When called with a series that is too short for the filter, another number of regions, NaN
        in the target, or a plain matrix as target.
    TypeError
        If ``band`` is of another kind; when called with a target of another kind.

    Notes
    -----
    A constant region has no phase and is locked to none.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> import brainunit as u
    >>> import numpy as np
    >>> band = bf.objectives.bandpass(0.04 * u.Hz, 0.07 * u.Hz, TR=0.72 * u.second)
    >>> x = np.random.default_rng(0).standard_normal((300, 4))
    >>> bf.objectives.plv_corr(band)(x).shape
    (4, 4)
    """
    return PLVCorrelation(band, bool(as_loss))


def plv_rmse(band: Bandpass | None = None) -> PLVRMSE:
    r"""Root-mean-square error between phase-locking values.

    .. math:: \sqrt{\frac{1}{N^2} \sum_{i, j} (P_{ij} - \hat P_{ij})^2}

    Parameters
    ----------
    band : Bandpass, optional
        As in :func:`plv_corr`.

    Returns
    -------
    PLVRMSE
        ``loss(prediction, target=None)``: the matrix without a target, a scalar with one.
        Targets as in :func:`plv_corr`.

    Raises
    ------
    ValueError
        As :func:`plv_corr`.
    TypeError
        As :func:`plv_corr`.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> import numpy as np
    >>> x = np.random.default_rng(0).standard_normal((300, 4))
    >>> float(bf.objectives.plv_rmse()(x, x))
    0.0
    """
    return PLVRMSE(band)


def synchrony(band: Bandpass | None = None) -> Synchrony:
    r"""Mean Kuramoto order parameter: the number, or its distance from the target's.

    .. math:: S = \tfrac{1}{T} \sum_t R_t, \qquad
        R_t = \left\lvert \tfrac{1}{N} \sum_i e^{\mathrm{i} \theta_{ti}} \right\rvert

    with phases as in :func:`plv_corr` (Kuramoto, *Chemical Oscillations, Waves, and Turbulence*,
    1984).

    Parameters
    ----------
    band : Bandpass, optional
        Filter of the series, ``bandpass(low, high, TR=...)``.

    Returns
    -------
    Synchrony
        ``loss(prediction, target=None)``: the number, within [0, 1], without a target;
        :math:`\lvert S - \hat S \rvert` with one. The target is a number or a time series at the
        same sampling interval, which is treated alike. Units are dropped.

    Raises
    ------
    ValueError
        When called with a number outside [0, 1], a series that is too short for the filter,
        another number of regions, or NaN in the target.
    TypeError
        If ``band`` is of another kind; when called with a target of another kind.

    Notes
    -----
    A constant region has no phase: its phasor counts as zero.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> import numpy as np
    >>> t = np.arange(300.0)[:, None]
    >>> in_phase = np.sin(2 * np.pi * t / 30 * np.ones(4))
    >>> round(float(bf.objectives.synchrony()(in_phase)), 4)
    1.0
    """
    return Synchrony(band)


def metastability(band: Bandpass | None = None) -> Metastability:
    r"""Metastability: the number, or its distance from the target's.

    .. math:: M = \sqrt{\tfrac{1}{T} \sum_t (R_t - \bar R)^2}

    the standard deviation over time of the Kuramoto order parameter :math:`R_t` of
    :func:`synchrony` (Shanahan, Chaos 20:013108, 2010, who takes the variance; the standard
    deviation is usual for whole-brain models, as in Cabral et al., NeuroImage 57:130, 2011).

    Parameters
    ----------
    band : Bandpass, optional
        Filter of the series, ``bandpass(low, high, TR=...)``.

    Returns
    -------
    Metastability
        ``loss(prediction, target=None)``: the number without a target,
        :math:`\lvert M - \hat M \rvert` with one. Targets as in :func:`synchrony`.

    Raises
    ------
    ValueError
        As :func:`synchrony`.
    TypeError
        As :func:`synchrony`.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> import brainunit as u
    >>> import numpy as np
    >>> band = bf.objectives.bandpass(0.04 * u.Hz, 0.07 * u.Hz, TR=0.72 * u.second)
    >>> x = np.random.default_rng(0).standard_normal((300, 4))
    >>> bool(bf.objectives.metastability(band)(x, 0.2) < 0.2)
    True
    """
    return Metastability(band)
