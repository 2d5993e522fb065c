"""``simulate`` by Pallas kernels through the Triton lowering (``triton/``)."""

from __future__ import annotations

import jax

from ...codegen.blocks import EVALUATED
from ...codegen.node import node_of
from ...core import device, pallas
from ...program.network_program import NetworkProgram
from .args import Plan
from .lanes import why_no_lanes
from .triton.backward import backward
from .triton.forward import forward
from .triton.heuristics import LARGEST
from .triton.parts import Call

__all__ = ['Call', 'backward', 'declines', 'forward', 'static', 'supports']


#: What ``jax.default_matmul_precision`` asks for; anything else is served by three products of bfloat16.
_PRECISIONS = {
    'tensorfloat32': 'tensorfloat32',
    'tf32_tf32_f32': 'tensorfloat32',
    'float32': 'float32',
    'highest': 'float32',
    'f32_f32_f32': 'float32',
}


def declines(call: tuple[NetworkProgram, Plan]) -> tuple[str, ...]:
    """Why the kernel is not the first choice although it could serve."""
    if device.platform() != 'gpu':
        return ('needs a GPU; elsewhere it runs in interpret mode, when asked for by name',)
    return ('has not yet run on a GPU; ask for it by name',)


def supports(call: tuple[NetworkProgram, Plan]) -> tuple[str, ...]:
    """Why the kernel cannot serve a program."""
    program, _ = call
    reasons = []
    ok, why = pallas.available()
    if not ok:
        reasons.append(why)
    if any(s.local for s in program.sums):
        reasons.append('a region that reads its own past has no form in these kernels')
    if program.n_regions > LARGEST and any(c.depth > 1 for c in program.channels):
        reasons.append(f'holds the past of up to {LARGEST} regions, not of {program.n_regions}')
    facts = device.facts()
    if facts.platform == 'gpu' and (facts.compute_capability or (0, 0)) < (8, 0):
        reasons.append(f'needs compute capability 8.0 or later, not that of {facts.kind}')
    lowering = why_no_lanes(program, 'kernel')
    if lowering:
        return (*reasons, *lowering)
    node = node_of(program)
    if not node.states:
        reasons.append('the model has no state')
    if facts.platform == 'gpu' and node.dtype != 'float32':
        reasons.append(f'takes float32, not {node.dtype}')
    graphs = [node.advance_sampled, node.adjoint_sampled, *node.tracked.values()]
    names = {op.name for g in graphs if g is not None for op in g.ops}
    reasons += [
        f'the primitive {name!r} has no form in a kernel'
        for name in sorted(names - EVALUATED - {'input', 'const'})
    ]
    return tuple(reasons)


def static(program: NetworkProgram, plan: Plan, n_candidates: int) -> Call:
    """Describe a call."""
    # an attribute that its type stubs do not list
    asked = str(getattr(jax.config, 'jax_default_matmul_precision')).lower()  # noqa: B009
    precision = _PRECISIONS.get(asked, 'bfloat16x3')
    return Call(program, plan, n_candidates, device.platform() != 'gpu', precision)
