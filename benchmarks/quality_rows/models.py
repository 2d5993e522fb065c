"""The excitatory–inhibitory network as cuBNM has it, and how regional parameters are set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import brainstate
import braintools
import brainunit as u
import jax.numpy as jnp
import numpy as np
from brainstate.nn import Param, SigmoidT, Transform

import brainfit_fast as bf

from .data import TR, Data

__all__ = [
    'BOUNDS',
    'COEFFICIENTS',
    'FINE',
    'MAPS',
    'REGIONAL',
    'IntoRange',
    'Run',
    'bounded',
    'by_maps',
    'by_network',
    'free',
    'network',
]

#: Excitatory rate of cuBNM's steady state, Hz.
RATE = 3.0630854

#: cuBNM's bounds of G, w_p and J_N, and of the coefficients of maps.
BOUNDS = {'G': (0.001, 10.0), 'w_p': (0.0, 2.0), 'J_N': (0.001, 0.5)}
COEFFICIENTS = (-5.0, 5.0)

MAPS = ('myelinmap', 'fcgradient01')
REGIONAL = ('w_p', 'J_N')


class Node(bf.WongWangExcInhStep):
    """The node, with the excitatory rate at the begin of a step as a state, so that it can be averaged."""

    def init_state(self, batch_size: int | None = None, **kwargs: Any) -> None:
        """Create the states."""
        super().init_state(batch_size, **kwargs)
        self.r_e = brainstate.HiddenState(jnp.zeros_like(self.S_e.value))

    def update(self, coupling: Any = None) -> Any:
        """Advance by one step."""
        self.r_e.value = self.H_e(coupling)
        return super().update(coupling)


class IntoRange(Transform):
    """cuBNM's rule for regional values out of range: the map is stretched into it, as a whole."""

    def __init__(self, low: float, high: float):
        self.low, self.high = low, high

    def forward(self, x: Any) -> Any:
        """Values within the range."""
        least, most = x.min(), x.max()
        low, high = (jnp.clip(end, self.low, self.high) for end in (least, most))
        width = jnp.where(most > least, most - least, 1.0)
        outside = (least < low) | (most > high)
        return jnp.where(outside, (x - least) / width * (high - low) + low, x)

    def inverse(self, y: Any) -> Any:
        """Values are kept as they are."""
        return y


def network(data: Data, dt: float, **parameters: Any) -> Any:
    """The network with analytic FIC, for steps of ``dt`` ms.

    Parameters
    ----------
    data : Data
    dt : float
    **parameters
        ``G``, ``w_p``, ``J_N``.
    """
    n = len(data.weights)
    noise = {name: bf.GaussianNoise(n, sigma=0.01 / np.sqrt(dt)) for name in ('noise_e', 'noise_i')}
    node = Node(n, method='euler', clip=True, **noise, **parameters)
    net = bf.Network(
        node,
        conn=data.weights,
        coupling='additive',
        coupled_var='S_e',
        delay_init=braintools.init.Constant(0.001),
    )
    node.J_i = bf.fic.AnalyticFIC(net, rate=RATE)
    return net


@dataclass(frozen=True)
class Run:
    """How long and how finely a network is simulated.

    Attributes
    ----------
    dt, bold_step : float
        Steps of the network and of BOLD and the mean rate, ms.
    volumes, removed : int
        900 s, of which cuBNM leaves out the volumes within the first 30 s.
    """

    dt: float
    bold_step: float
    volumes: int = 1250
    removed: int = 41

    def __call__(self, net: Any, **options: Any) -> Any:
        """Simulate; ``'bold'`` and the mean rate ``'rate'`` in windows of a volume."""
        step = self.bold_step * u.ms
        return bf.Simulator(net, dt=self.dt * u.ms).run(
            self.volumes * TR * u.ms,
            transient=self.removed * TR * u.ms,
            monitors={
                'bold': bf.BOLD(
                    'node.S_e', period=TR * u.ms, step=step, constants='cubnm-heinzle2016-3T'
                ),
                'rate': bf.TemporalAverage(TR * u.ms, 'node.r_e', step=step),
            },
            **options,
        )


#: Evaluations are as cuBNM simulates.
FINE = Run(0.1, 1.0)


def by_maps(
    data: Data,
    make: Callable[[str], Param],
    coefficient: Callable[[], Param] = lambda: Param(0.0),
) -> dict[str, Any]:
    """``w_p`` and ``J_N`` by two maps, as cuBNM has them."""
    maps = {name: data.maps[name] for name in MAPS}
    return {'G': make('G')} | {
        name: bf.MapParam(
            maps,
            bias=make(name),
            scale={key: coefficient() for key in maps},
            normalize='minmax',
            relative=True,
            t=IntoRange(*BOUNDS[name]),
        )
        for name in REGIONAL
    }


def by_network(data: Data, make: Callable[[str], Param]) -> dict[str, Any]:
    """One ``w_p`` and one ``J_N`` for each of the networks of Yeo et al."""
    members = {name: (data.networks == name).astype(float) for name in sorted(set(data.networks))}
    return {'G': make('G')} | {
        name: bf.MapParam(members, bias=0.0, scale={key: make(name) for key in members})
        for name in REGIONAL
    }


def free(name: str) -> Param:
    """A number in the middle of its bounds, for a search."""
    return Param(sum(BOUNDS[name]) / 2)


def bounded(name: str, value: Any) -> Param:
    """A number, or one for each region, that stays between its bounds."""
    return Param(value, t=SigmoidT(*BOUNDS[name]))
