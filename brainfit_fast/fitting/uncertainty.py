"""Curvature of the loss at the best point, and how far it lets the parameters vary."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from ..core.errors import bad_value, check_choice
from .loss import LossProgram
from .weights import trainable, weight_states

__all__ = [
    'Hessian',
    'LocalLoss',
    'Uncertainty',
    'curvature',
    'element_names',
    'likelihood_scale',
    'uncertainty',
]

#: Gradients that are evaluated as one batch.
_BATCH = 8
#: Other noise that the optimum is compared under.
_KEYS = 4
#: Part of a standard error that counts as nothing.
_SMALL = 0.1
#: So far out that a bounded transform has arrived.
_FAR = 1e30

_LIKELIHOODS = ('negative_log_likelihood', 'mean_squared_error', 'root_mean_squared_error')


class LocalLoss(NamedTuple):
    """A loss and the point that it is looked at around.

    Attributes
    ----------
    program : LossProgram
    weights : dict
        What the trainable states store there, by path.
    carried : tuple
        Values of the other states, random key included.
    n_noise_seeds : int
        Noise seeds that the loss is averaged over.
    """

    program: LossProgram
    weights: Mapping[Any, Any]
    carried: tuple[Any, ...]
    n_noise_seeds: int


class Hessian(NamedTuple):
    """Second derivatives of a loss.

    Attributes
    ----------
    matrix : numpy.ndarray
        ``(P, P)``, symmetric; row and column in the parameters' units, the loss has none.
    gradient : numpy.ndarray
        ``(P,)`` first derivatives.
    elements : tuple of str
        ``(P,)`` what each row is: a parameter, or ``parameter[index]``.
    point : numpy.ndarray
        ``(P,)`` where.
    asymmetry : float
        Largest difference across the diagonal before it was averaged, with the diagonal scaled to one: the
        size of the numerical error.
    """

    matrix: np.ndarray
    gradient: np.ndarray
    elements: tuple[str, ...]
    point: np.ndarray
    asymmetry: float


class Uncertainty(NamedTuple):
    """How far parameters may vary.

    Attributes
    ----------
    values : dict
        Standard error (or half-width) of each parameter, of its shape, with its unit; NaN where the Hessian
        gives none.
    valid : bool
        Whether what they rest on was found to hold.
    reason : str
        What does not hold; empty where they are valid.
    covariance : numpy.ndarray
        ``(P, P)``, in the order of :attr:`Hessian.elements`; NaN where there is none.
    hessian : numpy.ndarray
        ``(P, P)`` of the loss.
    eigenvalues : numpy.ndarray
        ``(P,)`` of the Hessian with its diagonal scaled to one, ascending: they do not depend on units, and
        a small one belongs to a combination of parameters that the data do not determine.
    """

    values: dict[str, Any]
    valid: bool
    reason: str
    covariance: np.ndarray
    hessian: np.ndarray
    eigenvalues: np.ndarray


class _Surface:
    """A loss as a function of one flat vector, by the names of its parameters."""

    def __init__(self, at: LocalLoss, model: Any, space: str):
        self.at = at
        self.loss = at.program.over_noise_seeds(at.n_noise_seeds)
        by_state = {id(state): path for path, state in at.program.weights.items()}
        params = trainable(model) if space == 'constrained' else {}
        self.transforms = {name: param.t for name, param in params.items()}
        self.paths = {name: by_state[id(s)] for name, s in weight_states(model).items()}
        self.raw = {name: at.weights[path] for name, path in self.paths.items()}
        self.tree = {name: self._forward(name, value) for name, value in self.raw.items()}
        self.point, self.unravel = ravel_pytree(self.tree)

    def _forward(self, name: str, value: Any) -> Any:
        return self.transforms[name].forward(value) if name in self.transforms else value

    def _inverse(self, name: str, value: Any) -> Any:
        if name in self.transforms:
            value = self.transforms[name].inverse(value)
        return jax.tree.map(lambda a, b: jnp.asarray(a, b.dtype), value, self.raw[name])

    def __call__(self, x: Any, carried: tuple[Any, ...]) -> Any:
        tree = self.unravel(x)
        weights = {path: self._inverse(name, tree[name]) for name, path in self.paths.items()}
        return self.loss(weights, carried)[0]

    def elements(self) -> tuple[str, ...]:
        """What each number of the vector is."""
        return tuple(
            element
            for name, value in sorted(self.tree.items())
            for leaf in jax.tree.leaves(value)
            for element in element_names(name, np.shape(leaf))
        )

    def limits(self, bounds: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
        """Least and largest values ``(P,)``: of the transforms, and of the box of a search."""
        lows, highs = [], []
        for name, value in sorted(self.tree.items()):
            shapes = [np.shape(leaf) for leaf in jax.tree.leaves(value)]
            ends = [self._forward(name, _filled(self.raw[name], x)) for x in (-_FAR, _FAR)]
            for first, last, shape in zip(*map(jax.tree.leaves, ends), shapes, strict=True):
                low, high = np.minimum(first, last), np.maximum(first, last)
                if name in bounds:
                    low = np.fmax(low, np.asarray(bounds[name][0]))
                    high = np.fmin(high, np.asarray(bounds[name][1]))
                lows.append(np.broadcast_to(np.nan_to_num(low, nan=-np.inf), shape).ravel())
                highs.append(np.broadcast_to(np.nan_to_num(high, nan=np.inf), shape).ravel())
        return np.concatenate(lows).astype(float), np.concatenate(highs).astype(float)


def _filled(tree: Any, x: float) -> Any:
    return jax.tree.map(lambda leaf: jnp.full_like(leaf, x), tree)


def element_names(name: str, shape: tuple[int, ...], labels: Any = None) -> list[str]:
    """Names of the numbers in an array: of one, that of the array; else with index or label."""
    if shape == ():
        return [name]
    if labels is not None and shape == (len(labels),):
        return [f'{name}[{label}]' for label in labels]
    return [f'{name}[{", ".join(map(str, index))}]' for index in np.ndindex(*shape)]


def curvature(
    local_loss: Callable[[bool], LocalLoss],
    model: Any,
    bounds: Mapping[str, Any],
    space: str,
    method: str,
) -> Hessian:
    """Second derivatives of the loss at a point.

    Parameters
    ----------
    local_loss : callable
        ``local_loss(reference)``: the loss at the point, traced on the implementation of the fit, or anew on
        the reference, which has second derivatives.
    model : brainstate.nn.Module
        Whose parameters they are.
    bounds : mapping
        The box that a search walked in, by name.
    space : {'constrained', 'raw'}
        Values with their units, or what the parameters store.
    method : {'exact', 'differences'}

    Returns
    -------
    Hessian
    """
    at = local_loss(method == 'exact')
    surface = _Surface(at, model, space)
    x = surface.point
    gradient = jax.grad(surface)
    if method == 'exact':

        def whole(x: Any, carried: Any) -> Any:
            def column(v: Any) -> Any:
                return jax.jvp(lambda y: gradient(y, carried), (x,), (v,))

            slopes, columns = jax.lax.map(column, jnp.eye(len(x), dtype=x.dtype), batch_size=_BATCH)
            return slopes[0], columns.T

        slope, matrix = at.program.compiled(whole, x, at.carried)(x, at.carried)
        slope, matrix = np.asarray(slope, float), np.asarray(matrix, float)
    else:
        steps = _steps(surface, bounds)
        offsets = np.concatenate([np.zeros((1, len(x))), np.diag(steps), -np.diag(steps)])
        points = x + jnp.asarray(offsets, x.dtype)
        slopes = _gradients(surface, points, at.carried)
        slope, above, below = slopes[0], *np.split(slopes[1:], 2)
        # the distance as it is after rounding
        wide = np.diag(np.asarray(points[1 : 1 + len(x)] - points[1 + len(x) :], float))
        matrix = ((above - below) / wide[:, None]).T
    scale = _scale(matrix)
    asymmetry = np.abs(matrix - matrix.T) / np.outer(scale, scale)
    return Hessian(
        matrix=(matrix + matrix.T) / 2,
        gradient=slope,
        elements=surface.elements(),
        point=np.asarray(x, float),
        asymmetry=float(asymmetry.max()),
    )


def _gradients(surface: _Surface, points: Any, carried: Any) -> np.ndarray:
    """Gradients at ``(n, P)`` points."""

    def every(points: Any, carried: Any) -> Any:
        one = jax.grad(surface)
        return jax.lax.map(lambda x: one(x, carried), points, batch_size=_BATCH)

    compiled = surface.at.program.compiled(every, points, carried)
    return np.asarray(compiled(points, carried), float)


def _steps(surface: _Surface, bounds: Mapping[str, Any]) -> np.ndarray:
    """Distances ``(P,)``: where the errors of rounding and of the third derivative are about equal."""
    x = np.asarray(surface.point, float)
    low, high = surface.limits(bounds)
    sizes = []
    for _, value in sorted(surface.tree.items()):
        for leaf in map(np.asarray, jax.tree.leaves(value)):
            root_mean_square = np.sqrt(np.mean(np.square(leaf, dtype=float)))
            sizes.append(np.full(leaf.size, root_mean_square or 1.0))
    size = np.concatenate(sizes)
    step = float(jnp.finfo(surface.point.dtype).eps) ** (1 / 3) * np.minimum(size, high - low)
    return np.minimum(step, np.minimum(x - low, high - x) / 2)


def _scale(matrix: np.ndarray) -> np.ndarray:
    """Square roots of the diagonal; one where it has none."""
    diagonal = np.abs(np.diag(matrix))
    return np.sqrt(np.where(diagonal > 0, diagonal, 1.0))


def uncertainty(
    found: Hessian,
    local_loss: Callable[[bool], LocalLoss],
    model: Any,
    bounds: Mapping[str, Any],
    scale: float,
    power: int = 1,
    best_loss: float = 1.0,
) -> Uncertainty:
    """How far parameters may vary where ``scale * loss**power`` is a negative log likelihood.

    Parameters
    ----------
    found : Hessian
        By constrained values.
    local_loss, model, bounds
        As for :func:`curvature`.
    scale : float
    power : {1, 2}
    best_loss : float
        The loss at the point.

    Returns
    -------
    Uncertainty
    """
    surface = _Surface(local_loss(False), model, 'constrained')

    def by_power(gradient: np.ndarray, loss: float) -> np.ndarray:
        return scale * gradient * (2.0 * loss if power == 2 else 1.0)

    information = scale * found.matrix
    if power == 2:
        outer = np.outer(found.gradient, found.gradient)
        information = 2.0 * scale * (best_loss * found.matrix + outer)
    size = _scale(information)
    finite = bool(np.isfinite(information).all())
    eigenvalues = np.full(len(size), np.nan)
    covariance = np.full(information.shape, np.nan)
    if finite:
        eigenvalues, vectors = np.linalg.eigh(information / np.outer(size, size))
        error = max(found.asymmetry, len(size) * float(jnp.finfo(surface.point.dtype).eps))
    if not finite:
        reasons = ['the Hessian is not finite']
    elif eigenvalues[0] <= error:
        weak = np.argsort(-np.abs(vectors[:, 0]))[:3]
        part = ', '.join(found.elements[k] for k in weak if abs(vectors[k, 0]) > _SMALL)
        reasons = [
            f'the Hessian is not positive definite (smallest eigenvalue {eigenvalues[0]:.2g} of a diagonal '
            f'of ones, error {error:.1g}): the loss does not determine {part}, or this is no minimum'
        ]
    else:
        half = vectors / np.sqrt(eigenvalues)
        covariance = half @ half.T / np.outer(size, size)
        errors = np.sqrt(np.diag(covariance))
        reasons = _doubts(
            surface, found, covariance, errors, by_power(found.gradient, best_loss), bounds
        )
        reasons += _noise_doubt(surface, found, covariance, by_power)
    values = surface.unravel(jnp.asarray(np.sqrt(np.diag(covariance)), surface.point.dtype))
    return Uncertainty(
        values, not reasons, '; '.join(reasons), covariance, found.matrix, eigenvalues
    )


def _doubts(
    surface: _Surface,
    found: Hessian,
    covariance: np.ndarray,
    errors: np.ndarray,
    gradient: np.ndarray,
    bounds: Mapping[str, Any],
) -> list[str]:
    """Whether the point is a minimum inside its bounds, measured in standard errors."""
    reasons = []
    distance = float(np.sqrt(max(gradient @ covariance @ gradient, 0.0)))
    if distance > _SMALL:
        reasons.append(
            f'the fit has not arrived: the gradient puts the minimum {distance:.2g} standard errors away '
            f'(at most {_SMALL})'
        )
    low, high = surface.limits(bounds)
    near = np.minimum(found.point - low, high - found.point) < 2 * errors
    if near.any():
        names = ', '.join(found.elements[k] for k in np.flatnonzero(near)[:3])
        more = f' and {near.sum() - 3} more' if near.sum() > 3 else ''
        reasons.append(f'within two standard errors of a bound: {names}{more}')
    return reasons


def _noise_doubt(
    surface: _Surface,
    found: Hessian,
    covariance: np.ndarray,
    by_power: Callable[[np.ndarray, float], np.ndarray],
) -> list[str]:
    """Whether other random numbers would have put the minimum elsewhere."""
    index, carried = surface.at.program.key_index, surface.at.carried
    if index is None:
        return []

    def every(x: Any, keys: Any, carried: Any) -> Any:
        def one(key: Any) -> Any:
            with_key = surface.at.program.with_key(carried, key)
            return jax.value_and_grad(surface)(x, with_key)

        return jax.vmap(one)(keys)

    own = carried[index]
    keys = jnp.stack([own, *(jax.random.fold_in(own, k) for k in range(_KEYS))])
    compiled = surface.at.program.compiled(every, surface.point, keys, carried)
    losses, slopes = compiled(surface.point, keys, carried)
    own_slope, *others = (
        by_power(slope, float(loss))
        for slope, loss in zip(np.asarray(slopes, float), losses, strict=True)
    )
    squares = [(other - own_slope) @ covariance @ (other - own_slope) for other in others]
    shift = float(np.sqrt(np.mean(squares) / len(found.point)))
    if not shift > _SMALL:
        return []
    return [
        f'other noise moves the minimum by {shift:.2g} standard errors per parameter: they hold for the '
        'noise of best_key alone, and n_noise_seeds averages over more'
    ]


def likelihood_scale(
    loss: str, value: float, n_parameters: int, n_observations: Any, noise_variance: Any
) -> tuple[float, int]:
    """``(scale, power)`` with which a loss becomes a negative log likelihood."""
    check_choice('loss', loss, _LIKELIHOODS)
    if loss == 'negative_log_likelihood':
        if n_observations is not None or noise_variance is not None:
            raise bad_value(
                'standard_errors',
                given='n_observations or noise_variance with a log likelihood',
                expected='neither: the loss holds them',
            )
        return 1.0, 1
    if n_observations is None or not n_observations > n_parameters:
        raise bad_value(
            'n_observations',
            given=repr(n_observations),
            expected=f'a number above the {n_parameters} parameters',
            remedy='It is how many independent values the squared error is the mean of.',
        )
    power = 2 if loss == 'root_mean_squared_error' else 1
    if noise_variance is None:
        noise_variance = n_observations * value**power / (n_observations - n_parameters)
    if not noise_variance > 0:
        raise bad_value('noise_variance', given=repr(noise_variance), expected='a number > 0')
    return n_observations / (2.0 * noise_variance), power
