"""A small graph of scalar operations: what one lane of a kernel computes.

Every value is one number per lane. Shapes are gone, calls are inlined, equal operations are one, and
operations that change nothing have been removed, so that two traces of the same equations give the same
graph whatever version of JAX or brainstate traced them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ['FLOATS', 'Graph', 'Op', 'Value']

#: A value: the index of an input or operation.
Value = int

FLOATS = ('float32', 'float64')

_COMMUTATIVE = frozenset({'add', 'mul', 'and', 'or', 'xor', 'max', 'min', 'eq', 'ne'})


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
        if name in ('div',) and constants[1] is not None and constants[1] == 1:
            return args[0]
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

    def live(self) -> list[Value]:
        """The values that some output needs, in order."""
        needed = set(self.outputs.values())
        for value in range(len(self.ops) - 1, -1, -1):
            if value in needed:
                needed.update(self.ops[value].args)
        return sorted(needed)

    def pruned(self) -> Graph:
        """The graph without operations that no output needs, numbered anew."""
        graph, number = Graph(), {}
        for value in self.live():
            op = self.ops[value]
            moved = Op(op.name, op.dtype, tuple(number[a] for a in op.args), op.data)
            if op.name in _COMMUTATIVE:
                moved = Op(op.name, op.dtype, tuple(sorted(moved.args)), op.data)
            number[value] = graph._add(moved)
        graph.outputs = {name: number[value] for name, value in self.outputs.items()}
        return graph

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
