"""BOLD as a convolution with a hemodynamic response function."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import brainunit as u
import jax
import jax.numpy as jnp
from jax.scipy.signal import fftconvolve

from ..core.errors import bad_type, bad_value, check_choice
from .average import TemporalAverage, steps_per
from .base import Observer
from .hrf import FirstOrderVolterraHRFKernel, HRFKernel

__all__ = ['HRFBold']


class HRFBold(Observer):
    r"""BOLD signal: averaged activity, convolved with a hemodynamic response function.

    .. math::

        y_m = k_1 V_0 \Bigl( \sum_{i=0}^{K-1} h_i \, \bar z_{md - 1 - i} - 1 \Bigr), \qquad m = 1, 2, \ldots

    where :math:`\bar z` are the means of the activity over windows of ``downsample_period``, zero before the
    first; :math:`h` is the kernel on ``linspace(0, duration, K)``, with :math:`K` windows in its duration; and
    :math:`d` windows make a TR. Nothing is multiplied by a time step, as in TVB's ``Bold`` monitor.

    As a monitor of a run, the means are taken in the time loop and convolved afterwards, at the TRs alone. The
    convolution begins with the first recorded step: neither a transient nor an earlier run counts.

    Parameters
    ----------
    k_1, V_0 : float
        Scale, and resting blood volume fraction.
    period : Quantity
        Repetition time (TR).
    downsample_period : Quantity
        Time between two values of the kernel; of a run, a whole number of steps.
    kernel : HRFKernel, optional
        Default :class:`FirstOrderVolterraHRFKernel`.
    convolution_mode : {'valid', 'same', 'full'}
        Of a trajectory with ``history`` before it; a monitor takes ``'valid'``, the equation above.
    method : {'fft', 'direct'}
        How a trajectory is convolved; a monitor sums directly, with the memory of a few TRs.
    history : array, optional
        Means before the trajectory, ``(K, ...)``, in place of zeros; not for a monitor.
    source : str or callable
        The activity, see :class:`Observer`; its magnitude counts. Not needed for a trajectory.
    step : Quantity, optional
        Time between two values that are averaged, in a run; default every step of the model.

    Raises
    ------
    ValueError
        If a mode or method is unknown, or ``period`` is shorter than ``downsample_period``.

    See Also
    --------
    brainfit_fast.BOLD : the Balloon-Windkessel model.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> import brainunit as u
    >>> import jax.numpy as jnp
    >>> kernel = bf.GammaHRFKernel(duration=400.0 * u.ms)
    >>> bold = bf.HRFBold(period=100.0 * u.ms, kernel=kernel, source='x')
    >>> bold(jnp.ones((1000, 3)), dt=1.0 * u.ms).shape
    (10, 3)
    >>> bf.Simulator(bf.HopfStep(3, a=-0.1), dt=1.0 * u.ms).run(1000.0 * u.ms, monitors=bold)['output'].shape
    (10, 3)
    """

    whole_periods = True

    def __init__(
        self,
        k_1: Any = 5.6,
        V_0: Any = 0.02,
        period: Any = 1000.0 * u.ms,
        downsample_period: Any = 4.0 * u.ms,
        kernel: HRFKernel | None = None,
        convolution_mode: str = 'valid',
        method: str = 'fft',
        history: Any = None,
        source: str | Callable[[Any], Any] = '',
        *,
        step: Any = None,
    ):
        super().__init__(source, period=period, step=step)
        if kernel is not None and not (callable(kernel) and hasattr(kernel, 'duration')):
            raise bad_type(
                'kernel',
                given=kernel,
                expected='an HRFKernel',
                remedy='For example brainfit_fast.GammaHRFKernel().',
            )
        self.k_1, self.V_0 = k_1, V_0
        self.downsample_period = downsample_period
        self.kernel = FirstOrderVolterraHRFKernel() if kernel is None else kernel
        self.convolution_mode = check_choice(
            'convolution_mode', convolution_mode, ('valid', 'same', 'full')
        )
        self.method = check_choice('method', method, ('fft', 'direct'))
        self.history = history
        self.decimation = steps_per(period, downsample_period)
        self.average = TemporalAverage(downsample_period, step=step)

    def __call__(self, signal: Any, dt: Any) -> Any:
        """Return the BOLD signal of a trajectory.

        Parameters
        ----------
        signal : array or Quantity
            Activity ``(time, ...)``; its magnitude counts.
        dt : Quantity
            Time between its samples.

        Returns
        -------
        array
            ``(TRs, ...)``, without unit.
        """
        means = u.get_magnitude(self.average(signal, dt))
        kernel = self.kernel_values()
        if self.history is None:
            before = jnp.zeros((len(kernel), *means.shape[1:]), means.dtype)
        else:
            before = u.get_magnitude(self.history)
        convolve: Any = fftconvolve if self.method == 'fft' else jnp.convolve
        series = jnp.concatenate([before, means])
        columns = jax.vmap(
            functools.partial(convolve, mode=self.convolution_mode), (1, None), out_axes=1
        )(series.reshape(len(series), -1), kernel)
        at_TRs = columns[self.decimation :: self.decimation]
        return self._scaled(at_TRs.reshape(len(at_TRs), *means.shape[1:]))

    def kernel_values(self) -> Any:
        """Return the kernel at its times, ``(K,)``."""
        n = math.ceil(float(u.get_magnitude(self.kernel.duration / self.downsample_period)))
        return self.kernel(
            jnp.linspace(0.0, float(self.kernel.duration.to_decimal(u.ms)), n) * u.ms
        )

    def start(self, z: Any) -> None:
        """Begin a window.

        Raises
        ------
        ValueError
            With a mode or a history that only a trajectory can have, or where windows do not fill a period.
        """
        if self.convolution_mode != 'valid' or self.history is not None:
            raise bad_value(
                'monitors',
                given='an HRFBold with a history'
                if self.convolution_mode == 'valid'
                else f'an HRFBold with convolution_mode={self.convolution_mode!r}',
                expected="convolution_mode='valid' and no history where a run is measured",
                remedy='Record the activity and call the HRFBold on that.',
            )
        windows = float(u.get_magnitude(self.period / self.downsample_period))
        if abs(windows - self.decimation) > 1e-4 * windows:
            raise bad_value(
                'period',
                given=f'{self.period}, {windows:.6g} times {self.downsample_period}',
                expected='whole windows of downsample_period',
            )
        self.average.start(u.get_magnitude(z))

    def go_on(self) -> None:
        """Begin a window."""
        self.average.go_on()

    def update(self, z: Any) -> None:
        """Add to the window, or begin the next."""
        self.average.update(u.get_magnitude(z))

    def read(self) -> Any:
        """Return the mean of the window so far."""
        return self.average.read()

    def finish(self, samples: Any) -> Any:
        """Convolve the means at the TRs."""
        return self._scaled(_at_every(samples, self.kernel_values(), self.decimation))

    def _scaled(self, convolved: Any) -> Any:
        return self.k_1 * self.V_0 * (convolved - 1.0)


@functools.partial(jax.jit, static_argnums=2)
def _at_every(samples: Any, kernel: Any, every: int) -> Any:
    """Every ``every``-th value of the causal convolution along the first axis: ``(time // every, ...)``.

    With ``K = J every`` values of the kernel in ``J`` blocks, each block is multiplied with all blocks of
    the samples, and Horner's rule in the shift by one block adds the products up: beside the samples there are
    never more than two arrays of the result's size.
    """
    blocks = samples[: len(samples) // every * every].reshape(-1, every, *samples.shape[1:])
    padded = jnp.pad(kernel, (0, -len(kernel) % every))

    def add(later: Any, block_of_kernel: Any) -> tuple[Any, None]:
        shifted = jnp.concatenate([jnp.zeros_like(later[:1]), later[:-1]])
        product = jnp.einsum(
            'j,mj...->m...', block_of_kernel, blocks, precision=jax.lax.Precision.HIGHEST
        )
        return shifted + product, None

    start = jnp.zeros_like(blocks[:, 0], jnp.result_type(samples, kernel))
    return jax.lax.scan(add, start, padded.reshape(-1, every)[:, ::-1], reverse=True)[0]
