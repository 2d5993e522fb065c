"""Which pairs of regions count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from brainfit_fast.core.errors import bad_value

from ._checks import host_values, shape_of

__all__ = ['Pairs', 'above_diagonal', 'check_pairs', 'pairs_of']


@dataclass(frozen=True)
class Pairs:
    """Some of the pairs of regions, each once.

    Attributes
    ----------
    n_regions : int
    index : tuple of int
        ``row * n_regions + column`` of each, above the diagonal, ascending.
    """

    n_regions: int
    index: tuple[int, ...]

    @property
    def mask(self) -> np.ndarray:
        """Where they are, ``(N, N)``."""
        mask = np.zeros(self.n_regions**2, bool)
        mask[list(self.index)] = True
        return mask.reshape(self.n_regions, self.n_regions)

    def __repr__(self) -> str:
        n = self.n_regions
        return f'<{len(self.index)} of the {n * (n - 1) // 2} pairs of {n} regions>'


def pairs_of(given: Any, who: str) -> Pairs | None:
    """Pairs of a mask ``(N, N)``; None stands for all."""
    if given is None or isinstance(given, Pairs):
        return given
    mask = host_values(given)
    is_mask = mask is not None and mask.dtype == bool and mask.ndim == 2
    if mask is None or not is_mask or mask.shape[0] != mask.shape[1] or (mask != mask.T).any():
        raise bad_value(
            f'{who}(pairs)',
            given=f'{type(given).__name__} of shape {shape_of(given)}',
            expected='a concrete symmetric matrix of bool (regions, regions)',
            remedy='Pairs within groups of regions are labels[:, None] == labels.',
        )
    index = np.flatnonzero(np.triu(mask, 1))
    if len(index) < 2:
        raise bad_value(
            f'{who}(pairs)', given=f'{len(index)} pairs', expected='two at least, to correlate'
        )
    return Pairs(len(mask), tuple(index.tolist()))


def check_pairs(pairs: Pairs | None, n_regions: int, who: str) -> None:
    """Refuse pairs of another number of regions."""
    if pairs is not None and pairs.n_regions != n_regions:
        raise bad_value(
            who,
            given=f'a prediction of {n_regions} regions with pairs of {pairs.n_regions}',
            expected='one number of regions',
        )


def above_diagonal(pairs: Pairs | None, n_regions: int) -> np.ndarray:
    """Flat indices, above the diagonal, of the pairs that count."""
    if pairs is not None:
        return np.array(pairs.index)
    row, column = np.triu_indices(n_regions, k=1)
    return np.asarray(row * n_regions + column)
