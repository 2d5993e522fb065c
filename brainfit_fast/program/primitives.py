"""The one table of primitives that a node model may use.

A row says of what kind a primitive is. ``elementwise`` primitives act lane by lane and are what a kernel
must emit; ``layout`` primitives only move or broadcast lanes; ``random`` primitives belong to JAX's
counter-based generator and are drawn in the kernel from the same counters; ``call`` primitives hold a
jaxpr of their own, which is looked into.
"""

from __future__ import annotations

from collections.abc import Iterator

from jax.extend.core import ClosedJaxpr, Jaxpr, JaxprEqn

__all__ = ['KINDS', 'inner_jaxpr', 'is_lane_shape', 'why_not_elementwise', 'uses_random']

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
    )
    for name in names.split()
}


def inner_jaxpr(eqn: JaxprEqn) -> Jaxpr:
    """Return the jaxpr that a ``call`` equation evaluates."""
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


def why_not_elementwise(eqn: JaxprEqn, region_shape: tuple[int, ...]) -> str | None:
    """Return why ``eqn`` does not act lane by lane over ``region_shape``, or None where it does.

    Parameters
    ----------
    eqn : jax.extend.core.JaxprEqn
        One equation of a traced update.
    region_shape : tuple of int
        Shape of one state, ``(..., n_regions)``.

    Returns
    -------
    str or None
        A clause that completes "the update is not elementwise: ...".
    """
    name = eqn.primitive.name
    kind = KINDS.get(name)
    if kind is None:
        if name == 'slice' and _is_key(eqn.outvars[0]):
            return None
        return f'it uses the primitive {name!r}'
    if kind == 'random':
        return None
    if kind == 'call':
        for inner in inner_jaxpr(eqn).eqns:
            reason = why_not_elementwise(inner, region_shape)
            if reason is not None:
                return reason
        return None
    for var in eqn.outvars:
        if not _is_key(var) and not is_lane_shape(var.aval.shape, region_shape):
            return f'{name!r} makes an array of shape {var.aval.shape} out of regions of shape {region_shape}'
    if name == 'broadcast_in_dim':
        ndim, dims = len(eqn.outvars[0].aval.shape), tuple(eqn.params['broadcast_dimensions'])
        if dims != tuple(range(ndim - len(dims), ndim)):
            return "'broadcast_in_dim' moves the region axis"
    return None


def uses_random(jaxpr: Jaxpr) -> bool:
    """Whether ``jaxpr`` draws random numbers."""
    return any(eqn.primitive.name in ('random_bits', 'threefry2x32') for eqn in _walk(jaxpr))


def _walk(jaxpr: Jaxpr) -> Iterator[JaxprEqn]:
    for eqn in jaxpr.eqns:
        yield eqn
        if KINDS.get(eqn.primitive.name) == 'call':
            yield from _walk(inner_jaxpr(eqn))


def _is_key(var) -> bool:
    return str(getattr(var.aval, 'dtype', '')).startswith('key')
