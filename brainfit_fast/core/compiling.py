"""Compile programs whose time is spent in the library's own kernels."""

from __future__ import annotations

from typing import Any

__all__ = ['compile_around_kernels']

# XLA:CPU's newer code generator for fused loops takes two to three times as long to compile, and what
# stands around the kernels is too small to be worth it.
_OPTIONS = {'xla_cpu_use_fusion_emitters': False}
_unknown: set[str] = set()  # options that this XLA has refused once


def compile_around_kernels(lowered: Any) -> Any:
    """Compile a lowered function fast, at the cost of the loops that XLA itself generates.

    Parameters
    ----------
    lowered : jax.stages.Lowered
        Dominated by calls of native kernels.

    Returns
    -------
    jax.stages.Compiled
    """
    options = {name: value for name, value in _OPTIONS.items() if name not in _unknown}
    try:
        return lowered.compile(compiler_options=options or None)
    except Exception as error:  # an option belongs to one generation of XLA
        refused = {name for name in options if name in str(error)}
        if not refused:
            raise
        _unknown.update(refused)
        return lowered.compile()
