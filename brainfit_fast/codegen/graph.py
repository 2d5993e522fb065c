"""A small graph of scalar operations: what one lane of a kernel computes.

Every value is one number per lane. Shapes are gone, calls are inlined, equal operations are one, and
operations that change nothing have been removed, so that two traces of the same equations give the same
graph whatever version of JAX or brainstate traced them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ['FLOATS', 'Graph', 'Op', 'Value']

#: A value: the index of an input or operation.
Value = int

FLOATS = ('float32', 'float64')

_COMMUTATIVE = frozenset({'add', 'mul', 'and', 'or', 'xor', 'max', 'min', 'eq', 'ne'})
#: Comparisons that are written the other way round.
_TURNED = {'gt': 'lt', 'ge': 'le'}
#: Comparisons as logic, since lanes of a mask are no numbers; and whether the first operand is negated.
_OF_MASKS = {'max': ('or', False), 'min': ('and', False), 'lt': ('and', True), 'le': ('or', True)}


@dataclass(frozen=True)
class Op:
    """One node of a graph.

    Attributes
    ----------
    name : str
        Name of the primitive; ``'input'`` and ``'const'`` have no arguments.
    dtype : str
        NumPy name of the element type; ``'bool'`` for masks.
    args : tuple of int
        Operands.
    data : tuple
        What else distinguishes the operation: the name of an input, the bits of a constant, an exponent.
    """

    name: str
    dtype: str
    args: tuple[Value, ...] = ()
    data: tuple[Any, ...] = ()


@dataclass
class Graph:
    """Operations in an order in which each follows its operands.

    Attributes
    ----------
    ops : list of Op
    outputs : dict of str to int
        Results by name.
    """

    ops: list[Op] = field(default_factory=list)
    outputs: dict[str, Value] = field(default_factory=dict)
    _known: dict[Op, Value] = field(default_factory=dict, repr=False)

    def input(self, name: str, dtype: str) -> Value:
        """A value that the kernel reads."""
        return self._add(Op('input', dtype, (), (name,)))

    def const(self, value: Any, dtype: str) -> Value:
        """A literal, kept to the last bit."""
        scalar = np.asarray(value, dtype).reshape(())
        return self._add(Op('const', dtype, (), (scalar.tobytes(),)))

    def constant(self, value: Value) -> np.ndarray | None:
        """The number that ``value`` stands for, or None where it is computed."""
        op = self.ops[value]
        return np.frombuffer(op.data[0], op.dtype)[0] if op.name == 'const' else None

    def op(self, name: str, dtype: str, *args: Value, data: tuple[Any, ...] = ()) -> Value:
        """Add an operation, or return the value that already computes it."""
        if name in _TURNED:
            name, args = _TURNED[name], args[::-1]
        if name in _OF_MASKS and self.dtype(args[0]) == 'bool':
            name, turned = _OF_MASKS[name]
            args = (self.op('not', 'bool', args[0]) if turned else args[0], args[1])
        simple = self._simplified(name, dtype, args, data)
        if simple is not None:
            return simple
        if name in _COMMUTATIVE:
            args = tuple(sorted(args))
        return self._add(Op(name, dtype, args, data))

    def dtype(self, value: Value) -> str:
        """Element type of a value."""
        return self.ops[value].dtype

    def _add(self, op: Op) -> Value:
        if op not in self._known:
            self._known[op] = len(self.ops)
            self.ops.append(op)
        return self._known[op]

    def _simplified(
        self, name: str, dtype: str, args: tuple[Value, ...], data: tuple[Any, ...]
    ) -> Value | None:
        """A value equal to the operation to the last bit, where there is one already."""
        if name == 'convert' and self.dtype(args[0]) == dtype:
            return args[0]
        if name == 'select' and args[1] == args[2]:
            return args[1]
        if name == 'neg' and self.ops[args[0]].name == 'neg':
            return self.ops[args[0]].args[0]
        constants = [self.constant(a) for a in args]
        if name == 'mul':
            for one, other in ((0, 1), (1, 0)):
                value = constants[one]
                if value is not None and value == 1:
                    return args[other]
                if value is not None and value == -1:
                    return self.op('neg', dtype, args[other])
        if name == 'integer_pow' and data == (1,):
            return args[0]
        if name == 'integer_pow' and data == (2,):
            return self.op('mul', dtype, args[0], args[0])
        if name == 'div' and constants[1] is not None and constants[1] == 1:
            return args[0]
        if name == 'div':
            return self._share_of_extremum(dtype, *args)
        if name == 'add':
            # x + (-y) is x - y; adding a literal zero changes at most the sign of a zero
            for one, other in ((0, 1), (1, 0)):
                value = constants[one]
                if value is not None and value == 0 and dtype in FLOATS:
                    return args[other]
                if self.ops[args[one]].name == 'neg':
                    return self.op('sub', dtype, args[other], self.ops[args[one]].args[0])
        if name == 'sub' and self.ops[args[1]].name == 'neg':
            return self.op('add', dtype, args[0], self.ops[args[1]].args[0])
        return None

    def _share_of_extremum(self, dtype: str, above: Value, below: Value) -> Value | None:
        """The derivative of ``max`` or ``min`` in one form, where a quotient is JAX's older one.

        With ``m`` the greater or the smaller of ``x`` and ``y``, the quotient of ``m == x ? 1 : 0`` and
        ``m == y ? 2 : 1`` is 1 where only x is it, 1/2 for both, else 0.
        """
        x, whole = self._where_equal(above, 0, 1)
        y, same = self._where_equal(below, 1, 2)
        if x is None or y is None or whole != same:
            return None
        op = self.ops[whole]
        if op.name not in ('max', 'min') or sorted((x, y)) != sorted(op.args):
            return None
        half, one, zero = (self.const(number, dtype) for number in (0.5, 1, 0))
        wins = self.op('lt', 'bool', *((y, x) if op.name == 'max' else (x, y)))
        tie = self.op('select', dtype, self.op('eq', 'bool', x, y), zero, half)
        return self.op('select', dtype, wins, tie, one)

    def _where_equal(self, value: Value, no: float, yes: float) -> tuple[Value | None, Value]:
        """``(x, m)`` where a value is ``x == m ? yes : no`` and m an extremum of x; else None first."""
        op = self.ops[value]
        if op.name != 'select' or self.ops[op.args[0]].name != 'eq':
            return None, value
        if [self.constant(a) for a in op.args[1:]] != [no, yes]:
            return None, value
        left, right = self.ops[op.args[0]].args
        for x, whole in ((left, right), (right, left)):
            if x in self.ops[whole].args:
                return x, whole
        return None, value

    def include(self, source: Graph, values: Iterable[Value]) -> dict[Value, Value]:
        """Add values of another graph, each after its operands; return which value is which here."""
        number: dict[Value, Value] = {}
        for value in values:
            op = source.ops[value]
            number[value] = self._add(
                Op(op.name, op.dtype, tuple(number[a] for a in op.args), op.data)
            )
        return number

    def live(self) -> list[Value]:
        """The values that some output needs, in order."""
        needed = set(self.outputs.values())
        for value in range(len(self.ops) - 1, -1, -1):
            if value in needed:
                needed.update(self.ops[value].args)
        return sorted(needed)

    def pruned(self) -> Graph:
        """The graph without operations that no output needs, in an order that follows from it alone.

        Operands come before what uses them, those that commute in the order of their digests, so that
        equal equations traced in another order give an equal graph.
        """
        graph, digests = Graph(), self._digests()
        number: dict[Value, Value] = {}
        stack = list(reversed(self.outputs.values()))
        while stack:
            value = stack[-1]
            op = self.ops[value]
            args = op.args
            if op.name in _COMMUTATIVE:
                args = tuple(sorted(args, key=digests.__getitem__))
            missing = [a for a in args if a not in number]
            if value not in number and missing:
                stack += reversed(missing)
                continue
            stack.pop()
            if value not in number:
                moved = Op(op.name, op.dtype, tuple(number[a] for a in args), op.data)
                number[value] = graph._add(moved)
        graph.outputs = {name: number[value] for name, value in self.outputs.items()}
        return graph

    def _digests(self) -> dict[Value, bytes]:
        """What each live value computes, as a number that does not depend on its place."""
        digests: dict[Value, bytes] = {}
        for value in self.live():
            op = self.ops[value]
            args = [digests[a] for a in op.args]
            if op.name in _COMMUTATIVE:
                args.sort()
            text = repr((op.name, op.dtype, op.data, args))
            digests[value] = hashlib.blake2b(text.encode(), digest_size=16).digest()
        return digests

    def inputs(self) -> list[str]:
        """Names of the inputs, in the order in which they were added."""
        return [op.data[0] for op in self.ops if op.name == 'input']

    def depends_on(self, names: Iterable[str]) -> set[Value]:
        """The values that depend on any of the named inputs."""
        wanted = set(names)
        found: set[Value] = set()
        for value, op in enumerate(self.ops):
            if (op.name == 'input' and op.data[0] in wanted) or any(a in found for a in op.args):
                found.add(value)
        return found
