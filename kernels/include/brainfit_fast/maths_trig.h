// sin and cos of one register of lanes.
//
// x = n pi/2 + r with |r| <= pi/4, subtracted in parts of pi/2 so short that every product is
// exact or fused; then odd and even minimax polynomials. Above 1e5 the host's library,
// lane by lane.
#pragma once

#include <cmath>

#include "brainfit_fast/maths_vector.h"

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {
namespace lanes {
namespace narrow {

template <class V>
struct Quarter {
  Bits<V> quadrant;  // n in the low two bits
  V r;
};

// x - n pi/2 of two half vectors, in double.
template <class V>
BRAINFIT_FAST_INLINE V less_quarters_double(V x, V n) {
  using Twice = typename Doubles<V>::Type;
  const Twice count = __builtin_convertvector(n, Twice);
  const Twice r = (__builtin_convertvector(x, Twice) - count * 0x1.921fb544p+0) -
                  count * 0x1.0b4611a626331p-34;
  return __builtin_convertvector(r, V);
}

template <class V>
BRAINFIT_FAST_INLINE Quarter<V> reduce_quarter(V x) {
  using T = Element<V>;
  const T shift = Parts<V>::kDouble ? T(6755399441055744.0) : T(12582912.0);
  const V shifted = x * T(0.63661977236758134308) + shift;
  const V n = shifted - shift;
  if constexpr (Parts<V>::kDouble) {
    const V r = ((x - n * 0x1.921fb544p+0) - n * 0x1.0b4611a6p-34);
    return {bits(shifted), r - (n * 0x1.3198a2ep-69 + n * 0x1.b839a252p-104)};
  } else if constexpr (kFused<V>) {
    const V r = fused(n, all<V>(-0x1.921fb6p+0f), x);
    return {bits(shifted), fused(n, all<V>(0x1.ee59dap-50f), fused(n, all<V>(0x1.777a5cp-25f), r))};
  } else {
    return {bits(shifted), less_quarters_double(x, n)};
  }
}

template <class V>
BRAINFIT_FAST_INLINE V sin_series(V r) {
  const V z = r * r;
  if constexpr (Parts<V>::kDouble) {
    return r * z * polynomial(z, -0.1666666666666663123, 0.008333333333322204797,
                              -0.0001984126982963282074, 2.755731362872493343e-6,
                              -2.505074785998937901e-8, 1.589618166061288441e-10) + r;
  } else {
    return r * z * polynomial(z, -0.166666548f, 0.008332168926f, -0.0001951601195f) + r;
  }
}

template <class V>
BRAINFIT_FAST_INLINE V cos_series(V r) {
  const V z = r * r;
  const V half = z * Element<V>(0.5);
  if constexpr (Parts<V>::kDouble) {
    const V more = z * z * polynomial(z, 0.04166666666666659793, -0.00138888888888738414,
                                      0.00002480158728929729019, -2.755731429665765754e-7,
                                      2.087571541849766955e-9, -1.135922716417755474e-11);
    const V one = 1 - half;
    return one + (((1 - one) - half) + more);
  } else {
    return (z * z * polynomial(z, 0.04166664663f, -0.001388735537f, 2.443700813e-5f) - half) + 1;
  }
}

template <class V>
BRAINFIT_FAST_INLINE V sin_of(const Quarter<V>& a) {
  const V y = (a.quadrant & 1) != 0 ? cos_series(a.r) : sin_series(a.r);
  return (V)(bits(y) ^ ((a.quadrant & 2) << (8 * sizeof(Element<V>) - 2)));
}

constexpr double kTrigLimit = 1e5;

template <class V>
static __attribute__((noinline)) void sin_lanes(V& x) {
  for (int i = 0; i < Parts<V>::kCount; ++i) {
    x[i] = static_cast<Element<V>>(Parts<V>::kDouble ? __builtin_sin(x[i]) : __builtin_sinf(x[i]));
  }
}

template <class V>
static __attribute__((noinline)) void cos_lanes(V& x) {
  for (int i = 0; i < Parts<V>::kCount; ++i) {
    x[i] = static_cast<Element<V>>(Parts<V>::kDouble ? __builtin_cos(x[i]) : __builtin_cosf(x[i]));
  }
}

template <class V>
BRAINFIT_FAST_INLINE V sin(V x) {
  if (__builtin_expect(any(magnitude(x) > Element<V>(kTrigLimit)), 0)) {
    V y = x;
    sin_lanes(y);
    return y;
  }
  const V y = sin_of(reduce_quarter(x));
  return x == 0 ? x : y;
}

// A quarter further on than the sine.
template <class V>
BRAINFIT_FAST_INLINE V cos(V x) {
  if (__builtin_expect(any(magnitude(x) > Element<V>(kTrigLimit)), 0)) {
    V y = x;
    cos_lanes(y);
    return y;
  }
  Quarter<V> a = reduce_quarter(x);
  a.quadrant += 1;
  return sin_of(a);
}

}  // namespace narrow
}  // namespace lanes
}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
