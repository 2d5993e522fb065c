// The vector maths of any level by name, as a plain C function; for tests.
#include <cstring>

#include "brainfit_fast/levels.h"

namespace {

const brainfit_fast::MathsFunction* find(int level_index, const char* name) {
  const brainfit_fast::Level* level = brainfit_fast::level_at(level_index);
  if (level == nullptr) return nullptr;
  for (int i = 0; i < level->maths->count; ++i) {
    if (std::strcmp(level->maths->functions[i].name, name) == 0) {
      return &level->maths->functions[i];
    }
  }
  return nullptr;
}

}  // namespace

// out[i] = name(x[i], y[i]) by the given level; y may be null for a function of one argument.
// 0, or 1 where the processor has no such level or the level no such function.
extern "C" __attribute__((visibility("default"))) int brainfit_fast_maths(
    int level_index, const char* name, int is_double, const void* x, const void* y, int64_t n,
    void* out) {
  const brainfit_fast::MathsFunction* function = find(level_index, name);
  if (function == nullptr) return 1;
  if (is_double != 0) {
    function->f64(static_cast<const double*>(x), static_cast<const double*>(y), n,
                  static_cast<double*>(out));
  } else {
    function->f32(static_cast<const float*>(x), static_cast<const float*>(y), n,
                  static_cast<float*>(out));
  }
  return 0;
}
