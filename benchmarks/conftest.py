"""What every benchmark stores beside its times: device, versions, kernel level, compile time."""

import importlib.metadata
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

from brainfit_fast.core import device, ffi

_PACKAGES = ('jax', 'jaxlib', 'brainstate', 'numpy')


def _processor() -> str:
    """Model name of the processor, where the system tells it."""
    info = Path('/proc/cpuinfo')
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith('model name'):
                return line.split(':', 1)[1].strip()
    return platform.processor() or platform.machine()


def pytest_benchmark_update_machine_info(config: pytest.Config, machine_info: dict) -> None:
    """Add what decides the speed of a kernel to the stored results."""
    facts = device.facts()
    machine_info['brainfit_fast'] = {
        'device': f'{facts.platform}: {facts.kind}',
        'processor': _processor(),
        'cores': len(os.sched_getaffinity(0))
        if hasattr(os, 'sched_getaffinity')
        else os.cpu_count(),
        'cpu_level': ffi.cpu_level() if ffi.available()[0] else None,
        'versions': {name: importlib.metadata.version(name) for name in _PACKAGES},
    }


@pytest.fixture
def measure(benchmark: Any) -> Callable[..., Any]:
    """Time a jitted function after compiling it; the time to compile is stored beside."""

    def run(function: Callable[..., Any], *args: Any, rounds: int = 30) -> Any:
        start = time.perf_counter()
        compiled = jax.jit(function).lower(*args).compile()
        benchmark.extra_info['compile_seconds'] = time.perf_counter() - start
        result = benchmark.pedantic(
            lambda: jax.block_until_ready(compiled(*args)), rounds=rounds, warmup_rounds=3
        )
        times = benchmark.stats.stats.data if benchmark.stats else []
        for percent in (20, 50, 80) if times else ():
            benchmark.extra_info[f'p{percent}_us'] = 1e6 * float(np.percentile(times, percent))
        return result

    return run
