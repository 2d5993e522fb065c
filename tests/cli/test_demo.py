"""``brainfit-fast demo``, as a process and in this one."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import brainfit_fast

COMMAND = [
    sys.executable,
    '-P',
    '-c',
    'import sys; from brainfit_fast.cli import main; sys.exit(main())',
]
# the package under test, installed or in a checkout
PACKAGE = Path(brainfit_fast.__file__).parents[1]


def environment() -> dict[str, str]:
    path = os.pathsep.join([str(PACKAGE), *filter(None, [os.environ.get('PYTHONPATH')])])
    return {**os.environ, 'PYTHONPATH': path, 'JAX_PLATFORMS': 'cpu', 'PYTHONUNBUFFERED': '1'}


@pytest.fixture(scope='module')
def demo(tmp_path_factory) -> tuple[subprocess.CompletedProcess, Path]:
    out = tmp_path_factory.mktemp('demo')
    arguments = ['demo', '--quick', '--steps', '4', '--duration', '72', '--noise-seeds', '1']
    done = subprocess.run(
        [*COMMAND, *arguments, '--parameters', 'a,k,w', '--out', str(out)],
        env=environment(), capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    return done, out


def test_demo_prints_its_table(demo):
    done, _ = demo
    assert done.returncode == 0, done.stderr
    for line in (
        'HCP group FC (Schaefer-100), 100 regions',
        'dt                       720 ms',
        '0.02 1/sqrt(s) = 2.357e-05 1/ms at each step of dt',
        '201 fitted',
        'Frequency f, 0.04 to 0.07 Hz, from 0.055',
        'raw weights and FC  r = 0.261 (no model)',
        'r = 0.998: no evidence against overfitting',
        'implementation      cpu_ffi on cpu',
    ):
        assert line in done.stdout
    assert 'compiling' in done.stderr and 'step/s' in done.stderr
    assert 'Traceback' not in done.stderr and 'Warning' not in done.stderr


def test_the_page_reads_the_folder(demo, tmp_path, monkeypatch):
    _, out = demo
    (tmp_path / 'brainfit-fast-demo').symlink_to(out)
    monkeypatch.chdir(tmp_path)
    page = (Path(__file__).parents[2] / 'docs' / 'demo.md').read_text(encoding='utf-8')
    (block,) = re.findall(r'^```python notest\n(.*?)^```', page, re.M | re.S)
    names: dict = {}
    exec(compile(block, 'docs/demo.md', 'exec'), names)
    assert names['simulated'].shape == (10, 100, 100)


def test_demo_writes_its_folder(demo):
    _, out = demo
    assert sorted(path.name for path in out.iterdir()) == ['figure.png', 'fit.npz', 'result.json']
    result = json.loads((out / 'result.json').read_text(encoding='utf-8'))
    assert 'Human Connectome Project' in result['data']['acknowledgement']
    assert result['results']['sc_fc_r'] == pytest.approx(0.261, abs=5e-4)
    assert result['results']['replicate']['train_test_fc_r'] == pytest.approx(0.998, abs=5e-4)
    assert result['results']['held_out'] is None and result['results']['recovery'] is None
    assert result['seconds']['start'] > 0, 'imports are part of the time'
    with np.load(out / 'fit.npz') as archive:
        assert archive['fc_simulated'].shape == (10, 100, 100)
        assert archive['param_f'].shape == (100,) and archive['param_k'].shape == ()


def test_interrupted_demo_keeps_the_best_so_far(tmp_path):
    out = tmp_path / 'out'
    process = subprocess.Popen(
        [*COMMAND, 'demo', '--steps', '100000', '--duration', '72', '--noise-seeds', '1', '--out', str(out)],
        env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        # a shell that starts jobs in the background makes them ignore Ctrl-C
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    seen = b''
    deadline = time.monotonic() + 240
    while b'fitting' not in seen:
        assert time.monotonic() < deadline and process.poll() is None, seen.decode()
        seen += os.read(process.stderr.fileno(), 4096)
    process.send_signal(signal.SIGINT)
    printed, errors = process.communicate(timeout=240)
    assert process.returncode == 130, errors.decode()
    assert b'interrupted from the keyboard' in errors and b'What was found so far' in errors
    assert b'Traceback' not in errors
    assert b'FC r, all pairs' in printed
    result = json.loads((out / 'result.json').read_text(encoding='utf-8'))
    history = result['fit']['history']
    assert result['fit']['status'] == 'interrupted'
    assert 1 <= len(history) < 100000
    assert result['fit']['best_loss'] == pytest.approx(min(history))
    assert result['results']['held_out'] is None
    assert (out / 'figure.png').stat().st_size > 10_000


def test_without_matplotlib_the_rest_is_written(run, files, tmp_path, monkeypatch):
    for name in [name for name in sys.modules if name.partition('.')[0] == 'matplotlib']:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, 'matplotlib', None)
    out = tmp_path / 'out'
    answer = run(
        'fit', '--weights', files['weights'], '--fc', files['fc'], '--fit', 'k', '--steps', 1,
        '--duration', 36, '--noise-seeds', 1, '--quick', '--out', out,
    )  # fmt: skip
    assert answer.code == 0
    assert 'pip install "brainfit_fast[viz]"' in answer.err
    assert sorted(path.name for path in out.iterdir()) == ['fit.npz', 'result.json']
