"""Input checks that all objectives share: what was given, what was expected, how to mend it.

Concrete arrays are checked by value; traced ones (under jit, grad or vmap) only by shape and dtype,
because their values are not known yet.
"""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real
from typing import Any, TypeAlias, TypeVar

import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from brainfit_fast.core.errors import bad_type, bad_value, count_bad

Series: TypeAlias = ArrayLike | u.Quantity
"""An array, with or without a unit."""

# Looser than float32 rounding of a correlation, tighter than any real asymmetry.
MATRIX_TOLERANCE = 1e-5

_R = TypeVar('_R')


def is_concrete(x: Any) -> bool:
    """Whether the values of ``x`` are known now."""
    return not isinstance(u.get_magnitude(x), jax.core.Tracer)


def magnitude(x: Any) -> jax.Array:
    """Strip the unit and make the values floating point."""
    values = jnp.asarray(u.get_magnitude(x))
    if not jnp.issubdtype(values.dtype, jnp.inexact):
        values = values.astype(jnp.result_type(float))
    return values


def host_values(x: Any) -> np.ndarray | None:
    """Return the values of ``x`` as a NumPy array, or None while they are traced."""
    return np.asarray(u.get_magnitude(x)) if is_concrete(x) else None


def shape_of(x: Any) -> tuple[int, ...]:
    """Shape of an array, a quantity or nested lists."""
    return tuple(np.shape(u.get_magnitude(x)))


def once(compute: Callable[..., _R], *args: Any) -> _R:
    """Evaluate now, also inside a trace, if every array leaf of ``args`` is concrete.

    A target that does not depend on the parameters is thus reduced when the loss is traced, and not
    at each evaluation.
    """
    if all(is_concrete(leaf) for leaf in jax.tree.leaves(args)):
        with jax.ensure_compile_time_eval():
            return compute(*args)
    return compute(*args)


def common_dtype(a: jax.Array, b: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Cast two arrays to the type that holds both."""
    dtype = jnp.promote_types(a.dtype, b.dtype)
    return a.astype(dtype), b.astype(dtype)


def check_finite(x: Any, who: str, what: str) -> None:
    """Refuse NaN and infinite values in concrete data."""
    values = host_values(x)
    if values is None or np.isfinite(values).all():
        return
    raise bad_value(
        who,
        given=f'a {what} with ' + count_bad(~np.isfinite(values), 'NaN or infinite values'),
        expected='finite numbers',
        remedy='Remove or interpolate the bad samples or regions before fitting.',
    )


def check_grid(points: Any, who: str, name: str, even: bool = True) -> None:
    """Require numbers that increase, in even steps or in any; of traced ones their number alone."""
    shape, values = shape_of(points), host_values(points)
    fits = len(shape) == 1 and shape[0] > 1
    if fits and values is not None:
        steps = np.diff(values)
        fits = bool(np.all(steps > 0))
        fits &= not even or np.allclose(steps, steps.mean(), rtol=1e-3, atol=0.0)
    if not fits:
        raise bad_value(
            who,
            given=f'{name} of shape {shape}',
            expected='at least two increasing' + (', evenly spaced' if even else '') + ' numbers',
            remedy='Build them with numpy.linspace.',
        )


def check_is_array(prediction: Any, who: str) -> None:
    """Refuse the whole result of a simulation where one of its monitors is meant."""
    if isinstance(prediction, dict):
        raise bad_type(
            who,
            given=f'a dict with the keys {sorted(map(str, prediction))} as prediction',
            expected='an array of shape (time, regions)',
            remedy="Select one monitor of the simulation, such as result['x'].",
        )


def check_prediction(prediction: Any, who: str) -> None:
    """Require one simulated time series of shape (time, regions)."""
    check_is_array(prediction, who)
    shape = shape_of(prediction)
    if len(shape) != 2:
        raise bad_value(
            who,
            given=f'a prediction of shape {shape}',
            expected='shape (time, regions)',
            remedy='Apply jax.vmap(objective, in_axes=(0, None)) to score several candidates, and'
            ' move a batch axis to the front for it.',
        )


def check_series_target(target: Any, who: str, n_regions: int | None, matrix_target: str) -> None:
    """Require a finite target time series (time, regions) that is not an FC matrix."""
    shape = shape_of(target)
    if len(shape) != 2:
        raise bad_value(
            who,
            given=f'a target of shape {shape}',
            expected=f'a time series of shape (time, {n_regions or "regions"})',
            remedy=f'For data that come as a matrix or as pooled values pass {matrix_target}.',
        )
    check_region_count(shape[1], n_regions, who, f'a target time series of shape {shape}')
    check_finite(target, who, 'target')
    values = host_values(target)
    if values is not None and looks_like_connectivity(values):
        raise bad_value(
            who,
            given=f'a symmetric target of shape {shape} with a constant diagonal, which is a'
            ' connectivity matrix and not a time series',
            expected=f'a time series of shape (time, {n_regions or "regions"}) or {matrix_target}',
            remedy=''
            if 'matrix' in matrix_target
            else 'Wrap a functional-connectivity matrix as targets.fc(matrix) and use it with'
            ' fc_corr or fc_rmse.',
        )


def check_region_count(given: int, n_regions: int | None, who: str, what: str) -> None:
    """Require the target's number of regions to be the prediction's."""
    if n_regions is not None and given != n_regions:
        raise bad_value(
            who,
            given=f'{what}, that is {given} regions',
            expected=f'{n_regions} regions as in the prediction',
            remedy='Select the same regions, in the same order, in the data and in the model.',
        )


def check_range(values: Any, who: str) -> None:
    """Refuse values that cannot be correlations."""
    host = host_values(values)
    if host is None or not host.size or np.abs(host).max() <= 1.0 + MATRIX_TOLERANCE:
        return
    raise bad_value(
        who,
        given=f'values between {host.min():.4g} and {host.max():.4g}',
        expected='correlations within [-1, 1]',
        remedy='Undo a Fisher transform with np.tanh; a covariance must be normalised first.',
    )


def check_correlation_matrix(matrix: Any, who: str) -> None:
    """Refuse a concrete matrix that is no correlation matrix."""
    check_finite(matrix, who, 'matrix')
    host = host_values(matrix)
    if host is None or not host.size:
        return
    gap = np.abs(host - host.T)
    if gap.max() > MATRIX_TOLERANCE:
        i, j = (int(k) for k in np.unravel_index(gap.argmax(), gap.shape))
        raise bad_value(
            who,
            given=f'an asymmetric matrix ({host[i, j]:.6g} at [{i}, {j}], {host[j, i]:.6g} at'
            f' [{j}, {i}])',
            expected='a symmetric one',
            remedy='Check that this is functional connectivity; average it with its transpose if'
            ' the difference is meant.',
        )
    diagonal = np.diagonal(host)
    off = np.abs(diagonal - 1.0)
    if off.max() > MATRIX_TOLERANCE:
        k = int(off.argmax())
        raise bad_value(
            who,
            given=f'a diagonal with {diagonal[k]:.6g} at [{k}, {k}]',
            expected='ones, the correlation of a region with itself',
            remedy='Set it with np.fill_diagonal(matrix, 1.0) if the rest are correlations.',
        )
    check_range(matrix, who)


def looks_like_connectivity(values: np.ndarray) -> bool:
    """Whether an array is square and symmetric with a diagonal of ones (or of zeros)."""
    if values.ndim != 2 or values.shape[0] != values.shape[1] or len(values) < 2:
        return False
    tolerance = MATRIX_TOLERANCE * np.abs(values).max()
    if not tolerance or np.abs(values - values.T).max() > tolerance:
        return False
    diagonal = np.diagonal(values)
    is_one = np.abs(diagonal - 1.0).max() <= MATRIX_TOLERANCE
    return bool(is_one or np.abs(diagonal).max() <= tolerance)


#: How to mend a number of samples.
SAMPLES = 'It counts samples: divide a duration by the sampling interval and round.'


def whole_number(
    value: Any, who: str, name: str, least: int | None = None, remedy: str = ''
) -> int:
    """Return ``value`` as an int, of at least ``least`` if that is given."""
    is_number = isinstance(value, Real | np.ndarray | jax.Array) and not shape_of(value)
    if is_number and not isinstance(value, bool) and is_concrete(value):
        number = float(value)
        if number.is_integer() and (least is None or number >= least):
            return int(number)
    raise bad_value(
        who,
        given=f'{name}={value!r}',
        expected='a whole number' + (f' of at least {least}' if least is not None else ''),
        remedy=remedy,
    )
