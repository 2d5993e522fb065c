"""The networks that the GPU gate compiles and the GPU benchmark runs."""

from __future__ import annotations

from typing import Any, NamedTuple

import brainstate
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np

import brainfit_fast as bf
from brainfit_fast.codegen.node import node_of
from brainfit_fast.monitors import measurement
from brainfit_fast.observation import BOLD
from brainfit_fast.observing import observers_in, start_observers, tracking_of
from brainfit_fast.ops.simulate import SimulateArgs
from brainfit_fast.program.arrays import gather
from brainfit_fast.program.build import build

__all__ = ['MODELS', 'NOISES', 'Network', 'arguments']

#: Model: class, coupled variable, noise arguments.
MODELS = {
    'hopf': (bf.HopfStep, 'x', ('noise_x', 'noise_y')),
    'wilson_cowan': (bf.WilsonCowanStep, 'rE', ('noise_E', 'noise_I')),
    'montbrio': (bf.MontbrioPazoRoxinStep, 'r', ('noise_v',)),
    'fitzhugh_nagumo': (bf.FitzHughNagumoStep, 'V', ('noise_V', 'noise_w')),
    'wong_wang': (bf.ReducedWongWangStep, 'S', ('noise_S',)),
}
NOISES = ('none', 'shared', 'own')
DT = 0.1


class Network(NamedTuple):
    """A network of one model, with diffusive coupling.

    Attributes
    ----------
    model : str
    n_regions : int
    noise : str
        ``'none'``, ``'shared'`` by all candidates, or ``'own'``.
    longest_delay : int
        In steps.
    n_candidates : int
        Each with parameters and initial states of its own; they share the connectome.
    precision : str
        Of products: ``'bfloat16x3'``, which is the default, or a name that JAX knows.
    bold : bool
        Whether BOLD is observed, which is advanced after every tenth step, instead of the activity.
    """

    model: str = 'hopf'
    n_regions: int = 100
    noise: str = 'none'
    longest_delay: int = 0
    n_candidates: int = 1
    precision: str = 'bfloat16x3'
    bold: bool = False

    @property
    def asked(self) -> str | None:
        """What ``jax.default_matmul_precision`` takes."""
        return None if self.precision == 'bfloat16x3' else self.precision


def arguments(network: Network, seed: int = 0) -> tuple[Any, SimulateArgs]:
    """The program of a network, and arguments drawn from a seed; ``dt`` is 0.1 ms."""
    n, many, longest = network.n_regions, network.n_candidates, network.longest_delay
    rng = np.random.default_rng(seed)
    cls, variable, names = MODELS[network.model]
    noises = {name: bf.GaussianNoise(n, sigma=0.1) for name in names if network.noise != 'none'}
    conn = (rng.lognormal(size=(n, n)) * (1 - np.eye(n)) / n).astype(np.float32)
    steps = rng.integers(0, longest + 1, (n, n))
    # none beyond the last, however it is rounded
    where = {'distance': steps * DT * 0.999, 'speed': 1.0} if longest else {}
    with brainstate.environ.context(dt=DT * u.ms, precision=32):
        net = bf.Network(
            cls(n, **noises), conn=conn, coupling='diffusive', coupled_var=variable, k=0.1, **where
        )
        brainstate.random.seed(seed)
        brainstate.nn.init_all_states(net)
        monitor: Any = f'node.{variable}'
        if network.bold:
            monitor = BOLD(monitor, period=720.0 * u.ms, step=1.0 * u.ms)
        observers = observers_in(monitor)
        start_observers(net, observers, anew=True)
        tracking = tracking_of(net, observers, DT * u.ms)
        built = build(net, measurement(net, monitor), (), DT * u.ms, tracking=tracking)
        given = gather(built)

    def varied(leaf: Any) -> Any:
        if leaf.ndim > 1:
            return leaf[None]  # the connectome, which is summed over with the weights
        factor = rng.uniform(0.9, 1.1, (many, *(1 for _ in leaf.shape)))
        return jnp.asarray(leaf[None] * factor, leaf.dtype)

    def state(leaf: Any) -> Any:
        if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
            return jax.random.split(leaf, many) if network.noise == 'own' else leaf[None]
        return jnp.asarray(leaf + rng.uniform(0, 0.1, (many, *leaf.shape)), leaf.dtype)

    rest = (given.consts, given.rings, given.weights, given.delays)
    consts, rings, weights, delays = jax.tree.map(lambda leaf: leaf[None], rest)
    args = SimulateArgs(
        tuple(map(varied, given.params)), consts, tuple(map(state, given.states)), rings, weights,
        delays, (), (), given.pointers, jnp.asarray(DT, jnp.float32), jnp.asarray(0, jnp.int32),
    )  # fmt: skip
    node_of(built.program)  # folds constants, which a compile-only device cannot
    return built.program, args
