"""Small files of a user, and a way to run a command in this process."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from brainfit_fast.cli import main

N = 6


class Run(NamedTuple):
    """Exit code and what was printed."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Run]:
    def call(*arguments: object) -> Run:
        code = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Run(code, out, err)

    return call


def write_files(folder: Path) -> dict[str, Path]:
    """Files of six regions that belong together."""
    rng = np.random.default_rng(0)
    weights = rng.gamma(1.0, 1.0, (N, N))
    weights = (weights + weights.T) * (1 - np.eye(N))
    lengths = rng.uniform(20.0, 150.0, (N, N))
    lengths = (lengths + lengths.T) / 2 * (1 - np.eye(N))
    shared = rng.normal(size=(300, 2))
    series = shared @ rng.normal(size=(2, N)) + rng.normal(size=(300, N))
    paths = {
        name: folder / f'{name}.{suffix}'
        for name, suffix in {
            'weights': 'csv',
            'lengths': 'npy',
            'fc': 'txt',
            'timeseries': 'npy',
            'labels': 'txt',
        }.items()
    }
    np.savetxt(paths['weights'], weights, delimiter=',')
    np.save(paths['lengths'], lengths)
    np.savetxt(paths['fc'], np.corrcoef(series.T))
    np.save(paths['timeseries'], series)
    paths['labels'].write_text('\n'.join(f'area_{i}' for i in range(N)))
    return paths


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    return write_files(tmp_path)


@pytest.fixture(scope='session')
def shared_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return write_files(tmp_path_factory.mktemp('files'))
