"""Progress of a fit: lines or a bar."""

from __future__ import annotations

from typing import Any

__all__ = ['Progress']


class Progress:
    """Shows losses as they arrive.

    Parameters
    ----------
    n_steps : int
        Steps of the fit.
    verbose : bool or str
        False for silence, True for one line per step, ``'bar'`` for a progress bar.
    backend : str
        Named in the lines.
    """

    def __init__(self, n_steps: int, verbose: bool | str, backend: str):
        self.lines = verbose is True
        self.backend = backend
        self.best = float('inf')
        self.started = False
        self.bar: Any = None
        if verbose == 'bar':
            from tqdm.auto import tqdm

            # shown before anything is compiled, so that the wait has a name
            self.bar = tqdm(total=n_steps, desc='compiling', unit='step', dynamic_ncols=True)

    def show(self, first: int, losses: list[float], best: float) -> None:
        """Report the losses of steps ``first``, ``first + 1``, ..."""
        if self.lines:
            for step, loss in enumerate(losses, first):
                self.best = min(self.best, loss)
                print(f'[{self.backend}] step {step}: loss={loss:.6g} best={self.best:.6g}')
        if self.bar is not None:
            if not self.started:
                self.started = True
                self.bar.initial = self.bar.n = first  # a fit that was resumed
                self.bar.unpause()  # the time left is that of steps, not of compiling
            self.bar.set_description('fitting', refresh=False)
            self.bar.set_postfix_str(
                f'loss={losses[-1]:.5f} best={best:.5f}' if losses else '', refresh=False
            )
            self.bar.update(len(losses))

    def close(self) -> None:
        """Leave the bar as it stands."""
        if self.bar is not None:
            self.bar.close()
