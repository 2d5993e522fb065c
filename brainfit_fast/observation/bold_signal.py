"""brainmass's Balloon-Windkessel model, a module that is stepped by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import brainstate
import braintools
import brainunit as u
from brainstate.nn import Param

__all__ = ['BOLDSignal']


class BOLDSignal(brainstate.nn.Dynamics):
    r"""The Balloon-Windkessel model as brainmass 0.1.1 steps and reads it.

    .. math::

        \dot x &= z - k x - \gamma (f - 1) \\
        \dot f &= x \\
        \tau \dot v &= f - v^{1/\alpha} \\
        \tau \dot q &= f \, \frac{1 - (1 - \rho)^{1/f}}{\rho} - q \, v^{1/\alpha - 1} \\
        y &= V_0 \left[ 7\rho (1 - q) + 2 (1 - q / \rho) + (2\rho - 0.2)(1 - v) \right]

    with ``braintools.quad.ode_rk2_step``, time in seconds. Two things differ from the literature, and from
    :class:`brainfit_fast.BOLD`, the observer to use in a run: all states begin at ``init``, also :math:`x`,
    which is zero at rest; and the second term of :math:`y` divides by :math:`\rho`, not by :math:`v`, so that
    the signal at rest is :math:`2 V_0 (1 - 1/\rho)`.

    Parameters
    ----------
    in_size : int or tuple of int
        Regions.
    gamma, k : float, array, callable or Param
        Rates of feedback by flow and of signal decay, 1/s.
    alpha, tau, rho : float, array, callable or Param
        Grubb's exponent; transit time, s; resting oxygen extraction fraction.
    V0 : float
        Resting blood volume fraction.
    init : callable
        Initial value of each state, by the shape.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> import brainstate
    >>> import jax.numpy as jnp
    >>> model = bf.BOLDSignal(2)
    >>> _ = brainstate.nn.init_all_states(model)
    >>> with brainstate.environ.context(dt=0.001):
    ...     model.update(jnp.array([0.0, 1.0]))
    >>> model.bold().shape
    (2,)
    """

    def __init__(
        self,
        in_size: Any,
        gamma: Any = 0.41,
        k: Any = 0.65,
        alpha: Any = 0.32,
        tau: Any = 0.98,
        rho: Any = 0.34,
        V0: Any = 0.02,
        init: Callable[..., Any] = braintools.init.Constant(1.0),
    ):
        super().__init__(in_size)
        self.gamma = Param.init(gamma, self.varshape)
        self.k = Param.init(k, self.varshape)
        self.alpha = Param.init(alpha, self.varshape)
        self.tau = Param.init(tau, self.varshape)
        self.rho = Param.init(rho, self.varshape)
        self.V0, self.init = V0, init

    def init_state(self, batch_size: int | None = None, **kwargs: Any) -> None:
        """Set all states to ``init``."""
        for name in ('x', 'f', 'v', 'q'):
            value = braintools.init.param(self.init, self.varshape, batch_size)
            setattr(self, name, brainstate.HiddenState(value))

    def derivative(self, y: tuple[Any, Any, Any, Any], t: Any, z: Any) -> tuple[Any, ...]:
        """Return the time derivatives of ``x``, ``f``, ``v`` and ``q``, 1/s."""
        x, f, v, q = y
        tau, rho = self.tau.value(), self.rho.value()
        outflow = v ** (1 / self.alpha.value())
        return (
            z - self.k.value() * x - self.gamma.value() * (f - 1),
            x,
            (f - outflow) / tau,
            (f * (1 - (1 - rho) ** (1 / f)) / rho - outflow * q / v) / tau,
        )

    def update(self, z: Any) -> None:
        """Advance by ``dt`` of the environment: a time, or plain seconds."""
        states = (self.x, self.f, self.v, self.q)
        dt = brainstate.environ.get('dt')
        seconds = dt.to_decimal(u.second) if isinstance(dt, u.Quantity) else dt
        with brainstate.environ.context(dt=seconds):
            new = braintools.quad.ode_rk2_step(
                self.derivative, tuple(state.value for state in states), 0.0, z
            )
        for state, value in zip(states, new, strict=True):
            state.value = value

    def bold(self) -> Any:
        """Return the signal of the present states."""
        rho, v, q = self.rho.value(), self.v.value, self.q.value
        return self.V0 * (7 * rho * (1 - q) + 2.0 * (1 - q / rho) + (2 * rho - 0.2) * (1 - v))
