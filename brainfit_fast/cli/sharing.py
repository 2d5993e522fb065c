"""Compiling the same program once for several fits."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator

import jax
from jax.experimental.compilation_cache import compilation_cache

__all__ = ['shared_compilation']

_FOLDER = 'jax_compilation_cache_dir'
_OPTIONS = {
    'jax_persistent_cache_min_compile_time_secs': 0.2,
    'jax_persistent_cache_min_entry_size_bytes': -1,
}


@contextlib.contextmanager
def shared_compilation() -> Iterator[None]:
    """Within the block, fits whose programs differ only in the data that they are given share one compilation.

    JAX's compilation cache in a temporary folder does it; a cache that is already in use is left alone.
    """
    if getattr(jax.config, _FOLDER) is not None:
        yield
        return
    before = {name: getattr(jax.config, name) for name in _OPTIONS}
    with tempfile.TemporaryDirectory(prefix='brainfit_fast-') as folder:
        for name, value in {**_OPTIONS, _FOLDER: folder}.items():
            jax.config.update(name, value)
        compilation_cache.reset_cache()
        try:
            yield
        finally:
            for name, value in {**before, _FOLDER: None}.items():
                jax.config.update(name, value)
            compilation_cache.reset_cache()
