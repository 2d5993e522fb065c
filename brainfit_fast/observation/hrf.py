"""Hemodynamic response functions: kernels with which activity is convolved."""

from __future__ import annotations

import math
from typing import Any

import brainunit as u
import jax.numpy as jnp
from jax.scipy.special import gamma

from ..core.errors import bad_value

__all__ = [
    'DoubleExponentialHRFKernel',
    'FirstOrderVolterraHRFKernel',
    'GammaHRFKernel',
    'HRFKernel',
    'MixtureOfGammasHRFKernel',
]


class HRFKernel:
    """A hemodynamic response function :math:`h(t)`; a subclass says in ``__call__`` what it is.

    Parameters
    ----------
    duration : Quantity
        Time after which the kernel is cut.

    Raises
    ------
    ValueError
        If that is no time above zero.

    Examples
    --------
    See :class:`GammaHRFKernel`.
    """

    def __init__(self, duration: Any = 20.0 * u.second):
        if u.get_dim(duration) != u.second.dim or not u.get_magnitude(duration) > 0:
            raise bad_value(
                'duration', given=duration, expected='a time above zero, as 20 * u.second'
            )
        self.duration = duration

    def __call__(self, t: Any) -> Any:
        """Return :math:`h(t)`.

        Parameters
        ----------
        t : Quantity or array
            Times since the activity, any shape; plain numbers are milliseconds.

        Returns
        -------
        array
            Without unit, in the shape of ``t``.
        """
        raise NotImplementedError


class FirstOrderVolterraHRFKernel(HRFKernel):
    r"""Linear response of the balloon model, a damped oscillation.

    .. math::

        h(t) = s \, e^{-t / 2\tau_s} \, \frac{\sin \omega t}{\omega}, \qquad
        \omega^2 = \frac{1}{\tau_f} - \frac{1}{4\tau_s^2}

    It oscillates where :math:`4\tau_s^2 > \tau_f`; otherwise its values are NaN.

    Parameters
    ----------
    tau_s, tau_f : float
        Times of signal decay and of feedback by flow, s.
    scaling : float
        The factor :math:`s`.
    duration : Quantity
        See :class:`HRFKernel`.

    References
    ----------
    Friston, Mechelli, Turner & Price, *NeuroImage* 12:466 (2000).

    Examples
    --------
    >>> import brainunit as u
    >>> import jax.numpy as jnp
    >>> kernel = FirstOrderVolterraHRFKernel()
    >>> [f'{h:.3f}' for h in kernel(jnp.array([0.0, 1.0, 2.0]) * u.second)]
    ['0.000', '0.122', '0.015']
    """

    def __init__(
        self,
        tau_s: Any = 0.8,
        tau_f: Any = 0.4,
        scaling: Any = 1.0 / 3.0,
        duration: Any = 20.0 * u.second,
    ):
        super().__init__(duration)
        self.tau_s, self.tau_f, self.scaling = tau_s, tau_f, scaling

    def __call__(self, t: Any) -> Any:
        """Return :math:`h(t)`, see :class:`HRFKernel`."""
        t = _seconds(t)
        omega = jnp.sqrt(1 / self.tau_f - 0.25 / self.tau_s**2)
        return self.scaling * jnp.exp(-t / (2 * self.tau_s)) * jnp.sin(omega * t) / omega


class GammaHRFKernel(HRFKernel):
    r"""Gamma density with a given peak.

    .. math::

        h(t) = a \, \frac{g(t)}{\max g}, \qquad g(t) = (t/\tau)^{n-1} e^{-t/\tau}

    The maximum is that of the times at which the kernel is asked for.

    Parameters
    ----------
    tau : float
        Time constant, s.
    n : float
        Shape: the number of stages, at least one.
    a : float
        Peak.
    duration : Quantity
        See :class:`HRFKernel`.

    References
    ----------
    Boynton, Engel, Glover & Heeger, *J Neurosci* 16:4207 (1996).

    Examples
    --------
    >>> import brainunit as u
    >>> import jax.numpy as jnp
    >>> round(float(GammaHRFKernel()(jnp.linspace(0.0, 20.0, 256) * u.second).max()), 6)
    0.1
    """

    def __init__(
        self, tau: Any = 1.08, n: Any = 3.0, a: Any = 0.1, duration: Any = 20.0 * u.second
    ):
        super().__init__(duration)
        self.tau, self.n, self.a = tau, n, a

    def __call__(self, t: Any) -> Any:
        """Return :math:`h(t)`, see :class:`HRFKernel`."""
        x = _seconds(t) / self.tau
        return _with_peak(self.a, x ** (self.n - 1) * jnp.exp(-x))


class DoubleExponentialHRFKernel(HRFKernel):
    r"""Difference of two damped oscillations, with a given peak.

    .. math::

        h(t) = a \, \frac{g(t)}{\max g}, \qquad
        g(t) = a_1 e^{-t/\tau_1} \sin 2\pi f_1 t - a_2 e^{-t/\tau_2} \sin 2\pi f_2 t

    Parameters
    ----------
    tau_1, tau_2 : float
        Times of decay, s.
    f_1, f_2 : float
        Frequencies, Hz.
    amp_1, amp_2 : float
        The factors :math:`a_1` and :math:`a_2`.
    a : float
        Peak.
    duration : Quantity
        See :class:`HRFKernel`.

    References
    ----------
    Polonsky, Blake, Braun & Heeger, *Nat Neurosci* 3:1153 (2000).

    Examples
    --------
    >>> import brainunit as u
    >>> import jax.numpy as jnp
    >>> kernel = DoubleExponentialHRFKernel()
    >>> round(float(kernel(jnp.linspace(0.0, 40.0, 512) * u.second).max()), 6)
    0.1
    """

    def __init__(
        self,
        tau_1: Any = 7.22,
        tau_2: Any = 7.4,
        f_1: Any = 0.03,
        f_2: Any = 0.12,
        amp_1: Any = 0.1,
        amp_2: Any = 0.1,
        a: Any = 0.1,
        duration: Any = 40.0 * u.second,
    ):
        super().__init__(duration)
        self.tau_1, self.f_1, self.amp_1 = tau_1, f_1, amp_1
        self.tau_2, self.f_2, self.amp_2 = tau_2, f_2, amp_2
        self.a = a

    def __call__(self, t: Any) -> Any:
        """Return :math:`h(t)`, see :class:`HRFKernel`."""
        t = _seconds(t)

        def oscillation(amplitude: Any, tau: Any, frequency: Any) -> Any:
            return amplitude * jnp.exp(-t / tau) * jnp.sin(2 * math.pi * frequency * t)

        slow = oscillation(self.amp_1, self.tau_1, self.f_1)
        fast = oscillation(self.amp_2, self.tau_2, self.f_2)
        return _with_peak(self.a, slow - fast)


class MixtureOfGammasHRFKernel(HRFKernel):
    r"""Difference of two gamma densities: a peak and the undershoot after it.

    .. math::

        h(t) = p_{a_1}(\lambda t) - c \, p_{a_2}(\lambda t), \qquad
        p_a(x) = \frac{x^{a-1} e^{-x}}{\Gamma(a)}

    Parameters
    ----------
    a_1, a_2 : float
        Shapes of the peak and of the undershoot.
    l : float
        Rate :math:`\lambda`, 1/s.
    c : float
        Size of the undershoot.
    duration : Quantity
        See :class:`HRFKernel`.

    References
    ----------
    Glover, *NeuroImage* 9:416 (1999).

    Examples
    --------
    >>> import brainunit as u
    >>> import jax.numpy as jnp
    >>> kernel = MixtureOfGammasHRFKernel()
    >>> [f'{h:.3f}' for h in kernel(jnp.array([0.0, 5.0, 15.0]) * u.second)]
    ['0.000', '0.174', '-0.031']
    """

    def __init__(
        self,
        a_1: Any = 6.0,
        a_2: Any = 13.0,
        l: Any = 1.0,  # noqa: E741
        c: Any = 0.4,
        duration: Any = 20.0 * u.second,
    ):
        super().__init__(duration)
        self.a_1, self.a_2, self.l, self.c = a_1, a_2, l, c

    def __call__(self, t: Any) -> Any:
        """Return :math:`h(t)`, see :class:`HRFKernel`."""
        x = self.l * _seconds(t)

        def density(shape: Any) -> Any:
            return x ** (shape - 1) * jnp.exp(-x) / gamma(shape)

        return density(self.a_1) - self.c * density(self.a_2)


def _seconds(t: Any) -> Any:
    return t.to_decimal(u.second) if isinstance(t, u.Quantity) else jnp.asarray(t) / 1000.0


def _with_peak(peak: Any, values: Any) -> Any:
    """``values`` scaled to a maximum of ``peak``; as they are, times ``peak``, where none is above zero."""
    most = jnp.max(values)
    return peak * values / jnp.where(most > 0, most, 1.0)
