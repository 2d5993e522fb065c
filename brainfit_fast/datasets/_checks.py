"""Checks of connectivity matrices and time series; each message names file, finding, remedy."""

from __future__ import annotations

from typing import Literal

import numpy as np

Kind = Literal['weights', 'lengths', 'fc']

#: What single-precision correlations may deviate from symmetry and from a unit diagonal.
_FC_TOLERANCE = 1e-5


def check_matrix_shape(
    values: np.ndarray, where: str, n_regions: int | None, square: bool, because: str = ''
) -> None:
    """Refuse a matrix that is not two-dimensional, not square or of another number of regions."""
    n = 'N' if n_regions is None else str(n_regions)
    needed = f'({n}, {n})' if square else f'(rows, {n})'
    found = f'{where}: found shape {values.shape}, needed {needed}{because}'
    if values.ndim != 2:
        raise ValueError(f'{found}; a matrix has two dimensions.')
    rows, columns = values.shape
    if square and rows != columns:
        hint = 'give the full matrix with one row and one column per region'
        if rows == columns + 1:
            hint = 'there is one row more than columns: is the first row a header of numbers?'
        elif columns == rows + 1:
            hint = 'there is one column more than rows: does the first column number the regions?'
        raise ValueError(f'{found}; {hint}.')
    if n_regions is not None and columns != n_regions:
        raise ValueError(f'{found}; all files need the same regions in the same order.')


def check_finite(values: np.ndarray, where: str) -> None:
    """Refuse NaN and infinite values, with their number and the first place."""
    bad = ~np.isfinite(values)
    if bad.any():
        first = tuple(int(i) for i in np.argwhere(bad)[0])
        raise ValueError(
            f'{where}: {int(bad.sum())} of {values.size} values are NaN, missing or infinite, the '
            f'first at {list(first)} (counted from 0); fill or remove these regions or samples.'
        )


def check_kind(values: np.ndarray, where: str, kind: Kind | None) -> None:
    """Refuse values that weights, lengths or functional connectivity cannot have."""
    if kind == 'fc':
        _check_fc(values, where)
    elif kind is not None:
        negative = values < 0
        if negative.any():
            first = [int(i) for i in np.argwhere(negative)[0]]
            remedy = (
                'structural weights are 0 or more (is this a functional matrix?)'
                if kind == 'weights'
                else 'tract lengths are 0 or more, with 0 where there is no tract'
            )
            raise ValueError(
                f'{where}: {int(negative.sum())} values are negative, the first '
                f'{values[tuple(first)]:g} at {first} (counted from 0); {remedy}.'
            )


def _check_fc(fc: np.ndarray, where: str) -> None:
    """Refuse what no matrix of correlations looks like."""
    # Range first: a Fisher transform also spoils the diagonal, and is the better explanation.
    off_diagonal = fc[~np.eye(len(fc), dtype=bool)]
    largest = float(np.abs(off_diagonal).max(initial=0.0))
    if largest > 1.0 + _FC_TOLERANCE:
        raise ValueError(
            f'{where}: values reach {largest:g}, and correlations lie in [-1, 1]; if the matrix '
            f'is Fisher z-transformed, apply tanh and set the diagonal to 1.'
        )
    asymmetry = np.abs(fc - fc.T)
    if asymmetry.max(initial=0.0) > _FC_TOLERANCE:
        i, j = (int(k) for k in np.unravel_index(asymmetry.argmax(), fc.shape))
        raise ValueError(
            f'{where}: the matrix is asymmetric, by {asymmetry.max():g} at [{i}, {j}], and '
            f'functional connectivity is symmetric; complete a triangle to the full matrix, or '
            f'average it with its transpose.'
        )
    deviation = np.abs(np.diagonal(fc) - 1.0)
    if deviation.max(initial=0.0) > _FC_TOLERANCE:
        i = int(deviation.argmax())
        raise ValueError(
            f'{where}: the diagonal at [{i}, {i}] is {fc[i, i]:g}, and functional connectivity '
            f'has a diagonal of 1; set it to 1 (numpy.fill_diagonal) if the matrix holds '
            f'correlations, and divide by the standard deviations if it holds covariances.'
        )


def check_timeseries_shape(
    values: np.ndarray, where: str, n_regions: int | None, because: str = ''
) -> None:
    """Refuse a series that is not (time, regions), with a word on transposed ones."""
    n = 'regions' if n_regions is None else str(n_regions)
    found = f'{where}: found shape {values.shape}, needed (time, {n}){because}'
    if values.ndim != 2:
        raise ValueError(f'{found}; a time series has two dimensions.')
    if n_regions is not None and values.shape[1] != n_regions:
        if values.shape[0] == n_regions:
            raise ValueError(
                f'{found}; it looks transposed, as (regions, time): save the transpose, with one '
                f'row per sample and one column per region.'
            )
        raise ValueError(f'{found}; all files need the same regions in the same order.')
    if values.shape[0] < 2:
        raise ValueError(f'{found}; two samples or more are needed, one per row.')
