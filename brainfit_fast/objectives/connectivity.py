"""Objectives that compare static functional connectivity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import jax

from brainfit_fast.core.errors import bad_type
from brainfit_fast.ops.fc import functional_connectivity

from . import _matrices
from ._checks import (
    Series,
    check_prediction,
    check_region_count,
    check_series_target,
    magnitude,
    once,
    shape_of,
)
from ._pairs import Pairs, check_pairs, pairs_of
from .base import Objective
from .targets import FCTarget, Target

__all__ = ['FCRMSE', 'FCCorrelation', 'fc_corr', 'fc_rmse']


def brainfit_fast_fc_corr(
    prediction: jax.Array, target_fc: jax.Array, *, pairs: Pairs | None
) -> jax.Array:
    """Body of :class:`FCCorrelation`."""
    return _matrices.matrix_correlation(functional_connectivity(prediction), target_fc, pairs)


def brainfit_fast_fc_rmse(prediction: jax.Array, target_fc: jax.Array) -> jax.Array:
    """Body of :class:`FCRMSE`."""
    return _matrices.root_mean_square(functional_connectivity(prediction), target_fc)


_fc_corr = jax.jit(brainfit_fast_fc_corr, static_argnames=('pairs',))
_fc_rmse = jax.jit(brainfit_fast_fc_rmse)


@dataclass(frozen=True)
class FCCorrelation(Objective):
    """Correlation between functional-connectivity matrices; see :func:`fc_corr`."""

    as_loss: bool = False
    pairs: Pairs | None = None
    equation: ClassVar[str] = 'brainfit_fast_fc_corr'

    def __call__(self, prediction: Series, target: Series | FCTarget | None = None) -> jax.Array:
        """Evaluate on magnitudes."""
        check_prediction(prediction, 'fc_corr')
        n_regions = shape_of(prediction)[1]
        check_pairs(self.pairs, n_regions, 'fc_corr')
        target_fc = _target_fc(target, 'fc_corr', n_regions)
        corr = _fc_corr(magnitude(prediction), target_fc, pairs=self.pairs)
        return 1.0 - corr if self.as_loss else corr

    def prepare(self, target: Any) -> FCTarget:
        """Check a target and reduce it to its matrix."""
        return FCTarget(_target_fc(target, 'fc_corr', None))


@dataclass(frozen=True)
class FCRMSE(Objective):
    """Root-mean-square error between functional-connectivity matrices; see :func:`fc_rmse`."""

    equation: ClassVar[str] = 'brainfit_fast_fc_rmse'

    def __call__(self, prediction: Series, target: Series | FCTarget | None = None) -> jax.Array:
        """Evaluate on magnitudes."""
        check_prediction(prediction, 'fc_rmse')
        target_fc = _target_fc(target, 'fc_rmse', shape_of(prediction)[1])
        return _fc_rmse(magnitude(prediction), target_fc)

    def prepare(self, target: Any) -> FCTarget:
        """Check a target and reduce it to its matrix."""
        return FCTarget(_target_fc(target, 'fc_rmse', None))


def fc_corr(as_loss: bool = False, *, pairs: Any = None) -> FCCorrelation:
    r"""Correlation between the functional connectivity of prediction and target.

    .. math:: r = \mathrm{corr}_{i<j}\left(C_{ij}, \hat C_{ij}\right), \qquad
        C = \text{Pearson correlations between the columns of } y

    over the pairs above the diagonal. The usual measure of fit for resting-state models
    (Deco et al., J Neurosci 33:11239, 2013).

    Parameters
    ----------
    as_loss : bool
        Return ``1 - r``, to be minimised.
    pairs : array of bool, shape (regions, regions), optional
        Pairs of regions that count, symmetric; default all. Those within a hemisphere are
        ``side[:, None] == side``. The diagonal is not read.

    Returns
    -------
    FCCorrelation
        ``score(prediction, target) -> scalar`` in [-1, 1]. The target is a time series
        (time, regions), of any length, or ``targets.fc(matrix)``. Units are dropped.

    Raises
    ------
    ValueError
        If ``pairs`` is no such matrix or leaves fewer than two; when called with another number of
        regions, NaN in the target, or a plain connectivity matrix as target.
    TypeError
        When called without a target or with one of another kind.

    Notes
    -----
    A region that is constant or has a NaN correlates with none (zero, with zero gradient), so a
    single NaN in the prediction gives a finite score. Where one of the matrices does not vary above
    the diagonal, as with fewer than three regions, the score is zero with zero gradient.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> import numpy as np
    >>> x = np.random.default_rng(0).standard_normal((200, 5))
    >>> score = bf.objectives.fc_corr()
    >>> bool(abs(score(x, bf.objectives.targets.fc(np.corrcoef(x.T))) - 1.0) < 1e-5)
    True
    """
    return FCCorrelation(as_loss, pairs_of(pairs, 'fc_corr'))


def fc_rmse() -> FCRMSE:
    r"""Root-mean-square error between the functional connectivity of prediction and target.

    .. math:: \sqrt{\frac{1}{N^2} \sum_{i, j} (C_{ij} - \hat C_{ij})^2}

    over all entries, the diagonal included (its differences are zero).

    Returns
    -------
    FCRMSE
        ``loss(prediction, target) -> scalar``. Targets and units as in :func:`fc_corr`.

    Raises
    ------
    ValueError
        As :func:`fc_corr`.
    TypeError
        As :func:`fc_corr`.

    Notes
    -----
    The gradient at a perfect match is zero.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> import numpy as np
    >>> x = np.random.default_rng(0).standard_normal((200, 5))
    >>> bool(bf.objectives.fc_rmse()(x, bf.objectives.targets.fc(np.eye(5))) < 0.1)
    True
    """
    return FCRMSE()


def _target_fc(target: Any, who: str, n_regions: int | None) -> jax.Array:
    """Return the target's matrix, computed once where the target is concrete."""
    if isinstance(target, FCTarget):
        shape = shape_of(target.matrix)
        check_region_count(shape[-1], n_regions, who, f'targets.fc of shape {shape}')
        return once(magnitude, target.matrix)
    if target is None or isinstance(target, Target):
        raise bad_type(
            who,
            given=f'the target {target!r}',
            expected='a time series (time, regions) or targets.fc(matrix)',
            remedy='targets.fcd belongs to fcd, fcd_ks and fcd_wasserstein.',
        )
    check_series_target(target, who, n_regions, 'targets.fc(matrix)')
    return once(lambda x: functional_connectivity(magnitude(x)), target)
