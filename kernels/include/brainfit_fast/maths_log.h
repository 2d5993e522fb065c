// log, log1p, erf_inv and pow of one register of lanes.
//
// x = 2^k (1 + f) with sqrt(1/2) <= 1 + f < sqrt(2). Single: log(1 + f) = f - f^2/2 + f^3 P(f).
// Double: with s = f / (2 + f) and z = s^2, log(1 + f) = 2 s + s z R(z). P and R are minimax.
// Numbers below the smallest normal one count as zero.
#pragma once

#include "brainfit_fast/maths_exp.h"

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {
namespace lanes {
namespace narrow {

template <class T>
struct LogConstants;
template <>
struct LogConstants<float> {
  static constexpr uint32_t kRootHalf = 0x3f3504f3;
  static constexpr uint32_t kExponent = 0xff800000, kBias = 127;
  static constexpr float kShift = 12582912.0f;
  static constexpr uint32_t kShiftBits = 0x4b400000;
};
template <>
struct LogConstants<double> {
  static constexpr uint64_t kRootHalf = 0x3fe6a09e667f3bcd;
  static constexpr uint64_t kExponent = 0xfff0000000000000, kBias = 1023;
  static constexpr double kShift = 6755399441055744.0;
  static constexpr uint64_t kShiftBits = 0x4338000000000000;
};

template <class V>
struct Split {
  Bits<V> raised;  // k in the exponent's place
  V k, m;          // x = 2^k m
};

template <class V>
BRAINFIT_FAST_INLINE Split<V> split(V x) {
  using K = LogConstants<Element<V>>;
  const Bits<V> above = bits(x) - K::kRootHalf;
  const Bits<V> raised = above & K::kExponent;
  const Bits<V> biased = (above + (K::kBias << Parts<V>::kMantissa)) >> Parts<V>::kMantissa;
  const V k = (V)(biased + K::kShiftBits) - (K::kShift + static_cast<Element<V>>(K::kBias));
  return {raised, k, (V)(bits(x) - raised)};
}

// R(z) of 2 atanh(s) = 2 s + s z R(z)
template <class V>
BRAINFIT_FAST_INLINE V atanh_series(V z) {
  return polynomial(z, 0.6666666666666734742, 0.3999999999941223176, 0.285714287429847812,
                    0.2222219850684122339, 0.1818356802193388606, 0.1531394997218185624,
                    0.147970136881703591);
}

// log(2^k (1 + f))
template <class V>
BRAINFIT_FAST_INLINE V log_of(V k, V f) {
  using K = ExpConstants<Element<V>>;
  if constexpr (Parts<V>::kDouble) {
    const V s = f / (f + 2);
    const V z = s * s;
    const V half = f * f * 0.5;
    const V rest = s * (half + z * atanh_series(z)) + k * K::kLn2Low;
    return k * K::kLn2High - ((half - rest) - f);
  } else {
    const V z = f * f;
    const V p = polynomial(f, 0.3333331671f, -0.25000812f, 0.200022882f, -0.1662449229f,
                           0.1418111921f, -0.1312935652f, 0.1288237324f, -0.07858712444f);
    const V rest = (f * p) * z + k * K::kLn2Low;
    return k * K::kLn2High + (f + (rest - z * 0.5f));
  }
}

template <class V>
BRAINFIT_FAST_INLINE V log(V x) {
  using P = Parts<V>;
  const Split<V> a = split(x);
  V y = log_of(a.k, a.m - 1);
  y = x < P::kInfinity ? y : x;
  const V low = x <= -P::kSmallest ? all<V>(P::kNan) : all<V>(-P::kInfinity);
  return x < P::kSmallest ? low : y;
}

// u = 1 + x rounds; what it lost is added to f.
template <class V>
BRAINFIT_FAST_INLINE V log1p(V x) {
  using P = Parts<V>;
  const V u = rounded(x + 1);
  const V lost = x - (u - 1);
  const Split<V> a = split(u);
  const V unscale = (V)(bits(all<V>(1)) - a.raised);  // 2^-k
  const Element<V> large = static_cast<Element<V>>(uint64_t{4} << P::kMantissa);
  const V f = (a.m - 1) + (x < large ? lost * unscale : V{});
  V y = log_of(a.k, f);
  y = x < P::kInfinity ? y : x;
  y = magnitude(x) < P::kSmallest ? x : y;
  const V low = x < -1 ? all<V>(P::kNan) : all<V>(-P::kInfinity);
  return x <= -1 ? low : y;
}

}  // namespace narrow
}  // namespace lanes
}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
