"""Gradient descent with the loop on the device: many optimizer steps per round-trip."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import brainstate
import braintools
import jax
import jax.numpy as jnp
import numpy as np
import optax

from ..core.errors import bad_type
from ..program.tracing import Trace, trace
from .loss import LossProgram
from .outcome import INTERRUPTED, Outcome

__all__ = ['as_optimizer', 'descend']

#: Seconds of work between two looks at the host.
_ROUND_TRIP = 0.25


def as_optimizer(optimizer: Any) -> Any:
    """Return a braintools optimizer: the given one, one around an optax transformation, or Adam.

    Raises
    ------
    TypeError
        For anything else.
    """
    if optimizer is None:
        return braintools.optim.Adam(lr=1e-2)
    if isinstance(optimizer, braintools.optim.OptaxOptimizer):
        return optimizer
    if isinstance(optimizer, optax.GradientTransformation):
        return braintools.optim.OptaxOptimizer(tx=optimizer)
    raise bad_type(
        'optimizer',
        given=optimizer,
        expected="a braintools.optim optimizer, an optax GradientTransformation or None for backend='grad'",
        remedy='For example braintools.optim.Adam(lr=0.05).',
    )


def descend(
    program: LossProgram,
    optimizer: Any,
    n_steps: int,
    *,
    n_noise_seeds: int,
    names: dict[Any, str],
    on_steps: Callable[[int, list[float], float], bool],
    every_step: bool,
) -> Outcome:
    """Run up to ``n_steps`` optimizer steps.

    Parameters
    ----------
    program : LossProgram
        The loss.
    optimizer : braintools.optim.OptaxOptimizer
        Registered on ``program.weights``.
    n_steps : int
        Largest number of steps.
    n_noise_seeds : int
        Noise seeds that each loss is averaged over.
    names : dict
        Name of each weight, for messages.
    on_steps : callable
        ``on_steps(first_step, losses, best_loss) -> stop``, called at each round-trip with the model
        holding its current values.
    every_step : bool
        Whether each step needs a round-trip.

    Returns
    -------
    Outcome
    """
    outcome = Outcome()
    loop = _Loop(program, optimizer, n_steps, n_noise_seeds)
    started = time.perf_counter()
    loop.compile()
    outcome.compile_seconds = time.perf_counter() - started
    started = time.perf_counter()
    chunk = 1
    try:
        while len(outcome.history) < n_steps:
            first = len(outcome.history)
            count = 1 if every_step else min(chunk, n_steps - first)
            began = time.perf_counter()
            losses = loop.advance(count)
            seconds = (time.perf_counter() - began) / max(len(losses), 1)
            chunk = max(1, min(int(_ROUND_TRIP / max(seconds, 1e-6)), 2 * chunk))
            outcome.history += losses
            loop.publish()
            stop = on_steps(first, losses, loop.best_loss)
            if loop.broken:
                outcome.status, outcome.message = 'diverged', loop.diagnosis(names)
                break
            if stop:
                outcome.status = 'stopped'
                break
    except KeyboardInterrupt:
        outcome.status, outcome.message = INTERRUPTED
        outcome.history = loop.losses()  # the steps that were under way have ended
        loop.publish()
    outcome.run_seconds = time.perf_counter() - started
    outcome.n_steps = len(outcome.history)
    outcome.best_loss = loop.best_loss
    outcome.best_step = loop.best_step
    outcome.best_weights = loop.best_weights
    outcome.best_carried = loop.best_carried
    return outcome


class _Loop:
    """The compiled loop and its state: optimizer, weights, carried states, best point, history."""

    def __init__(self, program: LossProgram, optimizer: Any, n_steps: int, n_noise_seeds: int):
        self.program = program
        self.loss = program.over_noise_seeds(n_noise_seeds)
        self.optimizer = optimizer
        self.update: Trace = trace(
            lambda grads: optimizer.step(grads), self._zeros(program.weight_values())
        )
        self.own = tuple(
            state
            for state in self.update.states
            if not any(state is w for w in program.weights.values())
        )
        weights, carried = program.weight_values(), program.carried_values()
        self.state: dict[str, Any] = {
            'weights': weights,
            'optimizer': tuple(state.value for state in self.own),
            'carried': carried,
            'best_weights': weights,
            'best_carried': carried,
            # made by NumPy: each small JAX operation would be compiled for its own sake
            'best_loss': np.asarray(np.inf, brainstate.environ.dftype()),
            'best_step': np.asarray(-1, np.int32),
            'history': np.full(n_steps, np.nan, brainstate.environ.dftype()),
            'step': np.asarray(0, np.int32),
            'broken': np.asarray(False),
            'finite': (np.asarray(True), np.asarray(True), np.ones(len(weights), bool)),
        }
        self.state = jax.device_put(self.state)
        self.compiled: Any = None

    @staticmethod
    def _zeros(tree: Any) -> Any:
        return jax.tree.map(jnp.zeros_like, tree)

    def compile(self) -> None:
        """Compile the loop for any number of steps."""
        self.compiled = self.program.compiled(self._advance, self.state, np.asarray(0, np.int32))

    def _advance(self, state: dict[str, Any], stop: Any) -> dict[str, Any]:
        return jax.lax.while_loop(lambda s: (s['step'] < stop) & ~s['broken'], self._step, state)

    def _step(self, state: dict[str, Any]) -> dict[str, Any]:
        (loss, (carried, finite)), grads = jax.value_and_grad(self.loss, has_aux=True)(
            state['weights'], state['carried']
        )
        finite_grads = jnp.stack(
            [
                jnp.all(jnp.stack([jnp.isfinite(leaf).all() for leaf in jax.tree.leaves(grad)]))
                for grad in grads.values()
            ]
        )
        usable = jnp.isfinite(loss) & finite
        better = usable & (loss < state['best_loss'])
        weights, optimizer = self._optimize(grads, state['weights'], state['optimizer'])
        good = usable & finite_grads.all()

        def keep(condition: Any, new: Any, old: Any) -> Any:
            return jax.tree.map(lambda a, b: jnp.where(condition, a, b), new, old)

        return {
            'weights': keep(good, weights, state['weights']),
            'optimizer': keep(good, optimizer, state['optimizer']),
            'carried': carried,
            # the point that was evaluated, before its update
            'best_weights': keep(better, state['weights'], state['best_weights']),
            'best_carried': keep(better, state['carried'], state['best_carried']),
            'best_loss': jnp.where(better, loss, state['best_loss']).astype(
                state['best_loss'].dtype
            ),
            'best_step': jnp.where(better, state['step'], state['best_step']),
            'history': state['history'].at[state['step']].set(loss.astype(state['history'].dtype)),
            'step': state['step'] + 1,
            'broken': ~good,
            'finite': (jnp.isfinite(loss), finite, finite_grads),
        }

    def _optimize(
        self, grads: Any, weights: Any, own: tuple[Any, ...]
    ) -> tuple[Any, tuple[Any, ...]]:
        """Evaluate the traced ``optimizer.step``."""
        values = {id(state): weights[path] for path, state in self.program.weights.items()}
        values.update({id(state): value for state, value in zip(self.own, own, strict=True)})
        leaves = [
            leaf for state in self.update.states for leaf in jax.tree.leaves(values[id(state)])
        ]
        out = jax.core.eval_jaxpr(
            self.update.jaxpr, self.update.consts, *jax.tree.leaves(grads), *leaves
        )[self.update.n_out :]
        position = 0
        for state in self.update.states:
            old, tree = jax.tree.flatten(values[id(state)])
            new = [
                jnp.broadcast_to(
                    jax.lax.convert_element_type(a, jnp.asarray(b).dtype), jnp.shape(b)
                )
                for a, b in zip(out[position : position + len(old)], old, strict=True)
            ]
            values[id(state)] = jax.tree.unflatten(tree, new)
            position += len(old)
        updated = {path: values[id(state)] for path, state in self.program.weights.items()}
        return updated, tuple(values[id(state)] for state in self.own)

    def advance(self, count: int) -> list[float]:
        """Run up to ``count`` steps and return their losses."""
        first = int(self.state['step'])
        self.state = self.compiled(self.state, np.asarray(first + count, np.int32))
        return self.losses(first)

    def losses(self, first: int = 0) -> list[float]:
        """The loss of every step from ``first`` on, so far."""
        step = int(self.state['step'])
        return [float(loss) for loss in np.asarray(self.state['history'])[first:step]]

    def publish(self) -> None:
        """Put weights, optimizer state and random key into their objects."""
        self.program.publish(self.state['weights'], self.state['carried'])
        for state, value in zip(self.own, self.state['optimizer'], strict=True):
            state.value = value

    @property
    def broken(self) -> bool:
        """Whether a loss, trajectory or gradient was not finite."""
        return bool(self.state['broken'])

    @property
    def best_loss(self) -> float:
        """Lowest finite loss so far."""
        return float(self.state['best_loss'])

    @property
    def best_step(self) -> int | None:
        """Step of the lowest loss."""
        step = int(self.state['best_step'])
        return None if step < 0 else step

    @property
    def best_weights(self) -> dict[Any, Any]:
        """Trainable values of the lowest loss."""
        return self.state['best_weights']

    @property
    def best_carried(self) -> tuple[Any, ...]:
        """States with which the lowest loss was evaluated."""
        return self.state['best_carried']

    def diagnosis(self, names: dict[Any, str]) -> str:
        """Say what was not finite, at which step, and what to try."""
        step = int(self.state['step']) - 1
        loss_ok, trajectory_ok, grads_ok = (np.asarray(flag) for flag in self.state['finite'])
        if not trajectory_ok:
            what = 'the trajectory left the finite numbers'
        elif not loss_ok:
            what = 'the loss is not finite'
        else:
            what = 'a gradient is not finite'
        bad = [
            names[path] for path, ok in zip(self.program.weights, grads_ok, strict=True) if not ok
        ]
        blame = f', first seen in the gradient of {bad[0]!r}' if bad else ''
        advice = 'Try a smaller learning rate or dt, or bounds on the parameters (a transform).'
        kept = (
            'no step before it had a finite loss'
            if self.best_step is None
            else (f'the best point so far (step {self.best_step}) is kept')
        )
        return f'step {step}: {what}{blame}; {kept}. {advice}'
