"""``python -m brainfit_fast``: options, arguments and exit status of a script."""

import subprocess
import sys

import pytest

import brainfit_fast as bf
from brainfit_fast.dropin.command import main

SCRIPT = """import sys
import brainmass
import brainstate
import brainunit as u

print(__name__, sys.argv[1:])
node = brainmass.HopfStep(3, a=0.1{noise})
result = brainmass.Simulator(node, dt=0.1 * u.ms).run(2.0 * u.ms, monitors=['x'])
print(getattr(result, 'implementation', 'brainmass'))
"""


@pytest.fixture
def script(tmp_path, monkeypatch):
    """A script in the working directory; the command line is put back after the test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, 'argv', ['python'])
    monkeypatch.setattr(sys, 'path', ['', *sys.path])
    (tmp_path / 'mine.py').write_text(SCRIPT.format(noise=''))
    (tmp_path / 'pink.py').write_text(
        SCRIPT.format(noise=', noise_x=brainmass.PinkNoise(3, sigma=0.1)')
    )
    return tmp_path / 'mine.py'


def test_a_script_runs_as_main(script, capsys):
    assert main(['mine.py', '--report', 'x']) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == ["__main__ ['--report', 'x']", 'cpu_ffi'] and not err


def test_a_module(script, capsys):
    assert main(['--report', '-m', 'mine', 'x']) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == ["__main__ ['x']", 'cpu_ffi']
    assert 'mine.py:8  Simulator.run  HopfStep  on cpu_ffi, once' in err


def test_report_names_the_line_and_the_reason(script, capsys):
    with pytest.warns(bf.FallbackWarning):
        assert main(['--report', 'pink.py']) == 0
    err = capsys.readouterr().err
    assert 'pink.py:8  Simulator.run  HopfStep  on generic, once' in err
    assert "because the update is not elementwise: it uses the primitive 'fft'" in err


def test_strict(script, capsys):
    with pytest.raises(bf.FallbackError, match=r'pink\.py:8 cannot run accelerated'):
        main(['--strict', '--report', 'pink.py'])
    assert 'fell back' in capsys.readouterr().err  # a report is printed all the same


def test_check(script, capsys):
    assert main(['--check', 'mine.py']) == 0
    assert 'mine.py:8  Simulator.run: equal' in capsys.readouterr().err


def test_check_of_wrong_numbers_is_the_exit_status(script, capsys, monkeypatch):
    original = bf.Simulator.run

    def wrong(self, *args, **options):
        result = original(self, *args, **options)
        result['x'] = result['x'] + 1.0
        return result

    monkeypatch.setattr(bf.Simulator, 'run', wrong)
    assert main(['--check', 'mine.py']) == 1
    assert 'mine.py:8  Simulator.run: DIFFERS' in capsys.readouterr().err


@pytest.mark.parametrize(
    ('arguments', 'words'),
    [([], 'no script was given'), (['absent.py'], "no file 'absent.py'"), (['--repot'], '--repot')],
)
def test_wrong_command_lines(script, capsys, arguments, words):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2 and words in capsys.readouterr().err


def test_what_a_script_raises_passes(script, capsys):
    script.write_text('import sys; sys.exit(5)')
    with pytest.raises(SystemExit) as stop:
        main(['mine.py'])
    assert stop.value.code == 5


@pytest.mark.slow
def test_the_command_itself(script):
    command = [sys.executable, '-m', 'brainfit_fast', '--report', 'mine.py', 'x']
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["__main__ ['x']", 'cpu_ffi']
    assert 'what ran' in done.stderr
