"""The small synthetic connectome and signal used in examples and tests."""

from __future__ import annotations

from importlib.resources import files
from typing import NamedTuple

import brainunit as u
import numpy as np

__all__ = ['Connectome', 'Signal', 'load_example_connectome', 'load_example_signal']


class Connectome(NamedTuple):
    """Structural connectivity of N regions.

    Attributes
    ----------
    weights : numpy.ndarray
        ``(N, N)`` weights ``[target, source]``, without unit, zero diagonal.
    distances : brainunit.Quantity
        ``(N, N)`` distances between regions in mm.
    labels : numpy.ndarray
        ``(N,)`` region names.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> data = bf.datasets.load_dataset('example_connectome')
    >>> data.weights.shape, data.labels[0].item()
    ((8, 8), 'R0')
    """

    weights: np.ndarray
    distances: u.Quantity
    labels: np.ndarray


class Signal(NamedTuple):
    """A recorded or simulated signal of N regions with its functional connectivity.

    Attributes
    ----------
    signal : numpy.ndarray
        ``(time, region)`` samples.
    dt : brainunit.Quantity
        Time between samples in ms.
    labels : numpy.ndarray
        ``(N,)`` region names.
    fc : numpy.ndarray
        ``(N, N)`` Pearson correlations of the columns of `signal`.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> data = bf.datasets.load_dataset('example_signal')
    >>> data.signal.shape, data.fc.shape
    ((500, 8), (8, 8))
    """

    signal: np.ndarray
    dt: u.Quantity
    labels: np.ndarray
    fc: np.ndarray


def _read(name: str) -> dict[str, np.ndarray]:
    """Arrays of one bundled example file."""
    path = files(__package__) / 'data' / 'examples' / f'{name}.npz'
    with path.open('rb') as stream, np.load(stream, allow_pickle=False) as archive:
        return {key: archive[key] for key in archive.files}


def load_example_connectome() -> Connectome:
    """Load the synthetic connectome of eight regions.

    Two mirrored hemispheres of four regions on an ellipsoid; weights fall off exponentially
    with Euclidean distance, with log-normal scatter, and are scaled to a maximum of one. Made
    by ``tools/make_example_data.py`` from a fixed seed.

    Returns
    -------
    Connectome
        Weights ``(8, 8)`` symmetric, in ``[0, 1]``, zero diagonal; distances ``(8, 8)`` mm.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> conn = bf.datasets.load_dataset('example_connectome')
    >>> conn.weights.shape, float(conn.weights.max())
    ((8, 8), 1.0)
    """
    data = _read('example_connectome')
    return Connectome(data['weights'], data['distances'] * u.mm, data['labels'])


def load_example_signal() -> Signal:
    """Load the synthetic signal on the connectome of :func:`load_example_connectome`.

    Half a second of noisy, diffusively coupled Hopf oscillators near 10 Hz. Made by
    ``tools/make_example_data.py`` from a fixed seed.

    Returns
    -------
    Signal
        Signal ``(500, 8)``, dt 1 ms, functional connectivity ``(8, 8)``.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> target = bf.datasets.load_dataset('example_signal')
    >>> target.signal.shape, target.fc.shape
    ((500, 8), (8, 8))
    """
    data = _read('example_signal')
    return Signal(data['signal'], float(data['dt']) * u.ms, data['labels'], data['fc'])
