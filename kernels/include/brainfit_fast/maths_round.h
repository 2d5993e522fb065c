// floor, ceil, round and rem of one register of lanes.
#pragma once

#include "brainfit_fast/maths_vector.h"

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {
namespace lanes {
namespace narrow {

// Halves to even.
template <class V>
BRAINFIT_FAST_INLINE V round_even(V x) {
  return nearest(x);
}

template <class V>
BRAINFIT_FAST_INLINE V floor(V x) {
  const V y = nearest(x);
  return with_sign_of(y > x ? y - 1 : y, x);
}

template <class V>
BRAINFIT_FAST_INLINE V ceil(V x) {
  const V y = nearest(x);
  return with_sign_of(y < x ? y + 1 : y, x);
}

// Halves away from zero.
template <class V>
BRAINFIT_FAST_INLINE V round(V x) {
  using T = Element<V>;
  const V size = magnitude(x);
  const V y = nearest(size);
  return with_sign_of(size - y == T(0.5) ? y + 1 : y, x);
}

static inline float rem_lane(float x, float y) { return __builtin_fmodf(x, y); }
static inline double rem_lane(double x, double y) { return __builtin_fmod(x, y); }

template <class V>
static __attribute__((noinline)) void rem_lanes(V& x, const V& y) {
  for (int i = 0; i < Parts<V>::kCount; ++i) x[i] = rem_lane(x[i], y[i]);
}

// x - q y with q = x / y without its fraction, exact, with the sign of x. While the quotient has a
// fraction at all, its rounding is off by one at most, and what is left tells.
template <class V>
BRAINFIT_FAST_INLINE V rem(V x, V y) {
  using T = Element<V>;
  const V a = magnitude(x), b = magnitude(y);
  const V quotient = a / b;
  const T whole = static_cast<T>(uint64_t{1} << (Parts<V>::kMantissa - 1));
  // Products of the parts of numbers within these limits neither overflow nor underflow.
  const T least = Parts<V>::kDouble ? T(1e-200) : T(1e-20);
  const T most = Parts<V>::kDouble ? T(1e300) : T(1e38);
  const Mask<V> smaller = a < b;
  const Mask<V> exact = (quotient < whole) & (a > least) & (a < most);
  if (__builtin_expect(any(~(smaller | exact)), 0)) {
    V z = x;
    rem_lanes(z, y);
    return z;
  }
  const V left = left_by_quotient(a, b, narrow::floor(quotient));
  const V r = left < 0 ? left + b : left;
  return smaller ? x : with_sign_of(r, x);
}

}  // namespace narrow
}  // namespace lanes
}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
