"""Units that are compiled once per CPU level must not share code between levels.

A function with vague linkage that two levels both instantiate would be merged by the linker,
and an older processor could be handed instructions that it does not have.
"""

import platform
import shutil
import subprocess
from pathlib import Path

import pytest

KERNELS = Path(__file__).parent.parent.parent / 'kernels'
COMPILER = shutil.which('c++') or shutil.which('g++') or shutil.which('clang++')
X86 = platform.machine() in ('x86_64', 'AMD64')
LEVELS = ('v2', 'v3', 'v4') if X86 else ('baseline',)


def compiled(source, level, folder):
    flags = [f'-march=x86-64-{level}', '-DBRAINFIT_FAST_X86_LEVELS'] if X86 else []
    target = folder / f'{source.stem}_{level}.o'
    command = [
        COMPILER,
        '-std=c++17',
        '-O1',
        '-fPIC',
        '-fno-math-errno',
        '-fno-exceptions',
        '-Wall',
        '-Wextra',
    ]
    command += ['-Werror', *flags, f'-DBRAINFIT_FAST_LEVEL={level}', f'-I{KERNELS / "include"}']
    subprocess.run([*command, '-c', str(source), '-o', str(target)], check=True, timeout=300)
    return target


@pytest.mark.skipif(COMPILER is None or shutil.which('nm') is None, reason='needs a C++ compiler')
@pytest.mark.parametrize('source', sorted((KERNELS / 'levels').glob('*.cc')), ids=lambda p: p.stem)
def test_every_symbol_belongs_to_its_level(source, tmp_path):
    for level in LEVELS:
        listing = subprocess.run(
            ['nm', '--defined-only', '-C', str(compiled(source, level, tmp_path))],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()
        symbols = [line.split(maxsplit=2) for line in listing]
        shared = [
            name
            for _, kind, name in symbols
            if kind in 'TtWwVvuDBR' and f'brainfit_fast::{level}::' not in name
        ]
        assert len(symbols) > 0
        assert shared == []


def test_there_are_sources():
    assert [p.name for p in (KERNELS / 'levels').glob('*.cc')]
