"""From a graph that is linear in its tangents to the graph of its adjoint."""

from __future__ import annotations

from collections.abc import Mapping

from .graph import Graph, Op, Value
from .lower import Unsupported

__all__ = ['transpose']


def transpose(
    forward: Graph, tangents: Mapping[str, str], cotangents: Mapping[str, str], dtype: str
) -> Graph:
    """Return the graph that maps cotangents of the outputs to cotangents of the inputs.

    Parameters
    ----------
    forward : Graph
        Its outputs named in ``cotangents`` are linear in its inputs named in ``tangents``.
    tangents : mapping of str to str
        Name of each tangent input -> name of the output that holds its cotangent.
    cotangents : mapping of str to str
        Name of each tangent output -> name of the input that holds its cotangent.
    dtype : str
        Of every cotangent.

    Returns
    -------
    Graph
        Pruned; its other inputs are those of ``forward``.

    Raises
    ------
    Unsupported
        Where the tangents go through an operation without a transpose.
    """
    graph = Graph()
    linear = forward.depends_on(tangents)
    number: dict[Value, Value] = {}
    for value in forward.live():
        if value not in linear:
            op = forward.ops[value]
            operands = tuple(number[a] for a in op.args)
            number[value] = graph._add(Op(op.name, op.dtype, operands, op.data))

    bars: dict[Value, Value] = {}

    def give(value: Value, bar: Value) -> None:
        if value in linear:
            given = graph.dtype(bar)
            bars[value] = graph.op('add', given, bars[value], bar) if value in bars else bar

    for name, cotangent in cotangents.items():
        give(forward.outputs[name], graph.input(cotangent, dtype))
    for value in range(len(forward.ops) - 1, -1, -1):
        if value not in bars:
            continue
        op, bar = forward.ops[value], bars[value]
        if op.name == 'input':
            continue
        if op.name == 'add':
            give(op.args[0], bar)
            give(op.args[1], bar)
        elif op.name == 'sub':
            give(op.args[0], bar)
            if op.args[1] in linear:
                give(op.args[1], graph.op('neg', op.dtype, bar))
        elif op.name == 'neg':
            give(op.args[0], graph.op('neg', op.dtype, bar))
        elif op.name == 'mul' and (op.args[0] in linear) != (op.args[1] in linear):
            factor, moving = op.args if op.args[1] in linear else op.args[::-1]
            give(moving, graph.op('mul', op.dtype, bar, number[factor]))
        elif op.name == 'div' and op.args[1] not in linear:
            give(op.args[0], graph.op('div', op.dtype, bar, number[op.args[1]]))
        elif op.name == 'select' and op.args[0] not in linear:
            zero = graph.const(0, op.dtype)
            which = number[op.args[0]]
            if op.args[1] in linear:
                give(op.args[1], graph.op('select', op.dtype, which, bar, zero))
            if op.args[2] in linear:
                give(op.args[2], graph.op('select', op.dtype, which, zero, bar))
        elif op.name == 'convert':
            give(op.args[0], graph.op('convert', forward.dtype(op.args[0]), bar))
        else:
            raise Unsupported(f'its derivative goes through {op.name!r}, which has no transpose')

    inputs = {op.data[0]: value for value, op in enumerate(forward.ops) if op.name == 'input'}
    for name, output in tangents.items():
        given = bars.get(inputs[name]) if name in inputs else None
        graph.outputs[output] = graph.const(0, dtype) if given is None else given
    return graph.pruned()
