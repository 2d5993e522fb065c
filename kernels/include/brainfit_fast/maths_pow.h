// x^y of one register of lanes: 2^(y log2 |x|), with the logarithm to more digits than the result.
//
// Single precision does it in double. Double carries log2 as a sum of two: with s + t = f / (2 + f)
// and z + w = (s + t)^2, log(1 + f) = 2 (s + t) + 2/3 (s + t)(z + w) + s z^2 R(z).
#pragma once

#include "brainfit_fast/maths_log.h"

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {
namespace lanes {
namespace narrow {

// a + b for |a| >= |b|.
template <class V>
BRAINFIT_FAST_INLINE Pair<V> sum(V a, V b) {
  const V high = a + b;
  return {high, b - (high - a)};
}

template <class V>
BRAINFIT_FAST_INLINE Pair<V> pair_product(const Pair<V>& a, const Pair<V>& b) {
  const Pair<V> p = product(a.high, b.high);
  return sum(p.high, p.low + (a.high * b.low + a.low * b.high));
}

template <class V>
BRAINFIT_FAST_INLINE Pair<V> log2_pair(V x) {
  const Split<V> a = split(x);
  const V f = a.m - 1;
  const V below = f + 2;
  const V lost = f - (below - 2);
  const V s = f / below;
  const Pair<V> p = product(s, below);
  const V t = (((f - p.high) - p.low) - s * lost) / below;
  const Pair<V> root = {s, t};
  const Pair<V> z = pair_product(root, root);
  const Pair<V> third = pair_product(
      pair_product(root, z), {all<V>(0x1.5555555555555p-1), all<V>(0x1.5555555555555p-55)});
  const V series = polynomial(z.high, 0.4000000000000226619, 0.2857142857009448574,
                              0.222222225208684705, 0.181817842813422321, 0.1538676141395176458,
                              0.1325671980718450595, 0.1319726279739004431);
  const Pair<V> main = sum(2 * s, third.high);
  const V rest = (main.low + 2 * t) + (third.low + s * (z.high * z.high) * series);
  const Pair<V> scaled = pair_product(
      sum(main.high, rest), {all<V>(0x1.71547652b82fep+0), all<V>(0x1.777d0ffda0d24p-56)});
  // k is 0 or larger than the logarithm of m.
  const V high = a.k + scaled.high;
  const V low = a.k == 0 ? scaled.low : (scaled.high - (high - a.k)) + scaled.low;
  return {high, low};
}

// 2^(high + low) for high within +-1100
template <class V>
BRAINFIT_FAST_INLINE V exp2_pair(V high, V low) {
  using K = ExpConstants<double>;
  const V shifted = high + K::kShift;
  const V n = shifted - K::kShift;
  const V r = ((high - n) + low) * 0x1.62e42fefa39efp-1;
  const V p = r * (r * K::q(r) + 1) + 1;
  if constexpr (kScales<V>) {
    return scaled(p, n);
  } else {
    // In two factors, since n reaches beyond both ends of the exponent.
    const Bits<V> count = bits(shifted) - bits(all<V>(K::kShift));
    const Bits<V> first = ((count + 2048) >> 1) - 1024;
    return (p * (V)((first + 1023) << 52)) * (V)((count - first + 1023) << 52);
  }
}

BRAINFIT_FAST_INLINE double pow_lane(double x, double y) { return __builtin_pow(x, y); }
BRAINFIT_FAST_INLINE float pow_lane(float x, float y) { return __builtin_powf(x, y); }

template <class V>
static __attribute__((noinline)) void pow_lanes(V& x, const V& y) {
  for (int i = 0; i < Parts<V>::kCount; ++i) x[i] = pow_lane(x[i], y[i]);
}

template <class V>
BRAINFIT_FAST_INLINE V single_pow(V single_x, V single_y) {
  using D = typename Doubles<V>::Type;
  constexpr double kShift = ExpConstants<double>::kShift;
  const D x = __builtin_convertvector(single_x, D);
  const D y = __builtin_convertvector(single_y, D);
  const Split<D> a = split(x);
  const D s = (a.m - 1) / (a.m + 1);
  const D z = s * s;
  const D series = polynomial(z, 0.6666666564, 0.4000033589, 0.2853726056, 0.2358312016);
  const D log2 = a.k + (s * z * series + 2 * s) * 1.4426950408889634074;
  const D p = at_least(at_most(y * log2, 200.0), -200.0);
  const D shifted = p + kShift;
  const D r = (p - (shifted - kShift)) * 0.69314718055994530942;
  const D e = polynomial(r, 1.0, 1.0, 0.5000000079, 0.1666666686, 0.04166626692, 0.008333263828,
                         0.001394629124, 0.0001991867941);
  return __builtin_convertvector((D)(bits(e) + (bits(shifted) << 52)), V);
}

// |x|^y for normal |x| and finite y
template <class V>
BRAINFIT_FAST_INLINE V positive_pow(V x, V y) {
  if constexpr (Parts<V>::kDouble) {
    const Pair<V> log2 = log2_pair(x);
    // What is far out of range stays out of range.
    const V power = at_least(at_most(y, 1e200), -1e200);
    const Pair<V> p = product(power, log2.high);
    const V high = at_least(at_most(p.high, 1100.0), -1100.0);
    return exp2_pair(high, p.high == high ? p.low + power * log2.low : V{});
  } else if constexpr (sizeof(V) * 2 > static_cast<unsigned>(kVectorBytes)) {
    return join<V>(single_pow(part(x, 0), part(y, 0)), single_pow(part(x, 1), part(y, 1)));
  } else {
    return single_pow(x, y);
  }
}

template <class V>
BRAINFIT_FAST_INLINE V pow(V x, V y) {
  using P = Parts<V>;
  using T = Element<V>;
  const V base = magnitude(x);
  const Mask<V> zero = base == 0;
  const Mask<V> ordinary = (base >= P::kSmallest) & (base < P::kInfinity);
  if (__builtin_expect(any(~((magnitude(y) < P::kInfinity) & (ordinary | zero))), 0)) {
    V z = x;
    pow_lanes(z, y);
    return z;
  }
  V z = positive_pow(zero ? all<V>(1) : base, y);
  const V at_zero = y == 0 ? all<V>(1) : (y > 0 ? V{} : all<V>(P::kInfinity));
  z = zero ? at_zero : z;
  const V half = y * T(0.5);
  const Mask<V> whole = nearest(y) == y;
  const Mask<V> odd = whole & (nearest(half) != half);
  z = odd ? with_sign_of(z, x) : z;
  return (x < 0) & ~whole ? all<V>(P::kNan) : z;
}

}  // namespace narrow
}  // namespace lanes
}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
