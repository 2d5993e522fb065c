"""What every worker shares: its task, and how it answers benchmarks/peers.py, one line of JSON at a time.

Standard library and NumPy alone: workers run in environments where nothing else is certain.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

__all__ = ['DT', 'Setup', 'serve']

DT = 0.1  # ms


@dataclass(frozen=True)
class Setup:
    """One simulation, or several that run together.

    Attributes
    ----------
    model : {'rww', 'ei', 'hopf'}
    variant : str
        Which way of the peer; empty where it has one.
    observation : {'balloon', 'hrf'}
    steps, tr_steps : int
        Time steps of the run, and between two volumes.
    removed : int
        Volumes at the start that FC does not see.
    noise, delays : bool
    dtype : str
    weights, lengths : array (N, N)
        ``[target, source]``, and mm.
    back : array (N, N) of int
        Steps before the present state that each pair reads.
    slow_back : array (N, N) of int
        The same at a lower speed.
    G : array (simulations,)
        Global coupling.
    J_i : array (simulations, N)
        Inhibitory weights of the excitatory-inhibitory model.
    constants : dict of str to float
        Of the models, of BOLD, and of the noise.
    """

    model: str
    variant: str
    observation: str
    steps: int
    tr_steps: int
    removed: int
    noise: bool
    delays: bool
    dtype: str
    weights: np.ndarray
    lengths: np.ndarray
    back: np.ndarray
    slow_back: np.ndarray
    G: np.ndarray
    J_i: np.ndarray
    constants: dict[str, float]

    @property
    def volumes(self) -> int:
        """Volumes of BOLD."""
        return self.steps // self.tr_steps


#: What a worker makes of a set-up: ``run(seed) -> (FC (simulations, N, N), BOLD (simulations, volumes, N))``.
Make = Callable[[Setup], Callable[[int], tuple[Any, Any]]]


def serve(make: Make) -> None:
    """Do the task on the command line: ``check``, or ``time`` with a turn per line of the input."""
    at_import = _peak_mb()
    task = json.loads(sys.argv[1])
    arrays = dict(np.load(task['arrays']))

    def run(**changes: Any) -> Callable[[int], tuple[Any, Any]]:
        setup = Setup(**{**task['setup'], **arrays, **changes})
        if setup.constants['speed'] != task['setup']['constants']['speed']:
            setup = replace(setup, back=setup.slow_back)
        call = make(setup)
        return lambda seed: tuple(np.asarray(value) for value in call(seed))

    if task['kind'] == 'check':
        _say(_check(run, task))
        return
    began = time.perf_counter()
    call = run()
    call(0)
    first = time.perf_counter() - began
    _say({'first_call_s': first})
    turns: list[float] = []
    for line in sys.stdin:
        if line.strip() == 'end':
            break
        began = time.perf_counter()
        call(0)
        turns.append(time.perf_counter() - began)
        _say({'seconds': turns[-1]})
    _say(
        {
            'seconds': turns,
            'first_call_s': first,
            'import_mb': at_import,
            'peak_mb': _peak_mb(),
        }
    )


def _check(run: Any, task: dict[str, Any]) -> dict[str, Any]:
    """BOLD without noise, at the slow speed too where the task names it; mean FC and the spread of BOLD by
    seed; whether one seed repeats its bits.
    """
    silent = run(noise=False, **task['silent'])(0)[1]
    bold = {'silent': silent}
    if 'slow' in task:
        bold['slow'] = run(noise=False, **task['silent'], **task['slow'])(0)[1]
    np.savez(task['bold'], **bold)
    noisy, removed = run(**task['noisy']), task['noisy']['removed']
    found = [noisy(seed) for seed in task['seeds']]
    again = noisy(task['seeds'][-1])
    return {
        'finite': bool(np.isfinite(silent).all() and all(np.isfinite(fc).all() for fc, _ in found)),
        'mean_fc': [float(_mean_fc(fc)) for fc, _ in found],
        'bold_spread': [float(bold[:, removed:].std(1).mean()) for _, bold in found],
        'repeats_equal': all(
            a.tobytes() == b.tobytes() for a, b in zip(found[-1], again, strict=True)
        ),
    }


def _mean_fc(fc: np.ndarray) -> Any:
    """Mean correlation of all pairs of regions and all simulations."""
    upper = np.triu_indices(fc.shape[-1], 1)
    return fc[:, upper[0], upper[1]].mean()


def _say(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)


def _peak_mb() -> float:
    """Largest resident memory of this process so far."""
    with open('/proc/self/status') as file:
        line = next(line for line in file if line.startswith('VmHWM'))
    return int(line.split()[1]) / 1024
