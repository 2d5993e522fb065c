"""What one simulation needs: a static program and plan, and a pytree of arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ...program.network_program import NetworkProgram

__all__ = ['STREAMS', 'Moments', 'Plan', 'SimulateArgs', 'SimulateResult', 'check']

#: What the samples of an observable may be reduced to inside the time loop.
STREAMS = ('samples', 'moments', 'squares')


@dataclass(frozen=True)
class Plan:
    """Which steps are run and which are sampled.

    Sample ``m`` is taken after step ``first + m * every`` (steps count from zero).

    Attributes
    ----------
    n_steps : int
        Number of time steps.
    first : int
        Steps discarded before the first sampled one (the transient).
    every : int
        Steps between two samples.
    streams : tuple of str
        For each observable what is returned of its samples: ``'samples'`` themselves, ``'moments'``
        (their mean and comoments) or ``'squares'`` (their squared distance from a target). ``()`` means
        samples of all.
    time_first : bool
        Whether the native kernels write samples time first, then candidates, for a caller who moves the
        candidate axis behind time anyway: the two moves cancel. Results do not depend on it.
    memory : int
        Bytes up to which a gradient may keep the trajectory instead of running it again in segments; see
        :func:`brainfit_fast.gradient_memory`.
    window : int
        Steps that a gradient looks back; 0 for all. See :func:`brainfit_fast.gradient_window`.

    Examples
    --------
    >>> from brainfit_fast.ops.simulate import Plan
    >>> Plan(n_steps=100, first=20, every=4).n_samples
    20
    """

    n_steps: int
    first: int = 0
    every: int = 1
    streams: tuple[str, ...] = ()
    time_first: bool = False
    memory: int = 0
    window: int = 0

    @property
    def n_samples(self) -> int:
        """Number of samples: the ceiling, as slicing ``[first::every]`` gives."""
        return max(0, -(-(self.n_steps - self.first) // self.every))

    def stream(self, observable: int) -> str:
        """What is returned of the samples of one observable."""
        return self.streams[observable] if self.streams else 'samples'


class SimulateArgs(NamedTuple):
    """Arrays of one simulation; leaves carry a leading candidate axis of extent 1 (shared) or C.

    Attributes
    ----------
    params : tuple of jax.Array
        Parameter values ``(1 or C, ...)``, constrained, units stripped.
    consts : tuple of tuple of jax.Array
        Constants of ``program.node.step``, ``program.node.observe``, of each channel's ``emit``, and of
        ``program.node.track.update`` where there is one.
    states : tuple of jax.Array
        Initial states ``(1 or C, *region_shape)``, random keys ``(1 or C,)``; then the tracked states.
    rings : tuple of jax.Array
        Past of each channel ``(1 or C, depth, *region_shape)``.
    weights : tuple of jax.Array or None
        Connectome of each sum ``(1 or C, N, N)``, ``[target, source]``; None for a local one.
    delays : tuple of jax.Array or None
        Delay steps of each delayed sum ``(1 or C, N, N)``, of a local one ``(1 or C, N)``, integer.
    inputs : tuple of jax.Array
        External inputs ``(1 or C, n_steps, ...)``.
    targets : tuple of jax.Array
        One per observable that is streamed as ``'squares'``, in order: ``(1 or C, n_samples, N)``.
    pointers : tuple of jax.Array
        For each ring the row that is written next; a scalar, without candidate axis.
    dt : jax.Array
        Step in the model's time unit; a scalar.
    start : jax.Array
        Index of the first step; a scalar.

    Examples
    --------
    See :func:`simulate`.
    """

    params: tuple[Any, ...]
    consts: tuple[tuple[Any, ...], ...]
    states: tuple[Any, ...]
    rings: tuple[Any, ...]
    weights: tuple[Any, ...]
    delays: tuple[Any, ...]
    inputs: tuple[Any, ...]
    targets: tuple[Any, ...] = ()
    pointers: tuple[Any, ...] = ()
    dt: Any = None
    start: Any = 0

    @property
    def mapped(self) -> tuple[Any, ...]:
        """The fields that have a candidate axis."""
        return self[:8]

    @property
    def n_candidates(self) -> int:
        """The candidate extent C."""
        return max((leaf.shape[0] for leaf in jax.tree.leaves(self.mapped)), default=1)


class Moments(NamedTuple):
    r"""What functional connectivity needs of the samples :math:`x_t` of one observable.

    Attributes
    ----------
    mean : jax.Array
        :math:`\bar x = x_0 + \frac1n \sum_t (x_t - x_0)`, ``(C, N)``. Summing deviations from the first
        sample keeps the variance of a signal that is small beside its mean.
    comoment : jax.Array
        :math:`\sum_t (x_t - \bar x)(x_t - \bar x)^\top`, ``(C, N, N)``.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from brainfit_fast.ops.simulate import Moments
    >>> x = jnp.array([[1.0, 2.0], [3.0, 6.0]])
    >>> y = x - x.mean(0)
    >>> moments = Moments(x.mean(0)[None], (y.T @ y)[None])  # of one candidate
    >>> moments.comoment.shape
    (1, 2, 2)
    """

    mean: Any
    comoment: Any


class SimulateResult(NamedTuple):
    """Outcome of a simulation; every leaf but ``pointers`` has the candidate axis first.

    Attributes
    ----------
    samples : tuple
        One entry per observable: its samples ``(C, n_samples, ...)``; or, where the plan streams it,
        :class:`Moments`, or for ``'squares'`` the array ``sum_t (x_t - target_t)**2``, ``(C, N)``.
    states, rings, pointers
        Where the run ended, to continue from.
    finite : jax.Array
        ``(C,)`` bool: whether every state of every step was finite.

    Examples
    --------
    See :func:`simulate`.
    """

    samples: tuple[Any, ...]
    states: tuple[Any, ...]
    rings: tuple[Any, ...]
    pointers: tuple[Any, ...]
    finite: Any


def check(program: NetworkProgram, plan: Plan, args: SimulateArgs) -> None:
    """Raise ValueError where the arrays do not fit the program, naming the array, its shape and the need."""
    if plan.n_steps < 1 or plan.every < 1 or not 0 <= plan.first < plan.n_steps:
        raise ValueError(
            f'plan must have n_steps >= 1, every >= 1 and 0 <= first < n_steps; got {plan}.'
        )
    n = program.n_regions
    extent = args.n_candidates
    shape = program.node.region_shape
    for name, leaves, count in (
        ('params', args.params, program.node.n_params),
        ('states', args.states, program.node.n_states + program.node.n_tracked),
        ('inputs', args.inputs, program.node.n_inputs),
        ('rings', args.rings, len(program.channels)),
        ('weights', args.weights, len(program.sums)),
        ('delays', args.delays, len(program.sums)),
        ('pointers', args.pointers, len(program.channels)),
        ('targets', args.targets, plan.streams.count('squares')),
    ):
        if len(leaves) != count:
            raise ValueError(f'{name} has {len(leaves)} entries, the program needs {count}.')
    for name, leaves in args._asdict().items():
        if name in ('pointers', 'dt', 'start'):
            continue
        for leaf in jax.tree.leaves(leaves):
            if leaf.ndim < 1 or leaf.shape[0] not in (1, extent):
                raise ValueError(
                    f'{name} holds an array of shape {leaf.shape}; its first axis is the candidate axis '
                    f'and must be 1 (shared) or {extent}.'
                )
    for index, (channel, ring) in enumerate(zip(program.channels, args.rings, strict=True)):
        if ring.shape[1:] != (channel.depth, *shape):
            raise ValueError(
                f'ring {index} has shape {ring.shape[1:]}, expected {(channel.depth, *shape)}.'
            )
    for index, (sum_, weight, delay) in enumerate(
        zip(program.sums, args.weights, args.delays, strict=True)
    ):
        pairs = None if sum_.local else (n, n)
        if _shape(weight) != pairs:
            raise ValueError(f'weights {index} have shape {_shape(weight)}, expected {pairs}.')
        if sum_.delayed and _shape(delay) != (pairs or (n,)):
            raise ValueError(
                f'delays {index} have shape {_shape(delay)}, expected {pairs or (n,)}.'
            )
        if sum_.delayed and not jnp.issubdtype(delay.dtype, jnp.integer):
            raise ValueError(
                f'delays {index} have dtype {delay.dtype}, expected an integer number of steps.'
            )
        if sum_.delayed and not isinstance(delay, jax.core.Tracer):
            _check_range(index, np.asarray(delay), program.channels[sum_.channel].depth)
    for index, leaf in enumerate(args.inputs):
        if leaf.shape[1] != plan.n_steps:
            raise ValueError(
                f'input {index} has {leaf.shape[1]} rows, the run has {plan.n_steps} steps.'
            )
    if args.dt is None:
        raise ValueError('dt is None, expected the time step.')
    _check_streams(program, plan, args)


def _shape(leaf: Any) -> tuple[int, ...] | None:
    """Without the candidate axis; None where there is no array."""
    return None if leaf is None else leaf.shape[1:]


def _check_range(index: int, delay: np.ndarray, depth: int) -> None:
    least, most = int(delay.min()), int(delay.max())
    if least < 0 or most >= depth:
        raise ValueError(
            f'delays {index} reach from {least} to {most} steps, expected 0 to {depth - 1}: '
            'the history that the run begins with is that long.'
        )


def _check_streams(program: NetworkProgram, plan: Plan, args: SimulateArgs) -> None:
    """Raise ValueError where the plan's streams or the targets do not fit the observables."""
    n, count = program.n_regions, program.node.n_observables
    if plan.streams and len(plan.streams) != count:
        raise ValueError(
            f'plan.streams has {len(plan.streams)} entries, expected one for each of the {count} '
            'observables, or ().'
        )
    targets = iter(args.targets)
    for index, (stream, out) in enumerate(
        zip(plan.streams, program.node.observe.outvars, strict=False)
    ):
        if stream not in STREAMS:
            raise ValueError(
                f'plan.streams[{index}] is {stream!r}, expected one of {", ".join(STREAMS)}.'
            )
        aval: Any = out.aval
        if stream != 'samples' and (
            aval.shape != (n,) or not jnp.issubdtype(aval.dtype, jnp.floating)
        ):
            raise ValueError(
                f'observable {index} is {aval.str_short()}, expected floating point of shape {(n,)} '
                f'to be streamed as {stream!r}.'
            )
        if stream == 'squares':
            target = next(targets)
            if target is None or target.shape[1:] != (plan.n_samples, n):
                got = None if target is None else target.shape[1:]
                raise ValueError(
                    f'the target of observable {index} has shape {got}, expected '
                    f'{(plan.n_samples, n)} after the candidate axis.'
                )
