"""From activity to BOLD and FC: the workloads of peers.py, every implementation meant for this device.

Run with ``pytest benchmarks/test_workloads.py --benchmark-only --benchmark-json=results.json``.
"""

import sys
from pathlib import Path

import brainstate
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from brainfit_fast.core import device, ffi
from brainfit_fast.testing import kernels_in

_HERE = Path(__file__).parent
sys.path[:0] = [str(_HERE), str(_HERE / 'peers' / 'workers')]

from ours import simulated  # noqa: E402
from peers.workloads import WORKLOADS, Length  # noqa: E402
from serving import Setup  # noqa: E402

import brainfit_fast as bf  # noqa: E402

#: Half a second, 20 volumes: what the slow implementations do in a tenth of one.
LENGTH = Length(5_000, 250, 0)


def _skip_elsewhere(implementation):
    """Leave out what does not belong on this device."""
    if implementation == 'cpu_ffi' and device.platform() != 'cpu':
        pytest.skip('a CPU kernel')
    if implementation == 'cpu_ffi' and not ffi.available()[0]:
        pytest.skip(ffi.available()[1])
    if implementation == 'pallas_triton' and device.platform() != 'gpu':
        pytest.skip('interpret mode is not worth timing')


def _function(workload, implementation):
    """FC and BOLD as a pure function of the random key and G."""
    setup = workload.setup('brainfit_fast', 'float32', LENGTH)
    setup = Setup(**setup, **workload.arrays)

    def function(G):
        with bf.use(simulate=implementation):
            return simulated(setup, G)

    G = jnp.asarray(workload.arrays['G'], jnp.float32)
    brainstate.random.seed(0)
    stateful = brainstate.transform.StatefulFunction(function).make_jaxpr(G)
    states = [state.value for state in stateful.get_states(G)]
    return lambda states, G: stateful.jaxpr_call(states, G)[1], (states, G)


@pytest.mark.parametrize(
    'workload', [w for w in WORKLOADS.values() if not w.memory], ids=lambda w: w.name
)
@pytest.mark.parametrize('implementation', ['reference', 'xla', 'cpu_ffi', 'pallas_triton'])
def test_workload(implementation, workload, measure, benchmark):
    _skip_elsewhere(implementation)
    benchmark.group = workload.name
    function, arguments = _function(workload, implementation)
    fc, bold = measure(function, *arguments, rounds=5)
    benchmark.extra_info['kernels'] = sorted(kernels_in(function, *arguments))
    reference, arguments = _function(workload, 'reference')
    expected = jax.jit(reference)(*arguments)
    # float32: rounding grows with the square root of the steps
    limit = 1e-6 * np.sqrt(LENGTH.steps)
    assert np.linalg.norm(bold - expected[1]) < limit * np.linalg.norm(expected[1])
    assert np.abs(fc - expected[0]).max() < 100 * limit
