"""Fit by gradient: the amplitude of an oscillator, then the coupling of a network to a target FC.

    python gradient_fit.py [tutorial | study | small]

``tutorial`` does the work of brainmass's tutorial on gradients: one Hopf node of 3,000 steps and three coupled
ones of 4,000, 60 steps of Adam each, and the gradient beside finite differences. Three regions are a toy:
in ``study`` the network is the HCP group average, 100 regions, which noise drives below their bifurcation,
and a fit has 300 steps.
(Above it, gradients of so many coupled oscillators grow until rounding decides the fit.)
``small`` is for tests.
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
from brainstate.nn import Param, SoftplusT

BEGAN = time.perf_counter()
SIZE = sys.argv[1] if len(sys.argv) > 1 else 'tutorial'
N_STEPS, AMPLITUDE_MS, FC_MS, A = {
    'tutorial': (60, 300.0, 400.0, 0.4),
    'study': (300, 300.0, 400.0, -0.1),
    'small': (4, 20.0, 20.0, 0.4),
}[SIZE]
HCP = Path(__file__).parents[2] / 'brainfit_fast' / 'datasets' / 'data' / 'hcp_schaefer100'
DT = 0.1 * u.ms

brainstate.environ.set(dt=DT)
brainstate.random.seed(5)


def oscillator(a):
    start = {'init_x': braintools.init.Constant(0.4), 'init_y': braintools.init.Constant(0.1)}
    return brainmass.HopfStep(1, a=a, w=0.25, **start)


def amplitude(node):
    """Amplitude of the limit cycle: root of twice the mean square of the second half."""
    simulator = brainmass.Simulator(node, dt=DT)
    run = simulator.run(AMPLITUDE_MS * u.ms, monitors=['x'], transient=AMPLITUDE_MS / 2 * u.ms)
    return jnp.sqrt(2.0 * jnp.mean(u.get_magnitude(run['x']) ** 2))


curve = [float(amplitude(oscillator(a))) for a in (0.3, 0.9, 1.8)]
wanted = float(amplitude(oscillator(1.2)))


def misfit(node):
    found = amplitude(node)
    return (found - wanted) ** 2, found


single = brainmass.Fitter(
    oscillator(Param(0.2, t=SoftplusT(0.0))),
    braintools.optim.Adam(lr=0.1),
    loss_fn=misfit,
    backend='grad',
).fit(n_steps=N_STEPS, verbose=False)


def slope(a):
    """Loss and derivative at a."""
    node = oscillator(Param(a))
    weights = node.states(brainstate.ParamState)
    gradient = brainstate.transform.grad(lambda: misfit(node)[0], weights, return_value=True)
    gradients, loss = gradient()
    return float(loss), float(next(iter(gradients.values())))


_, derivative = slope(0.7)
difference = (slope(0.705)[0] - slope(0.695)[0]) / 0.01

if SIZE == 'study':
    conn = np.load(HCP / 'weights.npz')['train'].astype(float)
    conn = conn / conn.sum(1).mean()
else:
    conn = np.array([[0.0, 0.7, 0.3], [0.7, 0.0, 0.45], [0.3, 0.45, 0.0]])
n = len(conn)


def network(k):
    noise = brainmass.OUProcess(n, sigma=0.3, tau=10.0 * u.ms)
    node = brainmass.HopfStep(n, a=A, w=0.25, noise_x=noise)
    return brainmass.Network(node, conn=conn, coupling='diffusive', coupled_var='x', k=k)


def series(net):
    simulator = brainmass.Simulator(net, dt=DT)
    run = simulator.run(
        FC_MS * u.ms, monitors=lambda net: net.node.x.value, transient=FC_MS / 4 * u.ms
    )
    return run['output']


brainstate.random.seed(21)
target = series(network(0.9))
brainstate.random.seed(21)
coupled = brainmass.Fitter(
    network(Param(0.15, t=SoftplusT(0.0))),
    braintools.optim.Adam(lr=0.2),
    predict=series,
    objective=brainmass.objectives.fc_corr(as_loss=True),
    backend='grad',
).fit(target=target, n_steps=N_STEPS)

numbers = {
    'curve': curve,
    'amplitude_losses': [float(loss) for loss in single.history],
    'derivative': derivative,
    'difference': difference,
    'fc_losses': [float(loss) for loss in coupled.history],
}
print(json.dumps({'seconds': time.perf_counter() - BEGAN, 'numbers': numbers}))
