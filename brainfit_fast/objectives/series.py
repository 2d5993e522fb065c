"""Objectives that compare time series sample by sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np

from brainfit_fast.core.errors import bad_type, bad_value

from . import _matrices
from ._checks import Series, check_finite, check_is_array, common_dtype, magnitude, shape_of
from .base import Objective
from .targets import Target

__all__ = ['CosineSimilarity', 'TimeSeriesRMSE', 'cosine_sim', 'timeseries_rmse']


def brainfit_fast_timeseries_rmse(prediction: jax.Array, target: jax.Array) -> jax.Array:
    """Body of :class:`TimeSeriesRMSE`: magnitudes in one unit."""
    shape = np.broadcast_shapes(prediction.shape, target.shape)
    return _matrices.root_mean_square(
        jnp.broadcast_to(prediction, shape), jnp.broadcast_to(target, shape)
    )


def brainfit_fast_cosine_sim(
    prediction: jax.Array, target: jax.Array, *, epsilon: float
) -> jax.Array:
    """Body of :class:`CosineSimilarity`: equally shaped magnitudes."""
    a, b = common_dtype(prediction.reshape(-1), target.reshape(-1))
    return jnp.sum(_unit_vector(a, epsilon) * _unit_vector(b, epsilon))


_timeseries_rmse = jax.jit(brainfit_fast_timeseries_rmse)
_cosine_sim = jax.jit(brainfit_fast_cosine_sim, static_argnames=('epsilon',))


def _unit_vector(x: jax.Array, epsilon: float) -> jax.Array:
    """Divide by the Euclidean norm, which is not let below ``epsilon``."""
    square = jnp.sum(jnp.square(x))
    # The floor is tested on the norm, and the root sees a harmless number where the floor holds.
    floored = _matrices.safe_sqrt(square) <= epsilon
    norm = jnp.sqrt(jnp.where(floored, jnp.ones_like(square), square))
    return x / jnp.where(floored, jnp.full_like(square, epsilon), norm)


@dataclass(frozen=True)
class TimeSeriesRMSE(Objective):
    """Root-mean-square error between time series; see :func:`timeseries_rmse`."""

    equation: ClassVar[str] = 'brainfit_fast_timeseries_rmse'

    def __call__(self, prediction: Series, target: Series | None = None) -> jax.Array:
        """Evaluate; both arrays carry compatible units or none."""
        check_is_array(prediction, 'timeseries_rmse')
        data: Any = self.prepare(target)
        unit = u.get_unit(prediction)
        theirs = u.get_unit(data)
        if not unit.has_same_dim(theirs):
            raise u.UnitMismatchError(
                'timeseries_rmse: prediction and target have different dimensions; give both the'
                ' same unit, or strip both with u.get_magnitude',
                unit,
                theirs,
            )
        if unit != theirs:
            data = data.in_unit(unit)
        given, wanted = shape_of(data), shape_of(prediction)
        if wanted and not _fits(given, wanted):
            raise bad_value(
                'timeseries_rmse',
                given=f'a target of shape {given}',
                expected=f'the shape {wanted} of the prediction, or one that broadcasts to it',
                remedy='Cut the lead-in off with transient=, sample with sample_every=, or select'
                ' the same regions in both.',
            )
        return _timeseries_rmse(magnitude(prediction), magnitude(data))

    def prepare(self, target: Any) -> Any:
        """Check a target; it is returned as it is."""
        return _series_target(target, 'timeseries_rmse')


@dataclass(frozen=True)
class CosineSimilarity(Objective):
    """Cosine of the angle between flattened time series; see :func:`cosine_sim`."""

    as_loss: bool = False
    epsilon: float = 0.0
    equation: ClassVar[str] = 'brainfit_fast_cosine_sim'

    def __post_init__(self) -> None:
        if not float(self.epsilon) >= 0.0:
            raise bad_value(
                'cosine_sim',
                given=f'epsilon={self.epsilon!r}',
                expected='a number not below zero',
                remedy='It is the least norm to divide by.',
            )
        object.__setattr__(self, 'epsilon', float(self.epsilon))

    def __call__(self, prediction: Series, target: Series | None = None) -> jax.Array:
        """Evaluate on magnitudes."""
        check_is_array(prediction, 'cosine_sim')
        data = self.prepare(target)
        given, wanted = shape_of(data), shape_of(prediction)
        if given != wanted:
            raise bad_value(
                'cosine_sim',
                given=f'a target of shape {given}',
                expected=f'the shape {wanted} of the prediction',
                remedy='Cut the lead-in off with transient=, sample with sample_every=, or select'
                ' the same regions in both.',
            )
        cosine = _cosine_sim(magnitude(prediction), magnitude(data), epsilon=self.epsilon)
        return 1.0 - cosine if self.as_loss else cosine

    def prepare(self, target: Any) -> Any:
        """Check a target; it is returned as it is."""
        return _series_target(target, 'cosine_sim')


def timeseries_rmse() -> TimeSeriesRMSE:
    r"""Root-mean-square error between two time series, a loss.

    .. math:: \sqrt{\frac{1}{T N} \sum_{t, i} (y_{t i} - \hat y_{t i})^2}

    Returns
    -------
    TimeSeriesRMSE
        ``loss(prediction, target) -> scalar``, dimensionless: the magnitude in the unit of the
        prediction. The target has the prediction's shape or broadcasts to it.

    Raises
    ------
    UnitMismatchError
        When called with units of different dimensions (a plain array has none).
    ValueError
        When called with a target of another shape, or with NaN in it.

    Notes
    -----
    The gradient at a perfect match is zero. NaN in the prediction gives NaN.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> import jax.numpy as jnp
    >>> loss = bf.objectives.timeseries_rmse()
    >>> float(loss(jnp.full((10, 3), 2.0), jnp.zeros((10, 3))))
    2.0
    """
    return TimeSeriesRMSE()


def cosine_sim(as_loss: bool = False, epsilon: float = 0.0) -> CosineSimilarity:
    r"""Cosine similarity of two time series, each flattened to one vector.

    .. math:: \frac{\langle y, \hat y\rangle}
        {\max(\lVert y\rVert, \epsilon) \max(\lVert\hat y\rVert, \epsilon)}

    Parameters
    ----------
    as_loss : bool
        Return one minus the similarity, to be minimised.
    epsilon : float
        Least norm to divide by. With the default of zero a series of zeros gives NaN.

    Returns
    -------
    CosineSimilarity
        ``score(prediction, target) -> scalar`` in [-1, 1]; units are dropped.

    Raises
    ------
    ValueError
        If ``epsilon`` is negative; when called with a target of another shape or with NaN in it.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> import jax.numpy as jnp
    >>> score = bf.objectives.cosine_sim()
    >>> round(float(score(jnp.array([[3.0, 4.0]]), jnp.array([[4.0, 3.0]]))), 4)
    0.96
    """
    return CosineSimilarity(as_loss=as_loss, epsilon=epsilon)


def _series_target(target: Any, who: str) -> Any:
    """Require a finite array as target."""
    if target is None or isinstance(target, Target):
        raise bad_type(
            who,
            given=f'the target {target!r}',
            expected='a time series',
            remedy='Pass the recorded series; targets.fc belongs to fc_corr and fc_rmse, and'
            ' targets.fcd to the FCD objectives.',
        )
    check_finite(target, who, 'target')
    return target


def _fits(shape: tuple[int, ...], into: tuple[int, ...]) -> bool:
    """Whether an array of one shape broadcasts to the other."""
    try:
        return np.broadcast_shapes(shape, into) == into
    except ValueError:
        return False
