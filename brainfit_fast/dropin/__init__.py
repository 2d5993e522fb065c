"""Run scripts written for brainmass on this library, without a change to them."""

from .patching import patch, patch_report, unpatch
from .session import FallbackError, FallbackWarning

__all__ = ['FallbackError', 'FallbackWarning', 'patch', 'patch_report', 'unpatch']
