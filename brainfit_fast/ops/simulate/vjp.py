"""The custom VJP of ``simulate``: around implementations with an adjoint of their own."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp

from ...core.autodiff import reverse_only
from ...program.network_program import NetworkProgram
from . import xla
from .args import Plan, SimulateArgs, SimulateResult
from .reference import simulate_single
from .rings import over_candidates

__all__ = ['simulate_xla']


def simulate_xla(program: NetworkProgram, plan: Plan, args: SimulateArgs) -> SimulateResult:
    """Run every candidate; in reverse mode by the hand-written adjoint.

    Forward mode and second derivatives are not available: they raise, naming ``use('reference')``.
    """

    def guard(leaf: Any) -> Any:
        floating = jnp.issubdtype(jnp.result_type(leaf), jnp.floating)
        return reverse_only(leaf, 'simulate') if floating else leaf

    args = jax.tree.map(guard, args)
    return over_candidates(lambda single: _differentiable(program, plan, single), args)


@functools.partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _differentiable(program: NetworkProgram, plan: Plan, args: SimulateArgs) -> SimulateResult:
    return simulate_single(program, plan, args)


def _forward(
    program: NetworkProgram, plan: Plan, args: SimulateArgs
) -> tuple[SimulateResult, xla.Residuals]:
    return xla.forward(program, plan, args)


def _backward(
    program: NetworkProgram, plan: Plan, residuals: xla.Residuals, cotangent: SimulateResult
) -> tuple[SimulateArgs]:
    return (xla.backward(program, plan, residuals, cotangent),)


_differentiable.defvjp(_forward, _backward)
