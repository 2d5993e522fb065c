"""A run in windows that no gradient crosses: truncated back-propagation through time."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from .args import Plan, SimulateArgs, SimulateResult

__all__ = ['run_windows']


def run_windows(
    run: Callable[[Plan, SimulateArgs], SimulateResult],
    plan: Plan,
    args: SimulateArgs,
    n_states: int,
) -> SimulateResult:
    """Run a plan of samples in windows of ``plan.window`` steps.

    Parameters
    ----------
    run : callable
        ``run(plan, args)``: an implementation.
    plan : Plan
        Without streams.
    args : SimulateArgs
    n_states : int
        How many of the states are the model's; those that follow are tracked.

    Returns
    -------
    SimulateResult
        As of one run. Cotangents of states and histories end where a window begins; those of tracked states,
        whose memory does not feed back, do not.
    """
    # a whole number of samples in each
    window = -(-plan.window // plan.every) * plan.every
    plan = dataclasses.replace(plan, window=0)
    lead, main = plan.first, plan.n_steps - plan.first
    pieces = [
        (lead // window, window, False),
        (1, lead % window, False),
        (main // window, window, True),
        (1, main % window, True),
    ]
    begin, result, flags = 0, None, []
    samples: list[Any] = []
    for count, length, sampled in pieces:
        if count == 0 or length == 0:
            continue
        piece = _Piece(run, plan, args, n_states, length, sampled)
        for n in (1, count - 1):  # the first gives the types that a loop goes on with
            if n == 0:
                continue
            result, own, finite = piece(result, begin, n)
            begin += n * length
            flags.append(finite)
            if sampled:
                samples.append(own)
    assert result is not None
    observables = jax.tree.map(lambda *own: jnp.concatenate(own, axis=1), *samples)
    finite = jnp.stack(flags).all(axis=0)
    return result._replace(samples=observables, finite=finite)


class _Piece:
    """Equal windows, one after the other."""

    def __init__(
        self, run: Any, plan: Plan, args: SimulateArgs, n_states: int, length: int, sampled: bool
    ):
        self.run, self.args, self.n_states = run, args, n_states
        self.length, self.sampled = length, sampled
        # every plan has a sample; that of a transient is not looked at
        self.plan = dataclasses.replace(plan, n_steps=length, first=0 if sampled else length - 1)

    def __call__(
        self, before: SimulateResult | None, begin: int, count: int
    ) -> tuple[SimulateResult, Any, Any]:
        """Run ``count`` windows from step ``begin`` on, after what came before."""
        rows = jax.tree.map(
            lambda leaf: _windows(leaf[:, begin : begin + count * self.length], count),
            self.args.inputs,
        )
        start = self.args.start + begin
        if before is None or count == 1:
            one = jax.tree.map(lambda leaf: leaf[0], rows)
            result = self._window(self.args if before is None else self._after(before), start, one)
            return result, self._samples(result), result.finite

        def body(carry: Any, row: Any) -> tuple[Any, Any]:
            past, start = carry
            result = self._window(self._after(past), start, row)
            ended = result._replace(samples=past.samples)
            return (ended, start + self.length), (self._samples(result), result.finite)

        empty = before._replace(samples=())
        (result, _), (samples, finite) = lax.scan(body, (empty, start), rows, length=count)
        joined = jax.tree.map(_joined, samples)
        return result, joined, finite.all(axis=0)

    def _window(self, args: SimulateArgs, start: Any, inputs: Any) -> SimulateResult:
        result = self.run(self.plan, args._replace(inputs=inputs, start=start))
        # a comparison takes the flag's tangent from it, which reductions refuse
        return result._replace(finite=jnp.equal(result.finite, True))

    def _after(self, before: SimulateResult) -> SimulateArgs:
        """What the next window starts from, without a way back."""
        tracked = before.states[self.n_states :]
        states, rings = jax.tree.map(_cut, (before.states[: self.n_states], before.rings))
        return self.args._replace(states=(*states, *tracked), rings=rings, pointers=before.pointers)

    def _samples(self, result: SimulateResult) -> Any:
        return result.samples if self.sampled else ()


def _cut(leaf: Any) -> Any:
    return lax.stop_gradient(leaf) if jnp.issubdtype(leaf.dtype, jnp.floating) else leaf


def _windows(leaf: Any, count: int) -> Any:
    """``(C, steps, ...)`` to ``(windows, C, steps of a window, ...)``."""
    split = leaf.reshape(leaf.shape[0], count, -1, *leaf.shape[2:])
    return jnp.moveaxis(split, 1, 0)


def _joined(leaf: Any) -> Any:
    """``(windows, C, samples, ...)`` to ``(C, all samples, ...)``."""
    moved = jnp.moveaxis(leaf, 0, 1)
    return moved.reshape(moved.shape[0], -1, *moved.shape[3:])
