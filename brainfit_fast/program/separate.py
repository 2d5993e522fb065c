"""Take a traced step apart: what regions do alone, and the linear sums over the connectome.

The equations are walked once, each value being an expression (of what is fixed over a run, or of lanes) or
pairs of regions (``pairs.py``). Where pairs are summed, or a matrix is multiplied by lanes, the sums are
noted; what is left acts lane by lane. Whatever does not come apart is refused with its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jax.extend.core import Jaxpr, JaxprEqn, Literal, Primitive, Var

from .expressions import Expression, Leaf, Table, evaluate
from .pairs import Algebra, Pairs
from .piece import Piece
from .primitives import KINDS, Elementwise, inner_jaxpr, is_lane_shape, mixing_reason
from .recognise import Unrecognised
from .tracing import Trace

__all__ = ['Prepared', 'SeparateSum', 'Separated', 'delayed_read', 'separate']

#: Stands for a delayed read by pairs of regions while a step is traced: ``index`` of the read, whether the
#: region that is read is the ``column``, and the ``shape`` of the result.
delayed_read = Primitive('delayed_read')


@delayed_read.def_abstract_eval
def _delayed_read(*, index: int, column: bool, shape: tuple[int, ...], dtype: Any) -> Any:
    return jax.core.ShapedArray(shape, dtype)


@dataclass(frozen=True)
class Prepared:
    """What a step needs that is computed before the run: weights of the sums, then rows of lanes.

    Attributes
    ----------
    piece : Piece
        Inputs: parameters, held states.
    consts : tuple
        Its constants.
    n_weights : int
        How many of its results are weights.
    depends : tuple of frozenset of int
        For each result the parameters that it depends on.
    """

    piece: Piece
    consts: tuple[Any, ...]
    n_weights: int
    depends: tuple[frozenset[int], ...]


@dataclass(frozen=True)
class SeparateSum:
    """One linear sum of a step.

    Attributes
    ----------
    source : Leaf
        What is summed: ``('read', index of the delayed read)``, or ``('state', leaf)`` of the states that
        the step writes, as it is at the start of the step.
    emit : Piece or None
        Function of what is summed; inputs: parameters, the state. None is the identity.
    emit_consts : tuple
        Its constants.
    weights : int
        Which result of :class:`Prepared` are its weights.
    """

    source: Leaf
    emit: Piece | None
    emit_consts: tuple[Any, ...]
    weights: int


@dataclass(frozen=True)
class Separated:
    """A step that acts lane by lane, and the sums that it reads.

    Attributes
    ----------
    step : Piece
        As in a :class:`StepProgram`; the lanes of ``prepared`` follow the parameters.
    consts : tuple
        Its constants.
    sums : tuple of SeparateSum
        They follow the sums of the couplings.
    prepared : Prepared
        Weights and lanes.
    lanes : tuple of ShapeDtypeStruct
        Types of the prepared lanes.
    """

    step: Piece
    consts: tuple[Any, ...]
    sums: tuple[SeparateSum, ...]
    prepared: Prepared
    lanes: tuple[Any, ...]


Value = Any  # Expression or Pairs


def separate(
    traced: Trace, kinds: Sequence[tuple[str, int]], region_shape: tuple[int, ...]
) -> Separated:
    """Take a traced step apart.

    Parameters
    ----------
    traced : Trace
        The step.
    kinds : sequence of (str, int)
        What each group of inputs is and how many leaves it has, in order: ``'param'``, ``'sum'``,
        ``'degree'``, ``'clock'``, ``'input'``; states follow.
    region_shape : tuple of int
        Shape of a state that is written.

    Returns
    -------
    Separated

    Raises
    ------
    Unrecognised
        With the reason, if the step mixes regions otherwise than by linear sums.
    """
    return _Walk(traced, kinds, region_shape).result()


class _Walk:
    """One pass over the equations."""

    def __init__(self, traced: Trace, kinds: Any, region_shape: tuple[int, ...]):
        self.traced, self.region_shape = traced, region_shape
        self.n = region_shape[-1] if region_shape else 1
        self.table = Table(region_shape, traced.jaxpr)
        self.algebra = Algebra(self.table)
        self.sources: dict[Any, int] = {}
        self.requests: list[tuple[Expression, Expression]] = []
        leaves = _leaves(traced, kinds)
        variables = [*traced.jaxpr.constvars, *traced.jaxpr.invars]
        #: Types of the inputs and the delayed reads.
        self.avals: dict[Leaf, Any] = {
            leaf: jax.ShapeDtypeStruct(v.aval.shape, v.aval.dtype)
            for leaf, v in zip(leaves, variables, strict=True)
        }
        self.inputs = [self.table.leaf(*leaf, aval) for leaf, aval in self.avals.items()]

    # -- equations --------------------------------------------------------------------------------

    def _values(self, jaxpr: Any, given: Sequence[Value]) -> list[Value]:
        env: dict[Any, Value] = dict(zip([*jaxpr.constvars, *jaxpr.invars], given, strict=True))

        def read(atom: Any) -> Value:
            if isinstance(atom, Literal):
                return self.table.literal(atom.val, atom.aval.dtype)
            return env[atom]

        for eqn in jaxpr.eqns:
            args = [read(atom) for atom in eqn.invars]
            for var, value in zip(eqn.outvars, self._equation(eqn, args), strict=True):
                env[var] = value
        return [read(atom) for atom in jaxpr.outvars]

    def _equation(self, eqn: JaxprEqn, args: list[Value]) -> list[Value]:
        name = eqn.primitive.name
        if name == 'delayed_read':
            return [self._read(eqn)]
        reads = _reads(eqn)
        if all(isinstance(arg, Expression) and arg.fixed for arg in args) and not reads:
            return self.table.equation(eqn, args)
        with_pairs = any(isinstance(arg, Pairs) for arg in args)
        reason = None
        if not with_pairs:
            reason, rows = self._look(eqn, args)
            if reason is None and not reads:
                results = self.table.equation(eqn, args)
                for result, has_rows in zip(results, rows, strict=True):
                    result.rows = has_rows
                return results
        rule = getattr(self, f'_rule_{name}', None)
        if rule is not None and (with_pairs or name in _FROM_LANES):
            value = rule(eqn, args)
            if value is not None:
                return [value]
        if KINDS.get(name) == 'call' and not name.startswith('custom'):
            closed = eqn.params.get('jaxpr', eqn.params.get('call_jaxpr'))
            consts = [self.table.literal(c) for c in getattr(closed, 'consts', ())]
            return self._values(inner_jaxpr(eqn), [*consts, *args])
        if not with_pairs:
            raise Unrecognised(f'the update is not elementwise: {reason}')
        if name.startswith('custom'):
            raise Unrecognised(
                'the update applies a function with a derivative of its own to pairs of regions'
            )
        if KINDS.get(name) != 'elementwise':
            raise Unrecognised(
                f'the update is not elementwise: it uses the primitive {name!r} on pairs of regions'
            )
        return [self._function(eqn, args)]

    def _look(self, eqn: JaxprEqn, args: Sequence[Expression]) -> tuple[str | None, list[bool]]:
        """Why an equation does not act lane by lane, and which results have rows."""
        pairs = [(v, arg) for v, arg in zip(eqn.invars, args, strict=True) if isinstance(v, Var)]
        steady = [v for v, arg in pairs if all(map(_is_steady, arg.moving))]
        look = Elementwise(self.region_shape, steady, [v for v, arg in pairs if arg.rows])
        return look.why_not(eqn), [v in look.rows for v in eqn.outvars]

    def _read(self, eqn: JaxprEqn) -> Value:
        p = eqn.params
        aval = jax.ShapeDtypeStruct(self.region_shape, p['dtype'])
        self.avals['read', p['index']] = aval
        leaf = self.table.leaf('read', p['index'], aval)
        square = self.algebra.spread(leaf, (self.n, self.n), -1 if p['column'] else -2)
        return self._flattened(square) if len(p['shape']) == 1 else square

    def _flattened(self, value: Pairs) -> Pairs:
        shape = (*value.shape[:-2], self.n * self.n)
        return Pairs(shape, value.dtype, value.terms, True)

    def _lifted(self, eqn: JaxprEqn, args: list[Value]) -> list[Pairs]:
        like = next(arg for arg in args if isinstance(arg, Pairs))
        return [self.algebra.lift(arg, like) for arg in args]

    def _function(self, eqn: JaxprEqn, args: list[Value]) -> Pairs:
        """Any elementwise function: of one axis, or by its theorem."""
        name = eqn.primitive.name
        parts = self._lifted(eqn, args)
        shape = eqn.outvars[0].aval.shape
        made = self.algebra.axis_function(
            shape, parts, lambda *lanes: self.table.lanewise(eqn, lanes)
        )
        if made is None and name in ('sin', 'cos', 'exp'):
            made = self.algebra.theorem(name, parts[0])
        if made is None:
            raise Unrecognised(
                f'{name!r} of what both regions of a pair have does not come apart into a sum over the sources'
            )
        return Pairs(shape, made.dtype, made.terms, made.flat)

    # -- rules, by primitive: None where the rule does not hold -----------------------------------

    def _rule_add(self, eqn: JaxprEqn, args: list[Value]) -> Value:
        aval = eqn.outvars[0].aval
        return self.algebra.add(aval.shape, aval.dtype, *self._lifted(eqn, args))

    _rule_add_any = _rule_add

    def _rule_sub(self, eqn: JaxprEqn, args: list[Value]) -> Value:
        aval = eqn.outvars[0].aval
        a, b = self._lifted(eqn, args)
        return self.algebra.add(aval.shape, aval.dtype, a, self.algebra.scaled(b, -1.0))

    def _rule_neg(self, eqn: JaxprEqn, args: list[Value]) -> Value:
        return self.algebra.scaled(args[0], -1.0)

    def _rule_mul(self, eqn: JaxprEqn, args: list[Value]) -> Value:
        aval = eqn.outvars[0].aval
        return self.algebra.multiply(aval.shape, aval.dtype, *self._lifted(eqn, args))

    def _rule_div(self, eqn: JaxprEqn, args: list[Value]) -> Value:
        aval = eqn.outvars[0].aval
        a, b = self._lifted(eqn, args)
        return self.algebra.multiply(aval.shape, aval.dtype, a, self.algebra.inverse(b))

    def _rule_square(self, eqn: JaxprEqn, args: list[Value]) -> Value:
        if self.algebra.along_one_axis(args[0]) is not None:
            return None
        return self.algebra.power(args[0], 2)

    def _rule_integer_pow(self, eqn: JaxprEqn, args: list[Value]) -> Value:
        if self.algebra.along_one_axis(args[0]) is not None:
            return None
        return self.algebra.power(args[0], eqn.params['y'])

    def _rule_copy(self, eqn: JaxprEqn, args: list[Value]) -> Value:
        return args[0]

    def _rule_convert_element_type(self, eqn: JaxprEqn, args: list[Value]) -> Value:
        dtype = eqn.params['new_dtype']
        if not (
            jnp.issubdtype(dtype, jnp.floating) and jnp.issubdtype(args[0].dtype, jnp.floating)
        ):
            return None
        return self.algebra.converted(args[0], dtype)

    def _rule_select_n(self, eqn: JaxprEqn, args: list[Value]) -> Value:
        which, *cases = args
        if isinstance(which, Pairs) or not which.fixed or len(cases) != 2:
            return None
        aval = eqn.outvars[0].aval
        like = next(case for case in cases if isinstance(case, Pairs))
        total = []
        for case, value in enumerate(cases):
            mask = self.table.apply(
                f'case {case}',
                lambda a, case=case: jnp.asarray(a == case, aval.dtype),
                which,
                dtype=aval.dtype,
                lanes=False,
            )
            pair = (self.algebra.lift(mask, like), self.algebra.lift(value, like))
            total.append(self.algebra.multiply(aval.shape, aval.dtype, *pair))
        return self.algebra.add(aval.shape, aval.dtype, *total)

    def _rule_transpose(self, eqn: JaxprEqn, args: list[Value]) -> Value:
        return self.algebra.transposed(args[0], eqn.params['permutation'])

    def _rule_broadcast_in_dim(self, eqn: JaxprEqn, args: list[Value]) -> Value:
        shape, dims = eqn.outvars[0].aval.shape, tuple(eqn.params['broadcast_dimensions'])
        value = args[0]
        if isinstance(value, Pairs):
            return self.algebra.broadcast(value, shape, dims)
        if len(shape) != len(self.region_shape) + 1 or not value.shape:
            return None
        moved = dims[-1] - len(shape)
        offset = len(shape) - 1 - len(value.shape)
        if dims[:-1] != tuple(range(offset, offset + len(dims) - 1)) or moved not in (-1, -2):
            return None
        return self.algebra.spread(value, shape, moved)

    def _rule_reshape(self, eqn: JaxprEqn, args: list[Value]) -> Value:
        shape, value = eqn.outvars[0].aval.shape, args[0]
        if not isinstance(value, Pairs):
            if shape == (*value.shape, 1):
                return self.algebra.spread(value, shape, -2)
            if shape == (*value.shape[:-1], 1, *value.shape[-1:]):
                return self.algebra.spread(value, shape, -1)
            return None
        n = self.n
        if value.flat and shape == (*value.shape[:-1], n, n):
            return Pairs(shape, value.dtype, value.terms)
        if not value.flat and value.shape[-2:] == (n, n) and shape == (*value.shape[:-2], n * n):
            return self._flattened(value)
        if not value.flat and shape == (*value.shape[:-2], max(value.shape[-2:])):
            return self.algebra.lanes_of(value, -1 if value.shape[-1] == 1 else -2)
        if shape == value.shape:
            return value
        raise Unrecognised(
            f'{eqn.primitive.name!r} makes an array of shape {shape} out of pairs of regions of '
            f'shape {value.shape}'
        )

    _rule_expand_dims = _rule_reshape

    def _rule_squeeze(self, eqn: JaxprEqn, args: list[Value]) -> Value:
        axes = [axis - len(args[0].shape) for axis in eqn.params['dimensions']]
        if args[0].flat or len(axes) != 1 or axes[0] not in (-1, -2):
            return None
        return self.algebra.lanes_of(args[0], axes[0])

    def _rule_tile(self, eqn: JaxprEqn, args: list[Value]) -> Value:
        value, reps = args[0], eqn.params['reps']
        if any(r != 1 and size != 1 for r, size in zip(reps, value.shape, strict=True)):
            return None
        shape = eqn.outvars[0].aval.shape
        return self.algebra.broadcast(value, shape, range(len(shape)))

    def _rule_reduce_sum(self, eqn: JaxprEqn, args: list[Value]) -> Value:
        value, aval = args[0], eqn.outvars[0].aval
        axes = [axis - len(value.shape) for axis in eqn.params['axes']]
        if value.flat or len(axes) != 1 or axes[0] not in (-1, -2):
            raise Unrecognised("'reduce_sum' adds pairs of regions up along more than the sources")
        return self._summed(value, axes[0], aval)

    def _rule_dot_general(self, eqn: JaxprEqn, args: list[Value]) -> Value:
        ((left, right), (left_batch, _)) = eqn.params['dimension_numbers']
        a, b = args
        if len(left) != 1:
            return None
        if left_batch:
            return self._batched_product(eqn, args)
        matrix, lanes, axis, contracted = (a, b, left[0], right[0])
        swapped = isinstance(a, Expression) and not a.fixed
        if swapped:
            matrix, lanes, axis, contracted = (b, a, right[0], left[0])
        if isinstance(matrix, Pairs) or isinstance(lanes, Pairs) or not matrix.fixed:
            return None
        if len(matrix.shape) != 2 or contracted != len(lanes.shape) - 1:
            return None
        if len(lanes.shape) > 1 and not swapped:
            return None
        if matrix.shape != (self.n, self.n):
            raise Unrecognised(
                f'the regions are multiplied by a matrix of shape {matrix.shape}, not ({self.n}, {self.n})'
            )
        shape = (*lanes.shape[:-1], *matrix.shape)
        spread = self.algebra.spread(lanes, shape, -1 if axis == 1 else -2)
        aval = eqn.outvars[0].aval
        weighted = (self.algebra.lift(matrix, spread), spread)
        product = self.algebra.multiply(shape, aval.dtype, *weighted)
        return self._summed(product, -1 if axis == 1 else -2, aval)

    def _batched_product(self, eqn: JaxprEqn, args: list[Value]) -> Value:
        """One product of rows for each region: ``einsum('ij,ij->i')``."""
        ((left, right), (left_batch, _)) = eqn.params['dimension_numbers']
        if any(len(arg.shape) != 2 for arg in args) or len(left_batch) != 1:
            return None
        like = next((arg for arg in args if isinstance(arg, Pairs)), None)
        if like is None or like.flat:
            return None
        a, b = (self.algebra.lift(arg, like) for arg in args)
        if left != right:
            b = self.algebra.transposed(b, (1, 0))
        aval = eqn.outvars[0].aval
        product = self.algebra.multiply((self.n, self.n), aval.dtype, a, b)
        return self._summed(product, left[0] - 2, aval)

    # -- sums -------------------------------------------------------------------------------------

    def _summed(self, value: Pairs, axis: int, aval: Any) -> Expression:
        """``value`` added up along ``axis``, as lanes of the other one."""
        if axis == -2:
            ndim = len(value.shape)
            value = self.algebra.transposed(value, (*range(ndim - 2), ndim - 1, ndim - 2))
        if self.n > 1 and value.shape[-1] == 1:
            return self.algebra.lanes_of(value, -1)
        if value.shape[-2] != self.n:
            raise Unrecognised('the update adds up all regions to one number')
        dtype, parts = aval.dtype, []
        for term in value.terms:
            if term.row is not None and any(kind == 'read' for kind, _ in term.row.leaves):
                raise Unrecognised('a delayed read is added up along the regions that receive it')
            if term.column is None:
                sums = [(1.0, self._degree(term.matrix, value.shape))]
            else:
                sums = [
                    (number, self._sum(base, factor, term.matrix))
                    for number, factor, base in self._linear(term.column)
                ]
            for number, lanes in sums:
                if term.row is not None:
                    lanes = self._op('mul', jnp.multiply, dtype, term.row, lanes)
                parts.append((term.scale * number, lanes))
        total: Any = None
        for scale, lanes in sorted(parts, key=lambda part: part[0] < 0):
            if total is not None and scale == -1.0:
                total = self._op('sub', jnp.subtract, dtype, total, lanes)
                continue
            if scale != 1.0:
                lanes = self._op('mul', _scaled, dtype, self.table.literal(scale), lanes)
            total = lanes if total is None else self._op('add', jnp.add, dtype, total, lanes)
        shape = aval.shape
        if total.shape != shape:
            total = self.table.apply(
                'every region', lambda a: jnp.broadcast_to(a, shape), total, shape=shape
            )
        return total

    def _op(self, name: str, function: Any, dtype: Any, *args: Expression) -> Expression:
        def typed(*arrays: Any) -> Any:
            return jnp.asarray(function(*arrays), dtype)

        return self.table.apply(f'{name} of sums', typed, *args, dtype=dtype)

    def _degree(self, matrix: Expression | None, shape: tuple[int, ...]) -> Expression:
        """The sum of what no source enters."""
        ones = matrix if matrix is not None else self.table.literal(1.0)
        target = (shape[-2], self.n)

        def degree(a: Any) -> Any:
            return jnp.broadcast_to(a, target).sum(axis=-1)

        return self.table.apply('degree', degree, ones, shape=target[:1], lanes=False)

    def _linear(self, lanes: Expression) -> list[tuple[float, Expression | None, Expression]]:
        """``lanes`` as ``sum of number * fixed lanes * function of one source``."""
        if len(lanes.moving) == 1:
            if lanes.name == 'neg' and lanes.args[0].shape == lanes.shape:
                return [(-s, f, base) for s, f, base in self._linear(lanes.args[0])]
            return [(1.0, None, lanes)]
        node = lanes
        while len(node.args) == 1 and node.name == node.args[0].name:
            node = node.args[0]  # a result of an equation, and the equation
        name, args = node.name, node.args
        if name in ('add', 'sub', 'add_any') and all(arg.moving for arg in args):
            sign = -1.0 if name == 'sub' else 1.0
            second = [(sign * s, f, base) for s, f, base in self._linear(args[1])]
            return [*self._linear(args[0]), *second]
        if name == 'neg':
            return [(-s, f, base) for s, f, base in self._linear(args[0])]
        if (name == 'mul' and any(arg.fixed for arg in args)) or (name == 'div' and args[1].fixed):
            moving, factor = args if args[1].fixed else args[::-1]
            if name == 'div':
                factor = self.table.apply('reciprocal', lambda a: 1 / a, factor)
            return [
                (
                    s,
                    factor if f is None else self._op('mul', jnp.multiply, f.dtype, f, factor),
                    base,
                )
                for s, f, base in self._linear(moving)
            ]
        what = ', '.join(sorted(_spoken(leaf, self.avals[leaf]) for leaf in lanes.moving))
        raise Unrecognised(
            f'a sum over the sources is of a function of more than one value of a region ({what})'
        )

    def _sum(
        self, base: Expression, factor: Expression | None, matrix: Expression | None
    ) -> Expression:
        """The lanes of one linear sum; an equal one is not made twice."""
        (leaf,) = base.moving
        source = self.avals[leaf]
        if leaf[0] not in ('read', 'state') or str(source.dtype).startswith('key'):
            raise Unrecognised(
                f'a sum over the sources is of {_spoken(leaf, source)}, not of a state at the start '
                'of the step'
            )
        if source.shape != self.region_shape:
            raise Unrecognised(
                f'a sum over the sources is of a state of shape {source.shape}, where regions have '
                f'the shape {self.region_shape}'
            )
        n, dtype = self.n, base.dtype
        parts = [part for part in (matrix, factor) if part is not None]

        def weights(*arrays: Any) -> Any:
            total = jnp.ones((n, n), dtype)
            for array in arrays:
                total = total * jnp.asarray(array, dtype)
            return total

        weight = self.table.apply(
            'weights', weights, *parts, shape=(n, n), dtype=dtype, lanes=False
        )
        key = (base.number, weight.number)
        if key not in self.sources:
            self.sources[key] = len(self.requests)
            self.requests.append((base, weight))
        made = ('separate', self.sources[key])
        self.avals[made] = jax.ShapeDtypeStruct(self.region_shape, dtype)
        return self.table.leaf(*made, self.avals[made])

    # -- the pieces -------------------------------------------------------------------------------

    def result(self) -> Separated:
        """Walk, and put the pieces together."""
        outputs = self._values(self.traced.jaxpr, self.inputs)
        for value in outputs:
            if isinstance(value, Pairs):
                raise Unrecognised(
                    f'the update returns or keeps an array of shape {value.shape} over pairs of regions'
                )
            if any(kind == 'read' for kind, _ in value.leaves):
                raise Unrecognised('the update uses a delayed read without a sum over its sources')
        written, position = list(outputs[: self.traced.n_out]), self.traced.n_out
        for state, is_written in zip(self.traced.states, self.traced.written, strict=True):
            count = len(jax.tree.leaves(state.value))
            written += outputs[position : position + count] if is_written else []
            position += count
        lanes = self._lanes([*written, *(base for base, _ in self.requests)])
        weights = list(dict.fromkeys(weight for _, weight in self.requests))
        step, consts = self._step(written, lanes)
        sums = [
            self._separate_sum(base, weights.index(weight), lanes) for base, weight in self.requests
        ]
        prepared = self._prepare(weights, lanes)
        avals = tuple(jax.ShapeDtypeStruct(lane.shape, lane.dtype) for lane in lanes)
        return Separated(step, consts, tuple(sums), prepared, avals)

    def _lanes(self, wanted: Sequence[Expression]) -> list[Expression]:
        """What keeps its value over a run and no step can make: it is prepared."""
        found: dict[int, Expression] = {}
        for expression in _below(wanted, lambda e: self._is_prepared(e)):
            if self._is_prepared(expression):
                if not is_lane_shape(expression.shape, self.region_shape):
                    raise Unrecognised(
                        'the update is not elementwise: it uses an array of shape '
                        f'{expression.shape} with regions of shape {self.region_shape}'
                    )
                found[expression.number] = expression
        return [found[number] for number in sorted(found)]

    def _is_prepared(self, expression: Expression) -> bool:
        held = any(kind == 'held' for kind, _ in expression.leaves)
        return expression.fixed and (held or not expression.local)

    def _of(self, *kinds: str) -> list[Leaf]:
        return [leaf for kind in kinds for leaf in self.avals if leaf[0] == kind]

    def _piece(
        self, wanted: Sequence[Expression], lanes: Sequence[Expression], leaves: Sequence[Leaf]
    ) -> tuple[Piece, tuple[Any, ...]]:
        """``wanted`` as a function of the parameters, the prepared ``lanes``, and ``leaves``."""
        numbers = {lane.number for lane in lanes}
        used = sorted(
            {
                k
                for expression in _below(wanted, lambda e: e.number in numbers)
                if expression.number not in numbers and expression.name == 'leaf'
                for kind, k in expression.leaves
                if kind == 'const'
            }
        )
        first = [('const', k) for k in used] + self._of('param')
        avals = [self.avals[leaf] for leaf in first]
        avals += [jax.ShapeDtypeStruct(lane.shape, lane.dtype) for lane in lanes]
        avals += [self.avals[leaf] for leaf in leaves]

        def function(*arrays: Any) -> list[Any]:
            take = iter(arrays)
            given = {leaf: next(take) for leaf in first}
            known = {lane.number: next(take) for lane in lanes}
            given.update({leaf: next(take) for leaf in leaves})
            values = evaluate(wanted, given, known)
            return [
                v if str(e.dtype).startswith('key') else jnp.asarray(v, e.dtype)
                for v, e in zip(values, wanted, strict=True)
            ]

        closed = jax.make_jaxpr(function)(*avals)
        piece = Piece(closed.jaxpr, len(closed.consts) + len(used))
        return piece, (*closed.consts, *(self.traced.consts[k] for k in used))

    def _step(
        self, written: Sequence[Expression], lanes: Sequence[Expression]
    ) -> tuple[Piece, tuple[Any, ...]]:
        degrees = []
        for k, (_, weight) in enumerate(self.requests):
            # every sum has an in-degree beside it, read or not
            self.avals['own degree', k] = jax.ShapeDtypeStruct((self.n,), weight.dtype)
            degrees.append(('own degree', k))
        leaves = [*self._of('sum', 'separate', 'degree'), *degrees]
        piece, consts = self._piece(written, lanes, [*leaves, *self._of('clock', 'input', 'state')])
        n_fixed = piece.n_consts + len(self._of('param')) + len(lanes)
        fixed, moving = piece.jaxpr.invars[:n_fixed], piece.jaxpr.invars[n_fixed:]
        reason = mixing_reason(piece.jaxpr, self.region_shape, fixed, moving)
        if reason is not None:
            raise Unrecognised(f'the update is not elementwise: {reason}')
        return piece, consts

    def _separate_sum(
        self, base: Expression, weights: int, lanes: Sequence[Expression]
    ) -> SeparateSum:
        (leaf,) = base.moving
        if base.name == 'leaf':
            return SeparateSum(leaf, None, (), weights)
        shape = self.region_shape
        emitted = self.table.apply(
            'every region', lambda a: jnp.broadcast_to(a, shape), base, shape=shape
        )
        return SeparateSum(leaf, *self._piece([emitted], lanes, [leaf]), weights)

    def _prepare(self, weights: Sequence[Expression], lanes: Sequence[Expression]) -> Prepared:
        wanted = [*weights, *lanes]
        piece, consts = self._piece(wanted, [], self._of('held'))
        depends = tuple(
            frozenset(k for kind, k in expression.leaves if kind == 'param')
            for expression in wanted
        )
        return Prepared(piece, consts, len(weights), depends)


def _leaves(traced: Trace, kinds: Sequence[tuple[str, int]]) -> list[Leaf]:
    """What each input of the trace is, constants first."""
    leaves = [('const', k) for k in range(len(traced.jaxpr.constvars))]
    leaves += [(kind, k) for kind, count in kinds for k in range(count)]
    count = {'state': 0, 'held': 0}
    for state, is_written in zip(traced.states, traced.written, strict=True):
        kind = 'state' if is_written else 'held'
        for _ in jax.tree.leaves(state.value):
            leaves.append((kind, count[kind]))
            count[kind] += 1
    return leaves


def _below(wanted: Sequence[Expression], stop: Callable[[Expression], bool]) -> list[Expression]:
    """``wanted`` and what they are made of, not looking into those at which to ``stop``."""
    seen: dict[int, Expression] = {}
    stack = list(wanted)
    while stack:
        expression = stack.pop()
        if expression.number not in seen:
            seen[expression.number] = expression
            if not stop(expression):
                stack.extend(expression.args)
    return list(seen.values())


def _reads(eqn: JaxprEqn) -> bool:
    """Whether a delayed read is inside."""
    if eqn.primitive is delayed_read:
        return True
    inner = [
        v
        for value in eqn.params.values()
        for v in (value if isinstance(value, (tuple, list)) else [value])
    ]
    jaxprs = [getattr(v, 'jaxpr', v) for v in inner]
    return any(_reads(e) for jaxpr in jaxprs if isinstance(jaxpr, Jaxpr) for e in jaxpr.eqns)


def _is_steady(leaf: Leaf) -> bool:
    """Whether a leaf is the same at every step although it is an input of the step: in-degrees and dt."""
    return leaf[0] == 'degree' or leaf == ('clock', 0)


def _spoken(leaf: Leaf, aval: Any = None) -> str:
    kind, index = leaf
    if kind == 'state':
        return (
            'random numbers'
            if str(getattr(aval, 'dtype', '')).startswith('key')
            else f'state {index}'
        )
    return _SPOKEN[kind]


_SPOKEN = {
    'read': 'a delayed state',
    'sum': 'the current of a coupling',
    'degree': 'the current of a coupling',
    'separate': 'a sum over other sources',
    'clock': 'the time or the time step',
    'input': 'an external input',
}
#: Primitives that make pairs of regions out of lanes, or sum lanes.
_FROM_LANES = frozenset({'broadcast_in_dim', 'reshape', 'expand_dims', 'dot_general'})


def _scaled(number: Any, lanes: Any) -> Any:
    return number * lanes
