"""Plumbing that every other part stands on: errors, devices, dispatch, FFI, Pallas.

Nothing here knows a model or an op. ``ffi`` is the only caller of ``jax.ffi`` and ``pallas``
the only importer of ``jax.experimental.pallas``; both load what they need on first use.
"""
