"""Sliding windows: settings in samples or in seconds, and the windows of a series."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from brainfit_fast.core.errors import bad_value, check_choice

from ._sampling import in_samples

__all__ = ['count', 'cut', 'resolve']


def resolve(
    window: Any,
    step: Any,
    TR: Any,
    convention: str,
    edges: bool,
    who: str,
    names: tuple[str, str] = ('window_size', 'step_size'),
) -> tuple[int, int]:
    """Return the samples in a window and from one window to the next."""
    check_choice(f'{who}(convention)', convention, ('brainmass', 'cubnm'))
    centred = convention == 'cubnm'
    if edges and not centred:
        raise bad_value(
            who,
            given=f'edges=True with convention={convention!r}',
            expected="convention='cubnm', whose windows are centred on a sample",
            remedy='Only those reach beyond the ends of a series.',
        )
    size = in_samples(window, TR, who, names[0], least=2, even=centred)
    stride = in_samples(step, TR, who, names[1], least=1)
    return size + centred, stride


def count(n_time: int, size: int, step: int, edges: bool) -> int:
    """Number of windows in a series."""
    return len(_starts(n_time, size, step, edges)) if n_time >= size else 0


def cut(series: jax.Array, size: int, step: int, edges: bool) -> jax.Array:
    """Windows of a series ``(time, regions)``, shape (windows, size, regions)."""
    n_time = len(series)
    index = _starts(n_time, size, step, edges)[:, None] + np.arange(size)
    if not edges:
        return series[index]
    # What a window lacks is filled with the mean of what it has, which changes no correlation.
    inside = ((index >= 0) & (index < n_time))[:, :, None]
    first = np.maximum(index[:, 0], 0)
    shift = jax.lax.stop_gradient(series[first])[:, None]
    windows = series[np.clip(index, 0, n_time - 1)] - shift
    total = jnp.sum(jnp.where(inside, windows, 0), axis=1, keepdims=True)
    return jnp.where(inside, windows, total / inside.sum(axis=1, keepdims=True))


def _starts(n_time: int, size: int, step: int, edges: bool) -> np.ndarray:
    """First sample of each window; before the series or near its end for those at the edges."""
    if edges:
        return np.arange(0, n_time, step) - size // 2
    return np.arange(0, n_time - size + 1, step)
