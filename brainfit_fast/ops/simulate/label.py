"""A label inside the op's equation: what was called with what, for who reads a traced loss.

A jitted function shows in a jaxpr as an equation with a name; its static arguments are gone. An identity on
the integer ``start`` carries them, so that a loss can be rewritten by what it simulates. It leaves no trace
in compiled code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
from jax.extend.core import JaxprEqn, Primitive
from jax.interpreters import ad, batching, mlir

from ...program.network_program import NetworkProgram
from .args import Plan, SimulateArgs

__all__ = ['EQUATION', 'Call', 'call_of', 'labelled']

#: Name of the op's equation.
EQUATION = 'brainfit_fast_simulate'


@dataclass(frozen=True)
class Call:
    """The static side of one call.

    Attributes
    ----------
    program : NetworkProgram
        What is simulated.
    plan : Plan
        Which steps are run and sampled.
    name : str
        The implementation.
    tree : PyTreeDef
        Structure of the arguments.
    shapes : tuple of (tuple of int, dtype)
        Their shapes and dtypes as the op saw them: those of the equation differ under ``jax.vmap``.
    """

    program: NetworkProgram
    plan: Plan
    name: str
    tree: Any
    shapes: tuple[tuple[tuple[int, ...], Any], ...]

    def __repr__(self) -> str:
        return f'Call({self.name!r}, {self.plan})'


_label_p = Primitive('brainfit_fast_label')
_label_p.def_impl(lambda x, *, call: x)
_label_p.def_abstract_eval(lambda x, *, call: x)
mlir.register_lowering(_label_p, lambda ctx, x, *, call: [x])
batching.defvectorized(_label_p)
ad.deflinear2(_label_p, lambda cotangent, x, *, call: (cotangent,))


def labelled(program: NetworkProgram, plan: Plan, name: str, args: SimulateArgs) -> SimulateArgs:
    """Return ``args`` with the call recorded on ``start``."""
    leaves, tree = jax.tree.flatten(args)
    call = Call(program, plan, name, tree, tuple((leaf.shape, leaf.dtype) for leaf in leaves))
    return args._replace(start=_label_p.bind(jax.numpy.asarray(args.start), call=call))


def call_of(eqn: JaxprEqn) -> Call | None:
    """Return the call behind an equation of the op; None where it is another, or was batched."""
    if eqn.params.get('name') != EQUATION:
        return None
    shapes = tuple((v.aval.shape, v.aval.dtype) for v in eqn.invars)
    for inner in eqn.params['jaxpr'].jaxpr.eqns:
        if inner.primitive is _label_p:
            call = inner.params['call']
            return call if call.shapes == shapes else None
    return None
