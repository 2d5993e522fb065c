// The derivative of exprel, from its argument and its value.
#pragma once

#include "brainfit_fast/maths_vector.h"

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {
namespace lanes {

// sum over k of (k + 1) / (k + 2)! x^k, enough terms for |x| < 0.7
template <class V>
BRAINFIT_FAST_INLINE V exprel_slope_near_zero(V x) {
  using T = Element<V>;
  constexpr int kTerms = sizeof(T) == 4 ? 10 : 18;
  T coefficients[kTerms];
  T factorial = 1;
  for (int k = 0; k < kTerms; ++k) {
    factorial *= static_cast<T>(k + 2);
    coefficients[k] = static_cast<T>(k + 1) / factorial;
  }
  V sum = all<V>(coefficients[kTerms - 1]);
#pragma GCC unroll 18
  for (int k = kTerms - 2; k >= 0; --k) sum = sum * x + coefficients[k];
  return sum;
}

// y = exprel(x). exp(x) = 1 + x y, so that the slope (exp(x) - y) / x needs no exponential.
template <class V>
BRAINFIT_FAST_INLINE V exprel_slope(V x, V y) {
  const Mask<V> near = magnitude(x) < static_cast<Element<V>>(0.7);
  const V series = exprel_slope_near_zero(x);
  if (!any(~near)) return series;
  return near ? series : y + (1 - y) / x;
}

}  // namespace lanes
}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
