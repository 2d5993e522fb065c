"""Callbacks: when to stop, what to write down."""

from __future__ import annotations

import csv
import math
import os
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import brainunit as u

from .core.errors import bad_value, check_choice

__all__ = ['CSVHistory', 'Checkpoint', 'EarlyStopping', 'WallTime']


class EarlyStopping:
    """Stop a fit that has ceased to improve; its patience begins anew with each fit.

    Parameters
    ----------
    patience : int
        Steps (generations, starts) without improvement after which the fit ends.
    min_delta : float
        Smallest change of the monitored number that counts as an improvement.
    monitor : str
        ``'loss'``, or another number that callbacks are given: ``'best_loss'``, ``'grad_norm'``.
    mode : {'min', 'max'}
        Whether lower or higher is better.

    Raises
    ------
    ValueError
        If ``patience`` < 1, ``min_delta`` < 0, or ``monitor`` or ``mode`` is unknown.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> stop = bf.callbacks.EarlyStopping(patience=2)
    >>> [stop({'loss': loss}) for loss in (3.0, 2.0, 2.0, 2.5)]
    [False, False, False, True]
    """

    def __init__(
        self, patience: int = 10, min_delta: float = 0.0, monitor: str = 'loss', mode: str = 'min'
    ):
        if int(patience) < 1:
            raise bad_value('patience', given=patience, expected='an integer >= 1')
        if not min_delta >= 0:
            raise bad_value('min_delta', given=min_delta, expected='a number >= 0')
        check_choice('monitor', monitor, ('loss', 'best_loss', 'grad_norm'))
        check_choice('mode', mode, ('min', 'max'))
        self.patience, self.min_delta = int(patience), float(min_delta)
        self.monitor, self.mode = monitor, mode
        self.best, self.waited = math.inf, 0

    def __call__(self, info: dict[str, Any]) -> bool:
        """True where patience has run out."""
        if info.get('step') == 0:
            self.best, self.waited = math.inf, 0
        value = info[self.monitor]
        if value is None:
            raise bad_value(
                'EarlyStopping(monitor=...)',
                given=repr(self.monitor),
                expected="a number that this backend has: 'loss' or 'best_loss'",
            )
        value = value if self.mode == 'min' else -value
        if value < self.best - self.min_delta:
            self.best, self.waited = value, 0
        else:
            self.waited += 1
        return self.waited >= self.patience

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {'best': _finite(self.best), 'waited': self.waited}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from :meth:`state`."""
        self.best, self.waited = _number(state['best']), state['waited']


class WallTime:
    """Stop a fit after a time, so that a job with a limit ends by itself.

    Parameters
    ----------
    limit : float or Quantity
        Seconds since the call of ``fit`` or ``resume``, compilation included.

    Raises
    ------
    ValueError
        If the limit is not a time above zero.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> import brainunit as u
    >>> bf.callbacks.WallTime(1.0 * u.hour)({'elapsed': 3601.0})
    True
    """

    every_step = False

    def __init__(self, limit: Any):
        try:
            seconds = float(limit.to_decimal(u.second) if isinstance(limit, u.Quantity) else limit)
        except u.UnitMismatchError:
            seconds = math.nan
        if not seconds > 0:
            raise bad_value(
                'limit', given=limit, expected='a time above zero, plain ones in seconds'
            )
        self.limit = seconds

    def __call__(self, info: dict[str, Any]) -> bool:
        """True where the time is up."""
        return info['elapsed'] > self.limit


class CSVHistory:
    """Write a line of text for each step: step, loss, best loss, gradient norm, learning rate, seconds.

    Parameters
    ----------
    path : str or path
        Written anew by a fit; a resumed fit goes on with it.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.

    Examples
    --------
    >>> import tempfile
    >>> import brainfit_fast as bf
    >>> log = bf.callbacks.CSVHistory(tempfile.mkdtemp() + '/history.csv')
    """

    every_step = False
    columns = ('step', 'loss', 'best_loss', 'grad_norm', 'learning_rate', 'elapsed')

    def __init__(self, path: str | os.PathLike[str]):
        self.path = Path(path).absolute()  # also after a change of directory
        _check_folder(self.path)
        self._next = 0
        self._best = math.inf

    def __call__(self, info: dict[str, Any]) -> None:
        """Append the steps since the last call."""
        steps = info['steps']
        if steps.first == 0:
            self._best = math.inf
            self._write('w', [self.columns])
        rows = []
        for k, loss in enumerate(steps.losses):
            self._best = min(self._best, loss) if math.isfinite(loss) else self._best
            norm, rate = (
                '' if values is None else values[k]
                for values in (steps.grad_norms, steps.learning_rates)
            )
            rows.append((steps.first + k, loss, self._best, norm, rate, f'{info["elapsed"]:.3f}'))
        self._write('a', rows)
        self._next = steps.first + len(rows)

    def _write(self, mode: str, rows: list[Any]) -> None:
        with self.path.open(mode, newline='') as file:
            csv.writer(file).writerows(rows)

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {'next': self._next, 'best': _finite(self._best)}

    def restore(self, state: dict[str, Any]) -> None:
        """Remove lines after the checkpoint."""
        self._next, self._best = state['next'], _number(state['best'])
        rows: list[Any] = [self.columns]
        if self.path.exists():
            with self.path.open(newline='') as file:
                lines = [r for r in csv.reader(file) if len(r) == len(self.columns)]  # whole ones
                rows += [r for r in lines[1:] if int(r[0]) < self._next]
        self._write('w', rows)


class Checkpoint:
    """Save a fit while it runs, so that :meth:`Fitter.resume` can go on with it.

    A file is written beside the old one and then takes its place: whatever happens, one of them is whole.
    Where it cannot be written (a full disk), a warning says so and the fit goes on.

    Parameters
    ----------
    path : str or path
        The file.
    every : int, optional
        Steps (generations, starts) between two files. Without it a file is written every second at most,
        and so seldom that writing takes less than a twentieth of the time. The end of a fit is
        always saved.

    Raises
    ------
    ValueError
        If ``every`` < 1.
    FileNotFoundError
        If the folder does not exist.

    Examples
    --------
    >>> import tempfile
    >>> import brainfit_fast as bf
    >>> checkpoint = bf.callbacks.Checkpoint(tempfile.mkdtemp() + '/fit.npz', every=100)
    """

    def __init__(self, path: str | os.PathLike[str], every: int | None = None):
        self.path = Path(path).absolute()  # also after a change of directory
        if every is not None and int(every) < 1:
            raise bad_value('every', given=every, expected='an integer >= 1, or None')
        _check_folder(self.path)
        self.every = every
        self._due = 0.0

    @classmethod
    def of(cls, given: Any) -> Checkpoint:
        """The given one, or one of the given path."""
        return given if isinstance(given, cls) else cls(given)

    @property
    def every_step(self) -> bool:
        """Whether each step needs a look."""
        return self.every is not None

    def due(self, step: int) -> bool:
        """Whether it is time to save."""
        if self.every is not None:
            return step % self.every == 0
        return time.monotonic() >= self._due

    def save(self, write: Callable[[Any], None]) -> None:
        """Save now."""
        began = time.monotonic()
        try:
            write(self.path)
        except OSError as problem:
            warnings.warn(
                f'The checkpoint {str(self.path)!r} could not be written ({problem}); the fit goes on, and '
                'what was saved before stays. Free some space, or give another path.',
                RuntimeWarning,
                stacklevel=2,
            )
        now = time.monotonic()
        self._due = now + max(1.0, 20.0 * (now - began))


def _check_folder(path: Path) -> None:
    if not path.parent.is_dir():
        raise FileNotFoundError(f'{str(path)!r}: its folder does not exist. Make it first.')


def _finite(value: float) -> float | None:
    """JSON has no infinity."""
    return value if math.isfinite(value) else None


def _number(value: float | None) -> float:
    return math.inf if value is None else value
