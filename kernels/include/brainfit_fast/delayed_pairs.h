// Which delayed pairs of regions are summed how; immutable, shared by all candidates.
//
// The sum s_i(t) = sum_j W_ij f_j(t - d_ij) is formed for several coming steps at once wherever
// the delays allow: a pair whose delay is at least w - 1 needs nothing newer than the newest
// value to contribute to the next w steps, and for these f_j is one run of w values in a line of
// the history. So pairs fall into classes of w = 32, 16, 8 and 4 steps, and single steps for
// delays 0 to 2. Exceptions, each a sum over a row of the history:
//
// - a short delay that very many pairs share (one delay for all, say) is a plain matrix;
// - a diagonal of delay 0 to 2 (the loss term of diffusive coupling) is a vector.
#pragma once

#include "brainfit_fast/dense.h"
#include "brainfit_fast/history.h"
#include "brainfit_fast/memory.h"
#include "brainfit_fast/vec.h"

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {

// Pairs of one class, grouped by target (and, with tiles, by tile of sources before).
template <class T>
struct PairList {
  struct Group {
    int32_t target;
    int32_t count;
    int64_t first;
  };
  int64_t groups = 0;
  Buffer<Group> group;
  Buffer<T> weight;
  Buffer<int32_t> offset;  // from newest() for lines, from row(delay) for single steps
};

template <class T>
class DelayedPairs {
 public:
  static constexpr int kBlock = 32;
  static constexpr int kClasses = 4;  // of 32, 16, 8 and 4 steps
  static constexpr int kSingle = 3;   // delays 0 to 2 are taken step by step
  static constexpr int kShort = kBlock - 1;  // longer delays are never a matrix

  // Pairs per target and tile of sources in the widest class: the lines of a tile stay in the
  // caches while all targets pass.
  static constexpr int kTile = 48;

  static constexpr int width(int c) { return kBlock >> c; }

  static bool in_range(const int32_t* delays, int64_t n, int64_t depth) {
    for (int64_t k = 0; k < n * n; ++k) {
      if (delays[k] < 0 || delays[k] >= depth) return false;
    }
    return true;
  }

  // weights and delays [n][n], row = target, column = source, 0 <= delay < depth; both are
  // transposed if asked for. False when there is no memory or a delay is out of range.
  bool build(const T* weights, const int32_t* delays, int64_t n, int64_t depth,
             bool transposed) {
    if (!in_range(delays, n, depth)) return false;
    const Pairs pairs{weights, delays, n, transposed};
    n_ = n;
    stride_ = History<T>::stride(depth);
    tiles_ = tiles_for(pairs);
    if (!choose_matrices(pairs) || !take_diagonal(pairs)) return false;
    for (int c = 0; c < kClasses; ++c) {
      if (!list_lines(pairs, c)) return false;
    }
    for (int d = 0; d < kSingle; ++d) {
      if (!list_rows(pairs, d)) return false;
    }
    return true;
  }

  int64_t n() const { return n_; }
  int64_t tiles() const { return tiles_; }
  const PairList<T>& lines(int c) const { return lines_[c]; }
  const PairList<T>& rows(int delay) const { return rows_[delay]; }
  // In the widest class, the groups of tile q begin with target 0 and leave out none.
  bool blocked() const { return blocked_; }
  // The delays whose pairs are summed as a matrix.
  int matrices() const { return matrices_; }
  int matrix_delay(int m) const { return matrix_delay_[m]; }
  const Dense<T>& matrix(int m) const { return matrix_[matrix_delay_[m]]; }
  // [padded], or null.
  const T* diagonal(int delay) const {
    return has_diagonal_[delay] ? diagonal_[delay].get() : nullptr;
  }

 private:
  struct Pairs {
    const T* weights;
    const int32_t* delays;
    int64_t n;
    bool transposed;

    int64_t at(int64_t i, int64_t j) const { return transposed ? j * n + i : i * n + j; }
    T weight(int64_t i, int64_t j) const { return weights[at(i, j)]; }
    int32_t delay(int64_t i, int64_t j) const { return delays[at(i, j)]; }
  };

  // The class of a delay; kClasses for single steps.
  static int class_of(int64_t delay) {
    for (int c = 0; c < kClasses; ++c) {
      if (delay >= width(c) - 1) return c;
    }
    return kClasses;
  }

  // So many that a target has about kTile pairs in each tile.
  static int64_t tiles_for(const Pairs& pairs) {
    int64_t kept = 0;
    for (int64_t k = 0; k < pairs.n * pairs.n; ++k) {
      kept += pairs.weights[k] != 0 && pairs.delays[k] >= kShort;
    }
    return max_of<int64_t>(1, (kept / pairs.n + kTile / 2) / kTile);
  }

  // Times measured on one core, in ns: of a pair in one step, and of a vector of a matrix that
  // is read from the second-level cache. They decide what is faster, never what is summed.
  static constexpr double pair_time(int c) {
    constexpr double kSize = sizeof(T) / 4;
    return c == 0 ? 0.03 * kSize
                  : c == 1 ? 0.035 * kSize : c == 2 ? 0.045 * kSize : c == 3 ? 0.09 : 0.3;
  }
  static constexpr double kVectorTime = 0.005 * kVectorBytes;

  bool choose_matrices(const Pairs& pairs) {
    int64_t count[kShort] = {};
    for (int64_t k = 0; k < n_ * n_; ++k) {
      if (pairs.weights[k] != 0 && pairs.delays[k] < kShort) ++count[pairs.delays[k]];
    }
    const double vectors = static_cast<double>(Dense<T>::padded(n_) / Vec<T>::kLanes * n_);
    Buffer<T> chosen;
    matrices_ = 0;
    for (int d = 0; d < kShort; ++d) {
      is_matrix_[d] =
          static_cast<double>(count[d]) * pair_time(class_of(d)) > vectors * kVectorTime;
      if (!is_matrix_[d]) continue;
      if (!chosen.allocate(n_ * n_)) return false;
      for (int64_t k = 0; k < n_ * n_; ++k) {
        chosen[k] = pairs.delays[k] == d ? pairs.weights[k] : 0;
      }
      if (!matrix_[d].build(chosen.get(), n_, pairs.transposed)) return false;
      matrix_delay_[matrices_++] = d;
    }
    return true;
  }

  bool take_diagonal(const Pairs& pairs) {
    for (int d = 0; d < kSingle; ++d) {
      has_diagonal_[d] = false;
      if (is_matrix_[d]) continue;
      for (int64_t i = 0; i < n_; ++i) {
        has_diagonal_[d] |= pairs.weight(i, i) != 0 && pairs.delay(i, i) == d;
      }
      if (!has_diagonal_[d]) continue;
      if (!diagonal_[d].allocate(Dense<T>::padded(n_))) return false;
      for (int64_t i = 0; i < n_; ++i) {
        if (pairs.delay(i, i) == d) diagonal_[d][i] = pairs.weight(i, i);
      }
    }
    return true;
  }

  // Whether a pair is left for the list of class c.
  bool belongs(const Pairs& pairs, int64_t i, int64_t j, int c) const {
    if (pairs.weight(i, j) == 0) return false;
    const int32_t d = pairs.delay(i, j);
    if (class_of(d) != c) return false;
    if (d < kShort && is_matrix_[d]) return false;
    return !(i == j && d < kSingle && has_diagonal_[d]);
  }

  bool list_lines(const Pairs& pairs, int c) {
    // All groups of the widest class are kept, so that a range of targets is found at once.
    const bool all = c == 0;
    const int64_t tiles = all ? tiles_ : 1;
    PairList<T>& list = lines_[c];
    int64_t total = 0;
    for (int64_t i = 0; i < n_; ++i) {
      for (int64_t j = 0; j < n_; ++j) total += belongs(pairs, i, j, c);
    }
    blocked_ = (!all && blocked_) || total > 0;
    list.groups = 0;
    if (total == 0 && !all) return true;
    if (!list.weight.allocate(total) || !list.offset.allocate(total) ||
        !list.group.allocate(tiles * n_)) {
      return false;
    }
    int64_t k = 0;
    for (int64_t q = 0; q < tiles; ++q) {
      for (int64_t i = 0; i < n_; ++i) {
        const int64_t first = k;
        for (int64_t j = q * n_ / tiles; j < (q + 1) * n_ / tiles; ++j) {
          if (!belongs(pairs, i, j, c)) continue;
          list.weight[k] = pairs.weight(i, j);
          list.offset[k++] = static_cast<int32_t>(j * stride_ - pairs.delay(i, j));
        }
        if (k > first || all) add_group(list, i, first, k);
      }
    }
    return true;
  }

  bool list_rows(const Pairs& pairs, int delay) {
    PairList<T>& list = rows_[delay];
    list.groups = 0;
    int64_t total = 0;
    for (int64_t k = 0; k < n_ * n_; ++k) {
      total += pairs.weights[k] != 0 && pairs.delays[k] == delay;
    }
    if (total == 0 || is_matrix_[delay]) return true;
    if (!list.weight.allocate(total) || !list.offset.allocate(total) ||
        !list.group.allocate(n_)) {
      return false;
    }
    int64_t k = 0;
    for (int64_t i = 0; i < n_; ++i) {
      const int64_t first = k;
      for (int64_t j = 0; j < n_; ++j) {
        if (pairs.delay(i, j) != delay || !belongs(pairs, i, j, kClasses)) continue;
        list.weight[k] = pairs.weight(i, j);
        list.offset[k++] = static_cast<int32_t>(j);
      }
      if (k > first) add_group(list, i, first, k);
    }
    return true;
  }

  static void add_group(PairList<T>& list, int64_t target, int64_t first, int64_t end) {
    list.group[list.groups++] = {static_cast<int32_t>(target), static_cast<int32_t>(end - first),
                                 first};
  }

  int64_t n_ = 0;
  int64_t stride_ = 0;
  int64_t tiles_ = 0;
  bool blocked_ = false;
  int matrices_ = 0;
  int matrix_delay_[kShort] = {};
  bool is_matrix_[kShort] = {};
  bool has_diagonal_[kSingle] = {};
  PairList<T> lines_[kClasses];
  PairList<T> rows_[kSingle];
  Dense<T> matrix_[kShort];
  Buffer<T> diagonal_[kSingle];
};

}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
