"""Weighted sum of objectives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import brainunit as u
import jax
import numpy as np

from brainfit_fast.core.errors import bad_type, bad_value

from .base import Objective
from .targets import PerTerm

__all__ = ['Combined', 'combine']


@dataclass(frozen=True)
class Combined(Objective):
    """Weighted sum of objectives; see :func:`combine`."""

    terms: tuple[tuple[Any, Callable[[Any, Any], Any]], ...]
    equation: ClassVar[str] = ''  # each term keeps its own name

    def __post_init__(self) -> None:
        terms = tuple(self.terms)
        if not terms:
            raise bad_value(
                'combine',
                given='no term',
                expected='at least one (weight, objective)',
                remedy='Pass pairs.',
            )
        for k, term in enumerate(terms):
            if not (isinstance(term, tuple | list) and len(term) == 2 and callable(term[1])):
                raise bad_type(
                    'combine',
                    given=f'{term!r} as term {k}',
                    expected='a pair (weight, objective)',
                    remedy='Write for example (1.0, objectives.fc_corr(as_loss=True)).',
                )
            if not _is_weight(term[0]):
                raise bad_value(
                    'combine',
                    given=f'the weight {term[0]!r} of term {k}',
                    expected='a finite number',
                )
        object.__setattr__(self, 'terms', tuple((weight, term) for weight, term in terms))

    def __call__(self, prediction: Any, target: Any = None) -> jax.Array:
        """Evaluate the sum; ``target`` goes to every term, or is ``targets.per_term(...)``."""
        total: Any = 0.0
        for (weight, objective), own in zip(self.terms, self._each(target), strict=True):
            total = total + weight * objective(prediction, own)
        return total

    def prepare(self, target: Any) -> PerTerm:
        """Prepare the target for each term; a term that is a plain callable gets it as it is."""
        pairs = zip(self.terms, self._each(target), strict=True)
        return PerTerm(
            tuple(
                objective.prepare(own) if isinstance(objective, Objective) else own
                for (_, objective), own in pairs
            )
        )

    def _each(self, target: Any) -> tuple[Any, ...]:
        """Return one target per term."""
        if not isinstance(target, PerTerm):
            return (target,) * len(self.terms)
        if len(target.targets) != len(self.terms):
            raise bad_value(
                'combine',
                given=f'targets.per_term with {len(target.targets)} targets',
                expected=f'one for each of the {len(self.terms)} terms',
                remedy='Repeat a target that serves several terms.',
            )
        return target.targets


def _is_weight(weight: Any) -> bool:
    if isinstance(weight, jax.core.Tracer):
        return True
    try:
        return bool(np.isfinite(u.get_magnitude(weight)).all())
    except TypeError:
        return False


def combine(*weighted_objectives: tuple[float, Callable[[Any, Any], Any]]) -> Combined:
    r"""Weighted sum of objectives.

    .. math:: \sum_k w_k\, \mathrm{objective}_k(y, \hat y)

    Parameters
    ----------
    *weighted_objectives : tuple of (float, callable)
        Weights, dimensionless, and objectives: of this module, or any
        ``callable(prediction, target) -> scalar``.

    Returns
    -------
    Combined
        ``loss(prediction, target=None) -> scalar``. The target is passed to every term;
        ``targets.per_term(...)`` gives each its own.

    Raises
    ------
    ValueError
        If there is no term; when called with another number of targets than terms.
    TypeError
        If a term is not a pair of a weight and a callable.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> import jax.numpy as jnp
    >>> rmse = bf.objectives.timeseries_rmse()
    >>> loss = bf.objectives.combine((2.0, rmse), (0.5, rmse))
    >>> float(loss(jnp.ones((10, 3)), jnp.zeros((10, 3))))
    2.5
    """
    return Combined(weighted_objectives)
