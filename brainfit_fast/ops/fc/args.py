"""What functional connectivity works on, checked once, and what its kernels exchange."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import brainunit
import jax
import jax.numpy as jnp

from brainfit_fast.core.errors import bad_type, bad_value

__all__ = ['FcArgs', 'Forward', 'Residuals']


@dataclass(frozen=True)
class FcArgs:
    """Checked input of the op.

    Parameters
    ----------
    x : jax.Array
        Time series ``[candidate, time, region]``, floating point.
    """

    x: jax.Array

    @property
    def n_candidates(self) -> int:
        """Number of candidates, C."""
        return self.x.shape[0]

    @property
    def n_times(self) -> int:
        """Number of samples, T."""
        return self.x.shape[1]

    @property
    def n_regions(self) -> int:
        """Number of regions, N."""
        return self.x.shape[2]

    @classmethod
    def check(cls, x: object) -> FcArgs:
        """Bring what a caller passed into shape, or say what is wrong with it.

        Parameters
        ----------
        x : array_like
            ``(time, region)`` or ``(candidate, time, region)``. A unit is dropped: correlation
            does not depend on it. Integers become floating point.

        Returns
        -------
        FcArgs
            With a candidate axis.

        Raises
        ------
        TypeError
            If ``x`` is not numeric, or complex.
        ValueError
            If it has another number of axes, or an empty one.
        """
        magnitude = brainunit.get_magnitude(x)
        try:
            array = jnp.asarray(magnitude)
        except (TypeError, ValueError) as error:
            raise bad_type('x', given=x, expected='a numeric array') from error
        if array.ndim not in (2, 3):
            raise bad_value(
                'x',
                given=array,
                expected='shape (time, region) or (candidate, time, region)',
                remedy='Move further batch axes into jax.vmap, or flatten them into one.',
            )
        if 0 in array.shape:
            raise bad_value('x', given=array, expected='at least one sample and one region')
        if jnp.issubdtype(array.dtype, jnp.complexfloating):
            raise bad_type(
                'x',
                given=array,
                expected='real values',
                remedy='Pass the real part or the modulus.',
            )
        if not jnp.issubdtype(array.dtype, jnp.floating):
            array = array.astype(jnp.result_type(float))
        return cls(array if array.ndim == 3 else array[None])


class Forward(NamedTuple):
    """What a forward kernel returns.

    Attributes
    ----------
    fc : jax.Array
        Correlations ``[candidate, region, region]``.
    mean : jax.Array
        Mean over time of ``x - x[first sample]``, ``[candidate, region]``.
    inverse_norm : jax.Array
        One over the Euclidean norm of the deviations, ``[candidate, region]``; zero for a
        region that has none, because it is constant or not finite.
    """

    fc: jax.Array
    mean: jax.Array
    inverse_norm: jax.Array


class Residuals(NamedTuple):
    """What a backward kernel needs from the forward pass; fields as in :class:`Forward`.

    Attributes
    ----------
    x : jax.Array
        The input ``[candidate, time, region]``.
    mean, inverse_norm, fc : jax.Array
        From the forward kernel.
    """

    x: jax.Array
    mean: jax.Array
    inverse_norm: jax.Array
    fc: jax.Array
