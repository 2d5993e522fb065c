"""The Pallas kernels on a GPU: right first, then how fast.

    python benchmarks/gpu.py --json FILE [--rows NAME ...] [--small] [--goals]

Instructions of the kernels are compared with NumPy, kernels with the reference on the same device, both by
the norm of the difference over that of what is expected. Then networks are timed: the median over repeats,
each waited for, compile time apart. The exit status is 1 where something is wrong. ``--small`` makes all of it
a trial that runs anywhere, kernels then interpreted; ``--goals`` adds runs of minutes of simulated time.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import datetime
import json
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import jax
import jax.numpy as jnp
import numpy as np
from gpu_networks import MODELS, Network, arguments

from brainfit_fast.codegen.block_maths import Fast, Instructions, Ptx
from brainfit_fast.core import device, pallas
from brainfit_fast.ops.fc import functional_connectivity
from brainfit_fast.ops.simulate import Plan, simulate

KERNEL = 'pallas_triton'
#: The kernels in C++, which are timed on the processor of the same machine.
PROCESSOR = 'cpu_ffi'
#: Largest error by precision, and of the instructions in units of the last place.
LIMITS = {'bfloat16x3': 1e-4, 'float32': 1e-4, 'tensorfloat32': 5e-3}
ULPS = 64


# -- right -----------------------------------------------------------------------------------------------


def instructions() -> Iterator[dict[str, Any]]:
    """Each elementary function against NumPy in float64."""
    interpret = device.platform() != 'gpu'
    maths = Fast(Instructions() if interpret else Ptx(pallas.triton().elementwise_inline_asm))
    x = np.random.default_rng(0).uniform(-8, 8, 1024).astype(np.float32)
    inside = (x / 8.001).astype(np.float32)
    wide = x.astype(float)
    cases: dict[str, tuple[np.ndarray, Any]] = {
        'exp': (x, np.exp(wide)),
        'exp2': (x, np.exp2(wide)),
        'expm1': (x, np.expm1(wide)),
        'exprel': (x, np.expm1(wide) / wide),
        'logistic': (x, 1 / (1 + np.exp(-wide))),
        'tanh': (x, np.tanh(wide)),
        'sqrt': (np.abs(x), np.sqrt(np.abs(wide))),
        'rsqrt': (np.abs(x), 1 / np.sqrt(np.abs(wide))),
        'reciprocal': (x, 1 / wide),
        'sin': (x, np.sin(wide)),
        'cos': (x, np.cos(wide)),
        'erf_inv': (inside, np.asarray(jax.scipy.special.erfinv(jnp.asarray(inside)), float)),
    }
    for name, (given, expected) in cases.items():
        function = getattr(maths, name)

        def kernel(ref: Any, out: Any, function: Any = function) -> None:
            out[...] = function(ref[...])

        spec = pallas.pl().BlockSpec((1024,), lambda i: (0,))
        run = pallas.triton_call(
            kernel, name=name, grid=(1,), in_specs=[spec], out_specs=spec,
            out_shape=jax.ShapeDtypeStruct((1024,), jnp.float32), interpret=interpret,
        )  # fmt: skip
        found = np.asarray(run(given), float)
        # approximate instructions are right to an absolute error where a result is near zero
        unit = np.spacing(np.maximum(np.abs(expected), 0.25).astype(np.float32))
        ulps = float(np.max(np.abs(found - expected) / unit))
        yield {'check': f'instruction {name}', 'ulps': round(ulps, 1), 'ok': ulps < ULPS}


def networks(small: bool) -> list[tuple[Network, Plan]]:
    """What is compared with the reference."""
    if small:
        plan = Plan(12, 2, 3)
        return [
            (Network('hopf', 5, 'own', 0, 2), plan),
            (Network('wong_wang', 5, 'own', 6, 2), plan),
            (Network('hopf', 5, 'own', 0, 129), plan),
        ]
    plan = Plan(200, 20, 4)
    found = [
        Network(model, n, 'own', longest, many)
        for model in MODELS
        for n in (33, 100)
        for longest in (0, 70)
        for many in (2, 130)
    ]
    found += [Network('hopf', 100, 'shared', 0, 130), Network('hopf', 1, 'own', 0, 2)]
    found += [
        Network('wong_wang', n, 'own', longest, many)
        for n in (200, 400)
        for longest in (0, 70)
        for many in (2, 130)
    ]
    found += [Network('hopf', 1000, 'own', 0, many) for many in (1, 130)]
    found += [
        Network('hopf', 100, 'own', 0, 130, precision) for precision in ('tensorfloat32', 'float32')
    ]
    return [(network, plan) for network in found]


def value_and_gradient(program: Any, plan: Plan, implementation: str) -> Callable[..., Any]:
    """Samples, final states, whether all was finite, and a gradient by parameters and weights."""

    def loss(params: Any, weights: Any, args: Any) -> Any:
        args = args._replace(params=params, weights=weights)
        result = simulate(program, plan, args, implementation=implementation)
        x = result.samples[0]
        return jnp.mean(jnp.sin(3 * x)), (x, result.states, result.finite)

    grad = jax.value_and_grad(loss, argnums=(0, 1), has_aux=True)
    return jax.jit(lambda args: grad(args.params, args.weights, args))


def error(found: Any, expected: Any) -> float:
    """Norm of the difference over that of what is expected; NaN where something is not finite."""
    found, expected = np.asarray(found, float), np.asarray(expected, float)
    scale = float(np.linalg.norm(expected))
    return float(np.linalg.norm(found - expected)) / (scale or 1.0)


def compared(network: Network, plan: Plan) -> dict[str, Any]:
    """A kernel against the reference."""
    program, args = arguments(network)
    reference = value_and_gradient(program, plan, 'reference')
    (_, (x, states, finite)), (params, weights) = reference(args)
    with jax.default_matmul_precision(network.asked):
        own = value_and_gradient(program, plan, KERNEL)
        (_, (own_x, own_states, own_finite)), (own_params, own_weights) = own(args)
    errors = {
        'samples': error(own_x, x),
        'parameters': max(map(error, own_params, params)),
        'weights': max(map(error, own_weights, weights)),
    }
    keys_equal = all(
        bool(jnp.all(jax.random.key_data(a) == jax.random.key_data(b)))
        for a, b in zip(own_states, states, strict=True)
        if jnp.issubdtype(a.dtype, jax.dtypes.prng_key)
    )
    limit = LIMITS[network.precision]
    ok = all(e < limit for e in errors.values()) and keys_equal
    ok = ok and bool(jnp.all(finite)) and bool(jnp.all(own_finite))
    return {
        'check': 'network',
        **network._asdict(),
        **{name: float(f'{e:.2g}') for name, e in errors.items()},
        'keys_equal': keys_equal,
        'ok': ok,
    }


def correlations() -> dict[str, Any]:
    """The kernel of functional connectivity against NumPy."""
    x = np.random.default_rng(1).normal(size=(3, 200, 100)).astype(np.float32)
    found = jax.jit(lambda x: functional_connectivity(x, implementation=KERNEL))(x)
    expected = np.stack([np.corrcoef(one.T) for one in x.astype(float)])
    e = error(found, expected)
    return {'check': 'functional connectivity', 'error': float(f'{e:.2g}'), 'ok': e < 1e-5}


# -- fast ------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Timing:
    """A row of timings.

    Attributes
    ----------
    network : Network
    n_steps : int
    gradient : bool
        Whether the run is walked back as well.
    implementation : str
    """

    network: Network
    n_steps: int
    gradient: bool = False
    implementation: str = KERNEL


def timings(small: bool, goals: bool) -> dict[str, Timing]:
    """What is timed, by name."""
    if small:
        network = Network('wong_wang', 5, 'own', 0, 2)
        return {
            'small': Timing(network, 20, True),
            'small, C++ on the CPU': Timing(network, 20, True, PROCESSOR),
        }
    many = Network('wong_wang', 100, 'shared', 0, 32768)
    thousand = Network('wong_wang', 100, 'own', 0, 1024)
    delayed = Network('hopf', 100, 'none', 400, 1024)
    rows = {
        'many, shared noise': Timing(many, 2000),
        'many, own noise': Timing(many._replace(noise='own'), 2000),
        'many, no noise': Timing(many._replace(noise='none'), 2000),
        'many, lax.scan': Timing(many._replace(n_candidates=4096), 200, False, 'reference'),
        'one': Timing(many._replace(n_candidates=1, noise='own'), 100_000),
        'one, lax.scan': Timing(
            many._replace(n_candidates=1, noise='own'), 2000, False, 'reference'
        ),
        'thousand': Timing(thousand, 10_000),
        'thousand, gradient': Timing(thousand, 10_000, True),
        'thousand, C++ on the CPU': Timing(thousand, 200, False, PROCESSOR),
        'thousand, gradient, C++ on the CPU': Timing(thousand, 200, True, PROCESSOR),
        'delays': Timing(delayed, 2000),
        'delays, gradient': Timing(delayed, 2000, True),
        'delays, one': Timing(delayed._replace(n_candidates=1), 20_000),
        '400 regions': Timing(thousand._replace(n_regions=400), 1000),
        '400 regions, gradient': Timing(thousand._replace(n_regions=400), 1000, True),
        '4000 regions': Timing(Network('hopf', 4000, 'none', 0, 1), 1000),
        'float32': Timing(thousand._replace(precision='float32'), 1000),
        'tensorfloat32': Timing(thousand._replace(precision='tensorfloat32'), 10_000),
    }
    if goals:
        rows['32,768 simulations of 60 s, shared noise'] = Timing(many, 600_000)
        rows['32,768 simulations of 60 s, own noise'] = Timing(many._replace(noise='own'), 600_000)
        rows['one simulation of 900 s'] = Timing(
            many._replace(n_candidates=1, noise='own'), 9_000_000
        )
    return rows


def timed(row: Timing, repeats: int) -> dict[str, Any]:
    """Compile, and run several times."""
    on = jax.devices('cpu')[0] if row.implementation == PROCESSOR else None
    with jax.default_device(on):
        return _timed(row, repeats)


def _timed(row: Timing, repeats: int) -> dict[str, Any]:
    network = row.network
    program, args = arguments(network)
    plan = Plan(row.n_steps, 0, max(row.n_steps // 10, 1))

    def loss(params: Any, args: Any) -> Any:
        result = simulate(
            program, plan, args._replace(params=params), implementation=row.implementation
        )
        return jnp.mean(result.samples[0]), result.finite

    def run(args: Any) -> Any:
        if row.gradient:
            return jax.value_and_grad(loss, has_aux=True)(args.params, args)
        return loss(args.params, args)

    with jax.default_matmul_precision(network.asked):
        began = time.perf_counter()
        compiled = jax.jit(run).lower(args).compile()
        compile_s = time.perf_counter() - began
    out = jax.block_until_ready(compiled(args))
    finite = bool(jnp.all((out[0] if row.gradient else out)[1]))
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        jax.block_until_ready(compiled(args))
        seconds.append(time.perf_counter() - began)
        if sum(seconds) > 60:
            break
    median = statistics.median(seconds)
    region_steps = network.n_regions * network.n_candidates * row.n_steps
    return {
        **network._asdict(),
        'implementation': row.implementation,
        'n_steps': row.n_steps,
        'gradient': row.gradient,
        'compile_s': round(compile_s, 2),
        'median_s': float(f'{median:.4g}'),
        'fastest_s': float(f'{min(seconds):.4g}'),
        'runs': len(seconds),
        'us_per_step': float(f'{median / row.n_steps * 1e6:.4g}'),
        'region_steps_per_s': float(f'{region_steps / median:.4g}'),
        'finite': finite,
    }


# -- report ----------------------------------------------------------------------------------------------


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--json', type=Path, help='write everything to this file')
    parser.add_argument('--rows', nargs='*', help='only timings whose name contains one of these')
    parser.add_argument('--small', action='store_true', help='a trial that runs anywhere')
    parser.add_argument('--goals', action='store_true', help='minutes of simulated time, too')
    parser.add_argument('--unchecked', action='store_true', help='timings alone')
    parser.add_argument('--repeats', type=int, default=5)
    given = parser.parse_args()
    if device.platform() != 'gpu' and not given.small:
        parser.error(f'the device is a {device.platform()}, not a GPU; try --small')
    report: dict[str, Any] = {
        'device': jax.devices()[0].device_kind,
        'date': datetime.date.today().isoformat(),
        'command': ' '.join(['python', 'benchmarks/gpu.py', *sys.argv[1:]]),
        'jax': jax.__version__,
        'python': platform.python_version(),
        'checks': [],
        'timings': [],
    }

    def write() -> None:
        if given.json:
            given.json.write_text(json.dumps(report, indent=1) + '\n')

    checks: list[Callable[[], Any]] = [lambda: list(instructions()), lambda: [correlations()]]
    checks += [
        lambda network=network, plan=plan: [compared(network, plan)]  # type: ignore[misc]
        for network, plan in networks(given.small)
    ]
    wrong = 0
    for check in () if given.unchecked else checks:
        for found in check():
            report['checks'].append(found)
            wrong += not found['ok']
            print(*found.values(), '' if found['ok'] else 'WRONG', flush=True)
        write()
    for name, row in timings(given.small, given.goals).items():
        if given.rows and not any(part in name for part in given.rows):
            continue
        with reported(report, name):
            report['timings'].append({'name': name, **timed(row, given.repeats)})
            print(*report['timings'][-1].values(), flush=True)
        write()
    return 1 if wrong else 0


@contextlib.contextmanager
def reported(report: dict[str, Any], name: str) -> Iterator[None]:
    """Go on with the other rows where one fails, and say so."""
    try:
        yield
    except Exception as problem:
        report['timings'].append(
            {'name': name, 'error': f'{type(problem).__name__}: {problem}'[:500]}
        )
        print(name, report['timings'][-1]['error'], flush=True)


if __name__ == '__main__':
    sys.exit(main())
