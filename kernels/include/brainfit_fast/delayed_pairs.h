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
    bool all = true;
    for (int64_t k = 0; k < n * n; ++k) all &= delays[k] >= 0 && delays[k] < depth;
    return all;
  }

  // weights and delays [n][n], row = target, column = source, 0 <= delay < depth; both are
  // transposed if asked for. False when there is no memory, a delay is out of range or the
  // history would be too long (see History::build).
  bool build(const T* weights, const int32_t* delays, int64_t n, int64_t depth,
             bool transposed) {
    n_ = n;
    stride_ = History<T>::stride(depth);
    if (!in_range(delays, n, depth) || stride_ > INT32_MAX / n) return false;
    const Pairs pairs{weights, delays, n, transposed};
    return choose_matrices(pairs) && take_diagonal(pairs) && list_wide(pairs) && list_short(pairs);
  }

  int64_t n() const { return n_; }
  int64_t tiles() const { return tiles_; }
  // Whether there is a pair of any class of several steps.
  bool blocked() const { return blocked_; }
  // Class c. In the widest, the group of tile q and target i is number q * n + i, empty or not.
  const PairList<T>& lines(int c) const { return list_[c]; }
  const PairList<T>& rows(int delay) const { return list_[kClasses + delay]; }
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

  // One list for each class and each single delay; kNone: summed otherwise, or of no weight.
  static constexpr int kLists = kClasses + kSingle;
  static constexpr int kNone = kLists;

  // The list of a delay.
  static int list_of(int64_t delay) {
    if (delay < kSingle) return kClasses + static_cast<int>(delay);
    int c = 0;
    while (delay < width(c) - 1) ++c;
    return c;
  }

  // Times measured on one core, in ns: of a pair in one step, and of a vector of a matrix that
  // is read from the second-level cache. They decide what is faster, never what is summed.
  static constexpr double pair_time(int list) {
    constexpr double kSize = sizeof(T) / 4;
    constexpr double kTimes[kClasses] = {0.03 * kSize, 0.035 * kSize, 0.045 * kSize, 0.09};
    return list < kClasses ? kTimes[list] : 0.3;
  }
  static constexpr double kVectorTime = 0.005 * kVectorBytes;

  bool choose_matrices(const Pairs& pairs) {
    for (int64_t& count : short_count_) count = 0;
    for (int64_t k = 0; k < n_ * n_; ++k) {
      short_count_[min_of<int32_t>(pairs.delays[k], kShort)] += pairs.weights[k] != 0;
    }
    const double vectors = static_cast<double>(Dense<T>::padded(n_) / Vec<T>::kLanes * n_);
    Buffer<T> chosen;
    matrices_ = 0;
    for (int d = 0; d < kShort; ++d) {
      const int list = list_of(d);
      const double time = static_cast<double>(short_count_[d]) * pair_time(list);
      const bool matrix = time > vectors * kVectorTime;
      short_list_[d] = matrix ? kNone : list;
      if (!matrix) continue;
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
      if (short_list_[d] == kNone) continue;
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

  // The widest class: all delays of kShort and more. No branch depends on a pair: delays are
  // random, and a build is part of every call.
  bool list_wide(const Pairs& pairs) {
    const int64_t total = short_count_[kShort];
    tiles_ = max_of<int64_t>(1, (total / n_ + kTile / 2) / kTile);
    blocked_ = total > 0;
    PairList<T>& list = list_[0];
    list.groups = tiles_ * n_;
    // One more, because a pair is written before it is known to belong.
    if (!list.group.allocate(list.groups) || !list.weight.allocate(total + 1) ||
        !list.offset.allocate(total + 1)) {
      return false;
    }
    if (total == 0) return true;
    int64_t next = 0;
    for (int64_t q = 0; q < tiles_; ++q) {
      for (int64_t i = 0; i < n_; ++i) {
        const int64_t first = next;
        for (int64_t j = q * n_ / tiles_; j < (q + 1) * n_ / tiles_; ++j) {
          const T w = pairs.weight(i, j);
          const int32_t delay = pairs.delay(i, j);
          list.weight[next] = w;
          list.offset[next] = static_cast<int32_t>(j * stride_ - delay);
          next += (w != 0) & (delay >= kShort);
        }
        list.group[q * n_ + i] = {static_cast<int32_t>(i), static_cast<int32_t>(next - first),
                                  first};
      }
    }
    return true;
  }

  // The other lists, which are filled side by side.
  bool list_short(const Pairs& pairs) {
    int64_t room[kLists] = {};
    int64_t all = 0;
    for (int d = 0; d < kShort; ++d) {
      if (short_list_[d] == kNone) continue;
      room[short_list_[d]] += short_count_[d];
      all += short_count_[d];
    }
    for (int l = 1; l < kLists; ++l) {
      PairList<T>& list = list_[l];
      list.groups = 0;
      if (room[l] == 0) continue;
      blocked_ |= l < kClasses;
      if (!list.group.allocate(n_) || !list.weight.allocate(room[l]) ||
          !list.offset.allocate(room[l])) {
        return false;
      }
    }
    if (all == 0) return true;
    Buffer<int32_t> sources;
    if (!sources.allocate(n_ + 1)) return false;
    int64_t next[kLists] = {};
    for (int64_t i = 0; i < n_; ++i) {
      int64_t count = 0;
      for (int64_t j = 0; j < n_; ++j) {
        sources[count] = static_cast<int32_t>(j);
        count += (pairs.weight(i, j) != 0) & (pairs.delay(i, j) < kShort);
      }
      int64_t first[kLists];
      for (int l = 1; l < kLists; ++l) first[l] = next[l];
      for (int64_t k = 0; k < count; ++k) add_short(pairs, i, sources[k], next);
      for (int l = 1; l < kLists; ++l) {
        if (next[l] == first[l]) continue;
        list_[l].group[list_[l].groups++] = {static_cast<int32_t>(i),
                                             static_cast<int32_t>(next[l] - first[l]), first[l]};
      }
    }
    return true;
  }

  // A diagonal of single steps is always a vector.
  void add_short(const Pairs& pairs, int64_t i, int64_t j, int64_t (&next)[kLists]) {
    const int32_t delay = pairs.delay(i, j);
    const int l = short_list_[delay];
    if (l == kNone || (i == j && l >= kClasses)) return;
    list_[l].weight[next[l]] = pairs.weight(i, j);
    list_[l].offset[next[l]++] = static_cast<int32_t>(l < kClasses ? j * stride_ - delay : j);
  }

  int64_t n_ = 0;
  int64_t stride_ = 0;
  int64_t tiles_ = 0;
  bool blocked_ = false;
  int matrices_ = 0;
  int matrix_delay_[kShort] = {};
  int64_t short_count_[kShort + 1] = {};  // weights that are not zero; last: longer delays
  int short_list_[kShort] = {};
  bool has_diagonal_[kSingle] = {};
  PairList<T> list_[kLists];
  Dense<T> matrix_[kShort];
  Buffer<T> diagonal_[kSingle];
};

}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
