// erf_inv of one register of lanes, and the functions that run lane by lane.
//
// erf_inv: M. Giles, "Approximating the erfinv function" (GPU Computing Gems, 2011), the
// polynomials that XLA uses, so that JAX's normal draws are reproduced.
#pragma once

#include <cmath>

#include "brainfit_fast/maths_log.h"

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {
namespace lanes {
namespace narrow {

BRAINFIT_FAST_INLINE float centre_limit(float) { return 5.0f; }
BRAINFIT_FAST_INLINE double centre_limit(double) { return 6.25; }

template <class V>
BRAINFIT_FAST_INLINE V erf_inv_centre(V w) {
  if constexpr (Parts<V>::kDouble) {
    return polynomial(
        w - 3.125, 1.6536545626831027356, 0.24015818242558961693, -0.0060336708714301490533,
        -0.00074070253416626697512, 0.0001867342080340571352, -1.3882523362786468719e-05,
        -1.3654692000834678645e-06, 4.2347877827932403518e-07, -2.9070369957882005086e-08,
        -4.1126339803469836976e-09, 1.051212273321532285e-09, -5.4154120542946279317e-11,
        -1.2975133253453532498e-11, 2.6335093153082322977e-12, -8.1519341976054721522e-14,
        -4.0545662729752068639e-14, 6.6376381343583238325e-15, 2.0972767875968561637e-17,
        -1.333171662854620906e-16, 1.115787767802518096e-17, 1.2858480715256400167e-18,
        -1.685059138182016589e-19, -3.6444120640178196996e-21);
  } else {
    return polynomial(w - 2.5f, 1.50140941f, 0.246640727f, -0.00417768164f, -0.00125372503f,
                      0.00021858087f, -4.39150654e-06f, -3.5233877e-06f, 3.43273939e-07f,
                      2.81022636e-08f);
  }
}

template <class V>
BRAINFIT_FAST_INLINE V erf_inv_tail(V w) {
  const V root = square_root(w);
  if constexpr (Parts<V>::kDouble) {
    const V near = polynomial(
        root - 3.25, 3.0838856104922207635, 1.0052589676941592334, 0.005370914553590063617,
        -0.0037512085075692412107, 0.0024914420961078508066, -0.0016882755560235047313,
        0.00095328937973738049703, -0.0003550375203628474796, 2.4031110387097893999e-05,
        6.8284851459573175448e-05, -4.7318229009055733981e-05, 1.2475304481671778723e-05,
        2.9234449089955446044e-06, -4.013867526981545969e-06, 1.5027403968909827627e-06,
        1.8239629214389227755e-08, -2.7517406297064545428e-07, 9.0756561938885390979e-08,
        2.2137376921775787049e-09);
    const V far = polynomial(
        root - 5.0, 4.8499064014085844221, 1.0103004648645343977, -0.00013871931833623122026,
        -0.00021503011930044477347, 7.5995277030017761139e-05, -1.9681778105531670567e-05,
        4.5260625972231537039e-06, -9.9298272942317002539e-07, 2.2900482228026654717e-07,
        -6.7711997758452339498e-08, 2.9147953450901080826e-08, -1.4960026627149240478e-08,
        7.6157012080783393804e-09, -3.7894654401267369937e-09, 1.5076572693500548083e-09,
        -2.5556418169965252055e-10, -2.7109920616438573243e-11);
    return w < 16 ? near : far;
  } else {
    return polynomial(root - 3.0f, 2.83297682f, 1.00167406f, 0.00943887047f, -0.0076224613f,
                      0.00573950773f, -0.00367342844f, 0.00134934322f, 0.000100950558f,
                      -0.000200214257f);
  }
}

template <class V>
static __attribute__((noinline)) void add_tail(const V& w, V& p) {
  p = w < centre_limit(Element<V>()) ? p : erf_inv_tail(w);
}

template <class V>
BRAINFIT_FAST_INLINE V erf_inv(V x) {
  const V w = -narrow::log1p(rounded(-x * x));
  V p = erf_inv_centre(w);
  if (any(w >= centre_limit(Element<V>()))) add_tail(w, p);
  return magnitude(x) == 1 ? x * Parts<V>::kInfinity : p * x;
}

// psi(x) for one x. Reflected below zero, raised by recurrence to the asymptotic series.
static inline double digamma_lane(double x) {
  if (x <= 0 && __builtin_floor(x) == x) return __builtin_nan("");
  double y = 0;
  if (x < 0) {
    const double fraction = x - __builtin_floor(x + 0.5);
    y = -M_PI / __builtin_tan(M_PI * fraction);
    x = 1 - x;
  }
  for (; x < 10; x += 1) y -= 1 / x;
  const double z = 1 / (x * x);
  // Bernoulli numbers B_2k / 2k
  const double tail = z * (1.0 / 240 - z * (1.0 / 132 - z * (691.0 / 32760 - z / 12)));
  const double series = z * (1.0 / 12 - z * (1.0 / 120 - z * (1.0 / 252 - tail)));
  return y + __builtin_log(x) - 0.5 / x - series;
}
static inline float digamma_lane(float x) {
  return static_cast<float>(digamma_lane(static_cast<double>(x)));
}

// The host's lgamma also writes a global sign.
static inline double lgamma_lane(double x) {
  int sign;
  return ::lgamma_r(x, &sign);
}
static inline float lgamma_lane(float x) {
  int sign;
  return ::lgammaf_r(x, &sign);
}

#define BRAINFIT_FAST_LANES_1(name)                                                     \
  static inline double name##_lane(double x) { return __builtin_##name(x); }             \
  static inline float name##_lane(float x) { return __builtin_##name##f(x); }            \
  BRAINFIT_FAST_LOOP_1(name)
#define BRAINFIT_FAST_LOOP_1(name)                                                      \
  template <class V>                                                                    \
  BRAINFIT_FAST_INLINE V name(V x) {                                                    \
    for (int i = 0; i < Parts<V>::kCount; ++i) x[i] = name##_lane(Element<V>(x[i]));    \
    return x;                                                                           \
  }
#define BRAINFIT_FAST_LANES_2(name)                                               \
  static inline double name##_lane(double x, double y) { return __builtin_##name(x, y); } \
  static inline float name##_lane(float x, float y) { return __builtin_##name##f(x, y); } \
  template <class V>                                                                    \
  BRAINFIT_FAST_INLINE V name(V x, V y) {                                               \
    for (int i = 0; i < Parts<V>::kCount; ++i) {                                        \
      x[i] = name##_lane(Element<V>(x[i]), Element<V>(y[i]));                           \
    }                                                                                   \
    return x;                                                                           \
  }

BRAINFIT_FAST_LANES_1(tan)
BRAINFIT_FAST_LANES_1(asin)
BRAINFIT_FAST_LANES_1(acos)
BRAINFIT_FAST_LANES_1(atan)
BRAINFIT_FAST_LANES_1(sinh)
BRAINFIT_FAST_LANES_1(cosh)
BRAINFIT_FAST_LANES_1(asinh)
BRAINFIT_FAST_LANES_1(acosh)
BRAINFIT_FAST_LANES_1(atanh)
BRAINFIT_FAST_LANES_1(erf)
BRAINFIT_FAST_LANES_1(erfc)
BRAINFIT_FAST_LANES_1(cbrt)
BRAINFIT_FAST_LOOP_1(lgamma)
BRAINFIT_FAST_LOOP_1(digamma)
BRAINFIT_FAST_LANES_2(atan2)
BRAINFIT_FAST_LANES_2(nextafter)

#undef BRAINFIT_FAST_LANES_1
#undef BRAINFIT_FAST_LOOP_1
#undef BRAINFIT_FAST_LANES_2

}  // namespace narrow
}  // namespace lanes
}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
