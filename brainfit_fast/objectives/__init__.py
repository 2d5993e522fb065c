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
from .envelopes import AECRMSE, AECCorrelation, aec_corr, aec_rmse
from .phases import (
    PLVRMSE,
    Metastability,
    PLVCorrelation,
    Synchrony,
    metastability,
    plv_corr,
    plv_rmse,
    synchrony,
)
from .preprocessed import Preprocessed, preprocessed
from .series import CosineSimilarity, TimeSeriesRMSE, cosine_sim, timeseries_rmse
from .spectra import (
    PeakFrequency,
    SpectrumCorrelation,
    SpectrumRMSE,
    peak_frequency,
    spectrum_corr,
    spectrum_rmse,
)
from .steps import (
    Bandpass,
    Detrend,
    GlobalSignalRegression,
    ZScore,
    bandpass,
    detrend,
    global_signal_regression,
    zscore,
)

__all__ = [
    'AECRMSE',
    'FCD',
    'FCDKS',
    'FCRMSE',
    'PLVRMSE',
    'AECCorrelation',
    'Bandpass',
    'Combined',
    'CosineSimilarity',
    'Detrend',
    'FCCorrelation',
    'FCDWasserstein',
    'GlobalSignalRegression',
    'Metastability',
    'Objective',
    'PLVCorrelation',
    'PeakFrequency',
    'Preprocessed',
    'SpectrumCorrelation',
    'SpectrumRMSE',
    'Synchrony',
    'TimeSeriesRMSE',
    'ZScore',
    'aec_corr',
    'aec_rmse',
    'bandpass',
    'combine',
    'cosine_sim',
    'detrend',
    'fc_corr',
    'fc_rmse',
    'fcd',
    'fcd_distribution',
    'fcd_ks',
    'fcd_wasserstein',
    'global_signal_regression',
    'ks_distance',
    'metastability',
    'peak_frequency',
    'plv_corr',
    'plv_rmse',
    'preprocessed',
    'spectrum_corr',
    'spectrum_rmse',
    'synchrony',
    'targets',
    'timeseries_rmse',
    'wasserstein_1d',
    'zscore',
]
