"""Plumbing that every other part stands on: errors, devices, dispatch, FFI, Pallas.

Nothing here knows a model or an op. ``ffi`` is the only caller of ``jax.ffi`` and ``pallas``
the only importer of ``jax.experimental.pallas``; both load what they need on first use.
"""

from .deferred import deferred

# braintools imports nevergrad, and with it scikit-learn and pandas: a third of what starting takes.
with deferred('nevergrad'):
    import braintools as braintools
