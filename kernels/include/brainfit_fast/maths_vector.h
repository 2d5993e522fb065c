// Vectors of any power-of-two width as values: their parts, and the few instructions that plain
// vector extensions do not reach.
//
// V is a GCC/Clang vector of float or double. A mask is the integer vector that comparing two V
// yields: all bits of a lane set, or none. Every accelerator has a plain form behind it.
#pragma once

#include "brainfit_fast/vec.h"

#if defined(__SSE4_1__)
#include <immintrin.h>
#endif

// Vectors wider than a register are passed between inlined functions only.
#pragma GCC diagnostic ignored "-Wpsabi"

#define BRAINFIT_FAST_INLINE static inline __attribute__((always_inline))

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {
namespace lanes {

template <class T>
struct Plain {
  using Type = T;
};
template <class T>
struct Plain<T&> {
  using Type = T;
};

template <class T>
struct SameSize;
template <>
struct SameSize<float> {
  using Bits = uint32_t;
};
template <>
struct SameSize<double> {
  using Bits = uint64_t;
};

template <class V>
struct Parts {
  using T = typename Plain<decltype((*static_cast<V*>(nullptr))[0])>::Type;
  using Bit = typename SameSize<T>::Bits;
  using Mask = decltype(V{} < V{});
  typedef Bit Bits __attribute__((vector_size(sizeof(V))));
  static constexpr int kCount = static_cast<int>(sizeof(V) / sizeof(T));
  static constexpr bool kDouble = sizeof(T) == 8;
  static constexpr int kMantissa = kDouble ? 52 : 23;
  static constexpr T kInfinity = static_cast<T>(__builtin_inf());
  static constexpr T kNan = static_cast<T>(__builtin_nan(""));
  static constexpr T kSmallest = kDouble ? static_cast<T>(__DBL_MIN__) : __FLT_MIN__;  // normal
  static constexpr Bit kSign = Bit{1} << (8 * sizeof(T) - 1);
};

template <class V>
using Element = typename Parts<V>::T;
template <class V>
using Mask = typename Parts<V>::Mask;
template <class V>
using Bits = typename Parts<V>::Bits;

// Half of a vector that is wider than a register.
template <class V>
struct Halves {
  typedef Element<V> Half __attribute__((vector_size(sizeof(V) / 2)));
};
// As many doubles.
template <class V>
struct Doubles {
  typedef double Type __attribute__((vector_size(Parts<V>::kCount * 8)));
};
template <class V>
constexpr bool kWide = sizeof(V) > static_cast<unsigned>(kVectorBytes);

template <class V>
BRAINFIT_FAST_INLINE typename Halves<V>::Half part(const V& x, int index) {
  typename Halves<V>::Half y;
  __builtin_memcpy(&y, reinterpret_cast<const char*>(&x) + index * sizeof(y), sizeof(y));
  return y;
}

template <class V>
BRAINFIT_FAST_INLINE V join(const typename Halves<V>::Half& low,
                            const typename Halves<V>::Half& high) {
  V y;
  __builtin_memcpy(&y, &low, sizeof(low));
  __builtin_memcpy(reinterpret_cast<char*>(&y) + sizeof(low), &high, sizeof(high));
  return y;
}

// x - 0 is x for every x, so the compiler sees a plain broadcast.
template <class V>
BRAINFIT_FAST_INLINE V all(Element<V> x) {
  return x - V{};
}

template <class V>
BRAINFIT_FAST_INLINE Bits<V> bits(const V& x) {
  return (Bits<V>)x;
}

// c0 + x (c1 + x (c2 + ...))
template <class V>
BRAINFIT_FAST_INLINE V polynomial(V, Element<V> c) {
  return all<V>(c);
}
template <class V, class... C>
BRAINFIT_FAST_INLINE V polynomial(V x, Element<V> c, C... more) {
  return polynomial(x, more...) * x + c;
}

template <class V>
BRAINFIT_FAST_INLINE V magnitude(const V& x) {
  return (V)(bits(x) & ~Parts<V>::kSign);
}

template <class V>
BRAINFIT_FAST_INLINE V with_sign_of(V x, V sign) {
  return (V)((bits(x) & ~Parts<V>::kSign) | (bits(sign) & Parts<V>::kSign));
}

// The compiler may not contract what stands on the two sides of this.
template <class V>
BRAINFIT_FAST_INLINE V rounded(V x) {
#if defined(__x86_64__)
  __asm__("" : "+x"(x));
#elif defined(__aarch64__)
  __asm__("" : "+w"(x));
#else
  volatile V y = x;
  x = y;
#endif
  return x;
}

// Whether any lane of a mask is set.
template <class M>
BRAINFIT_FAST_INLINE bool any(M mask) {
#if defined(__AVX512F__)
  if constexpr (sizeof(M) == 64) {
    return _mm512_test_epi32_mask((__m512i)mask, (__m512i)mask) != 0;
  }
#endif
#if defined(__AVX__)
  if constexpr (sizeof(M) == 32) return !_mm256_testz_si256((__m256i)mask, (__m256i)mask);
#endif
#if defined(__SSE4_1__)
  if constexpr (sizeof(M) == 16) return !_mm_testz_si128((__m128i)mask, (__m128i)mask);
#endif
  long long word[sizeof(M) / 8];
  __builtin_memcpy(word, &mask, sizeof(M));
  long long either = 0;
  for (unsigned i = 0; i < sizeof(M) / 8; ++i) either |= word[i];
  return either != 0;
}

// One instruction for each width and type that has it. The maskz forms, with every lane kept, are
// the plain instructions; GCC warns of the unmasked ones.
#if defined(__AVX512F__)
constexpr __mmask16 kAll16 = 0xffff;
constexpr __mmask8 kAll8 = 0xff;
#define BRAINFIT_FAST_512(single, twice)   \
  if constexpr (sizeof(V) == 64) {         \
    if constexpr (Parts<V>::kDouble) {     \
      return (V)(twice);                   \
    } else {                               \
      return (V)(single);                  \
    }                                      \
  }
#else
#define BRAINFIT_FAST_512(single, twice)
#endif
#if defined(__AVX__)
#define BRAINFIT_FAST_256(single, twice)   \
  if constexpr (sizeof(V) == 32) {         \
    if constexpr (Parts<V>::kDouble) {     \
      return (V)(twice);                   \
    } else {                               \
      return (V)(single);                  \
    }                                      \
  }
#else
#define BRAINFIT_FAST_256(single, twice)
#endif
#if defined(__SSE4_1__)
#define BRAINFIT_FAST_128(single, twice)   \
  if constexpr (sizeof(V) == 16) {         \
    if constexpr (Parts<V>::kDouble) {     \
      return (V)(twice);                   \
    } else {                               \
      return (V)(single);                  \
    }                                      \
  }
#else
#define BRAINFIT_FAST_128(single, twice)
#endif

// The smaller of x and limit; NaN in x stays.
template <class V>
BRAINFIT_FAST_INLINE V at_most(V x, Element<V> limit) {
  const V y = all<V>(limit);
  BRAINFIT_FAST_512(_mm512_maskz_min_ps(kAll16, (__m512)y, (__m512)x),
                    _mm512_maskz_min_pd(kAll8, (__m512d)y, (__m512d)x))
  BRAINFIT_FAST_256(_mm256_min_ps((__m256)y, (__m256)x), _mm256_min_pd((__m256d)y, (__m256d)x))
  BRAINFIT_FAST_128(_mm_min_ps((__m128)y, (__m128)x), _mm_min_pd((__m128d)y, (__m128d)x))
  return x > y ? y : x;
}

// The larger of x and limit; NaN in x stays.
template <class V>
BRAINFIT_FAST_INLINE V at_least(V x, Element<V> limit) {
  const V y = all<V>(limit);
  BRAINFIT_FAST_512(_mm512_maskz_max_ps(kAll16, (__m512)y, (__m512)x),
                    _mm512_maskz_max_pd(kAll8, (__m512d)y, (__m512d)x))
  BRAINFIT_FAST_256(_mm256_max_ps((__m256)y, (__m256)x), _mm256_max_pd((__m256d)y, (__m256d)x))
  BRAINFIT_FAST_128(_mm_max_ps((__m128)y, (__m128)x), _mm_max_pd((__m128d)y, (__m128d)x))
  return x < y ? y : x;
}

template <class V>
BRAINFIT_FAST_INLINE V square_root(V x) {
  BRAINFIT_FAST_512(_mm512_maskz_sqrt_ps(kAll16, (__m512)x),
                    _mm512_maskz_sqrt_pd(kAll8, (__m512d)x))
  BRAINFIT_FAST_256(_mm256_sqrt_ps((__m256)x), _mm256_sqrt_pd((__m256d)x))
  BRAINFIT_FAST_128(_mm_sqrt_ps((__m128)x), _mm_sqrt_pd((__m128d)x))
  for (int i = 0; i < Parts<V>::kCount; ++i) {
    x[i] = static_cast<Element<V>>(Parts<V>::kDouble ? __builtin_sqrt(x[i])
                                                     : __builtin_sqrtf(x[i]));
  }
  return x;
}

// To the nearest integer, halves to even. Plain form: adding 1.5 2^mantissa drops the fraction;
// what is that large already has none.
template <class V>
BRAINFIT_FAST_INLINE V nearest(V x) {
  BRAINFIT_FAST_512(_mm512_maskz_roundscale_ps(kAll16, (__m512)x, 8),
                    _mm512_maskz_roundscale_pd(kAll8, (__m512d)x, 8))
  BRAINFIT_FAST_256(_mm256_round_ps((__m256)x, 8), _mm256_round_pd((__m256d)x, 8))
  BRAINFIT_FAST_128(_mm_round_ps((__m128)x, 8), _mm_round_pd((__m128d)x, 8))
  const Element<V> whole = static_cast<Element<V>>(uint64_t{1} << Parts<V>::kMantissa);
  const V near = rounded(magnitude(x) + whole) - whole;
  return magnitude(x) < whole ? with_sign_of(near, x) : x;
}

// x 2^n for integer n; overflow and underflow as they should. Only where one instruction does it.
#if defined(__AVX512F__)
template <class V>
constexpr bool kScales = sizeof(V) == 64;
#else
template <class V>
constexpr bool kScales = false;
#endif
template <class V>
BRAINFIT_FAST_INLINE V scaled(V x, V n) {
  BRAINFIT_FAST_512(_mm512_maskz_scalef_ps(kAll16, (__m512)x, (__m512)n),
                    _mm512_maskz_scalef_pd(kAll8, (__m512d)x, (__m512d)n))
  return x * n;  // not reached
}

// a b + c with one rounding. Only where the processor has it.
#if defined(__FMA__)
template <class V>
constexpr bool kFused = sizeof(V) <= static_cast<unsigned>(kVectorBytes);
#else
template <class V>
constexpr bool kFused = false;
#endif
template <class V>
BRAINFIT_FAST_INLINE V fused(V a, V b, V c) {
#if defined(__FMA__)
  BRAINFIT_FAST_512(_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c),
                    _mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c))
  BRAINFIT_FAST_256(_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c),
                    _mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c))
  BRAINFIT_FAST_128(_mm_fmadd_ps((__m128)a, (__m128)b, (__m128)c),
                    _mm_fmadd_pd((__m128d)a, (__m128d)b, (__m128d)c))
#endif
  return a * b + c;  // not reached
}

// high + low, |low| no more than half an ulp of high.
template <class V>
struct Pair {
  V high, low;
};

// Leading half of the digits, so that products of two such are exact.
template <class V>
BRAINFIT_FAST_INLINE V leading(V x) {
  return (V)(bits(x) & ~((typename Parts<V>::Bit{1} << (Parts<V>::kMantissa / 2 + 1)) - 1));
}

template <class V>
BRAINFIT_FAST_INLINE Pair<V> product(V a, V b) {
  const V high = rounded(a * b);
  if constexpr (kFused<V>) {
    return {high, fused(a, b, -high)};
  } else {
    const V c = leading(a), d = leading(b);
    return {high, ((c * d - high) + c * (b - d) + (a - c) * d) + (a - c) * (b - d)};
  }
}

// n - q d, where q is near n / d.
template <class V>
BRAINFIT_FAST_INLINE V left_by_quotient(V n, V d, V q) {
  if constexpr (kFused<V>) return fused(-q, d, n);
  const Pair<V> p = product(q, d);
  return (n - p.high) - p.low;
}

#undef BRAINFIT_FAST_512
#undef BRAINFIT_FAST_256
#undef BRAINFIT_FAST_128

}  // namespace lanes
}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
