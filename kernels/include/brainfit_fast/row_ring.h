// The past of one feature as rows, for regions that read their own: s_i(t) = f_i(t - d_i).
#pragma once

#include "brainfit_fast/memory.h"
#include "brainfit_fast/vec.h"

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {

// The delays of one local sum, which outlive this.
struct OwnDelays {
  const int32_t* steps = nullptr;  // [n], 0 <= steps < depth
  bool same = true;                // whether they are all alike

  void build(const int32_t* delays, int64_t n) {
    steps = delays;
    same = true;
    for (int64_t i = 1; i < n; ++i) same &= delays[i] == delays[0];
  }
};

// The last `depth` rows of n regions, each of kEach values side by side: one, or the lanes of a
// group of candidates.
template <class T, int kEach>
class RowRing {
 public:
  // All values are zero. False when there is no memory.
  bool build(int64_t n, int64_t depth) {
    n_ = n;
    depth_ = depth;
    newest_ = 0;
    return rows_.allocate(depth * n * kEach);
  }

  // Where the newest row is to be written; it takes the place of the oldest.
  T* next() {
    newest_ = newest_ + 1 == depth_ ? 0 : newest_ + 1;
    return rows_.get() + newest_ * n_ * kEach;
  }
  void push(const T* row) { copy(row, n_ * kEach, next()); }

  // The row `delay` steps before the newest.
  const T* row(int64_t delay) const {
    const int64_t at = newest_ - delay;
    return rows_.get() + (at < 0 ? at + depth_ : at) * n_ * kEach;
  }

  // Each region at its own delay.
  void read(const OwnDelays& delays, T* out) const {
    if (delays.same) return copy(row(delays.steps[0]), n_ * kEach, out);
    for (int64_t i = 0; i < n_; ++i) {
      const T* own = row(delays.steps[i]) + i * kEach;
      for (int l = 0; l < kEach; ++l) out[i * kEach + l] = own[l];
    }
  }

 private:
  static void copy(const T* source, int64_t count, T* target) {
    __builtin_memcpy(target, source, static_cast<std::size_t>(count) * sizeof(T));
  }

  int64_t n_ = 0, depth_ = 0;
  int64_t newest_ = 0;
  Buffer<T> rows_;
};

}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
