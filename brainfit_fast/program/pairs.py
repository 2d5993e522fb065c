r"""Arrays over all pairs of regions as sums of products: the algebra that takes a step's mixing apart.

An array with one entry for each pair of regions, rows :math:`r` and columns :math:`c`, is kept as

.. math:: P_{rc} = \sum_k a_k \, F_{k,rc} \, u_k(r) \, v_k(c)

with numbers :math:`a_k`, matrices :math:`F_k` that keep their value over a run, and functions
:math:`u_k, v_k` of what one region has. A factor is written on lanes, as if there were no second axis. A
delayed read :math:`x_j(t - d_{ij})` is a factor of the region that is read: its delay belongs to the sum. So

.. math:: \sum_c P_{rc} = \sum_k a_k \, u_k(r) \sum_c F_{k,rc} \, v_k(c)

needs one linear sum over the connectome for each matrix and each function of a source. The phase
difference of Kuramoto's model [1]_, for instance, comes apart by the addition theorem,
:math:`\sin(c - r) = \sin c \cos r - \cos c \sin r`.

References
----------
.. [1] Kuramoto Y (1975). Self-entrainment of a population of coupled non-linear oscillators. International
   Symposium on Mathematical Problems in Theoretical Physics, 420-422.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import jax.numpy as jnp
import numpy as np

from .expressions import Expression, Table
from .recognise import Unrecognised

__all__ = ['Algebra', 'Pairs', 'Term']

#: An array over pairs with more terms than these would be more sums than one product of pairs costs.
_MOST_TERMS = 64
_LARGEST_POWER = 4


@dataclass(frozen=True)
class Term:
    """``scale * matrix * row * column``; None is one.

    Attributes
    ----------
    scale : float
    matrix : Expression or None
        Keeps its value over a run; broadcasts to ``(rows, columns)``.
    row, column : Expression or None
        Lanes of the region of the row, and of the column.
    """

    scale: float = 1.0
    matrix: Expression | None = None
    row: Expression | None = None
    column: Expression | None = None


@dataclass(frozen=True)
class Pairs:
    """An array over pairs of regions.

    Attributes
    ----------
    shape : tuple of int
        Of the array it stands for: ``(..., rows, columns)``, an axis of size one included, or
        ``(..., rows * columns)`` where ``flat``.
    dtype : dtype
    terms : tuple of Term
    flat : bool
    """

    shape: tuple[int, ...]
    dtype: Any
    terms: tuple[Term, ...]
    flat: bool = False


class Algebra:
    """Rules of arithmetic on pairs.

    Parameters
    ----------
    table : Table
        Where expressions are made.
    """

    def __init__(self, table: Table):
        self.table = table
        self.region_shape = table.region_shape
        self.n = table.region_shape[-1] if table.region_shape else 1

    # -- how lanes and matrices become pairs ------------------------------------------------------

    def spread(self, lanes: Expression, shape: tuple[int, ...], axis: int) -> Pairs:
        """Lanes along one of the last two axes of ``shape``: -2 are rows, -1 columns."""
        term = Term(row=lanes) if axis == -2 else Term(column=lanes)
        return Pairs(shape, lanes.dtype, (term,))

    def lift(self, value: Pairs | Expression, like: Pairs) -> Pairs:
        """``value`` as pairs beside ``like``.

        Raises
        ------
        Unrecognised
            If it varies in a way that is neither rows nor columns.
        """
        if isinstance(value, Pairs):
            if value.flat != like.flat:
                raise Unrecognised('pairs of regions meet flattened and as a matrix')
            return value
        size = int(np.prod(value.shape))
        if size == 1:
            term = self._number(value)
            return Pairs((1,) * len(like.shape), value.dtype, (term,), like.flat)
        if not value.fixed:
            raise Unrecognised(
                f'the update is not elementwise: an array of shape {value.shape} that changes in time '
                'meets pairs of regions'
            )
        matrix = value
        if like.flat:
            if size != self.n**2:
                raise Unrecognised(f'an array of shape {value.shape} meets all pairs of regions')
            matrix = self.reshape(value, (self.n, self.n))
        elif len(value.shape) != 2:
            if size != int(np.prod(value.shape[-2:])):
                raise Unrecognised(f'weights of shape {value.shape} differ within the batch')
            matrix = self.reshape(value, value.shape[-2:])
        return Pairs(value.shape, value.dtype, (Term(matrix=matrix),), like.flat)

    def _number(self, value: Expression) -> Term:
        scalar = self._without_axis(value)
        if scalar.name == 'literal':
            return Term(float(scalar.function()))
        return Term(matrix=scalar) if scalar.fixed else Term(row=scalar)

    def _without_axis(self, value: Expression) -> Expression:
        return value if value.shape == () else self.reshape(value, ())

    def reshape(self, value: Expression, shape: tuple[int, ...]) -> Expression:
        """``value`` in another shape, without going back and forth."""
        while value.name in ('reshape', 'broadcast_in_dim', 'squeeze', 'expand_dims', 'result'):
            inner = value.args[0]
            if np.prod(inner.shape) != np.prod(value.shape):
                break
            value = inner
        if value.shape == shape:
            return value
        return self.table.apply(
            'reshape', lambda a: jnp.reshape(a, shape), value, shape=shape, lanes=False
        )

    # -- linear rules -----------------------------------------------------------------------------

    def add(self, shape: tuple[int, ...], dtype: Any, *parts: Pairs) -> Pairs:
        """The sum of pairs, with like terms collected."""
        collected: dict[Any, Term] = {}
        for term in (term for part in parts for term in part.terms):
            factors = (_identity(term.row), _identity(term.column))
            known = collected.get(factors)
            if known is None:
                collected[factors] = term
            elif known.matrix is term.matrix:
                collected[factors] = replace(known, scale=known.scale + term.scale)
            else:
                matrix = self._plus(self._scaled(known), self._scaled(term))
                collected[factors] = replace(known, scale=1.0, matrix=matrix)
        return self._made(shape, dtype, collected.values(), parts[0].flat)

    def scaled(self, value: Pairs, scale: float) -> Pairs:
        """A number times pairs."""
        terms = tuple(replace(term, scale=scale * term.scale) for term in value.terms)
        return replace(value, terms=terms)

    def multiply(self, shape: tuple[int, ...], dtype: Any, a: Pairs, b: Pairs) -> Pairs:
        """The product of pairs, multiplied out."""
        products = []
        for s in a.terms:
            for t in b.terms:
                parts = (
                    self._times(x, y)
                    for x, y in ((s.matrix, t.matrix), (s.row, t.row), (s.column, t.column))
                )
                products.append(Pairs(shape, dtype, (Term(s.scale * t.scale, *parts),), a.flat))
                if len(products) > _MOST_TERMS:
                    raise Unrecognised(
                        f'a product over pairs of regions comes apart into more than {_MOST_TERMS} terms'
                    )
        return self.add(shape, dtype, *products)

    def inverse(self, value: Pairs) -> Pairs:
        """One over pairs, where they are a single product or belong to one axis.

        Raises
        ------
        Unrecognised
            If they are a sum over both axes.
        """
        lanes = self.along_one_axis(value)
        if lanes is not None:
            axis, expression = lanes
            one = self.table.apply('reciprocal', lambda a: 1 / a, expression)
            return self._on(axis, replace(value, terms=()), one)
        if len(value.terms) != 1:
            raise Unrecognised('the step divides by a sum over both regions of a pair')
        (term,) = value.terms
        inverted = [
            None if part is None else self.table.apply('reciprocal', lambda a: 1 / a, part)
            for part in (term.matrix, term.row, term.column)
        ]
        return replace(value, terms=(Term(1 / term.scale, *inverted),))

    def power(self, value: Pairs, exponent: int) -> Pairs:
        """A small whole power, multiplied out.

        Raises
        ------
        Unrecognised
            For another exponent.
        """
        if not 1 <= exponent <= _LARGEST_POWER:
            raise Unrecognised(
                f'the power {exponent} of a value of both regions of a pair does not come apart'
            )
        result = value
        for _ in range(exponent - 1):
            result = self.multiply(value.shape, value.dtype, result, value)
        return result

    def converted(self, value: Pairs, dtype: Any) -> Pairs:
        """Pairs in another precision."""
        if value.dtype == dtype:
            return value

        def one(part: Expression | None) -> Expression | None:
            if part is None:
                return None
            return self.table.apply('convert', lambda a: jnp.asarray(a, dtype), part, dtype=dtype)

        terms = tuple(
            Term(term.scale, one(term.matrix), one(term.row), one(term.column))
            for term in value.terms
        )
        return replace(value, terms=terms, dtype=dtype)

    def transposed(self, value: Pairs, permutation: Sequence[int]) -> Pairs:
        """Rows and columns exchanged.

        Raises
        ------
        Unrecognised
            For any other order of axes.
        """
        ndim = len(value.shape)
        if tuple(permutation) == tuple(range(ndim)):
            return value
        if value.flat or tuple(permutation) != (*range(ndim - 2), ndim - 1, ndim - 2):
            raise Unrecognised("'transpose' moves the axes of pairs of regions beside the batch")
        terms = tuple(
            Term(term.scale, self._turned(term.matrix), term.column, term.row)
            for term in value.terms
        )
        shape = (*value.shape[:-2], value.shape[-1], value.shape[-2])
        return replace(value, shape=shape, terms=terms)

    def _turned(self, matrix: Expression | None) -> Expression | None:
        if matrix is None or len(matrix.shape) < 2:
            return matrix
        if matrix.name == 'turned':
            return matrix.args[0]
        return self.table.apply(
            'turned', lambda a: a.T, matrix, shape=matrix.shape[::-1], lanes=False
        )

    def broadcast(self, value: Pairs, shape: tuple[int, ...], dims: Sequence[int]) -> Pairs:
        """Pairs whose axes of size one grow.

        Raises
        ------
        Unrecognised
            If an axis moves, or one is new.
        """
        ndim = len(shape)
        if value.flat or tuple(dims) != tuple(range(ndim - len(value.shape), ndim)):
            raise Unrecognised("'broadcast_in_dim' gives pairs of regions another axis")
        if ndim != len(value.shape) and any(size != 1 for size in shape[: ndim - len(value.shape)]):
            raise Unrecognised("'broadcast_in_dim' gives pairs of regions another axis")
        return replace(value, shape=tuple(shape))

    # -- functions --------------------------------------------------------------------------------

    def along_one_axis(self, value: Pairs) -> tuple[int, Expression] | None:
        """``(axis, lanes)`` of a value that depends on rows (-2) or on columns (-1) alone, else None."""
        axes = {axis for term in value.terms for axis in self._axes(term)}
        if len(axes) > 1:
            return None
        axis = axes.pop() if axes else -1
        total = None
        for term in value.terms:
            matrix = self._lanes(term.matrix)
            factor = term.row if term.row is not None else term.column
            if term.row is not None and term.column is not None:
                return None
            lanes = self._scaled(Term(term.scale, self._times(matrix, factor)))
            total = lanes if total is None else self._plus(total, lanes)
        return axis, total if total is not None else self.table.literal(0.0)

    def axis_function(
        self, shape: tuple[int, ...], parts: Sequence[Pairs], make: Callable[..., Expression]
    ) -> Pairs | None:
        """An elementwise function of values that all depend on the same axis alone, else None."""
        lanes = [self.along_one_axis(part) for part in parts]
        if any(found is None for found in lanes):
            return None
        axes = {
            found[0]
            for found, part in zip(lanes, parts, strict=True)
            if found is not None and any(self._axes(term) for term in part.terms)
        }
        if len(axes) > 1:
            return None
        result = make(*(found[1] for found in lanes if found is not None))
        axis = axes.pop() if axes else -1
        return self._on(axis, Pairs(shape, result.dtype, (), parts[0].flat), result)

    def theorem(self, name: str, value: Pairs) -> Pairs | None:
        """``sin``, ``cos`` or ``exp`` of a sum of rows, columns and constants of the pair; else None."""
        groups: dict[Any, list[Term]] = {}
        for term in value.terms:
            axes = self._axes(term)
            if len(axes) == 2 and (term.row is not None or term.column is not None):
                return None
            if not axes and term.row is not None:  # a number that changes in time
                axes = {-2}
            groups.setdefault(axes.pop() if len(axes) == 1 else len(axes), []).append(term)
        if len(groups) > 1 and 0 in groups:  # numbers go with the columns, or with what there is
            numbers = groups.pop(0)
            groups[-1 if -1 in groups else next(iter(groups))] += numbers
        parts = [replace(value, terms=tuple(terms)) for terms in groups.values()]
        if name == 'exp':
            result = self._unary('exp', parts[0])
            for part in parts[1:]:
                other = self._unary('exp', part)
                result = self.multiply(value.shape, value.dtype, result, other)
            return result
        sine, cosine = self._unary('sin', parts[0]), self._unary('cos', parts[0])
        for part in parts[1:]:
            s, c = self._unary('sin', part), self._unary('cos', part)

            def product(a: Pairs, b: Pairs, sign: float = 1.0) -> Pairs:
                return self.scaled(self.multiply(value.shape, value.dtype, a, b), sign)

            sine, cosine = (
                self.add(value.shape, value.dtype, product(sine, c), product(cosine, s)),
                self.add(value.shape, value.dtype, product(cosine, c), product(sine, s, -1.0)),
            )
        return sine if name == 'sin' else cosine

    def _unary(self, name: str, value: Pairs) -> Pairs:
        function = {'sin': jnp.sin, 'cos': jnp.cos, 'exp': jnp.exp}[name]
        lanes = self.along_one_axis(value)
        if lanes is not None:
            result = self.table.apply(name, function, lanes[1])
            return self._on(lanes[0], replace(value, terms=()), result)
        # constants of each pair
        total = self.table.literal(0.0)
        for k, term in enumerate(value.terms):
            matrix = self._scaled(term)
            total = self._plus(total, matrix) if k else matrix
        return replace(value, terms=(Term(matrix=self.table.apply(name, function, total)),))

    def _on(self, axis: int, like: Pairs, lanes: Expression) -> Pairs:
        if lanes.fixed:
            matrix = lanes
            if lanes.shape != ():
                n = lanes.shape[-1]
                matrix = self.reshape(lanes, (n, 1) if axis == -2 else (1, n))
            term = Term(matrix=matrix)
        else:
            term = Term(row=lanes) if axis == -2 or lanes.shape == () else Term(column=lanes)
        return replace(like, terms=(term,), dtype=lanes.dtype)

    def lanes_of(self, value: Pairs, axis: int) -> Expression:
        """Pairs with one column (``axis`` -1) or one row (-2) as lanes."""
        other = -2 if axis == -1 else -1
        axes = {a for term in value.terms for a in self._axes(term)}
        found = self.along_one_axis(value)
        if found is None or not axes <= {other}:
            raise Unrecognised('an axis of pairs of regions is dropped that is not of size one')
        return found[1]

    # -- parts ------------------------------------------------------------------------------------

    def _axes(self, term: Term) -> set[int]:
        """Which axes a term depends on."""
        axes = set()
        shape = () if term.matrix is None else term.matrix.shape
        if (len(shape) == 2 and shape[0] > 1) or (term.row is not None and term.row.shape != ()):
            axes.add(-2)
        if (len(shape) == 2 and shape[1] > 1) or term.column is not None:
            axes.add(-1)
        return axes

    def _lanes(self, matrix: Expression | None) -> Expression | None:
        """A row or a column as lanes."""
        if matrix is None or matrix.shape == ():
            return matrix
        return self.reshape(matrix, (matrix.shape[0] * matrix.shape[1],))

    def _scaled(self, term: Term) -> Expression:
        """The number and the matrix of a term as one expression."""
        scale = self.table.literal(term.scale)
        if term.matrix is None:
            return scale
        return term.matrix if term.scale == 1.0 else self._times(scale, term.matrix)

    def _plus(self, a: Expression, b: Expression) -> Expression:
        return self.table.apply('add', _added, a, b)

    def _times(self, a: Expression | None, b: Expression | None) -> Any:
        if a is None or b is None:
            return a if b is None else b
        return self.table.apply('mul', _multiplied, a, b)

    def _made(self, shape: Any, dtype: Any, terms: Any, flat: bool) -> Pairs:
        return Pairs(tuple(shape), dtype, tuple(terms), flat)


def _added(a: Any, b: Any) -> Any:
    return a + b


def _multiplied(a: Any, b: Any) -> Any:
    return a * b


def _identity(expression: Expression | None) -> int:
    return -1 if expression is None else expression.number
