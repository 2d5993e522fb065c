"""Evaluate a graph on blocks: what runs inside a Pallas kernel.

Inputs are arrays of any shapes that broadcast together (a scalar, one value per candidate, one per region,
or both); everything is computed at the least shape. Products are kept back until they are needed, so that
a sum takes them up as one fused multiply-add.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from .block_maths import Exact
from .graph import FLOATS, Graph, Op, Value

__all__ = ['EVALUATED', 'evaluate']

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_COMPARED: dict[str, Callable[[Any, Any], Any]] = {
    'lt': lambda a, b: a < b, 'le': lambda a, b: a <= b, 'eq': lambda a, b: a == b,
    'ne': lambda a, b: a != b, 'and': lambda a, b: a & b, 'or': lambda a, b: a | b,
    'xor': lambda a, b: a ^ b,
}  # fmt: skip
_CALLED = (
    'abs acos acosh asin asinh atan atan2 atanh cbrt ceil cos cosh erf_inv exp exp2 expm1 exprel '
    'exprel_slope floor log log1p logistic max min pow rem rsqrt sign sin sinh sqrt tan tanh'
)
_SPECIAL = (
    'add sub mul div neg not select convert bitcast_convert_type integer_pow is_finite shift_left '
    'shift_right_logical shift_right_arithmetic threefry'
)
_FUNCTIONS = frozenset(_CALLED.split())

#: Every operation that has a form on blocks.
EVALUATED = frozenset((*_CALLED.split(), *_SPECIAL.split(), *_COMPARED))


def evaluate(graph: Graph, inputs: Mapping[str, Any], maths: Exact) -> dict[str, Any]:
    """The outputs of a graph.

    Parameters
    ----------
    graph : Graph
        Its operations are among :data:`EVALUATED`.
    inputs : mapping of str to array
        Values of its inputs by name.
    maths : Exact
        The elementary functions.

    Returns
    -------
    dict of str to array
        Each of the least shape that holds it.
    """
    return _Evaluation(graph, inputs, maths).outputs()


class _Evaluation:
    def __init__(self, graph: Graph, inputs: Mapping[str, Any], maths: Exact):
        self.graph, self.inputs, self.maths = graph, inputs, maths
        self.values: dict[Value, Any] = {}
        self.reciprocals: dict[Value, Any] = {}
        self.ciphers: dict[tuple[Value, ...], tuple[Any, Any]] = {}

    def outputs(self) -> dict[str, Any]:
        for value in self.graph.live():
            if not self._waits(value):
                self.get(value)
        return {name: self.get(value) for name, value in self.graph.outputs.items()}

    def get(self, value: Value) -> Any:
        if value not in self.values:
            self.values[value] = self._compute(value, self.graph.ops[value])
        return self.values[value]

    # -- products and signs ------------------------------------------------------------------------

    def _waits(self, value: Value) -> bool:
        """Whether a sum may take this value up."""
        op = self.graph.ops[value]
        if op.dtype not in FLOATS:
            return False
        return op.name in ('mul', 'neg') or (op.name == 'div' and self.maths.divides_by_reciprocal)

    def _signed(self, value: Value) -> tuple[bool, Value]:
        """The value without its negations, and whether they change its sign."""
        negative = False
        while self.graph.ops[value].name == 'neg' and value not in self.values:
            negative, value = not negative, self.graph.ops[value].args[0]
        return negative, value

    def _factors(self, value: Value) -> tuple[bool, Any, Any] | None:
        """A product that is not yet computed: its sign and factors."""
        op = self.graph.ops[value]
        if value in self.values or not self._waits(value):
            return None
        left, a = self._signed(op.args[0])
        if op.name == 'mul':
            right, b = self._signed(op.args[1])
            return left != right, self.get(a), self.get(b)
        if op.name == 'div' and self.graph.constant(op.args[0]) is None:
            return left, self.get(a), self._reciprocal(op.args[1])
        return None

    def _sum(self, op: Op) -> Any:
        terms = []
        for position, arg in enumerate(op.args):
            negative, value = self._signed(arg)
            if position == 1 and op.name == 'sub':
                negative = not negative
            terms.append((negative, value))
        for one, other in ((1, 0), (0, 1)):
            negative, value = terms[one]
            factors = self._factors(value)
            if factors is not None:
                product_negative, a, b = factors
                minus_c, c = terms[other]
                return self.maths.fma(
                    a, b, self.get(c), minus_product=product_negative != negative, minus_c=minus_c
                )
        (first_negative, first), (second_negative, second) = terms
        a, b = self.get(first), self.get(second)
        if first_negative and second_negative:
            return -(a + b)
        if first_negative:
            return b - a
        return a - b if second_negative else a + b

    def _reciprocal(self, value: Value) -> Any:
        number = self.graph.constant(value)
        if number is not None:
            return np.asarray(1 / float(number), number.dtype)[()]
        if value not in self.reciprocals:
            self.reciprocals[value] = self.maths.reciprocal(self.get(value))
        return self.reciprocals[value]

    # -- one operation -----------------------------------------------------------------------------

    def _compute(self, value: Value, op: Op) -> Any:
        name = op.name
        if name == 'input':
            return self.inputs[op.data[0]]
        if name == 'const':
            return self.graph.constant(value)
        if name in ('add', 'sub') and op.dtype in FLOATS:
            return self._sum(op)
        if name == 'div' and op.dtype in FLOATS and self.maths.divides_by_reciprocal:
            if self.graph.constant(op.args[0]) == 1:
                return self._reciprocal(op.args[1])
            return self.get(op.args[0]) * self._reciprocal(op.args[1])
        if name == 'threefry':
            return self._threefry(op.args)[op.data[0]]
        args = [self.get(a) for a in op.args]
        if name in _COMPARED:
            return _COMPARED[name](*args)
        if name in _FUNCTIONS:
            return getattr(self.maths, name)(*args)
        return getattr(self, f'_{name}')(op, *args)

    def _add(self, op: Op, a: Any, b: Any) -> Any:
        return a + b

    def _sub(self, op: Op, a: Any, b: Any) -> Any:
        return a - b

    def _mul(self, op: Op, a: Any, b: Any) -> Any:
        return a * b

    def _div(self, op: Op, a: Any, b: Any) -> Any:
        return a / b if op.dtype in FLOATS else lax.div(a, b)

    def _neg(self, op: Op, a: Any) -> Any:
        return -a

    def _not(self, op: Op, a: Any) -> Any:
        return ~a

    def _select(self, op: Op, which: Any, no: Any, yes: Any) -> Any:
        return jnp.where(which, yes, no)

    def _convert(self, op: Op, a: Any) -> Any:
        return jnp.asarray(a).astype(op.dtype)

    def _bitcast_convert_type(self, op: Op, a: Any) -> Any:
        return lax.bitcast_convert_type(jnp.asarray(a), jnp.dtype(op.dtype))

    def _is_finite(self, op: Op, a: Any) -> Any:
        return jnp.abs(a) < np.inf

    def _shift_left(self, op: Op, a: Any, by: Any) -> Any:
        return _shifted(lax.shift_left, a, by)

    def _shift_right_logical(self, op: Op, a: Any, by: Any) -> Any:
        return _shifted(lax.shift_right_logical, a, by)

    def _shift_right_arithmetic(self, op: Op, a: Any, by: Any) -> Any:
        return _shifted(lax.shift_right_arithmetic, a, by)

    def _integer_pow(self, op: Op, a: Any) -> Any:
        exponent = op.data[0]
        power, square, left = None, a, abs(exponent)
        while left:
            if left & 1:
                power = square if power is None else power * square
            left >>= 1
            if left:
                square = square * square
        if power is None:
            return jnp.ones_like(a)
        return self.maths.reciprocal(power) if exponent < 0 else power

    def _threefry(self, args: tuple[Value, ...]) -> tuple[Any, Any]:
        """Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror & Shaw 2011): JAX's bits."""
        if args not in self.ciphers:
            key0, key1, x0, x1 = (jnp.asarray(self.get(a), jnp.uint32) for a in args)
            schedule = (key0, key1, key0 ^ key1 ^ np.uint32(0x1BD11BDA))
            x0, x1 = x0 + schedule[0], x1 + schedule[1]
            for group in range(5):
                for by in _ROTATIONS[group % 2]:
                    x0 = x0 + x1
                    x1 = (x1 << np.uint32(by)) | (x1 >> np.uint32(32 - by))
                    x1 = x0 ^ x1
                x0 = x0 + schedule[(group + 1) % 3]
                x1 = x1 + schedule[(group + 2) % 3] + np.uint32(group + 1)
            self.ciphers[args] = (x0, x1)
        return self.ciphers[args]


def _shifted(shift: Callable[[Any, Any], Any], a: Any, by: Any) -> Any:
    a = jnp.asarray(a)
    return shift(a, jnp.broadcast_to(jnp.asarray(by, a.dtype), a.shape))
