"""The group data: connectome, FC and FCD of a group for fitting and of another to test."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import brainunit as u
import numpy as np

import brainfit_fast as bf

__all__ = ['TR', 'Data', 'Group', 'load']

#: Repetition time, ms.
TR = 720.0

_FCD = (
    'data/hcp/fcd/group-{}/REST/ctx_parc-schaefer-100_exc-inter_window-30_step-5_desc-fcdtril.npz'
)


@dataclass(frozen=True)
class Group:
    """What a fit is compared with: FC of all pairs, pooled FCD values of the pairs within hemispheres."""

    fc: np.ndarray
    fcd: np.ndarray


@dataclass(frozen=True)
class Data:
    """A group to fit and one to test, on one connectome.

    Attributes
    ----------
    weights : array
        ``(N, N)``, mean 0.01, as cuBNM takes them.
    sides : array
        Hemisphere of each region.
    maps : dict
        ``(N,)`` by name.
    networks : array
        Name of the network of each region.
    """

    weights: np.ndarray
    sides: np.ndarray
    maps: dict[str, np.ndarray]
    networks: np.ndarray
    train: Group
    test: Group

    @cached_property
    def within(self) -> np.ndarray:
        """Pairs of regions of one hemisphere, ``(N, N)`` of bool."""
        return np.asarray(self.sides[:, None] == self.sides)

    def structure(self) -> dict[str, float]:
        """Correlation of the weights themselves with FC, within hemispheres and over all pairs."""
        above = np.triu(np.ones_like(self.within), 1)
        return {
            name: float(np.corrcoef(self.weights[pairs], self.train.fc[pairs])[0, 1])
            for name, pairs in (('within', above & self.within), ('all', above))
        }


def load(python: Path) -> Data:
    """Bundled data, and FCD without pairs across hemispheres from cuBNM's package.

    Parameters
    ----------
    python : path
        Interpreter of the environment that has cubnm 0.1.0.

    Raises
    ------
    FileNotFoundError
        If it has not.
    """
    for folder in python.parent.parent.glob('lib/python*/site-packages/cubnm'):
        files = {name: folder / _FCD.format(name) for name in ('train706', 'test303')}
        break
    else:
        raise FileNotFoundError(
            f'{python}: its environment has no cubnm; FCD values come with cubnm 0.1.0'
        )
    fcd = {name: np.load(file)['arr_0'] for name, file in files.items()}
    hcp: Any = bf.datasets.load_dataset('hcp_schaefer100')
    weights = np.asarray(hcp.weights)
    return Data(
        weights=0.01 * weights / weights.mean(),
        sides=np.array([label[0] for label in hcp.labels]),
        maps={name: np.asarray(values) for name, values in hcp.maps.items()},
        networks=np.asarray(hcp.networks),
        train=Group(np.asarray(hcp.fc), fcd['train706']),
        test=Group(np.asarray(hcp.fc_test), fcd['test303']),
    )


def fcd_target(values: np.ndarray) -> Any:
    """Pooled values as a target, in cuBNM's windows of 30 s every 5 s."""
    return bf.targets.fcd(
        values,
        window=30.0 * u.second,
        step=5.0 * u.second,
        TR=TR * u.ms,
        convention='cubnm',
    )
