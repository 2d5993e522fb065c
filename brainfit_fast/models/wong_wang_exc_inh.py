"""The reduced Wong–Wang node with an excitatory and an inhibitory population."""

# Published symbols keep their case.
# ruff: noqa: N802

from __future__ import annotations

from collections.abc import Callable

import brainunit as u
from brainstate import HiddenState
from brainstate.nn import Module, Param
from brainstate.typing import ArrayLike, Size

from .base import NodeModel, Parameter, Value, driven
from .wong_wang import NEARLY_CLOSED, firing_rate

__all__ = ['WongWangExcInhStep']


class WongWangExcInhStep(NodeModel):
    r"""Reduced Wong–Wang node: the mean synaptic gating of an excitatory and an inhibitory population.

    .. math::

        x_E &= W_E I_o + w_p J_N S_E - J_i S_I + G J_N c + I_{ext} \\
        x_I &= W_I I_o + J_N S_E - S_I + \lambda G J_N c \\
        H_p(x) &= \frac{a_p x - b_p}{1 - e^{-d_p (a_p x - b_p)}}, \qquad p \in \{E, I\} \\
        \dot S_E &= -\frac{S_E}{\tau_E} + (1 - S_E)\,\gamma_E\,H_E(x_E) + \xi_E \\
        \dot S_I &= -\frac{S_I}{\tau_I} + \gamma_I\,H_I(x_I) + \xi_I

    ``c`` is the network's dimensionless input :math:`\sum_j W_{ij} S_{E,j}`. Feedback inhibition
    control chooses :math:`J_i` such that every region fires at about 3 Hz, see
    :mod:`brainfit_fast.fic`. The rates are evaluated through exprel, as those of
    :class:`ReducedWongWangStep`.

    Source: Deco, Ponce-Alvarez, Hagmann, Romani, Mantini, Corbetta (2014), J. Neurosci.
    34:7886–7898; a reduction of Wong, Wang (2006), J. Neurosci. 26:1314–1328. With
    :math:`\lambda`: The Virtual Brain.

    Parameters
    ----------
    in_size : int or tuple of int
        Shape of the node.
    a_e, b_e, d_e : Parameter
        Gain, Hz/nA, threshold, Hz, and curvature, s, of the excitatory rate, as plain numbers.
    gamma_e : Parameter
        Kinetic factor, 1/ms per Hz as a plain number.
    tau_e : Parameter
        Decay time of the NMDA gating, ms as a plain number.
    w_p : Parameter
        Local excitatory recurrence.
    W_e : Parameter
        Share of the background current in the excitatory population.
    a_i, b_i, d_i, gamma_i, tau_i, W_i : Parameter
        The same of the inhibitory population and its GABA gating.
    J_N : Parameter
        Synaptic coupling, nA as a plain number.
    J_i : Parameter
        Weight of the inhibition of the excitatory population, nA as a plain number.
    I_o : Parameter
        Background current, nA as a plain number.
    I_ext : Parameter
        Extra current of the excitatory population, nA as a plain number.
    G : Parameter
        Global coupling. It multiplies ``c``, and so does a network's ``k``: set one of the two.
    lamda : Parameter
        Share of the network's current in the inhibitory population (feedforward inhibition).
    init_S_e, init_S_i : callable
        Initializers of the states.
    noise_e, noise_i : Module or None
        Noise :math:`\xi` added to the rates of ``S_e`` and ``S_i``, per ms. For a diffusion of
        0.01 per :math:`\sqrt{\mathrm{ms}}` give a GaussianNoise of
        ``sigma = 0.01 / sqrt(dt in ms)``.
    method : str
        Integrator, one of :func:`~brainfit_fast.models.integrators`.
    clip : bool
        Keep both gatings within [0, 1] after each step, as cuBNM and The Virtual Brain do. The
        gradient is zero where the clip acts.

    Raises
    ------
    ValueError, TypeError
        See :class:`~brainfit_fast.models.NodeModel`.

    Examples
    --------
    >>> import brainfit_fast as bf, brainstate, brainunit as u
    >>> node = bf.WongWangExcInhStep(3)
    >>> _ = brainstate.nn.init_all_states(node)
    >>> with brainstate.environ.context(dt=1. * u.ms):
    ...     S_e = node.update(0.1)
    >>> S_e.shape, bool((node.H_e(0.1) > node.H_e()).all())
    ((3,), True)
    """

    state_names = ('S_e', 'S_i')

    S_e: HiddenState
    S_i: HiddenState
    a_e: Param
    b_e: Param
    d_e: Param
    gamma_e: Param
    tau_e: Param
    w_p: Param
    W_e: Param
    a_i: Param
    b_i: Param
    d_i: Param
    gamma_i: Param
    tau_i: Param
    W_i: Param
    J_N: Param
    J_i: Param
    I_o: Param
    I_ext: Param
    G: Param
    lamda: Param
    noise_e: Module | None
    noise_i: Module | None

    def __init__(
        self,
        in_size: Size,
        a_e: Parameter = 310.0,
        b_e: Parameter = 125.0,
        d_e: Parameter = 0.160,
        gamma_e: Parameter = 0.641 / 1000.0,
        tau_e: Parameter = 100.0,
        w_p: Parameter = 1.4,
        W_e: Parameter = 1.0,
        a_i: Parameter = 615.0,
        b_i: Parameter = 177.0,
        d_i: Parameter = 0.087,
        gamma_i: Parameter = 1.0 / 1000.0,
        tau_i: Parameter = 10.0,
        W_i: Parameter = 0.7,
        J_N: Parameter = 0.15,
        J_i: Parameter = 1.0,
        I_o: Parameter = 0.382,
        I_ext: Parameter = 0.0,
        G: Parameter = 2.0,
        lamda: Parameter = 0.0,
        init_S_e: Callable = NEARLY_CLOSED,
        init_S_i: Callable = NEARLY_CLOSED,
        noise_e: Module | None = None,
        noise_i: Module | None = None,
        method: str = 'exp_euler',
        clip: bool = False,
    ):
        super().__init__(
            in_size,
            method=method,
            noise={'noise_e': noise_e, 'noise_i': noise_i},
            init={'init_S_e': init_S_e, 'init_S_i': init_S_i},
        )
        self.set_parameters(
            a_e=a_e, b_e=b_e, d_e=d_e, gamma_e=gamma_e, tau_e=tau_e, w_p=w_p, W_e=W_e,
            a_i=a_i, b_i=b_i, d_i=d_i, gamma_i=gamma_i, tau_i=tau_i, W_i=W_i,
            J_N=J_N, J_i=J_i, I_o=I_o, I_ext=I_ext, G=G, lamda=lamda,
        )  # fmt: skip
        self.clip = clip

    def _coupled(self, coupling: Value) -> Value:
        """Current from the network in nA."""
        return self.G.value() * self.J_N.value() * coupling

    def x_e(self, S_e: Value, S_i: Value, coupling: Value = 0.0) -> Value:
        """Current of the excitatory population in nA."""
        return (
            self.W_e.value() * self.I_o.value()
            + self.w_p.value() * self.J_N.value() * S_e
            - self.J_i.value() * S_i
            + self._coupled(coupling)
            + self.I_ext.value()
        )

    def x_i(self, S_e: Value, S_i: Value, coupling: Value = 0.0) -> Value:
        """Current of the inhibitory population in nA."""
        return (
            self.W_i.value() * self.I_o.value()
            + self.J_N.value() * S_e
            - S_i
            + self.lamda.value() * self._coupled(coupling)
        )

    def _rate_e(self, S_e: Value, S_i: Value, coupling: Value) -> Value:
        x = self.x_e(S_e, S_i, coupling)
        return firing_rate(x, self.a_e.value(), self.b_e.value(), self.d_e.value())

    def _rate_i(self, S_e: Value, S_i: Value, coupling: Value) -> Value:
        x = self.x_i(S_e, S_i, coupling)
        return firing_rate(x, self.a_i.value(), self.b_i.value(), self.d_i.value())

    def H_e(self, coupling: Value = 0.0) -> Value:
        """Excitatory firing rate in Hz at the present state, given the network's input."""
        return self._rate_e(self.S_e.value, self.S_i.value, coupling)

    def H_i(self, coupling: Value = 0.0) -> Value:
        """Inhibitory firing rate in Hz at the present state, given the network's input."""
        return self._rate_i(self.S_e.value, self.S_i.value, coupling)

    def dS_e(self, S_e: Value, S_i: Value, coupling: Value, noise: Value = 0.0) -> Value:
        """Rate of ``S_e`` in 1/ms, given both states, the network's input and the noise per ms."""
        gain = (1.0 - S_e) * self.gamma_e.value() * self._rate_e(S_e, S_i, coupling)
        return (gain - S_e / self.tau_e.value() + noise) / u.ms

    def dS_i(self, S_i: Value, S_e: Value, coupling: Value, noise: Value = 0.0) -> Value:
        """Rate of ``S_i`` in 1/ms, given both states, the network's input and the noise per ms."""
        gain = self.gamma_i.value() * self._rate_i(S_e, S_i, coupling)
        return (gain - S_i / self.tau_i.value() + noise) / u.ms

    def _inputs(self, inputs: tuple) -> list[tuple]:
        """Both states see the same network; each has its own noise."""
        coupling, *noise = inputs
        return [(coupling, *noise[:1]), (coupling, *noise[1:])]

    def update(self, coupling: ArrayLike | None = None) -> Value:
        """Advance by one step.

        Parameters
        ----------
        coupling : array or None
            Dimensionless network input, scaled by ``G J_N`` inside; ``None`` means zero.

        Returns
        -------
        array
            The new ``S_e``.
        """
        coupling = 0.0 if coupling is None else coupling
        new = self.advance(coupling, driven(None, self.noise_e), driven(None, self.noise_i))
        if not self.clip:
            return new[0]
        for holder in (self.S_e, self.S_i):
            holder.value = u.math.clip(holder.value, 0.0, 1.0)
        return self.S_e.value
