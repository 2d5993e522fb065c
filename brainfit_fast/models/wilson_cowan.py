"""The Wilson–Cowan excitatory–inhibitory node."""

# Published symbols keep their case.
# ruff: noqa: N802, N815

from __future__ import annotations

from collections.abc import Callable

import brainunit as u
import jax
from brainstate.nn import Module, Param
from brainstate.typing import ArrayLike, Size

from .base import ZERO, NodeModel, Parameter, Value, driven

__all__ = ['WilsonCowanStep']


class WilsonCowanStep(NodeModel):
    r"""Wilson–Cowan node: an excitatory and an inhibitory population.

    .. math::

        \tau_E \dot r_E &= -r_E + (1 - r\,r_E)\, F_E(w_{EE} r_E - w_{IE} r_I + I_E) \\
        \tau_I \dot r_I &= -r_I + (1 - r\,r_I)\, F_I(w_{EI} r_E - w_{II} r_I + I_I) \\
        F_j(s) &= \sigma(a_j (s - \theta_j)) - \sigma(-a_j \theta_j),
        \qquad \sigma(s) = 1/(1 + e^{-s})

    The first index of a weight is its source: ``wIE`` inhibits E, ``wEI`` excites I.

    Source: Wilson, Cowan (1972), Biophys. J. 12:1–24, the model and its refractory term.

    Parameters
    ----------
    in_size : int or tuple of int
        Shape of the node.
    tau_E, tau_I : Parameter
        Time constants, times.
    a_E, a_I : Parameter
        Slopes of the sigmoids.
    theta_E, theta_I : Parameter
        Thresholds of the sigmoids.
    wEE, wIE, wEI, wII : Parameter
        Local weights, all positive; the inhibitory ones are subtracted.
    r : Parameter
        Refractory fraction.
    noise_E, noise_I : Module or None
        Noise added to the inputs of ``rE`` and ``rI``, inside the sigmoids.
    rE_init, rI_init : callable
        Initializers of the states.
    method : str
        Integrator, one of :func:`~brainfit_fast.models.integrators`.

    Raises
    ------
    ValueError, TypeError
        See :class:`~brainfit_fast.models.NodeModel`.

    Examples
    --------
    >>> import brainfit_fast as bf, brainstate, brainunit as u
    >>> node = bf.WilsonCowanStep(4, wEE=brainstate.nn.Param(12.))
    >>> _ = brainstate.nn.init_all_states(node)
    >>> with brainstate.environ.context(dt=0.1 * u.ms):
    ...     rE = node.update(1.25)
    >>> rE.shape
    (4,)
    """

    state_names = ('rE', 'rI')

    tau_E: Param
    a_E: Param
    theta_E: Param
    tau_I: Param
    a_I: Param
    theta_I: Param
    wEE: Param
    wIE: Param
    wEI: Param
    wII: Param
    r: Param
    noise_E: Module | None
    noise_I: Module | None

    def __init__(
        self,
        in_size: Size,
        tau_E: Parameter = 1.0 * u.ms,
        a_E: Parameter = 1.2,
        theta_E: Parameter = 2.8,
        tau_I: Parameter = 1.0 * u.ms,
        a_I: Parameter = 1.0,
        theta_I: Parameter = 4.0,
        wEE: Parameter = 12.0,
        wIE: Parameter = 4.0,
        wEI: Parameter = 13.0,
        wII: Parameter = 11.0,
        r: Parameter = 1.0,
        noise_E: Module | None = None,
        noise_I: Module | None = None,
        rE_init: Callable = ZERO,
        rI_init: Callable = ZERO,
        method: str = 'exp_euler',
    ):
        super().__init__(
            in_size,
            method=method,
            noise={'noise_E': noise_E, 'noise_I': noise_I},
            init={'rE_init': rE_init, 'rI_init': rI_init},
        )
        self.set_parameters(
            tau_E=tau_E,
            a_E=a_E,
            theta_E=theta_E,
            tau_I=tau_I,
            a_I=a_I,
            theta_I=theta_I,
            wEE=wEE,
            wIE=wIE,
            wEI=wEI,
            wII=wII,
            r=r,
        )

    def F(self, x: Value, a: Value, theta: Value) -> Value:
        """Sigmoid of slope ``a`` and threshold ``theta``, shifted so that F(0) = 0."""
        return jax.nn.sigmoid(a * (x - theta)) - jax.nn.sigmoid(-a * theta)

    def _relaxation(self, own: Value, activation: Value, tau: Value) -> Value:
        """Rate of a population that is refractory in proportion to its own activity."""
        return ((1.0 - self.r.value() * own) * activation - own) / tau

    def drE(self, rE: Value, rI: Value, inp: Value) -> Value:
        """Rate of ``rE`` in 1/time, given both states and the input of ``rE``."""
        drive = self.wEE.value() * rE - self.wIE.value() * rI + inp
        activation = self.F(drive, self.a_E.value(), self.theta_E.value())
        return self._relaxation(rE, activation, self.tau_E.value())

    def drI(self, rI: Value, rE: Value, inp: Value) -> Value:
        """Rate of ``rI`` in 1/time, given both states and the input of ``rI``."""
        drive = self.wEI.value() * rE - self.wII.value() * rI + inp
        activation = self.F(drive, self.a_I.value(), self.theta_I.value())
        return self._relaxation(rI, activation, self.tau_I.value())

    def update(self, rE_inp: ArrayLike | None = None, rI_inp: ArrayLike | None = None) -> Value:
        """Advance by one step.

        Parameters
        ----------
        rE_inp, rI_inp : array or None
            Inputs that broadcast to the states; ``None`` means zero.

        Returns
        -------
        array
            The new ``rE``.
        """
        return self.advance(driven(rE_inp, self.noise_E), driven(rI_inp, self.noise_I))[0]
