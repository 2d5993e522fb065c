"""The folder of compiled libraries: whom to trust, what is whole, what is removed first.

A library is loaded into the process, so whoever can write one runs code as the user. Folders and
files of other users, or that others may write, are therefore never used. Each library ends with
the digest of its own content: loading a file that was cut short could end the process.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import functools
import hashlib
import logging
import os
import re
import shutil
import stat
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator
from multiprocessing import util
from pathlib import Path

from brainfit_fast.core.errors import ImplementationError

with contextlib.suppress(ImportError):  # not on every system that can import the package
    import fcntl

__all__ = [
    'FOLDER_VARIABLE',
    'LIMIT_BYTES',
    'CompilerError',
    'check_room',
    'evict',
    'folders',
    'load',
    'locked',
    'no_fork',
    'problem',
    'publish',
    'read_only',
    'remove_oldest',
    'seal',
    'work_folder',
]

FOLDER_VARIABLE = 'BRAINFIT_FAST_CACHE_DIR'
LIMIT_BYTES = 256 * 2**20
STALE_S = 3600.0  # what a killed process left behind

_SEAL = b'\nbrainfit_fast sha256 '
_ENTRY = re.compile(r'[\w-]+-[0-9a-f]{40}\.so')
_WORK = '.build-'
_ROOM = 2**20
_READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)
_FULL = (errno.ENOSPC, errno.EDQUOT)

_log = logging.getLogger(__name__)
# Held where a fork by another thread would leave its child with a locked lock, or with the pipes of a
# compiler that is being started, which then never seem to close.
no_fork = threading.RLock()
if hasattr(os, 'register_at_fork'):
    os.register_at_fork(
        before=no_fork.acquire,
        after_in_parent=no_fork.release,
        after_in_child=no_fork.release,
    )

_in_use: set[Path] = set()
_private: tuple[int, Path] | None = None


class CompilerError(ImplementationError):
    """Generated code could not be turned into a library.

    Its text is one clause that completes "the model's own code was not compiled: ...".
    """


def read_only(error: OSError) -> bool:
    """Whether an error says that a folder may not be written, rather than that it is full."""
    return error.errno in _READ_ONLY


def _wanted() -> Path | None:
    """The user's cache folder, by the environment; None without a home."""
    named = os.environ.get(FOLDER_VARIABLE)
    base = os.environ.get('XDG_CACHE_HOME', '')
    if named:
        path = os.path.expanduser(named)
    elif os.path.isabs(base):  # the standard ignores relative ones
        path = os.path.join(base, 'brainfit_fast')
    else:
        path = os.path.expanduser('~/.cache/brainfit_fast')
        if not os.path.isabs(path):
            return None
    return Path(os.path.realpath(path))


def _create(folder: Path) -> None:
    """Make a folder and its missing parents for this user alone, whatever the umask."""
    if folder.is_dir():
        return
    _create(folder.parent)
    try:
        os.mkdir(folder, 0o700)
    except FileExistsError:
        if not folder.is_dir():
            raise NotADirectoryError(
                errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder)
            ) from None
    else:
        os.chmod(folder, 0o700)


def _distrust(status: os.stat_result) -> str | None:
    """Why a folder or file cannot be trusted, or None."""
    if status.st_uid != os.geteuid():
        return f'belongs to another user (id {status.st_uid})'
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return 'can be written by other users'
    return None


def _distrust_folder(folder: Path) -> str | None:
    """The same for a folder, and for those above it that anybody may write."""
    why = _distrust(os.stat(folder))
    if why:
        return why
    for parent in folder.parents:
        mode = os.stat(parent).st_mode
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            return f'can be replaced by other users, who may write {parent}'
    return None


def _private_folder() -> Path:
    """A temporary folder of this process, removed when it ends."""
    global _private
    process = os.getpid()
    # A forked child has its own: its parent may end first.
    if _private is None or _private[0] != process or not _private[1].is_dir():
        with no_fork:
            folder = Path(os.path.realpath(tempfile.mkdtemp(prefix='brainfit_fast-native-')))
        os.chmod(folder, 0o700)
        # Unlike atexit, runs in the children of multiprocessing, and not in forked ones.
        util.Finalize(None, shutil.rmtree, args=(folder, True), exitpriority=-100)
        _private = (process, folder)
    return _private[1]


def folders() -> Iterator[Path]:
    """Yield the cache folders to try in turn.

    Yields
    ------
    pathlib.Path
        The user's folder, made if missing. After it, unless ``BRAINFIT_FAST_CACHE_DIR`` named
        it, a temporary folder of this process, for a home that cannot be written.

    Raises
    ------
    CompilerError
        If the user's folder cannot be trusted, is full, or was named and cannot be made.

    Examples
    --------
    >>> from brainfit_fast.codegen import cache
    >>> next(cache.folders()).is_dir()
    True
    """
    named = bool(os.environ.get(FOLDER_VARIABLE))
    remedy = f'set {FOLDER_VARIABLE} to a folder of your own'
    wanted = _wanted()
    if wanted is not None:
        try:
            _create(wanted)
            why = _distrust_folder(wanted)
        except OSError as error:
            if named or error.errno in _FULL:
                raise CompilerError(
                    f'the cache folder {wanted} cannot be made ({error.strerror}); {remedy}'
                ) from error
        else:
            if why:
                raise CompilerError(
                    f"the cache folder {wanted} {why}; make it yours alone ('chmod 700'), "
                    f'or {remedy}'
                )
            yield wanted
            if named:
                return
    try:
        private = _private_folder()
        why = _distrust_folder(private)
    except OSError as error:
        raise CompilerError(
            f'neither the cache folder nor a temporary one can be written ({error.strerror}); '
            f'{remedy}'
        ) from error
    if why:
        raise CompilerError(f'the temporary folder {private} {why}; {remedy}')
    yield private


@contextlib.contextmanager
def work_folder(folder: Path) -> Iterator[Path]:
    """A folder inside the cache for the files of one compilation, removed in any case."""
    with no_fork:
        path = Path(tempfile.mkdtemp(prefix=_WORK, dir=folder))
    try:
        os.chmod(path, 0o700)
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def check_room(work: Path) -> None:
    """Raise the ``OSError`` of a disk or quota that has no room for a library."""
    try:
        with open(work / '.room', 'wb', buffering=0) as file:
            for _ in range(_ROOM // 2**16):
                file.write(bytes(2**16))
    except OSError as error:
        if error.errno in _FULL:
            raise


def seal(path: Path) -> None:
    """Append the digest of a library to it, and make it its owner's alone."""
    digest = hashlib.sha256(path.read_bytes()).digest()
    with open(path, 'ab') as file:
        file.write(_SEAL + digest)
    os.chmod(path, 0o700)


@functools.cache
def _warn_once(path: Path, why: str) -> None:
    _log.warning('%s %s: it is not loaded, and compiled anew', path, why)


def problem(path: Path) -> str | None:
    """Say why a library must not be loaded, without loading it.

    Parameters
    ----------
    path : pathlib.Path
        A file of the cache.

    Returns
    -------
    str or None
        None when it is whole, this user's, and nobody else's to write.

    Examples
    --------
    >>> from pathlib import Path
    >>> from brainfit_fast.codegen import cache
    >>> cache.problem(Path('nowhere-0123.so'))
    'it does not exist'
    """
    try:
        # Non-blocking: a pipe of that name must not stop the process.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return 'it does not exist'
    except OSError as error:
        return f'it cannot be opened ({error.strerror})'
    with open(descriptor, 'rb') as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return 'it is not a file'
        why = _distrust(status)
        if why:
            _warn_once(path, why)
            return f'it {why}'
        content = file.read()
    body, mark, digest = content.rpartition(_SEAL)
    if not mark or hashlib.sha256(body).digest() != digest:
        return 'it is cut short or damaged'
    return None


def load(path: Path) -> str | None:
    """Load a library of the cache into this process, and mark it as used.

    Parameters
    ----------
    path : pathlib.Path
        The library. Once loaded, ``ctypes.CDLL(path)`` finds it even if the file is gone.

    Returns
    -------
    str or None
        None when it is loaded, else why it is not.
    """
    why = problem(path)
    if why:
        return why
    try:
        ctypes.CDLL(str(path))
    except OSError as error:
        return f'it cannot be loaded ({error})'
    _in_use.add(path)
    with contextlib.suppress(OSError):
        os.utime(path)
    return None


def publish(fresh: Path, path: Path) -> None:
    """Put a sealed library in its place in one step, unless a usable one has come first.

    A library that works is never replaced: on a network file system another machine may have
    it mapped, and would fail when the file goes.
    """
    try:
        os.link(fresh, path)
    except FileExistsError:
        if load(path) is not None:
            os.replace(fresh, path)
    except OSError:  # no hard links here
        os.replace(fresh, path)


@contextlib.contextmanager
def locked(
    path: Path, *, timeout: float, until: Callable[[], bool], waiting: Callable[[], None]
) -> Iterator[bool]:
    """Hold the lock of one library, as far as the file system has locks.

    Parameters
    ----------
    path : pathlib.Path
        The library; the lock file lies beside it and is removed at the end.
    timeout : float
        Longest wait, s.
    until : callable
        Ends the wait early when it returns True.
    waiting : callable
        Called at each try that found the lock taken.

    Yields
    ------
    bool
        Whether the lock is held. Without it the work may be done twice, never wrongly.
    """
    lock = path.with_suffix('.lock')
    file = _acquire(lock, timeout, until, waiting)
    try:
        yield file is not None
    finally:
        if file is not None:
            _release(lock, file)


def _acquire(
    lock: Path, timeout: float, until: Callable[[], bool], waiting: Callable[[], None]
) -> int | None:
    """The descriptor of the lock file, locked; None when there are no locks or it took too long."""
    deadline, pause = time.monotonic() + timeout, 0.02
    while True:
        try:
            file = _attempt(lock)
        except BlockingIOError:
            if time.monotonic() >= deadline or until():
                return None
            waiting()
            time.sleep(max(0.0, min(pause, deadline - time.monotonic())))
            pause = min(1.5 * pause, 1.0)
        except OSError:
            return None
        else:
            if file is not None:
                return file


def _attempt(lock: Path) -> int | None:
    """Open and lock the file; None when its last holder removed it meanwhile."""
    file = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        os.fchmod(file, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise
        except OSError:  # this file system has no locks
            os.unlink(lock)
            raise
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(file), os.stat(lock)):
                return file
    except BaseException:
        os.close(file)
        raise
    os.close(file)
    return None


def _release(lock: Path, file: int) -> None:
    """Remove a lock file that is held, and let it go."""
    with contextlib.suppress(OSError):
        os.unlink(lock)
    # A process forked meanwhile shares the descriptor: closing ours would not unlock.
    with contextlib.suppress(OSError):
        fcntl.flock(file, fcntl.LOCK_UN)
    os.close(file)


def evict(folder: Path) -> None:
    """Remove the libraries unused for longest until the rest fits ``LIMIT_BYTES``.

    Parameters
    ----------
    folder : pathlib.Path
        A cache folder. Files that are not of the cache stay, and so do libraries that this
        process has loaded; what killed processes left goes after an hour.
    """
    entries = []
    before = time.time() - STALE_S
    for item in os.scandir(folder):
        with contextlib.suppress(OSError):
            status = item.stat(follow_symlinks=False)
            if _ENTRY.fullmatch(item.name):
                entries.append((status.st_mtime, status.st_size, Path(item.path)))
            elif status.st_mtime >= before:
                continue
            elif item.name.startswith(_WORK):
                shutil.rmtree(item.path, ignore_errors=True)
            elif _ENTRY.fullmatch(Path(item.name).with_suffix('.so').name):
                with locked(Path(item.path), timeout=0, until=lambda: False, waiting=lambda: None):
                    pass  # letting it go removes it
    remove_oldest(entries, _in_use)


def remove_oldest(entries: list[tuple[float, int, Path]], spared: Collection[Path] = ()) -> None:
    """Remove files until the rest fits ``LIMIT_BYTES``.

    Parameters
    ----------
    entries : list of (float, int, pathlib.Path)
        When each was used last, its size in bytes, and where it is.
    spared : collection of pathlib.Path
        What stays; other processes may remove files at the same time.
    """
    total = sum(size for _, size, _ in entries)
    for _, size, path in sorted(entries):
        if total <= LIMIT_BYTES:
            return
        if path not in spared:
            with contextlib.suppress(OSError):
                path.unlink()
                total -= size
