"""brainfit_fast as its users write it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import brainstate
import braintools
import brainunit as u
import jax.numpy as jnp
import numpy as np
from serving import DT, Setup, serve

import brainfit_fast as bf
from brainfit_fast.ops.fc import functional_connectivity

#: The coupled state of each model, which is also what BOLD is made of.
COUPLED = {'rww': 'S', 'ei': 'S_e', 'hopf': 'x'}

#: Excitatory rate in Hz that cuBNM's analytic FIC aims at.
RATE = 3.0630854


def network(s: Setup, G: Any) -> Any:
    """The model; inhibitory weights follow from the other parameters."""
    n, c = len(s.weights), s.constants
    sigma = c[f'sigma_{s.model}'] / np.sqrt(DT)

    def noise(*names: str) -> dict[str, Any]:
        return {name: bf.GaussianNoise(n, sigma=sigma) for name in names} if s.noise else {}

    start = braintools.init.Constant(c['x'] if s.model == 'hopf' else 0.001)
    wiring = {'conn': s.weights, 'coupled_var': COUPLED[s.model], 'delay_init': start}
    if s.delays:  # half a step less, so that rounding up is safe
        wiring |= {'distance': np.maximum(s.back - 0.5, 0) * DT, 'speed': 1.0}
    if s.model == 'hopf':
        drawn = noise('noise_x', 'noise_y')
        node = bf.HopfStep(n, a=c['a'], w=c['w'], init_x=start, method='euler', **drawn)
        return bf.Network(node, k=G, **wiring)
    if s.model == 'rww':
        node = bf.ReducedWongWangStep(n, method='euler', **noise('noise_S'))
        return bf.Network(node, coupling='additive', k=G, **wiring)
    drawn = noise('noise_e', 'noise_i')
    clip = s.variant != 'no clip'  # which brainmass has not
    node = bf.WongWangExcInhStep(n, G=G, method='euler', clip=clip, **drawn)
    net = bf.Network(node, coupling='additive', **wiring)
    node.J_i = bf.fic.AnalyticFIC(net, rate=RATE)
    return net


def observer(s: Setup) -> Any:
    """BOLD of the coupled state, by the balloon model or by convolution."""
    source, period = f'node.{COUPLED[s.model]}', s.tr_steps * DT * u.ms
    if s.observation == 'hrf':
        return bf.HRFBold(period=period, source=source)
    names = ('kappa', 'gamma', 'tau', 'alpha', 'rho', 'V0', 'k1', 'k2', 'k3')
    constants = bf.observation.Balloon(**{name: s.constants[name] for name in names})
    return bf.BOLD(source, period=period, step=1.0 * u.ms, constants=constants)


def simulated(s: Setup, G: Any) -> tuple[Any, Any]:
    """FC and BOLD of one run."""
    many = len(s.G) > 1
    sim = bf.Simulator(network(s, s.G[0] if many else G[0]), dt=DT * u.ms)
    candidates = {'node.G' if s.model == 'ei' else 'k': G} if many else None
    result = sim.run(s.steps * DT * u.ms, monitors={'bold': observer(s)}, candidates=candidates)
    bold = result['bold'].swapaxes(0, 1) if many else result['bold'][None]
    return functional_connectivity(bold[:, s.removed :]), bold


def make(s: Setup) -> Callable[[int], tuple[Any, Any]]:
    """Compiled once; variant 'not compiled' is the same call without a ``jit`` around it."""
    brainstate.environ.set(precision=64 if s.dtype == 'float64' else 32)

    def function(G: Any) -> tuple[Any, Any]:
        return simulated(s, G)

    call = function if s.variant == 'not compiled' else brainstate.transform.jit(function)
    G = jnp.asarray(s.G, s.dtype)

    def run(seed: int) -> tuple[Any, Any]:
        brainstate.random.seed(seed)
        return call(G)

    return run


if __name__ == '__main__':
    serve(make)
