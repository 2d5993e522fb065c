"""Every shipped node model by the Pallas kernels, and the script that checks and times them on a GPU."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[3] / 'benchmarks'


@pytest.fixture(scope='module')
def gpu():
    before = list(sys.path)
    sys.path.insert(0, str(BENCHMARKS))
    import gpu

    yield gpu
    # the script adds the checkout, which need not be what is tested
    sys.path[:] = before


@pytest.mark.parametrize(
    ('model', 'longest'),
    [
        ('hopf', 0),
        *(
            pytest.param(model, longest, marks=pytest.mark.slow)
            for model in ('wong_wang', 'wilson_cowan', 'montbrio', 'fitzhugh_nagumo')
            for longest in (0, 6)
        ),
    ],
)
def test_shipped_models(model, longest, gpu):
    """With noise: value and gradient in float32, keys equal."""
    network = gpu.Network(model, 5, 'own', longest, 2)
    found = gpu.compared(network, gpu.Plan(12, 2, 3))
    assert found['ok'] and max(found[k] for k in ('samples', 'parameters', 'weights')) < 2e-5


def test_a_difference_is_seen(gpu, monkeypatch):
    """A kernel that takes steps of another length is not passed."""
    network, plan = gpu.Network('hopf', 5, 'none', 0, 2), gpu.Plan(12)
    run, calls = gpu.value_and_gradient, []

    def biased(program, plan, implementation):
        function = run(program, plan, implementation)
        if implementation == 'reference':
            return function
        calls.append(implementation)
        return lambda args: function(args._replace(dt=args.dt * 1.01))

    monkeypatch.setattr(gpu, 'value_and_gradient', biased)
    assert not gpu.compared(network, plan)['ok'] and calls == ['pallas_triton']


def test_the_script_needs_a_gpu(tmp_path):
    run = subprocess.run(
        [sys.executable, str(BENCHMARKS / 'gpu.py'), '--json', str(tmp_path / 'found.json')],
        capture_output=True, text=True, env={'JAX_PLATFORMS': 'cpu', 'PATH': ''}, check=False,
    )  # fmt: skip
    assert run.returncode == 2 and 'not a GPU; try --small' in run.stderr
