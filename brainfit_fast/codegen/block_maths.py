"""Elementary functions on the blocks of a Pallas kernel.

Two sets with the same names: :class:`Exact` is JAX's own, for any dtype; :class:`Fast` is float32 from a
few instructions (fused multiply-add, 2**x, log2, reciprocal), which the Triton lowering would not form by
itself. Those are inline PTX on a GPU and plain JAX in interpret mode, so that the formulas around them are
the ones that tests run.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from .exprel import lane_exprel, lane_exprel_slope

__all__ = ['Exact', 'Fast', 'Instructions', 'Ptx']

_LOG2_E, _LN_2 = math.log2(math.e), math.log(2)


class Instructions:
    """The instructions that :class:`Fast` is made of, in plain JAX."""

    def fma(self, a: Any, b: Any, c: Any, *, minus_product: bool, minus_c: bool) -> Any:
        """``a * b + c`` with either term negated."""
        product = -(a * b) if minus_product else a * b
        return product - c if minus_c else product + c

    def exp2(self, x: Any) -> Any:
        """``2**x``."""
        return jnp.exp2(x)

    def log2(self, x: Any) -> Any:
        """Its inverse; exact to 2**-22 of one near ``x = 1``."""
        return jnp.log2(x)

    def reciprocal(self, x: Any) -> Any:
        """``1 / x``."""
        return 1 / x

    def sqrt(self, x: Any) -> Any:
        """Square root."""
        return jnp.sqrt(x)

    def sin(self, x: Any) -> Any:
        """Sine within one period of zero."""
        return jnp.sin(x)

    def cos(self, x: Any) -> Any:
        """Cosine within one period of zero."""
        return jnp.cos(x)


_PLAIN = Instructions()


class Ptx(Instructions):
    """The same as inline PTX, for arrays of float32; scalars stay plain JAX.

    Parameters
    ----------
    inline_asm : callable
        ``elementwise_inline_asm`` of Pallas' Triton lowering.
    """

    def __init__(self, inline_asm: Callable[..., Any]):
        self._inline_asm = inline_asm

    def _run(self, code: str, *operands: Any) -> Any:
        shape = jnp.broadcast_shapes(*(jnp.shape(x) for x in operands))
        [result] = self._inline_asm(
            code,
            args=[jnp.broadcast_to(jnp.asarray(x, jnp.float32), shape) for x in operands],
            constraints='=f' + ',f' * len(operands),
            pack=1,
            result_shape_dtypes=[jax.ShapeDtypeStruct(shape, jnp.float32)],
        )
        return result

    def fma(self, a: Any, b: Any, c: Any, *, minus_product: bool, minus_c: bool) -> Any:
        """See :class:`Instructions`."""
        if not any(jnp.ndim(x) for x in (a, b, c)):
            return super().fma(a, b, c, minus_product=minus_product, minus_c=minus_c)
        # the assembler folds a negation into the operand that reads it
        first, third, before = '$1', '$3', ''
        if minus_product:
            first, before = 'p', before + '.reg .f32 p; neg.f32 p, $1; '
        if minus_c:
            third, before = 'q', before + '.reg .f32 q; neg.f32 q, $3; '
        return self._run(f'{{ {before}fma.rn.f32 $0, {first}, $2, {third}; }}', a, b, c)

    def _unary(self, name: str, x: Any, scalar: Callable[[Any], Any]) -> Any:
        return self._run(f'{name} $0, $1;', x) if jnp.ndim(x) else scalar(x)

    def exp2(self, x: Any) -> Any:
        """See :class:`Instructions`."""
        return self._unary('ex2.approx.ftz.f32', x, super().exp2)

    def log2(self, x: Any) -> Any:
        """See :class:`Instructions`."""
        return self._unary('lg2.approx.f32', x, super().log2)

    def reciprocal(self, x: Any) -> Any:
        """See :class:`Instructions`."""
        return self._unary('rcp.approx.ftz.f32', x, super().reciprocal)

    def sqrt(self, x: Any) -> Any:
        """See :class:`Instructions`."""
        return self._unary('sqrt.approx.f32', x, super().sqrt)

    def sin(self, x: Any) -> Any:
        """See :class:`Instructions`."""
        return self._unary('sin.approx.f32', x, super().sin)

    def cos(self, x: Any) -> Any:
        """See :class:`Instructions`."""
        return self._unary('cos.approx.f32', x, super().cos)


class Exact:
    """JAX's functions, in any dtype. Methods are named after the operations of a graph."""

    fma = staticmethod(_PLAIN.fma)
    reciprocal = staticmethod(_PLAIN.reciprocal)
    exprel = staticmethod(lane_exprel)
    exprel_slope = staticmethod(lane_exprel_slope)

    #: Whether a quotient is the product with a reciprocal.
    divides_by_reciprocal = False

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name in _ALIKE:
            return _ALIKE[name]
        raise AttributeError(name)


class Fast(Exact):
    """float32 from :class:`Instructions`.

    Each function is within a few units in the last place where models use it; ``exp(x)`` loses ``|x|`` of
    them, because ``x log2(e)`` is rounded.
    """

    divides_by_reciprocal = True

    def __init__(self, instructions: Instructions):
        self._use = instructions
        self.fma = instructions.fma
        self.reciprocal = instructions.reciprocal

    def _add_product(self, a: Any, b: Any, c: Any) -> Any:
        return self.fma(a, b, c, minus_product=False, minus_c=False)

    def exp2(self, x: Any) -> Any:
        return self._use.exp2(x)

    def exp(self, x: Any) -> Any:
        return self._use.exp2(x * np.float32(_LOG2_E))

    def expm1(self, x: Any) -> Any:
        return jnp.where(jnp.abs(x) < 0.5, x * _exprel_near(self, x), self.exp(x) - 1)

    def exprel(self, x: Any) -> Any:
        far = (self.exp(x) - 1) * self.reciprocal(x)
        return jnp.where(jnp.abs(x) < 0.5, _exprel_near(self, x), far)

    def exprel_slope(self, x: Any, y: Any) -> Any:
        series = _polynomial(self, x, [(k + 1) / math.factorial(k + 2) for k in range(10)])
        far = self._add_product(1 - y, self.reciprocal(x), y)
        return jnp.where(jnp.abs(x) < 0.7, series, far)

    def logistic(self, x: Any) -> Any:
        return self.reciprocal(self._use.exp2(x * np.float32(-_LOG2_E)) + 1)

    def tanh(self, x: Any) -> Any:
        # 1 - 2 / (exp(2x) + 1); near zero, where it cancels, the series of Taylor
        exponential = self._use.exp2(x * np.float32(2 * _LOG2_E))
        far = self.fma(self.reciprocal(exponential + 1), np.float32(2), np.float32(1),
                       minus_product=True, minus_c=False)  # fmt: skip
        square = x * x
        series = _polynomial(
            self, square, [1, -1 / 3, 2 / 15, -17 / 315, 62 / 2835, -1382 / 155925]
        )
        return jnp.where(jnp.abs(x) < 0.35, x * series, far)

    def sqrt(self, x: Any) -> Any:
        return self._use.sqrt(x)

    def rsqrt(self, x: Any) -> Any:
        return self.reciprocal(self._use.sqrt(x))

    def sin(self, x: Any) -> Any:
        return self._use.sin(self._in_period(x))

    def cos(self, x: Any) -> Any:
        return self._use.cos(self._in_period(x))

    def _in_period(self, x: Any) -> Any:
        """``x`` less a multiple of two pi, which is taken off in two parts."""
        turns = jnp.floor(self._add_product(x, np.float32(0.5 / math.pi), np.float32(0.5)))
        high = np.float32(2 * math.pi)
        low = np.float32(2 * math.pi - float(high))
        for part in (high, low):
            x = self.fma(turns, part, x, minus_product=True, minus_c=False)
        return x

    def erf_inv(self, x: Any) -> Any:
        # M. Giles, "Approximating the erfinv function" (GPU Computing Gems, 2011), as XLA
        inside = self.fma(x, x, np.float32(1), minus_product=True, minus_c=False)
        w = self._use.log2(inside) * np.float32(-_LN_2)
        near = w < 5
        at = jnp.where(near, w - np.float32(2.5), self._use.sqrt(w) - 3)
        total: Any = None
        for centre, tail in zip(reversed(_GILES_CENTRE), reversed(_GILES_TAIL), strict=True):
            coefficient = jnp.where(near, np.float32(centre), np.float32(tail))
            total = coefficient if total is None else self._add_product(total, at, coefficient)
        return jnp.where(jnp.abs(x) == 1, x * np.float32(np.inf), total * x)


_GILES_CENTRE = (
    1.50140941, 0.246640727, -0.00417768164, -0.00125372503, 0.00021858087, -4.39150654e-06,
    -3.5233877e-06, 3.43273939e-07, 2.81022636e-08,
)  # fmt: skip
_GILES_TAIL = (
    2.83297682, 1.00167406, 0.00943887047, -0.0076224613, 0.00573950773, -0.00367342844,
    0.00134934322, 0.000100950558, -0.000200214257,
)  # fmt: skip


def _polynomial(maths: Exact, x: Any, coefficients: Sequence[float]) -> Any:
    """Horner's scheme, lowest order first."""
    total: Any = np.asarray(coefficients[-1], x.dtype)[()]
    for number in reversed(coefficients[:-1]):
        c = np.asarray(number, x.dtype)[()]
        total = maths.fma(total, x, c, minus_product=False, minus_c=False)
    return total


def _exprel_near(maths: Exact, x: Any) -> Any:
    """``(exp(x) - 1) / x`` for small ``x``."""
    return _polynomial(maths, x, [1 / math.factorial(k + 1) for k in range(8)])


#: What is one JAX function in both sets.
_ALIKE: dict[str, Callable[..., Any]] = {
    'abs': jnp.abs, 'acos': lax.acos, 'acosh': lax.acosh, 'asin': lax.asin, 'asinh': lax.asinh,
    'atan': lax.atan, 'atan2': lax.atan2, 'atanh': lax.atanh, 'cbrt': lax.cbrt, 'ceil': jnp.ceil,
    'cos': jnp.cos, 'cosh': lax.cosh, 'erf_inv': lax.erf_inv, 'exp': jnp.exp, 'exp2': jnp.exp2,
    'expm1': jnp.expm1, 'floor': jnp.floor, 'log': jnp.log, 'log1p': jnp.log1p, 'logistic': lax.logistic,
    'max': jnp.maximum, 'min': jnp.minimum, 'pow': lambda x, y: x**y, 'rem': lax.rem,
    'rsqrt': lax.rsqrt, 'sign': jnp.sign, 'sin': jnp.sin, 'sinh': lax.sinh, 'sqrt': jnp.sqrt,
    'tan': lax.tan, 'tanh': jnp.tanh,
}  # fmt: skip
