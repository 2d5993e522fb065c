// Vectors of the width that this translation unit is compiled for.
//
// Everything that is compiled once per CPU level lives in namespace brainfit_fast::<level>:
// the same source gives distinct symbols, so the linker can never hand AVX-512 code to a
// caller on an older processor. For the same reason these units use no standard containers
// or algorithms, whose instantiations would be shared between levels.
#pragma once

#include <cstdint>

#ifndef BRAINFIT_FAST_LEVEL
#error "compile this unit once per CPU level, with BRAINFIT_FAST_LEVEL naming the level"
#endif

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {

#if defined(__AVX512F__)
constexpr int kVectorBytes = 64;
constexpr bool kManyRegisters = true;
#elif defined(__AVX__)
constexpr int kVectorBytes = 32;
constexpr bool kManyRegisters = false;
#elif defined(__aarch64__)
constexpr int kVectorBytes = 16;
constexpr bool kManyRegisters = true;
#else
constexpr int kVectorBytes = 16;
constexpr bool kManyRegisters = false;
#endif

template <class T, int kBytes = kVectorBytes>
struct Vec {
  static constexpr int kLanes = kBytes / static_cast<int>(sizeof(T));
  typedef T Type __attribute__((vector_size(kBytes)));
  // Same lanes, but may stand at any address of a T.
  typedef T Loose __attribute__((vector_size(kBytes), aligned(sizeof(T)), may_alias));

  static Type load(const T* p) { return *reinterpret_cast<const Loose*>(p); }
  static void store(T* p, Type v) { *reinterpret_cast<Loose*>(p) = v; }
};

inline int64_t round_up(int64_t n, int64_t multiple) {
  return (n + multiple - 1) / multiple * multiple;
}

template <class T>
constexpr T max_of(T a, T b) {
  return a > b ? a : b;
}

template <class T>
constexpr T min_of(T a, T b) {
  return a < b ? a : b;
}

}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
