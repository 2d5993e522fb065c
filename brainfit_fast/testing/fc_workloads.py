"""Named time series for functional connectivity, shared by its tests and benchmarks."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

__all__ = ['BENCHMARKS', 'SHAPES', 'FcWorkload', 'make']


class FcWorkload(NamedTuple):
    """Shape of one time series.

    Attributes
    ----------
    name : str
        Shows in test and benchmark ids.
    candidates, times, regions : int
        C, T and N.
    """

    name: str
    candidates: int
    times: int
    regions: int


SHAPES = (
    FcWorkload('one-region', 1, 5, 1),
    FcWorkload('two-regions', 1, 7, 2),
    FcWorkload('two-samples', 2, 2, 3),
    FcWorkload('odd', 3, 65, 33),
    FcWorkload('one-block-more', 2, 129, 17),
    FcWorkload('parcellation', 1, 201, 100),
    FcWorkload('parcellations', 5, 63, 100),
)

BENCHMARKS = (
    FcWorkload('schaefer100', 1, 2000, 100),
    FcWorkload('schaefer100-16-candidates', 16, 2000, 100),
    FcWorkload('schaefer400', 1, 1200, 400),
)


def make(workload: FcWorkload, dtype: DTypeLike = np.float32, *, seed: int = 0) -> np.ndarray:
    """Correlated noise with a different mean and scale in every region.

    Parameters
    ----------
    workload : FcWorkload
        The shape.
    dtype : dtype, optional
        float32 or float64.
    seed : int, optional
        Of the random numbers.

    Returns
    -------
    numpy.ndarray
        ``[candidate, time, region]``, dimensionless.

    Examples
    --------
    >>> from brainfit_fast.testing import fc_workloads
    >>> fc_workloads.make(fc_workloads.SHAPES[3]).shape
    (3, 65, 33)
    """
    rng = np.random.default_rng(seed)
    shape = (workload.candidates, workload.times, workload.regions)
    shared = rng.normal(size=(*shape[:2], 1))
    scale = rng.uniform(0.1, 3.0, size=shape[2])
    mean = rng.uniform(-5.0, 5.0, size=shape[2])
    return (mean + scale * (rng.normal(size=shape) + 0.7 * shared)).astype(dtype)
