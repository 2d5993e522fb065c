"""Functional connectivity: Pearson correlation between the regions of a time series."""

from brainfit_fast.ops.fc.api import functional_connectivity

__all__ = ['functional_connectivity']
