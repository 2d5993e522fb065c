"""The couplings as "function before the sum, linear delayed sum, function after the sum".

Every coupling of the field has the shape

    c_i = post( s_i, y_i ),    s_i = sum_j W_ij pre( x_j(t - d_ij) )

with elementwise ``pre`` and ``post``; only the sum mixes regions. The formulas stand here once: the
public couplings evaluate them on whole arrays, and a traced network evaluates ``pre`` where the state is
emitted and ``post`` inside the step.

References
----------
Sanz-Leon P, Knock SA, Spiegler A, Jirsa VK (2015). Mathematical framework for large-scale brain network
modeling in The Virtual Brain. NeuroImage 111, 385-430.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import brainunit as u

__all__ = ['CouplingForm', 'FORMS', 'form_of']

Values = dict[str, Any]


@dataclass(frozen=True)
class CouplingForm:
    """How one coupling class splits around its linear sum.

    Attributes
    ----------
    parameters : tuple of str
        Attribute names of the ``Param`` objects that ``pre`` and ``post`` read.
    post : callable
        ``post(s, degree, y, p)`` with the sum ``s`` (..., N), the weighted in-degree (N,), the target
        state ``y`` (..., N) and the parameter values ``p`` by name.
    pre : callable or None
        ``pre(x, p)`` applied to the source state; None is the identity.
    reads_target : bool
        Whether ``post`` uses ``degree`` and ``y``.
    offset : str or None
        The parameter that ``post`` adds to the sum.
    """

    parameters: tuple[str, ...]
    post: Callable[[Any, Any, Any, Values], Any]
    pre: Callable[[Any, Values], Any] | None = None
    reads_target: bool = False
    offset: str | None = None


def _diffusive(s: Any, degree: Any, y: Any, p: Values) -> Any:
    # sum_j W_ij (x_j - y_i), with the part that does not depend on j taken out of the sum
    return p['k'] * (s - degree * y)


def _additive(s: Any, degree: Any, y: Any, p: Values) -> Any:
    return p['k'] * s + p['b']


def _sigmoidal(s: Any, degree: Any, y: Any, p: Values) -> Any:
    return p['k'] * u.math.sigmoid(
        p['slope'] * (p['a'] * u.get_magnitude(s) + p['b'] - p['midpoint'])
    )


def _hyperbolic_tangent(s: Any, degree: Any, y: Any, p: Values) -> Any:
    return p['k'] * u.math.tanh(p['scale'] * u.get_magnitude(s))


def _firing_rate(x: Any, p: Values) -> Any:
    # Jansen & Rit (1995), eq. 3: potential to rate
    rise = u.math.exp(p['r'] * (p['midpoint'] - u.get_magnitude(x)))
    return p['cmin'] + (p['cmax'] - p['cmin']) / (1.0 + rise)


def _scaled(s: Any, degree: Any, y: Any, p: Values) -> Any:
    return p['k'] * s


#: Coupling class name -> form.
FORMS: dict[str, CouplingForm] = {
    'DiffusiveCoupling': CouplingForm(('k',), _diffusive, reads_target=True),
    'AdditiveCoupling': CouplingForm(('k', 'b'), _additive, offset='b'),
    'SigmoidalCoupling': CouplingForm(('k', 'a', 'b', 'slope', 'midpoint'), _sigmoidal),
    'HyperbolicTangentCoupling': CouplingForm(('k', 'scale'), _hyperbolic_tangent),
    'SigmoidalJansenRitCoupling': CouplingForm(
        ('k', 'cmin', 'cmax', 'midpoint', 'r'), _scaled, pre=_firing_rate
    ),
}


def form_of(module: Any) -> CouplingForm | None:
    """Return the form of a coupling module of brainfit_fast or brainmass, None for any other object."""
    cls = type(module)
    if cls.__module__.split('.')[0] not in ('brainfit_fast', 'brainmass'):
        return None
    return FORMS.get(cls.__name__)
