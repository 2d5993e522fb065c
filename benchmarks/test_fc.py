"""Functional connectivity: value and gradient, every implementation meant for this device.

Run with ``pytest benchmarks/test_fc.py --benchmark-only --benchmark-json=results.json``.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from brainfit_fast.core import device, ffi
from brainfit_fast.ops.fc import functional_connectivity
from brainfit_fast.testing import assert_close, kernels_in
from brainfit_fast.testing.fc_workloads import BENCHMARKS, make


def _braintools():
    """The function that ours replaces, wherever the installed version keeps it."""
    try:
        from braintools.analysis.population import functional_connectivity as upstream
    except ImportError:
        from braintools.metric import functional_connectivity as upstream
    return jax.vmap(upstream)


def _function(implementation):
    """The function under test, and a skip where it does not belong on this device."""
    if implementation == 'braintools':
        return _braintools()
    if implementation == 'cpu_ffi' and device.platform() != 'cpu':
        pytest.skip('a CPU kernel')
    if implementation == 'cpu_ffi' and not ffi.available()[0]:
        pytest.skip(ffi.available()[1])
    if implementation == 'pallas_triton' and device.platform() != 'gpu':
        pytest.skip('interpret mode is not worth timing')
    return lambda x: functional_connectivity(x, implementation=implementation)


@pytest.mark.parametrize('what', ['value', 'gradient'])
@pytest.mark.parametrize('workload', BENCHMARKS, ids=lambda w: w.name)
@pytest.mark.parametrize('implementation', ['braintools', 'reference', 'cpu_ffi', 'pallas_triton'])
def test_fc(implementation, workload, what, measure, benchmark):
    benchmark.group = f'{workload.name} {what}'
    function = _function(implementation)
    x = jnp.asarray(make(workload))
    weights = jnp.asarray(
        np.random.default_rng(1).normal(size=(workload.regions,) * 2).astype(np.float32)
    )
    reference = lambda a: functional_connectivity(a, implementation='reference')  # noqa: E731
    if what == 'gradient':
        function, reference = (
            jax.grad(lambda a, f=f: jnp.sum(weights * f(a))) for f in (function, reference)
        )
    result = measure(function, x)
    benchmark.extra_info['kernels'] = sorted(kernels_in(function, x))
    assert_close(result, reference(x), length=workload.times)
