"""The custom VJP of ``simulate``: around implementations with an adjoint of their own."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.custom_batching import custom_vmap
from jax.custom_derivatives import SymbolicZero

from ...core.autodiff import first_order_only, reverse_only
from ...core.errors import ImplementationError
from ...program.network_program import NetworkProgram
from . import cpu_ffi, lanes, pallas_triton, xla
from .args import Plan, SimulateArgs, SimulateResult
from .rings import over_candidates

__all__ = ['simulate_cpu_ffi', 'simulate_pallas_triton', 'simulate_xla']


#: What is static in a call of kernels.
_Call = cpu_ffi.Call | pallas_triton.Call


def simulate_xla(program: NetworkProgram, plan: Plan, args: SimulateArgs) -> SimulateResult:
    """Run every candidate; in reverse mode by the hand-written adjoint.

    Forward mode and second derivatives are not available: they raise, naming ``use('reference')``.
    """

    args = jax.tree.map(_guarded, args)
    extent = args.n_candidates

    def own(leaf: Any) -> Any:
        return jnp.broadcast_to(leaf, (extent, *leaf.shape[1:]))

    # an observable of shared parameters would be one for all candidates, whose cotangent newer JAX refuses
    args = args._replace(
        params=jax.tree.map(own, args.params), consts=jax.tree.map(own, args.consts)
    )
    return over_candidates(lambda single: _differentiable(program, plan, single), args)


def simulate_cpu_ffi(program: NetworkProgram, plan: Plan, args: SimulateArgs) -> SimulateResult:
    """Run every candidate by the native kernels, forward and in reverse mode.

    ``jax.vmap`` lengthens the candidate axis. Forward mode and second derivatives raise, naming
    ``use('reference')``.
    """
    return _by_kernel(cpu_ffi.static, program, plan, args)


def simulate_pallas_triton(
    program: NetworkProgram, plan: Plan, args: SimulateArgs
) -> SimulateResult:
    """The same by the Pallas kernels."""
    return _by_kernel(pallas_triton.static, program, plan, args)


def _by_kernel(
    static: Callable[..., Any], program: NetworkProgram, plan: Plan, args: SimulateArgs
) -> SimulateResult:
    args = jax.tree.map(_guarded, args)
    given = lanes.operands(program, args)
    raw = _native(static(program, plan, args.n_candidates), given)
    return lanes.result_of(program, plan, args, raw)


def _backend(call: _Call) -> Any:
    """The module whose kernels serve a call."""
    return pallas_triton if isinstance(call, pallas_triton.Call) else cpu_ffi


def _guarded(leaf: Any) -> Any:
    floating = jnp.issubdtype(jnp.result_type(leaf), jnp.floating)
    return reverse_only(leaf, 'simulate') if floating else leaf


@functools.partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _differentiable(program: NetworkProgram, plan: Plan, args: SimulateArgs) -> SimulateResult:
    # jax.vmap takes the axes of results from this function also where it runs the other: they must be one
    return xla.forward(program, plan, args)[0]


def _forward(
    program: NetworkProgram, plan: Plan, args: SimulateArgs
) -> tuple[SimulateResult, xla.Residuals]:
    return xla.forward(program, plan, args)


def _backward(
    program: NetworkProgram, plan: Plan, residuals: xla.Residuals, cotangent: SimulateResult
) -> tuple[SimulateArgs]:
    return (xla.backward(program, plan, residuals, cotangent),)


_differentiable.defvjp(_forward, _backward)


@functools.partial(jax.custom_vjp, nondiff_argnums=(0,))
def _native(call: _Call, given: lanes.Operands) -> lanes.Raw:
    return _batched_forward(call, False)(given)[0]


def _native_forward(call: _Call, given: Any) -> tuple[lanes.Raw, _NativeResiduals]:
    perturbed = jax.tree.map(lambda leaf: leaf.perturbed, given, is_leaf=_is_primal)
    if any(perturbed.targets):
        raise ImplementationError(
            'simulate: the gradient with respect to the target of a streamed error needs the trajectory, '
            "which is not kept. Compute it inside use('reference')."
        )
    values = jax.tree.map(lambda leaf: _once(leaf.value), given, is_leaf=_is_primal)
    raw, kept = _batched_forward(call, True)(values)
    moments = tuple(
        leaf for k, leaf in enumerate(raw.observables) if call.plan.stream(k) == 'moments'
    )
    weights = tuple(bool(want) for want in perturbed.weights)
    wanted = lanes.Wanted(perturbed.parameters, weights, perturbed.inputs)
    return raw, _NativeResiduals(values, kept, moments, wanted)


def _native_backward(
    call: _Call, residuals: _NativeResiduals, cotangent: Any
) -> tuple[lanes.Operands]:
    given, kept, moments, wanted = residuals

    def dense(leaf: Any) -> Any:
        return jnp.zeros(leaf.shape, leaf.dtype) if isinstance(leaf, SymbolicZero) else leaf

    bars = jax.tree.map(
        lambda leaf: _once(dense(leaf)),
        cotangent._replace(keys=None, finite=None),
        is_leaf=lambda x: isinstance(x, SymbolicZero),
    )
    out = _batched_backward(call, wanted)(given, kept, moments, bars)

    def own(bar: Any, leaf: Any) -> Any:
        shared = leaf.shape[0] == 1 and bar.shape[0] > 1
        return bar.sum(axis=0, keepdims=True) if shared else bar

    def each(bars: Any, leaves: Any) -> Any:
        return tuple(
            None if bar is None else own(bar, leaf) for bar, leaf in zip(bars, leaves, strict=True)
        )

    return (
        lanes.Operands(
            parameters=each(_narrowed(out.parameters, given.parameters), given.parameters),
            states=own(out.states, given.states),
            keys=None,
            inputs=each(_narrowed(out.inputs, given.inputs), given.inputs),
            pasts=each(out.pasts, given.pasts),
            weights=each(out.weights, given.weights),
            delays=(None,) * len(given.delays),
            targets=(None,) * len(given.targets),
            start=None,
        ),
    )


_native.defvjp(_native_forward, _native_backward, symbolic_zeros=True)


class _NativeResiduals(NamedTuple):
    """What the native adjoint needs.

    Attributes
    ----------
    given : Operands
    kept : tuple of jax.Array
    moments : tuple of jax.Array
    wanted : Wanted
    """

    given: Any
    kept: Any
    moments: Any
    wanted: Any


@functools.cache
def _batched_forward(call: _Call, checkpointed: bool) -> Any:
    """The forward kernel with a batching rule."""

    def run(call: _Call, given: lanes.Operands) -> Any:
        return _backend(call).forward(call, given, checkpointed=checkpointed)

    return _over_candidates(run, call)


@functools.cache
def _batched_backward(call: _Call, wanted: lanes.Wanted) -> Any:
    """The backward kernel with a batching rule."""

    def run(call: _Call, given: lanes.Operands, *own: Any) -> Any:
        c = call.n_candidates
        own = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (c, *leaf.shape[1:])), own)
        return _backend(call).backward(call, wanted, given, *own)

    return _over_candidates(run, call, wanted.weights)


def _over_candidates(
    run: Callable[..., Any], call: _Call, wanted_weights: tuple[bool, ...] = ()
) -> Any:
    """Let ``jax.vmap`` lengthen the candidate axis of a kernel call.

    Weights that all candidates share have one gradient, and the mapped axis has one for each of its
    elements: there such weights are no longer shared.
    """

    @custom_vmap
    def mapped(*operands: Any) -> Any:
        return run(call, *operands)

    @mapped.def_vmap
    def rule(size: int, batched: Any, *operands: Any) -> Any:
        c = call.n_candidates

        def widen(leaf: Any, is_batched: bool, shareable: bool = True) -> Any:
            if leaf.ndim == is_batched:
                if is_batched:
                    raise ValueError(
                        'simulate: the index of the first step is one for all candidates.'
                    )
                return leaf
            if not is_batched and leaf.shape[0] == 1 and shareable:
                return leaf
            if not is_batched:
                leaf = leaf[None]
            wide = jnp.broadcast_to(leaf, (size, c, *leaf.shape[2:]))
            return wide.reshape(size * c, *leaf.shape[2:])

        given, given_batched = operands[0], batched[0]
        shared = [
            want and leaf.shape[is_batched] == 1 < c
            for want, leaf, is_batched in zip(
                wanted_weights, given.weights, given_batched.weights, strict=False
            )
        ]
        weights = tuple(
            None if leaf is None else widen(leaf, is_batched, not any(wanted_weights[k : k + 1]))
            for k, (leaf, is_batched) in enumerate(
                zip(given.weights, given_batched.weights, strict=True)
            )
        )
        wide = jax.tree.map(widen, operands, tuple(batched))
        wide = (wide[0]._replace(weights=weights), *wide[1:])
        longer = dataclasses.replace(call, n_candidates=size * c)
        out = _over_candidates(run, longer, wanted_weights)(*wide)
        out = jax.tree.map(lambda leaf: leaf.reshape(size, c, *leaf.shape[1:]), out)
        if any(shared):
            bars = tuple(
                bar.sum(axis=1, keepdims=True) if own else bar
                for bar, own in zip(out.weights, shared, strict=True)
            )
            out = out._replace(weights=bars)
        is_mapped = jax.tree.map(lambda leaf: True, out)
        if not wanted_weights and isinstance(out[0], lanes.Raw) and not given_batched.keys:
            # keys that are shared stay shared: they do not depend on anything else
            out = (out[0]._replace(keys=out[0].keys[0]), *out[1:])
            is_mapped = (is_mapped[0]._replace(keys=False), *is_mapped[1:])
        return out, is_mapped

    return mapped


def _is_primal(leaf: Any) -> bool:
    return hasattr(leaf, 'perturbed')


def _once(leaf: Any) -> Any:
    return first_order_only(leaf, 'simulate') if jnp.issubdtype(leaf.dtype, jnp.floating) else leaf


def _narrowed(bars: Any, leaves: Any) -> Any:
    """What all regions share has the sum of their cotangents."""
    return tuple(
        bar.sum(axis=-1, keepdims=True)
        if bar is not None and leaf.shape[-1] < bar.shape[-1]
        else bar
        for bar, leaf in zip(bars, leaves, strict=True)
    )
