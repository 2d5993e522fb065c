"""The workloads of benchmarks/peers.py, who takes part, and the goals."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import brainstate
import brainunit as u
import numpy as np

import brainfit_fast as bf

__all__ = [
    'CONSTANTS',
    'CONTENDERS',
    'DT',
    'MORE_SEEDS',
    'SLOW_SPEED',
    'WORKLOADS',
    'Contender',
    'Length',
    'Workload',
    'noisy',
]

DT = 0.1  # ms
SPEED = 10.0  # mm/ms
#: Of one more run without noise: with delays that are twenty times as long, who has none differs.
SLOW_SPEED = 0.5

#: BOLD as cuBNM has it ('friston2003'), noise per square root of a ms (cuBNM's defaults), and the Hopf model.
CONSTANTS = {
    'kappa': 1 / 0.65, 'gamma': 1 / 0.41, 'tau': 0.98, 'alpha': 0.32, 'rho': 0.34, 'V0': 2.0,
    'k1': 7 * 0.34, 'k2': 2.0, 'k3': 2 * 0.34 - 0.2,
    'sigma_rww': 0.001, 'sigma_ei': 0.01, 'sigma_hopf': 0.002,
    'a': -0.002, 'w': 2 * np.pi * 0.001, 'x': 0.1, 'speed': SPEED,
}  # fmt: skip


@dataclass(frozen=True)
class Contender:
    """A peer, and one way to use it.

    Attributes
    ----------
    peer : str
        Its environment, see :mod:`.environments`.
    script : str
        Its worker.
    variant, observation : str
        See ``workers/serving.py``.
    models : tuple of str
        Those it has.
    many, delays, jax : bool
        Whether it takes several simulations in one call; whether it is shown with delays; whether it
        counts as a JAX peer.
    same_noise, double : bool
        Whether it draws our bits; whether it computes in double precision whatever is asked.
    note : str
        What a reader has to know.
    """

    peer: str
    script: str
    variant: str = ''
    observation: str = 'balloon'
    models: tuple[str, ...] = ('rww', 'ei', 'hopf')
    many: bool = True
    delays: bool = True
    jax: bool = True
    same_noise: bool = False
    double: bool = False
    note: str = ''


CONTENDERS = {
    'brainfit_fast': Contender('brainfit_fast', 'ours.py'),
    'brainfit_fast, HRF': Contender('brainfit_fast', 'ours.py', observation='hrf'),
    'brainfit_fast, HRF, no clip': Contender(
        'brainfit_fast', 'ours.py', 'no clip', 'hrf', models=('ei',), many=False,
        note='gatings may leave 0 to 1, as in brainmass',
    ),
    'brainfit_fast, not compiled': Contender(
        'brainfit_fast', 'ours.py', 'not compiled', same_noise=True,
        note='`Simulator.run` and FC without a `jit` around them',
    ),
    # with delays the gather takes nearly all the time, whichever way noise and BOLD go
    'scan': Contender(
        'scan', 'with_scan.py', 'each step', delays=False, note='noise drawn in each step'
    ),
    'scan, noise ahead': Contender(
        'scan', 'with_scan.py', 'ahead', note='noise drawn for a volume at a time'
    ),
    'tvboptim': Contender(
        'tvboptim', 'with_tvboptim.py', many=False,
        note='all activity and noise stored, then the balloon model',
    ),
    'tvboptim, HRF': Contender(
        'tvboptim', 'with_tvboptim.py', observation='hrf', delays=False,
        note='convolution, streamed in blocks of a volume',
    ),
    'cubnm': Contender(
        'cubnm', 'with_cubnm.py', models=('rww', 'ei'), jax=False, double=True,
        note='C++, double precision; noise of 30 s, drawn before the first turn and shuffled to be used again',
    ),
    'brainmass': Contender(
        'brainmass', 'with_brainmass.py', observation='hrf', models=('ei', 'hopf'), many=False,
        same_noise=True, note='all activity stored, then convolution',
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Length:
    """How long a run is: steps, steps between volumes, and volumes that FC leaves out."""

    steps: int
    tr_steps: int
    removed: int

    @property
    def setup(self) -> dict[str, int]:
        """For a worker."""
        return {'steps': self.steps, 'tr_steps': self.tr_steps, 'removed': self.removed}


#: What is timed: 60 s with a TR of 1 s, the first half left out, as in cuBNM's tutorials.
FULL, QUICK = Length(600_000, 10_000, 30), Length(40_000, 2_000, 10)
#: Ten minutes, for memory.
LONG, QUICK_LONG = Length(6_000_000, 10_000, 30), Length(200_000, 10_000, 10)
#: Two seconds without noise.
SILENT = Length(20_000, 1_000, 0)


#: Those that decide where the first are too far apart.
MORE_SEEDS = range(1000, 1100)


def noisy(short: bool, quick: bool) -> tuple[Length, list[int]]:
    """How long, and with which seeds, mean FC is compared; BOLD needs some seconds to settle."""
    if quick:
        return Length(150_000, 5_000, 20), list(range(4))
    if short:
        return Length(100_000, 5_000, 10), list(range(20))
    return Length(300_000, 5_000, 30), list(range(20))


@dataclass(frozen=True)
class Workload:
    """One row of work.

    Attributes
    ----------
    name, work : str
        What ``--only`` calls it, and what a reader is told.
    model : {'rww', 'ei', 'hopf'}
    sims : int
        Simulations, which differ in G.
    delays, memory : bool
        Conduction delays; peak memory instead of time.
    goals : dict of str to float
        By peer: how many times as fast we should be; ``'jax'``, each JAX peer.
    limit : float or None
        MB at most.
    """

    name: str
    work: str
    model: str
    sims: int = 1
    delays: bool = False
    memory: bool = False
    goals: tuple[tuple[str, float], ...] = ()
    limit: float | None = None

    def goal(self, contender: str) -> float:
        """Times as fast as a contender we should be; 1 where nothing else is said."""
        goals, known = dict(self.goals), CONTENDERS[contender]
        return goals.get(known.peer, goals.get('jax', 1.0) if known.jax else 1.0)

    @property
    def contenders(self) -> list[str]:
        """Who takes part, ours first; 16 simulations with delays take JAX peers minutes."""
        if self.memory:
            return ['brainfit_fast', 'scan, noise ahead', 'tvboptim, HRF', 'cubnm']
        found = [
            name
            for name, c in CONTENDERS.items()
            if c.peer != 'brainfit_fast'
            and self.model in c.models
            and (c.many or self.sims == 1)
            and (c.delays or not self.delays)
            and not (c.jax and self.sims > 1 and self.delays)
        ]
        own = sorted({self.beside(name) for name in found})
        return [*own, 'brainfit_fast, not compiled', *found]

    def beside(self, contender: str) -> str:
        """Ours that does the same work."""
        if CONTENDERS[contender].observation == 'balloon':
            return 'brainfit_fast'
        if self.model == 'ei' and contender in ('brainmass', 'brainfit_fast, HRF, no clip'):
            return 'brainfit_fast, HRF, no clip'
        return 'brainfit_fast, HRF'

    @cached_property
    def arrays(self) -> dict[str, Any]:
        """What a worker reads from a file: the connectome as cuBNM scales it, G, and inhibitory weights."""
        hcp = bf.datasets.load_dataset('hcp_schaefer100')
        weights = 0.01 * np.asarray(hcp.weights) / np.asarray(hcp.weights).mean()
        lengths = np.asarray(hcp.lengths / u.mm)
        # up to where correlations are strongest before the network changes its state
        low, high = {'rww': (0.1, 0.5), 'ei': (0.2, 0.8), 'hopf': (0.001, 0.004)}[self.model]
        G = np.linspace(high, low, self.sims)
        with brainstate.environ.context(precision=64):
            J_i = [bf.fic.analytic_fic(weights, rate=3.0630854, G=g) for g in G]
        return {
            'weights': weights,
            'lengths': lengths,
            'back': _steps_back(lengths, SPEED),
            'slow_back': _steps_back(lengths, SLOW_SPEED),
            'G': G,
            'J_i': np.asarray(J_i, float),
        }

    def setup(self, contender: str, dtype: str, length: Length) -> dict[str, Any]:
        """The rest of what a worker is told."""
        known = CONTENDERS[contender]
        return {
            'model': self.model, 'variant': known.variant, 'observation': known.observation,
            'noise': True, 'delays': self.delays, 'dtype': dtype, 'constants': CONSTANTS,
            **length.setup,
        }  # fmt: skip


def _steps_back(lengths: np.ndarray, speed: float) -> np.ndarray:
    """cuBNM's delays: at least one step, counted from the next state."""
    steps = np.rint((lengths / (speed * DT)).astype(np.float32))
    return (np.maximum(steps, 1) - 1).astype(np.int32)


_RWW = 'reduced Wong–Wang'
_EI = 'excitatory–inhibitory, analytic FIC'

WORKLOADS = {
    w.name: w
    for w in (
        Workload('rww', _RWW, 'rww', goals=(('cubnm', 6), ('jax', 2))),
        Workload('rww-16', f'{_RWW}, 16 simulations', 'rww', 16, goals=(('cubnm', 15), ('jax', 4))),
        Workload('rww-delays', f'{_RWW}, delays', 'rww', delays=True, goals=(('cubnm', 15),)),
        Workload(
            'rww-delays-16',
            f'{_RWW}, delays, 16 simulations',
            'rww',
            16,
            True,
            goals=(('cubnm', 15),),
        ),
        Workload('ei', _EI, 'ei', goals=(('cubnm', 6), ('jax', 2))),
        Workload('ei-16', f'{_EI}, 16 simulations', 'ei', 16, goals=(('cubnm', 15), ('jax', 4))),
        Workload('ei-delays', f'{_EI}, delays', 'ei', delays=True, goals=(('cubnm', 15),)),
        Workload(
            'ei-delays-16', f'{_EI}, delays, 16 simulations', 'ei', 16, True, goals=(('cubnm', 15),)
        ),
        Workload('hopf', 'Hopf', 'hopf', goals=(('jax', 2),)),
        Workload('hopf-delays', 'Hopf, delays', 'hopf', delays=True),
        Workload('memory', f'peak memory, {_RWW}, 10 minutes', 'rww', memory=True, limit=100.0),
    )
}
