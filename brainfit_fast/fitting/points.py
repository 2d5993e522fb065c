"""Losses of candidate parameters: a batch in one compiled call, and the best of all."""

from __future__ import annotations

import time
import warnings
from collections import deque
from collections.abc import Mapping
from typing import Any

import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ..core.errors import bad_value
from .checkpoint import packed, unpacked
from .loss import LossProgram
from .outcome import Evaluations, Outcome
from .space import Space
from .watching import Steps, Watcher

__all__ = ['Points']


class Points:
    """Evaluates candidates, and remembers them.

    Parameters
    ----------
    program : LossProgram
    space : Space
    n_noise_seeds : int
        Noise seeds that each loss is averaged over.
    noise : {'shared', 'independent', 'sequential'}
        Whether the candidates of a batch have the same noise, each has its own, or each goes on with the key
        that the one before it left.
    hold : bool
        Whether shared noise is the same for all batches.

    Attributes
    ----------
    step : int
        To which evaluations belong from now on.
    reported : int
        Generations or starts that callbacks have seen.
    best_loss : float
        Lowest finite loss so far.
    """

    def __init__(
        self, program: LossProgram, space: Space, n_noise_seeds: int, noise: str, hold: bool
    ):
        self.program, self.space, self.noise = program, space, noise
        self.hold = hold and noise == 'shared'
        self.loss = program.over_noise_seeds(n_noise_seeds)
        self.carried = program.carried_values()
        self.step = self.reported = 0
        self.best_loss = float('inf')
        self.best: tuple[int, dict[Any, Any], tuple[Any, ...]] | None = None
        self.compile_seconds = 0.0
        self._started = time.perf_counter()
        self._compiled: dict[int, Any] = {}
        self._losses: list[np.ndarray] = []
        self._values: list[dict[str, Any]] = []
        self._steps: list[int] = []
        self._slopes: list[np.ndarray] = []
        self._recorded: deque[tuple[np.ndarray, np.ndarray, np.ndarray | None]] = deque()

    def weights(self, values: Mapping[str, Any]) -> dict[Any, Any]:
        """Values of the trainable states, by path, of constrained ones with an axis of candidates."""
        raw = self.space.raw(values)
        return {
            path: jax.tree.map(_like, raw[id(state)], state.value)
            for path, state in self.program.weights.items()
        }

    def evaluate(self, values: Mapping[str, Any]) -> np.ndarray:
        """Losses of a batch: constrained values ``(C, ...)`` by name."""
        values = dict(values)
        recorded = self._replayed(values)
        if recorded is not None:
            return recorded[0]
        count = len(jax.tree.leaves(values)[0])
        weights, losses, before, after = self._run(self._batch, count, values)
        losses = np.asarray(losses)
        self._keep(values, weights, losses, before, after)
        return losses

    def value_and_slope(self, values: Mapping[str, Any]) -> tuple[float, np.ndarray]:
        """Loss of one candidate, constrained values ``(1, ...)`` by name, and its gradient, names in order."""
        values = dict(values)
        recorded = self._replayed(values)
        if recorded is not None:
            assert recorded[1] is not None
            return float(recorded[0][0]), recorded[1].copy()
        out, slope = self._run(jax.value_and_grad(self._one, has_aux=True), 0, values)
        loss, (weights, after) = out
        self._keep(values, weights, np.asarray(loss)[None], None, after)
        self._slopes.append(_flat(slope)[0])
        return float(loss), self._slopes[-1].copy()

    def _replayed(self, values: Any) -> Any:
        """Loss and slope that the checkpoint has of these values; None after the last of them."""
        if not self._recorded:
            return None
        point, losses, slope = self._recorded.popleft()
        if not np.array_equal(point, _flat(values)):
            raise bad_value(
                'resume',
                given='a search that proposes other points than the checkpoint has',
                expected='the same points',
                remedy='Build the Fitter as it was, with the same version of the search library.',
            )
        self._remember(values, losses, slope)
        return losses, slope

    def arrays(self) -> dict[str, np.ndarray]:
        """What a checkpoint keeps: every point, the best one, and the states to go on with."""
        state = {'carried': self.carried, **({'best': self.best[1:]} if self.best else {})}
        return {
            'losses': np.concatenate([np.zeros(0), *self._losses]),
            'sizes': np.array([len(losses) for losses in self._losses], int),
            'values': np.concatenate([np.zeros((0, 0)), *map(_flat, self._values)], axis=None),
            'slopes': np.concatenate([np.zeros(0), *self._slopes]),
            'best': np.array([self.best_loss, -1 if self.best is None else self.best[0]]),
            'reported': np.array(self.reported),
            **packed(state),
        }

    def restore(self, arrays: dict[str, np.ndarray]) -> None:
        """Go on from :meth:`arrays`: the search is run again, on the losses that are known."""
        example = self.program.weight_values(), self.carried
        state = {'carried': self.carried, **({'best': example} if arrays['best'][1] >= 0 else {})}
        leaves = {name: value for name, value in arrays.items() if name.startswith('[')}
        state = unpacked(state, leaves)
        self.carried, self.reported = state['carried'], int(arrays['reported'])
        if 'best' in state:
            self.best_loss = float(arrays['best'][0])
            self.best = (int(arrays['best'][1]), *state['best'])
        ends = np.cumsum(arrays['sizes'])
        width = sum(np.size(low) for low, _ in self.space.bounds.values())
        points = arrays['values'].reshape(-1, width)
        slopes = arrays['slopes'].reshape(-1, width) if arrays['slopes'].size else None
        for size, end in zip(arrays['sizes'], ends, strict=True):
            batch = slice(end - size, end)
            slope = None if slopes is None else slopes[end - 1]
            self._recorded.append((points[batch], arrays['losses'][batch], slope))

    def _run(self, function: Any, which: int, values: dict[str, Any]) -> Any:
        if which not in self._compiled:
            began = time.perf_counter()
            self._compiled[which] = self.program.compiled(function, values, self.carried)
            self.compile_seconds += time.perf_counter() - began
        return self._compiled[which](values, self.carried)

    def _one(self, values: Any, carried: tuple[Any, ...]) -> Any:
        weights = self.weights(values)
        own = jax.tree.map(lambda leaf: leaf[0], weights)
        loss, (after, finite) = self.loss(own, carried)
        return jnp.where(finite, loss, jnp.nan), (weights, after)

    def _batch(self, values: Any, carried: tuple[Any, ...]) -> Any:
        """Also values as they are stored, and carried states before each, where these differ, and after all."""
        weights, index = self.weights(values), self.program.key_index

        def one(carried: Any, weights: Any) -> Any:
            loss, (after, finite) = self.loss(weights, carried)
            return after, (jnp.where(finite, loss, jnp.nan), carried)

        if self.noise == 'sequential':
            after, (losses, before) = lax.scan(one, carried, weights)
            return weights, losses, before, after
        if self.noise == 'independent' and index is not None:
            numbers = jnp.arange(len(jax.tree.leaves(weights)[0]))
            keys = jax.vmap(lambda k: jax.random.fold_in(carried[index], k))(numbers)
            own = self.program.with_key((None,) * len(carried), 0)
            before = self.program.with_key(carried, keys)
            after, (losses, _) = jax.vmap(one, (own, 0), (0, (0, own)))(before, weights)
            before = tuple(
                leaves if k == index else jax.tree.map(lambda leaf: leaf[None], leaves)
                for k, leaves in enumerate(before)
            )
        else:
            after, (losses, _) = jax.vmap(one, (None, 0), (0, (0, None)))(carried, weights)
            before = None
        # what else a loss changes is as after the first candidate
        return weights, losses, before, jax.tree.map(lambda leaf: leaf[0], after)

    def _keep(self, values: Any, weights: Any, losses: np.ndarray, before: Any, after: Any) -> None:
        self._remember(values, losses)
        usable = np.where(np.isfinite(losses), losses, np.inf)
        k = int(np.argmin(usable))
        if usable[k] < self.best_loss:
            self.best_loss = float(losses[k])
            own = self.carried
            if before is not None:
                own = jax.tree.map(lambda leaf: leaf[k if len(leaf) > 1 else 0], before)
            # on the host: each slice there would be a compilation
            best = jax.tree.map(lambda leaf: jax.device_put(np.asarray(leaf)[k, ...]), weights)
            self.best = self.step, best, own
        if not self.hold:
            self.carried = after

    def _remember(self, values: Any, losses: np.ndarray, slope: np.ndarray | None = None) -> None:
        self._losses.append(losses)
        self._values.append(values)
        self._steps += [self.step] * len(losses)
        if slope is not None:
            self._slopes.append(slope)

    def publish(self) -> None:
        """Put the best values and the random key into their objects."""
        self.program.publish(self.best[1] if self.best else {}, self.carried)

    def report(self, watcher: Watcher, loss: float, n_steps: int) -> bool:
        """End a generation or start: tell it with its loss, and save; True where a callback asks for the end.

        What a checkpoint has was told before.
        """
        first, self.step = self.step, self.step + 1
        if first < self.reported:
            return False
        self.publish()
        stop = watcher(Steps(first, [loss], self.best_loss))
        self.reported = self.step
        watcher.save(stop or self.step == n_steps)
        return stop

    def best_starts(self, n: int) -> dict[Any, Any]:
        """Stored values, by path, of the ``n`` best different points; fewer where few are finite."""
        losses = np.concatenate(self._losses)
        losses = np.where(np.isfinite(losses), losses, np.inf)
        _, first = np.unique(
            np.concatenate([_flat(values) for values in self._values]), axis=0, return_index=True
        )
        order = first[np.argsort(losses[first], kind='stable')][:n]
        order = order[np.isfinite(losses[order])]
        if len(order) < n:
            warnings.warn(
                f'n_restarts: {len(order)} points are refined instead of {n}: the search has found no more '
                'different ones with a finite loss.',
                RuntimeWarning,
                stacklevel=5,
            )
        return self.weights({name: value[order] for name, value in self._all_values().items()})

    def _all_values(self) -> dict[str, Any]:
        """Constrained values of every point."""
        return {
            name: jax.tree.map(
                lambda *parts: np.concatenate(parts), *[v[name] for v in self._values]
            )
            for name in self.space.bounds
            if self._values
        }

    def outcome(self, n_steps: int, raw: Any, status: str, message: str | None) -> Outcome:
        """All that was evaluated, the best of it, and how the search ended."""
        step, weights, carried = self.best or (None, {}, self.carried)
        if step is None and message is None:
            status, message = 'diverged', 'no point had a finite loss'
        losses = np.concatenate(self._losses) if self._losses else np.zeros(0)
        return Outcome(
            n_steps=n_steps,
            best_loss=self.best_loss,
            best_step=step,
            best_weights=weights,
            best_carried=carried,
            message=message,
            status=status,
            compile_seconds=self.compile_seconds,
            run_seconds=time.perf_counter() - self._started - self.compile_seconds,
            evaluations=Evaluations(losses, self._all_values(), np.array(self._steps, int)),
            raw=raw,
        )


def _like(new: Any, old: Any) -> Any:
    return jnp.asarray(new, jnp.asarray(old).dtype)


def _flat(values: Mapping[str, Any]) -> np.ndarray:
    """Points ``(n, numbers)``, the names in alphabetical order, in the units of the parameters."""
    leaves = [np.asarray(u.get_mantissa(values[name]), float) for name in sorted(values)]
    return np.concatenate([leaf.reshape(len(leaf), -1) for leaf in leaves], axis=1)
