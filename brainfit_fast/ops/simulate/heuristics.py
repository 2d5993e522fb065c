"""How long a recomputed segment is."""

from __future__ import annotations

import math

__all__ = ['FEW_CANDIDATES', 'STORED_SEGMENT', 'checkpoint_interval', 'segment_length']

#: Steps that the native adjoint walks back at once where nothing is run again.
STORED_SEGMENT = 256

#: Up to so many candidates a kept trajectory pays. More of them share the lanes of a vector, and then
#: running a segment again from a cache is faster than reading it from memory (1.5 times, measured with 64).
FEW_CANDIDATES = 16


def segment_length(n: int) -> int:
    """Return a divisor of ``n`` near its square root, so that ``n`` steps split into equal segments.

    A gradient then keeps about ``sqrt(n)`` states at segment boundaries and ``sqrt(n)`` inside the one
    that is recomputed. Numbers without a useful divisor (primes) are not split evenly: the caller runs
    the remainder as a segment of its own.
    """
    root = math.isqrt(n)
    if n < 32:
        return max(n, 1)
    for width in range(root + 1):
        for length in (root + width, root - width):
            if 2 * length >= root and length <= 2 * root and n % length == 0:
                return length
    return root


def checkpoint_interval(n_steps: int, kept: int, per_step: int) -> int:
    """Steps between two checkpoints, so that a gradient's memory is least.

    Parameters
    ----------
    n_steps : int
        Length of the run.
    kept : int
        Rows of N values in one checkpoint: states and history.
    per_step : int
        Rows of N values that one step of a repeated segment keeps.

    Returns
    -------
    int
        Near ``sqrt(n_steps * kept / per_step)``; never so short that starting anew is felt.
    """
    best = math.isqrt(n_steps * max(kept, 1) // max(per_step, 1))
    return min(n_steps, max(best, 64))
