"""The only caller of ``jax.ffi``: finds, loads and registers the native kernels.

The kernels are one shared library of XLA FFI handlers inside the package. It is loaded by the
first op that asks for it; importing the package does not touch it. Without it everything runs
on the reference, and the reason is given once.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import importlib
import os
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import jax

from brainfit_fast.core.errors import ImplementationError, bad_value

__all__ = [
    'LEVEL_VARIABLE',
    'LIBRARY_NAME',
    'PREFIX',
    'add_node',
    'available',
    'call',
    'cpu_level',
    'cpu_levels',
    'forced_cpu_level',
    'has_node',
    'include_path',
    'library_path',
    'targets',
]

LIBRARY_NAME = 'libbrainfit_fast.so'
LEVEL_VARIABLE = 'BRAINFIT_FAST_CPU_LEVEL'
PREFIX = 'brainfit_fast_'


class _Registration(ctypes.Structure):
    """One row of the library's table: target name, address of the handler."""

    _fields_ = [('name', ctypes.c_char_p), ('handler', ctypes.c_void_p)]


class _Library:
    """The loaded library with the few plain C functions that describe it."""

    def __init__(self, path: Path) -> None:
        handle = ctypes.CDLL(str(path))
        handle.brainfit_fast_registrations.restype = ctypes.POINTER(_Registration)
        handle.brainfit_fast_level_name.restype = ctypes.c_char_p
        handle.brainfit_fast_level_name.argtypes = [ctypes.c_int]
        handle.brainfit_fast_set_level.argtypes = [ctypes.c_int]
        handle.brainfit_fast_has_node.argtypes = [ctypes.c_char_p]
        handle.brainfit_fast_add_node.argtypes = [ctypes.c_void_p]
        self._handle = handle
        self._loaded: list[Any] = []
        self.path = path

    def levels(self) -> tuple[str, ...]:
        """Names of the variants that this processor can run, lowest first."""
        count = self._handle.brainfit_fast_level_count()
        return tuple(self._handle.brainfit_fast_level_name(i).decode() for i in range(count))

    def level(self) -> str:
        """Name of the variant in use."""
        return self.levels()[self._handle.brainfit_fast_level()]

    def set_level(self, name: str) -> None:
        """Use another variant from the next kernel call on."""
        levels = self.levels()
        if name not in levels:
            raise bad_value(
                LEVEL_VARIABLE,
                given=repr(name),
                expected='a variant this processor can run: ' + ', '.join(map(repr, levels)),
                remedy=f'Unset {LEVEL_VARIABLE} to use the highest.',
            )
        self._handle.brainfit_fast_set_level(levels.index(name))

    def has_node(self, key: str) -> bool:
        """Whether the node model of that key can run at the variant in use."""
        return bool(self._handle.brainfit_fast_has_node(key.encode()))

    def add_node(self, path: Path) -> bool:
        """Load a node model compiled for the variant in use; False for another interface."""
        handle = ctypes.CDLL(str(path))
        handle.brainfit_fast_node.restype = ctypes.c_void_p
        self._loaded.append(handle)
        return bool(self._handle.brainfit_fast_add_node(handle.brainfit_fast_node()))

    def register(self) -> tuple[str, ...]:
        """Make every handler known to XLA, and return the target names."""
        table = self._handle.brainfit_fast_registrations()
        names = []
        row = 0
        while table[row].name is not None:
            name = table[row].name.decode()
            capsule = jax.ffi.pycapsule(ctypes.c_void_p(table[row].handler))
            jax.ffi.register_ffi_target(name, capsule, platform='cpu')
            names.append(name)
            row += 1
        return tuple(names)


def library_path() -> Path | None:
    """Where the shared library is.

    Returns
    -------
    pathlib.Path or None
        None when the package has none.

    Examples
    --------
    >>> from brainfit_fast.core import ffi
    >>> path = ffi.library_path()
    >>> path is None or path.name == ffi.LIBRARY_NAME
    True
    """
    package = importlib.import_module('brainfit_fast')
    for folder in package.__path__:
        path = Path(folder) / LIBRARY_NAME
        if path.is_file():
            return path
    return None


def _missing_reason() -> str:
    """Why there is no library: what the installer left behind, or a plain checkout."""
    try:
        info = importlib.import_module('brainfit_fast._build_info')
    except ImportError:
        return (
            'the native library has not been built in this checkout; '
            "run 'python kernels/build.py', or install the package with pip"
        )
    return str(info.REASON)


@functools.cache
def _load() -> tuple[_Library | None, tuple[str, ...], str]:
    """The library, its targets, and the reason when there is none."""
    path = library_path()
    if path is None:
        return None, (), _missing_reason()
    try:
        library = _Library(path)
    except (OSError, AttributeError) as error:
        return None, (), f'{path.name} cannot be loaded: {error}'
    if not library.levels():
        return None, (), 'this processor is below x86-64-v2, the lowest level that is compiled'
    wanted = os.environ.get(LEVEL_VARIABLE)
    if wanted:
        library.set_level(wanted)
    return library, library.register(), ''


@functools.cache
def _warn_once(reason: str) -> None:
    warnings.warn(
        f'brainfit_fast runs without its native CPU kernels, on plain JAX: {reason}.',
        RuntimeWarning,
        stacklevel=4,
    )


def available() -> tuple[bool, str]:
    """Whether the native kernels can be called; warns once, with the reason, if they cannot.

    Returns
    -------
    ok : bool
        True when the library is loaded and registered.
    reason : str
        Why it is not; empty when it is.

    Raises
    ------
    ValueError
        If the environment variable ``BRAINFIT_FAST_CPU_LEVEL`` names a variant that does not
        exist or that this processor cannot run.

    Examples
    --------
    >>> from brainfit_fast.core import ffi
    >>> ok, reason = ffi.available()
    >>> ok or reason != ''
    True
    """
    library, _, reason = _load()
    if library is None:
        _warn_once(reason)
    return library is not None, reason


def _library() -> _Library:
    """The loaded library, or the error that says why there is none."""
    library, _, reason = _load()
    if library is None:
        raise ImplementationError(
            f'The native CPU kernels are not available: {reason}. '
            "Use implementation='reference', or 'auto', which falls back to it."
        )
    return library


def targets() -> tuple[str, ...]:
    """Names of the registered FFI targets.

    Returns
    -------
    tuple of str
        Each starts with ``brainfit_fast_``; empty without the library.
    """
    return _load()[1]


def cpu_levels() -> tuple[str, ...]:
    """Variants of the kernels that this processor can run, lowest first.

    Returns
    -------
    tuple of str
        Of ``'x86-64-v2'``, ``'x86-64-v3'``, ``'x86-64-v4'``, or ``'baseline'`` on other
        processors.

    Raises
    ------
    ImplementationError
        Without the library.
    """
    return _library().levels()


def cpu_level() -> str:
    """The variant of the kernels in use.

    Returns
    -------
    str
        The highest that the processor can run, unless ``BRAINFIT_FAST_CPU_LEVEL`` or
        :func:`forced_cpu_level` asked for a lower one.

    Raises
    ------
    ImplementationError
        Without the library.
    """
    return _library().level()


def include_path() -> Path:
    """Where the headers of the kernels are, for code that is compiled at run time.

    Returns
    -------
    pathlib.Path
        Inside the installed package, or in the checkout.
    """
    library = _library().path
    installed = library.parent / 'include'
    return installed if installed.is_dir() else library.parent.parent / 'kernels' / 'include'


def has_node(key: str) -> bool:
    """Whether a compiled node model can run at the variant in use.

    Parameters
    ----------
    key : str
        Of its generated source.

    Returns
    -------
    bool

    Raises
    ------
    ImplementationError
        Without the library.
    """
    return _library().has_node(key)


def add_node(path: Path) -> None:
    """Load a node model that was compiled for the variant in use.

    Parameters
    ----------
    path : pathlib.Path
        The shared library.

    Raises
    ------
    ImplementationError
        If it was compiled for another version of the kernels.
    """
    if not _library().add_node(path):
        raise ImplementationError(f'{path.name} was compiled for another version of the kernels.')


@contextlib.contextmanager
def forced_cpu_level(level: str) -> Iterator[None]:
    """Use one variant of the kernels inside a ``with`` block, in the whole process.

    Parameters
    ----------
    level : str
        One of :func:`cpu_levels`.

    Raises
    ------
    ValueError
        If this processor cannot run it.
    ImplementationError
        Without the library.

    Notes
    -----
    The variant is read when a kernel runs, so nothing is compiled anew. Wait for results
    (``block_until_ready``) inside the block.
    """
    library = _library()
    before = library.level()
    library.set_level(level)
    try:
        yield
    finally:
        library.set_level(before)


def call(
    target: str,
    result_types: jax.ShapeDtypeStruct | Sequence[jax.ShapeDtypeStruct],
    *args: jax.Array,
    **attributes: Any,
) -> Any:
    """Call one native kernel.

    Parameters
    ----------
    target : str
        Name of a registered FFI target, with its prefix.
    result_types : jax.ShapeDtypeStruct or sequence of them
        What the kernel returns.
    *args : jax.Array
        Operands, dense and row-major.
    **attributes : object
        Static attributes of the handler; NumPy scalars of the exact type it decodes.

    Returns
    -------
    jax.Array or list of jax.Array
        As ``result_types``.

    Raises
    ------
    ImplementationError
        If the library is missing or has no such target.

    Notes
    -----
    A handler reports errors when the program runs, which is later: shapes are to be checked
    before. The call has no batching rule; ops bring their own candidate axis.
    """
    library = _library()
    if target not in targets():
        raise ImplementationError(
            f'{library.path.name} has no kernel {target!r}; it has {", ".join(targets())}. '
            'Build it again: it is older than the Python code.'
        )
    return jax.ffi.ffi_call(target, result_types)(*args, **attributes)
