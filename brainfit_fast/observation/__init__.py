"""From activity to what is measured: BOLD, averages, sensors."""

from .average import TemporalAverage
from .base import Observer
from .bold import BOLD, Balloon
from .bold_signal import BOLDSignal
from .hrf import (
    DoubleExponentialHRFKernel,
    FirstOrderVolterraHRFKernel,
    GammaHRFKernel,
    HRFKernel,
    MixtureOfGammasHRFKernel,
)
from .hrf_bold import HRFBold
from .lead_field import (
    EEGLeadFieldModel,
    LeadFieldModel,
    LeadfieldReadout,
    MEGLeadFieldModel,
)

__all__ = [
    'BOLD',
    'BOLDSignal',
    'Balloon',
    'DoubleExponentialHRFKernel',
    'EEGLeadFieldModel',
    'FirstOrderVolterraHRFKernel',
    'GammaHRFKernel',
    'HRFBold',
    'HRFKernel',
    'LeadFieldModel',
    'LeadfieldReadout',
    'MEGLeadFieldModel',
    'MixtureOfGammasHRFKernel',
    'Observer',
    'TemporalAverage',
]
