"""C++ from a lowered node: a function per graph and one for what they draw, for both layouts of lanes."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .draws import drawn_apart
from .graph import FLOATS, Graph, Op, Value
from .lower import REGION_INDEX, Unsupported
from .node import Node

__all__ = ['EMITTED', 'NodeSource', 'node_source', 'unit_of']

_INFIX = {
    'add': '+', 'sub': '-', 'mul': '*', 'div': '/',
    'lt': '<', 'le': '<=', 'gt': '>', 'ge': '>=', 'eq': '==', 'ne': '!=',
    'and': '&', 'or': '|', 'xor': '^', 'shift_left': '<<',
}  # fmt: skip
_PREFIX = {'neg': '-', 'not': '~'}
#: Of whole numbers; a division by zero would end the process.
_WHOLE = {
    'div': '{0} / {1}', 'rem': '{0} % {1}',
    'max': '{0} > {1} ? {0} : {1}', 'min': '{0} < {1} ? {0} : {1}',
}  # fmt: skip
_CALLS = (
    'abs acos acosh asin asinh atan atan2 atanh cbrt ceil cos cosh digamma erf erf_inv erfc exp exp2 '
    'expm1 exprel exprel_slope floor is_finite lgamma log log1p logistic max min nextafter pow rem '
    'rsqrt sign sin sinh sqrt tan tanh'
)
_SPECIAL = (
    'bitcast_convert_type convert integer_pow round select shift_right_arithmetic '
    'shift_right_logical threefry'
)
_CALLED = frozenset(_CALLS.split())

#: Every operation that has a C++ form.
EMITTED = frozenset((*_INFIX, *_PREFIX, *_CALLED, *_SPECIAL.split()))

_TYPES = {
    'float32': 'F32', 'float64': 'F64', 'int32': 'I32', 'int64': 'I64', 'uint32': 'U32', 'uint64': 'U64',
}  # fmt: skip


@dataclass(frozen=True)
class NodeSource:
    """Generated code.

    Attributes
    ----------
    key : str
        Identifies the code: equal for equal graphs.
    draws : int
        How many rows a step draws at random.
    code : str
        Definition of ``node_<key>`` in the namespace of a CPU level.
    """

    key: str
    draws: int
    code: str

    @property
    def text(self) -> str:
        """A translation unit of its own, which as a library hands out the node."""
        return f'{unit_of(self.code)}\nBRAINFIT_FAST_SHARED_NODE(node_{self.key})\n'


def unit_of(*codes: str) -> str:
    """A translation unit of several definitions."""
    return _UNIT.format(code='\n'.join(codes))


def node_source(node: Node) -> NodeSource:
    """Write the code of a node.

    Raises
    ------
    Unsupported
        Naming the first operation or dtype without a C++ form.
    """
    keys = len(node.keys)
    sampled = any(source < 0 for source in node.observables)
    computed = [k for k, source in enumerate(node.observables) if source < 0]
    emits = [name for name in node.advance.outputs if name.startswith('feature')]
    words = [f'key{k}.{w}' for k in range(keys) for w in (0, 1)]
    parameters = [f'parameter{k}' for k in range(node.n_parameters)]
    sums = [f'sum{k}' for k in range(node.n_sums)]
    inputs = [f'input{k}' for k in range(node.n_inputs)]
    states = [f'state{k}' for k in range(len(node.states))]
    observables = [f'observable{k}' for k in computed]
    forms = {
        'advance': node.advance,
        'advance_sampled': node.advance_sampled,
        'adjoint': node.adjoint,
        'adjoint_sampled': node.adjoint_sampled,
        **node.tracked,
    }
    graphs = {
        name: graph
        for name, graph in forms.items()
        if graph is not None and (sampled or '_sampled' not in name)
    }
    parts = drawn_apart(list(graphs.values()), node.dtype)
    graphs, draw, draws = dict(zip(graphs, parts.rests, strict=True)), parts.random, parts.names
    reads = [*parameters, *sums, *inputs, *states, *draws, 'i']

    def advance(graph: Graph, extra: list[str]) -> str:
        writes = [*states, *emits, 'finite', *extra]
        return _function(graph, node.dtype, reads, writes, finite=states)

    def adjoint(graph: Graph, extra: list[str]) -> str:
        after = [f'{name}.after' for name in (*states, *emits, *extra)]
        writes = [f'{name}.bar' for name in (*states, *sums, *inputs, *parameters)]
        added = frozenset(f'{name}.bar' for name in parameters)
        return _function(graph, node.dtype, [*reads, *after], writes, added=added)

    functions = {}
    if words:
        functions['draw'] = _function(
            draw,
            node.dtype,
            [*words, REGION_INDEX, 'i'],
            [*draws, *words],
            uniform=frozenset(words),
        )
    for name, graph in graphs.items():
        extra = observables if '_sampled' in name else []
        functions[name] = (advance if name.startswith('advance') else adjoint)(graph, extra)
    counts = (
        node.n_parameters,
        node.n_sums,
        node.n_inputs,
        len(states),
        len(emits),
        keys,
        len(draws),
        len(computed),
    )
    reads_step = any('i' in graph.inputs() for graph in (draw, *graphs.values()))
    entry = ', '.join(
        [
            'kNodeAbi',
            str(np.dtype(node.dtype).itemsize),
            'kVectorBytes',
            *map(str, counts),
            str(int(reads_step)),
            *(name if name in functions else 'nullptr' for name in ('draw', *forms)),
            *([str(node.track_every)] if node.tracked else []),
        ]
    )
    body = '\n'.join(
        f'void {name}(const NodeCall& call) {{\n{text}}}\n' for name, text in functions.items()
    )
    key = hashlib.sha256((node.dtype + body + entry).encode()).hexdigest()[:24]
    element = _CPP[node.dtype]
    return NodeSource(
        key, len(draws), _NODE.format(key=key, body=body, entry=entry, element=element)
    )


_CPP = {'float32': 'float', 'float64': 'double'}

_UNIT = """\
// Generated from the equations of node models; not to be edited.
#include "brainfit_fast/node.h"

namespace brainfit_fast {{
namespace BRAINFIT_FAST_LEVEL {{

{code}
}}  // namespace BRAINFIT_FAST_LEVEL
}}  // namespace brainfit_fast
"""

# The functions of a node are its own, beside others in one unit too.
_NODE = """\
namespace {{
namespace code_{key} {{

BRAINFIT_FAST_LANE_TYPES({element})

{body}
constexpr NodeEntry entry = {{"{key}", {entry}}};

}}  // namespace code_{key}
}}  // namespace

extern const NodeEntry node_{key};
const NodeEntry node_{key} = code_{key}::entry;
"""


def _function(
    graph: Graph,
    dtype: str,
    reads: list[str],
    writes: list[str],
    *,
    finite: Iterable[str] = (),
    added: frozenset[str] = frozenset(),
    uniform: frozenset[str] = frozenset(),
) -> str:
    """The body of one function: what is equal in all lanes first, then the loop over lanes."""
    dropped = {name for name in added if graph.constant(graph.outputs[name]) == 0}
    graph = Graph(graph.ops, {k: v for k, v in graph.outputs.items() if k not in dropped})
    writer = _Writer(graph, {name: k for k, name in enumerate(reads)})
    before: list[str] = []
    inside: list[str] = []
    live = graph.live()
    for value in live:
        (inside if value in writer.varying else before).append(writer.statement(value))
    stores_before, stores = [], []
    names = {value: f'v{value}' for value in live}
    zero = f'splat<{_TYPES[dtype]}>({_literal(np.dtype(dtype).type(0))})'
    for position, name in enumerate(writes):
        at = len(reads) + position
        if name == 'finite':
            total = f'load<{_TYPES[dtype]}>(call, {at}, o)'
            for state in finite:
                total += f' + {names[graph.outputs[state]]} * {zero}'
            stores.append(f'store(call, {at}, o, {total});')
            continue
        if name in dropped:
            continue
        value = graph.outputs[name]
        if name in uniform:
            stores_before.append(f'store(call, {at}, 0, {names[value]});')
        elif name in added:
            old = f'load<{_TYPES[dtype]}>(call, {at}, o)'
            stores.append(f'store(call, {at}, o, {old} + {names[value]});')
        else:
            stores.append(f'store(call, {at}, o, {names[value]});')
    lines = [*before, *stores_before, 'for (int64_t o = 0; o < call.size; o += call.stride) {']
    lines += [f'  {line}' for line in (*inside, *stores)]
    lines.append('}')
    return ''.join(f'  {line}\n' for line in lines)


class _Writer:
    """Statements for the values of one graph."""

    def __init__(self, graph: Graph, positions: dict[str, int]):
        self.graph = graph
        self.positions = positions
        uniform = {n for n in positions if n.startswith('key') or n == 'i'}
        self.varying = graph.depends_on(set(graph.inputs()) - uniform)
        self.uses = Counter([*(a for op in graph.ops for a in op.args), *graph.outputs.values()])

    def statement(self, value: Value) -> str:
        """``const TYPE v12 = ...;``"""
        return f'const {self._type(value)} v{value} = {self._expression(value)};'

    def _type(self, value: Value) -> str:
        op = self.graph.ops[value]
        if op.dtype == 'bool':
            return f'M{self._mask_bits(value)}'
        if op.dtype not in _TYPES:
            raise Unsupported(f'it computes with {op.dtype}')
        return _TYPES[op.dtype]

    def _mask_bits(self, value: Value) -> int:
        """How wide the lanes of a mask are: as those that were compared."""
        op = self.graph.ops[value]
        if op.name == 'const':
            return 32
        first = op.args[0]
        if self.graph.dtype(first) == 'bool':
            return self._mask_bits(first)
        return 8 * np.dtype(self.graph.dtype(first)).itemsize

    def _mask(self, value: Value, bits: int) -> str:
        """A mask with lanes of another width."""
        own = self._mask_bits(value)
        return f'v{value}' if own == bits else f'__builtin_convertvector(v{value}, M{bits})'

    def _expression(self, value: Value) -> str:
        op = self.graph.ops[value]
        if op.name == 'input':
            at = 'o' if value in self.varying else '0'
            return f'load<{self._type(value)}>(call, {self.positions[op.data[0]]}, {at})'
        if op.name == 'const':
            number = self.graph.constant(value)
            assert number is not None
            if op.dtype == 'bool':
                return f'splat<M32>({-int(number)})'
            return f'splat<{self._type(value)}>({_literal(number)})'
        if op.name not in EMITTED:
            raise Unsupported(f'the primitive {op.name!r} has no C++ form')
        args = [f'v{a}' for a in op.args]
        if op.dtype == 'bool' and op.name in ('and', 'or', 'xor', 'eq', 'ne'):
            bits = self._mask_bits(value)
            args = [
                self._mask(a, bits) if self.graph.dtype(a) == 'bool' else text
                for a, text in zip(op.args, args, strict=True)
            ]
        if op.name in _WHOLE and self.graph.dtype(op.args[0]) not in FLOATS:
            divisor = self.graph.constant(op.args[-1])
            if op.name in ('div', 'rem') and (divisor is None or divisor == 0):
                raise Unsupported(f'it uses {op.name!r} on {op.dtype} by what may be zero')
            return _WHOLE[op.name].format(*args)
        if op.name == 'div' and self._is_read_once(op.args[1], 'exprel'):
            # one division instead of two
            inverse = f'lanes::inverse_exprel(v{self.graph.ops[op.args[1]].args[0]})'
            return inverse if self.graph.constant(op.args[0]) == 1 else f'{args[0]} * {inverse}'
        if op.name in _INFIX:
            return f'{args[0]} {_INFIX[op.name]} {args[1]}'
        if op.name in _PREFIX:
            return f'{_PREFIX[op.name]}{args[0]}'
        if op.name in _CALLED:
            self._only_floats(op)
            return f'lanes::{op.name}({", ".join(args)})'
        return self._special(op, args, value)

    def _only_floats(self, op: Op) -> None:
        for dtype in map(self.graph.dtype, op.args):
            if dtype not in FLOATS:
                raise Unsupported(f'it uses {op.name!r} on {dtype}')

    def _is_read_once(self, value: Value, name: str) -> bool:
        return self.graph.ops[value].name == name and self.uses[value] == 1

    def _special(self, op: Op, args: list[str], value: Value) -> str:
        own = self._type(value)
        if op.name == 'select':
            bits = 8 * np.dtype(op.dtype).itemsize
            return f'{self._mask(op.args[0], bits)} ? {args[2]} : {args[1]}'
        if op.name == 'integer_pow':
            self._only_floats(op)
            return f'lanes::integer_pow({args[0]}, {op.data[0]})'
        if op.name == 'round':
            return f'lanes::{"round_even" if op.data[0] == 1 else "round"}({args[0]})'
        if op.name == 'convert':
            given = self.graph.dtype(op.args[0])
            if given in FLOATS and op.dtype not in FLOATS:
                raise Unsupported(f'it converts {given} to {op.dtype}')
            return f'__builtin_convertvector({args[0]}, {own})'
        if op.name == 'bitcast_convert_type':
            return f'bits_as<{own}>({args[0]})'
        if op.name == 'threefry':
            return f'threefry<{op.data[0]}>({", ".join(args)})'
        signed = op.name == 'shift_right_arithmetic'
        if signed != op.dtype.startswith('int'):
            raise Unsupported(f'it uses {op.name!r} on {op.dtype}')
        return f'{args[0]} >> {args[1]}'


def _literal(number: Any) -> str:
    """A C++ literal with every bit of ``number``."""
    kind = np.dtype(number.dtype).name
    if kind not in FLOATS:
        return f'{int(number)}{"u" if kind.startswith("u") else ""}{"ll" if "64" in kind else ""}'
    value, suffix = float(number), 'f' if kind == 'float32' else ''
    if np.isnan(value):
        return f'static_cast<{_CPP[kind]}>(__builtin_nan(""))'
    if np.isinf(value):
        return f'static_cast<{_CPP[kind]}>({"-" if value < 0 else ""}__builtin_inf())'
    digits, exponent = value.hex().split('p')
    if '.' in digits:
        digits = digits.rstrip('0').rstrip('.')
    return f'{digits}p{exponent}{suffix}'
