"""A synthetic working-memory task: delayed match to sample."""

from __future__ import annotations

import numpy as np

__all__ = ['delayed_match_task']


def delayed_match_task(
    n_samples: int = 128, *, seq_len: int = 10, n_symbols: int = 4, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Draw trials in which a probe either repeats an earlier cue or does not.

    A trial shows a cue at its first step, nothing during the delay, and a probe at its last
    step. Half of the trials (rounded down) are matches, in random order; in the others the
    probe is any other symbol with equal probability.

    Parameters
    ----------
    n_samples : int, default 128
        Number of trials.
    seq_len : int, default 10
        Steps per trial, 2 or more.
    n_symbols : int, default 4
        Number of different symbols, 2 or more.
    seed : int, default 0
        Seed of ``numpy.random.default_rng``; the same seed gives the same trials.

    Returns
    -------
    inputs : numpy.ndarray
        ``(n_samples, seq_len, n_symbols)`` float64, one-hot at the cue and the probe.
    targets : numpy.ndarray
        ``(n_samples,)`` int64: 1 for a match, 0 otherwise.

    Raises
    ------
    ValueError
        If `seq_len` or `n_symbols` is below 2.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> inputs, targets = bf.datasets.delayed_match_task(8, seq_len=6)
    >>> inputs.shape, int(targets.sum())
    ((8, 6, 4), 4)
    """
    for name, value, why in (
        ('seq_len', seq_len, 'the cue and the probe take one step each'),
        ('n_symbols', n_symbols, 'a non-match needs a second symbol'),
    ):
        if value < 2:
            raise ValueError(f'{name} is {value}, and 2 or more is needed: {why}.')

    # The order of the three draws fixes which trials a seed stands for.
    rng = np.random.default_rng(seed)
    cue = rng.integers(n_symbols, size=n_samples)
    is_match = rng.permutation(np.arange(n_samples) < n_samples // 2)
    shift = rng.integers(1, n_symbols, size=n_samples)
    probe = np.where(is_match, cue, (cue + shift) % n_symbols)

    one_hot = np.eye(n_symbols)
    inputs = np.zeros((n_samples, seq_len, n_symbols))
    inputs[:, 0] = one_hot[cue]
    inputs[:, -1] = one_hot[probe]
    return inputs, is_match.astype(np.int64)
