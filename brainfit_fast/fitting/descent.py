"""The loop of gradient descent on the device: many optimizer steps per call, many runs at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import brainstate
import jax
import jax.numpy as jnp
import numpy as np
import optax
from braintools.optim import OptaxOptimizer

from ..core.errors import bad_value
from .checkpoint import packed, unpacked
from .loss import LossProgram
from .optimizers import OptimizerStep
from .outcome import Outcome, Runs
from .watching import Steps

__all__ = ['Descent']

#: What every run has of its own, beside carried states.
_EACH = (
    'weights', 'optimizer', 'best_weights', 'best_carried', 'best_loss', 'best_step', 'history',
    'grad_norms', 'learning_rates', 'count', 'broken', 'finite'
)  # fmt: skip

#: What a report needs of every run.
_LINES = (
    'history', 'grad_norms', 'learning_rates', 'count', 'best_loss', 'best_step', 'broken'
)  # fmt: skip


class Descent:
    """The compiled loop and its state: optimizer, weights, carried states, best point, history.

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
    starts : mapping, optional
        Values of the trainable states by path, with an axis of runs that advance together, each as it would
        alone, with the same noise. Without it there is one run, from the current values.
    data : tuple
        What the loss takes besides the model, with an axis of runs, which then have nothing in common.
    """

    def __init__(
        self,
        program: LossProgram,
        optimizer: OptaxOptimizer,
        n_steps: int,
        n_noise_seeds: int,
        starts: Mapping[Any, Any] | None = None,
        data: tuple[Any, ...] = (),
    ):
        self.program, self.n_steps, self.data = program, n_steps, data
        self.loss = program.over_noise_seeds(n_noise_seeds)
        weights, carried = program.weight_values(), program.carried_values()
        one = jax.tree.map(lambda leaf: leaf[0], data)

        def value_fn(values: Any, *context: Any) -> Any:
            return self.loss(values, *context)[0]

        self.update = OptimizerStep(optimizer, program.weights, value_fn, (carried, one))
        self.n_runs = None if starts is None else len(jax.tree.leaves(starts)[0])
        own = self.update.values()
        if self.n_runs is not None:
            each = [jax.tree.map(lambda leaf, r=r: leaf[r], starts) for r in range(self.n_runs)]
            own = jax.tree.map(_stacked, *map(self.update.begin, each))
            weights = dict(starts or {})
        self._axes: dict[str, Any] = {**dict.fromkeys(_EACH, 0), 'step': None}
        # the noise is that of a run alone: one key for all
        self._axes['carried'] = tuple(
            None if k == program.key_index else 0 for k in range(len(carried))
        )
        carried = tuple(
            value if k == program.key_index else self._each(value)
            for k, value in enumerate(carried)
        )
        # made by NumPy: each small JAX operation would be compiled for its own sake
        dtype = brainstate.environ.dftype()
        empty = self._each(np.full(n_steps, np.nan, dtype))
        self.state: dict[str, Any] = {
            'weights': weights,
            'optimizer': own,
            'carried': carried,
            'best_weights': weights,
            'best_carried': tuple(
                self._each(value) if k == program.key_index else value
                for k, value in enumerate(carried)
            ),
            'best_loss': self._each(np.asarray(np.inf, dtype)),
            'best_step': self._each(np.asarray(-1, np.int32)),
            'history': empty,
            'grad_norms': empty,
            'learning_rates': empty,
            'step': np.asarray(0, np.int32),
            'count': self._each(np.asarray(0, np.int32)),
            'broken': self._each(np.asarray(False)),
            'finite': self._each((np.asarray(True), np.asarray(True), np.ones(len(weights), bool))),
        }
        self.state = jax.device_put(self.state)
        self.starts = weights
        self._before = self.state
        self._shown: list[tuple[str, Any, brainstate.State, Any]] = []
        self._compiled: Any = None

    def _each(self, tree: Any) -> Any:
        """Once for each run."""
        n = self.n_runs
        if n is None:
            return tree
        return jax.tree.map(
            lambda leaf: (
                jnp.stack([leaf] * n)
                if isinstance(leaf, jax.Array)
                else np.stack([np.asarray(leaf)] * n)
            ),
            tree,
        )

    def arrays(self) -> dict[str, np.ndarray]:
        """What a checkpoint keeps."""
        return packed({'state': self.state, 'starts': self.starts})

    def restore(self, arrays: dict[str, np.ndarray]) -> None:
        """Go on from :meth:`arrays`, to the bit; also to more steps than were asked for then."""
        here = {'state': self.state, 'starts': self.starts}
        done = int(arrays["['state']['step']"])
        if done > self.n_steps:
            raise bad_value(
                'n_steps', given=self.n_steps, expected=f'at least the {done} of the checkpoint'
            )
        lines = {f"['state']['{name}']" for name in ('history', 'grad_norms', 'learning_rates')}
        longer = {}
        for name, saved in arrays.items():
            longer[name] = saved
            if name in lines:
                longer[name] = np.full((*saved.shape[:-1], self.n_steps), np.nan, saved.dtype)
                longer[name][..., :done] = saved[..., :done]
        found = unpacked(here, longer)
        self.state, self.starts = jax.device_put(found['state']), found['starts']
        self._before = self.state

    def compile(self) -> None:
        """Compile the loop for any number of steps."""
        self._compiled = self.program.compiled(
            self._advance, self.state, np.asarray(0, np.int32), self.data
        )

    @property
    def memory(self) -> int | None:
        """Bytes that the compiled loop takes beside its state, where XLA says so."""
        analysis = self._compiled.memory_analysis()
        return None if analysis is None else int(analysis.temp_size_in_bytes)

    def _advance(self, state: dict[str, Any], stop: Any, data: tuple[Any, ...]) -> dict[str, Any]:
        step = self._step if self.n_runs is None else self._steps

        def goes_on(state: dict[str, Any]) -> Any:
            return (state['step'] < stop) & ~state['broken'].all()

        return jax.lax.while_loop(goes_on, lambda state: step(state, data), state)

    def _steps(self, old: dict[str, Any], data: tuple[Any, ...]) -> dict[str, Any]:
        """One step of every run; one that has ended stays as it ended."""
        together = jax.vmap(self._step, in_axes=(self._axes, 0), out_axes=self._axes)
        new = together(old, data)

        def keep(a: Any, b: Any) -> Any:
            return jnp.where(old['broken'].reshape(-1, *[1] * (jnp.ndim(a) - 1)), b, a)

        return {
            name: jax.tree.map(keep, new[name], old[name]) if axis == 0 else new[name]
            for name, axis in self._axes.items()
        }

    def _step(self, state: dict[str, Any], data: tuple[Any, ...]) -> dict[str, Any]:
        (loss, (carried, finite)), grads = jax.value_and_grad(self.loss, has_aux=True)(
            state['weights'], state['carried'], data
        )
        finite_grads = jnp.stack(
            [
                jnp.all(
                    jnp.stack([jnp.isfinite(leaf).all() for leaf in jax.tree.leaves(grads[path])])
                )
                for path in self.program.weights  # JAX returns a dict in another order
            ]
        )
        usable = jnp.isfinite(loss) & finite
        better = usable & (loss < state['best_loss'])
        context = (state['carried'], data)
        weights, optimizer = self.update(grads, loss, context, state['weights'], state['optimizer'])
        good = usable & finite_grads.all()

        def keep(condition: Any, new: Any, old: Any) -> Any:
            return jax.tree.map(lambda a, b: jnp.where(condition, a, b), new, old)

        def put(name: str, value: Any) -> Any:
            return state[name].at[state['step']].set(value.astype(state[name].dtype))

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
            'history': put('history', loss),
            'grad_norms': put('grad_norms', optax.tree.norm(grads)),
            'learning_rates': put('learning_rates', self.update.learning_rate(state['optimizer'])),
            'step': state['step'] + 1,
            'count': state['count'] + 1,
            'broken': ~good,
            'finite': (jnp.isfinite(loss), finite, finite_grads),
        }

    def advance(self, count: int) -> Steps:
        """Run up to ``count`` steps."""
        first = self.step
        self._before = self.state
        self.state = self._compiled(self.state, np.asarray(first + count, np.int32), self.data)
        part = slice(first, self.step)
        history, norms, rates = (
            np.asarray(self.state[name])[..., part]
            for name in ('history', 'grad_norms', 'learning_rates')
        )
        if self.n_runs is not None:
            norms, rates = norms[self._lead], rates[self._lead]
            history = self._over_runs(history)
        return Steps(
            first=first,
            losses=[float(x) for x in history],
            best_loss=float(self._over_runs(np.asarray(self.state['best_loss']))),
            grad_norms=[float(x) for x in norms],
            learning_rates=[float(x) for x in rates],
        )

    def _over_runs(self, losses: np.ndarray) -> Any:
        """One number for all: of starts the lowest, of separate data the mean of those that are finite."""
        if self.n_runs is None:
            return losses
        if not self.data:
            return np.fmin.reduce(losses, axis=0)
        finite = np.isfinite(losses)
        count = np.maximum(finite.sum(axis=0), 1)
        mean = np.where(finite, losses, 0.0).sum(axis=0) / count
        return np.where(finite.any(axis=0), mean, np.inf)

    @property
    def step(self) -> int:
        """Steps that were run."""
        return int(self.state['step'])

    @property
    def broken(self) -> bool:
        """Whether a loss, trajectory or gradient of every run was not finite."""
        return bool(np.all(self.state['broken']))

    @property
    def _lead(self) -> Any:
        """Which run has the lowest loss so far; all of the state where there is one."""
        return ... if self.n_runs is None else int(np.argmin(self.state['best_loss']))

    def _of_lead(self, tree: Any) -> Any:
        lead = self._lead
        return tree if lead is ... else jax.tree.map(lambda leaf: leaf[lead], tree)

    def _carried(self) -> tuple[Any, ...]:
        return tuple(
            value if axis is None else self._of_lead(value)
            for value, axis in zip(self.state['carried'], self._axes['carried'], strict=True)
        )

    def leading(self) -> tuple[Mapping[Any, Any], tuple[Any, ...]]:
        """Current weights of the leading run, and its other states."""
        return self._of_lead(self.state['weights']), self._carried()

    def publish(self) -> None:
        """Put weights, optimizer state and random key of the leading run into their objects."""
        self.program.publish(*self.leading())
        own = self._of_lead(self.state['optimizer'])
        for state, value in zip(self.update.own, own, strict=True):
            state.value = value

    def show(self) -> None:
        """Publish, with the learning rates of the steps that were run: a callback may advance them."""
        self.publish()
        before = self._of_lead(self._before['optimizer'])
        for k in self.update.schedule:
            self.update.own[k].value = before[k]
        self._shown = [
            (name, key, state, state.value)
            for name, states in (
                ('weights', self.program.weights.items()),
                ('optimizer', enumerate(self.update.own)),
                ('carried', enumerate(self.program.carried)),
            )
            for key, state in states
        ]

    def adopt(self) -> None:
        """Take what a callback has changed since :meth:`show`: parameters, learning rates, the random key."""
        changed = [
            (name, key, state.value)
            for name, key, state, value in self._shown
            if state.value is not value
        ]
        by_hand = any(
            name == 'optimizer' and key in self.update.schedule for name, key, _ in changed
        )
        if by_hand:  # then none of them is advanced here as well
            changed += [('optimizer', k, self.update.own[k].value) for k in self.update.schedule]
        for name, key, value in changed:
            group = self.state[name]
            alone = self.n_runs is None or (
                name == 'carried' and self._axes['carried'][key] is None
            )
            new = jax.tree.map(
                lambda a, b, name=name, alone=alone: self._adopted(a, b, name, alone),
                value,
                group[key],
            )
            self.state[name] = (
                {**group, key: new}
                if isinstance(group, dict)
                else (*group[:key], new, *group[key + 1 :])
            )

    def _adopted(self, value: Any, old: Any, name: str, alone: bool) -> Any:
        if not alone:
            # a learning rate is that of all runs, a parameter that of the run which was shown
            own = jnp.asarray(value, old.dtype)
            return (
                jnp.broadcast_to(own, old.shape)
                if name == 'optimizer'
                else old.at[self._lead].set(own)
            )
        if jnp.issubdtype(old.dtype, jax.dtypes.prng_key):
            return value
        new = jnp.asarray(value, old.dtype)
        if new.shape != old.shape:
            raise bad_value(
                'callback', given=f'a state of shape {new.shape}', expected=f'shape {old.shape}'
            )
        return new

    def outcome(self, status: str, message: str | None, names: Mapping[Any, str]) -> Outcome:
        """The best point, and the history of its run."""
        lead, state = self._lead, {k: np.asarray(v) for k, v in self.state.items() if k in _LINES}
        count, step = int(state['count'][lead]), int(state['best_step'][lead])
        outcome = Outcome(
            history=[float(x) for x in state['history'][lead][:count]],
            n_steps=count,
            best_loss=float(state['best_loss'][lead]),
            best_step=None if step < 0 else step,
            best_weights=self._of_lead(self.state['best_weights']),
            best_carried=self._of_lead(self.state['best_carried']),
            message=message,
            status=status,
            grad_norms=state['grad_norms'][lead][:count],
            learning_rates=state['learning_rates'][lead][:count],
            memory=self.memory,
        )
        if self.n_runs is not None:
            outcome.runs = Runs(
                starts=self.starts,
                best_weights=self.state['best_weights'],
                best_carried=self.state['best_carried'],
                best_losses=state['best_loss'],
                best_steps=state['best_step'],
                counts=state['count'],
                history=state['history'][:, : self.step],
                grad_norms=state['grad_norms'][:, : self.step],
                learning_rates=state['learning_rates'][:, : self.step],
                statuses=tuple('diverged' if broken else status for broken in state['broken']),
                messages=tuple(
                    self.diagnosis(names, r) if broken else message
                    for r, broken in enumerate(state['broken'])
                ),
            )
        return outcome

    def diagnosis(self, names: Mapping[Any, str], run: Any = ...) -> str:
        """Say what was not finite in a run, at which step, and what to try."""
        if run is ... and self.n_runs is not None:
            run = 0
        step = int(np.asarray(self.state['count'])[run]) - 1
        loss_ok, trajectory_ok, grads_ok = (np.asarray(flag)[run] for flag in self.state['finite'])
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
        best = int(np.asarray(self.state['best_step'])[run])
        kept = (
            'no step before it had a finite loss'
            if best < 0
            else f'the best point so far (step {best}) is kept'
        )
        return f'step {step}: {what}{blame}; {kept}. {advice}'


def _stacked(*leaves: Any) -> Any:
    is_key = isinstance(leaves[0], jax.Array) and jnp.issubdtype(
        leaves[0].dtype, jax.dtypes.prng_key
    )
    return jnp.stack(leaves) if is_key else np.stack(leaves)
