"""What a call of ``fit`` asks for: numbers that a checkpoint keeps."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..candidates import NOISE_RULES
from ..core.errors import bad_value, check_choice

__all__ = ['Request', 'is_whole']


@dataclass(frozen=True)
class Request:
    """Arguments of :meth:`Fitter.fit`, checked.

    Parameters
    ----------
    n_steps, n_noise_seeds, n_restarts, n_refine_steps : int
    seed : int or None
    noise : str

    Raises
    ------
    ValueError
        For a number that is too small or not whole, or an unknown rule.
    """

    n_steps: int
    n_noise_seeds: int = 1
    n_restarts: int = 1
    n_refine_steps: int = 0
    seed: int | None = None
    noise: str = 'shared'

    def __post_init__(self) -> None:
        least = {'n_steps': 1, 'n_noise_seeds': 1, 'n_restarts': 1, 'n_refine_steps': 0}
        for name, low in least.items():
            value = getattr(self, name)
            if not is_whole(value) or value < low:
                raise bad_value(name, given=value, expected=f'an integer >= {low}')
            object.__setattr__(self, name, int(value))
        if self.seed is not None:
            if not (is_whole(self.seed) and 0 <= self.seed < 2**32):
                raise bad_value(
                    'seed', given=self.seed, expected='an integer from 0 to 2**32 - 1, or None'
                )
            object.__setattr__(self, 'seed', int(self.seed))
        check_choice('noise', self.noise, NOISE_RULES)

    def check_backend(self, backend: str) -> None:
        """Refuse what a backend has no use for."""
        if backend == 'grad' and self.n_refine_steps:
            raise bad_value(
                'n_refine_steps',
                given=self.n_refine_steps,
                expected="0 for backend='grad', whose own steps are gradient steps",
                remedy='Use n_steps.',
            )
        if backend != 'grad' and self.n_restarts > 1 and not self.n_refine_steps:
            raise bad_value(
                'n_restarts',
                given=self.n_restarts,
                expected=f'1 for backend={backend!r} without n_refine_steps',
                remedy="A search starts many points by itself: raise 'n_sample' of 'nevergrad', or n_steps "
                "of 'scipy'. With n_refine_steps the best n_restarts points are refined.",
            )

    def longer(self, n_steps: int | None) -> Request:
        """The same with another number of steps."""
        return self if n_steps is None else dataclasses.replace(self, n_steps=n_steps)

    def as_dict(self) -> dict[str, Any]:
        """For a file."""
        return dataclasses.asdict(self)


def is_whole(value: Any) -> bool:
    """Whether a value is a whole number; truth values are none."""
    if isinstance(value, (bool, np.bool_)):
        return False
    try:
        return bool(int(value) == value)
    except (TypeError, ValueError, OverflowError):
        return False
