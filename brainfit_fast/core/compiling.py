"""Compile programs whose time is spent in the library's own kernels."""

from __future__ import annotations

from typing import Any

__all__ = ['compile_around_kernels']

# XLA:CPU's newer code generator for fused loops takes two to three times as long to compile, and what
# stands around the kernels is too small to be worth it.
_OPTIONS = {'xla_cpu_use_fusion_emitters': False}


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
    try:
        return lowered.compile(compiler_options=_OPTIONS)
    except Exception as error:  # the option belongs to one generation of XLA
        if 'xla_cpu_use_fusion_emitters' not in str(error):
            raise
        return lowered.compile()
