"""Tools for testing ops: comparisons, gradient checks, and proof of which kernel ran."""

from brainfit_fast.testing.comparisons import assert_close, tolerance
from brainfit_fast.testing.equations import equations
from brainfit_fast.testing.gradients import assert_adjoint, assert_matches_differences
from brainfit_fast.testing.kernels import assert_kernel_runs, kernels_in

__all__ = [
    'assert_adjoint',
    'assert_close',
    'assert_kernel_runs',
    'assert_matches_differences',
    'equations',
    'kernels_in',
    'tolerance',
]
