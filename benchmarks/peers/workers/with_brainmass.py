"""brainmass as its users write it: activity is recorded, and BOLD made of it by convolution."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import brainmass
import brainstate
import braintools
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
from serving import DT, Setup, serve

COUPLED = {'ei': 'S_e', 'hopf': 'x'}


def network(s: Setup, G: Any, J_i: Any) -> Any:
    """The model, its inhibitory weights given."""
    n, c = len(s.weights), s.constants
    sigma = c[f'sigma_{s.model}'] / np.sqrt(DT)
    names = {'ei': ('noise_e', 'noise_i'), 'hopf': ('noise_x', 'noise_y')}[s.model]
    noise = {name: brainmass.GaussianNoise(n, sigma=sigma) for name in names} if s.noise else {}
    start = braintools.init.Constant(c['x'] if s.model == 'hopf' else 0.001)
    # distances of zero are what it takes for "no delay"
    distance = np.maximum(s.back - 0.5, 0) * DT if s.delays else np.zeros((n, n))
    wiring = {'conn': s.weights, 'coupled_var': COUPLED[s.model], 'delay_init': start}
    wiring |= {'distance': distance, 'speed': 1.0}
    if s.model == 'hopf':
        node = brainmass.HopfStep(n, a=c['a'], w=c['w'], init_x=start, method='euler', **noise)
        return brainmass.Network(node, k=G, **wiring)
    node = brainmass.WongWangExcInhStep(n, G=G, J_i=J_i, method='euler', **noise)
    return brainmass.Network(node, coupling='additive', **wiring)


def make(s: Setup) -> Callable[[int], tuple[Any, Any]]:
    """Compiled once; its own noise has our bits."""
    brainstate.environ.set(precision=64 if s.dtype == 'float64' else 32, dt=DT * u.ms)
    hrf = brainmass.HRFBold(period=s.tr_steps * DT * u.ms)
    state = COUPLED[s.model]

    def single(G: Any, J_i: Any) -> tuple[Any, Any]:
        sim = brainmass.Simulator(network(s, G, J_i), dt=DT * u.ms)
        activity = sim.run(s.steps * DT * u.ms, monitors=lambda m: getattr(m.node, state).value)[
            'output'
        ]
        bold = hrf(activity, dt=DT * u.ms)
        return jnp.corrcoef(bold[s.removed :].T)[None], bold[None]

    call = brainstate.transform.jit(single)
    G, J_i = (jnp.asarray(value[0], s.dtype) for value in (s.G, s.J_i))

    def run(seed: int) -> tuple[Any, Any]:
        brainstate.random.seed(seed)
        return jax.block_until_ready(call(G, J_i))

    return run


if __name__ == '__main__':
    serve(make)
