"""Compile the GPU kernels of ``simulate`` without a GPU and hold what they became against limits.

    python benchmarks/gpu_gate.py --json FILE [--quick]

Each row is one kernel of one network: the value and gradient of the op are traced with the blocks that
dispatch chooses, for parameters that differ by candidate, and each kernel in them is compiled. A breach of a
limit is printed, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import datetime
import itertools
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault('JAX_PLATFORMS', 'cpu')
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import jax
import jax.numpy as jnp
from gpu_compile import TARGETS, CompileError, Kernel, Loop, compile_for, on_device
from gpu_networks import MODELS, NOISES, Network, arguments

from brainfit_fast.ops.simulate import Plan, SimulateArgs, simulate
from brainfit_fast.ops.simulate.triton.heuristics import (
    LARGEST,
    PER_TARGET,
    Block,
    block_of,
    work_of,
)
from brainfit_fast.ops.simulate.triton.kernel import split
from brainfit_fast.testing import equations

#: Longest delay in steps.
DELAYS = (0, 400)
REGIONS = (33, 68, 100, 200, 400, 1000)
PRECISIONS = ('bfloat16x3', 'tensorfloat32', 'float32')
QUICK = {
    'models': ('hopf', 'wong_wang'),
    'regions': (33, 100),
    'archs': ('sm_90a',),
    'noises': ('own',),
    'precisions': ('bfloat16x3',),
}
PLAN = Plan(4096)
#: One in a program, sixteen in a program.
CANDIDATES = (1, 1024)


def networks(given: argparse.Namespace) -> Iterator[Network]:
    """All that are asked for."""
    fields = (given.models, given.regions, given.noises, given.delays, given.candidates)
    for which in itertools.product(*fields, given.precisions):
        network = Network(*which)
        if network.longest_delay and (
            network.noise != given.noises[-1] or network.n_regions > LARGEST
        ):
            # the past and the noise do not meet; larger networks have no kernel with delays
            continue
        usual = network.longest_delay == 0 and network.noise == 'own' and network.n_candidates > 1
        if network.precision != given.precisions[0] and not usual:
            continue
        yield network
        if usual and network.precision == given.precisions[0]:
            yield network._replace(bold=True)


def problem(network: Network) -> tuple[Any, SimulateArgs]:
    """A network and the shapes of its arguments, with words in place of keys."""
    program, args = arguments(network)

    def shape(leaf: Any) -> Any:
        if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
            leaf = jax.random.key_data(leaf)  # a compile-only device takes no keys
        return jax.ShapeDtypeStruct(leaf.shape, leaf.dtype)

    return program, jax.tree.map(shape, args)


def kernels(arch: str, network: Network, program: Any, args: SimulateArgs) -> list[Kernel]:
    """Every kernel of the value and gradient by parameters and weights."""

    def loss(params: Any, weights: Any, rest: SimulateArgs) -> Any:
        states = tuple(
            jax.random.wrap_key_data(leaf) if leaf.dtype == jnp.uint32 else leaf
            for leaf in rest.states
        )
        rest = rest._replace(params=params, weights=weights, states=states)
        result = simulate(program, PLAN, rest, implementation='pallas_triton')
        return jnp.sum(result.samples[0] ** 2), (result.finite, result.rings)

    with on_device(arch), jax.default_matmul_precision(network.asked):
        gradient = jax.make_jaxpr(jax.value_and_grad(loss, argnums=(0, 1), has_aux=True))(
            args.params, args.weights, args
        )
        value = jax.make_jaxpr(lambda a: loss(a.params, a.weights, a))(args)
    found = {}
    for call in (*pallas_calls(value.jaxpr), *pallas_calls(gradient.jaxpr)):
        found.setdefault(str(call.params['name']), call)
    return [
        kernel
        for call in found.values()
        for kernel in compile_for(arch, alone(call), *(v.aval for v in call.invars))
    ]


def pallas_calls(jaxpr: Any) -> Iterator[Any]:
    """The kernel calls of a traced program, and of everything inside it."""
    return (eqn for eqn, _ in equations(jaxpr) if eqn.primitive.name == 'pallas_call')


def alone(call: Any) -> Any:
    """A function of the operands of one kernel call."""
    return lambda *operands: call.primitive.bind(*operands, **call.params)


def rows(arch: str, network: Network) -> Iterator[dict[str, Any]]:
    """What is written and checked of each kernel."""
    seen = set()
    program, args = problem(network)
    work = work_of(split(program).rests[-1])
    for kernel in kernels(arch, network, program, args):
        name = kernel.name.removeprefix('brainfit_fast_simulate_').rstrip('_0123456789')
        if name in seen:
            continue
        seen.add(name)
        block = block_of(
            network.n_regions,
            network.n_candidates,
            network.longest_delay,
            precision=network.precision,
            work=work,
        )
        block = block.back if name.startswith('backward') else block
        counts = {}
        for count, of in COUNTS.items():
            per_step, lanes = executed(kernel, name, network.n_regions, block, of)
            counts[count] = round(per_step * kernel.threads / lanes, 1)
        yield {
            'kernel': name,
            'arch': arch,
            **network._asdict(),
            'in_program': block.candidates,
            'panel': block.panel,
            'regs': kernel.registers,
            'spill_bytes': kernel.spill_bytes,
            'smem_bytes': kernel.shared_bytes,
            **counts,
            'hmma': kernel.count('HMMA', 'HGMMA'),
            'local': kernel.count('LDL', 'STL'),
        }


def executed(
    kernel: Kernel, name: str, n: int, block: Block, of: Callable[[Loop], int]
) -> tuple[float, int]:
    """A count per thread and step, and how many regions and candidates a program holds.

    Pairs that are too near to be read ahead are left out: each takes about ten instructions.
    """
    loops, chunks = kernel.loops, -(-n // block.sources)
    lanes, panel = block.candidates * block.regions, block.candidates * block.panel

    def most(trips: int) -> int:
        return max(loop.executed(trips, of) for loop in loops)

    if name.startswith('keys'):
        return most(1), kernel.threads
    if name.startswith('weights'):
        # one source, and as many steps as fit into a tile
        return most(1) * n, block.regions * PER_TARGET
    if block.launches:
        # the program is the step, with one loop over sources for each sum
        return kernel.outside.executed(chunks, of), panel
    if block.panel:
        # steps, panels, and sources where there are more than a few
        return max(body.executed(chunks, of) for loop in loops for body in loop.inner), panel
    if not block.ahead:
        # sources are summed in a loop of their own where a program holds one candidate
        return most(chunks if block.candidates == 1 else 1), lanes
    [steps] = [loop for loop in loops if loop.inner]
    ahead = -(-n // block.delayed_sources) / block.ahead
    return of(steps) + ahead * of(steps.inner[0]), lanes


#: What is counted per region and step.
COUNTS: dict[str, Callable[[Loop], int]] = {
    'instr_per_region_step': lambda loop: loop.own.total(),
    'special_per_region_step': lambda loop: loop.own['MUFU'],
    'shared_bytes_per_region_step': lambda loop: loop.moved['shared'],
    'global_bytes_per_region_step': lambda loop: loop.moved['global'],
}


def breaches(row: dict[str, Any]) -> list[str]:
    """Which limits a row breaks."""
    found = []
    if row['spill_bytes']:
        found.append(f'{row["spill_bytes"]} bytes spilled')
    if row['local']:
        found.append(f'{row["local"]} accesses of local memory in loops')
    if row['smem_bytes'] > TARGETS[row['arch']].shared_block:
        found.append(f'{row["smem_bytes"]} bytes of shared memory')
    exact = row['precision'] == 'float32' or row['kernel'].startswith('keys')
    if row['in_program'] >= 16 and not exact and not row['hmma']:
        found.append('no tensor-core instruction')
    return found


def written(table: list[dict[str, Any]]) -> str:
    """Rows as JSON, one in a line."""
    facts = {
        'date': datetime.date.today().isoformat(),
        'command': ' '.join(['python', 'benchmarks/gpu_gate.py', *sys.argv[1:]]),
        'jax': jax.__version__,
        'device': 'none: compiled only',
    }
    rows = ',\n  '.join(map(json.dumps, table))
    return f'{json.dumps(facts)[:-1]}, "rows": [\n  {rows}\n]}}\n'


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--json', type=Path, help='write the rows to this file')
    parser.add_argument(
        '--quick',
        action='store_true',
        help='two models, two sizes, one architecture, noise of each candidate its own',
    )
    quick = QUICK if parser.parse_known_args()[0].quick else {}
    parser.add_argument('--models', nargs='*', default=quick.get('models', tuple(MODELS)))
    parser.add_argument('--regions', nargs='*', type=int, default=quick.get('regions', REGIONS))
    parser.add_argument('--archs', nargs='*', default=quick.get('archs', tuple(TARGETS)))
    parser.add_argument('--noises', nargs='*', default=quick.get('noises', NOISES))
    parser.add_argument('--delays', nargs='*', type=int, default=DELAYS, help='longest, in steps')
    parser.add_argument('--candidates', nargs='*', type=int, default=CANDIDATES)
    parser.add_argument('--precisions', nargs='*', default=quick.get('precisions', PRECISIONS))
    given = parser.parse_args()
    table, broken = [], 0
    for arch, network in itertools.product(given.archs, networks(given)):
        try:
            found = list(rows(arch, network))
        except CompileError as error:
            print(arch, *network, f'was not compiled: {error}', flush=True)
            broken += 1
            continue
        for row in found:
            reasons = breaches(row)
            broken += bool(reasons)
            print(*row.values(), *reasons, flush=True)
        table += found
    if given.json:
        given.json.write_text(written(table))
    return 1 if broken else 0


if __name__ == '__main__':
    sys.exit(main())
