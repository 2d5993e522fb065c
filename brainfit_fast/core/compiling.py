"""Compile programs whose time is spent in the library's own kernels; keep what was compiled."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import jax
from jax.experimental.compilation_cache import compilation_cache

__all__ = ['compile_around_kernels', 'kept_compilations']

# XLA:CPU's newer code generator for fused loops takes two to three times as long to compile, and what
# stands around the kernels is too small to be worth it.
_OPTIONS = {'xla_cpu_use_fusion_emitters': False}
_unknown: set[str] = set()  # options that this XLA has refused once

_FOLDER = 'jax_compilation_cache_dir'
_SECONDS = 'jax_persistent_cache_min_compile_time_secs'
_BYTES = 'jax_persistent_cache_min_entry_size_bytes'


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


@contextlib.contextmanager
def kept_compilations(folder: str, at_least_s: float) -> Iterator[None]:
    """Within the block, JAX keeps in a folder what it compiles, and looks there first.

    A cache that is already in use is left alone.

    Parameters
    ----------
    folder : str
        Of JAX's compilation cache, whose entries are told apart by program, options and versions.
    at_least_s : float
        Compilations that take less are not kept.
    """
    if getattr(jax.config, _FOLDER) is not None:
        yield
        return
    settings = {_FOLDER: folder, _SECONDS: at_least_s, _BYTES: -1}
    before = {name: getattr(jax.config, name) for name in settings}
    try:
        _configure(settings)
        yield
    finally:
        _configure(before)


def _configure(settings: dict[str, Any]) -> None:
    for name, value in settings.items():
        jax.config.update(name, value)
    compilation_cache.reset_cache()
