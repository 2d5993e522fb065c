// Undelayed coupling of many candidates: sum_i = sum_j W_ij f_j, with lanes = candidates.
//
// A register tile of kRows targets and one vector of candidates (two are no faster, and make half
// as many groups for the threads to share); the sources are taken in blocks, so that their features
// stay in the first-level cache. With many zero weights, each target keeps a list of its nonzero
// ones instead.
#pragma once

#include "brainfit_fast/memory.h"
#include "brainfit_fast/team.h"
#include "brainfit_fast/vec.h"

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {

template <class T>
constexpr int kTileLanes = Vec<T>::kLanes;

template <class T>
class Tiles {
  using V = Vec<T>;
  using Type = typename V::Type;
  static constexpr int kLanes = V::kLanes;
  static constexpr int kWidth = kTileLanes<T>;
  static constexpr int kRows = kManyRegisters ? 24 : 12;
  // Sources per block: their features take half of a first-level cache.
  static constexpr int kSources = 24576 / kVectorBytes;
  // The list is used below this share of nonzero weights.
  static constexpr double kSparseShare = 0.4;
  static constexpr int64_t kSharedWeights = 160000;

 public:
  // weights [n][n], row = target, column = source; its transpose is used if `transposed`.
  // False when there is no memory.
  bool build(const T* weights, int64_t n, bool transposed) {
    n_ = n;
    panels_ = (n + kRows - 1) / kRows;
    int64_t kept = 0;
    for (int64_t k = 0; k < n * n; ++k) kept += weights[k] != 0;
    sparse_ = static_cast<double>(kept) < kSparseShare * static_cast<double>(n * n);
    shared_ = kept >= kSharedWeights;
    const int64_t row = transposed ? 1 : n, column = transposed ? n : 1;
    return sparse_ ? pack_list(weights, row, column, kept) : pack_panels(weights, row, column);
  }

  // feature and sum [n][kTileLanes].
  void apply(const T* feature, T* sum, const Team* team = nullptr) const {
    share_items(shared_ ? team : nullptr, panels_, [&](int64_t p) {
      if (sparse_) {
        for (int64_t i = first(p); i < first(p + 1); ++i) one_target(i, feature, sum);
      } else {
        one_panel(p, feature, sum);
      }
    });
  }

  bool sparse() const { return sparse_; }

 private:
  // Panels are as equal as can be: panel p covers the targets [first(p), first(p + 1)).
  int64_t first(int64_t p) const { return p * n_ / panels_; }

  bool pack_panels(const T* weights, int64_t row, int64_t column) {
    if (!values_.allocate(n_ * n_)) return false;
    T* out = values_.get();
    for (int64_t p = 0; p < panels_; ++p) {
      for (int64_t j = 0; j < n_; ++j) {
        for (int64_t i = first(p); i < first(p + 1); ++i) *out++ = weights[i * row + j * column];
      }
    }
    return true;
  }

  bool pack_list(const T* weights, int64_t row, int64_t column, int64_t kept) {
    if (!values_.allocate(kept) || !sources_.allocate(kept) || !starts_.allocate(n_ + 1)) {
      return false;
    }
    int64_t k = 0;
    for (int64_t i = 0; i < n_; ++i) {
      starts_[i] = k;
      for (int64_t j = 0; j < n_; ++j) {
        const T w = weights[i * row + j * column];
        if (w == 0) continue;
        values_[k] = w;
        sources_[k++] = static_cast<int32_t>(j);
      }
    }
    starts_[n_] = k;
    return true;
  }

  // R targets, the sources of one block; kFirst: the sums begin at zero.
  template <int R, bool kFirst>
  static void tile(const T* weights, const T* feature, int64_t sources, T* sum) {
    Type part[R];
#pragma GCC unroll 32
    for (int r = 0; r < R; ++r) part[r] = kFirst ? Type{} : V::load(sum + r * kWidth);
    for (int64_t j = 0; j < sources; ++j) {
      const Type value = V::load(feature + j * kWidth);
#pragma GCC unroll 32
      for (int r = 0; r < R; ++r) part[r] += weights[j * R + r] * value;
    }
#pragma GCC unroll 32
    for (int r = 0; r < R; ++r) V::store(sum + r * kWidth, part[r]);
  }

  template <int R>
  static void blocks(const T* weights, const T* feature, int64_t n, T* sum) {
    tile<R, true>(weights, feature, min_of<int64_t>(n, kSources), sum);
    for (int64_t j = kSources; j < n; j += kSources) {
      tile<R, false>(weights + j * R, feature + j * kWidth, min_of<int64_t>(n - j, kSources),
                     sum);
    }
  }

  // The tile function for a number of targets in [1, R].
  template <int R>
  void pick(int64_t rows, const T* weights, const T* feature, T* sum) const {
    if constexpr (R > 1) {
      if (rows < R) return pick<R - 1>(rows, weights, feature, sum);
    }
    blocks<R>(weights, feature, n_, sum);
  }

  void one_panel(int64_t p, const T* feature, T* sum) const {
    const int64_t begin = first(p);
    const T* weights = values_.get() + begin * n_;
    T* out = sum + begin * kWidth;
    pick<kRows>(first(p + 1) - begin, weights, feature, out);
  }

  void one_target(int64_t i, const T* feature, T* sum) const {
    Type part[4] = {};
    int64_t k = starts_[i];
    const int64_t end = starts_[i + 1];
    for (; k + 4 <= end; k += 4) {
#pragma GCC unroll 4
      for (int s = 0; s < 4; ++s) {
        part[s] += values_[k + s] * V::load(feature + static_cast<int64_t>(sources_[k + s]) * kWidth);
      }
    }
    for (; k < end; ++k) {
      part[0] += values_[k] * V::load(feature + static_cast<int64_t>(sources_[k]) * kWidth);
    }
    V::store(sum + i * kWidth, (part[0] + part[1]) + (part[2] + part[3]));
  }

  int64_t n_ = 0;
  int64_t panels_ = 0;
  bool sparse_ = false;
  bool shared_ = false;
  Buffer<T> values_;
  Buffer<int32_t> sources_;
  Buffer<int64_t> starts_;
};

}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
