"""A contender at work: a process in its environment, which answers with lines of JSON."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from .environments import ROOT, python_of
from .workloads import CONTENDERS

__all__ = ['Worker', 'WorkerError', 'working']

_SCRIPTS = Path(__file__).with_name('workers')


class WorkerError(RuntimeError):
    """A measurement that failed, with the end of what it said."""


class Worker:
    """The two ends of its input and output.

    Parameters
    ----------
    name : str
        Of the contender.
    process : Popen
    errors : file
        What it writes to standard error.
    """

    def __init__(self, name: str, process: subprocess.Popen[str], errors: IO[str]):
        self.name, self.process, self.errors = name, process, errors

    def answer(self) -> dict[str, Any]:
        """The next line of JSON; libraries may print others."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith('{'):
                return json.loads(line)
        self.errors.seek(0)
        raise WorkerError(f'{self.name} stopped: {self.errors.read().strip()[-800:]}')

    def ask(self, word: str) -> dict[str, Any]:
        """Send a word and wait for the answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(word + '\n')
        self.process.stdin.flush()
        return self.answer()


@contextmanager
def working(name: str, task: dict[str, Any], envs: Path) -> Iterator[Worker]:
    """Start a contender's worker on a task; it ends with the block."""
    known = CONTENDERS[name]
    environment = {
        **os.environ,
        'JAX_PLATFORMS': 'cpu',
        'JAX_ENABLE_X64': '1' if task['setup']['dtype'] == 'float64' else '0',
        'PYTHONPATH': str(ROOT) if known.peer == 'brainfit_fast' else '',
    }
    with tempfile.TemporaryFile('w+') as errors:
        command = [python_of(known.peer, envs), '-W', 'ignore', _SCRIPTS / known.script]
        process = subprocess.Popen(
            [*command, json.dumps(task)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment,
            text=True,
        )
        try:
            yield Worker(name, process, errors)
        finally:
            process.kill()
            process.communicate()
