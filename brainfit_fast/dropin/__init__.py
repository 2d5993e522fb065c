"""Run scripts written for brainmass on this library, without a change to them."""

from .patching import patch, patch_report, unpatch
from .session import FallbackError

__all__ = ['FallbackError', 'patch', 'patch_report', 'unpatch']
