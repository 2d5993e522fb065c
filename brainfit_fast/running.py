"""Run a built model on the simulate op, or any model step by step."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import brainstate
import brainunit as u
import jax
import numpy as np

from .core.dispatch import Choice
from .ops.simulate.api import run_named
from .ops.simulate.args import Plan, SimulateArgs
from .program.arrays import ModelArrays
from .program.build import BuiltModel
from .program.inputs import input_function
from .program.tracing import has_tracer

__all__ = ['run_on_op', 'run_step_by_step']

#: Samples to which a monitor that is not elementwise is applied at once.
_CHUNK = 1024


def run_on_op(
    built: BuiltModel,
    plan: Plan,
    choice: Choice,
    arrays: ModelArrays,
    rows: tuple[Any, ...],
    dt: Any,
    *,
    batched: bool = False,
    jit: bool = True,
) -> tuple[Any, tuple[Any, Any, Any], Any]:
    """Run the op and apply what the time loop could not compute.

    Parameters
    ----------
    built : BuiltModel
        The program and where its arrays live.
    plan : Plan
        Which steps are run and sampled.
    choice : Choice
        The implementation.
    arrays : ModelArrays
        Without candidate axis, or with one on every leaf but ``pointers`` where ``batched``.
    rows : tuple of array
        Inputs ``(n_steps, ...)``.
    dt : Quantity or float
        The time step.
    batched : bool
        Whether there is a candidate axis.
    jit : bool
        Whether to compile.

    Returns
    -------
    monitors : pytree
        Trajectories, time first; then candidates where ``batched``.
    final : tuple
        States, rings and pointers at the end.
    finite : array
        Whether all states were finite, ``()`` or ``(C,)``.
    """
    clock = (np.asarray(u.get_mantissa(dt), brainstate.environ.dftype()), np.int32(0))
    traced = has_tracer((arrays, rows))
    # inside a trace the op stays visible as an equation of its own
    execute: Any = _execute if jit and not traced else _execute.__wrapped__  # type: ignore[attr-defined]
    leaves, final, finite = execute(
        built.program,
        plan,
        built.outside,
        choice.name,
        batched,
        arrays,
        rows,
        clock,
        built.outside_consts,
    )
    return jax.tree.unflatten(built.out_tree, leaves), final, finite


@functools.partial(jax.jit, static_argnums=(0, 1, 2, 3, 4))
def _execute(
    program: Any,
    plan: Plan,
    outside: Any,
    name: str,
    batched: bool,
    arrays: ModelArrays,
    rows: Any,
    clock: Any,
    outside_consts: Any,
) -> Any:
    def expand(leaf):
        return leaf[None]

    leaves = arrays._replace(pointers=())
    if not batched:
        leaves = jax.tree.map(expand, leaves)
    args = SimulateArgs(
        params=leaves.params,
        consts=leaves.consts,
        states=leaves.states,
        rings=leaves.rings,
        weights=leaves.weights,
        delays=leaves.delays,
        inputs=jax.tree.map(expand, rows),
        targets=(),
        pointers=arrays.pointers,
        dt=clock[0],
        start=clock[1],
    )
    if batched:
        plan = dataclasses.replace(plan, time_first=True)
    result = run_named(program, plan, name, args)
    samples = result.samples
    if outside is not None:

        def apply(sample):
            return tuple(outside(outside_consts, *sample))

        def over_time(sample):
            return jax.lax.map(apply, sample, batch_size=min(_CHUNK, plan.n_samples))

        samples = jax.vmap(over_time)(samples)
    final = (result.states, result.rings, result.pointers)
    if batched:
        samples = jax.tree.map(lambda leaf: leaf.swapaxes(0, 1), samples)
        return samples, final, result.finite
    squeeze = functools.partial(jax.tree.map, lambda leaf: leaf[0])
    return (
        squeeze(samples),
        (squeeze(result.states), squeeze(result.rings), result.pointers),
        result.finite[0],
    )


def run_step_by_step(
    model: Any, measure: Callable[[Any], Any], inputs: Any, plan: Plan, dt: Any, jit: bool
) -> Any:
    """Call ``model.update`` at every step: the path of whatever cannot be traced into a program."""
    get = input_function(inputs, plan.n_steps)

    def step(i: Any) -> Any:
        t = i * dt
        with brainstate.environ.context(i=i, t=t):
            returned = model.update(*get(i, t))
        return measure(returned)

    def loop() -> Any:
        return brainstate.transform.for_loop(step, np.arange(plan.n_steps))

    recorded = brainstate.transform.jit(loop)() if jit else loop()
    return jax.tree.map(lambda leaf: leaf[plan.first :: plan.every], recorded)
