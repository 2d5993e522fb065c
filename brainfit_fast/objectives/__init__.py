"""Objectives: scores and losses of a simulated time series against data.

Each builder returns an :class:`Objective`, called as ``objective(prediction, target)`` with a
prediction of shape (time, regions).
"""

from . import targets
from .base import Objective
from .combined import Combined, combine
from .connectivity import FCRMSE, FCCorrelation, fc_corr, fc_rmse
from .distances import fcd_distribution, ks_distance, wasserstein_1d
from .distribution import FCDKS, FCDWasserstein, fcd_ks, fcd_wasserstein
from .dynamics import FCD, fcd
from .series import CosineSimilarity, TimeSeriesRMSE, cosine_sim, timeseries_rmse

__all__ = [
    'FCD',
    'FCDKS',
    'FCRMSE',
    'Combined',
    'CosineSimilarity',
    'FCCorrelation',
    'FCDWasserstein',
    'Objective',
    'TimeSeriesRMSE',
    'combine',
    'cosine_sim',
    'fc_corr',
    'fc_rmse',
    'fcd',
    'fcd_distribution',
    'fcd_ks',
    'fcd_wasserstein',
    'ks_distance',
    'targets',
    'timeseries_rmse',
    'wasserstein_1d',
]
