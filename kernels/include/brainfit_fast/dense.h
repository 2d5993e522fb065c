// Undelayed coupling of one candidate: sum_i = sum_j W_ij f_j, with lanes = target regions.
//
// The matrix is packed so that it is read from front to back: panels of a few vectors of
// targets, column after column, whose sums stay in registers. The last vector is as narrow as its
// targets allow: at 100 regions the matrix then fits into the first-level cache. A connectome with
// few nonzero blocks (one vector of targets, one source) keeps those blocks alone.
#pragma once

#include "brainfit_fast/memory.h"
#include "brainfit_fast/team.h"
#include "brainfit_fast/vec.h"

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {

template <class T>
class Dense {
  using V = Vec<T>;
  using Type = typename V::Type;
  static constexpr int kLanes = V::kLanes;
  // Vectors of targets per panel.
  static constexpr int kPanel = kManyRegisters ? 7 : 5;
  // A kept block takes as long as this many blocks of the full layout, depending on whether the
  // full matrix stays in the first-level cache.
  static constexpr double kNearCost = 2.4, kFarCost = 1.4;
  static constexpr int64_t kNearBytes = 48 << 10;
  // Lanes of the narrow vectors that there are, from 16 bytes on; else 0.
  static constexpr int kHalf = kVectorBytes >= 32 ? kLanes / 2 : 0;
  static constexpr int kQuarter = kVectorBytes >= 64 ? kLanes / 4 : 0;
  // A vector of kTail lanes, or any other where there is no tail.
  template <int kTail>
  using TailVec = Vec<T, kTail == 0 ? kVectorBytes : kTail * static_cast<int>(sizeof(T))>;
  // Smaller matrices are not worth waking another thread for.
  static constexpr int64_t kSharedBytes = 512 << 10;

 public:
  // Rows that share a load of the weights; whole multiples of it take the least time.
  static constexpr int kRows = kManyRegisters ? 4 : 2;

  static int64_t padded(int64_t n) { return round_up(n, kLanes); }

  // weights [n][n], row = target, column = source; its transpose is used if `transposed`.
  // False when there is no memory.
  bool build(const T* weights, int64_t n, bool transposed) {
    n_ = n;
    vectors_ = padded(n) / kLanes;
    panels_ = (vectors_ + kPanel - 1) / kPanel;
    tail_ = tail_lanes();
    const Matrix matrix{weights, n, transposed};
    int64_t blocks = 0;
    for (int64_t v = 0; v < vectors_; ++v) {
      for (int64_t j = 0; j < n; ++j) blocks += matrix.nonzero(v, j);
    }
    const int64_t all = vectors_ * n;
    const double cost = all * kVectorBytes <= kNearBytes ? kNearCost : kFarCost;
    sparse_ = static_cast<double>(blocks) * cost < static_cast<double>(all);
    shared_ = (sparse_ ? blocks : all) * kVectorBytes >= kSharedBytes;
    return sparse_ ? pack_blocks(matrix, blocks) : pack_panels(matrix);
  }

  // feature [padded], of which the first n are read; sum [padded], zero in the padding.
  void apply(const T* feature, T* sum, const Team* team) const {
    run<false>(feature, sum, team);
  }
  // The same, added to what sum holds.
  void add(const T* feature, T* sum, const Team* team) const { run<true>(feature, sum, team); }

  // The same for up to kRows rows, each weight being read once for all. What a row sums to does not
  // depend on the others.
  void apply_some(const T* const* features, T* const* sums, int64_t count, const Team* team) const {
    if (sparse_) {
      for (int64_t r = 0; r < count; ++r) apply(features[r], sums[r], team);
      return;
    }
    share_items(shared_ ? team : nullptr, panels_,
                [&](int64_t p) { some_rows<kRows>(p, features, sums, count); });
  }

  // The same for many rows [count][stride].
  void apply_rows(const T* features, int64_t count, T* sums, int64_t stride,
                  const Team* team) const {
    if (sparse_) {
      for (int64_t r = 0; r < count; ++r) apply(features + r * stride, sums + r * stride, team);
      return;
    }
    share_items(shared_ ? team : nullptr, panels_, [&](int64_t p) {
      const T* from[kRows];
      T* to[kRows];
      for (int64_t begin = 0; begin < count; begin += kRows) {
        const int64_t rows = min_of<int64_t>(kRows, count - begin);
        for (int64_t r = 0; r < rows; ++r) {
          from[r] = features + (begin + r) * stride;
          to[r] = sums + (begin + r) * stride;
        }
        some_rows<kRows>(p, from, to, rows);
      }
    });
  }

  bool sparse() const { return sparse_; }

 private:
  template <int kValue>
  struct Constant {
    static constexpr int value = kValue;
  };

  struct Matrix {
    const T* weights;
    int64_t n;
    bool transposed;

    T at(int64_t i, int64_t j) const {
      if (i >= n) return 0;
      return transposed ? weights[j * n + i] : weights[i * n + j];
    }
    bool nonzero(int64_t v, int64_t j) const {
      for (int r = 0; r < kLanes; ++r) {
        if (at(v * kLanes + r, j) != 0) return true;
      }
      return false;
    }
  };

  // Panels are as equal as can be: panel p covers the vectors [first(p), first(p + 1)).
  int64_t first(int64_t p) const { return p * vectors_ / panels_; }

  // Lanes of a narrow last vector; 0 if it is a full one, or alone in its panel.
  int64_t tail_lanes() const {
    const int64_t targets = n_ - (vectors_ - 1) * kLanes;
    if (vectors_ - first(panels_ - 1) < 2 || targets > kLanes / 2) return 0;
    if (targets <= kLanes / 4 && kQuarter > 0) return kQuarter;
    return kHalf;
  }

  bool pack_panels(const Matrix& matrix) {
    if (!values_.allocate((vectors_ - (tail_ > 0)) * n_ * kLanes) || !tails_.allocate(tail_ * n_)) {
      return false;
    }
    T* out = values_.get();
    for (int64_t p = 0; p < panels_; ++p) {
      const bool narrow = tail_ > 0 && p == panels_ - 1;
      const int64_t begin = first(p) * kLanes, end = (first(p + 1) - narrow) * kLanes;
      for (int64_t j = 0; j < n_; ++j) {
        for (int64_t i = begin; i < end; ++i) *out++ = matrix.at(i, j);
        for (int64_t i = 0; narrow && i < tail_; ++i) tails_[j * tail_ + i] = matrix.at(end + i, j);
      }
    }
    return true;
  }

  bool pack_blocks(const Matrix& matrix, int64_t blocks) {
    if (!values_.allocate(blocks * kLanes) || !sources_.allocate(blocks) ||
        !starts_.allocate(vectors_ + 1)) {
      return false;
    }
    int64_t b = 0;
    for (int64_t v = 0; v < vectors_; ++v) {
      starts_[v] = b;
      for (int64_t j = 0; j < n_; ++j) {
        if (!matrix.nonzero(v, j)) continue;
        for (int r = 0; r < kLanes; ++r) values_[b * kLanes + r] = matrix.at(v * kLanes + r, j);
        sources_[b++] = static_cast<int32_t>(j);
      }
    }
    starts_[vectors_] = b;
    return true;
  }

  template <bool kAdd>
  static void write(T* sum, Type value) {
    V::store(sum, kAdd ? V::load(sum) + value : value);
  }

  // One panel of N vectors and a narrow one of kTail lanes; several columns at a time, so that sums
  // do not wait for each other.
  template <int N, int kTail, bool kAdd>
  static void panel(const T* weights, const T* tails, const T* feature, int64_t n, T* sum) {
    using Tail = TailVec<kTail>;
    constexpr int kSets = N >= 4 ? 2 : 4;
    Type part[kSets][N] = {};
    [[maybe_unused]] typename Tail::Type narrow[kSets] = {};
    int64_t j = 0;
    for (; j + kSets <= n; j += kSets) {
#pragma GCC unroll 4
      for (int s = 0; s < kSets; ++s) {
        const T x = feature[j + s];
        const T* column = weights + (j + s) * N * kLanes;
#pragma GCC unroll 8
        for (int v = 0; v < N; ++v) part[s][v] += V::load(column + v * kLanes) * x;
        if constexpr (kTail > 0) narrow[s] += Tail::load(tails + (j + s) * kTail) * x;
      }
    }
    for (; j < n; ++j) {
      const T x = feature[j];
      const T* column = weights + j * N * kLanes;
#pragma GCC unroll 8
      for (int v = 0; v < N; ++v) part[0][v] += V::load(column + v * kLanes) * x;
      if constexpr (kTail > 0) narrow[0] += Tail::load(tails + j * kTail) * x;
    }
#pragma GCC unroll 8
    for (int v = 0; v < N; ++v) {
      Type total = part[0][v] + part[1][v];
      if (kSets == 4) total += part[kSets - 2][v] + part[kSets - 1][v];
      write<kAdd>(sum + v * kLanes, total);
    }
    if constexpr (kTail > 0) {
      T* last = sum + N * kLanes;
      auto total = narrow[0] + narrow[1];
      if (kSets == 4) total += narrow[kSets - 2] + narrow[kSets - 1];
      if (kAdd) {
        total += Tail::load(last);
      } else {
        V::store(last, Type{});
      }
      Tail::store(last, total);
    }
  }

  // One panel for R rows, from target `at` on.
  template <int R, int N, int kTail>
  static void rows_panel(const T* weights, const T* tails, const T* const* features, int64_t n,
                         int64_t at, T* const* sums) {
    using Tail = TailVec<kTail>;
    Type part[R][N] = {};
    [[maybe_unused]] typename Tail::Type narrow[R] = {};
    const T* feature[R];
    for (int r = 0; r < R; ++r) feature[r] = features[r];
    for (int64_t j = 0; j < n; ++j) {
      const T* column = weights + j * N * kLanes;
#pragma GCC unroll 8
      for (int v = 0; v < N; ++v) {
        const Type w = V::load(column + v * kLanes);
#pragma GCC unroll 4
        for (int r = 0; r < R; ++r) part[r][v] += w * feature[r][j];
      }
      if constexpr (kTail > 0) {
        const typename Tail::Type w = Tail::load(tails + j * kTail);
#pragma GCC unroll 4
        for (int r = 0; r < R; ++r) narrow[r] += w * feature[r][j];
      }
    }
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r) {
      T* sum = sums[r] + at;
#pragma GCC unroll 8
      for (int v = 0; v < N; ++v) V::store(sum + v * kLanes, part[r][v]);
      if constexpr (kTail > 0) {
        V::store(sum + N * kLanes, Type{});
        Tail::store(sum + N * kLanes, narrow[r]);
      }
    }
  }

  // Calls work with the number of full vectors of panel p, in [1, N], and of the lanes of its tail.
  template <int N, class Work>
  void pick(int64_t p, const Work& work) const {
    const bool narrow = tail_ > 0 && p == panels_ - 1;
    const int64_t vectors = first(p + 1) - first(p) - narrow;
    if constexpr (N > 1) {
      if (vectors < N) return pick<N - 1>(p, work);
    }
    if (!narrow) return work(Constant<N>(), Constant<0>());
    if constexpr (N < kPanel && kQuarter > 0) {
      if (tail_ == kQuarter) return work(Constant<N>(), Constant<kQuarter>());
    }
    if constexpr (N < kPanel && kHalf > 0) return work(Constant<N>(), Constant<kHalf>());
  }

  template <bool kAdd>
  void one_panel(int64_t p, const T* feature, T* sum) const {
    const int64_t at = first(p) * kLanes;
    pick<kPanel>(p, [&](auto vectors, auto tail) {
      panel<vectors.value, tail.value, kAdd>(values_.get() + at * n_, tails_.get(), feature, n_,
                                             sum + at);
    });
  }

  // Panel p for `count` rows, in [1, R].
  template <int R>
  void some_rows(int64_t p, const T* const* features, T* const* sums, int64_t count) const {
    if constexpr (R > 1) {
      if (count < R) return some_rows<R - 1>(p, features, sums, count);
    }
    const int64_t at = first(p) * kLanes;
    pick<kPanel>(p, [&](auto vectors, auto tail) {
      rows_panel<R, vectors.value, tail.value>(values_.get() + at * n_, tails_.get(), features, n_,
                                               at, sums);
    });
  }

  // One vector of targets of the sparse layout.
  template <bool kAdd>
  void one_vector(int64_t v, const T* feature, T* sum) const {
    Type part[4] = {};
    int64_t b = starts_[v];
    const int64_t end = starts_[v + 1];
    const T* weights = values_.get();
    const int32_t* sources = sources_.get();
    for (; b + 4 <= end; b += 4) {
#pragma GCC unroll 4
      for (int s = 0; s < 4; ++s) {
        part[s] += V::load(weights + (b + s) * kLanes) * feature[sources[b + s]];
      }
    }
    for (; b < end; ++b) part[0] += V::load(weights + b * kLanes) * feature[sources[b]];
    write<kAdd>(sum + v * kLanes, (part[0] + part[1]) + (part[2] + part[3]));
  }

  template <bool kAdd>
  void run(const T* feature, T* sum, const Team* team) const {
    share_items(shared_ ? team : nullptr, panels_, [&](int64_t p) {
      if (!sparse_) {
        one_panel<kAdd>(p, feature, sum);
        return;
      }
      for (int64_t v = first(p); v < first(p + 1); ++v) one_vector<kAdd>(v, feature, sum);
    });
  }

  int64_t n_ = 0;
  int64_t vectors_ = 0;
  int64_t panels_ = 0;
  bool sparse_ = false;
  bool shared_ = false;
  int64_t tail_ = 0;
  Buffer<T> values_, tails_;
  Buffer<int32_t> sources_;
  Buffer<int64_t> starts_;
};

}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
