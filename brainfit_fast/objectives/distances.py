"""Density of FCD values, and distances between one-dimensional densities."""

from __future__ import annotations

from typing import Any

import brainunit as u
import jax

from brainfit_fast.core.errors import bad_value

from . import _density
from ._checks import Series, check_grid, host_values, magnitude, shape_of, whole_number
from ._density import Bandwidth

__all__ = ['fcd_distribution', 'ks_distance', 'wasserstein_1d']


def brainfit_fast_fcd_distribution(
    matrix: jax.Array, points: jax.Array, *, n_diag: int, bw_method: Bandwidth, normalize: bool
) -> jax.Array:
    """Body of :func:`fcd_distribution`."""
    values = _density.above_diagonal(matrix, n_diag)
    return _density.density(values, points, bw_method=bw_method, normalize=normalize)


def brainfit_fast_ks_distance(p: jax.Array, q: jax.Array) -> jax.Array:
    """Body of :func:`ks_distance`."""
    return _density.ks(p, q)


def brainfit_fast_wasserstein_1d(p: jax.Array, q: jax.Array, x: jax.Array) -> jax.Array:
    """Body of :func:`wasserstein_1d`."""
    return _density.wasserstein(p, q, x)


_fcd_distribution = jax.jit(
    brainfit_fast_fcd_distribution, static_argnames=('n_diag', 'bw_method', 'normalize')
)
_ks_distance = jax.jit(brainfit_fast_ks_distance)
_wasserstein_1d = jax.jit(brainfit_fast_wasserstein_1d)


def fcd_distribution(
    fcd_matrix: Series,
    midpoints: Any = None,
    n_diag: int = 1,
    bw_method: Bandwidth = None,
    normalize: bool = True,
) -> jax.Array:
    r"""Smooth density of the off-diagonal values of an FCD matrix.

    .. math:: p(x) = \frac{1}{n h \sqrt{2 \pi}} \sum_{k=1}^n
        \exp\left(-\frac{(x - v_k)^2}{2 h^2}\right), \qquad h = c\, \mathrm{sd}(v)

    with :math:`c = n^{-1/5}` (Scott) by default.

    Parameters
    ----------
    fcd_matrix : array, shape (windows, windows)
        Correlations between windows, dimensionless.
    midpoints : array, shape (points,), optional
        Where to evaluate; 100 points on [-0.99, 0.99]. Evenly spaced if ``normalize``.
    n_diag : int
        First diagonal that counts; one leaves out the main diagonal.
    bw_method : None, 'scott', 'silverman', float or callable
        How to choose :math:`c`: by a rule, as a number, or by a callable that gets a
        ``jax.scipy.stats.gaussian_kde`` of the values.
    normalize : bool
        Scale the density to integrate to one over the grid.

    Returns
    -------
    jax.Array, shape (points,)
        The density.

    Raises
    ------
    ValueError
        If the matrix is not square or has fewer than two values, or a setting is out of range.

    Notes
    -----
    Values that are all equal have no density: the result is NaN.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> import numpy as np
    >>> x = np.random.default_rng(0).standard_normal((200, 6))
    >>> bf.objectives.fcd_distribution(bf.objectives.fcd()(x)).shape
    (100,)
    """
    who = 'fcd_distribution'
    shape = shape_of(fcd_matrix)
    if len(shape) != 2 or shape[0] != shape[1]:
        raise bad_value(
            who,
            given=f'an array of shape {shape}',
            expected='a square FCD matrix (windows, windows)',
            remedy='Compute it from a series with objectives.fcd(...)(series).',
        )
    n_diag = whole_number(n_diag, who, 'n_diag')
    count = _density.entries(shape[0], n_diag)
    if count < 2:
        raise bad_value(
            who,
            given=f'a matrix of shape {shape} with n_diag={n_diag}, that is {count} values',
            expected='two values at least',
            remedy='Use a longer series, shorter windows or steps, or a smaller n_diag.',
        )
    matrix = magnitude(fcd_matrix)
    if midpoints is None:
        points = _density.grid(midpoints, matrix.dtype)
    else:
        check_grid(midpoints, who, 'midpoints', even=normalize)
        points = magnitude(midpoints)
    return _fcd_distribution(
        matrix,
        points,
        n_diag=n_diag,
        bw_method=_density.bandwidth(bw_method, who),
        normalize=bool(normalize),
    )


def ks_distance(p: Series, q: Series) -> jax.Array:
    r"""Kolmogorov-Smirnov distance between two densities or histograms.

    .. math:: \max_x \left| F_p(x) - F_q(x) \right|

    Parameters
    ----------
    p, q : array, shape (points,)
        Densities or counts on one ordered grid; each is scaled to sum to one.

    Returns
    -------
    jax.Array
        Scalar in [0, 1].

    Raises
    ------
    ValueError
        If the shapes differ or are not one-dimensional.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> import jax.numpy as jnp
    >>> float(bf.objectives.ks_distance(jnp.array([1.0, 1.0]), jnp.array([0.0, 4.0])))
    0.5
    """
    _check_shapes('ks_distance', p, q)
    _check_mass('ks_distance', p, q)
    return _ks_distance(magnitude(p), magnitude(q))


def wasserstein_1d(p: Series, q: Series, x: Series) -> jax.Array | u.Quantity:
    r"""Wasserstein-1 distance between two densities or histograms on an even grid.

    .. math:: \int \left| F_p(x) - F_q(x) \right| \mathrm{d}x
        \approx \Delta x \sum_k \left| F_p(x_k) - F_q(x_k) \right|

    Parameters
    ----------
    p, q : array, shape (points,)
        Densities or counts; each is scaled to sum to one.
    x : array or Quantity, shape (points,)
        The grid, evenly spaced.

    Returns
    -------
    jax.Array or Quantity
        Scalar in the unit of ``x``.

    Raises
    ------
    ValueError
        If the shapes differ, are not one-dimensional or hold fewer than two points.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> import jax.numpy as jnp
    >>> p, q = jnp.array([1.0, 0.0, 0.0]), jnp.array([0.0, 0.0, 1.0])
    >>> float(bf.objectives.wasserstein_1d(p, q, jnp.array([0.0, 1.0, 2.0])))
    2.0
    """
    _check_shapes('wasserstein_1d', p, q, x)
    _check_mass('wasserstein_1d', p, q)
    check_grid(x, 'wasserstein_1d', 'x')
    unit = u.get_unit(x)
    distance = _wasserstein_1d(magnitude(p), magnitude(q), magnitude(x))
    return distance if unit.is_unitless else distance * unit


def _check_shapes(who: str, *arrays: Any) -> None:
    """Require one-dimensional arrays of one length."""
    shapes = [shape_of(a) for a in arrays]
    if any(s != shapes[0] for s in shapes) or len(shapes[0]) != 1 or shapes[0][0] < 2:
        raise bad_value(
            who,
            given='arrays of shapes ' + ', '.join(map(str, shapes)),
            expected='one shape (points,) with two points at least',
            remedy='Evaluate both densities on one grid; use jax.vmap for several pairs.',
        )


def _check_mass(who: str, *densities: Any) -> None:
    """Refuse densities that are zero everywhere."""
    for density in densities:
        values = host_values(density)
        if values is not None and values.sum() == 0:
            raise bad_value(
                who,
                given='densities or counts that are zero everywhere',
                expected='some mass, which is scaled to one',
            )
