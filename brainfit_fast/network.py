"""Network: a node model on every region, wired through a connectome with conduction delays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import brainstate
import braintools
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
from brainstate.nn import Param

from .core.errors import bad_type, bad_value, check_choice, count_bad
from .coupling import BY_NAME
from .program.recognise import refresh_delays

__all__ = ['Network', 'connectome', 'delays']


class Network(brainstate.nn.Module):
    r"""Couple the regions of one node model through a structural connectome.

    .. math::

        c_i(t) = \mathrm{coupling}\Big(k, \sum_j W_{ij}\, x_j(t - d_{ij})\Big), \qquad
        d_{ij} = \frac{L_{ij}}{v}

    The current :math:`c` (plus ``noise``) is the first input of the node.

    Parameters
    ----------
    node : brainstate.nn.Dynamics
        Node model for N regions (``node.varshape == (N,)``).
    conn : array or Param
        Weights ``(N, N)`` ``[target, source]``, or flattened. A plain array is checked and its diagonal
        zeroed; a ``Param`` (or :class:`LaplacianConnParam`) is taken as it is and may be trained.
    distance : array or Quantity, optional
        Tract lengths ``(N, N)``; plain numbers go with a plain ``speed``.
    speed : float or Quantity, optional
        Conduction speed. Plain ``distance / speed`` counts as milliseconds (mm and mm/ms). Without
        distance or speed there is no delay.
    coupling : {'diffusive', 'additive', 'laplacian', 'sigmoidal', 'tanh', 'sigmoidal_jansen_rit'}
        Form of the coupling, see :mod:`brainfit_fast.coupling`.
    coupled_var : str
        The node state that is transmitted, e.g. ``'x'``, ``'rE'``, ``'S'``.
    k : float, array, Quantity or Param
        Global coupling: scalar or ``(N,)``.
    delay_init : callable
        Initializer of the history before time zero, drawn anew at each initialisation.
    self_connection : bool
        Keep the diagonal of a plain ``conn``.
    noise : brainstate.nn.Module, optional
        Added to the coupling current at every step.
    max_delay : Quantity or float, optional
        Longest delay (ms); needed only where ``distance`` or ``speed`` is traced by ``jit``, ``vmap`` or
        ``grad``. Traced delays above it are clipped to it.

    Raises
    ------
    ValueError
        For a connectome or distances of the wrong shape, not finite or negative, a speed that is not
        above zero, an unknown coupling, units that do not give a time.
    TypeError
        If ``node`` is not a ``Dynamics``.

    Notes
    -----
    ``delay_steps`` are ``ceil(delay / dt)``, computed for the ``dt`` of each run. The first step reads
    ``delay_init``, also where the delay is zero.

    Examples
    --------
    >>> import brainfit_fast as bf
    >>> import brainunit as u
    >>> import numpy as np
    >>> node = bf.HopfStep(4, a=0.1)
    >>> net = bf.Network(node, conn=np.ones((4, 4)) * 0.1, coupled_var='x', k=0.5)
    >>> result = bf.Simulator(net, dt=0.1 * u.ms).run(5.0 * u.ms, monitors=lambda m: m.node.x.value)
    >>> result['output'].shape
    (50, 4)
    """

    def __init__(
        self,
        node: brainstate.nn.Dynamics,
        *,
        conn: Any,
        distance: Any = None,
        speed: Any = None,
        coupling: str = 'diffusive',
        coupled_var: str,
        k: Any = 1.0,
        delay_init: Callable[..., Any] = braintools.init.Uniform(0.0, 0.05),
        self_connection: bool = False,
        noise: brainstate.nn.Module | None = None,
        max_delay: Any = None,
    ):
        super().__init__()
        if not isinstance(node, brainstate.nn.Dynamics):
            raise bad_type(
                'node', given=node, expected='a brainstate.nn.Dynamics, e.g. HopfStep(N)'
            )
        check_choice('coupling', coupling, BY_NAME)
        n = node.varshape[0]
        self.node = node
        self.noise = noise
        self.coupled_var = coupled_var
        self.self_connection = self_connection
        self.n_node = n
        conn = connectome(conn, n, self_connection)
        delay = delays(distance, speed, n)
        source = _delayed_source(node, coupled_var, delay, delay_init, max_delay)
        target = node.prefetch(coupled_var) if coupling == 'diffusive' else None
        self.coupling = BY_NAME[coupling](source, target, conn, k)

    @brainstate.nn.call_order(1)
    def init_state(self, *args: Any, **kwargs: Any) -> None:
        """Check ``coupled_var`` and turn delays into steps of the current ``dt``."""
        names = sorted(
            name for name, value in vars(self.node).items() if isinstance(value, brainstate.State)
        )
        if self.coupled_var not in names:
            raise bad_value(
                'coupled_var',
                given=repr(self.coupled_var),
                expected=f'a state of {type(self.node).__name__}: {", ".join(map(repr, names))}',
            )
        refresh_delays(self)

    def update(self, *node_inputs: Any) -> Any:
        """Advance one step: coupling current (plus noise), then the node.

        Parameters
        ----------
        *node_inputs
            Handed to the node after the current.

        Returns
        -------
        Any
            What the node's ``update`` returns.
        """
        current = self.coupling()
        if self.noise is not None:
            current = current + self.noise()
        return self.node(current, *node_inputs)


class _History(brainstate.nn.StateWithDelay):
    """brainstate's history, for batched states too: their batch axis is in the state already."""

    @brainstate.nn.call_order(3)
    def init_state(self, *args: Any, **kwargs: Any) -> None:
        """Draw the past ``(depth, ..., N)`` in the shape of the state."""
        super().init_state()

    def register_delay(self, *time_and_idx: Any) -> Any:
        """Turn times into steps; without delays at once, where brainstate compiles five small programs."""
        time, *indices = time_and_idx
        mantissa = u.get_mantissa(time)
        if isinstance(mantissa, jax.core.Tracer) or np.any(np.asarray(mantissa)):
            return super().register_delay(*time_and_idx)
        return np.zeros(np.shape(mantissa), brainstate.environ.ditype()), *indices

    def retrieve_at_step(self, delay_step: Any, *indices: Any) -> Any:
        """Read each pair of regions at its delay, ``(..., N, N)``."""
        past = self.history.value
        if past.ndim == 2:
            return super().retrieve_at_step(delay_step, *indices)
        row = (self.write_ptr.value - 1 - delay_step) % self.max_length
        read = past[(row, *[slice(None)] * (past.ndim - 2), *indices)]
        # the pairs come first where batch axes stand between the two indices
        return u.math.moveaxis(read, (0, 1), (-2, -1))


def connectome(conn: Any, n: int, self_connection: bool) -> Any:
    """Check a plain connectome and zero its diagonal; hand a Param on."""
    value = conn.value() if isinstance(conn, Param) else u.math.asarray(conn)
    if isinstance(value, tuple):  # a Laplacian with its degrees
        value = value[0]
    if value.shape not in ((n, n), (n * n,)):
        raise bad_value(
            'conn',
            given=value,
            expected=f'shape ({n}, {n}) [target, source], or ({n * n},) flattened',
            remedy=f'The node has {n} regions (node.varshape).',
        )
    if isinstance(conn, Param):
        return conn
    _check_finite('conn', value, 'weights')
    value = value.reshape(n, n)
    return value if self_connection else _without_diagonal(value, n)


def _without_diagonal(value: Any, n: int) -> Any:
    mask = 1.0 - np.eye(n)
    weights = u.get_mantissa(value)
    if isinstance(weights, jax.core.Tracer):
        return value * mask
    # on the host: a product of arrays would be compiled
    dtype = jnp.result_type(weights, mask)
    kept = jnp.asarray(np.asarray(weights, dtype) * mask.astype(dtype))
    return u.Quantity(kept, unit=value.unit) if isinstance(value, u.Quantity) else kept


def delays(distance: Any, speed: Any, n: int) -> Any:
    """Return conduction delays ``(N, N)`` as times, zero on the diagonal."""
    if distance is None or speed is None:
        return np.zeros((n, n)) * u.ms
    distance = u.math.asarray(distance)
    if distance.shape != (n, n):
        raise bad_value('distance', given=distance, expected=f'shape ({n}, {n}) [target, source]')
    _check_finite('distance', distance, 'lengths', remedy='A negative length is a negative delay.')
    magnitude = u.get_mantissa(speed)
    if not isinstance(magnitude, jax.core.Tracer) and not np.all(np.asarray(magnitude) > 0):
        raise bad_value(
            'speed',
            given=str(speed),
            expected='a conduction speed above zero',
            remedy='For no delay pass speed=None.',
        )
    delay = distance / speed
    if not isinstance(delay, u.Quantity):
        delay = delay * u.ms
    elif u.get_dim(delay) != u.get_dim(u.ms):
        raise bad_value(
            'distance / speed',
            given=f'units {u.get_unit(distance)} and {u.get_unit(speed)}',
            expected='a length over a length per time, e.g. mm and mm/ms, or two plain numbers (mm, mm/ms)',
        )
    return delay * (1.0 - np.eye(n))


def _check_finite(name: str, value: Any, what: str, remedy: str = '') -> None:
    magnitude = u.get_mantissa(value)
    if isinstance(magnitude, jax.core.Tracer):
        return
    magnitude = np.asarray(magnitude)
    bad = ~(magnitude >= 0) | np.isinf(magnitude)
    if bad.any():
        raise bad_value(
            name,
            given=count_bad(bad, 'values that are NaN, infinite or negative'),
            expected=f'finite {what} >= 0',
            remedy=remedy,
        )


def _delayed_source(node: Any, name: str, delay: Any, delay_init: Any, max_delay: Any) -> Any:
    """Read state ``name`` of every source at its delay, once per pair of regions."""
    n = delay.shape[0]
    pairs = np.tile(np.arange(n), (n, 1))
    # steps of the run's own dt are set when states are initialised; building needs some dt
    dt = brainstate.environ.get('dt', None)
    with brainstate.environ.context(dt=1.0 * u.ms if dt is None else dt):
        if not isinstance(u.get_mantissa(delay), jax.core.Tracer):
            # the delay comes afterwards, when the history is our own
            read = _own_history(node.prefetch_delay(name, (None, pairs), init=delay_init))
            read.delay_time = (delay, pairs)
            read.delay_info = read.state_delay.register_delay(delay, pairs)
            return read
        if max_delay is None:
            raise bad_value(
                'max_delay',
                given='None with a traced distance or speed',
                expected='the longest delay, as a time',
                remedy='The length of the history cannot depend on a traced value.',
            )
        longest = max_delay if isinstance(max_delay, u.Quantity) else max_delay * u.ms
        read = node.prefetch_delay(name, (jnp.zeros((n, n)) * u.ms, pairs), init=delay_init)
        read.__dict__['traced_delay'] = (u.math.minimum(delay, longest), longest)
        return _own_history(read)


def _own_history(read: Any) -> Any:
    # prefetch_delay builds the history itself and takes no class for it
    if type(read.state_delay) is brainstate.nn.StateWithDelay:
        read.state_delay.__class__ = _History
    return read
