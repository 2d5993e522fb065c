"""brainmass's own tests, from its wheel, with the patch on: they pass wherever they pass without it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import brainmass
import pytest

HERE = Path(__file__).parent
TESTS = Path(brainmass.__file__).parent

#: Tests that are not asked to pass, with the line of docs/compat.md that is the reason. At most five.
DESELECTED: dict[str, str] = {}

#: Why a call in these tests may fall back, by a part of the reason.
FALLBACKS = {
    'its states have a batch axis': 'batch_size= runs on the reference',
    "'fft'": 'coloured noise is made by a Fourier transform over regions',
}


def run(patched: bool, record: Path, files: list[str]) -> dict[str, dict]:
    """Outcome, seconds and calls of each test."""
    command = [
        sys.executable, '-m', 'pytest', '-q', '-p', 'plugin', '-p', 'no:cacheprovider',
        '--rootdir', str(record.parent), '-o', 'python_files=*_test.py',
        '--record', str(record), *(['--patched'] if patched else []),
        *(str(TESTS / file) for file in files),
    ]  # fmt: skip
    path = os.pathsep.join([str(HERE), *filter(None, [os.environ.get('PYTHONPATH')])])
    environment = {**os.environ, 'PYTHONPATH': path, 'MPLBACKEND': 'Agg'}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, cwd=record.parent
    )
    assert record.exists(), done.stdout[-3000:] + done.stderr[-3000:]
    return json.loads(record.read_text())


def check(plain: dict[str, dict] | None, patched: dict[str, dict]) -> None:
    """What passes without the patch passes with it, and nothing falls back but for a known reason."""
    names = patched if plain is None else plain
    must = {name for name in names if plain is None or plain[name]['outcome'] == 'passed'}
    failed = {
        name: patched[name]['message'] for name in must if patched[name]['outcome'] != 'passed'
    }
    assert failed.keys() <= DESELECTED.keys(), '\n'.join(failed.values())
    calls = [(name, call) for name, record in patched.items() for call in record['calls']]
    silent = [
        (name, call)
        for name, call in calls
        if call['on'] in ('generic', 'brainmass') and not call['reason']
    ]
    assert not silent
    unknown = [
        (name, call)
        for name, call in calls
        if call['reason'] and not any(part in call['reason'] for part in FALLBACKS)
    ]
    assert not unknown


def test_few_are_deselected():
    assert len(DESELECTED) <= 5 and all(DESELECTED.values())


def test_the_simulator(tmp_path):
    """The file that calls Simulator.run most."""
    patched = run(True, tmp_path / 'patched.json', ['simulator_test.py'])
    check(None, patched)
    calls = [call for record in patched.values() for call in record['calls']]
    assert sum(call['on'] == 'cpu_ffi' for call in calls) >= 15


@pytest.mark.slow
@pytest.mark.upstream
def test_all(tmp_path):
    files = ['']
    plain = run(False, tmp_path / 'plain.json', files)
    assert sum(record['outcome'] == 'passed' for record in plain.values()) >= 690
    patched = run(True, tmp_path / 'patched.json', files)
    check(plain, patched)
    calls = [call for record in patched.values() for call in record['calls']]
    assert sum(call['calls'] for call in calls if call['what'] == 'Simulator.run') >= 80
    assert sum(call['calls'] for call in calls if call['what'] == 'Fitter.fit') >= 15
