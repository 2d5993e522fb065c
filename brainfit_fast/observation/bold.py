"""BOLD by the Balloon-Windkessel model."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import brainstate
import braintools
import brainunit as u
import jax.numpy as jnp

from ..core.errors import bad_type, bad_value
from .base import Observer

__all__ = ['BOLD', 'Balloon']


@dataclass(frozen=True)
class Balloon:
    r"""Constants of the Balloon-Windkessel model, see :class:`BOLD`.

    Attributes
    ----------
    epsilon : float
        Efficacy of neural activity.
    kappa, gamma : float
        Rates of signal decay and of flow-dependent elimination, 1/s.
    tau : float
        Hemodynamic transit time, s.
    alpha : float
        Grubb's exponent.
    rho : float
        Resting oxygen extraction fraction.
    V0 : float
        Resting blood volume fraction.
    k1, k2, k3 : float
        Weights of the BOLD signal.
    """

    epsilon: float = 1.0
    kappa: float = 0.65
    gamma: float = 0.41
    tau: float = 0.98
    alpha: float = 0.32
    rho: float = 0.34
    V0: float = 0.02
    k1: float = 7 * 0.34
    k2: float = 2.0
    k3: float = 2 * 0.34 - 0.2


#: By the name of their source.
BALLOONS = {
    # Friston, Harrison & Penny, NeuroImage 19:1273 (2003)
    'friston2003': Balloon(),
    # cuBNM 0.1.0, src/ext/models/bw.cpp: the same numbers of seconds, where the paper has rates; in percent
    'cubnm-friston2003': Balloon(kappa=1 / 0.65, gamma=1 / 0.41, V0=2.0),
    # cuBNM 0.1.0, cubnm.utils.get_bw_params: weights at 3 T of Heinzle et al., NeuroImage 125:556 (2016)
    'cubnm-heinzle2016-3T': Balloon(
        kappa=1 / 0.65, gamma=1 / 0.41, V0=2.0, k1=3.72, k2=0.527, k3=0.53
    ),
    # tvb-library 2.10.0, tvb/analyzers/fmri_balloon.py: nonlinear, with the revised weights at 1.5 T of
    # Stephan et al., NeuroImage 38:387 (2007), eq. 12, for an echo time of 40 ms; in percent
    'tvb': Balloon(
        kappa=1 / 1.54,
        gamma=1 / 1.44,
        rho=0.4,
        V0=4.0,
        k1=4.3 * 40.3 * 0.4 * 0.04,
        k2=0.5 * 25.0 * 0.4 * 0.04,
        k3=1 - 0.5,
    ),
}


class BOLD(Observer):
    r"""BOLD signal of the Balloon-Windkessel model, advanced while the model runs.

    .. math::

        \dot x &= \epsilon z - \kappa x - \gamma (f - 1) \\
        \dot f &= x \\
        \tau \dot v &= f - v^{1/\alpha} \\
        \tau \dot q &= f \, \frac{1 - (1 - \rho)^{1/f}}{\rho} - v^{1/\alpha} \frac{q}{v} \\
        y &= V_0 \left[ k_1 (1 - q) + k_2 (1 - q / v) + k_3 (1 - v) \right]

    from rest, :math:`x = 0` and :math:`f = v = q = 1`, with time in seconds.

    Parameters
    ----------
    source : str or callable
        The activity :math:`z`, see :class:`Observer`; its magnitude counts.
    period : Quantity
        Repetition time (TR).
    step : Quantity, optional
        Time step of these equations, a multiple of the model's; default the model's. Activity varies faster
        than blood flows: 1 ms with a model at 0.1 ms gives the same signal for a tenth of the work.
    constants : str or Balloon
        One's own, or a set by name: ``'friston2003'``; ``'cubnm-friston2003'`` and
        ``'cubnm-heinzle2016-3T'``, which cuBNM 0.1.0 calls ``'friston2003'`` and ``'heinzle2016-3T'``, with the
        time constants and the scale (percent) of its code; ``'tvb'``, the defaults of the ``BalloonModel`` of
        TVB 2.10.0 (percent).
    method : str
        Integrator of ``braintools.quad``: ``'euler'``, ``'rk2'`` (Heun's, as in TVB), ``'rk4'``, ...

    References
    ----------
    Friston, Harrison & Penny, *NeuroImage* 19:1273 (2003).

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> import brainunit as u
    >>> bold = bf.BOLD('x', period=20.0 * u.ms, step=1.0 * u.ms)
    >>> sim = bf.Simulator(bf.HopfStep(3, a=-0.1), dt=0.5 * u.ms)
    >>> sim.run(100.0 * u.ms, monitors=bold)['output'].shape
    (5, 3)
    """

    def __init__(
        self,
        source: str | Callable[[Any], Any],
        *,
        period: Any = 1.0 * u.second,
        step: Any = None,
        constants: str | Balloon = 'friston2003',
        method: str = 'euler',
    ):
        super().__init__(source, period=period, step=step)
        if isinstance(constants, str):
            if constants not in BALLOONS:
                raise bad_value('constants', given=constants, expected=f'one of {list(BALLOONS)}')
            constants = BALLOONS[constants]
        elif not isinstance(constants, Balloon):
            raise bad_type(
                'constants', given=constants, expected=f'a Balloon, or one of {list(BALLOONS)}'
            )
        if (
            not callable(getattr(braintools.quad, f'ode_{method}_step', None))
            or method == 'expeuler'
        ):
            raise bad_value(
                'method',
                given=method,
                expected="an explicit integrator of braintools.quad: 'euler', 'rk2', 'rk4', ...",
            )
        self.constants, self.method = constants, method

    def start(self, z: Any) -> None:
        """Begin at rest."""
        zero = jnp.zeros_like(u.get_magnitude(z))
        for name in ('x', 'f', 'v', 'q'):
            setattr(self, name, brainstate.HiddenState(zero))

    def update(self, z: Any) -> None:
        """Advance blood flow, volume and deoxyhemoglobin."""
        states = (self.x, self.f, self.v, self.q)
        dt = brainstate.environ.get('dt')
        seconds = dt.to_decimal(u.second) if isinstance(dt, u.Quantity) else dt
        advance = getattr(braintools.quad, f'ode_{self.method}_step')
        with brainstate.environ.context(dt=seconds):
            new = advance(self.derivative, tuple(s.value for s in states), 0.0, u.get_magnitude(z))
        for state, value in zip(states, new, strict=True):
            state.value = value

    def derivative(self, y: tuple[Any, Any, Any, Any], t: Any, z: Any) -> tuple[Any, ...]:
        """Return the time derivatives, 1/s, of ``x`` and of the deviations of ``f``, ``v``, ``q`` from rest.

        Flow and volume stay within percents of one: their small steps would be lost beside it in float32.
        """
        x, f, v, q = y
        c = self.constants
        log_v = jnp.log1p(v)
        outflow = jnp.expm1(log_v / c.alpha)
        cleared = jnp.expm1(log_v * (1 / c.alpha - 1))
        extracted = jnp.expm1(-math.log1p(-c.rho) * f / (1 + f))
        return (
            c.epsilon * z - c.kappa * x - c.gamma * f,
            x,
            (f - outflow) / c.tau,
            (f - (1 + f) * ((1 - c.rho) / c.rho) * extracted - (cleared + q + cleared * q)) / c.tau,
        )

    def read(self) -> Any:
        """Return the BOLD signal."""
        c, v, q = self.constants, self.v.value, self.q.value
        return c.V0 * (c.k2 * (v - q) / (1 + v) - c.k1 * q - c.k3 * v)
