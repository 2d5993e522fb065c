"""The exact mean field of theta neurons by Montbrió, Pazó and Roxin."""

from __future__ import annotations

from collections.abc import Callable

import braintools
import brainunit as u
from brainstate.nn import Module, Param
from brainstate.typing import ArrayLike, Size

from .base import SMALL, NodeModel, Parameter, Value, driven

__all__ = ['MontbrioPazoRoxinStep']

SMALL_RATE = braintools.init.Uniform(0 * u.Hz, 0.05 * u.Hz)


class MontbrioPazoRoxinStep(NodeModel):
    r"""Mean field of all-to-all coupled quadratic integrate-and-fire neurons.

    .. math::

        \dot r &= \frac{\Delta}{\pi \tau} + \frac{2 r v + I_r}{1\,\mathrm{ms}} \\
        \dot v &= \frac{v^2 + \eta + I_v + J \tau r - (\pi \tau r)^2}{\tau}

    ``r`` is a rate and carries a unit, so :math:`\tau r` is a pure number: 1 Hz at
    ``tau = 1 ms`` counts as 0.001. ``delta`` is the half-width divided by ``tau``, a rate too. The
    first equation is the published one at ``tau = 1 ms``, where its second term has 1 ms for
    ``tau``.

    Source: Montbrió, Pazó, Roxin (2015), Phys. Rev. X 5:021028, equation 12.

    Parameters
    ----------
    in_size : int or tuple of int
        Shape of the node.
    tau : Parameter
        Membrane time constant, a time.
    eta : Parameter
        Centre of the Lorentzian distribution of excitabilities.
    delta : Parameter
        Half-width of that distribution over ``tau``, a rate.
    J : Parameter
        Recurrent coupling.
    init_r, init_v : callable
        Initializers of the states; ``r`` in a unit of rate.
    noise_r, noise_v : Module or None
        Noise added to the inputs of ``r`` (a rate) and ``v`` (a plain number).
    method : str
        Integrator, one of :func:`~brainfit_fast.models.integrators`.

    Raises
    ------
    ValueError, TypeError
        See :class:`~brainfit_fast.models.NodeModel`.

    Examples
    --------
    >>> import brainfit_fast as bf, brainstate, brainunit as u
    >>> node = bf.MontbrioPazoRoxinStep(2)
    >>> _ = brainstate.nn.init_all_states(node)
    >>> with brainstate.environ.context(dt=0.01 * u.ms):
    ...     r = node.update(v_inp=1.)
    >>> u.get_unit(r) == u.Hz
    True
    """

    state_names = ('r', 'v')

    tau: Param
    eta: Param
    delta: Param
    J: Param
    noise_r: Module | None
    noise_v: Module | None

    def __init__(
        self,
        in_size: Size,
        tau: Parameter = 1.0 * u.ms,
        eta: Parameter = -5.0,
        delta: Parameter = 1.0 * u.Hz,
        J: Parameter = 15.0,
        init_r: Callable = SMALL_RATE,
        init_v: Callable = SMALL,
        noise_r: Module | None = None,
        noise_v: Module | None = None,
        method: str = 'exp_euler',
    ):
        super().__init__(
            in_size,
            method=method,
            noise={'noise_r': noise_r, 'noise_v': noise_v},
            init={'init_r': init_r, 'init_v': init_v},
        )
        self.set_parameters(tau=tau, eta=eta, delta=delta, J=J)

    def dr(self, r: Value, v: Value, inp: Value) -> Value:
        """Rate of ``r`` in Hz/ms, given both states and the input of ``r``."""
        spread = self.delta.value() / (u.math.pi * self.tau.value())
        return spread + (2.0 * r * v + inp) / u.ms

    def dv(self, v: Value, r: Value, inp: Value) -> Value:
        """Rate of ``v`` in 1/ms, given both states and the input of ``v``."""
        tau = self.tau.value()
        spikes = r * tau
        drift = v**2 + self.eta.value() + inp + self.J.value() * spikes
        return (drift - (u.math.pi * spikes) ** 2) / tau

    def update(self, r_inp: ArrayLike | None = None, v_inp: ArrayLike | None = None) -> Value:
        """Advance by one step.

        Parameters
        ----------
        r_inp : Quantity or None
            Input of ``r``, a rate; ``None`` means zero.
        v_inp : array or None
            Input of ``v``, a plain number; ``None`` means zero.

        Returns
        -------
        Quantity
            The new ``r``.
        """
        r_inp = driven(r_inp, self.noise_r, zero=0.0 * u.Hz)
        return self.advance(r_inp, driven(v_inp, self.noise_v))[0]
