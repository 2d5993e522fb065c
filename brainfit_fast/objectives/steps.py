"""Preprocessing of a series before it is compared: filters, trends, standard scores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, ClassVar

import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np

from brainfit_fast.core.errors import bad_value

from . import _matrices
from ._checks import Series, check_prediction, magnitude, shape_of, whole_number
from ._sampling import hertz, interval

__all__ = [
    'Bandpass',
    'Detrend',
    'GlobalSignalRegression',
    'Step',
    'ZScore',
    'bandpass',
    'detrend',
    'global_signal_regression',
    'zscore',
]


@dataclass(frozen=True)
class Step:
    """A map of a series (time, regions) to one of the same shape, called as ``step(series)``."""

    builder: ClassVar[str]
    _body: ClassVar[Callable[..., jax.Array]]

    def __call__(self, series: Series) -> Any:
        """Apply the step; the unit is kept."""
        check_prediction(series, self.builder)
        self.check(shape_of(series)[0])
        unit = u.get_unit(series)
        result = type(self)._body(magnitude(series), step=self)
        return result if unit.is_unitless else result * unit

    def check(self, n_time: int) -> None:
        """Refuse a series that is too short for the step."""


def brainfit_fast_bandpass(series: jax.Array, *, step: Bandpass) -> jax.Array:
    """Body of :class:`Bandpass`."""
    return step.apply(series)


def brainfit_fast_detrend(series: jax.Array, *, step: Detrend) -> jax.Array:
    """Body of :class:`Detrend`."""
    shifted = _matrices.from_first(series)
    basis = jnp.asarray(_polynomials(series.shape[0], step.degree), series.dtype)
    fit = partial(jnp.matmul, precision=jax.lax.Precision.HIGHEST)
    return shifted - fit(basis, fit(basis.T, shifted))


def brainfit_fast_global_signal_regression(
    series: jax.Array, *, step: GlobalSignalRegression
) -> jax.Array:
    """Body of :class:`GlobalSignalRegression`."""
    shifted = _matrices.from_first(series)
    deviations = shifted - jnp.mean(shifted, axis=0)
    signal = jnp.mean(deviations, axis=1)
    square = jnp.sum(jnp.square(signal))
    varies = square > 0
    slopes = jnp.matmul(signal, deviations, precision=jax.lax.Precision.HIGHEST)
    slopes = jnp.where(varies, slopes, 0) / jnp.where(varies, square, 1)
    return series - signal[:, None] * slopes


def brainfit_fast_zscore(series: jax.Array, *, step: ZScore) -> jax.Array:
    """Body of :class:`ZScore`."""
    shifted = _matrices.from_first(series)
    deviations = shifted - jnp.mean(shifted, axis=0)
    square = jnp.mean(jnp.square(deviations), axis=0)
    varies = square > 0
    return jnp.where(varies, deviations, 0) / jnp.sqrt(jnp.where(varies, square, 1))


_bandpass = jax.jit(brainfit_fast_bandpass, static_argnames='step')
_detrend = jax.jit(brainfit_fast_detrend, static_argnames='step')
_global_signal_regression = jax.jit(brainfit_fast_global_signal_regression, static_argnames='step')
_zscore = jax.jit(brainfit_fast_zscore, static_argnames='step')


@dataclass(frozen=True)
class Bandpass(Step):
    """Zero-phase Butterworth filter; see :func:`bandpass`.

    Parameters
    ----------
    low, high : float or None
        Edges in Hz; None for an open side.
    interval : float
        Sampling interval in seconds.
    order : int
        Order of the Butterworth design.
    """

    low: float | None
    high: float | None
    interval: float
    order: int = 2
    builder: ClassVar[str] = 'bandpass'
    _body: ClassVar[Callable[..., jax.Array]] = _bandpass

    def __post_init__(self) -> None:
        nyquist = 0.5 / self.interval
        edges = [edge for edge in (self.low, self.high) if edge is not None]
        ordered = all(a < b for a, b in zip([0.0, *edges], [*edges, nyquist], strict=True))
        if not edges or not ordered:
            raise bad_value(
                self.builder,
                given=f'low={self.low}, high={self.high} (Hz) at an interval of'
                f' {self.interval:g} s',
                expected=f'0 < low < high < {nyquist:g} Hz, half the sampling rate; one of them'
                ' may be None',
                remedy='Check the unit of TR; leave an edge out that the sampling does not reach.',
            )

    def apply(self, series: jax.Array) -> jax.Array:
        """Filter magnitudes along the first axis."""
        pad, at_zero = _padding(self), _gain_at_zero(self)
        # The filter maps a constant to the constant times its gain at zero frequency, so the mean
        # need not go through it: what is left has the scale of the fluctuations.
        shifted = _matrices.from_first(series)
        mean = jax.lax.stop_gradient(jnp.mean(shifted, axis=0))
        x = shifted - mean
        x = jnp.concatenate([2 * x[0] - x[pad:0:-1], x, 2 * x[-1] - x[-2 : -pad - 2 : -1]])
        x = self._forward(self._forward(x)[::-1])[::-1]
        x = x[pad : pad + series.shape[0]]
        return x + (jax.lax.stop_gradient(series[0]) + mean) if at_zero else x

    def check(self, n_time: int) -> None:
        """Refuse a series that is not longer than the padding at each of its ends."""
        pad = _padding(self)
        if n_time <= pad:
            raise bad_value(
                self.builder,
                given=f'a series of {n_time} samples',
                expected=f'more than {pad} samples, by which a filter of order {self.order}'
                ' extends a series at each end',
                remedy='Simulate or record longer, or lower the order.',
            )

    def _forward(self, x: jax.Array) -> jax.Array:
        """One causal pass that starts in the steady state of the first sample."""
        n, n_fft, response, start = _response(self, x.shape[0])
        spectrum = jnp.fft.rfft(x, n_fft, axis=0)
        response = response.astype(spectrum.dtype)
        y = jnp.fft.irfft(spectrum * response[:, None], n_fft, axis=0)[:n]
        return y + start.astype(x.dtype)[:, None] * x[0]


@dataclass(frozen=True)
class Detrend(Step):
    """Removal of a polynomial trend; see :func:`detrend`.

    Parameters
    ----------
    degree : int
        Degree of the polynomial.
    """

    degree: int = 1
    builder: ClassVar[str] = 'detrend'
    _body: ClassVar[Callable[..., jax.Array]] = _detrend

    def __post_init__(self) -> None:
        degree = whole_number(self.degree, self.builder, 'degree', 0)
        object.__setattr__(self, 'degree', degree)

    def check(self, n_time: int) -> None:
        """Refuse a series that a polynomial of this degree fits exactly."""
        if n_time < self.degree + 2:
            raise bad_value(
                self.builder,
                given=f'a series of {n_time} samples with degree={self.degree}',
                expected=f'at least {self.degree + 2} samples',
                remedy='Simulate or record longer, or lower the degree.',
            )


@dataclass(frozen=True)
class GlobalSignalRegression(Step):
    """Regression on the mean over regions; see :func:`global_signal_regression`."""

    builder: ClassVar[str] = 'global_signal_regression'
    _body: ClassVar[Callable[..., jax.Array]] = _global_signal_regression


@dataclass(frozen=True)
class ZScore(Step):
    """Standard scores of each region; see :func:`zscore`."""

    builder: ClassVar[str] = 'zscore'
    _body: ClassVar[Callable[..., jax.Array]] = _zscore

    def __call__(self, series: Series) -> jax.Array:
        """Apply the step; the result has no unit."""
        return super().__call__(u.get_magnitude(series))


def bandpass(
    low: u.Quantity | None = None,
    high: u.Quantity | None = None,
    *,
    TR: u.Quantity,
    order: int = 2,
) -> Bandpass:
    r"""Zero-phase Butterworth filter.

    .. math:: |H(f)|^2 = \frac{1}{1 + g(f)^{2 n}}, \qquad
        g(f) = \frac{w^2 - w_l w_h}{w\,(w_h - w_l)}, \quad w = \tan(\pi f \,\mathrm{TR})

    applied forwards and backwards, so that the gain is :math:`|H|^2` and the phase zero
    (S. Butterworth, Wireless Engineer 7:536, 1930). Values are to rounding those of
    ``scipy.signal.sosfiltfilt(sos, series, axis=0)`` with ``sos = scipy.signal.butter(order,
    edges, kind, fs=1/TR, output='sos')``: both passes start in the steady state of their first
    sample, on a series that is extended by point reflection at both ends.

    Parameters
    ----------
    low, high : frequency Quantity, optional
        Edges of the passband, where the gain of both passes is one half. Without ``low`` a
        low-pass, without ``high`` a high-pass filter.
    TR : time Quantity
        Sampling interval of the series: TR of BOLD, dt of a neural signal.
    order : int
        Order of the Butterworth design, as in SciPy; a band-pass has twice as many poles.
        nilearn uses 5, much of the literature on whole-brain models 2.

    Returns
    -------
    Bandpass
        ``step(series) -> series`` of shape (time, regions). The unit is kept.

    Raises
    ------
    ValueError
        If not 0 < low < high < half the sampling rate; when called with a series that is not
        longer than the extension (15 samples for a band-pass of order 2).
    TypeError
        If a frequency or ``TR`` comes without a unit or with another one.

    Notes
    -----
    Each pass is a convolution with the impulse response, by FFT and exact within the series, plus
    the response to the initial state. Cost: four FFTs of at least twice the length.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> import brainunit as u
    >>> import numpy as np
    >>> step = bf.objectives.bandpass(0.01 * u.Hz, 0.1 * u.Hz, TR=0.72 * u.second)
    >>> step(np.random.default_rng(0).standard_normal((200, 3))).shape
    (200, 3)
    """
    who = 'bandpass'
    return Bandpass(
        low=None if low is None else hertz(low, who, 'low'),
        high=None if high is None else hertz(high, who, 'high'),
        interval=interval(TR, who),
        order=whole_number(order, who, 'order', 1),
    )


def detrend(degree: int = 1) -> Detrend:
    r"""Removal of the least-squares polynomial of each region.

    .. math:: y_i - Q Q^\top y_i

    with an orthonormal basis :math:`Q` of the polynomials in time. Degree 0 removes the mean, 1
    equals ``scipy.signal.detrend(series, axis=0)``.

    Parameters
    ----------
    degree : int
        Degree of the polynomial.

    Returns
    -------
    Detrend
        ``step(series) -> series`` of shape (time, regions). The unit is kept.

    Raises
    ------
    ValueError
        If the degree is negative; when called with a series that has fewer than two samples more.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> import numpy as np
    >>> line = np.arange(50.0)[:, None] * np.array([1.0, -2.0])
    >>> bool(abs(bf.objectives.detrend()(line)).max() < 1e-4)
    True
    """
    return Detrend(degree)


def global_signal_regression() -> GlobalSignalRegression:
    r"""Regression of each region on the global signal, the mean over regions.

    .. math:: y_{ti} - b_i (g_t - \bar g), \qquad g_t = \tfrac{1}{N} \sum_i y_{ti}, \quad
        b_i = \frac{\sum_t (g_t - \bar g)\, y_{ti}}{\sum_t (g_t - \bar g)^2}

    (Fox et al., J Neurophysiol 101:3270, 2009). The means of the regions stay.

    Returns
    -------
    GlobalSignalRegression
        ``step(series) -> series`` of shape (time, regions). The unit is kept.

    Notes
    -----
    A global signal that does not vary leaves the series as it is.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> import numpy as np
    >>> x = np.random.default_rng(0).standard_normal((200, 4))
    >>> cleaned = bf.objectives.global_signal_regression()(x)
    >>> bool(cleaned.mean(axis=1).std() < 1e-5)
    True
    """
    return GlobalSignalRegression()


def zscore() -> ZScore:
    r"""Standard scores of each region.

    .. math:: \frac{y_{ti} - \bar y_i}{\sqrt{\frac{1}{T} \sum_t (y_{ti} - \bar y_i)^2}}

    Returns
    -------
    ZScore
        ``step(series) -> series`` of shape (time, regions), dimensionless.

    Notes
    -----
    A constant region becomes zero, with zero gradient.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> import numpy as np
    >>> x = np.random.default_rng(0).standard_normal((200, 4))
    >>> bool(abs(bf.objectives.zscore()(x).std(axis=0) - 1.0).max() < 1e-5)
    True
    """
    return ZScore()


def _sections(step: Bandpass) -> np.ndarray:
    """Second-order sections of a filter."""
    from scipy.signal import butter

    kind = 'lowpass' if step.low is None else 'highpass' if step.high is None else 'bandpass'
    edges = [edge for edge in (step.low, step.high) if edge is not None]
    return butter(
        step.order,
        edges if kind == 'bandpass' else edges[0],
        kind,
        fs=1.0 / step.interval,
        output='sos',
    )


@lru_cache(maxsize=64)
def _padding(step: Bandpass) -> int:
    """Samples by which SciPy extends a series at each end: three times the number of taps."""
    sos = _sections(step)
    degenerate = min((sos[:, 2] == 0).sum(), (sos[:, 5] == 0).sum())
    return 3 * int(2 * len(sos) + 1 - degenerate)


def _gain_at_zero(step: Bandpass) -> float:
    """Gain of a constant: a Butterworth low-pass keeps it, the others remove it."""
    return 1.0 if step.low is None else 0.0


@lru_cache(maxsize=16)
def _response(step: Bandpass, n: int) -> tuple[int, int, np.ndarray, np.ndarray]:
    """Length of the FFT, frequency response, and response to the steady state of a unit input."""
    from scipy.fft import next_fast_len
    from scipy.signal import sosfilt, sosfilt_zi

    sos = _sections(step)
    impulse = np.zeros(n)
    impulse[0] = 1.0
    start, _ = sosfilt(sos, np.zeros(n), zi=sosfilt_zi(sos))
    n_fft = next_fast_len(2 * n - 1, real=True)
    return n, n_fft, np.fft.rfft(sosfilt(sos, impulse), n_fft), start


@lru_cache(maxsize=16)
def _polynomials(n_time: int, degree: int) -> np.ndarray:
    """Orthonormal basis of polynomials in time, shape (time, degree + 1)."""
    time = np.linspace(-1.0, 1.0, n_time)
    return np.linalg.qr(np.polynomial.legendre.legvander(time, degree))[0]
