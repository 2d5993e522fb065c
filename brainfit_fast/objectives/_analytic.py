"""The analytic signal of a series, and what is read from it."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from . import _matrices
from .steps import Bandpass

__all__ = ['analytic_signal', 'envelope', 'order_parameter', 'phase_locking', 'phasors']


def analytic_signal(series: jax.Array, band: Bandpass | None) -> tuple[jax.Array, jax.Array]:
    """Real and imaginary part of the analytic signal of deviations from the mean, filtered."""
    shifted = _matrices.from_first(series)
    x = shifted - jnp.mean(shifted, axis=0)
    if band is not None:
        x = band.apply(x)
    n_time = len(x)
    turn = np.full(n_time // 2 + 1, -1j)
    turn[0] = 0.0
    if n_time % 2 == 0:
        turn[-1] = 0.0
    spectrum = jnp.fft.rfft(x, axis=0)
    return x, jnp.fft.irfft(spectrum * turn[:, None].astype(spectrum.dtype), n_time, axis=0)


def envelope(real: jax.Array, imaginary: jax.Array) -> jax.Array:
    """Modulus, with zero gradient where it is zero."""
    return _matrices.safe_sqrt(jnp.square(real) + jnp.square(imaginary))


def phasors(real: jax.Array, imaginary: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Cosine and sine of the phase; zero where there is no amplitude."""
    square = jnp.square(real) + jnp.square(imaginary)
    silent = square == 0  # NaN is not, and shows
    norm = jnp.sqrt(jnp.where(silent, 1, square))
    return jnp.where(silent, 0, real) / norm, jnp.where(silent, 0, imaginary) / norm


def order_parameter(cosine: jax.Array, sine: jax.Array) -> jax.Array:
    """Modulus of the mean phasor over regions, at each time."""
    return envelope(jnp.mean(cosine, axis=1), jnp.mean(sine, axis=1))


def phase_locking(cosine: jax.Array, sine: jax.Array) -> jax.Array:
    """Modulus of the mean phasor of phase differences over time, with ones on the diagonal."""

    def product(a: jax.Array, b: jax.Array) -> jax.Array:
        return jnp.matmul(a.T, b, precision=lax.Precision.HIGHEST)

    crossed = product(sine, cosine)
    moduli = envelope(product(cosine, cosine) + product(sine, sine), crossed - crossed.T)
    return jnp.where(np.eye(len(moduli), dtype=bool), 1, moduli / len(cosine))
