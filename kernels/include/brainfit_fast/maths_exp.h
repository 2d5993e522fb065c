// exp, expm1, exprel and its reciprocal, exp2, tanh and logistic of one register of lanes.
//
// x = n ln2 + r with |r| <= ln2 / 2, and expm1(r) = r + r^2 Q(r) with a minimax Q. Adding
// 1.5 2^mantissa rounds x / ln2 to n and leaves n in the low bits, from where it is shifted into
// an exponent. What ln2's second part takes from r is small, so it joins the small terms.
#pragma once

#include "brainfit_fast/maths_vector.h"

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {
namespace lanes {
namespace narrow {

template <class T>
struct ExpConstants;

template <>
struct ExpConstants<float> {
  static constexpr float kShift = 12582912.0f;  // 1.5 2^23
  static constexpr float kLn2High = 0.693359375f, kLn2Low = -2.12194440e-4f;
  static constexpr float kBias = 127;
  // Beyond these exp overflows, and is no normal number.
  static constexpr float kOverflow = 88.72283f, kUnderflow = -87.33654f;
  static constexpr float kMinusOne = -18.0f;   // expm1 is -1
  static constexpr float kTanhIsOne = 9.02f;
  template <class V>
  BRAINFIT_FAST_INLINE V q(V r) {
    return polynomial(r, 0.5000000063f, 0.1666654205f, 0.04166627906f, 0.008366710638f,
                      0.001394667159f);
  }
};

template <>
struct ExpConstants<double> {
  static constexpr double kShift = 6755399441055744.0;  // 1.5 2^52
  static constexpr double kLn2High = 0x1.62e42fefap-1, kLn2Low = 0x1.cf79abc9e3b3ap-40;
  static constexpr double kBias = 1023;
  static constexpr double kOverflow = 709.782712893384, kUnderflow = -708.3964185322641;
  static constexpr double kMinusOne = -38.0;
  static constexpr double kTanhIsOne = 19.1;
  template <class V>
  BRAINFIT_FAST_INLINE V q(V r) {
    return polynomial(r, 0.5000000000000005656, 0.1666666666666668635, 0.04166666666657219876,
                      0.008333333333314313977, 0.001388888893287786133, 0.0001984126990372001766,
                      0.00002480150381320107109, 2.755722727288524907e-6,
                      2.762658961021084962e-7, 2.511470612273447717e-8);
  }
};

template <class V>
struct Reduced {
  V shifted;  // n + offset in the low bits
  V n, r;
  V main;  // r before the second part of ln2
};

// offset: what the low bits of `shifted` hold beyond n.
template <class V>
BRAINFIT_FAST_INLINE Reduced<V> reduce_exp(V x, Element<V> offset) {
  using K = ExpConstants<Element<V>>;
  const Element<V> log2e = static_cast<Element<V>>(1.4426950408889634074);
  const V shifted = x * log2e + (K::kShift + offset);
  const V n = shifted - (K::kShift + offset);
  const V main = x - n * K::kLn2High;
  return {shifted, n, main - n * K::kLn2Low, main};
}

// expm1(r), of either sign at r = 0
template <class V>
BRAINFIT_FAST_INLINE V expm1_reduced(const Reduced<V>& a, V q) {
  return a.main + ((a.r * a.r) * q - a.n * ExpConstants<Element<V>>::kLn2Low);
}

// 2^(low bits - bias)
template <class V>
BRAINFIT_FAST_INLINE V power_of_two(V shifted) {
  return (V)(bits(shifted) << Parts<V>::kMantissa);
}

// p 2^n for p about 1, where x is what the power was taken of.
template <class V>
BRAINFIT_FAST_INLINE V scale_exp(V p, V shifted, V x, Element<V> underflow, Element<V> overflow) {
  const V y = (V)(bits(p) + (bits(shifted) << Parts<V>::kMantissa));
  const V small = x < underflow ? V{} : y;
  const V large = x > overflow ? all<V>(Parts<V>::kInfinity) : small;
  return x == x ? large : x;
}

template <class V>
BRAINFIT_FAST_INLINE V exp(V x) {
  using K = ExpConstants<Element<V>>;
  if constexpr (kScales<V>) {
    x = at_least(at_most(x, K::kOverflow + 1), K::kUnderflow - 40);
  }
  const Reduced<V> a = reduce_exp(x, 0);
  const V p = expm1_reduced(a, K::q(a.r)) + 1;
  if constexpr (kScales<V>) {
    return scaled(p, a.n);
  } else {
    return scale_exp(p, a.shifted, x, K::kUnderflow, K::kOverflow);
  }
}

template <class V>
BRAINFIT_FAST_INLINE V exp2(V x) {
  using T = Element<V>;
  using K = ExpConstants<T>;
  const T top = K::kBias + 1, bottom = 1 - K::kBias;
  if constexpr (kScales<V>) x = at_least(at_most(x, top + 1), bottom - 60);
  const V shifted = x + K::kShift;
  const V n = shifted - K::kShift;
  const V r = (x - n) * static_cast<T>(0.69314718055994530942);
  const V p = ((r * r) * K::q(r) + r) + 1;
  if constexpr (kScales<V>) {
    return scaled(p, n);
  } else {
    const V y = scale_exp(p, shifted, x, bottom, top);
    return x == top ? all<V>(Parts<V>::kInfinity) : y;
  }
}

template <class V>
BRAINFIT_FAST_INLINE Reduced<V> reduce_expm1(V x) {
  using K = ExpConstants<Element<V>>;
  return reduce_exp(at_least(at_most(x, K::kOverflow + Element<V>(0.01)), K::kMinusOne),
                    K::kBias - 1);
}

// expm1(x) = 2 (p h + h - 1/2) with p = expm1(r), h = 2^(n - 1), which unlike 2^n never overflows.
// Doubling would lose the smallest normal numbers.
template <class V>
BRAINFIT_FAST_INLINE V expm1_of(const Reduced<V>& a, V q) {
  const V p = expm1_reduced(a, q);
  const V h = power_of_two(a.shifted);
  const V y = (p * h + (h - Element<V>(0.5))) * 2;
  return a.n == 0 ? p : y;
}

template <class V>
BRAINFIT_FAST_INLINE V expm1(V x) {
  const Reduced<V> a = reduce_expm1(x);
  return with_sign_of(expm1_of(a, ExpConstants<Element<V>>::q(a.r)), x);
}

// expm1(x) / x; 1 at 0.
template <class V>
BRAINFIT_FAST_INLINE V exprel(V x) {
  using K = ExpConstants<Element<V>>;
  // A branch: most models stay near 0 or far from it, and the division is dear.
  if (!any(~(magnitude(x) < Element<V>(0.34657359)))) return x * K::q(x) + 1;
  const Reduced<V> a = reduce_expm1(x);
  const V q = K::q(a.r);
  return a.n == 0 ? a.r * q + 1 : expm1_of(a, q) / x;
}

// x / expm1(x), the reciprocal of exprel with one division; 1 at 0.
template <class V>
BRAINFIT_FAST_INLINE V inverse_exprel(V x) {
  using K = ExpConstants<Element<V>>;
  const V one = all<V>(Element<V>(1));
  if (!any(~(magnitude(x) < Element<V>(0.34657359)))) return one / (x * K::q(x) + 1);
  const Reduced<V> a = reduce_expm1(x);
  const V q = K::q(a.r);
  return (a.n == 0 ? one : x) / (a.n == 0 ? a.r * q + 1 : expm1_of(a, q));
}

// What rounding e + c = d lost.
template <class V>
BRAINFIT_FAST_INLINE V lost_by_sum(V e, Element<V> c, V d) {
  return at_most(e, c) - (d - at_least(e, c));
}

// tanh(x) = e / (e + 2), e = expm1(2 |x|). What rounding lost of the sum and of the quotient is
// given back.
template <class V>
BRAINFIT_FAST_INLINE V tanh(V x) {
  using K = ExpConstants<Element<V>>;
  const V y = at_most(magnitude(x), K::kTanhIsOne);
  const Reduced<V> a = reduce_exp(y + y, K::kBias);
  const V p = expm1_reduced(a, K::q(a.r));
  const V s = power_of_two(a.shifted);
  const V e = p * s + (s - 1);
  const V d = e + 2;
  const V inverse = Element<V>(1) / d;
  const V t = e * inverse;
  const V left = left_by_quotient(e, d, t) - t * lost_by_sum(e, 2, d);
  return with_sign_of(t + left * inverse, x);
}

// 1 / d with d = exp(-x) + 1; what d lost is given back.
template <class V>
BRAINFIT_FAST_INLINE V logistic(V x) {
  using K = ExpConstants<Element<V>>;
  const V z = at_least(at_most(-x, -K::kUnderflow), K::kUnderflow);
  const Reduced<V> a = reduce_exp(z, K::kBias);
  const V e = (expm1_reduced(a, K::q(a.r)) + 1) * power_of_two(a.shifted);
  const V d = e + 1;
  const V lost = lost_by_sum(e, 1, d);
  const V y = Element<V>(1) / d;
  return x < K::kUnderflow ? V{} : y - (y * y) * lost;
}

}  // namespace narrow
}  // namespace lanes
}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
