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
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault('JAX_PLATFORMS', 'cpu')
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import brainstate
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
from gpu_compile import TARGETS, CompileError, Kernel, compile_for, on_device

import brainfit_fast as bf
from brainfit_fast.codegen.node import node_of
from brainfit_fast.monitors import measurement
from brainfit_fast.ops.simulate import Plan, SimulateArgs, simulate
from brainfit_fast.ops.simulate.triton.heuristics import (
    LARGEST,
    PER_TARGET,
    SOURCES,
    Block,
    block_of,
    work_of,
)
from brainfit_fast.ops.simulate.triton.kernel import split
from brainfit_fast.program.arrays import gather
from brainfit_fast.program.build import build

#: Model: class, coupled variable, noise arguments.
MODELS = {
    'hopf': (bf.HopfStep, 'x', ('noise_x', 'noise_y')),
    'wilson_cowan': (bf.WilsonCowanStep, 'rE', ('noise_E', 'noise_I')),
    'montbrio': (bf.MontbrioPazoRoxinStep, 'r', ('noise_v',)),
    'fitzhugh_nagumo': (bf.FitzHughNagumoStep, 'V', ('noise_V', 'noise_w')),
    'wong_wang': (bf.ReducedWongWangStep, 'S', ('noise_S',)),
}
NOISES = ('none', 'shared', 'own')
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


class Network(NamedTuple):
    """What is compiled.

    Attributes
    ----------
    arch, model : str
    n_regions : int
    noise : str
        ``'none'``, ``'shared'`` by all candidates, or ``'own'``.
    longest_delay : int
        In steps.
    n_candidates : int
    precision : str
        Of products: ``'bfloat16x3'``, which is the default, or a name that JAX knows.
    """

    arch: str
    model: str
    n_regions: int
    noise: str
    longest_delay: int
    n_candidates: int
    precision: str


def networks(given: argparse.Namespace) -> Iterator[Network]:
    """All that are asked for."""
    fields = (
        given.archs,
        given.models,
        given.regions,
        given.noises,
        given.delays,
        given.candidates,
    )
    for which in itertools.product(*fields, given.precisions):
        network = Network(*which)
        if network.longest_delay and (
            network.noise != given.noises[-1] or network.n_regions > LARGEST
        ):
            # the past and the noise do not meet; larger networks have no kernel with delays
            continue
        default = network.precision == given.precisions[0]
        if not default and (
            network.n_candidates == 1 or network.longest_delay or network.noise != 'own'
        ):
            # those are summed in float32 anyway
            continue
        yield network


def problem(network: Network) -> tuple[Any, SimulateArgs]:
    """A network and the shapes of its arguments."""
    _, model, n, noise, longest, many, _ = network
    cls, variable, names = MODELS[model]
    noises = {name: bf.GaussianNoise(n, sigma=0.1) for name in names if noise != 'none'}
    with brainstate.environ.context(dt=0.1 * u.ms, precision=32):
        conn = np.ones((n, n)) - np.eye(n)
        where = {'distance': conn * 0.1 * longest, 'speed': 1.0} if longest else {}
        net = bf.Network(
            cls(n, **noises), conn=conn, coupling='diffusive', coupled_var=variable, k=0.1, **where
        )
        brainstate.nn.init_all_states(net)
        built = build(net, measurement(net, f'node.{variable}'), (), 0.1 * u.ms)
        given = gather(built)

    def shape(leaf: Any, candidates: int = 1) -> Any:
        return jax.ShapeDtypeStruct((candidates, *leaf.shape), leaf.dtype)

    # words in place of keys, which a compile-only device does not take
    words = jax.ShapeDtypeStruct((many if noise == 'own' else 1, 2), jnp.uint32)
    states = tuple(
        words if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key) else shape(leaf, many)
        for leaf in given.states
    )
    params = tuple(shape(leaf, many) for leaf in given.params)
    rest = jax.tree.map(shape, (given.consts, given.rings, given.weights, given.delays))
    consts, rings, weights, delays = rest
    args = SimulateArgs(
        params, consts, states, rings, weights, delays, (), (), (),
        tuple(jax.ShapeDtypeStruct(p.shape, p.dtype) for p in given.pointers),
        jax.ShapeDtypeStruct((), jnp.float32), jax.ShapeDtypeStruct((), jnp.int32),
    )  # fmt: skip
    node_of(built.program)  # folds constants, which a compile-only device cannot
    return built.program, args


def kernels(network: Network, program: Any, args: SimulateArgs) -> list[Kernel]:
    """Every kernel of the value and gradient by parameters and weights."""

    def loss(params: Any, weights: Any, rest: SimulateArgs) -> Any:
        states = tuple(
            jax.random.wrap_key_data(leaf) if leaf.dtype == jnp.uint32 else leaf
            for leaf in rest.states
        )
        rest = rest._replace(params=params, weights=weights, states=states)
        result = simulate(program, PLAN, rest, implementation='pallas_triton')
        return jnp.sum(result.samples[0] ** 2), (result.finite, result.rings)

    asked = None if network.precision == 'bfloat16x3' else network.precision
    with on_device(network.arch), jax.default_matmul_precision(asked):
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
        for kernel in compile_for(network.arch, alone(call), *(v.aval for v in call.invars))
    ]


def pallas_calls(jaxpr: Any) -> Iterator[Any]:
    """The kernel calls of a traced program, and of everything inside it."""
    for eqn in jaxpr.eqns:
        if eqn.primitive.name == 'pallas_call':
            yield eqn
            continue
        for value in jax.tree.leaves(
            list(eqn.params.values()), is_leaf=lambda p: hasattr(p, 'eqns')
        ):
            inner = getattr(value, 'jaxpr', value)
            if hasattr(inner, 'eqns'):
                yield from pallas_calls(inner)


def alone(call: Any) -> Any:
    """A function of the operands of one kernel call."""
    return lambda *operands: call.primitive.bind(*operands, **call.params)


def rows(network: Network) -> Iterator[dict[str, Any]]:
    """What is written and checked of each kernel."""
    seen = set()
    program, args = problem(network)
    work = work_of(split(program).rests[-1])
    for kernel in kernels(network, program, args):
        name = kernel.name.removeprefix('brainfit_fast_simulate_').rstrip('_0123456789')
        if name in seen:
            continue
        seen.add(name)
        block = block_of(
            network.n_regions,
            network.n_candidates,
            network.longest_delay,
            precision=network.precision,
            back=not name.startswith('forward') or name.endswith('kept'),
            work=work,
        )
        per_step, lanes = executed(kernel, name, network.n_regions, block)
        yield {
            'kernel': name,
            **network._asdict(),
            'in_program': block.candidates,
            'panel': block.panel,
            'regs': kernel.registers,
            'spill_bytes': kernel.spill_bytes,
            'smem_bytes': kernel.shared_bytes,
            'instr_per_region_step': round(per_step * kernel.threads / lanes, 1),
            'hmma': kernel.count('HMMA', 'HGMMA'),
            'local': kernel.count('LDL', 'STL'),
        }


def executed(kernel: Kernel, name: str, n: int, block: Block) -> tuple[float, int]:
    """Instructions of a thread per step, and how many regions and candidates a program holds.

    Pairs that are too near to be read ahead are left out: each takes about ten instructions.
    """
    loops = kernel.loops
    lanes, panel = block.candidates * block.regions, block.candidates * block.panel
    if name.startswith('keys'):
        return max(loop.executed(1) for loop in loops), kernel.threads
    if name.startswith('weights'):
        # one source, and as many steps as fit into a tile
        return max(loop.executed(1) for loop in loops) * n, block.regions * PER_TARGET
    chunks = -(-n // SOURCES)
    if block.launches:
        # the program is the step, with one loop over sources for each sum
        return kernel.outside + chunks * sum(loop.executed(1) for loop in loops), panel
    if block.panel:
        # steps, panels, sources
        [body] = [inner for loop in loops for inner in loop.inner if inner.inner]
        return body.executed(chunks), panel
    if not block.ahead:
        # sources are summed in a loop of their own where a program holds one candidate
        trips = chunks if block.candidates == 1 else 1
        return max(loop.executed(trips) for loop in loops), lanes
    [steps] = [loop for loop in loops if loop.inner]
    ahead = -(-n // block.sources) / block.ahead
    return steps.own.total() + ahead * steps.inner[0].own.total(), lanes


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
    for network in networks(given):
        try:
            found = list(rows(network))
        except CompileError as error:
            print(*network, f'was not compiled: {error}', flush=True)
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
