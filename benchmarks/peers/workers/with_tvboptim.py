"""tvboptim: its linear coupling, Euler, and BOLD of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import equinox
import jax
import jax.numpy as jnp
import numpy as np
from serving import DT, Setup, serve
from tvboptim.experimental.network_dynamics import DenseDelayGraph, DenseGraph, Network, prepare
from tvboptim.experimental.network_dynamics.coupling import DelayedLinearCoupling, LinearCoupling
from tvboptim.experimental.network_dynamics.dynamics.tvb import (
    ReducedWongWang,
    SupHopf,
    WongWangExcInh,
)
from tvboptim.experimental.network_dynamics.noise import AdditiveNoise
from tvboptim.experimental.network_dynamics.solvers import BoundedSolver, Euler
from tvboptim.observations.tvb_monitors.bold import (
    BalloonWindkesselBold,
    HRFBold,
    streaming_hrf_bold,
)
from tvboptim.observations.tvb_monitors.downsampling import SubSampling

COUPLED = {'rww': 'S', 'ei': 'S_e', 'hopf': 'x'}


def _dynamics(s: Setup) -> Any:
    recorded = {'VARIABLES_OF_INTEREST': (COUPLED[s.model],)}
    if s.model == 'rww':
        return ReducedWongWang(w=0.9, I_o=0.3, INITIAL_STATE=(0.001,), **recorded)
    if s.model == 'ei':
        return WongWangExcInh(G=1.0, **recorded)
    c = s.constants
    return SupHopf(a=c['a'], omega=c['w'], INITIAL_STATE=(c['x'], 0.0), **recorded)


def _balloon(s: Setup) -> Any:
    """Its balloon model with the constants of the others, which its constructor does not take."""
    c = s.constants
    monitor = BalloonWindkesselBold(
        period=s.tr_steps * DT, taus=1 / c['kappa'], tauf=1 / c['gamma'], tauo=c['tau'],
        alpha=c['alpha'], Eo=c['rho'], vo=c['V0'],
        # by itself it reads the activity at the start of each ms
        downsample=SubSampling(voi=0, period=1.0),
    )  # fmt: skip
    weights = tuple(c[name] for name in ('k1', 'k2', 'k3'))
    return equinox.tree_at(lambda m: (m.k1, m.k2, m.k3), monitor, weights)


def make(s: Setup) -> Callable[[int], tuple[Any, Any]]:
    """Compiled; BOLD by the balloon model of the stored activity, or by convolution in blocks of the loop."""
    streamed = s.observation == 'hrf'
    solver: Any = Euler(block_size=s.tr_steps if streamed else None)
    if s.model != 'hopf':
        solver = BoundedSolver(solver, low=0.0, high=1.0)
    hopf = s.model == 'hopf'  # diffusive: the row sums on the diagonal, with the undelayed state
    weights = s.weights - np.diag(s.weights.sum(1)) if hopf else s.weights
    weights = jnp.asarray(weights, s.dtype)
    graph: Any = DenseGraph(weights)
    coupling: Any = LinearCoupling(incoming_states=COUPLED[s.model])
    if s.delays:
        graph = DenseDelayGraph(weights, jnp.asarray(s.back * DT, s.dtype))
        coupling = DelayedLinearCoupling(incoming_states=COUPLED[s.model])
    sigma = s.constants[f'sigma_{s.model}']
    net = Network(
        _dynamics(s),
        {'instant': coupling},
        graph,
        noise=AdditiveNoise(sigma=sigma) if s.noise else None,
    )
    monitor = _balloon(s)
    reduce = None
    if streamed:
        monitor = HRFBold(period=s.tr_steps * DT, downsample=SubSampling(voi=0, period=4.0))
        reduce = streaming_hrf_bold(monitor, DT)
    solve, config = prepare(net, solver, t0=0.0, t1=s.steps * DT, dt=DT, reduce=reduce)

    def single(G: Any, J_i: Any, key: Any) -> tuple[Any, Any]:
        own = config.copy()
        own.coupling.instant.G = G
        if s.model == 'ei':
            own.dynamics.J_i = J_i
        if s.noise:
            own.noise.key = key
        found = solve(own)
        bold = (found if streamed else monitor(found).ys)[:, 0]
        return jnp.corrcoef(bold[s.removed :].T), bold

    def alone(G: Any, J_i: Any, key: Any) -> tuple[Any, Any]:
        return jax.tree.map(lambda value: value[None], single(G[0], J_i[0], key))

    run = jax.jit(jax.vmap(single, (0, 0, None)) if len(s.G) > 1 else alone)
    G, J_i = (jnp.asarray(value, s.dtype) for value in (s.G, s.J_i))
    return lambda seed: run(G, J_i, jax.random.key(seed))


if __name__ == '__main__':
    serve(make)
