"""Fit without gradients: one loss, searched by evolution and by simplex, beside gradient descent.

    python gradient_free_fit.py [tutorial | study | small]

``tutorial`` does the work of brainmass's tutorial on searches: the amplitude of one Hopf node of 3,000 steps;
differential evolution, 12 generations of 6; three starts of Nelder-Mead; 60 steps of Adam. One node is a toy:
``study`` searches coupling and bifurcation parameter of the HCP group average, 100 regions, for its FC, too,
8 generations of 8 over 1 s. ``small`` is for tests.
"""

import json
import sys
import time
from pathlib import Path

import brainmass
import brainstate
import braintools
import brainunit as u
import jax.numpy as jnp
import numpy as np
from brainstate.nn import Param, SigmoidT

BEGAN = time.perf_counter()
SIZE = sys.argv[1] if len(sys.argv) > 1 else 'tutorial'
MS, GENERATIONS, STARTS, STEPS, FC_GENERATIONS = {
    'tutorial': (300.0, 12, 3, 60, 0),
    'study': (300.0, 12, 3, 60, 8),
    'small': (20.0, 2, 1, 4, 0),
}[SIZE]
HCP = Path(__file__).parents[2] / 'brainfit_fast' / 'datasets' / 'data' / 'hcp_schaefer100'
DT = 0.1 * u.ms

brainstate.environ.set(dt=DT)
brainstate.random.seed(5)
np.random.seed(5)


def oscillator(a):
    start = {'init_x': braintools.init.Constant(0.4), 'init_y': braintools.init.Constant(0.1)}
    return brainmass.HopfStep(1, a=a, w=0.25, **start)


def amplitude(node):
    """Amplitude of the limit cycle: root of twice the mean square of the second half."""
    simulator = brainmass.Simulator(node, dt=DT)
    run = simulator.run(MS * u.ms, monitors=['x'], transient=MS / 2 * u.ms)
    return jnp.sqrt(2.0 * jnp.mean(u.get_magnitude(run['x']) ** 2))


wanted = float(amplitude(oscillator(1.2)))


def misfit(node):
    found = amplitude(node)
    return (found - wanted) ** 2, found


def fitted(backend, optimizer, n_steps):
    node = oscillator(Param(0.2, t=SigmoidT(0.05, 2.5)))
    fitter = brainmass.Fitter(node, optimizer, loss_fn=misfit, backend=backend)
    return fitter.fit(n_steps=n_steps)


evolution = fitted('nevergrad', {'method': 'DE', 'n_sample': 6}, GENERATIONS)
simplex = fitted('scipy', {'method': 'Nelder-Mead'}, STARTS)
descent = fitted('grad', braintools.optim.Adam(lr=0.1), STEPS)
numbers = {
    'evolution_losses': [float(loss) for loss in evolution.history],
    'evolution_a': float(evolution.best_params['a']),
    'descent_losses': [float(loss) for loss in descent.history],
}
# starts are drawn by each library in its own way, so this is printed and not compared
found = {'simplex_a': float(simplex.best_params['a'])}

if FC_GENERATIONS:
    conn = np.load(HCP / 'weights.npz')['train'].astype(float)
    conn = conn / conn.sum(1).mean()
    n = len(conn)
    noise = {
        name: brainmass.OUProcess(n, sigma=0.05, tau=10.0 * u.ms) for name in ('noise_x', 'noise_y')
    }
    node = brainmass.HopfStep(n, a=Param(0.0, t=SigmoidT(-0.2, 0.2)), w=0.25, **noise)
    net = brainmass.Network(node, conn=conn, coupled_var='x', k=Param(0.1, t=SigmoidT(0.0, 1.0)))

    def fc_misfit(net):
        run = brainmass.Simulator(net, dt=DT).run(
            1000.0 * u.ms, monitors=lambda net: net.node.x.value, transient=200.0 * u.ms
        )
        empirical = jnp.asarray(np.load(HCP / 'fc.npz')['train'])
        fc = jnp.corrcoef(run['output'].T)
        return jnp.mean((fc - empirical) ** 2), None

    search = brainmass.Fitter(
        net, {'method': 'DE', 'n_sample': 8}, loss_fn=fc_misfit, backend='nevergrad'
    ).fit(n_steps=FC_GENERATIONS)
    numbers['fc_losses'] = [float(loss) for loss in search.history]
print(json.dumps({'seconds': time.perf_counter() - BEGAN, 'numbers': numbers, 'found': found}))
