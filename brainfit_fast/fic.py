"""Feedback inhibition control: inhibitory weights with which every region fires at one rate."""

# Published symbols keep their case.

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import brainstate
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
from brainstate.nn import Module, Param

from .candidates import candidate_values, find_parameter
from .core.errors import bad_type, bad_value
from .models.wong_wang import firing_rate
from .program.coupling_forms import FORMS, form_of
from .program.tracing import parameters, swapped_parameters
from .simulator import Simulator

__all__ = ['RATE', 'AnalyticFIC', 'Balance', 'analytic_fic', 'numerical_fic']

#: Excitatory rate, Hz, of an isolated node with the default parameters and ``J_i = 1``.
RATE = 3.0773270642

# Newton's method on a convex increasing function from its right side cannot overshoot; in the
# exponential tail of the rate it gains a factor e per iteration.
_ITERATIONS = 50

#: How much the step of the numerical adjustment shrinks, and the least that it may be.
_DECAY = 0.001


def analytic_fic(
    conn: Any,
    rate: Any = RATE,
    *,
    k: Any = 1.0,
    b: Any = 0.0,
    a_e: Any = 310.0,
    b_e: Any = 125.0,
    d_e: Any = 0.160,
    gamma_e: Any = 0.641 / 1000.0,
    tau_e: Any = 100.0,
    w_p: Any = 1.4,
    W_e: Any = 1.0,
    a_i: Any = 615.0,
    b_i: Any = 177.0,
    d_i: Any = 0.087,
    gamma_i: Any = 1.0 / 1000.0,
    tau_i: Any = 10.0,
    W_i: Any = 0.7,
    J_N: Any = 0.15,
    I_o: Any = 0.382,
    I_ext: Any = 0.0,
    G: Any = 2.0,
    lamda: Any = 0.0,
) -> Any:
    r"""Inhibitory weights with which the steady state without noise has a given excitatory rate.

    With a rate :math:`r` in every region, the steady state of :class:`WongWangExcInhStep` is known:

    .. math::

        S_E &= \frac{\gamma_E \tau_E r}{1 + \gamma_E \tau_E r}, \qquad H_E(x_E) = r, \qquad
        c = k \sum_j W_{ij} S_{E,j} + b \\
        x_I &= W_I I_o + J_N S_E + \lambda G J_N c - S_I, \qquad S_I = \gamma_I \tau_I H_I(x_I) \\
        J_i &= \frac{W_E I_o + w_p J_N S_E + G J_N c + I_{ext} - x_E}{S_I}

    Two scalar equations, for :math:`x_E` and :math:`x_I`, are solved for each region; the result is
    differentiable in all arguments, by the implicit function theorem.

    Source: Demirtaş, Burt, Helmer, Ji, Adkinson, Glasser, Van Essen, Sotiropoulos, Anticevic, Murray
    (2019), Neuron 101:1181–1194.

    Parameters
    ----------
    conn : array
        Weights ``(N, N)``, ``[target, source]``.
    rate : float or array
        Excitatory rate in Hz, one or ``(N,)``.
    k, b : float or array
        Global coupling and offset of the network, as of :class:`AdditiveCoupling`.
    a_e, b_e, d_e, gamma_e, tau_e, w_p, W_e, a_i, b_i, d_i, gamma_i, tau_i, W_i, J_N, I_o, I_ext, G, lamda
        Parameters of :class:`WongWangExcInhStep`, with its defaults: numbers or ``(N,)``.

    Returns
    -------
    array
        :math:`J_i`, ``(N,)``. Where it is negative, the region fires below ``rate`` without any
        inhibition. Whether the state is stable is another matter: with a strong coupling it is not.

    Raises
    ------
    ValueError
        If ``conn`` is no square matrix or the rate is not above zero.

    Examples
    --------
    >>> import brainfit_fast as bf, numpy as np
    >>> weights = np.array([[0.0, 0.5], [1.0, 0.0]])
    >>> [round(float(J), 3) for J in bf.fic.analytic_fic(weights, G=1.0)]
    [1.315, 1.63]
    """
    conn = jnp.asarray(conn)
    if conn.ndim != 2 or conn.shape[0] != conn.shape[1]:
        raise bad_value('conn', given=conn, expected='weights (N, N), [target, source]')
    if not isinstance(conn, jax.core.Tracer) and not np.isfinite(conn).all():
        raise bad_value('conn', given=conn, expected='finite weights')
    _check_rate(rate, len(conn))
    return _weights(
        brainstate.environ.dftype(), conn, rate, k, b, a_e, b_e, d_e, gamma_e, tau_e, w_p, W_e,
        a_i, b_i, d_i, gamma_i, tau_i, W_i, J_N, I_o, I_ext, G, lamda,
    )  # fmt: skip


# Compiled once for all calls with these shapes: a loop outside of a compiled function is compiled
# whenever it runs. The dtype, which `_root` reads, is an argument so that it counts as a shape does.
@functools.partial(jax.jit, static_argnums=0, inline=True)
def _weights(
    dtype: Any, conn: Any, rate: Any, k: Any, b: Any, a_e: Any, b_e: Any, d_e: Any, gamma_e: Any,
    tau_e: Any, w_p: Any, W_e: Any, a_i: Any, b_i: Any, d_i: Any, gamma_i: Any, tau_i: Any, W_i: Any,
    J_N: Any, I_o: Any, I_ext: Any, G: Any, lamda: Any,
) -> Any:  # fmt: skip
    open_e = gamma_e * tau_e * rate
    S_e = jnp.broadcast_to(open_e / (1.0 + open_e), conn.shape[:1])
    network = G * J_N * (k * (conn @ S_e) + b)
    x_e = _current_at(rate, a_e, b_e, d_e)

    driven = W_i * I_o + J_N * S_e + lamda * network
    scale = gamma_i * tau_i
    x_i = _root(lambda x: x + scale * firing_rate(x, a_i, b_i, d_i) - driven, driven)
    S_i = scale * firing_rate(x_i, a_i, b_i, d_i)
    return (W_e * I_o + w_p * J_N * S_e + network + I_ext - x_e) / S_i


def _check_rate(rate: Any, n: int) -> None:
    unit = isinstance(rate, u.Quantity)
    if not unit and np.shape(rate) in ((), (n,)):
        if isinstance(rate, jax.core.Tracer):
            return
        values = np.asarray(rate)
        if (values > 0).all() and np.isfinite(values).all():
            return
    raise bad_value(
        'rate',
        given=rate,
        expected=f'a firing rate in Hz above zero, one or ({n},)',
        remedy='Give the number of Hz without the unit.' if unit else '',
    )


def _current_at(rate: Any, a: Any, b: Any, d: Any) -> Any:
    """Current in nA at which a population fires at ``rate`` Hz."""
    # in z = d (a x - b) the equation has no scale: z / (1 - exp(-z)) = d r
    scaled = jnp.asarray(d * rate)
    z = _root(lambda z: firing_rate(z, 1.0, 0.0, 1.0) - scaled, scaled)
    return (z / d + b) / a


@functools.partial(jax.jit, static_argnums=0)
def _control_point(dtype: Any, rate: Any, a: Any, b: Any, d: Any) -> Any:
    """:func:`_current_at` as a compiled function of its own."""
    return _current_at(rate, a, b, d)


def _root(function: Callable[[Any], Any], right: Any) -> Any:
    """Root of a convex increasing function of each element, left of ``right``."""

    def newton(f: Callable[[Any], Any], x: Any) -> Any:
        def iterate(_: int, x: Any) -> Any:
            value, slope = jax.jvp(f, (x,), (jnp.ones_like(x),))
            return x - value / slope

        return jax.lax.fori_loop(0, _ITERATIONS, iterate, x)

    right = jnp.asarray(right, brainstate.environ.dftype())
    return jax.lax.custom_root(function, right, newton, lambda g, y: y / g(jnp.ones_like(y)))


#: What the weights depend on, besides the connectome and the rate.
_NODE = tuple(
    name
    for name, parameter in inspect.signature(analytic_fic).parameters.items()
    if parameter.kind is parameter.KEYWORD_ONLY and name not in ('k', 'b')
)


class AnalyticFIC(Param):
    r"""The inhibitory weights of a network as a parameter that follows its others.

    Its value is :func:`analytic_fic` of what the network holds. A fit of ``G``, ``w_p`` or the
    connectome keeps every region at its rate, and gradients and candidates take it into account.

    Parameters
    ----------
    network : Network
        :class:`WongWangExcInhStep` nodes with additive coupling of ``S_e``.
    rate : float or array
        Excitatory rate in Hz, one or ``(N,)``.

    Raises
    ------
    ValueError, TypeError
        If the network is another one, or the rate is not above zero.

    Examples
    --------
    >>> import brainfit_fast as bf, numpy as np
    >>> from brainstate.nn import Param
    >>> node = bf.WongWangExcInhStep(2, G=Param(1.0))
    >>> conn = np.array([[0.0, 0.5], [1.0, 0.0]])
    >>> net = bf.Network(node, conn=conn, coupling='additive', coupled_var='S_e')
    >>> node.J_i = bf.fic.AnalyticFIC(net)
    >>> [round(float(J), 3) for J in node.J_i.value()]
    [1.315, 1.63]
    """

    def __init__(self, network: Module, rate: Any = RATE):
        _check(network)
        coupling, node = network.coupling, network.node
        super().__init__(jnp.zeros(node.varshape, brainstate.environ.dftype()), fit=False)
        self.rate = rate
        self.conn = coupling.conn
        self.given = {name: getattr(coupling, name) for name in ('k', 'b')}
        self.given |= {name: getattr(node, name) for name in _NODE}
        self.value()

    def value(self) -> Any:
        """Weights of the regions ``(N,)``."""
        n = self.val.shape[0]
        values = {name: param.value() for name, param in self.given.items()}
        return analytic_fic(u.math.reshape(self.conn.value(), (n, n)), self.rate, **values)

    def cache(self) -> Any:
        """Weights of the regions; none are kept, since what they depend on changes on its own."""
        return self.value()

    def set_value(self, value: Any) -> None:
        """Refuse: the weights follow the other parameters.

        Raises
        ------
        TypeError
            Always.
        """
        raise bad_type(
            'AnalyticFIC.set_value',
            given=value,
            expected='a change of the parameters that the weights follow',
            remedy='For weights of your own set node.J_i = brainstate.nn.Param(values).',
        )


def _check(network: Any) -> None:
    node, coupling = getattr(network, 'node', None), getattr(network, 'coupling', None)
    missing = [name for name in (*_NODE, 'J_i', 'x_e') if not hasattr(node, name)]
    if missing or getattr(network, 'coupled_var', None) != 'S_e':
        raise bad_type(
            'network',
            given=f'a {type(network).__name__} of {type(node).__name__}',
            expected='a Network of WongWangExcInhStep nodes with coupled_var="S_e"',
        )
    if form_of(coupling) is not FORMS['AdditiveCoupling']:
        raise bad_value(
            'network', given=type(coupling).__name__, expected='a network with coupling="additive"'
        )


@dataclass(frozen=True)
class Balance:
    """What :func:`numerical_fic` found.

    Attributes
    ----------
    J_i : array
        Inhibitory weights, ``(N,)`` or ``(candidates, N)``.
    converged : bool or array
        Whether the mean current of every region is within the tolerance; one or ``(candidates,)``.
    trials : int or array
        How often the weights were adjusted; one or ``(candidates,)``.
    current : array
        Mean excitatory current in nA in the last simulation, shaped like ``J_i``.
    rate : array
        Mean excitatory rate in Hz in the last simulation, shaped like ``J_i``.
    target : array
        Current in nA at which a region fires at the rate that was asked for, shaped like ``J_i``.
    """

    J_i: Any
    converged: Any
    trials: Any
    current: Any
    rate: Any
    target: Any


class _Watched(Module):
    """A network that returns the excitatory current and rate that a step begins with."""

    def __init__(self, network: Module):
        super().__init__()
        self.network = network

    def update(self) -> tuple[Any, Any]:
        net, node = self.network, self.network.node
        coupling = net.coupling()
        if net.noise is not None:
            coupling = coupling + net.noise()
        current = node.x_e(node.S_e.value, node.S_i.value, coupling)
        rate = firing_rate(current, node.a_e.value(), node.b_e.value(), node.d_e.value())
        node(coupling)
        return current, rate


def numerical_fic(
    network: Module,
    *,
    dt: Any,
    rate: Any = RATE,
    start: Any = None,
    duration: Any = 10.0 * u.second,
    transient: Any = 1.0 * u.second,
    sample_every: Any = 10.0 * u.ms,
    tolerance: float = 0.005,
    step: float = 0.02,
    max_trials: int = 20,
    candidates: Mapping[str, Any] | None = None,
    noise: str = 'shared',
) -> Balance:
    r"""Adjust inhibitory weights in simulations until every region has its mean current.

    The network is simulated, with its noise and delays, and the mean current
    :math:`\langle x_E\rangle` of each region compared with the current :math:`x^*` at which it
    fires at ``rate``. Where they differ by more than the tolerance,

    .. math::

        J_i \leftarrow J_i + \delta_i \quad &\text{if } \langle x_E\rangle > x^* \\
        J_i \leftarrow \max(J_i - \delta_i, 0), \quad \delta_i \leftarrow \max(\delta_i - 0.001, 0.001)
        \quad &\text{otherwise}

    and the simulation begins anew, with the same noise. All regions and candidates are adjusted
    together; a candidate whose regions all agree keeps its weights.

    Source: Deco, Ponce-Alvarez, Hagmann, Romani, Mantini, Corbetta (2014), J. Neurosci.
    34:7886–7898; steps and tolerance as in cuBNM 0.1.0 (Saberi et al. 2025).

    Parameters
    ----------
    network : Network
        :class:`WongWangExcInhStep` nodes with additive coupling of ``S_e``. It keeps its weights.
    dt : Quantity
        Time step.
    rate : float or array
        Excitatory rate in Hz, one or ``(N,)``.
    start : array, optional
        Weights to begin with, ``(N,)`` or ``(candidates, N)``; default :func:`analytic_fic`,
        negative ones as zero.
    duration, transient : Quantity
        Length of a simulation, and of its lead-in that does not count.
    sample_every : Quantity
        Time between two samples of the means.
    tolerance : float
        Largest difference of the mean current in nA.
    step : float
        First :math:`\delta_i` in nA.
    max_trials : int
        Largest number of adjustments. With 0 the weights are checked alone.
    candidates : mapping of str to array, optional
        Parameter values with a leading candidate axis, see :meth:`Simulator.run`.
    noise : {'shared', 'independent', 'sequential'}
        Random numbers of the candidates, see :meth:`Simulator.run`.

    Returns
    -------
    Balance
        Weights, whether they are right, and the mean currents and rates.

    Raises
    ------
    ValueError, TypeError
        If the network is another one, ``candidates`` has ``J_i``, a start does not fit or a number
        is out of range.

    Notes
    -----
    The current is what is controlled. With noise the mean rate is above ``rate``, because the rate
    is a convex function of the current; :attr:`Balance.rate` tells it. With a strong coupling the
    regions jump together to a high rate, and small steps do not find a balance in between.

    Examples
    --------
    >>> import brainfit_fast as bf, brainunit as u, numpy as np
    >>> node = bf.WongWangExcInhStep(3, G=0.5)
    >>> conn = np.ones((3, 3)) - np.eye(3)
    >>> net = bf.Network(node, conn=conn, coupling='additive', coupled_var='S_e')
    >>> balance = bf.fic.numerical_fic(net, dt=1.0 * u.ms, duration=3.0 * u.second)
    >>> bool(balance.converged), bool(abs(balance.rate - bf.fic.RATE).max() < 0.4)
    (True, True)
    """
    _check(network)
    _check_rate(rate, network.node.varshape[0])
    for name, value in (('tolerance', tolerance), ('step', step)):
        if not 0 < value < np.inf:
            raise bad_value(name, given=value, expected='a finite number above 0')
    if int(max_trials) != max_trials or max_trials < 0:
        raise bad_value('max_trials', given=max_trials, expected='an integer >= 0')
    ratio = sample_every / dt
    if u.get_dim(ratio) != u.DIMENSIONLESS or not u.get_magnitude(ratio) > 0:
        raise bad_value(
            'sample_every', given=f'{sample_every} with dt {dt}', expected='a time above zero'
        )
    every = max(1, round(float(u.get_magnitude(ratio))))
    watched = _Watched(network)
    values = _prefixed(watched, candidates)
    J = _start(watched, rate, values, start)
    target = _targets(watched, rate, values)
    simulator = Simulator(watched, dt=dt)

    steps = np.full_like(J, step)
    trials = np.zeros(len(J), int)
    key = brainstate.random.DEFAULT.value
    for trial in range(int(max_trials) + 1):
        brainstate.random.DEFAULT.value = key
        result = simulator.run(
            duration,
            transient=transient,
            sample_every=every,
            candidates={**values, _WEIGHTS: J},
            noise=noise,
        )
        current, rates = (np.asarray(jnp.mean(series, 0)) for series in result['output'])
        off = ~(np.abs(current - target) <= tolerance)  # NaN is off
        open_ = off.any(1)
        if trial == max_trials or not open_.any():
            break
        trials += open_
        low = off & (current < target)
        J = np.where(off, np.maximum(J + np.where(low, -steps, steps), 0.0), J)
        steps = np.where(low, np.maximum(steps - _DECAY, _DECAY), steps)
    found = (J, ~open_, trials, current, rates, target)
    return Balance(*(found if candidates else (each[0] for each in found)))


_WEIGHTS = 'network.node.J_i'


def _prefixed(watched: Module, candidates: Mapping[str, Any] | None) -> dict[str, Any]:
    """Candidate values by their path in the watched network."""
    if candidates is None:
        return {}
    given = {f'network.{find_parameter(watched.network, k)}': v for k, v in candidates.items()}
    values = candidate_values(watched, given)
    if find_parameter(watched, _WEIGHTS) in values:
        raise bad_value(
            'candidates',
            given='values of J_i, or of what an AnalyticFIC follows',
            expected='other parameters, and a J_i that is a number',
            remedy='Give weights to begin with as start.',
        )
    return values


def _start(watched: Module, rate: Any, values: dict[str, Any], start: Any) -> np.ndarray:
    """Weights to begin with, ``(candidates, N)``."""
    network = watched.network
    n = network.node.varshape[0]
    extent = len(next(iter(values.values()))) if values else 1
    dtype = brainstate.environ.dftype()
    if start is not None:
        J = np.asarray(start, dtype)
        if J.shape not in ((n,), (extent, n)) or not (J >= 0).all():
            raise bad_value(
                'start', given=start, expected=f'weights >= 0, ({n},) or ({extent}, {n})'
            )
        return np.broadcast_to(J, (extent, n))
    J = _of_each(watched, values, AnalyticFIC(network, rate).value)
    return np.maximum(np.asarray(J, dtype), 0.0)


def _targets(watched: Module, rate: Any, values: dict[str, Any]) -> np.ndarray:
    """Currents at which the regions fire at ``rate``, ``(candidates, N)``."""
    node, dtype = watched.network.node, brainstate.environ.dftype()

    def target() -> Any:
        curve = (getattr(node, name).value() for name in ('a_e', 'b_e', 'd_e'))
        return jnp.broadcast_to(_control_point(dtype, rate, *curve), node.varshape)

    return np.asarray(_of_each(watched, values, target))


def _of_each(watched: Module, values: dict[str, Any], function: Callable[[], Any]) -> Any:
    """What the function finds for each candidate."""
    listed = parameters(watched)

    def of(given: dict[str, Any]) -> Any:
        with swapped_parameters([listed[name] for name in given], list(given.values())):
            return function()

    return jax.vmap(of)(values) if values else of({})[None]
