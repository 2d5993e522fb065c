"""Noise processes that drive the node models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import brainstate
import braintools
import brainunit as u
from brainstate.nn import Dynamics, Param
from brainstate.typing import Size

from ..core.errors import bad_value
from .base import Parameter, Value, allocate, parameter

__all__ = ['BrownianNoise', 'GaussianNoise', 'Noise', 'OUProcess', 'WhiteNoise']


class Noise(Dynamics):
    """Base of the noise processes: ``update()`` draws one sample per call.

    Parameters
    ----------
    in_size : int or tuple of int
        Shape of one sample, without batch axis.
    mean : Parameter or None
        Mean, in the unit of ``sigma``; ``None`` means zero.
    sigma : Parameter
        Amplitude; its unit is the unit of the samples.

    Raises
    ------
    ValueError
        If ``mean`` and ``sigma`` have different dimensions.

    Examples
    --------
    See :class:`GaussianNoise`.
    """

    def __init__(self, in_size: Size, mean: Parameter | None, sigma: Parameter):
        super().__init__(in_size)
        self.sigma = parameter(self, 'sigma', sigma)
        unit = u.get_unit(self.sigma.value())
        self.mean = parameter(self, 'mean', 0.0 * unit if mean is None else mean)
        mean_unit = u.get_unit(self.mean.value())
        if not unit.has_same_dim(mean_unit):
            raise bad_value(
                f'{type(self).__name__}: mean',
                given=f'a mean in {mean_unit} and a sigma in {unit}',
                expected='the same dimension',
                remedy='Give both in the unit of the input that the noise is added to.',
            )


class GaussianNoise(Noise):
    r"""Independent normal samples: :math:`\mu + \sigma\,\xi` with :math:`\xi \sim N(0, 1)`.

    The sample is not scaled by the step. Added to a rate per ms, its effect grows with dt: to keep
    a diffusion of s per :math:`\sqrt{\mathrm{ms}}`, set ``sigma`` to s divided by the square root
    of dt in ms. A batch shares one sample, whatever its size.

    Parameters
    ----------
    in_size : int or tuple of int
        Shape of one sample.
    mean : Parameter or None
        Mean; ``None`` means zero in the unit of ``sigma``.
    sigma : Parameter
        Standard deviation.

    Raises
    ------
    ValueError
        If ``mean`` and ``sigma`` have different dimensions.

    Examples
    --------
    >>> import brainfit_fast as bf, brainunit as u
    >>> bf.GaussianNoise(3, sigma=0.1).update().shape
    (3,)
    >>> u.get_unit(bf.GaussianNoise(3).update()) == u.nA
    True
    """

    def __init__(self, in_size: Size, mean: Parameter | None = None, sigma: Parameter = 1.0 * u.nA):
        super().__init__(in_size, mean, sigma)

    def update(self) -> Value:
        """One sample of shape ``in_size``."""
        sample = brainstate.random.normal(size=self.varshape)
        return self.mean.value() + self.sigma.value() * sample


class WhiteNoise(GaussianNoise):
    """:class:`GaussianNoise` under the name that the literature uses for it.

    Parameters
    ----------
    in_size : int or tuple of int
        Shape of one sample.
    mean : Parameter or None
        Mean; ``None`` means zero in the unit of ``sigma``.
    sigma : Parameter
        Standard deviation.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> bf.WhiteNoise(2, sigma=0.1).update().shape
    (2,)
    """


class BrownianNoise(Noise):
    r"""Brownian motion: :math:`x \leftarrow x + \sigma\sqrt{dt/\mathrm{ms}}\,\xi`.

    ``update()`` returns :math:`\mu + x`. A batch shares the increments and differs only by its
    initial values.

    Parameters
    ----------
    in_size : int or tuple of int
        Shape of one sample.
    mean : Parameter or None
        Offset; ``None`` means zero in the unit of ``sigma``.
    sigma : Parameter
        Standard deviation after 1 ms.
    init : callable or None
        Initializer of the state ``x``; ``None`` means zero in the unit of ``sigma``.

    Raises
    ------
    ValueError
        If ``mean`` and ``sigma`` have different dimensions.

    Examples
    --------
    >>> import brainfit_fast as bf, brainstate, brainunit as u
    >>> noise = bf.BrownianNoise(2, sigma=0.1)
    >>> _ = brainstate.nn.init_all_states(noise)
    >>> with brainstate.environ.context(dt=0.1 * u.ms):
    ...     noise.update().shape
    (2,)
    """

    def __init__(
        self,
        in_size: Size,
        mean: Parameter | None = None,
        sigma: Parameter = 1.0 * u.nA,
        init: Callable | None = None,
    ):
        super().__init__(in_size, mean, sigma)
        self.init = _zeros_like(self.sigma) if init is None else init

    def init_state(self, batch_size: int | None = None, **kwargs: Any) -> None:
        """Allocate the position ``x``, with a leading batch axis if ``batch_size`` is given."""
        self.x = allocate(self.init, self.varshape, batch_size)

    def update(self) -> Value:
        """Advance by one step and return the position."""
        scale = self.sigma.value() * u.math.sqrt(brainstate.environ.get_dt() / u.ms)
        self.x.value = self.x.value + scale * brainstate.random.normal(size=self.varshape)
        return self.mean.value() + self.x.value


class OUProcess(Noise):
    r"""Ornstein–Uhlenbeck process.

    .. math:: dx = \frac{\mu - x}{\tau}\,dt + \frac{\sigma}{\sqrt\tau}\,dW

    The drift is stepped exactly, the noise by Euler–Maruyama. The stationary standard deviation
    is :math:`\sigma/\sqrt 2`. Every member of a batch draws its own noise.

    Source: Uhlenbeck, Ornstein (1930), Phys. Rev. 36:823–841.

    Parameters
    ----------
    in_size : int or tuple of int
        Shape of one sample.
    mean : Parameter or None
        Mean; ``None`` means zero in the unit of ``sigma``.
    sigma : Parameter
        Amplitude.
    tau : Parameter
        Correlation time, a time.
    init : callable or None
        Initializer of the state ``x``; ``None`` means zero in the unit of ``sigma``.

    Raises
    ------
    ValueError
        If ``mean`` and ``sigma`` have different dimensions.

    Examples
    --------
    >>> import brainfit_fast as bf, brainstate, brainunit as u
    >>> noise = bf.OUProcess(2, sigma=0.1, tau=5. * u.ms)
    >>> _ = brainstate.nn.init_all_states(noise, batch_size=4)
    >>> with brainstate.environ.context(dt=0.1 * u.ms):
    ...     noise.update().shape
    (4, 2)
    """

    def __init__(
        self,
        in_size: Size,
        mean: Parameter | None = None,
        sigma: Parameter = 1.0 * u.nA,
        tau: Parameter = 10.0 * u.ms,
        init: Callable | None = None,
    ):
        super().__init__(in_size, mean, sigma)
        self.tau = parameter(self, 'tau', tau)
        self.init = _zeros_like(self.sigma) if init is None else init

    def init_state(self, batch_size: int | None = None, **kwargs: Any) -> None:
        """Allocate the position ``x``, with a leading batch axis if ``batch_size`` is given."""
        self.x = allocate(self.init, self.varshape, batch_size)

    def update(self) -> Value:
        """Advance by one step and return the position."""
        mean, sigma, tau = self.mean.value(), self.sigma.value(), self.tau.value()
        self.x.value = brainstate.nn.exp_euler_step(
            lambda x: (mean - x) / tau,
            lambda x: sigma / u.math.sqrt(tau),
            self.x.value,
        )
        return self.x.value


def _zeros_like(sigma: Param) -> Callable:
    """Initializer of zeros in the unit of a parameter."""
    return braintools.init.Constant(0.0 * u.get_unit(sigma.value()))
