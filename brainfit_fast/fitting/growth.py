"""Whether a gradient grows the further back it looks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import numpy as np
import optax

from ..core.window import gradient_window
from .loss import LossProgram

__all__ = ['exploding', 'suspicious']

#: Gradient norm, in units of the loss, from which on it is worth a look.
_LARGE = 1e4

#: Parts of a run that the first look goes back.
_PARTS = 16

#: Growth per part that is told.
_GROWTH = 10.0


def suspicious(losses: Any, norms: Any) -> bool:
    """Whether some gradient is large beside its loss, or not finite while the loss is."""
    losses, norms = np.abs(np.asarray(losses, float)), np.asarray(norms, float)
    finite = np.isfinite(losses)
    return bool((finite & ~(norms <= _LARGE * np.maximum(losses, 1e-12))).any())


def exploding(
    make_program: Callable[[], LossProgram],
    program: LossProgram,
    weights: Mapping[Any, Any],
    carried: tuple[Any, ...],
    n_noise_seeds: int,
) -> str | None:
    """Say by how much the gradient grows with the time that it looks back, if it explodes.

    The loss is traced again with windows of a sixteenth, an eighth and a quarter of the run; norms of these
    gradients grow as the adjoint does.

    Parameters
    ----------
    make_program : callable
        Traces the loss.
    program : LossProgram
        The loss without a window.
    weights, carried
        Where to look.
    n_noise_seeds : int
        As of the fit.

    Returns
    -------
    str or None
        A message where the norm grows more than tenfold per sixteenth.
    """
    n_steps = program.n_steps
    window = n_steps // _PARTS
    if window < 1:
        return None
    norms = []
    for factor in (1, 2, 4):
        with gradient_window(factor * window):
            cut = make_program()
        loss = cut.over_noise_seeds(n_noise_seeds)

        def norm(weights: Any, carried: Any, loss: Any = loss) -> Any:
            return optax.tree.norm(jax.grad(lambda w: loss(w, carried)[0])(weights))

        norms.append(float(cut.compiled(norm, weights, carried)(weights, carried)))
    if not norms[0] > 0:
        return None
    # the second doubling looks back over two more parts
    with np.errstate(divide='ignore', invalid='ignore'):
        growth = max(norms[1] / norms[0], np.sqrt(np.float64(norms[2]) / norms[1]))
    if np.isfinite(growth) and growth <= _GROWTH:
        return None
    return (
        f'the gradient explodes through time: its norm is {norms[0]:.2g} when it looks back {window} steps, '
        f'{norms[1]:.2g} with {2 * window} and {norms[2]:.2g} with {4 * window} of {n_steps}. The network is '
        f'chaotic or unstable there. Pass gradient_window={window} (or a time) to Fitter, clip the gradient '
        '(braintools.optim.Adam(grad_clip_norm=1.0)), or simulate less time.'
    )
