"""The FitzHugh–Nagumo oscillator."""

# Published symbols keep their case.
# ruff: noqa: N802, N815

from __future__ import annotations

from collections.abc import Callable

import brainunit as u
from brainstate.nn import Module, Param
from brainstate.typing import ArrayLike, Size

from .base import SMALL, NodeModel, Parameter, Value, driven

__all__ = ['FitzHughNagumoStep']


class FitzHughNagumoStep(NodeModel):
    r"""FitzHugh–Nagumo node: a fast activator and a slow recovery variable.

    .. math::

        \dot V &= -\alpha V^3 + \beta V^2 + \gamma V - w + I_V \\
        \dot w &= (V - \delta - \epsilon w)/\tau + I_w

    with time in ms.

    Source: FitzHugh (1961), Biophys. J. 1:445–466; Nagumo, Arimoto, Yoshizawa (1962), Proc. IRE
    50:2061–2070; this polynomial form: Kostova, Ravindran, Schonbek (2004), Int. J. Bifurcation
    Chaos 14:913–925.

    Parameters
    ----------
    in_size : int or tuple of int
        Shape of the node.
    alpha, beta, gamma : Parameter
        Cubic, quadratic and linear coefficient of the activator, 1/ms as plain numbers.
    delta : Parameter
        Offset of the recovery nullcline.
    epsilon : Parameter
        Decay of the recovery variable, relative to ``1/tau``.
    tau : Parameter
        Recovery time constant, a time.
    noise_V, noise_w : Module or None
        Noise added to the inputs of ``V`` and ``w``.
    init_V, init_w : callable
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
    >>> node = bf.FitzHughNagumoStep(2, tau=10. * u.ms, method='rk4')
    >>> _ = brainstate.nn.init_all_states(node)
    >>> with brainstate.environ.context(dt=0.1 * u.ms):
    ...     V = node.update(0.5)
    >>> V.shape
    (2,)
    """

    state_names = ('V', 'w')

    alpha: Param
    beta: Param
    gamma: Param
    delta: Param
    epsilon: Param
    tau: Param
    noise_V: Module | None
    noise_w: Module | None

    def __init__(
        self,
        in_size: Size,
        alpha: Parameter = 3.0,
        beta: Parameter = 4.0,
        gamma: Parameter = -1.5,
        delta: Parameter = 0.0,
        epsilon: Parameter = 0.5,
        tau: Parameter = 20.0 * u.ms,
        noise_V: Module | None = None,
        noise_w: Module | None = None,
        init_V: Callable = SMALL,
        init_w: Callable = SMALL,
        method: str = 'exp_euler',
    ):
        super().__init__(
            in_size,
            method=method,
            noise={'noise_V': noise_V, 'noise_w': noise_w},
            init={'init_V': init_V, 'init_w': init_w},
        )
        self.set_parameters(
            alpha=alpha, beta=beta, gamma=gamma, delta=delta, epsilon=epsilon, tau=tau
        )

    def dV(self, V: Value, w: Value, inp: Value) -> Value:
        """Rate of ``V`` in 1/ms, given both states and the input of ``V``."""
        drift = self.beta.value() * V**2 + self.gamma.value() * V - self.alpha.value() * V**3
        return (drift - w + inp) / u.ms

    def dw(self, w: Value, V: Value, inp: Value = 0.0) -> Value:
        """Rate of ``w`` in 1/ms, given both states and the input of ``w``."""
        drift = V - self.delta.value() - self.epsilon.value() * w
        return drift / self.tau.value() + inp / u.ms

    def update(self, V_inp: ArrayLike | None = None, w_inp: ArrayLike | None = None) -> Value:
        """Advance by one step.

        Parameters
        ----------
        V_inp, w_inp : array or None
            Inputs that broadcast to the states; ``None`` means zero.

        Returns
        -------
        array
            The new ``V``.
        """
        return self.advance(driven(V_inp, self.noise_V), driven(w_inp, self.noise_w))[0]
