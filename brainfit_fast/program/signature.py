"""A structural fingerprint of a jaxpr: equal for equal programs, whatever object built them."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from jax.extend.core import ClosedJaxpr, Jaxpr, Literal

__all__ = ['signature']

# Parameters that hold functions or sources of a rule, not the computation itself: the computation is
# in the accompanying ``call_jaxpr``.
_IGNORED = frozenset(
    {'jvp_jaxpr_fun', 'jvp_jaxpr_thunk', 'fwd_jaxpr_thunk', 'bwd', 'ctx_mesh', 'debug_info'}
)


def signature(jaxpr: Jaxpr) -> str:
    """Return a hash of the equations, shapes, dtypes and literals of ``jaxpr``.

    Variable names, source locations, object identities and the values of closed-over constants do not
    enter: two models built by the same closure have one signature.

    Parameters
    ----------
    jaxpr : jax.extend.core.Jaxpr
        The jaxpr to fingerprint.

    Returns
    -------
    str
        Hexadecimal digest.
    """
    lines: list[str] = []
    _write(jaxpr, lines)
    return hashlib.sha256('\n'.join(lines).encode()).hexdigest()


def _write(jaxpr: Jaxpr, lines: list[str]) -> None:
    number: dict[Any, int] = {}

    def name(atom) -> str:
        if isinstance(atom, Literal):
            return f'{np.asarray(atom.val).tobytes().hex()}:{_aval(atom.aval)}'
        return str(number[atom])

    def bind(var) -> str:
        number[var] = len(number)
        return _aval(var.aval)

    lines.append('in ' + ' '.join(bind(v) for v in (*jaxpr.constvars, *jaxpr.invars)))
    for eqn in jaxpr.eqns:
        inputs = ' '.join(name(v) for v in eqn.invars)
        outputs = ' '.join(bind(v) for v in eqn.outvars)
        lines.append(f'{outputs} = {eqn.primitive.name} {inputs}')
        for key in sorted(eqn.params):
            if key not in _IGNORED:
                lines.append(f' {key}')
                _write_param(eqn.params[key], lines)
    lines.append('out ' + ' '.join(name(v) for v in jaxpr.outvars))


def _write_param(value: Any, lines: list[str]) -> None:
    if isinstance(value, ClosedJaxpr):
        lines.extend(_array(c) for c in value.consts)
        _write(value.jaxpr, lines)
    elif isinstance(value, Jaxpr):
        _write(value, lines)
    elif isinstance(value, (tuple, list)):
        lines.append(f'[{len(value)}')
        for item in value:
            _write_param(item, lines)
    elif isinstance(value, np.ndarray) or hasattr(value, '__array__'):
        lines.append(_array(value))
    elif callable(value):
        lines.append(
            f'{getattr(value, "__module__", "")}.{getattr(value, "__qualname__", type(value).__name__)}'
        )
    else:
        lines.append(repr(value))


def _array(value: Any) -> str:
    array = np.asarray(value)
    return f'{array.dtype}{array.shape}{hashlib.sha256(array.tobytes()).hexdigest()}'


def _aval(aval: Any) -> str:
    return f'{aval.str_short()}{"w" if getattr(aval, "weak_type", False) else ""}'
