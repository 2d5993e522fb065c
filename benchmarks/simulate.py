"""Cost of one time step, side by side: the simulate op, a hand-written ``lax.scan``, and brainmass.

    python benchmarks/simulate.py [--regions N] [--steps T] [--repeats R] [--json FILE]

The same Hopf network under exponential Euler for all three; the results are compared before anything is
timed. Contenders take turns, so that a busy machine slows all of them; ratios are medians over turns.
Compile time is apart.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections.abc import Callable
from datetime import date
from typing import Any

import brainstate
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np

import brainfit_fast as bf

DT = 0.1
SPEED = 10.0


def connectome(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Random weights and lengths to 150 mm, zero diagonal."""
    rng = np.random.default_rng(0)
    off = 1 - np.eye(n)
    return rng.random((n, n)) / n * off, rng.random((n, n)) * 150 * off


def model(lib: Any, n: int, delay: bool) -> Any:
    """A Hopf network in ``lib``."""
    weights, lengths = connectome(n)
    node = lib.HopfStep(n, a=0.1, w=0.3)
    wiring = {'distance': lengths, 'speed': SPEED} if delay else {}
    return lib.Network(node, conn=weights, coupled_var='x', k=0.5, delay_init=constant, **wiring)


def constant(shape: Any, **kwargs: Any) -> Any:
    """A history that every contender can start from."""
    return jnp.full(shape, 0.05, jnp.float32)


def simulator(lib: Any, n: int, delay: bool, steps: int) -> Callable[[], Any]:
    """A compiled run of ``lib``'s Simulator."""
    net = model(lib, n, delay)
    sim = lib.Simulator(net, dt=DT * u.ms)

    def run() -> Any:
        return sim.run(steps * DT * u.ms, monitors=lambda m: m.node.x.value)['output']

    return brainstate.transform.jit(run)


def tight_scan(n: int, delay: bool, steps: int) -> Callable[[], Any]:
    """What one writes by hand for this one model: the fastest plain JAX we know.

    Weights and delays are arguments: as constants XLA:CPU would read them 2 to 4 times slower.
    """
    weights, lengths = connectome(n)
    w = jnp.asarray(weights, jnp.float32)
    delays = np.ceil((lengths / SPEED).astype(np.float32) / np.float32(DT)).astype(np.int32)
    depth = int(delays.max()) + 1
    offset = jnp.asarray((-1 - delays) * n + np.arange(n, dtype=np.int32))
    a, omega, beta, k, dt = (jnp.float32(v) for v in (0.1, 0.3, 1.0, 0.5, DT))

    def node(x: Any, y: Any, current: Any) -> tuple[Any, Any]:
        r = x * x + y * y
        dx = (a - beta * r) * x - omega * y + current
        dy = (a - beta * r) * y + omega * x
        jx, jy = a - beta * (r + 2 * x * x), a - beta * (r + 2 * y * y)
        return x + dt * u.math.exprel(dt * jx) * dx, y + dt * u.math.exprel(dt * jy) * dy

    @jax.jit
    def run(w: Any, offset: Any, start: Any) -> Any:
        degree = w.sum(1)

        def undelayed(carry: Any, _: Any) -> Any:
            x, y, history = carry
            x1, y1 = node(x, y, k * (w @ history - degree * x))
            return (x1, y1, x1), x1

        def delayed(carry: Any, _: Any) -> Any:
            x, y, ring, pointer = carry
            position = offset + pointer * n
            position = jnp.where(position < 0, position + depth * n, position)
            s = (w * ring.reshape(-1).at[position].get(mode='promise_in_bounds')).sum(1)
            x1, y1 = node(x, y, k * (s - degree * x))
            ring = jax.lax.dynamic_update_index_in_dim(ring, x1, pointer, 0)
            return (x1, y1, ring, jnp.where(pointer + 1 == depth, 0, pointer + 1)), x1

        body = delayed if delay else undelayed
        return jax.lax.scan(body, start, None, length=steps)[1]

    zeros = jnp.zeros(n, jnp.float32)
    past = jnp.full((depth, n) if delay else n, 0.05, jnp.float32)
    start = (zeros, zeros, past, jnp.int32(0)) if delay else (zeros, zeros, past)
    return lambda: run(w, offset, start)


def measure(contenders: dict[str, Callable[[], Any]], repeats: int) -> dict[str, dict[str, Any]]:
    """Compile each, check that they agree, then time them in turns."""
    rows: dict[str, dict[str, Any]] = {}
    values = {}
    for name, run in contenders.items():
        began = time.perf_counter()
        values[name] = np.asarray(jax.block_until_ready(run()))
        rows[name] = {'first_call_s': time.perf_counter() - began, 'seconds': []}
    reference = values['brainfit_fast']
    for name, value in values.items():
        error = float(np.abs(value - reference).max() / np.abs(reference).max())
        if not error < 1e-3:
            raise SystemExit(f'{name} disagrees with brainfit_fast: relative error {error:.2e}')
        rows[name]['relative_difference'] = error
    for _ in range(repeats):
        for name, run in contenders.items():
            began = time.perf_counter()
            jax.block_until_ready(run())
            rows[name]['seconds'].append(time.perf_counter() - began)
    return rows


def main(argv: list[str] | None = None) -> None:
    """Run the comparison, print a table, and write JSON on request."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--regions', type=int, default=100)
    parser.add_argument('--steps', type=int, default=5000)
    parser.add_argument('--repeats', type=int, default=15)
    parser.add_argument('--json')
    options = parser.parse_args(argv)
    import brainmass

    results = []
    with brainstate.environ.context(dt=DT * u.ms):
        for delay in (False, True):
            contenders = {
                'brainfit_fast': simulator(bf, options.regions, delay, options.steps),
                'tight lax.scan': tight_scan(options.regions, delay, options.steps),
                'brainmass': simulator(brainmass, options.regions, delay, options.steps),
            }
            rows = measure(contenders, options.repeats)
            own = np.array(rows['brainfit_fast']['seconds'])
            for name, row in rows.items():
                seconds = np.array(row.pop('seconds'))
                row |= {
                    'workload': f'hopf, N={options.regions}, {"delays" if delay else "no delay"}',
                    'contender': name,
                    'us_per_step_p20_p50_p80': [
                        round(float(q) / options.steps * 1e6, 3)
                        for q in np.percentile(seconds, [20, 50, 80])
                    ],
                    'ratio_to_brainfit_fast': round(float(np.median(seconds / own)), 2),
                }
                results.append(row)
                print(
                    f'{row["workload"]:28s} {name:16s} '
                    f'{row["us_per_step_p20_p50_p80"][1]:8.2f} us/step  '
                    f'{row["ratio_to_brainfit_fast"]:6.2f} x  first call {row["first_call_s"]:.2f} s'
                )
    if options.json:
        facts = {
            'command': ' '.join(['python', 'benchmarks/simulate.py', *(argv or sys.argv[1:])]),
            'date': date.today().isoformat(),
            'implementation': 'reference',
            'machine': {'processor': _processor(), 'cores': jax.device_count(), 'system': platform.platform()},
            'versions': {'python': platform.python_version(), 'jax': jax.__version__,
                         'brainstate': brainstate.__version__, 'brainmass': brainmass.__version__},
        }  # fmt: skip
        with open(options.json, 'w') as file:
            json.dump({**facts, 'rows': results}, file, indent=1)


def _processor() -> str:
    try:
        with open('/proc/cpuinfo') as file:
            return next(
                line.split(':')[1].strip() for line in file if line.startswith('model name')
            )
    except (OSError, StopIteration):
        return platform.processor()


if __name__ == '__main__':
    main()
