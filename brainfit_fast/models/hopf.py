"""The normal form of a Hopf bifurcation."""

from __future__ import annotations

from collections.abc import Callable

import brainunit as u
from brainstate.nn import Module, Param
from brainstate.typing import ArrayLike, Size

from .base import ZERO, NodeModel, Parameter, Value, driven

__all__ = ['HopfStep']


class HopfStep(NodeModel):
    r"""Stuart–Landau oscillator: the normal form of a supercritical Hopf bifurcation.

    With :math:`z = x + i y`,

    .. math:: \dot z = (a + i w)\,z - \beta\,|z|^2 z + I_x + i I_y .

    For ``a < 0`` the origin is a stable focus (noise excites damped oscillations); for ``a > 0``
    there is a limit cycle of radius :math:`\sqrt{a/\beta}`. The angular frequency is ``w`` rad/ms,
    so a frequency f in Hz is ``w = 2 * pi * f / 1000``.

    Source: Deco, Kringelbach, Jirsa, Ritter (2017), Sci. Rep. 7:3095, the whole-brain use of the
    normal form; Kuznetsov, Elements of Applied Bifurcation Theory, section 3.4.

    Parameters
    ----------
    in_size : int or tuple of int
        Shape of the node.
    a : Parameter
        Bifurcation parameter, 1/ms as a plain number.
    w : Parameter
        Angular frequency, rad/ms as a plain number.
    beta : Parameter
        Cubic saturation, 1/ms as a plain number.
    noise_x, noise_y : Module or None
        Noise added to the inputs of ``x`` and ``y``.
    init_x, init_y : callable
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
    >>> node = bf.HopfStep(3, a=0.25, init_x=lambda shape: u.math.ones(shape))
    >>> _ = brainstate.nn.init_all_states(node)
    >>> with brainstate.environ.context(dt=0.1 * u.ms):
    ...     x, y = node.update(0.1)
    >>> x.shape
    (3,)
    """

    state_names = ('x', 'y')

    a: Param
    w: Param
    beta: Param
    noise_x: Module | None
    noise_y: Module | None

    def __init__(
        self,
        in_size: Size,
        a: Parameter = 0.25,
        w: Parameter = 0.2,
        beta: Parameter = 1.0,
        noise_x: Module | None = None,
        noise_y: Module | None = None,
        init_x: Callable = ZERO,
        init_y: Callable = ZERO,
        method: str = 'exp_euler',
    ):
        super().__init__(
            in_size,
            method=method,
            noise={'noise_x': noise_x, 'noise_y': noise_y},
            init={'init_x': init_x, 'init_y': init_y},
        )
        self.set_parameters(a=a, w=w, beta=beta)

    def _growth(self, x: Value, y: Value) -> Value:
        """Growth rate at the present radius."""
        return self.a.value() - self.beta.value() * (x**2 + y**2)

    def dx(self, x: Value, y: Value, inp: Value) -> Value:
        """Rate of ``x`` in 1/ms, given both states and the input of ``x``."""
        return (self._growth(x, y) * x - self.w.value() * y + inp) / u.ms

    def dy(self, y: Value, x: Value, inp: Value) -> Value:
        """Rate of ``y`` in 1/ms, given both states and the input of ``y``."""
        return (self._growth(x, y) * y + self.w.value() * x + inp) / u.ms

    def update(
        self, x_inp: ArrayLike | None = None, y_inp: ArrayLike | None = None
    ) -> tuple[Value, Value]:
        """Advance by one step.

        Parameters
        ----------
        x_inp, y_inp : array or None
            Inputs that broadcast to the states; ``None`` means zero.

        Returns
        -------
        tuple of array
            The new ``x`` and ``y``.
        """
        return self.advance(driven(x_inp, self.noise_x), driven(y_inp, self.noise_y))
