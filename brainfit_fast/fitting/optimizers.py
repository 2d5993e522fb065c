"""An optimizer of braintools or optax as a pure step: weights and its own state in, both out."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import brainstate
import braintools
import jax
import jax.numpy as jnp
import optax
from braintools.optim import LRScheduler, OptaxOptimizer

from ..core.errors import bad_type
from ..program.tracing import Trace, trace

__all__ = ['OptimizerStep', 'as_optimizer', 'leave', 'register']

#: Optimizers that differentiate a model by themselves.
_OWN_GRADIENTS = (braintools.optim.SOFO, braintools.optim.SOFOScan)

#: Optimizers that take no schedule.
_FIXED_RATE = (braintools.optim.Fromage, braintools.optim.Lookahead, braintools.optim.Rprop)


def as_optimizer(optimizer: Any) -> OptaxOptimizer:
    """Return a braintools optimizer: the given one, one around an optax transformation, or Adam.

    Raises
    ------
    TypeError
        For anything else.
    """
    if optimizer is None:
        return braintools.optim.Adam(lr=1e-2)
    if isinstance(optimizer, OptaxOptimizer) and not isinstance(optimizer, _OWN_GRADIENTS):
        return optimizer
    if isinstance(optimizer, optax.GradientTransformation):
        return OptaxOptimizer(tx=optimizer)
    raise bad_type(
        'optimizer',
        given=optimizer,
        expected="a braintools.optim optimizer, an optax GradientTransformation or None for backend='grad'",
        remedy='For example braintools.optim.Adam(lr=0.05).',
    )


def register(optimizer: OptaxOptimizer, weights: Any) -> None:
    """Register the weights, and begin anew, as brainmass does; loaded state is kept.

    Parameters
    ----------
    optimizer : braintools.optim.OptaxOptimizer
    weights : mapping of path to brainstate.State

    Warns
    -----
    RuntimeWarning
        If the optimizer has a learning-rate schedule and does not follow it.
    """
    held = optimizer.opt_state
    loaded = held is not None and held.value is not optimizer.__dict__.get('_left_by_fit')
    loaded = loaded and int(optimizer.step_count.value) > 0
    old = [state.value for state in (held, *optimizer.param_groups_opt_states) if loaded]
    if isinstance(optimizer, braintools.optim.SM3):
        optimizer.tx = _scalars_as_vectors(optimizer.tx)
    optimizer.register_trainable_weights(weights)
    by_state = {id(state): path for path, state in weights.items()}
    for group in optimizer.param_groups[1:]:
        # braintools names them otherwise than the gradients, and then skips them in silence
        group['params'] = {
            by_state[id(s)]: s for s in group['params'].values() if id(s) in by_state
        }
    for state, value in zip(
        optimizer.param_groups_opt_states, _initial_of_groups(optimizer), strict=True
    ):
        state.value = value
    for state, value in zip(_moments(optimizer), old, strict=False):
        if str(jax.tree.structure(state.value)) == str(jax.tree.structure(value)):
            state.value = value
    if isinstance(optimizer, _FIXED_RATE) and _schedulers(optimizer):
        warnings.warn(
            f'{type(optimizer).__name__} keeps the learning rate it was built with: '
            'its schedule has no effect.',
            RuntimeWarning,
            stacklevel=5,
        )


def _moments(optimizer: OptaxOptimizer) -> tuple[brainstate.State, ...]:
    """States of optax: of all parameters, then of each further group."""
    return (optimizer.opt_state, *optimizer.param_groups_opt_states)


def _initial(optimizer: OptaxOptimizer) -> list[Any]:
    """Values of :func:`_moments` before the first step from the current weights."""
    whole = optimizer.tx.init(optimizer.param_states.to_pytree_value())
    return [whole, *_initial_of_groups(optimizer)]


def _initial_of_groups(optimizer: OptaxOptimizer) -> list[Any]:
    return [
        group['tx'].init({path: state.value for path, state in group['params'].items()})
        for group in optimizer.param_groups[1:]
    ]


def leave(optimizer: OptaxOptimizer) -> None:
    """Note which state a fit has left, to tell it from one that was loaded."""
    optimizer.__dict__['_left_by_fit'] = optimizer.opt_state.value


def _scalars_as_vectors(tx: Any) -> Any:
    """SM3 keeps one sum per axis, and a scalar has none."""
    if isinstance(tx, _Vectors):
        return tx

    def vectors(tree: Any) -> Any:
        return jax.tree.map(jnp.atleast_1d, tree)

    def init(params: Any) -> Any:
        return tx.init(vectors(params))

    def update(updates: Any, state: Any, params: Any = None, **extra: Any) -> Any:
        out, state = tx.update(vectors(updates), state, vectors(params), **extra)
        return jax.tree.map(lambda new, old: new.reshape(jnp.shape(old)), out, updates), state

    return _Vectors(init, update)


class _Vectors(optax.GradientTransformation):
    """Marks a transformation that sees scalars as vectors."""


class OptimizerStep:
    """The traced step of an optimizer, its learning-rate schedule included.

    Parameters
    ----------
    optimizer : braintools.optim.OptaxOptimizer
        Registered on ``weights``.
    weights : mapping of path to brainstate.State
        Trainable states.
    value_fn : callable
        ``value_fn(weights, *context) -> loss``, for line searches.
    context : tuple
        Example of what else the loss depends on.

    Attributes
    ----------
    own : tuple of brainstate.State
        State of the optimizer.
    schedule : frozenset of int
        Which of ``own`` belong to the learning-rate schedule.
    """

    def __init__(
        self,
        optimizer: OptaxOptimizer,
        weights: Any,
        value_fn: Callable[..., Any],
        context: tuple[Any, ...],
    ):
        self.optimizer, self.weights = optimizer, weights
        self._schedulers = _schedulers(optimizer)

        def step(grads: Any, loss: Any, context: tuple[Any, ...]) -> None:
            extra = {}
            if isinstance(optimizer.tx, optax.GradientTransformationExtraArgs):
                extra = {
                    'value': loss,
                    'grad': grads,
                    'value_fn': lambda values: value_fn(_by_path(weights, values), *context),
                }
            optimizer.step(grads, **extra)
            for scheduler in self._schedulers:
                _advance(scheduler, optimizer, loss)

        values = {path: state.value for path, state in weights.items()}
        loss = jnp.zeros((), brainstate.environ.dftype())
        self._trace: Trace = trace(step, jax.tree.map(jnp.zeros_like, values), loss, context)
        trained = {id(state) for state in weights.values()}
        self.own = tuple(state for state in self._trace.states if id(state) not in trained)
        scheduled = {id(state) for s in self._schedulers for state in _states(s)}
        scheduled |= {id(group.get('lr')) for group in optimizer.param_groups}
        self.schedule = frozenset(
            k for k, state in enumerate(self.own) if id(state) in scheduled and self._schedulers
        )
        lrs = getattr(optimizer.lr_scheduler, '_current_lrs', None)
        self._rate = next((k for k, state in enumerate(self.own) if state is lrs), None)

    def values(self) -> tuple[Any, ...]:
        """Current values of :attr:`own`."""
        return tuple(state.value for state in self.own)

    def learning_rate(self, own: tuple[Any, ...]) -> Any:
        """Learning rate that the next step takes; NaN of a plain optax transformation."""
        if self._rate is not None:
            rate = jax.tree.leaves(own[self._rate])[0]
        elif type(self.optimizer) is OptaxOptimizer:
            rate = jnp.nan
        else:
            rate = self.optimizer.base_lr
        return jnp.asarray(rate, brainstate.environ.dftype())

    def begin(self, weights: Any) -> tuple[Any, ...]:
        """State of the optimizer before its first step from other weights."""
        kept = {path: state.value for path, state in self.weights.items()}
        moments = _moments(self.optimizer)
        saved = [state.value for state in moments]
        try:
            for path, state in self.weights.items():
                state.value = weights[path]
            for state, value in zip(moments, _initial(self.optimizer), strict=True):
                state.value = value
            return self.values()
        finally:
            for path, state in self.weights.items():
                state.value = kept[path]
            for state, value in zip(moments, saved, strict=True):
                state.value = value

    def __call__(
        self, grads: Any, loss: Any, context: tuple[Any, ...], weights: Any, own: tuple[Any, ...]
    ) -> tuple[Any, tuple[Any, ...]]:
        """Return weights and own state after the step."""
        values = {id(state): weights[path] for path, state in self.weights.items()}
        values.update({id(state): value for state, value in zip(self.own, own, strict=True)})
        leaves = [
            leaf for state in self._trace.states for leaf in jax.tree.leaves(values[id(state)])
        ]
        out = jax.core.eval_jaxpr(
            self._trace.jaxpr,
            self._trace.consts,
            *jax.tree.leaves((grads, loss, context)),
            *leaves,
        )[self._trace.n_out :]
        position = 0
        for state in self._trace.states:
            old, tree = jax.tree.flatten(values[id(state)])
            new = [
                _like(a, b) for a, b in zip(out[position : position + len(old)], old, strict=True)
            ]
            values[id(state)] = jax.tree.unflatten(tree, new)
            position += len(old)
        updated = {path: values[id(state)] for path, state in self.weights.items()}
        return updated, tuple(values[id(state)] for state in self.own)


def _like(new: Any, old: Any) -> Any:
    return jnp.broadcast_to(
        jax.lax.convert_element_type(new, jnp.asarray(old).dtype), jnp.shape(old)
    )


def _by_path(weights: Any, values: Any) -> dict[Any, Any]:
    """What the optimizer calls its parameters, by the paths of the weights."""
    return dict(zip(weights, (values[path] for path in weights), strict=True))


def _schedulers(optimizer: OptaxOptimizer) -> list[LRScheduler]:
    """Schedules that change something: not the constant one that a number becomes."""
    found = [optimizer.lr_scheduler, *optimizer.schedulers]
    unique = {id(s): s for s in found}
    return [
        s
        for s in unique.values()
        if not (isinstance(s, braintools.optim.ConstantLR) and s.factor == 1.0)
    ]


def _family(scheduler: LRScheduler) -> Iterator[LRScheduler]:
    """A schedule and those that it is made of."""
    yield scheduler
    for part in getattr(scheduler, 'schedulers', ()):
        yield from _family(part)


def _states(scheduler: LRScheduler) -> list[brainstate.State]:
    return [
        value
        for s in _family(scheduler)
        for value in vars(s).values()
        if isinstance(value, brainstate.State)
    ]


def _advance(scheduler: LRScheduler, optimizer: OptaxOptimizer, loss: Any) -> None:
    """Step a schedule inside a trace, and hand its rates to the optimizer."""
    with _traceable(scheduler):
        if any(isinstance(s, braintools.optim.ReduceLROnPlateau) for s in _family(scheduler)):
            scheduler.step(loss)
        else:
            scheduler.step()
    rates = list(scheduler.current_lrs.value)
    for group, rate in zip(optimizer.param_groups, rates, strict=False):
        if isinstance(group.get('lr'), brainstate.State):
            group['lr'].value = rate


@contextlib.contextmanager
def _traceable(scheduler: LRScheduler) -> Iterator[None]:
    """Keep schedules from turning traced rates into Python numbers."""
    family = list(_family(scheduler))
    attached = [s.optimizer for s in family]
    sequences = [s for s in family if isinstance(s, braintools.optim.SequentialLR)]
    try:
        for s in family:
            s.optimizer = None
        for s in sequences:
            s.__dict__['get_lr'] = lambda s=s: _of_phase(s)
        yield
    finally:
        for s in sequences:
            del s.__dict__['get_lr']
        for s, owner in zip(family, attached, strict=True):
            s.optimizer = owner


def _of_phase(sequence: Any) -> list[Any]:
    """Rates of the schedule whose turn it is."""
    rates = [jnp.stack([jnp.asarray(r) for r in s.get_lr()]) for s in sequence.schedulers]
    return list(jnp.stack(rates)[sequence.current_scheduler_idx])
