"""Generated C++ to a shared library, with the host's compiler and without a shell.

The library of one key is compiled once, by whichever process comes first, and kept by
:mod:`brainfit_fast.codegen.cache`.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib
import os
import platform
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from brainfit_fast.codegen import cache
from brainfit_fast.codegen.cache import CompilerError

__all__ = ['SWITCH_VARIABLE', 'CompilerError', 'compile_source', 'unavailable']

SWITCH_VARIABLE = 'BRAINFIT_FAST_JIT'
LIMIT_S = 60.0
PATIENCE_S = 1.0  # before a line says what is going on

_OFF = ('0', 'false', 'off')
_NAMES = ('c++', 'g++', 'clang++')
_OLDEST = {'gcc': 7, 'clang': 5}  # the first with C++17
_BASE_FLAGS = ('-std=c++17', '-fPIC', '-shared')
_TELLING = re.compile(r'\berror\b|\bld: |undefined|killed|failed|no space', re.IGNORECASE)

_failed: dict[Path, str] = {}


class _Compiler(NamedTuple):
    """A command that compiles C++17, and what it says about itself."""

    command: tuple[str, ...]
    version: str

    def __str__(self) -> str:
        return shlex.join(self.command)


class _Notice:
    """One line on stderr, shown when something takes longer than ``PATIENCE_S``."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._due: float | None = time.monotonic() + PATIENCE_S

    def __call__(self) -> None:
        """Show the line when it is due, above a progress bar if there is one."""
        if self._due is None or time.monotonic() < self._due or sys.stderr is None:
            return
        self._due = None
        # A closed stderr is no reason to fail.
        with cache.no_fork, contextlib.suppress(OSError, ValueError):
            from tqdm import tqdm

            tqdm.write(self._text, file=sys.stderr)


@functools.cache
def _version(command: tuple[str, ...]) -> tuple[str, str]:
    """What ``--version`` prints, and why the command cannot be used (empty if it can)."""
    try:
        process = _start((*command, '--version'))
        try:
            output, _ = process.communicate(timeout=10)
        except BaseException:
            _stop(process)
            raise
    except (OSError, subprocess.TimeoutExpired) as error:
        return '', f'{shlex.join(command)} --version failed ({error})'
    text = output.decode(errors='replace').strip()
    if process.returncode != 0:
        return '', f'{shlex.join(command)} --version failed ({_excerpt(text)})'
    gcc = re.search(r'\) (\d+)\.\d', text) if 'Free Software Foundation' in text else None
    clang = re.search(r'clang version (\d+)', text)
    for kind, found in (('gcc', gcc), ('clang', clang)):
        if found and int(found[1]) < _OLDEST[kind]:
            return '', (
                f'{shlex.join(command)} is {kind} {found[1]} and C++17 needs '
                f'{kind} {_OLDEST[kind]} or later'
            )
    return text, ''


def _find_compiler() -> _Compiler:
    """The compiler that CXX names, or the first that works."""
    try:
        words = shlex.split(os.environ.get('CXX', ''))
    except ValueError as error:
        raise CompilerError(f'CXX={os.environ["CXX"]!r} cannot be read ({error})') from None
    reasons = []
    for candidate in [words] if words else [[name] for name in _NAMES]:
        program = shutil.which(candidate[0])
        if program is None:
            if words:
                reasons.append(f'CXX={os.environ["CXX"]!r} names a program that was not found')
            continue
        command = (os.path.abspath(program), *candidate[1:])
        version, reason = _version(command)
        if not reason:
            return _Compiler(command, version)
        reasons.append(reason)
    found = '; '.join(reasons) or f'no C++ compiler was found ({", ".join(_NAMES)})'
    raise CompilerError(f'{found}; install g++ or clang++, or name one in CXX')


def _check_switch() -> None:
    """Refuse where it was switched off, or cannot work at all."""
    value = os.environ.get(SWITCH_VARIABLE, '')
    if value.strip().lower() in _OFF:
        raise CompilerError(f'{SWITCH_VARIABLE}={value} switches it off')
    if os.name != 'posix':
        raise CompilerError('compiling at run time needs Linux or another POSIX system')


def unavailable() -> str | None:
    """Say why nothing can be compiled in this process, without compiling anything.

    Returns
    -------
    str or None
        One clause that completes "the model's own code was not compiled: ...", or None when
        there are a compiler and a folder to write to, and ``BRAINFIT_FAST_JIT`` does not forbid
        it. The cache folder is made if it is missing.

    Examples
    --------
    >>> import os
    >>> from unittest import mock
    >>> from brainfit_fast.codegen.compiler import unavailable
    >>> with mock.patch.dict(os.environ, BRAINFIT_FAST_JIT='0'):
    ...     unavailable()
    'BRAINFIT_FAST_JIT=0 switches it off'
    """
    try:
        _check_switch()
        _find_compiler()
        tried = []
        for folder in cache.folders():
            if os.access(folder, os.W_OK | os.X_OK):
                return None
            tried.append(folder)
    except CompilerError as error:
        return str(error)
    return _cannot_write(tried)


def _cannot_write(folders: Iterable[Path]) -> str:
    """The reason that no folder took the library."""
    names = ' and '.join(map(str, folders))
    return f'{names} cannot be written; set {cache.FOLDER_VARIABLE} to a folder that can'


def compile_source(source: str, *, name: str, flags: tuple[str, ...], include: Path) -> Path:
    """Compile C++ source into a shared library, or find the library of an earlier process.

    Parameters
    ----------
    source : str
        One translation unit of C++17.
    name : str
        What the library is called in file names and messages.
    flags : tuple of str
        Flags for the compiler and linker after ``-std=c++17 -fPIC -shared``: optimisation, CPU
        level, definitions, further include folders. Files that they name are not watched for
        changes, those of ``include`` are.
    include : pathlib.Path
        Folder of the headers.

    Returns
    -------
    pathlib.Path
        The library, which this process has loaded: ``ctypes.CDLL`` of the path is safe whatever
        happens to the file.

    Raises
    ------
    CompilerError
        With one clause that completes "the model's own code was not compiled: ...". The same
        source then fails at once for the rest of the process.

    Notes
    -----
    Libraries are keyed by source, headers, compiler and its version, flags, version of the
    package, and machine (system, processor family, C library). The compiler is stopped after
    60 s, and at an interrupt, with every process that it started. Processes that need the same
    library at once wait for the first.

    Examples
    --------
    >>> import ctypes, tempfile
    >>> from pathlib import Path
    >>> from brainfit_fast.codegen.compiler import compile_source, unavailable
    >>> source = 'extern "C" int answer() { return 42; }'
    >>> if unavailable() is None:
    ...     with tempfile.TemporaryDirectory() as headers:
    ...         path = compile_source(source, name='answer', flags=(), include=Path(headers))
    ...     assert ctypes.CDLL(str(path)).answer() == 42
    """
    _check_switch()
    compiler = _find_compiler()
    label = re.sub(r'\W+', '_', name, flags=re.ASCII)[:40] or 'model'
    entry = f'{label}-{_key(source, flags, include, compiler)}.so'
    tried = []
    for folder in cache.folders():
        path = folder / entry
        if path in _failed:
            raise CompilerError(_failed[path])
        try:
            _obtain(path, label, source, flags, include, compiler)
            return path
        except CompilerError as error:
            _failed[path] = str(error)
            raise
        except OSError as error:
            if not cache.read_only(error):
                _failed[path] = (
                    f'the cache folder {folder} did not take the library ({error.strerror}); '
                    f'make room, or set {cache.FOLDER_VARIABLE} to another folder'
                )
                raise CompilerError(_failed[path]) from error
            tried.append(folder)
    raise CompilerError(_cannot_write(tried))


def _key(source: str, flags: tuple[str, ...], include: Path, compiler: _Compiler) -> str:
    """Digest of everything that the library depends on."""
    if not include.is_dir():
        raise CompilerError(f'the folder of headers {include} is missing; reinstall brainfit_fast')
    digest = hashlib.sha256()

    def add(*parts: str | bytes) -> None:
        for part in parts:
            data = part.encode() if isinstance(part, str) else part
            digest.update(b'%d:' % len(data) + data)

    package = importlib.import_module('brainfit_fast')
    add(package.__version__, platform.system(), platform.machine(), *platform.libc_ver())
    add(str(len(compiler.command)), *compiler.command, compiler.version)
    add(str(len(flags)), *flags, source)
    try:
        for header in sorted(item for item in include.rglob('*') if item.is_file()):
            add(header.relative_to(include).as_posix(), header.read_bytes())
    except OSError as error:
        raise CompilerError(f'a header cannot be read ({error})') from error
    return digest.hexdigest()[:40]


def _obtain(
    path: Path,
    label: str,
    source: str,
    flags: tuple[str, ...],
    include: Path,
    compiler: _Compiler,
) -> None:
    """Load the library, compiling it first where there is none that can be used."""
    if cache.load(path) is None:
        return
    notice = _Notice(
        f'brainfit_fast: compiling the node model {label!r} with {compiler} '
        f'(at most {LIMIT_S:g} s; kept in {path.parent}) ...'
    )
    whole = functools.partial(_whole, path)
    with cache.locked(path, timeout=1.5 * LIMIT_S, until=whole, waiting=notice):
        if cache.load(path) is None:
            return
        with cache.work_folder(path.parent) as work:
            unit, library = work / f'{label}.cc', work / f'{label}.so'
            unit.write_text(source, encoding='utf-8')
            unit.chmod(0o600)  # the umask may have left it unreadable
            places = ('-I', str(include.resolve()), '-o', library.name)
            _run(compiler, (*_BASE_FLAGS, unit.name, *places, *flags), work, notice)
            if not library.is_file():
                raise CompilerError(f'{compiler} ended well and left no library')
            cache.seal(library)
            cache.publish(library, path)
        why = cache.load(path)
    if why:
        with contextlib.suppress(OSError):
            path.unlink()
        raise CompilerError(
            f'the library that {compiler} made cannot be used: {why}; if files in {path.parent} '
            f'may not be executed, set {cache.FOLDER_VARIABLE} to another folder'
        )
    with contextlib.suppress(OSError):  # the library is loaded; tidying may wait
        cache.evict(path.parent)


def _whole(path: Path) -> bool:
    """Whether another process has put the library in its place."""
    return cache.problem(path) is None


def _run(
    compiler: _Compiler, arguments: tuple[str, ...], work: Path, notice: Callable[[], None]
) -> None:
    """Run the compiler inside its work folder; raise with what it said if it fails."""
    deadline = time.monotonic() + LIMIT_S
    try:
        # Its own temporary files go with the folder.
        process = _start((*compiler.command, *arguments), cwd=work, TMPDIR=str(work))
    except OSError as error:
        raise CompilerError(f'{compiler} could not be started ({error.strerror})') from error
    try:
        while True:
            left = deadline - time.monotonic()
            try:
                output, _ = process.communicate(timeout=max(0.0, min(left, PATIENCE_S)))
                break
            except subprocess.TimeoutExpired:
                if left <= 0:
                    raise CompilerError(
                        f'{compiler} took longer than {LIMIT_S:g} s and was stopped'
                    ) from None
                notice()
    except BaseException:
        _stop(process)
        raise
    if process.returncode != 0:
        # A linker that runs out of space dies of a bus error and does not say why.
        cache.check_room(work)
        code = process.returncode
        ending = f'was killed by signal {-code}' if code < 0 else f'ended with status {code}'
        raise CompilerError(f'{compiler} {ending}: {_excerpt(output.decode(errors="replace"))}')


def _start(
    command: tuple[str, ...], cwd: Path | None = None, **variables: str
) -> subprocess.Popen[bytes]:
    """Start a command with one pipe for all that it says, in English."""
    with cache.no_fork:
        return subprocess.Popen(
            command,
            cwd=cwd,
            env={**os.environ, 'LC_ALL': 'C', **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            process_group=0,  # so that its children can be stopped with it
            umask=0o077,
        )


def _stop(process: subprocess.Popen) -> None:
    """Kill the compiler and what it started, and wait until they are gone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.communicate(timeout=5)  # ends when the last of them has closed its output


def _excerpt(text: str) -> str:
    """The first lines of a compiler's output that name an error."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if _TELLING.search(line)]
    return ' | '.join(line[:200] for line in (telling or lines)[:3]) or 'it said nothing'
