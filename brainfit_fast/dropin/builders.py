"""Bodies that the builders of ``brainmass.objectives`` get while the patch is on.

They run inside brainmass's own functions, so that a name imported from there before the patch builds the
same objective as one imported after it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ['BODIES']


def timeseries_rmse() -> Any:
    from brainfit_fast import objectives

    return objectives.timeseries_rmse()


def fc_corr(as_loss: bool = False) -> Any:
    from brainfit_fast import objectives

    return objectives.fc_corr(as_loss)


def fc_rmse() -> Any:
    from brainfit_fast import objectives

    return objectives.fc_rmse()


def cosine_sim(as_loss: bool = False, epsilon: float = 0.0) -> Any:
    from brainfit_fast import objectives

    return objectives.cosine_sim(as_loss, epsilon)


def fcd(window_size: int = 30, step_size: int = 5, as_loss: bool = False) -> Any:
    from brainfit_fast import objectives

    return objectives.fcd(window_size, step_size, as_loss)


def fcd_wasserstein(
    window_size: int = 30,
    step_size: int = 5,
    midpoints: Any = None,
    bw_method: Any = None,
    n_diag: int = 1,
) -> Any:
    from brainfit_fast import objectives

    return objectives.fcd_wasserstein(window_size, step_size, midpoints, bw_method, n_diag)


def fcd_ks(
    window_size: int = 30,
    step_size: int = 5,
    midpoints: Any = None,
    bw_method: Any = None,
    n_diag: int = 1,
) -> Any:
    from brainfit_fast import objectives

    return objectives.fcd_ks(window_size, step_size, midpoints, bw_method, n_diag)


def combine(*weighted_objectives: Any) -> Any:
    from brainfit_fast import objectives

    return objectives.combine(*weighted_objectives)


BODIES: tuple[Callable[..., Any], ...] = (
    timeseries_rmse,
    fc_corr,
    fc_rmse,
    cosine_sim,
    fcd,
    fcd_wasserstein,
    fcd_ks,
    combine,
)
