"""Where several runs of a fit start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import brainstate
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
from brainstate.nn import IdentityT, Param

from ..core.errors import bad_value
from .space import bounds_of, with_unit

__all__ = ['drawn_starts']

_PRIORS = tuple(
    getattr(brainstate.nn, name)
    for name in (
        'BetaReg', 'CauchyReg', 'ExponentialReg', 'GammaReg', 'GaussianReg', 'InverseGammaReg',
        'LogNormalReg', 'LogUniformReg', 'StudentTReg', 'UniformReg',
    )
)  # fmt: skip

#: Standard deviation around a current value, in units of its size.
_SPREAD = 0.5

#: Draws from a prior until one lies inside the transform.
_ATTEMPTS = 100


def drawn_starts(
    params: Mapping[str, Param],
    weights: Mapping[Any, brainstate.State],
    given: Mapping[str, Any] | None,
    n: int,
    seed: int,
) -> dict[Any, Any]:
    """Draw starting values; the first are the current ones.

    Parameters
    ----------
    params : mapping of str to Param
        Trainable parameters by dotted path.
    weights : mapping
        Trainable states by path.
    given : mapping of str to tuple, optional
        Bounds by name.
    n : int
        Number of starts.
    seed : int
        Of the draws.

    Returns
    -------
    dict
        By path: stored values ``(n, ...)``. A parameter with bounds (given, or of its transform) is drawn
        uniformly between them, one with a distribution as its regularization from that, any other
        normally around its stored value with half its size (or 0.5 where that is zero) as standard deviation.

    Raises
    ------
    ValueError
        For a prior outside its parameter's transform.
    """
    given = dict(given or {})
    random = np.random.RandomState(seed)
    drawn = {id(state): [state.value] for state in weights.values()}
    for name, param in params.items():
        bounds = bounds_of(name, param, given.get(name))
        for _ in range(n - 1):
            drawn[id(param.val)].append(_stored(name, param, bounds, random))
    return {
        path: jax.tree.map(
            lambda *leaves: jnp.asarray(np.stack([np.asarray(leaf) for leaf in leaves])),
            *(drawn[id(state)] * (n if len(drawn[id(state)]) == 1 else 1)),
        )
        for path, state in weights.items()
    }


def _stored(name: str, param: Param, bounds: Any, random: np.random.RandomState) -> Any:
    """One draw, as the parameter stores it."""
    value = param.value()
    unit, shape = u.get_unit(value), np.shape(u.get_mantissa(value))
    old = param.val.value
    if bounds is not None:
        inside = random.uniform(np.asarray(bounds[0]), np.asarray(bounds[1]))
        return _like(param.t.inverse(with_unit(inside, unit)), old)
    if isinstance(param.reg, _PRIORS):
        for _ in range(_ATTEMPTS):
            value = _sample(param.reg, shape, unit, random)
            new = _like(param.t.inverse(value), old)
            # transforms clip what they cannot represent
            there, wanted = (np.asarray(u.get_mantissa(x)) for x in (param.t.forward(new), value))
            if np.allclose(there, wanted, rtol=1e-3):
                return new
        raise bad_value(
            f'prior of {name!r}',
            given=f'{type(param.reg).__name__}, whose draws its {type(param.t).__name__} cannot represent',
            expected='a prior inside the interval of the transform',
            remedy=f'Pass search_space={{{name!r}: (low, high)}}.',
        )

    def around(leaf: Any) -> Any:
        leaf = np.asarray(leaf)
        size = float(np.sqrt(np.mean(leaf**2))) or 1.0
        if not isinstance(param.t, IdentityT):
            size = max(size, 1.0)  # a transform's own scale is about one
        return leaf + (_SPREAD * size * random.standard_normal(leaf.shape)).astype(leaf.dtype)

    return jax.tree.map(around, old)


def _sample(reg: Any, shape: tuple[int, ...], unit: Any, random: np.random.RandomState) -> Any:
    """A draw of brainstate's, with a seed of ours."""
    key = brainstate.random.DEFAULT.value
    try:
        brainstate.random.seed(random.randint(2**31))
        drawn = reg.sample_init(shape)
    finally:
        brainstate.random.DEFAULT.value = key
    return drawn if isinstance(drawn, u.Quantity) else with_unit(drawn, unit)


def _like(new: Any, old: Any) -> Any:
    return jax.tree.map(lambda a, b: np.asarray(a, np.asarray(b).dtype), new, old)
