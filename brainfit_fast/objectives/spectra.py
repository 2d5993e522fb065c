"""Objectives that compare power spectra and their peaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar

import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np

from brainfit_fast.core.autodiff import not_differentiable
from brainfit_fast.core.errors import bad_type, bad_value

from . import _matrices
from ._checks import check_finite, check_region_count, host_values, magnitude, once, shape_of
from ._measured import Measured
from ._sampling import hertz, in_samples, interval
from .targets import SpectrumTarget, Target

__all__ = [
    'PeakFrequency',
    'SpectrumCorrelation',
    'SpectrumRMSE',
    'peak_frequency',
    'spectrum_corr',
    'spectrum_rmse',
]

_NO_GRADIENT = (
    'peak_frequency(sharpness=None): the frequency of the largest power is piecewise constant, so'
    ' its derivative is zero wherever it exists. Fit with a number for sharpness, or report this'
    ' one of jax.lax.stop_gradient(prediction).'
)


def brainfit_fast_spectrum_corr(
    prediction: jax.Array, target: jax.Array, *, of: SpectrumCorrelation
) -> jax.Array:
    """Body of :class:`SpectrumCorrelation`."""
    a, b = of.scaled(of.measure(prediction)), of.scaled(target)
    return jnp.mean(jnp.clip(_matrices.column_correlations(a, b), -1, 1))


def brainfit_fast_spectrum_rmse(
    prediction: jax.Array, target: jax.Array, *, of: SpectrumRMSE
) -> jax.Array:
    """Body of :class:`SpectrumRMSE`."""
    ours, theirs = of.scaled(of.measure(prediction)), of.scaled(target)
    return _matrices.root_mean_square_of_any_size(ours, theirs)


def brainfit_fast_peak_frequency(
    prediction: jax.Array, target: jax.Array, *, of: PeakFrequency
) -> jax.Array:
    """Body of :class:`PeakFrequency`."""
    peaks = of.measure(prediction)
    return _matrices.root_mean_square(peaks, jnp.broadcast_to(target, peaks.shape))


_spectrum_corr = jax.jit(brainfit_fast_spectrum_corr, static_argnames='of')
_spectrum_rmse = jax.jit(brainfit_fast_spectrum_rmse, static_argnames='of')
_peak_frequency = jax.jit(brainfit_fast_peak_frequency, static_argnames='of')


@dataclass(frozen=True)
class _Welch(Measured):
    """Common part: power spectral density by Welch's method, at some frequencies.

    Parameters
    ----------
    interval : float
        Sampling interval in seconds.
    nperseg : int
        Samples in a segment.
    low, high : float or None
        Lowest and highest frequency in Hz; None for an open side.
    average : bool
        Whether power is averaged over regions.
    """

    interval: float
    nperseg: int = 256
    low: float | None = None
    high: float | None = None
    average: bool = False

    def __post_init__(self) -> None:
        if len(self._bins) < 2:
            raise bad_value(
                self.builder,
                given=f'low={self.low}, high={self.high} (Hz) with segments of {self.nperseg}'
                f' samples, that is {len(self._bins)} frequencies',
                expected='two frequencies at least',
                remedy=f'They are {1.0 / (self.nperseg * self.interval):g} Hz apart and end at'
                f' {0.5 / self.interval:g} Hz: use longer segments or a wider band.',
            )

    @property
    def _bins(self) -> np.ndarray:
        """Numbers of the frequencies that count."""
        grid = np.fft.rfftfreq(self.nperseg, self.interval)
        slack = 1e-6 * grid[1]
        low = slack if self.low is None else self.low - slack
        high = np.inf if self.high is None else self.high + slack
        return np.flatnonzero((grid >= low) & (grid <= high))

    @property
    def hertz(self) -> np.ndarray:
        """Frequencies that count, in Hz."""
        return np.fft.rfftfreq(self.nperseg, self.interval)[self._bins]

    @property
    def frequencies(self) -> u.Quantity:
        """Frequencies that count."""
        return self.hertz * u.Hz

    def check(self, n_time: int) -> None:
        """Refuse a series that is shorter than a segment."""
        if n_time < self.nperseg:
            raise bad_value(
                self.builder,
                given=f'a series of {n_time} samples with nperseg={self.nperseg}',
                expected=f'at least {self.nperseg} samples, one segment',
                remedy='Simulate or record longer, or set a smaller nperseg.',
            )

    def power(self, series: jax.Array) -> jax.Array:
        """Power spectral density, shape (frequencies, regions), or (frequencies, 1) averaged."""
        shifted = _matrices.from_first(series)
        _, power = jax.scipy.signal.welch(
            shifted, fs=1.0 / self.interval, nperseg=self.nperseg, axis=0
        )
        power = power[self._bins].astype(series.dtype)
        return jnp.mean(power, axis=1, keepdims=True) if self.average else power


@dataclass(frozen=True)
class _Spectrum(_Welch):
    """Common part of the objectives on the whole spectrum."""

    log: bool = True
    accepts: ClassVar[str] = 'targets.spectrum(power, frequencies)'

    def measure(self, series: jax.Array) -> jax.Array:
        """Power spectral density of each region, or averaged over them."""
        power = self.power(series)
        return power[:, 0] if self.average else power

    def scaled(self, power: jax.Array) -> jax.Array:
        """Logarithm to base ten where that is asked for."""
        if not self.log:
            return power
        # Below that a number is not represented in full; a silent region has no gradient.
        floor = jnp.finfo(power.dtype).tiny
        silent = power < floor
        return jnp.where(silent, np.log10(floor), jnp.log10(jnp.where(silent, 1, power)))

    def _wrap(self, values: jax.Array) -> SpectrumTarget:
        return SpectrumTarget(values, tuple(float(f) for f in self.hertz))

    def _compared(self, target: SpectrumTarget) -> jax.Array:
        grid, wanted = np.asarray(target.frequencies), self.hertz
        spacing = wanted[1] - wanted[0]
        nearest = np.abs(grid[:, None] - wanted).argmin(axis=0)
        missing = np.abs(grid[nearest] - wanted) > 1e-3 * spacing
        if missing.any():
            raise bad_value(
                self.builder,
                given=f'a target at {len(grid)} frequencies from {grid[0]:g} to {grid[-1]:g} Hz,'
                f' without {wanted[missing][0]:g} Hz',
                expected=f'the {len(wanted)} frequencies of the objective, {wanted[0]:g} to'
                f' {wanted[-1]:g} Hz every {spacing:g} Hz',
                remedy='Set nperseg so that nperseg * TR is the length of a segment of the data,'
                ' or interpolate power onto objective.frequencies.',
            )
        return once(lambda power: magnitude(power)[nearest], target.power)

    def _reduce(self, target: Any, n_regions: int | None) -> Any:
        if not isinstance(target, SpectrumTarget):
            return super()._reduce(target, n_regions)
        shape = shape_of(target.power)
        if (len(shape) == 1) != self.average:
            raise bad_value(
                self.builder,
                given=f'average={self.average} and a target of shape {shape}',
                expected='(frequencies,)' if self.average else '(frequencies, regions)',
                remedy='Average over regions on both sides, with average=True, or on none.',
            )
        if not self.average:
            check_region_count(shape[1], n_regions, self.builder, f'power of shape {shape}')
        return target


@dataclass(frozen=True)
class SpectrumCorrelation(_Spectrum):
    """Correlation between power spectra; see :func:`spectrum_corr`."""

    as_loss: bool = False
    builder: ClassVar[str] = 'spectrum_corr'
    equation: ClassVar[str] = 'brainfit_fast_spectrum_corr'
    _body: ClassVar[Callable[..., jax.Array]] = _spectrum_corr


@dataclass(frozen=True)
class SpectrumRMSE(_Spectrum):
    """Root-mean-square error between power spectra; see :func:`spectrum_rmse`."""

    builder: ClassVar[str] = 'spectrum_rmse'
    equation: ClassVar[str] = 'brainfit_fast_spectrum_rmse'
    _body: ClassVar[Callable[..., jax.Array]] = _spectrum_rmse


@dataclass(frozen=True)
class PeakFrequency(_Welch):
    """Error of peak frequencies; see :func:`peak_frequency`."""

    sharpness: float | None = 4.0
    builder: ClassVar[str] = 'peak_frequency'
    equation: ClassVar[str] = 'brainfit_fast_peak_frequency'
    accepts: ClassVar[str] = 'frequencies with a unit, one or one per region'
    _body: ClassVar[Callable[..., jax.Array]] = _peak_frequency

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.sharpness is None:
            return
        if not (isinstance(self.sharpness, Real) and 1.0 <= self.sharpness < np.inf):
            raise bad_value(
                self.builder,
                given=f'sharpness={self.sharpness!r}',
                expected='a number of at least 1, or None',
                remedy='1 gives the centroid of the spectrum, None the largest bin.',
            )
        object.__setattr__(self, 'sharpness', float(self.sharpness))

    def measure(self, series: jax.Array) -> jax.Array:
        """Peak frequencies in Hz of each region, or of the average over them."""
        if self.sharpness is None:
            series = not_differentiable(series, _NO_GRADIENT)
        power = self.power(series)
        grid = jnp.asarray(self.hertz, power.dtype)
        largest = jax.lax.stop_gradient(jnp.max(power, axis=0))
        silent = largest == 0  # NaN is not, and shows
        if self.sharpness is None:
            peaks = grid[jnp.argmax(power, axis=0)]
        else:
            weights = jnp.power(power / jnp.where(silent, 1, largest), self.sharpness)
            total = jnp.where(silent, 1, jnp.sum(weights, axis=0))
            peaks = jnp.sum(weights * grid[:, None], axis=0) / total
        peaks = jnp.where(silent, 0, peaks)
        return peaks[0] if self.average else peaks

    def _with_unit(self, value: jax.Array) -> u.Quantity:
        return value * u.Hz

    def _wrap(self, values: jax.Array) -> u.Quantity:
        return values * u.Hz

    def _compared(self, target: u.Quantity) -> jax.Array:
        return once(lambda x: magnitude(x.in_unit(u.Hz)), target)

    def _reduce(self, target: Any, n_regions: int | None) -> Any:
        shape = shape_of(target)
        if isinstance(target, Target) or len(shape) > 1:
            return super()._reduce(target, n_regions)
        if not u.get_unit(target).has_same_dim(u.Hz):
            raise bad_type(
                self.builder,
                given=f'a target of shape {shape} in {u.get_unit(target)}',
                expected=f'a time series (time, regions) or {self.accepts}',
                remedy='Write for example 10.0 * u.Hz.',
            )
        if shape and self.average:
            raise bad_value(
                self.builder,
                given=f'average=True and a target of shape {shape}',
                expected='one frequency',
                remedy='Leave average out to compare each region.',
            )
        if shape:
            check_region_count(shape[0], n_regions, self.builder, f'frequencies of shape {shape}')
        check_finite(target, self.builder, 'target')
        values = host_values(self._compared(target))
        top = self.hertz[-1]
        if values is not None and not ((values >= 0) & (values <= top)).all():
            raise bad_value(
                self.builder,
                given=f'the target {target}',
                expected=f'frequencies within [0, {top:g}] Hz, those of the spectrum',
            )
        return target


def spectrum_corr(
    TR: u.Quantity,
    nperseg: int | u.Quantity = 256,
    *,
    low: u.Quantity | None = None,
    high: u.Quantity | None = None,
    log: bool = True,
    average: bool = False,
    as_loss: bool = False,
) -> SpectrumCorrelation:
    r"""Power spectra: the spectra, or their correlation with the target's.

    .. math:: \tfrac{1}{N} \sum_i \mathrm{corr}_f\bigl(\log_{10} P_i(f), \log_{10} \hat P_i(f)
        \bigr)

    with the one-sided power spectral density :math:`P_i` of each region by Welch's method (IEEE
    Trans Audio Electroacoust 15:70, 1967). Values equal ``scipy.signal.welch(series, 1 / TR,
    nperseg=nperseg, axis=0)``: Hann windows that overlap by half, their means removed.

    Parameters
    ----------
    TR : time Quantity
        Sampling interval of the series: TR of BOLD, dt of a neural signal.
    nperseg : int or time Quantity
        Length of a segment, in samples or as a time that is rounded to the nearest sample.
        Frequencies are ``1 / (nperseg * TR)`` apart.
    low, high : frequency Quantity, optional
        Lowest and highest frequency that counts. Zero does not count unless ``low`` is zero: the
        means of the segments are removed.
    log : bool
        Compare logarithms to base ten, else power.
    average : bool
        Average power over regions before it is compared.
    as_loss : bool
        Return one minus the correlation, to be minimised.

    Returns
    -------
    SpectrumCorrelation
        ``score(prediction, target=None)``: power (frequencies, regions), or (frequencies,) with
        ``average``, at ``objective.frequencies`` without a target; a scalar in [-1, 1] with one.
        The target is a time series at the same sampling interval or
        ``targets.spectrum(power, frequencies)``. Units are dropped.

    Raises
    ------
    ValueError
        If the band holds fewer than two frequencies; when called with a series shorter than a
        segment, other frequencies or regions in the target, or NaN in it.
    TypeError
        If ``TR`` or a frequency comes without its unit; when called with a target of another kind.

    Notes
    -----
    A constant region has no power and correlates with none. Where power is below the smallest
    normal number, that number's logarithm is compared, and the gradient is zero.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> import brainunit as u
    >>> import numpy as np
    >>> score = bf.objectives.spectrum_corr(0.72 * u.second, nperseg=64)
    >>> x = np.random.default_rng(0).standard_normal((300, 4))
    >>> score(x).shape, round(float(score(x, x)), 4)
    ((32, 4), 1.0)
    """
    settings = _settings('spectrum_corr', TR, nperseg, low, high, average)
    return SpectrumCorrelation(*settings, bool(log), bool(as_loss))


def spectrum_rmse(
    TR: u.Quantity,
    nperseg: int | u.Quantity = 256,
    *,
    low: u.Quantity | None = None,
    high: u.Quantity | None = None,
    log: bool = True,
    average: bool = False,
) -> SpectrumRMSE:
    r"""Root-mean-square error between power spectra.

    .. math:: \sqrt{\tfrac{1}{F N} \sum_{f, i} \bigl(\log_{10} P_i(f) - \log_{10} \hat P_i(f)
        \bigr)^2}

    Parameters
    ----------
    TR, nperseg, low, high, log, average
        As in :func:`spectrum_corr`.

    Returns
    -------
    SpectrumRMSE
        ``loss(prediction, target=None)``: power without a target, a scalar with one. Targets as
        in :func:`spectrum_corr`; their power counts, so give both in one unit.

    Raises
    ------
    ValueError
        As :func:`spectrum_corr`.
    TypeError
        As :func:`spectrum_corr`.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> import brainunit as u
    >>> import numpy as np
    >>> loss = bf.objectives.spectrum_rmse(0.72 * u.second, nperseg=64)
    >>> x = np.random.default_rng(0).standard_normal((300, 4))
    >>> round(float(loss(10 * x, x)), 3)
    2.0
    """
    return SpectrumRMSE(*_settings('spectrum_rmse', TR, nperseg, low, high, average), bool(log))


def peak_frequency(
    TR: u.Quantity,
    nperseg: int | u.Quantity = 256,
    *,
    low: u.Quantity | None = None,
    high: u.Quantity | None = None,
    sharpness: float | None = 4.0,
    average: bool = False,
) -> PeakFrequency:
    r"""Frequencies of the spectral peaks, or their distance from the target's.

    .. math:: f_i = \frac{\sum_f f\, P_i(f)^s}{\sum_f P_i(f)^s}

    with the spectrum :math:`P_i` of :func:`spectrum_corr` and the sharpness :math:`s`: the
    centroid of the spectrum for 1, towards the frequency of the largest power as it grows (a
    soft argmax of :math:`s \log P_i`). The distance is the root-mean-square error over regions.

    Parameters
    ----------
    TR, nperseg, low, high
        As in :func:`spectrum_corr`.
    sharpness : float or None
        At least one. None takes the frequency of the largest power, for reports:
        differentiating that raises ``DifferentiationError``.
    average : bool
        Average power over regions first: one peak.

    Returns
    -------
    PeakFrequency
        ``loss(prediction, target=None)``: frequencies of shape (regions,), or one with
        ``average``, as a Quantity, without a target; a scalar in Hz, without its unit, with one.
        The target is a frequency, one per region, or a time series at the same sampling interval.

    Raises
    ------
    ValueError
        If ``sharpness`` is below one, otherwise as :func:`spectrum_corr`.
    TypeError
        As :func:`spectrum_corr`.

    Notes
    -----
    A constant region has no peak: 0 Hz, with zero gradient.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> import brainunit as u
    >>> import numpy as np
    >>> x = np.sin(2 * np.pi * 10.0 * np.arange(1000)[:, None] * 0.002 * np.ones(3))
    >>> hard = bf.objectives.peak_frequency(2 * u.ms, 500, sharpness=None)
    >>> print(hard(x).mantissa)
    [10. 10. 10.]
    """
    settings = _settings('peak_frequency', TR, nperseg, low, high, average)
    return PeakFrequency(*settings, sharpness)


def _settings(
    who: str, TR: Any, nperseg: Any, low: Any, high: Any, average: bool
) -> tuple[float, int, float | None, float | None, bool]:
    """Return the settings of the spectrum as plain numbers."""
    return (
        interval(TR, who),
        in_samples(nperseg, TR, who, 'nperseg', least=2),
        None if low is None else hertz(low, who, 'low'),
        None if high is None else hertz(high, who, 'high'),
        bool(average),
    )
