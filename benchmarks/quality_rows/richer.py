"""Models with more parameters, fitted by gradient."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import brainstate
import braintools
import brainunit as u
import jax.numpy as jnp
import numpy as np
from brainstate.nn import Param, SigmoidT

import brainfit_fast as bf

from .data import TR, Data
from .evaluate import SEEDS, picture
from .models import COEFFICIENTS, bounded, by_maps, by_network, network
from .scores import Scores
from .search import COARSE, point_of

__all__ = ['RICHER', 'Richer', 'fit_by_gradient']

#: Where gradients start: FIC holds, and no region differs.
START = {'G': 1.0, 'w_p': 0.5, 'J_N': 0.2}


@dataclass(frozen=True)
class Richer:
    """A model that is fitted by gradient.

    Attributes
    ----------
    work : str
        What a reader is told.
    n_parameters : int
    build : callable
        ``build(data)``.
    simulate : callable
        ``simulate(model)`` gives BOLD and rates (None without any), as long as those of an evaluation: shorter
        runs have more windows that overlap, and so other FCD values.
    rate : float
        Of Adam, at first; it goes down to zero along a cosine: late steps differ little, and which of them had
        the lowest loss with its own noise, where a Fitter leaves its model, says little.
    """

    work: str
    n_parameters: int
    build: Callable[[Data], Any]
    simulate: Callable[[Any], tuple[Any, Any]]
    rate: float
    fine: bool = True


def fit_by_gradient(
    data: Data,
    name: str,
    seed: int,
    steps: int,
    checkpoint: Path | None = None,
) -> dict[str, Any]:
    """Fit one of the richer models; scores of what is simulated at another step than a search come later."""
    model, scores = RICHER[name], Scores(data)
    net = model.build(data)

    def loss(net: Any) -> tuple[Any, None]:
        return scores.smooth(*model.simulate(net)), None

    brainstate.random.seed(seed)
    rate = braintools.optim.CosineAnnealingLR(base_lr=model.rate, T_max=steps)
    fitter = bf.Fitter(net, braintools.optim.Adam(lr=rate), loss_fn=loss)
    began, cpu = time.perf_counter(), time.process_time()
    if checkpoint is not None and checkpoint.exists():
        result = fitter.resume(checkpoint, n_steps=steps)
    else:
        result = fitter.fit(n_steps=steps, checkpoint=checkpoint)
    row = {
        'row': name,
        'seed': seed,
        'steps': result.n_steps,
        'seconds': time.perf_counter() - began,
        'processor_seconds': time.process_time() - cpu,
        'best_step': result.best_step,
        'loss_at_start': float(result.history[0]),
        'search_cost': float(result.best_loss),
    }
    if model.fine:
        return row | {'point': point_of(net)}
    return row | _evaluated(data, net, model)


def _evaluated(data: Data, net: Any, model: Richer) -> dict[str, Any]:
    """Scores with noise that the fit has not seen."""
    scores, found = Scores(data), []
    for seed in SEEDS:
        brainstate.random.seed(seed)
        found.append(model.simulate(net)[0])
    report = scores.report(jnp.stack(found, 1))
    without_rates = {k: v.tolist() for k, v in report.items() if 'rate' not in k and k != 'penalty'}
    return {'scores': without_rates, **picture(scores, found[0])}


def _excitatory_inhibitory(net: Any) -> tuple[Any, Any]:
    result = COARSE(net)
    return result['bold'], result['rate']


def _start(name: str) -> Param:
    return bounded(name, START[name])


def _maps(data: Data) -> Any:
    coefficients = {'t': SigmoidT(*COEFFICIENTS)}
    return network(data, COARSE.dt, **by_maps(data, _start, lambda: Param(0.0, **coefficients)))


def _yeo(data: Data) -> Any:
    return network(data, COARSE.dt, **by_network(data, _start))


def _regional(data: Data) -> Any:
    n = len(data.weights)
    parameters = {name: bounded(name, np.full(n, START[name])) for name in ('w_p', 'J_N')}
    return network(data, COARSE.dt, G=_start('G'), **parameters)


#: Steps of the Hopf network, ms: six in a volume.
_SLOW = 120.0


def _hopf(data: Data) -> Any:
    """Oscillators at the frequencies of BOLD, whose ``x`` is BOLD (Deco et al. 2017)."""
    n = len(data.weights)
    weights = data.weights / data.weights.sum(1).mean()
    w = Param(np.full(n, 2e-3 * np.pi * 0.05), t=SigmoidT(2e-3 * np.pi * 0.008, 2e-3 * np.pi * 0.1))
    # a noise that leaves x far below the limit cycle of a region that has one
    noise = {name: bf.GaussianNoise(n, sigma=2e-5) for name in ('noise_x', 'noise_y')}
    node = bf.HopfStep(
        n, a=Param(np.full(n, -2e-4), t=SigmoidT(-1e-3, 2e-5)), w=w, method='euler', **noise
    )
    k = Param(np.full(n, 2e-4), t=SigmoidT(0.0, 2e-3))
    start = braintools.init.Constant(0.0)
    return bf.Network(node, conn=weights, coupled_var='x', k=k, delay_init=start)


def _slow(net: Any) -> tuple[Any, None]:
    result = bf.Simulator(net, dt=_SLOW * u.ms).run(
        COARSE.volumes * TR * u.ms,
        transient=COARSE.removed * TR * u.ms,
        monitors='node.x',
        sample_every=round(TR / _SLOW),
    )
    return result['node.x'], None


RICHER = {
    'maps-gradient': Richer('two maps, by gradient', 7, _maps, _excitatory_inhibitory, 0.1),
    'yeo-gradient': Richer('Yeo-7, by gradient', 15, _yeo, _excitatory_inhibitory, 0.1),
    'regional': Richer(
        'w_p and J_N of each region, G', 201, _regional, _excitatory_inhibitory, 0.1
    ),
    'hopf': Richer('Hopf: a, frequency and gain of each region', 300, _hopf, _slow, 0.1, False),
}
