"""Open the jitted functions of a loss that stand between its simulations and what is made of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
from jax.extend.core import ClosedJaxpr, Jaxpr, JaxprEqn, Literal

from ..ops.simulate.label import EQUATION

__all__ = ['CORRCOEF', 'FC', 'alone', 'examples', 'inline', 'is_call', 'known']

#: Equations that are read as a whole.
FC = 'brainfit_fast_fc'
CORRCOEF = 'corrcoef'

_PASS = frozenset(
    {
        'broadcast_in_dim', 'convert_element_type', 'copy', 'copy_p', 'integer_pow', 'mul', 'reshape',
        'slice', 'square', 'squeeze', 'sub', 'transpose',
    }
)  # fmt: skip


def is_call(eqn: JaxprEqn) -> bool:
    """Whether an equation is a jitted function."""
    return eqn.primitive.name in ('jit', 'pjit')


def known(env: Any, atom: Any) -> bool:
    """Whether ``atom`` is a variable in ``env``."""
    return not isinstance(atom, Literal) and atom in env


def alone(jaxpr: Jaxpr, eqn: JaxprEqn) -> Jaxpr:
    """Return a jaxpr of one equation, whose inputs are those that are not literals."""
    invars = list(dict.fromkeys(v for v in eqn.invars if not isinstance(v, Literal)))
    return jaxpr.replace(
        constvars=[],
        invars=invars,
        outvars=list(eqn.outvars),
        eqns=[eqn],
        debug_info=jaxpr.debug_info._replace(arg_names=None, result_paths=None),
    )


def examples(variables: Sequence[Any]) -> list[jax.ShapeDtypeStruct]:
    """Return what a function of such variables is traced with."""
    return [
        jax.ShapeDtypeStruct(
            v.aval.shape, v.aval.dtype, weak_type=getattr(v.aval, 'weak_type', False)
        )
        for v in variables
    ]


def inline(jaxpr: Jaxpr) -> ClosedJaxpr:
    """Return an equal jaxpr in which simulations, and what reads their samples, stand at the top level.

    Parameters
    ----------
    jaxpr : jax.extend.core.Jaxpr
        Any; returned as it is where it simulates nothing.

    Returns
    -------
    jax.extend.core.ClosedJaxpr
        Inputs: those of ``jaxpr``, its constants first.
    """
    n_consts = len(jaxpr.constvars)

    def whole(*args: Any) -> list[Any]:
        return _walk(jaxpr, args[:n_consts], args[n_consts:], [False] * (len(args) - n_consts))[0]

    return jax.make_jaxpr(whole)(*examples((*jaxpr.constvars, *jaxpr.invars)))


def _walk(
    jaxpr: Jaxpr, consts: Sequence[Any], args: Sequence[Any], marks: Sequence[bool]
) -> tuple[list[Any], list[bool]]:
    """Evaluate; ``marks`` say which arguments hold samples, the second result which outputs do."""
    env = dict(zip((*jaxpr.constvars, *jaxpr.invars), (*consts, *args), strict=True))
    marked = {v for v, mark in zip(jaxpr.invars, marks, strict=True) if mark}

    def read(atom: Any) -> Any:
        return atom.val if isinstance(atom, Literal) else env[atom]

    for eqn in jaxpr.eqns:
        inner = [known(marked, v) for v in eqn.invars]
        name = eqn.params.get('name')
        own = [False] * len(eqn.outvars)
        if name == EQUATION:
            own = [True] * len(eqn.outvars)
        elif is_call(eqn) and name not in (FC, CORRCOEF) and (any(inner) or _simulates(eqn)):
            closed = eqn.params['jaxpr']
            values, own = _walk(closed.jaxpr, closed.consts, [read(v) for v in eqn.invars], inner)
            env.update(zip(eqn.outvars, values, strict=True))
            marked.update(v for v, mark in zip(eqn.outvars, own, strict=True) if mark)
            continue
        elif any(inner) and eqn.primitive.name in _PASS:
            own = [True] * len(eqn.outvars)
        single = alone(jaxpr, eqn)
        values = jax.core.eval_jaxpr(single, (), *(env[v] for v in single.invars))
        env.update(zip(eqn.outvars, values, strict=True))
        marked.update(v for v, mark in zip(eqn.outvars, own, strict=True) if mark)
    return [read(v) for v in jaxpr.outvars], [known(marked, v) for v in jaxpr.outvars]


def _simulates(eqn: JaxprEqn) -> bool:
    """Whether a jitted function simulates somewhere inside."""
    return any(
        inner.params.get('name') == EQUATION or (is_call(inner) and _simulates(inner))
        for inner in eqn.params['jaxpr'].jaxpr.eqns
    )
