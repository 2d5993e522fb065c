"""The reduced Wong–Wang node with excitatory synapses only."""

# Published symbols keep their case.
# ruff: noqa: N802, N815

from __future__ import annotations

from collections.abc import Callable

import braintools
import brainunit as u
from brainstate import HiddenState
from brainstate.nn import Module, Param
from brainstate.typing import ArrayLike, Size

from .base import NodeModel, Parameter, Value, driven

__all__ = ['ReducedWongWangStep', 'firing_rate']

# Nearly all channels closed.
NEARLY_CLOSED = braintools.init.Constant(0.001)

# Below this argument the rate is under 1e-33 of 1/d; exp would overflow float32 soon after.
_LOWEST = -80.0


def firing_rate(x: Value, a: Value, b: Value, d: Value) -> Value:
    """Rate in Hz at a current of ``x`` nA, with gain, threshold and curvature in Hz/nA, Hz and s."""
    z = u.math.maximum(d * (a * x - b), _LOWEST)
    # z / (1 - exp(-z)) is the reciprocal of exprel(-z), which has no 0/0.
    return 1.0 / u.math.exprel(-z) / d


class ReducedWongWangStep(NodeModel):
    r"""Reduced Wong–Wang node: the mean NMDA gating of a recurrent excitatory population.

    .. math::

        x &= w J_N S + J_N c + I_0 + I_{ext} \\
        H(x) &= \frac{a x - b}{1 - e^{-d (a x - b)}} \\
        \dot S &= -\frac{S}{\tau_s} + (1 - S)\,\gamma\,H(x) + \xi

    ``c`` is the network's dimensionless input :math:`k \sum_j W_{ij} S_j`; the model turns it into
    the coupling current :math:`J_N c`, so the global coupling ``k`` is the published G. ``H`` is a
    firing rate in Hz. It is evaluated through exprel, so that the value and its derivatives are
    right at :math:`a x = b`, where the fraction reads 0/0, and finite however far from it.

    Source: Deco, Ponce-Alvarez, Mantini, Romani, Hagmann, Corbetta (2013), J. Neurosci.
    33:11239–11252; a reduction of Wong, Wang (2006), J. Neurosci. 26:1314–1328.

    Parameters
    ----------
    in_size : int or tuple of int
        Shape of the node.
    a : Parameter
        Gain, Hz/nA as a plain number (the published 270 per V nC).
    b : Parameter
        Threshold, Hz as a plain number.
    d : Parameter
        Curvature, s as a plain number.
    gamma : Parameter
        Kinetic factor, 1/ms per Hz as a plain number.
    tau_s : Parameter
        Decay time of the NMDA gating, a time.
    w : Parameter
        Local excitatory recurrence.
    J_N : Parameter
        Synaptic coupling, nA as a plain number.
    I_0 : Parameter
        Background current, nA as a plain number.
    noise_S : Module or None
        Noise :math:`\xi` added to the rate of ``S``, per ms. For the published diffusion of
        0.001 per :math:`\sqrt{\mathrm{ms}}` give a GaussianNoise of
        ``sigma = 0.001 / sqrt(dt in ms)``.
    init_S : callable
        Initializer of the state.
    method : str
        Integrator, one of :func:`~brainfit_fast.models.integrators`.
    clip : bool
        Keep ``S``, a fraction of open channels, within [0, 1] after each step, as cuBNM and The
        Virtual Brain do. Only noise or a large dt can carry it outside. The gradient is zero
        where the clip acts.

    Raises
    ------
    ValueError, TypeError
        See :class:`~brainfit_fast.models.NodeModel`.

    Examples
    --------
    >>> import brainfit_fast as bf, brainstate, brainunit as u
    >>> node = bf.ReducedWongWangStep(3, w=brainstate.nn.Param(0.9))
    >>> _ = brainstate.nn.init_all_states(node)
    >>> with brainstate.environ.context(dt=1. * u.ms):
    ...     S = node.update(0.5)
    >>> S.shape, bool((node.firing_rate(0.5) > 0).all())
    ((3,), True)
    """

    state_names = ('S',)

    S: HiddenState
    a: Param
    b: Param
    d: Param
    gamma: Param
    tau_s: Param
    w: Param
    J_N: Param
    I_0: Param
    noise_S: Module | None

    def __init__(
        self,
        in_size: Size,
        a: Parameter = 270.0,
        b: Parameter = 108.0,
        d: Parameter = 0.154,
        gamma: Parameter = 0.641 / 1000.0,
        tau_s: Parameter = 100.0 * u.ms,
        w: Parameter = 0.9,
        J_N: Parameter = 0.2609,
        I_0: Parameter = 0.3,
        noise_S: Module | None = None,
        init_S: Callable = NEARLY_CLOSED,
        method: str = 'exp_euler',
        clip: bool = True,
    ):
        super().__init__(
            in_size, method=method, noise={'noise_S': noise_S}, init={'init_S': init_S}
        )
        self.set_parameters(a=a, b=b, d=d, gamma=gamma, tau_s=tau_s, w=w, J_N=J_N, I_0=I_0)
        self.clip = clip

    def H(self, x: Value) -> Value:
        """Firing rate in Hz at a total current of ``x`` nA."""
        return firing_rate(x, self.a.value(), self.b.value(), self.d.value())

    def dS(self, S: Value, current: Value, noise: Value = 0.0) -> Value:
        """Rate of ``S`` in 1/ms, given the current from outside in nA and the noise per ms."""
        x = self.w.value() * self.J_N.value() * S + self.I_0.value() + current
        gain = (1.0 - S) * self.gamma.value() * self.H(x)
        return (gain + noise) / u.ms - S / self.tau_s.value()

    def _current(self, coupling: Value | None, I_ext: Value | None) -> Value:
        """Current from outside the node in nA."""
        coupling = 0.0 if coupling is None else coupling
        return self.J_N.value() * coupling + (0.0 if I_ext is None else I_ext)

    def firing_rate(
        self, coupling: ArrayLike | None = None, I_ext: ArrayLike | None = None
    ) -> Value:
        """Firing rate in Hz at the present state.

        Parameters
        ----------
        coupling, I_ext : array or None
            As in :meth:`update`.

        Returns
        -------
        array
            Firing rate in Hz, shaped like ``S``.
        """
        recurrent = self.w.value() * self.J_N.value() * self.S.value
        return self.H(recurrent + self.I_0.value() + self._current(coupling, I_ext))

    def update(self, coupling: ArrayLike | None = None, I_ext: ArrayLike | None = None) -> Value:
        """Advance by one step.

        Parameters
        ----------
        coupling : array or None
            Dimensionless network input, scaled by ``J_N`` inside; ``None`` means zero.
        I_ext : array or None
            Extra current in nA as a plain number; ``None`` means zero.

        Returns
        -------
        array
            The new ``S``.
        """
        (S,) = self.advance(self._current(coupling, I_ext), driven(None, self.noise_S))
        if self.clip:
            S = self.S.value = u.math.clip(S, 0.0, 1.0)
        return S
