"""Compiling at run time: what is refused, what is kept, and what survives many processes."""

import ctypes
import errno
import fcntl
import os
import platform
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from pathlib import Path

import pytest

import brainfit_fast
from brainfit_fast.codegen import cache, compiler
from brainfit_fast.codegen.compiler import CompilerError, compile_source, unavailable
from brainfit_fast.core.errors import ImplementationError

REAL = next(filter(None, map(shutil.which, ('c++', 'g++', 'clang++'))), None)
SOURCE = '#include "number.h"\nextern "C" int answer() { return NUMBER; }\n'

pytestmark = pytest.mark.skipif(REAL is None, reason='this machine has no C++ compiler')


class Site:
    """A cache folder, headers, and a compiler that counts its runs."""

    def __init__(self, root):
        self.root = root
        self.folder = root / 'cache'
        self.include = root / 'include'
        self.program = root / 'bin' / 'cxx'
        self.log = root / 'runs'
        self.include.mkdir()
        self.program.parent.mkdir()
        (self.include / 'number.h').write_text('#define NUMBER 42\n')
        self.compiler()

    def compiler(self, before='', version='some compiler 1.0', instead=None):
        """Write the compiler: shell lines run before the real one, or instead of it."""
        self.program.write_text(
            f'#!/bin/sh\nif [ "$1" = --version ]; then echo "{version}"; exit 0; fi\n'
            f'echo run >> {self.log}\n{before}\n' + (instead or f'exec {REAL} "$@"\n')
        )
        self.program.chmod(0o755)
        compiler._version.cache_clear()

    def compile(self, source=SOURCE, name='model', flags=()):
        return compile_source(source, name=name, flags=flags, include=self.include)

    def runs(self):
        return self.log.read_text().count('run') if self.log.exists() else 0

    def left(self, folder=None):
        """What lies in the cache beside libraries."""
        folder = folder or self.folder
        return [item.name for item in folder.iterdir() if item.suffix != '.so']

    def start(self, script, **changes):
        """Another Python, which imports nothing but the module under test."""
        head = f"""
            import ctypes, os, signal, sys, threading, time, types
            from pathlib import Path
            package = types.ModuleType('brainfit_fast')
            package.__path__ = {list(map(str, brainfit_fast.__path__))!r}
            package.__version__ = {brainfit_fast.__version__!r}
            sys.modules['brainfit_fast'] = package
            from brainfit_fast.codegen import cache, compiler
            def build(source={SOURCE!r}):
                return compiler.compile_source(
                    source, name='model', flags=(), include=Path({str(self.include)!r}))
        """
        program = textwrap.dedent(head) + textwrap.dedent(script)
        return subprocess.Popen(
            [sys.executable, '-c', program],
            env={**os.environ, **changes},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, script, **changes):
        """Its output; it must end well."""
        process = self.start(script, **changes)
        output, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
        return output


@pytest.fixture
def site(tmp_path, monkeypatch):
    place = Site(tmp_path)
    temporary = tmp_path / 'tmp'
    temporary.mkdir()
    monkeypatch.setenv('BRAINFIT_FAST_CACHE_DIR', str(place.folder))
    monkeypatch.setenv('CXX', str(place.program))
    monkeypatch.setenv('HOME', str(tmp_path / 'home'))
    monkeypatch.setenv('TMPDIR', str(temporary))
    monkeypatch.setattr(tempfile, 'tempdir', None)
    monkeypatch.delenv('XDG_CACHE_HOME', raising=False)
    monkeypatch.delenv('BRAINFIT_FAST_JIT', raising=False)
    monkeypatch.setattr(compiler, '_failed', {})
    monkeypatch.setattr(cache, '_in_use', set())
    monkeypatch.setattr(cache, '_private', None)
    return place


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def alive(pid):
    try:
        with open(f'/proc/{pid}/stat') as file:
            return file.read().rpartition(')')[2].split()[0] != 'Z'
    except OSError:
        return False


def wait_for(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, 'waited in vain'
        time.sleep(0.02)


def fail_in(monkeypatch, folder, code):
    """Work folders inside ``folder`` cannot be made."""
    make = tempfile.mkdtemp

    def mkdtemp(*args, dir=None, **kwargs):
        if dir is not None and Path(dir) == folder:
            raise OSError(code, os.strerror(code), str(dir))
        return make(*args, dir=dir, **kwargs)

    monkeypatch.setattr(tempfile, 'mkdtemp', mkdtemp)


# What is kept, and under which key


def test_compiles_once_and_marks_use(site):
    path = site.compile()
    assert ctypes.CDLL(str(path)).answer() == 42
    assert path.parent == site.folder
    os.utime(path, (1, 1))
    assert site.compile() == path
    assert site.runs() == 1
    assert path.stat().st_mtime > time.time() - 60
    assert site.left() == []


@pytest.mark.parametrize('umask', [0o000, 0o777])
def test_modes_do_not_depend_on_the_umask(site, monkeypatch, umask):
    named = site.root / 'new' / 'deep'
    monkeypatch.setenv('BRAINFIT_FAST_CACHE_DIR', str(named))
    site.compiler(before=f'ls -l model.cc > {site.root}/listing; umask >> {site.root}/listing')
    before = os.umask(umask)
    try:
        path = site.compile(f'extern "C" int answer() {{ return {umask}; }}')
    finally:
        os.umask(before)
    assert [mode(p) for p in (named.parent, named, path)] == [0o700, 0o700, 0o700]
    listing = (site.root / 'listing').read_text()
    assert listing.startswith('-rw-------') and listing.endswith('0077\n')


def test_key_holds_all_that_the_library_depends_on(site, monkeypatch):
    paths = [site.compile()]

    def differs(**changes):
        paths.append(site.compile(**changes))
        assert len(set(paths)) == len(paths), paths

    differs(source=SOURCE + '\n')
    differs(flags=('-O1',))
    differs(flags=('-O1', '-g0'))
    (site.include / 'number.h').write_text('#define NUMBER 43\n')
    differs()
    (site.include / 'more').mkdir()
    (site.include / 'more' / 'x.h').write_text('')
    differs()
    site.compiler(version='some compiler 1.1')
    differs()
    other = site.root / 'bin' / 'other'
    shutil.copy(site.program, other)
    monkeypatch.setenv('CXX', str(other))
    differs()
    monkeypatch.setattr(brainfit_fast, '__version__', '99')
    differs()
    monkeypatch.setattr(platform, 'machine', lambda: 'abacus')
    differs()
    assert site.runs() == len(paths)


def test_key_parts_cannot_run_into_each_other(site):
    chosen = compiler._find_compiler()
    keys = {
        compiler._key(source, flags, site.include, chosen)
        for source, flags in [('', ('-a', '-b')), ('', ('-a-b',)), ('-b', ('-a',)), ('-a-b', ())]
    }
    assert len(keys) == 4


def test_names_and_flags_meet_no_shell(site):
    path = site.compile(name='../../x; touch y', flags=(f'-DX=$(touch {site.root}/seen);',))
    assert path.parent == site.folder
    assert re.fullmatch(r'_x_touch_y-[0-9a-f]{40}\.so', path.name)
    assert not (site.root / 'seen').exists()


def test_folder_order(site, monkeypatch):
    monkeypatch.setenv('XDG_CACHE_HOME', str(site.root / 'xdg'))
    assert next(cache.folders()) == site.folder
    monkeypatch.delenv('BRAINFIT_FAST_CACHE_DIR')
    assert next(cache.folders()) == site.root / 'xdg' / 'brainfit_fast'
    monkeypatch.setenv('XDG_CACHE_HOME', 'relative')
    assert next(cache.folders()) == site.root / 'home' / '.cache' / 'brainfit_fast'
    assert mode(site.root / 'home' / '.cache' / 'brainfit_fast') == 0o700


# What is unavailable


@pytest.mark.parametrize('value', ['0', 'false', 'off', 'OFF', ' False '])
def test_switched_off(site, monkeypatch, value):
    site.compile()
    monkeypatch.setenv('BRAINFIT_FAST_JIT', value)
    assert unavailable() == f'BRAINFIT_FAST_JIT={value} switches it off'
    with pytest.raises(CompilerError, match='switches it off'):
        site.compile()


@pytest.mark.parametrize('value', ['1', '', 'on'])
def test_not_switched_off(site, monkeypatch, value):
    monkeypatch.setenv('BRAINFIT_FAST_JIT', value)
    assert unavailable() is None
    assert site.runs() == 0


def test_no_compiler(site, monkeypatch):
    monkeypatch.delenv('CXX')
    monkeypatch.setenv('PATH', str(site.root))
    assert unavailable() == (
        'no C++ compiler was found (c++, g++, clang++); install g++ or clang++, or name one in CXX'
    )
    with pytest.raises(ImplementationError, match=r'no C\+\+ compiler'):
        site.compile()


def test_compiler_named_and_missing(site, monkeypatch):
    monkeypatch.setenv('CXX', 'no-such-compiler -m64')
    assert "CXX='no-such-compiler -m64' names a program that was not found" in unavailable()


def test_compiler_with_words_of_its_own(site, monkeypatch):
    monkeypatch.setenv('CXX', f'{site.program} -DNUMBER=7')
    path = site.compile('extern "C" int answer() { return NUMBER; }')
    assert ctypes.CDLL(str(path)).answer() == 7


@pytest.mark.parametrize(
    ('version', 'reason'),
    [
        (
            'c++ (GCC) 4.8.5 20150623 (Red Hat 4.8.5-44)\n'
            'Copyright (C) 2015 Free Software Foundation, Inc.',
            'is gcc 4 and C++17 needs gcc 7 or later',
        ),
        ('clang version 3.4.2 (tags/RELEASE)', 'is clang 3 and C++17 needs clang 5 or later'),
    ],
)
def test_compiler_too_old(site, version, reason):
    site.compiler(version=version)
    assert reason in unavailable()


def test_an_old_compiler_gives_way_to_a_newer_one(site, monkeypatch):
    for name, version in [('c++', 'clang version 3.4'), ('g++', 'clang version 17.0')]:
        site.program = site.root / 'bin' / name
        site.compiler(version=version)
    monkeypatch.delenv('CXX')
    monkeypatch.setenv('PATH', f'{site.root}/bin:/usr/bin:/bin')
    assert compiler._find_compiler().command == (str(site.root / 'bin' / 'g++'),)


def test_compiler_that_does_not_start(site):
    site.program.write_text('#!/nowhere/sh\n')
    compiler._version.cache_clear()
    assert '--version failed' in unavailable()


def test_headers_missing(site):
    shutil.rmtree(site.include)
    with pytest.raises(CompilerError, match=r'folder of headers .* is missing'):
        site.compile()


# What fails


def test_errors_are_quoted_and_remembered(site):
    for _ in range(2):
        with pytest.raises(CompilerError) as caught:
            site.compile('int f() { return nonsense; }')
    text = str(caught.value)
    assert 'ended with status 1: model.cc:1:' in text and 'nonsense' in text
    assert '\n' not in text and not text.endswith('.')
    assert site.runs() == 1
    assert list(site.folder.iterdir()) == []


def test_only_the_first_error_lines_are_kept(site):
    site.compiler(
        instead='for i in 1 2 3 4 5; do echo "a.h:$i: note"; echo "error: $i"; done; exit 3'
    )
    with pytest.raises(CompilerError, match=r'status 3: error: 1 \| error: 2 \| error: 3$'):
        site.compile()


def test_killed_compiler(site):
    site.compiler(instead='kill -9 $$')
    with pytest.raises(CompilerError, match='was killed by signal 9: it said nothing'):
        site.compile()


@pytest.mark.parametrize(
    ('instead', 'reason'),
    [
        ('exit 0', 'ended well and left no library'),
        ('echo text > model.so', 'cannot be used: it cannot be loaded'),
    ],
)
def test_compiler_that_makes_nothing_of_use(site, instead, reason):
    site.compiler(instead=instead)
    for _ in range(2):
        with pytest.raises(CompilerError, match=reason):
            site.compile()
    assert site.runs() == 1
    assert list(site.folder.iterdir()) == []


def test_undefined_symbols_are_named(site):
    with pytest.raises(CompilerError, match='missing_part'):
        site.compile('extern "C" int missing_part(); int (*p)() = missing_part;')


def test_time_limit_kills_the_whole_group(site, monkeypatch):
    pids = site.root / 'pids'
    site.compiler(instead=f'sleep 60 & echo $! $$ > {pids}; wait')
    monkeypatch.setattr(compiler, 'LIMIT_S', 0.5)
    with pytest.raises(CompilerError, match=r'took longer than 0\.5 s and was stopped'):
        site.compile()
    wait_for(lambda: not any(alive(pid) for pid in pids.read_text().split()))
    assert list(site.folder.iterdir()) == []
    started = time.monotonic()
    with pytest.raises(CompilerError, match='took longer'):
        site.compile()
    assert time.monotonic() - started < 0.4


def test_full_disk_as_the_compiler_sees_it(site):
    if not os.path.exists('/dev/full'):
        pytest.skip('no /dev/full')
    site.compiler(instead='cat "$0" > /dev/full')
    with pytest.raises(CompilerError, match='No space left on device'):
        site.compile()
    assert list(site.folder.iterdir()) == []


def test_full_disk_that_the_compiler_does_not_name(site):
    if not os.path.exists('/dev/full'):
        pytest.skip('no /dev/full')
    site.compiler(instead='ln -s /dev/full "$TMPDIR/.room"; echo error: bus; exit 1')
    with pytest.raises(CompilerError, match=r'did not take the library \(No space left'):
        site.compile()
    assert list(site.folder.iterdir()) == []


def test_linker_errors_are_kept(site):
    with pytest.raises(CompilerError, match='cannot find -lno_such_library'):
        site.compile(flags=('-lno_such_library',))


@pytest.mark.parametrize('code', [errno.ENOSPC, errno.EDQUOT])
def test_full_disk_when_the_source_is_written(site, monkeypatch, code):
    def write_text(*args, **kwargs):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(Path, 'write_text', write_text)
    with pytest.raises(CompilerError, match=re.escape(os.strerror(code))):
        site.compile()
    assert list(site.folder.iterdir()) == []


def test_full_disk_when_the_library_is_sealed(site, monkeypatch):
    def full(path):
        raise OSError(errno.ENOSPC, 'No space left on device', str(path))

    monkeypatch.setattr(cache, 'seal', full)
    for _ in range(2):
        with pytest.raises(CompilerError, match=r'did not take the library \(No space left'):
            site.compile()
    assert site.runs() == 1
    assert list(site.folder.iterdir()) == []


# Whom to trust


@pytest.mark.parametrize('bits', [0o770, 0o707, 0o777])
def test_folder_that_others_may_write(site, bits):
    site.folder.mkdir()
    site.folder.chmod(bits)
    assert 'can be written by other users' in unavailable()
    with pytest.raises(CompilerError, match=r'can be written by other users.*chmod 700'):
        site.compile()
    assert list(site.folder.iterdir()) == []
    site.folder.chmod(0o755)
    assert unavailable() is None


def test_folder_of_another_user(site, monkeypatch):
    site.folder.mkdir()
    user = os.geteuid()
    monkeypatch.setattr(os, 'geteuid', lambda: user + 1)
    with pytest.raises(CompilerError, match=rf'belongs to another user \(id {user}\)'):
        site.compile()


def test_folder_in_a_place_that_anybody_may_write(site):
    site.root.chmod(0o777)
    assert f'can be replaced by other users, who may write {site.root}' in unavailable()
    site.root.chmod(0o1777)
    assert unavailable() is None


def test_a_folder_behind_a_link_is_judged_itself(site):
    real = site.root / 'real'
    real.mkdir(mode=0o700)
    site.folder.symlink_to(real)
    assert site.compile().parent == real
    real.chmod(0o777)
    assert f'{real} can be written by other users' in unavailable()


EVIL = 'extern "C" int answer() { return 666; }'


def plant(site, path):
    """A loadable, sealed library of other content in the place of ``path``."""
    fresh = site.root / 'evil.so'
    unit = site.root / 'evil.cc'
    unit.write_text(EVIL)
    subprocess.run([REAL, '-shared', '-fPIC', str(unit), '-o', str(fresh)], check=True)
    cache.seal(fresh)
    path.unlink()
    shutil.copy(fresh, path)


def answer(site):
    return int(site.run('print(ctypes.CDLL(str(build())).answer())'))


def test_planted_library_is_loaded_when_it_is_the_users_own(site):
    """The control of the next test: what it plants does work."""
    path = site.compile()
    plant(site, path)
    assert answer(site) == 666


@pytest.mark.parametrize('how', ['group', 'others', 'link', 'pipe'])
def test_untrusted_library_is_never_loaded(site, how):
    path = site.compile()
    if how == 'pipe':
        path.unlink()
        os.mkfifo(path)
    else:
        plant(site, path)
        if how == 'link':
            target = path.rename(site.root / 'elsewhere.so')
            path.symlink_to(target)
        else:
            path.chmod(0o770 if how == 'group' else 0o702)
    assert answer(site) == 42
    assert site.runs() == 2
    assert mode(path) == 0o700 and not path.is_symlink()


def test_library_of_another_user_is_never_loaded(site, monkeypatch, caplog):
    path = site.compile()
    user = os.geteuid()
    plant(site, path)
    try:
        os.chown(path, 12345, -1)
    except PermissionError:  # only root, with all its rights, can give a file away
        pass
    else:
        assert answer(site) == 42
        assert site.runs() == 2
        assert path.stat().st_uid == user
    monkeypatch.setattr(os, 'geteuid', lambda: user + 1)
    assert cache.load(path) == f'it belongs to another user (id {user})'
    assert [str(path) in record.message for record in caplog.records] == [True]


# A home that cannot be written


@pytest.fixture
def no_home(site, monkeypatch):
    """The home lies under a file, so that not even root can make it."""
    (site.root / 'file').write_text('')
    monkeypatch.delenv('BRAINFIT_FAST_CACHE_DIR')
    monkeypatch.setenv('HOME', str(site.root / 'file' / 'home'))
    return site


def test_private_folder_of_the_process(no_home):
    script = """
        path = build()
        mode = path.parent.stat().st_mode & 0o777
        child = os.fork()
        if child == 0:
            assert build().parent != path.parent  # its own, since its parent may end first
            sys.exit(0)
        assert os.waitpid(child, 0)[1] == 0
        print(path.parent, oct(mode), path.exists(), build() == path)
    """
    assert no_home.run('assert compiler.unavailable() is None') == ''
    folder, bits, exists, again = no_home.run(script).split()
    assert Path(folder).parent == no_home.root / 'tmp'
    assert (bits, exists, again) == ('0o700', 'True', 'True')
    assert not Path(folder).exists()


def test_private_folder_of_a_multiprocessing_child(no_home):
    script = """
        import multiprocessing
        child = multiprocessing.get_context('fork').Process(target=build)
        child.start()
        child.join()
        assert child.exitcode == 0
    """
    no_home.run(script)
    assert no_home.runs() == 1
    assert list((no_home.root / 'tmp').iterdir()) == []


@pytest.mark.parametrize('code', [errno.EROFS, errno.EACCES])
def test_read_only_home_keeps_what_it_has(site, monkeypatch, code):
    monkeypatch.delenv('BRAINFIT_FAST_CACHE_DIR')
    folder = site.root / 'home' / '.cache' / 'brainfit_fast'
    kept = site.compile()
    assert kept.parent == folder
    fail_in(monkeypatch, folder, code)
    assert site.compile() == kept
    other = site.compile(SOURCE + '\n')
    assert other.parent.parent == site.root / 'tmp'
    assert ctypes.CDLL(str(other)).answer() == 42
    shutil.rmtree(other.parent)


def test_named_folder_is_used_or_refused(site, monkeypatch):
    site.folder.mkdir(mode=0o700)
    fail_in(monkeypatch, site.folder, errno.EROFS)
    with pytest.raises(CompilerError, match=f'{site.folder} cannot be written; set BRAINFIT'):
        site.compile()
    (site.root / 'file').write_text('')
    monkeypatch.setenv('BRAINFIT_FAST_CACHE_DIR', str(site.root / 'file' / 'cache'))
    assert re.search(r'cannot be made \(Not a directory\)', unavailable())


def test_nowhere_to_write(no_home, monkeypatch):
    monkeypatch.setenv('TMPDIR', str(no_home.root / 'file'))
    monkeypatch.setattr(tempfile, 'tempdir', str(no_home.root / 'file'))
    reason = unavailable()
    assert reason.startswith('neither the cache folder nor a temporary one can be written')


def test_unavailable_sees_a_read_only_file_system(site, monkeypatch):
    site.folder.mkdir(mode=0o700)
    access = os.access
    monkeypatch.setattr(os, 'access', lambda p, bits: p != site.folder and access(p, bits))
    assert unavailable() == (
        f'{site.folder} cannot be written; set BRAINFIT_FAST_CACHE_DIR to a folder that can'
    )


# Damage


@pytest.mark.parametrize('left', [0, 100, 0.5, 0.99])
def test_truncated_library_is_rebuilt(site, left):
    path = site.compile()
    content = path.read_bytes()
    path.unlink()  # this process has the old one mapped
    path.write_bytes(content[: left if left >= 1 else int(left * len(content))])
    path.chmod(0o700)
    assert answer(site) == 42
    assert site.runs() == 2
    assert cache.problem(path) is None


def test_altered_library_is_rebuilt(site):
    """It still loads: only the digest tells."""
    path = site.compile('extern "C" const char* text() { return "good"; }')
    content = path.read_bytes()
    assert content.count(b'good') == 1
    path.unlink()
    path.write_bytes(content.replace(b'good', b'evil'))
    path.chmod(0o700)
    assert cache.load(path) == 'it is cut short or damaged'
    assert site.compile('extern "C" const char* text() { return "good"; }') == path
    assert path.read_bytes() == content
    assert site.runs() == 2


def test_unloadable_library_is_rebuilt_once(site):
    path = site.compile()
    path.unlink()
    path.write_bytes(b'\x7fELF of another world')
    cache.seal(path)
    assert cache.problem(path) is None
    assert answer(site) == 42
    assert site.runs() == 2


# Many at once

GATE = """
    gate = Path(os.environ['GATE'])
    (gate / str(os.getpid())).touch()
    while not (gate / 'open').exists():
        time.sleep(0.005)
    path = build()
    print(path, os.stat(path).st_ino, ctypes.CDLL(str(path)).answer(), sep='|')
"""
NO_LOCKS = """
    import errno, fcntl
    def flock(*args):
        raise OSError(errno.ENOLCK, 'No locks available')
    fcntl.flock = flock
"""


def race(site, script, count=8):
    """Start processes, let them go together, and return what they print."""
    gate = site.root / 'gate'
    gate.mkdir()
    processes = [site.start(script, GATE=str(gate)) for _ in range(count)]
    wait_for(lambda: len(list(gate.iterdir())) == count)
    (gate / 'open').touch()
    lines = set()
    for process in processes:
        output, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
        lines.add(output.strip())
    return lines


def test_eight_processes_compile_once(site):
    site.compiler(before='sleep 0.5')
    lines = race(site, GATE)
    assert len(lines) == 1 and lines.pop().endswith('|42')
    assert site.runs() == 1
    assert site.left() == []


def test_eight_processes_without_locks(site):
    """All may compile; one library is published and never replaced."""
    site.compiler(before='sleep 0.5')
    lines = race(site, NO_LOCKS + GATE)
    assert len(lines) == 1 and lines.pop().endswith('|42')
    assert 1 < site.runs() <= 8
    assert len(list(site.folder.iterdir())) == 1


def test_threads_compile_once(site):
    site.compiler(before='sleep 0.3')
    paths = []
    threads = [threading.Thread(target=lambda: paths.append(site.compile())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(paths) == 4 and len(set(paths)) == 1
    assert site.runs() == 1


@pytest.mark.parametrize('when', ['starting', 'running'])
def test_fork_while_a_thread_compiles(site, when):
    """The child needs the same library, inherits what was open at the fork, and waits."""
    site.compiler(before='sleep 1')
    script = f"""
        import subprocess
        starting, fork_exec = threading.Event(), subprocess._fork_exec
        def slow(*args):
            starting.set()  # the pipes are open, in this process as well
            time.sleep(0.5)
            return fork_exec(*args)
        compiler._find_compiler()
        subprocess._fork_exec = slow
        thread = threading.Thread(target=build)
        thread.start()
        starting.wait()
        time.sleep({0 if when == 'starting' else 1})
        child = os.fork()
        if child == 0:
            os._exit(ctypes.CDLL(str(build())).answer())
        thread.join()
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """
    started = time.monotonic()
    assert site.run(script).strip() == '42'
    assert time.monotonic() - started < 20
    assert site.runs() == 1
    assert site.left() == []


def test_lock_that_is_never_released(site, monkeypatch):
    """After the wait the work is done without it, and the holder's lock is left alone."""
    path = site.compile()
    path.unlink()
    lock = path.with_suffix('.lock')
    monkeypatch.setattr(compiler, 'LIMIT_S', 1.0)
    with open(lock, 'w') as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        started = time.monotonic()
        assert site.compile() == path
    assert 1.4 < time.monotonic() - started < 10
    assert site.runs() == 2
    assert lock.exists()


def test_a_waiting_process_goes_on_when_the_library_appears(site):
    path = site.compile()
    aside = path.rename(site.root / 'aside.so')
    with open(path.with_suffix('.lock'), 'w') as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        timer = threading.Timer(0.3, lambda: aside.rename(path))
        timer.start()
        started = time.monotonic()
        assert site.compile() == path
        assert time.monotonic() - started < 10
    timer.join()
    assert site.runs() == 1


@pytest.mark.parametrize('code', [errno.ENOLCK, errno.EOPNOTSUPP])
def test_file_system_without_locks_or_links(site, monkeypatch, code):
    def refuse(*args):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, 'flock', refuse)
    monkeypatch.setattr(os, 'link', refuse)
    assert ctypes.CDLL(str(site.compile())).answer() == 42
    assert site.left() == []


# Progress and interrupts


def test_slow_compilation_says_so_once(site, monkeypatch, capfd):
    monkeypatch.setattr(compiler, 'PATIENCE_S', 0.2)
    site.compiler(before='sleep 1')
    site.compile(name='hopf')
    out, err = capfd.readouterr()
    assert out == ''
    assert err.splitlines() == [
        f"brainfit_fast: compiling the node model 'hopf' with {site.program} "
        f'(at most 60 s; kept in {site.folder}) ...'
    ]


def test_quick_compilation_says_nothing(site, monkeypatch, capfd):
    monkeypatch.setattr(compiler, 'PATIENCE_S', 30.0)
    site.compile()
    assert capfd.readouterr() == ('', '')


@pytest.mark.parametrize('stderr', ['None', 'open(os.devnull)'])
def test_progress_without_a_stderr(site, stderr):
    site.compiler(before='sleep 0.5')
    script = f"""
        compiler.PATIENCE_S = 0.1
        sys.stderr = {stderr}
        print(ctypes.CDLL(str(build())).answer())
    """
    assert site.run(script).strip() == '42'


def test_interrupt_leaves_nothing(site):
    pids = site.root / 'pids'
    site.compiler(instead=f'sleep 60 & echo $! $$ > {pids}; echo x > "$TMPDIR/scratch"; wait')
    # A process in the background of a shell ignores the signal until told otherwise.
    script = 'signal.signal(signal.SIGINT, signal.default_int_handler)\nbuild()\n'
    process = site.start(script)
    wait_for(lambda: pids.exists() and len(pids.read_text().split()) == 2)
    assert len(site.left()) == 2
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode != 0 and 'KeyboardInterrupt' in errors
    wait_for(lambda: not any(alive(pid) for pid in pids.read_text().split()))
    assert list(site.folder.iterdir()) == []
    assert list((site.root / 'tmp').iterdir()) == []


def test_interrupt_is_not_remembered_as_a_failure(site, monkeypatch):
    run = compiler._run

    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(compiler, '_run', interrupted)
    with pytest.raises(KeyboardInterrupt):
        site.compile()
    assert list(site.folder.iterdir()) == []
    monkeypatch.setattr(compiler, '_run', run)
    assert ctypes.CDLL(str(site.compile())).answer() == 42


def test_interrupt_while_waiting_for_the_lock(site):
    path = site.compile()
    path.unlink()
    lock = path.with_suffix('.lock')
    script = """
        def stop():
            raise KeyboardInterrupt
        compiler._whole = lambda path: stop()
        try:
            build()
        except KeyboardInterrupt:
            print(len(os.listdir('/proc/self/fd')) == before)
    """
    with open(lock, 'w') as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        head = "compiler._find_compiler()\nbefore = len(os.listdir('/proc/self/fd'))\n"
        assert site.run(head + textwrap.dedent(script)).strip() == 'True'
    assert lock.exists()


# Eviction


def entry(folder, name, size, age):
    path = folder / f'{name}-{"0123456789" * 4}.so'
    path.write_bytes(bytes(size))
    os.utime(path, (time.time() - age,) * 2)
    return path


def test_oldest_used_go_first(site, monkeypatch):
    size = site.compile(SOURCE + '\n').stat().st_size
    shutil.rmtree(site.folder)
    site.folder.mkdir(mode=0o700)
    ages = {'a': 5, 'b': 9, 'c': 1}
    second, first, third = (entry(site.folder, name, 40_000, age) for name, age in ages.items())
    stranger = site.folder / 'precious.so'
    stranger.write_bytes(bytes(500_000))
    os.utime(stranger, (1, 1))
    monkeypatch.setattr(cache, 'LIMIT_BYTES', 80_000 + size)
    path = site.compile()
    assert sorted(site.folder.iterdir()) == sorted([second, third, path, stranger])
    assert not first.exists()


def test_libraries_in_use_stay(site, monkeypatch):
    monkeypatch.setattr(cache, 'LIMIT_BYTES', 1)
    first = site.compile()
    os.utime(first, (1, 1))
    unused = entry(site.folder, 'unused', 10, 0)
    second = site.compile(SOURCE + '\n')
    assert first.exists() and second.exists() and not unused.exists()


def test_nothing_goes_below_the_limit(site):
    site.folder.mkdir(mode=0o700)
    old = entry(site.folder, 'old', 1000, 10**8)
    site.compile()
    assert old.exists()
    assert cache.LIMIT_BYTES == 256 * 2**20


def test_what_killed_processes_left_goes_after_an_hour(site):
    site.folder.mkdir(mode=0o700)
    names = f'a-{"0123456789" * 4}.lock', f'b-{"0123456789" * 4}.lock'
    stale, fresh, held = (
        site.folder / '.build-old',
        site.folder / '.build-new',
        site.folder / names[0],
    )
    stale.mkdir()
    (stale / 'half.so').write_text('')
    fresh.mkdir()
    for name in names:
        (site.folder / name).write_text('')
    for path in (stale, *(site.folder / name for name in names)):
        os.utime(path, (1, 1))
    with open(held, 'r+') as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        site.compile()
    assert sorted(site.left()) == ['.build-new', names[0]]
