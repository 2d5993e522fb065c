"""The Pallas kernels lowered for a CUDA device: interpret mode takes what the Triton lowering refuses."""

import contextlib
import dataclasses
import re
from pathlib import Path

import jax
import jax.numpy as jnp
import pytest

from brainfit_fast.ops.simulate import Plan, pallas_triton, simulate

BENCHMARKS = Path(__file__).resolve().parents[3] / 'benchmarks'
#: Each kind of block, and the kernels that it must have.
NETWORKS = {
    'one': (('hopf', 33, 'own', 0, 2), 'forward keys backward'),
    'many': (('hopf', 33, 'own', 0, 130), 'forward keys backward'),
    'delays': (('hopf', 33, 'none', 30, 130), 'forward backward weights'),
    'panels': (('wong_wang', 200, 'own', 0, 130), 'forward_panels keys backward_panels'),
    'bold': (('wong_wang', 100, 'own', 0, 130, 'bfloat16x3', True), 'forward keys backward'),
    'launches': (('wong_wang', 600, 'none', 0, 1), 'forward_panels backward_panels'),
}


def gpu():
    """Newer versions of JAX ask which GPU it is for."""
    try:
        from jax.sharding import AbstractDevice, AbstractMesh
    except ImportError:
        return contextlib.nullcontext()
    device = AbstractDevice('NVIDIA H100 80GB HBM3', 132, 'gpu')
    return jax.sharding.use_abstract_mesh(AbstractMesh((), (), abstract_device=device))


@pytest.mark.parametrize('name', NETWORKS)
def test_lowered_for_cuda(name, monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    from gpu_networks import Network, arguments

    static = pallas_triton.static
    monkeypatch.setattr(
        pallas_triton, 'static', lambda *a: dataclasses.replace(static(*a), interpret=False)
    )
    given, expected = NETWORKS[name]
    program, args = arguments(Network(*given))

    def loss(params, weights, args):
        args = args._replace(params=params, weights=weights)
        result = simulate(program, Plan(100, 10, 3), args, implementation='pallas_triton')
        return jnp.mean(result.samples[0])

    gradient = jax.jit(jax.value_and_grad(loss, argnums=(0, 1)))
    with gpu():
        lowered = gradient.trace(args.params, args.weights, args).lower(
            lowering_platforms=('cuda',)
        )
    kernels = set(re.findall(r'brainfit_fast_simulate_(\w+?)_triton', lowered.as_text()))
    assert kernels == set(expected.split())
