// The primitives of node models on vectors: lanes::exp(V) and so on, for generated code.
//
// V is a GCC/Clang vector of float or double with a power-of-two number of lanes, narrower or wider
// than a register. Infinities, NaN, overflow and zeros are as in JAX on the CPU; numbers below the
// smallest normal one may count as zero, as they do on XLA's threads. A mask is the integer vector
// that comparing two V yields. Error bounds: docs/maths.md.
#pragma once

#include "brainfit_fast/maths_pow.h"
#include "brainfit_fast/maths_round.h"
#include "brainfit_fast/maths_special.h"
#include "brainfit_fast/maths_trig.h"

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {
namespace lanes {

template <class V>
BRAINFIT_FAST_INLINE V select(const Mask<V>& mask, const V& a, const V& b) {
  return mask ? a : b;
}

template <class V>
BRAINFIT_FAST_INLINE V abs(const V& x) {
  return magnitude(x);
}

template <class V>
BRAINFIT_FAST_INLINE V square(const V& x) {
  return x * x;
}

// -1, 0 or 1; zeros keep their sign, NaN stays.
template <class V>
BRAINFIT_FAST_INLINE V sign(const V& x) {
  return x > 0 ? all<V>(1) : (x < 0 ? all<V>(-1) : x);
}

// NaN if either is, and -0 < 0.
template <class V>
BRAINFIT_FAST_INLINE V min(const V& a, const V& b) {
  const V either = (V)(bits(a) | bits(b));
  const V y = a < b ? a : (a == b ? either : b);
  return a == a ? y : a;
}
template <class V>
BRAINFIT_FAST_INLINE V max(const V& a, const V& b) {
  const V both = (V)(bits(a) & bits(b));
  const V y = a > b ? a : (a == b ? both : b);
  return a == a ? y : a;
}

template <class V>
BRAINFIT_FAST_INLINE Mask<V> is_finite(const V& x) {
  return magnitude(x) < Parts<V>::kInfinity;
}

// x^n by repeated squaring, in the order of JAX.
template <class V>
BRAINFIT_FAST_INLINE V integer_pow(const V& base, int n) {
  if (n == 0) return all<V>(1);
  V x = base;
  unsigned left = n < 0 ? 0u - static_cast<unsigned>(n) : static_cast<unsigned>(n);
  while ((left & 1) == 0) {
    x *= x;
    left >>= 1;
  }
  V y = x;
  while (left >>= 1) {
    x *= x;
    if ((left & 1) != 0) y *= x;
  }
  return n < 0 ? 1 / y : y;
}

namespace narrow {

template <class V>
BRAINFIT_FAST_INLINE V sqrt(V x) {
  return square_root(x);
}

template <class V>
BRAINFIT_FAST_INLINE V rsqrt(V x) {
  return Element<V>(1) / square_root(x);
}

}  // namespace narrow

// A vector that is wider than a register goes half by half.
#define BRAINFIT_FAST_UNARY(name)                                       \
  template <class V>                                                    \
  BRAINFIT_FAST_INLINE V name(const V& x) {                             \
    if constexpr (kWide<V>) {                                           \
      return join<V>(lanes::name(part(x, 0)), lanes::name(part(x, 1))); \
    } else {                                                            \
      return narrow::name(x);                                           \
    }                                                                   \
  }
#define BRAINFIT_FAST_BINARY(name)                         \
  template <class V>                                       \
  BRAINFIT_FAST_INLINE V name(const V& x, const V& y) {    \
    if constexpr (kWide<V>) {                              \
      return join<V>(lanes::name(part(x, 0), part(y, 0)),  \
                     lanes::name(part(x, 1), part(y, 1))); \
    } else {                                               \
      return narrow::name(x, y);                           \
    }                                                      \
  }

BRAINFIT_FAST_UNARY(exp)
BRAINFIT_FAST_UNARY(exp2)
BRAINFIT_FAST_UNARY(expm1)
BRAINFIT_FAST_UNARY(exprel)
BRAINFIT_FAST_UNARY(inverse_exprel)
BRAINFIT_FAST_UNARY(log)
BRAINFIT_FAST_UNARY(log1p)
BRAINFIT_FAST_UNARY(tanh)
BRAINFIT_FAST_UNARY(logistic)
BRAINFIT_FAST_UNARY(sin)
BRAINFIT_FAST_UNARY(cos)
BRAINFIT_FAST_UNARY(tan)
BRAINFIT_FAST_UNARY(asin)
BRAINFIT_FAST_UNARY(acos)
BRAINFIT_FAST_UNARY(atan)
BRAINFIT_FAST_BINARY(atan2)
BRAINFIT_FAST_UNARY(sinh)
BRAINFIT_FAST_UNARY(cosh)
BRAINFIT_FAST_UNARY(asinh)
BRAINFIT_FAST_UNARY(acosh)
BRAINFIT_FAST_UNARY(atanh)
BRAINFIT_FAST_UNARY(erf)
BRAINFIT_FAST_UNARY(erfc)
BRAINFIT_FAST_UNARY(erf_inv)
BRAINFIT_FAST_UNARY(lgamma)
BRAINFIT_FAST_UNARY(digamma)
BRAINFIT_FAST_BINARY(pow)
BRAINFIT_FAST_UNARY(sqrt)
BRAINFIT_FAST_UNARY(rsqrt)
BRAINFIT_FAST_UNARY(cbrt)
BRAINFIT_FAST_UNARY(floor)
BRAINFIT_FAST_UNARY(ceil)
BRAINFIT_FAST_UNARY(round)
BRAINFIT_FAST_UNARY(round_even)
BRAINFIT_FAST_BINARY(rem)
BRAINFIT_FAST_BINARY(nextafter)

#undef BRAINFIT_FAST_UNARY
#undef BRAINFIT_FAST_BINARY

}  // namespace lanes
}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
