// Which of the compiled CPU levels is in use. Compiled for the lowest level only.
#include "brainfit_fast/levels.h"

#include <atomic>

namespace brainfit_fast {
namespace {

#if defined(BRAINFIT_FAST_X86_LEVELS)

bool supports_v2() {
  return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("ssse3") &&
         __builtin_cpu_supports("popcnt");
}
bool supports_v3() {
  return supports_v2() && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
         __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
}
bool supports_v4() {
  return supports_v3() && __builtin_cpu_supports("avx512f") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}

const Level kLevels[] = {
    {"x86-64-v2", supports_v2, &v2::fc, &v2::maths, &v2::simulate, v2::nodes},
    {"x86-64-v3", supports_v3, &v3::fc, &v3::maths, &v3::simulate, v3::nodes},
    {"x86-64-v4", supports_v4, &v4::fc, &v4::maths, &v4::simulate, v4::nodes},
};

#else

bool always() { return true; }

const Level kLevels[] = {{"baseline", always, &baseline::fc, &baseline::maths, &baseline::simulate, baseline::nodes}};

#endif

constexpr int kCompiled = sizeof(kLevels) / sizeof(kLevels[0]);

// Levels are ordered, each implying those below it.
int count_supported() {
  int count = 0;
  while (count < kCompiled && kLevels[count].supported()) ++count;
  return count;
}

int supported_levels() {
  static const int count = count_supported();
  return count;
}

// -1 until it is set: the highest.
std::atomic<int> chosen{-1};

int active_index() {
  const int index = chosen.load(std::memory_order_relaxed);
  return index >= 0 ? index : supported_levels() - 1;
}

}  // namespace

const Level& active_level() { return kLevels[active_index()]; }

const Level* level_at(int index) {
  return index >= 0 && index < supported_levels() ? &kLevels[index] : nullptr;
}

}  // namespace brainfit_fast

#define BRAINFIT_FAST_EXPORT extern "C" __attribute__((visibility("default")))

BRAINFIT_FAST_EXPORT int brainfit_fast_level_count() { return brainfit_fast::supported_levels(); }

BRAINFIT_FAST_EXPORT int brainfit_fast_level() { return brainfit_fast::active_index(); }

BRAINFIT_FAST_EXPORT const char* brainfit_fast_level_name(int index) {
  return brainfit_fast::kLevels[index].name;
}

BRAINFIT_FAST_EXPORT void brainfit_fast_set_level(int index) {
  if (index >= 0 && index < brainfit_fast::supported_levels()) brainfit_fast::chosen = index;
}
