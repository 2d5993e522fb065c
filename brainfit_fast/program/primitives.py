"""The one table of primitives that a node model may use.

A row says of what kind a primitive is. ``elementwise`` primitives act lane by lane and are what a kernel
must emit; ``layout`` primitives only move or broadcast lanes; ``random`` primitives belong to JAX's
counter-based generator and are drawn in the kernel from the same counters; ``call`` primitives hold a
jaxpr of their own, which is looked into; a ``loop`` holds one that is evaluated a known number of times. What
depends on constants and parameters alone is the same at every step, and may use any primitive.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from jax.extend.core import ClosedJaxpr, Jaxpr, JaxprEqn, Literal

__all__ = [
    'KINDS',
    'ROW_REDUCTIONS',
    'Elementwise',
    'Loop',
    'equations',
    'inner_jaxpr',
    'is_lane_shape',
    'mixing_reason',
    'row_rule',
    'rows_of',
    'uses_random',
]

_ELEMENTWISE = (
    'abs add add_any acos acosh and asin asinh atan atan2 atanh bitcast_convert_type cbrt ceil '
    'clamp convert_element_type copy cos cosh digamma div eq erf erf_inv erfc exp exp2 expm1 exprel '
    'floor ge gt integer_pow is_finite le lgamma log log1p log2 logistic lt max min mul ne neg '
    'nextafter not one_minus_square or population_count pow rem round rsqrt select_n shift_left '
    'shift_right_arithmetic shift_right_logical sign sin sinh sqrt square stop_gradient sub tan tanh '
    'xor'
)
_LAYOUT = 'broadcast_in_dim reshape squeeze expand_dims'
_RANDOM = 'random_bits random_fold_in random_split random_unwrap random_wrap threefry2x32'
_CALL = (
    'jit pjit closed_call core_call custom_jvp_call custom_vjp_call custom_vjp_call_jaxpr '
    'remat remat2 checkpoint'
)

#: Primitive name -> kind.
KINDS: dict[str, str] = {
    name: kind
    for kind, names in (
        ('elementwise', _ELEMENTWISE),
        ('layout', _LAYOUT),
        ('random', _RANDOM),
        ('call', _CALL),
        ('loop', 'scan'),
    )
    for name in names.split()
}

#: How the rows that a loop collects become one: primitive name -> of two.
ROW_REDUCTIONS = {'reduce_sum': 'add', 'reduce_max': 'max', 'reduce_min': 'min'}


def inner_jaxpr(eqn: JaxprEqn) -> Jaxpr:
    """Return the jaxpr that a ``call`` or a ``loop`` equation evaluates."""
    for key in ('jaxpr', 'call_jaxpr', 'fun_jaxpr'):
        value = eqn.params.get(key)
        if isinstance(value, ClosedJaxpr):
            return value.jaxpr
        if isinstance(value, Jaxpr):
            return value
    raise KeyError(f'equation {eqn.primitive.name!r} holds no jaxpr under a known name')


def is_lane_shape(shape: tuple[int, ...], region_shape: tuple[int, ...]) -> bool:
    """Whether ``shape`` broadcasts into ``region_shape`` without growing it."""
    if len(shape) > len(region_shape):
        return False
    pairs = zip(reversed(shape), reversed(region_shape), strict=False)
    return all(size in (1, region) for size, region in pairs)


def rows_of(shape: tuple[int, ...], region_shape: tuple[int, ...]) -> int:
    """How many lanes an array holds along a first axis of its own; 0 where it is a lane, or nothing of both."""
    if is_lane_shape(shape, region_shape) or not is_lane_shape(shape[1:], region_shape):
        return 0
    return shape[0]


def row_rule(eqn: JaxprEqn, has_rows: Sequence[bool]) -> str | None:
    """How an equation treats operands that hold several lanes along a first axis of their own.

    Parameters
    ----------
    eqn : jax.extend.core.JaxprEqn
    has_rows : sequence of bool
        Which operands do; at least one.

    Returns
    -------
    str or None
        ``'each'`` row by itself, ``'some'`` rows are kept, ``'one'`` is taken, all are taken ``'apart'``, or
        ``'joined'`` into one by :data:`ROW_REDUCTIONS`; None where it does something else.
    """
    name, params, out = eqn.primitive.name, eqn.params, eqn.outvars[0].aval
    shapes = {a.aval.shape for a, own in zip(eqn.invars, has_rows, strict=True) if own}
    others = {a.aval.shape for a, own in zip(eqn.invars, has_rows, strict=True) if not own}
    if len(shapes) != 1:
        return None
    (shape,) = shapes
    if name == 'squeeze':
        return 'one' if tuple(params['dimensions']) == (0,) else None
    if name == 'unstack':
        return 'apart' if params['axis'] == 0 else None
    if name in ROW_REDUCTIONS:
        return 'joined' if tuple(params['axes']) == (0,) else None
    if name == 'slice':
        return 'some' if out.shape[1:] == shape[1:] else None
    by_itself = KINDS.get(name) == 'elementwise' and out.shape == shape and others <= {()}
    return 'each' if by_itself else None


class Loop:
    """A ``scan``: its operands and results by what they are.

    Attributes
    ----------
    body : ClosedJaxpr
        Inputs: constants, carried values, one row of each array looped over. Outputs: carried values, rows.
    length, n_consts, n_carry : int
    reverse : bool
    """

    def __init__(self, eqn: JaxprEqn):
        params = eqn.params
        self.body: ClosedJaxpr = params['jaxpr']
        self.length = int(params['length'])
        if 'ft_in' in params:  # since JAX 0.12
            consts, carry, _ = params['ft_in'].unpack()
            self.n_consts, self.n_carry = len(list(consts)), len(list(carry))
        else:
            self.n_consts, self.n_carry = int(params['num_consts']), int(params['num_carry'])
        self.reverse = bool(params['reverse'])

    def operands(self, operands: Any) -> tuple[list[Any], list[Any], list[Any]]:
        """Split into constants, carried values and arrays that are looped over."""
        first, second = self.n_consts, self.n_consts + self.n_carry
        return list(operands[:first]), list(operands[first:second]), list(operands[second:])

    def results(self, results: Any) -> tuple[list[Any], list[Any]]:
        """Split into carried values and rows."""
        return list(results[: self.n_carry]), list(results[self.n_carry :])


class Elementwise:
    """Whether equations act lane by lane, looked at in their order.

    Parameters
    ----------
    region_shape : tuple of int
        Shape of one state, ``(..., n_regions)``.
    fixed : iterable of Var, optional
        Values that are the same at every step.
    rows : iterable of Var, optional
        Values with one row per sub-step of a loop, each of which is a lane.
    """

    def __init__(
        self, region_shape: tuple[int, ...], fixed: Iterable[Any] = (), rows: Iterable[Any] = ()
    ):
        self.region_shape = region_shape
        self.fixed, self.rows = set(fixed), set(rows)

    def why_not(self, eqn: JaxprEqn) -> str | None:
        """Return why ``eqn`` does not act lane by lane, or None where it does.

        Parameters
        ----------
        eqn : jax.extend.core.JaxprEqn
            The next equation.

        Returns
        -------
        str or None
            A clause that completes "the update is not elementwise: ...".
        """
        if not eqn.effects and all(self._is_fixed(a) for a in eqn.invars):
            self.fixed.update(eqn.outvars)
            return None
        name = eqn.primitive.name
        kind = KINDS.get(name)
        if kind == 'call':
            return self._call(eqn)
        if kind == 'loop':
            return self._loop(eqn)
        if any(self._has_rows(a) for a in eqn.invars):
            return self._on_rows(eqn)
        if kind is None:
            if name in ('slice', 'unstack') and _is_key(eqn.outvars[0]):
                return None
            return f'it uses the primitive {name!r}'
        if kind == 'random':
            return None
        for var in eqn.outvars:
            if not self._is_lane(var):
                return (
                    f'{name!r} makes an array of shape {var.aval.shape} out of regions of shape '
                    f'{self.region_shape}'
                )
        if name == 'broadcast_in_dim':
            ndim, dims = len(eqn.outvars[0].aval.shape), tuple(eqn.params['broadcast_dimensions'])
            if dims != tuple(range(ndim - len(dims), ndim)):
                return "'broadcast_in_dim' moves the region axis"
        return None

    def first_reason(self, jaxpr: Jaxpr) -> str | None:
        """The reason of the first equation that has one."""
        return next((reason for eqn in jaxpr.eqns if (reason := self.why_not(eqn))), None)

    def _call(self, eqn: JaxprEqn) -> str | None:
        jaxpr = inner_jaxpr(eqn)
        inner = self._inside(jaxpr, jaxpr.invars, eqn.invars)
        reason = inner.first_reason(jaxpr)
        for var, own in zip(eqn.outvars, jaxpr.outvars, strict=True):
            if inner._is_fixed(own):
                self.fixed.add(var)
            if inner._has_rows(own):
                self.rows.add(var)
        return reason

    def _loop(self, eqn: JaxprEqn) -> str | None:
        loop = Loop(eqn)
        jaxpr = loop.body.jaxpr
        looped = loop.operands(eqn.invars)[2]
        for atom in looped:
            if not (self._is_fixed(atom) or self._has_rows(atom) or _is_key(atom)):
                return f'it loops over an array of shape {atom.aval.shape} that is no constant'
        consts, own_carried, own_rows = loop.operands(jaxpr.invars)
        for var in own_carried:
            if not self._is_lane(var):
                return (
                    f'a loop carries an array of shape {var.aval.shape} along with regions of shape '
                    f'{self.region_shape}'
                )
        inner = self._inside(jaxpr, consts, eqn.invars[: loop.n_consts])
        inner.fixed.update(
            own for own, atom in zip(own_rows, looped, strict=True) if self._is_fixed(atom)
        )
        reason = inner.first_reason(jaxpr)
        if reason is not None:
            return reason
        for own in jaxpr.outvars:
            if inner._has_rows(own) or not (isinstance(own, Literal) or self._is_lane(own)):
                return f'a loop collects arrays of shape {own.aval.shape}'
        self.rows.update(loop.results(eqn.outvars)[1])
        return None

    def _inside(self, jaxpr: Jaxpr, variables: Any, atoms: Any) -> Elementwise:
        pairs = list(zip(variables, atoms, strict=True))
        fixed = [*jaxpr.constvars, *(v for v, atom in pairs if self._is_fixed(atom))]
        return Elementwise(
            self.region_shape, fixed, [v for v, atom in pairs if self._has_rows(atom)]
        )

    def _on_rows(self, eqn: JaxprEqn) -> str | None:
        how = row_rule(eqn, [self._has_rows(a) for a in eqn.invars])
        if how in ('each', 'some'):
            self.rows.update(eqn.outvars)
        return None if how else f'{eqn.primitive.name!r} mixes the sub-steps of a loop'

    def _is_fixed(self, atom: Any) -> bool:
        return isinstance(atom, Literal) or atom in self.fixed

    def _has_rows(self, atom: Any) -> bool:
        return not isinstance(atom, Literal) and atom in self.rows

    def _is_lane(self, var: Any) -> bool:
        return _is_key(var) or is_lane_shape(var.aval.shape, self.region_shape)


def mixing_reason(
    jaxpr: Jaxpr, region_shape: tuple[int, ...], fixed: Iterable[Any], several: Iterable[Any] = ()
) -> str | None:
    """Return why a step is not elementwise, or None where it mixes no regions.

    Parameters
    ----------
    jaxpr : jax.extend.core.Jaxpr
    region_shape : tuple of int
    fixed : iterable of Var
        Its inputs that are the same at every step, beside its constants.
    several : iterable of Var
        Its inputs that may hold several values per region.
    """
    rows = [v for v in several if rows_of(v.aval.shape, region_shape)]
    return Elementwise(region_shape, [*jaxpr.constvars, *fixed], rows).first_reason(jaxpr)


def uses_random(jaxpr: Jaxpr) -> bool:
    """Whether ``jaxpr`` draws random numbers."""
    return any(eqn.primitive.name in ('random_bits', 'threefry2x32') for eqn in equations(jaxpr))


def equations(jaxpr: Jaxpr) -> Iterator[JaxprEqn]:
    """Every equation of ``jaxpr``, those inside of calls and loops included."""
    for eqn in jaxpr.eqns:
        yield eqn
        if KINDS.get(eqn.primitive.name) in ('call', 'loop'):
            yield from equations(inner_jaxpr(eqn))


def _is_key(var) -> bool:
    return str(getattr(var.aval, 'dtype', '')).startswith('key')
