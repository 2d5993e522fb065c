"""From activity to what is measured: BOLD, averages."""

from .average import TemporalAverage
from .base import Observer
from .bold import BOLD, Balloon

__all__ = ['BOLD', 'Balloon', 'Observer', 'TemporalAverage']
