"""A node model ready to be called: found in the library, or compiled now."""

from __future__ import annotations

import functools

from ..core import ffi
from .cache import CompilerError
from .compiler import compile_source
from .cpp import NodeSource, node_source
from .node import Node, Unsupported

__all__ = ['ready', 'source_of']

#: Compiler flags of each variant of the kernels, beside those that all share.
_LEVEL_FLAGS = {
    'x86-64-v2': ('v2', '-march=x86-64-v2'),
    'x86-64-v3': ('v3', '-march=x86-64-v3'),
    'x86-64-v4': ('v4', '-march=x86-64-v4', '-mprefer-vector-width=512'),
    'baseline': ('baseline',),
}
_FLAGS = ('-O3', '-ffp-contract=fast', '-fno-math-errno', '-DBRAINFIT_FAST_SHARED')

_failures: dict[tuple[str, str], str] = {}


@functools.lru_cache(maxsize=64)
def source_of(node: Node) -> NodeSource:
    """The generated code of a node; see :func:`node_source`."""
    return node_source(node)


def ready(node: Node) -> str:
    """Make the compiled form of a node callable at the CPU level in use.

    Parameters
    ----------
    node : Node

    Returns
    -------
    str
        The key under which the kernels know it.

    Raises
    ------
    Unsupported
        If it has no native form or could not be compiled, with the reason. A failed compilation is not
        tried again in this process.
    """
    source = source_of(node)
    if ffi.has_node(source.key):
        return source.key
    level = ffi.cpu_level()
    failed = _failures.get((source.key, level))
    if failed is None:
        name, *flags = _LEVEL_FLAGS[level]
        levels = ('-DBRAINFIT_FAST_X86_LEVELS',) if name != 'baseline' else ()
        try:
            path = compile_source(
                source.text,
                name=f'node_{source.key[:8]}_{name}',
                flags=(*_FLAGS, *levels, f'-DBRAINFIT_FAST_LEVEL={name}', *flags),
                include=ffi.include_path(),
            )
            ffi.add_node(path)
            return source.key
        except CompilerError as error:
            failed = _failures[source.key, level] = str(error)
    raise Unsupported(f"the model's own code was not compiled: {failed}")
