// Rearranging the lanes of two vectors, with either spelling of the compilers.
#pragma once

#include "brainfit_fast/vec.h"

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {

// out = the lanes I... of a followed by b. By reference: a vector that is wider than the level's
// own has no settled way of being passed by value.
template <int... I, class V>
inline __attribute__((always_inline)) void shuffle(const V& a, const V& b, V& out) {
#if defined(__clang__) || (defined(__GNUC__) && __GNUC__ >= 12)
  out = __builtin_shufflevector(a, b, I...);
#else
  typedef decltype(a < b) Mask;
  out = __builtin_shuffle(a, b, Mask{I...});
#endif
}

}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
