"""Compile GPU kernels on a machine without a GPU, and read what the machine code is made of.

A function is lowered for a compile-only CUDA device and handed to XLA's own GPU compiler inside the CUDA
plugin of JAX, which runs Triton, LLVM and ``ptxas``. A ``ptxas`` of our own, first on PATH, passes everything
through to the real one and keeps the PTX, the machine code and the report.

Needs the CUDA plugin, ``ptxas``, libdevice and ``nvdisasm``; as wheels::

    pip install -r benchmarks/gpu_gate.txt

JAX_PLATFORMS=cpu has to be set before JAX starts: the plugin then registers although no CUDA library is there.
"""

from __future__ import annotations

import atexit
import collections
import contextlib
import functools
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np

__all__ = ['TARGETS', 'CompileError', 'Kernel', 'Loop', 'Target', 'compile_for', 'on_device']


@dataclass(frozen=True)
class Target:
    """A GPU as its vendor describes it.

    Attributes
    ----------
    kind : str
        A name that JAX's Pallas lowering knows.
    capability : tuple of int
    accelerated : bool
        Whether instructions of this one architecture are asked for (sm_90a), as a client on it does.
    processors : int
        Streaming multiprocessors.
    lanes : int
        Float32 lanes of one.
    shared, shared_block : int
        Bytes of shared memory of a processor, and those that one block may have.
    memory, bandwidth, cache : int
        Bytes of device memory; bytes per second; bytes of the second-level cache.
    clock : float
        GHz.
    """

    kind: str
    capability: tuple[int, int]
    accelerated: bool
    processors: int
    lanes: int
    shared: int
    shared_block: int
    memory: int
    bandwidth: int
    cache: int
    clock: float

    def description(self) -> str:
        """What XLA wants to know of a device that is not there."""
        extension = 'feature_extension: ACCELERATED_FEATURES' if self.accelerated else ''
        major, minor = self.capability
        return f"""
gpu_device_info {{
  name: "{self.kind}"
  cuda_compute_capability {{ major: {major} minor: {minor} {extension} }}
  threads_per_block_limit: 1024 threads_per_warp: 32 threads_per_core_limit: 2048
  thread_dim_limit_x: 1024 thread_dim_limit_y: 1024 thread_dim_limit_z: 64
  block_dim_limit_x: 2147483647 block_dim_limit_y: 65535 block_dim_limit_z: 65535
  shared_memory_per_block: 49152
  shared_memory_per_block_optin: {self.shared_block}
  shared_memory_per_core: {self.shared}
  registers_per_core_limit: 65536 registers_per_block_limit: 65536
  core_count: {self.processors} fpus_per_core: {self.lanes}
  memory_bandwidth: {self.bandwidth} l2_cache_size: {self.cache}
  clock_rate_ghz: {self.clock} device_memory_size: {self.memory}
  device_address_bits: 64
  driver_version: "13.0.0" runtime_version: "13.0.0" compile_time_toolkit_version: "13.0.0"
  dnn_version: "9.10.0"
}}
platform_name: "CUDA"
dnn_version_info {{ major: 9 minor: 10 patch: 0 }}
device_description_str: "{self.kind}"
"""


TARGETS = {
    'sm_80': Target(
        'NVIDIA A100-SXM4-80GB', (8, 0), False, 108, 64, 167936, 166912,
        85100068864, 2039040000000, 41943040, 1.41,
    ),
    'sm_90a': Target(
        'NVIDIA H100 80GB HBM3', (9, 0), True, 132, 128, 233472, 232448,
        84942979072, 3352320000000, 52428800, 1.98,
    ),
}  # fmt: skip


class CompileError(RuntimeError):
    """A tool is missing, or a kernel was not lowered or compiled."""


@dataclass(frozen=True)
class Loop:
    """A loop of machine code, or what is outside of all loops.

    Attributes
    ----------
    own : Counter
        Instructions outside of inner loops by name; a name is the first word of an opcode.
    moved : Counter
        Bytes that they move per thread, of ``'shared'`` and ``'global'`` memory.
    inner : tuple of Loop
    """

    own: collections.Counter[str]
    moved: collections.Counter[str]
    inner: tuple[Loop, ...] = ()

    def count(self, *names: str) -> int:
        """Instructions of these names, each once."""
        own = sum(self.own[name] for name in names)
        return own + sum(loop.count(*names) for loop in self.inner)

    def executed(
        self, trips: int, of: Callable[[Loop], int] = lambda loop: loop.own.total()
    ) -> int:
        """Instructions of one turn, or another count, in which each inner loop takes ``trips`` turns."""
        return of(self) + trips * sum(loop.executed(trips, of) for loop in self.inner)


@dataclass(frozen=True)
class Kernel:
    """What one kernel became.

    Attributes
    ----------
    name : str
    registers : int
        Per thread.
    spill_bytes : int
        Stores and loads together.
    shared_bytes : int
        Of one block.
    threads : int
        Of one block.
    loops : tuple of Loop
        Those that are not inside another.
    outside : Loop
        What is in none of them.
    ptx, sass : str
    """

    name: str
    registers: int
    spill_bytes: int
    shared_bytes: int
    threads: int
    loops: tuple[Loop, ...]
    outside: Loop
    ptx: str
    sass: str

    def count(self, *names: str) -> int:
        """Instructions of these names in all loops."""
        return sum(loop.count(*names) for loop in self.loops)


# -- tools -----------------------------------------------------------------------------------------------


def _wheel_file(pattern: str) -> Path | None:
    for folder in sys.path:
        for hit in sorted(Path(folder).glob(f'nvidia/*/{pattern}')):
            return hit
    return None


def _tool(name: str) -> Path | None:
    found = shutil.which(name)
    return _wheel_file(f'bin/{name}') or (Path(found) if found else None)


@functools.cache
def _toolkit() -> Path:
    """A folder shaped like a CUDA toolkit, whose ``ptxas`` keeps what goes through it."""
    real, libdevice = _tool('ptxas'), _wheel_file('nvvm/libdevice/libdevice.10.bc')
    if real is None or libdevice is None or _tool('nvdisasm') is None:
        raise CompileError(
            'ptxas, nvdisasm or libdevice was not found: pip install -r benchmarks/gpu_gate.txt'
        )
    root = Path(tempfile.mkdtemp(prefix='gpu_compile_'))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    (root / 'bin').mkdir()
    (root / 'kept').mkdir()
    (root / 'nvvm').symlink_to(libdevice.parent.parent)
    for name in ('nvlink', 'fatbinary'):
        if (tool := _tool(name)) is not None:
            (root / 'bin' / name).symlink_to(tool)
    script = root / 'bin' / 'ptxas'
    script.write_text(f"""#!/bin/bash
case " $* " in *" --version "*) exec "{real}" "$@";; esac
kept=$(mktemp -d "{root}/kept/XXXXXXXX"); output=; before=
for word in "$@"; do
  [ "$before" = -o ] && output=$word
  case "$word" in -*) ;; *) [ "$before" != -o ] && [ -f "$word" ] && cp "$word" "$kept/ptx";; esac
  before=$word
done
case " $* " in *" -v "*) verbose= ;; *) verbose=-v ;; esac
"{real}" "$@" $verbose > "$kept/report" 2>&1; code=$?
grep -v "^ptxas info" "$kept/report" >&2
[ -f "$output" ] && cp "$output" "$kept/cubin"
exit $code
""")
    script.chmod(0o755)
    os.environ['PATH'] = f'{root / "bin"}{os.pathsep}{os.environ.get("PATH", "")}'
    return root


@functools.cache
def _device(arch: str) -> Any:
    from jax.experimental import topologies

    try:
        found = topologies.get_topology_desc(
            platform='cuda', target_config=TARGETS[arch].description(), topology='1x1x1'
        )
    except Exception as error:
        raise CompileError(
            f'no compile-only CUDA device: {error}. pip install -r benchmarks/gpu_gate.txt, and set '
            'JAX_PLATFORMS=cpu before JAX starts'
        ) from error
    return found.devices[0]


# -- compilation -----------------------------------------------------------------------------------------


@contextlib.contextmanager
def on_device(arch: str) -> Iterator[Any]:
    """Trace as on a GPU of this architecture."""
    device = _device(arch)
    with jax.default_device(device):
        yield device


def compile_for(arch: str, function: Callable[..., Any], *shapes: Any) -> list[Kernel]:
    """Compile ``function(*shapes)`` and return its hand-written kernels.

    Parameters
    ----------
    arch : str
        A key of :data:`TARGETS`.
    function : callable
        Anything that ``jax.jit`` takes.
    *shapes : pytree of jax.ShapeDtypeStruct

    Returns
    -------
    list of Kernel

    Raises
    ------
    CompileError
        With what the compiler said.
    """
    from jax.sharding import SingleDeviceSharding

    root = _toolkit()
    _kept(root)
    try:
        with on_device(arch) as device:
            place = SingleDeviceSharding(device)
            jitted = jax.jit(function, in_shardings=place, out_shardings=place)
            lowered = jitted.trace(*shapes).lower()
        with tempfile.TemporaryDirectory() as dump:
            options = {
                'xla_gpu_cuda_data_dir': str(root),
                'xla_dump_to': dump,
                'xla_dump_hlo_as_text': True,
            }
            lowered.compile(compiler_options=options)
            launches = _launches(Path(dump))
    except Exception as error:
        reports = '\n'.join(report for report, _, _ in _kept(root))
        raise CompileError(f'{type(error).__name__}: {error}\n{reports}'.strip()) from error
    names = re.findall(r'\bname = "([^"\\]+)", num_stages', lowered.as_text())
    return [
        kernel
        for report, ptx, cubin in _kept(root)
        for kernel in _kernels(report, ptx, cubin, launches)
        if kernel.name.startswith(tuple(names))
    ]


def _kept(root: Path) -> list[tuple[str, str, Path]]:
    """Report, PTX and machine code of each run of ptxas since the last call."""
    runs = []
    for folder in sorted((root / 'kept').iterdir(), key=lambda f: f.stat().st_mtime):
        text = {
            name: (folder / name).read_text(errors='replace') if (folder / name).exists() else ''
            for name in ('report', 'ptx')
        }
        cubin = root / f'{folder.name}.cubin'
        if (folder / 'cubin').exists():
            shutil.move(folder / 'cubin', cubin)
        runs.append((text['report'], text['ptx'], cubin))
        shutil.rmtree(folder)
    return runs


def _launches(dump: Path) -> dict[str, tuple[int, int]]:
    """Threads of a block and bytes of dynamic shared memory by kernel."""
    found = {}
    pattern = (
        r'k(?:CustomKernel|Kernel)\b.*?\s(\S+) grid: \[[\d, ]+\] threads: \[([\d, ]+)\]'
        r'(?:\s+cluster: \S+)?\s+shared_memory: (\d+)'
    )
    for file in dump.glob('*thunk_sequence.txt'):
        for name, threads, shared in re.findall(pattern, file.read_text(errors='replace')):
            found[name] = (int(np.prod([int(x) for x in threads.split(',')])), int(shared))
    return found


def _kernels(
    report: str, ptx: str, cubin: Path, launches: dict[str, tuple[int, int]]
) -> list[Kernel]:
    def number(pattern: str, text: str) -> int:
        found = re.search(pattern, text)
        return int(found[1]) if found else 0

    kernels = []
    sass = _disassembled(cubin) if cubin.exists() else {}
    for part in re.split(r'(?=ptxas info\s*: Compiling entry function)', report):
        head = re.match(r"ptxas info\s*: Compiling entry function '([^']+)'", part)
        if head is None:
            continue
        name = head[1]
        threads, dynamic = launches.get(name, (0, 0))
        code = sass.get(name, '')
        outside = _loops(code)
        spills = [number(rf'(\d+) bytes spill {way}', part) for way in ('stores', 'loads')]
        kernels.append(
            Kernel(
                name=name,
                registers=number(r'Used (\d+) registers', part),
                spill_bytes=sum(spills),
                shared_bytes=number(r'(\d+) bytes smem', part) + dynamic,
                threads=threads,
                loops=outside.inner,
                outside=outside,
                ptx=ptx,
                sass=code,
            )
        )
    return kernels


def _disassembled(cubin: Path) -> dict[str, str]:
    """Machine code by kernel."""
    run = subprocess.run(
        [str(_tool('nvdisasm')), '-c', str(cubin)], capture_output=True, text=True, check=True
    )
    cubin.unlink()
    code: dict[str, list[str]] = {}
    current: list[str] = []
    for line in run.stdout.splitlines():
        found = re.match(r'\s*\.section\s+\.text\.([^,\s]+)', line)
        if found:
            current = code.setdefault(found[1], [])
        current.append(line)
    return {name: '\n'.join(lines) for name, lines in code.items()}


_INSTRUCTION = re.compile(r'^\s*/\*[0-9a-f]{4,}\*/\s+(?:@!?U?P\w+\s+)?(([A-Z][A-Z0-9_]*)[\w.]*)')
_MOVES = {
    **dict.fromkeys(('LDG', 'STG'), 'global'),
    **dict.fromkeys(('LDS', 'STS', 'LDSM', 'STSM'), 'shared'),
}


def _bytes(opcode: str) -> int:
    """What one thread moves."""
    words = opcode.split('.')
    if words[0] in ('LDSM', 'STSM'):
        return 4 * int(words[-1]) if words[-1].isdigit() else 4
    sizes = {'128': 16, '64': 8, 'U16': 2, 'S16': 2, 'U8': 1, 'S8': 1}
    return next((sizes[word] for word in words if word in sizes), 4)


def _loops(sass: str) -> Loop:
    """Loops: instructions between the target of a branch backwards and the branch."""
    lines = sass.splitlines()
    labels: dict[str, int] = {}
    spans: list[tuple[int, int]] = []
    for k, line in enumerate(lines):
        if found := re.match(r'\s*(\.L_\w+):', line):
            labels[found[1]] = k
            continue
        found = re.search(r'\bBRA(?:\.\w+)*\s+[^;]*`\((\.L_\w+)\)', line)
        # a loop of a few lines is the trap at the end of the code
        if found and k - labels.get(found[1], k) > 3:
            spans.append((labels[found[1]], k))

    def within(inner: tuple[int, int], outer: tuple[int, int]) -> bool:
        return inner != outer and outer[0] <= inner[0] and inner[1] <= outer[1]

    def loop(span: tuple[int, int]) -> Loop:
        inside = [other for other in spans if within(other, span)]
        nested = [s for s in inside if not any(within(s, other) for other in inside)]
        own: collections.Counter[str] = collections.Counter()
        moved: collections.Counter[str] = collections.Counter()
        for k in range(span[0], span[1] + 1):
            found = _INSTRUCTION.match(lines[k])
            if found is None or any(a <= k <= b for a, b in nested):
                continue
            own[found[2]] += 1
            if found[2] in _MOVES:
                moved[_MOVES[found[2]]] += _bytes(found[1])
        return Loop(own, moved, tuple(map(loop, nested)))

    return (
        loop((0, len(lines) - 1)) if lines else Loop(collections.Counter(), collections.Counter())
    )
