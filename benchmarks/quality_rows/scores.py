"""cuBNM's cost, and what is reported of a simulation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np

import brainfit_fast as bf

from .data import TR, Data, Group, fcd_target

__all__ = ['Scores', 'fic_penalty']

_WINDOWS = {
    'window_size': 30.0 * u.second,
    'step_size': 5.0 * u.second,
    'TR': TR * u.ms,
    'convention': 'cubnm',
}


def fic_penalty(rate: Any, scale: float = 0.5) -> Any:
    """cuBNM's penalty of mean rates ``(N,)``, Hz, that are more than 1 Hz away from 3 Hz."""
    off = jnp.abs(rate - 3.0)
    return scale * jnp.mean(jnp.where(off > 1.0, 1.0 - jnp.exp(-0.05 * (off - 1.0)), 0.0))


@dataclass(frozen=True)
class Scores:
    """How well BOLD and rates fit the data."""

    data: Data

    @cached_property
    def fc(self) -> Any:
        """Correlation with FC within hemispheres."""
        return bf.objectives.fc_corr(pairs=self.data.within)

    @cached_property
    def ks(self) -> Any:
        """Distance of the distributions of FCD values, of pairs within hemispheres."""
        return bf.objectives.fcd_ks(exact=True, pairs=self.data.within, **_WINDOWS)

    @cached_property
    def area(self) -> Any:
        """Area between these distributions, which has a gradient."""
        return bf.objectives.fcd_wasserstein(exact=True, pairs=self.data.within, **_WINDOWS)

    @cached_property
    def fcd(self) -> Any:
        """FCD matrix of pairs within hemispheres."""
        return bf.objectives.fcd(pairs=self.data.within, **_WINDOWS)

    def cost(self, bold: Any, rate: Any) -> Any:
        """cuBNM's: what a search minimises.

        Parameters
        ----------
        bold, rate : array
            ``(volumes, N)``.
        """
        train = self.data.train
        fit = self.fc(bold, bf.targets.fc(train.fc)) - self.ks(bold, fcd_target(train.fcd))
        return fic_penalty(rate.mean(0)) - fit

    def smooth(self, bold: Any, rate: Any | None = None) -> Any:
        """A loss with a gradient: twice the area instead of the largest distance."""
        train = self.data.train
        loss = 1.0 - self.fc(bold, bf.targets.fc(train.fc))
        loss += 2.0 * self.area(bold, fcd_target(train.fcd))
        return loss if rate is None else loss + fic_penalty(rate.mean(0))

    def report(self, bold: Any, rate: Any | None = None) -> dict[str, Any]:
        """All numbers of simulations ``(volumes, simulations, N)``, each an array of one per simulation."""

        def one(bold: Any, rate: Any) -> dict[str, Any]:
            found = {'penalty': fic_penalty(rate.mean(0)), 'least_rate': rate.mean(0).min()}
            found['largest_rate'] = rate.mean(0).max()
            for name, group in (('train', self.data.train), ('test', self.data.test)):
                found |= {
                    f'{key}_{name}': value for key, value in self._beside(bold, group).items()
                }
            return found

        rates = jnp.full_like(bold, 3.0) if rate is None else rate
        values = jax.jit(jax.vmap(one, in_axes=1))(bold, rates)
        return {name: np.asarray(value, float) for name, value in values.items()}

    def _beside(self, bold: Any, group: Group) -> dict[str, Any]:
        target = bf.targets.fc(group.fc)
        return {
            'fc_within': self.fc(bold, target),
            'fc_all': bf.objectives.fc_corr()(bold, target),
            'ks': self.ks(bold, fcd_target(group.fcd)),
        }
