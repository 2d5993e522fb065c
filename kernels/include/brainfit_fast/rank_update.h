// Sums of outer products over time: total_ij += sum_t a_ti b_tj, one register tile at a time.
//
// Rows of a and b are `padded` elements apart (n rounded up to the lanes of a vector); total is
// [n][padded]. The padding of a is not used, that of b reaches only the padding of total.
#pragma once

#include "brainfit_fast/team.h"
#include "brainfit_fast/vec.h"

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {

template <class T>
class RankUpdate {
  using V = Vec<T>;
  using Type = typename V::Type;
  static constexpr int kLanes = V::kLanes;
  // A tile of kRows x kColumns vectors is held in registers.
  static constexpr int kRows = kManyRegisters ? 8 : 4;
  static constexpr int kColumns = kManyRegisters ? 3 : 2;
  // Time steps per block: what a tile reads stays in the first-level cache.
  static constexpr int64_t kSteps = 128;
  // Less work than this is not worth waking another thread for.
  static constexpr int64_t kSharedWork = 4000000;

 public:
  static int64_t padded(int64_t n) { return round_up(n, kLanes); }

  // upper: only what a symmetric result needs; elements below the diagonal are left undefined.
  static void add(const T* a, const T* b, int64_t steps, int64_t n, bool upper, T* total,
                  const Team* team) {
    const int64_t stride = padded(n);
    const bool shared = steps * n * n >= kSharedWork;
    share_items(shared ? team : nullptr, (n + kRows - 1) / kRows, [=](int64_t item) {
      const int64_t i = item * kRows;
      const int64_t rows = min_of<int64_t>(kRows, n - i);
      const int64_t begin = upper ? i / kLanes * kLanes : 0;
      for (int64_t t = 0; t < steps; t += kSteps) {
        const int64_t count = min_of(kSteps, steps - t);
        for (int64_t j = begin; j < stride; j += kColumns * kLanes) {
          const int64_t columns = min_of<int64_t>(kColumns, (stride - j) / kLanes);
          pick<kRows, kColumns>(rows, columns, a + t * stride + i, b + t * stride + j, count,
                                stride, total + i * stride + j);
        }
      }
    });
  }

 private:
  // The tile function for rows in [1, R] and columns in [1, C].
  template <int R, int C>
  static void pick(int64_t rows, int64_t columns, const T* a, const T* b, int64_t steps,
                   int64_t stride, T* total) {
    if constexpr (R > 1) {
      if (rows < R) return pick<R - 1, C>(rows, columns, a, b, steps, stride, total);
    }
    if constexpr (C > 1) {
      if (columns < C) return pick<R, C - 1>(rows, columns, a, b, steps, stride, total);
    }
    tile<R, C>(a, b, steps, stride, total);
  }

  template <int R, int C>
  static __attribute__((noinline)) void tile(const T* a, const T* b, int64_t steps,
                                             int64_t stride, T* total) {
    Type sum[R][C];
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
      for (int c = 0; c < C; ++c) sum[r][c] = V::load(total + r * stride + c * kLanes);
    }
    for (int64_t t = 0; t < steps; ++t) {
      Type right[C];
#pragma GCC unroll 4
      for (int c = 0; c < C; ++c) right[c] = V::load(b + t * stride + c * kLanes);
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) {
        const T left = a[t * stride + r];
#pragma GCC unroll 4
        for (int c = 0; c < C; ++c) sum[r][c] += left * right[c];
      }
    }
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
      for (int c = 0; c < C; ++c) V::store(total + r * stride + c * kLanes, sum[r][c]);
    }
  }
};

// total [n][padded] += a' b; a and b [steps][padded].
template <class T>
void rank_update(const T* a, const T* b, int64_t steps, int64_t n, T* total,
                 const Team* team = nullptr) {
  RankUpdate<T>::add(a, b, steps, n, false, total, team);
}

// The upper triangle of total [n][padded] += x' x; x [steps][padded].
template <class T>
void symmetric_rank_update(const T* x, int64_t steps, int64_t n, T* total,
                           const Team* team = nullptr) {
  RankUpdate<T>::add(x, x, steps, n, true, total, team);
}

// Completes a symmetric total from its upper triangle.
template <class T>
void mirror(int64_t n, T* total) {
  const int64_t stride = RankUpdate<T>::padded(n);
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = 0; j < i; ++j) total[i * stride + j] = total[j * stride + i];
  }
}

}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
