"""Expressions of arrays: a traced step as a graph whose parts can be evaluated apart from one another.

An expression is a leaf (an input of the step, a constant, a sum) or an operation on other expressions.
Equal expressions of one table are one object, so that what is equal can be found by identity.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import Jaxpr, JaxprEqn, Literal

from .primitives import Elementwise, is_lane_shape, rows_of

__all__ = ['FIXED', 'Expression', 'Leaf', 'Table', 'evaluate']

#: ``(kind, index)``.
Leaf = tuple[str, int]
#: Leaves that keep their value over a run: constants, parameters, states that no step writes.
FIXED = frozenset({'const', 'param', 'held'})


class Expression:
    """One array (or, for an equation of several results, a list of them).

    Attributes
    ----------
    name : str
        The primitive or operation; ``'leaf'`` or ``'literal'``.
    function : callable
        From the arrays of ``args`` to this one.
    args : tuple of Expression
    shape, dtype
        As of the array.
    leaves : frozenset of Leaf
        What it depends on.
    local : bool
        Whether it is made lane by lane, so that a step may hold it.
    number : int
        Later expressions have larger numbers.
    rows : bool
        Whether it holds several lanes along a first axis of their own: one for each sub-step of a loop.
    """

    __slots__ = ('args', 'dtype', 'function', 'leaves', 'local', 'name', 'number', 'rows', 'shape')

    def __init__(
        self,
        name: str,
        function: Callable[..., Any],
        args: tuple[Expression, ...],
        aval: Any,
        leaves: frozenset[Leaf],
        local: bool,
        number: int,
    ):
        self.name, self.function, self.args = name, function, args
        self.shape, self.dtype = tuple(aval.shape), aval.dtype
        self.leaves, self.local, self.number = leaves, local, number
        self.rows = False

    @property
    def moving(self) -> frozenset[Leaf]:
        """The leaves that change from step to step."""
        return frozenset(leaf for leaf in self.leaves if leaf[0] not in FIXED)

    @property
    def fixed(self) -> bool:
        """Whether it keeps its value over a run."""
        return not self.moving


class Table:
    """Makes expressions, each once.

    Parameters
    ----------
    region_shape : tuple of int
        What the lanes are, ``(..., N)``.
    like : jax.extend.core.Jaxpr
        Any jaxpr, from which others are made.
    """

    def __init__(self, region_shape: tuple[int, ...], like: Jaxpr):
        self.region_shape = region_shape
        self._like = like
        self._known: dict[Any, Expression] = {}
        self._lists: dict[int, list[Expression]] = {}

    def leaf(self, kind: str, index: int, aval: Any) -> Expression:
        """An input."""
        local = kind == 'const' or str(aval.dtype).startswith('key')
        local = local or is_lane_shape(aval.shape, self.region_shape)
        key = ('leaf', kind, index)
        leaf = self._add(key, 'leaf', _no_function, (), aval, local, frozenset({(kind, index)}))
        leaf.rows = kind == 'input' and rows_of(leaf.shape, self.region_shape) > 0
        return leaf

    def literal(self, value: Any, dtype: Any = None) -> Expression:
        """A constant of the jaxpr itself, or a number."""
        array = np.asarray(value, dtype)
        array = array.astype(jax.dtypes.canonicalize_dtype(array.dtype))
        weak = isinstance(value, (bool, int, float, complex))
        key = ('literal', array.dtype.str, array.shape, array.tobytes(), weak)
        local = is_lane_shape(array.shape, self.region_shape)
        return self._add(key, 'literal', lambda: value, (), array, local)

    def equation(self, eqn: JaxprEqn, args: Sequence[Expression]) -> list[Expression]:
        """The results of an equation as it stands."""
        given = {id(v): k for k, v in enumerate(eqn.invars) if not isinstance(v, Literal)}
        names = self._like.debug_info._replace(arg_names=None, result_paths=None)
        single = self._like.replace(
            constvars=[],
            invars=[eqn.invars[k] for k in given.values()],
            outvars=list(eqn.outvars),
            eqns=[eqn],
            debug_info=names,
        )

        def function(*arrays: Any) -> list[Any]:
            return jax.core.eval_jaxpr(single, (), *(arrays[k] for k in given.values()))

        key: Any = (eqn.primitive, _parameters(eqn), tuple(arg.number for arg in args))
        if None in key:
            key = (*key, len(self._known))
        local = all(arg.local for arg in args)
        local = local and Elementwise(self.region_shape).why_not(eqn) is None
        name = eqn.primitive.name
        node = self._add(key, name, function, tuple(args), eqn.outvars[0].aval, local)
        if node.number not in self._lists:
            self._lists[node.number] = [
                self._add(
                    ('result', node.number, k),
                    name,
                    lambda results, k=k: results[k],
                    (node,),
                    v.aval,
                    local,
                )
                for k, v in enumerate(eqn.outvars)
            ]
        return self._lists[node.number]

    def lanewise(self, eqn: JaxprEqn, args: Sequence[Expression]) -> Expression:
        """The elementwise ``eqn`` applied to lanes, whatever shape it was traced at."""
        shape = np.broadcast_shapes(*(arg.shape for arg in args))

        def function(*arrays: Any) -> Any:
            same = [
                jnp.broadcast_to(jnp.asarray(a, v.aval.dtype), shape)
                for a, v in zip(arrays, eqn.invars, strict=True)
            ]
            return eqn.primitive.bind(*same, **eqn.params)

        key: Any = ('lanewise', eqn.primitive, _parameters(eqn), tuple(arg.number for arg in args))
        if None in key:
            key = (*key, len(self._known))
        aval = jax.ShapeDtypeStruct(shape, eqn.outvars[0].aval.dtype)
        local = all(arg.local for arg in args) and is_lane_shape(shape, self.region_shape)
        return self._add(key, eqn.primitive.name, function, tuple(args), aval, local)

    def apply(
        self,
        name: str,
        function: Callable[..., Any],
        *args: Expression,
        shape: tuple[int, ...] | None = None,
        dtype: Any = None,
        lanes: bool = True,
    ) -> Expression:
        """``function`` of expressions; two calls of equal ``name``, ``args``, shape and dtype are one.

        ``shape`` and ``dtype`` are by default those of elementwise arithmetic; ``lanes`` says whether it
        acts lane by lane.
        """
        if shape is None:
            shape = np.broadcast_shapes(*(arg.shape for arg in args))
        if dtype is None:
            # a number takes the dtype of what it meets
            arrays = [arg for arg in args if arg.name != 'literal' or arg.shape] or args
            dtype = jnp.result_type(*(arg.dtype for arg in arrays))
        key = ('apply', name, shape, np.dtype(dtype), tuple(arg.number for arg in args))
        local = lanes and all(arg.local for arg in args) and is_lane_shape(shape, self.region_shape)
        return self._add(key, name, function, args, jax.ShapeDtypeStruct(shape, dtype), local)

    def _add(
        self,
        key: Any,
        name: str,
        function: Callable[..., Any],
        args: tuple[Expression, ...],
        aval: Any,
        local: bool,
        leaves: frozenset[Leaf] = frozenset(),
    ) -> Expression:
        if key not in self._known:
            leaves = leaves.union(*(arg.leaves for arg in args))
            number = len(self._known)
            self._known[key] = Expression(name, function, args, aval, leaves, local, number)
        return self._known[key]


def evaluate(
    wanted: Iterable[Expression],
    given: Mapping[Leaf, Any],
    known: Mapping[int, Any] | None = None,
) -> list[Any]:
    """Arrays of expressions.

    Parameters
    ----------
    wanted : iterable of Expression
    given : mapping of Leaf to array
        Values of the leaves.
    known : mapping of int to array, optional
        Values of expressions, by their number, that are not to be looked into.

    Returns
    -------
    list of array
    """
    wanted = list(wanted)
    values = dict(known or {})
    needed: dict[int, Expression] = {}
    stack = list(wanted)
    while stack:
        expression = stack.pop()
        if expression.number not in values and expression.number not in needed:
            needed[expression.number] = expression
            stack.extend(expression.args)
    for number in sorted(needed):
        expression = needed[number]
        if expression.name == 'leaf':
            (leaf,) = expression.leaves
            values[number] = given[leaf]
        else:
            arrays = [values[arg.number] for arg in expression.args]
            values[number] = expression.function(*arrays)
    return [values[expression.number] for expression in wanted]


def _parameters(eqn: JaxprEqn) -> Any:
    """The parameters of an equation to compare by, None where they do not compare."""
    key = tuple(sorted(eqn.params.items()))
    try:
        hash(key)
    except TypeError:
        return None
    return key


def _no_function(*_: Any) -> Any:
    raise AssertionError('a leaf has a value, no function')
