// Delayed coupling of one candidate: s_i(t) = sum_j W_ij f_j(t - d_ij), many steps at a time.
// delayed_pairs.h says how pairs are divided; here they are summed.
#pragma once

#include "brainfit_fast/delayed_pairs.h"
#include "brainfit_fast/history.h"
#include "brainfit_fast/memory.h"
#include "brainfit_fast/team.h"
#include "brainfit_fast/transpose.h"
#include "brainfit_fast/vec.h"

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {

// The order in which the terms of a sum are added depends on the pairs alone: results do not
// depend on where restart() is called, nor on the number of threads.
template <class T>
class DelayedSum {
  using Pairs = DelayedPairs<T>;
  using V = Vec<T>;
  static constexpr int kBlock = Pairs::kBlock;
  static constexpr int kQuad = 4;      // the narrowest class of several steps
  static constexpr int kParts = 8;     // items for a team
  static constexpr int64_t kSharedPairs = 40000;

 public:
  // The pairs must outlive this. False when there is no memory.
  bool build(const Pairs* pairs) {
    pairs_ = pairs;
    step_ = 0;
    padded_ = Dense<T>::padded(pairs->n());
    width_ = round_up(padded_, kQuad);
    if (!pairs->blocked()) return true;
    return ahead_.allocate(width_ * kBlock) && ready_.allocate(kQuad * width_);
  }

  // Forgets what was summed ahead. To be called whenever the history was loaded.
  void restart() { step_ = 0; }

  // sum [padded] for the coming step, zero in the padding: delay 0 is the feature pushed last.
  // To be called exactly once before each push. The history has the n and depth of the pairs.
  void read(const History<T>& history, T* sum, const Team* team) {
    const T* first = nullptr;
    if (pairs_->blocked()) {
      if (step_ % kQuad == 0) look_ahead(history, team);
      first = ready_.get() + step_ % kQuad * width_;
      step_ = (step_ + 1) % kBlock;
    }
    for (int64_t i = 0; i < padded_; i += V::kLanes) {
      V::store(sum + i, first != nullptr ? V::load(first + i) : typename V::Type{});
    }
    for (int m = 0; m < pairs_->matrices(); ++m) {
      pairs_->matrix(m).add(history.row(pairs_->matrix_delay(m)), sum, team);
    }
    for (int d = 0; d < Pairs::kSingle; ++d) {
      const T* diagonal = pairs_->diagonal(d);
      if (diagonal != nullptr) add_diagonal(diagonal, history.row(d), sum);
      add_single(pairs_->rows(d), history.row(d), sum);
    }
  }

 private:
  // W consecutive steps of one target in registers.
  template <int W>
  struct Run {
    static constexpr int kLanes = min_of(W, V::kLanes);
    static constexpr int kCount = W / kLanes;
    typedef T Type __attribute__((vector_size(kLanes * sizeof(T))));
    typedef T Loose __attribute__((vector_size(kLanes * sizeof(T)), aligned(sizeof(T)), may_alias));
    // Independent sums, so that additions do not wait for each other.
    static constexpr int kSets = kCount >= 8 ? 1 : kCount >= 4 ? 2 : 4;

    static void add(const T* weight, const int32_t* offset, int64_t count, const T* newest,
                    bool begin, T* out) {
      Type part[kSets][kCount] = {};
      int64_t p = 0;
      for (; p + kSets <= count; p += kSets) {
#pragma GCC unroll 4
        for (int s = 0; s < kSets; ++s) {
          const T w = weight[p + s];
          const T* x = newest + offset[p + s];
#pragma GCC unroll 16
          for (int v = 0; v < kCount; ++v) {
            part[s][v] += w * *reinterpret_cast<const Loose*>(x + v * kLanes);
          }
        }
      }
      for (; p < count; ++p) {
        const T* x = newest + offset[p];
#pragma GCC unroll 16
        for (int v = 0; v < kCount; ++v) {
          part[0][v] += weight[p] * *reinterpret_cast<const Loose*>(x + v * kLanes);
        }
      }
#pragma GCC unroll 16
      for (int v = 0; v < kCount; ++v) {
        Type total = part[0][v];
        if (kSets >= 2) total += part[kSets / 2][v];
        if (kSets >= 4) total += part[1][v] + part[kSets - 1][v];
        Loose* to = reinterpret_cast<Loose*>(out + v * kLanes);
        *to = begin ? total : *to + total;
      }
    }
  };

  // Sums of the next kBlock steps over the widest class, for the targets [begin, end).
  __attribute__((noinline)) void widest(const T* newest, int64_t begin, int64_t end) {
    const PairList<T>& list = pairs_->lines(0);
    for (int64_t q = 0; q < pairs_->tiles(); ++q) {
      for (int64_t i = begin; i < end; ++i) {
        const auto& group = list.group[q * pairs_->n() + i];
        Run<kBlock>::add(list.weight.get() + group.first, list.offset.get() + group.first,
                         group.count, newest, q == 0, ahead_.get() + i * kBlock);
      }
    }
  }

  template <int C>
  __attribute__((noinline)) void narrow(const T* newest) {
    const PairList<T>& list = pairs_->lines(C);
    for (int64_t g = 0; g < list.groups; ++g) {
      const auto& group = list.group[g];
      Run<Pairs::width(C)>::add(list.weight.get() + group.first,
                                list.offset.get() + group.first, group.count, newest, false,
                                ahead_.get() + group.target * kBlock + step_);
    }
  }

  // The classes C and above that are due at this step.
  template <int C>
  void narrow_from(const T* newest) {
    if (step_ % Pairs::width(C) == 0) narrow<C>(newest);
    if constexpr (C + 1 < Pairs::kClasses) narrow_from<C + 1>(newest);
  }

  // Completes the sums of the next four steps and turns them into rows.
  void look_ahead(const History<T>& history, const Team* team) {
    const T* newest = history.newest();
    const int64_t n = pairs_->n();
    if (step_ == 0) {
      const int64_t parts = n * n >= kSharedPairs ? kParts : 1;
      share_items(team, parts, [&](int64_t k) {
        widest(newest, k * n / parts, (k + 1) * n / parts);
      });
    }
    narrow_from<1>(newest);
    const T* ahead = ahead_.get() + step_;
    for (int64_t i = 0; i < width_; i += 4) {
      const T* from = ahead + i * kBlock;
      transpose_4x4(from, from + kBlock, from + 2 * kBlock, from + 3 * kBlock, ready_.get() + i,
                    width_);
    }
  }

  void add_diagonal(const T* diagonal, const T* row, T* sum) const {
    for (int64_t i = 0; i < padded_; i += V::kLanes) {
      V::store(sum + i, V::load(sum + i) + V::load(diagonal + i) * V::load(row + i));
    }
  }

  static void add_single(const PairList<T>& list, const T* row, T* sum) {
    for (int64_t g = 0; g < list.groups; ++g) {
      const auto& group = list.group[g];
      const T* weight = list.weight.get() + group.first;
      const int32_t* offset = list.offset.get() + group.first;
      T part[4] = {};
      int64_t p = 0;
      for (; p + 4 <= group.count; p += 4) {
        // Keeps the compiler from gathering the terms into vectors, which takes longer.
        __asm__("" : "+r"(p));
        part[0] += weight[p] * row[offset[p]];
        part[1] += weight[p + 1] * row[offset[p + 1]];
        part[2] += weight[p + 2] * row[offset[p + 2]];
        part[3] += weight[p + 3] * row[offset[p + 3]];
      }
      for (; p < group.count; ++p) {
        __asm__("" : "+r"(p));
        part[0] += weight[p] * row[offset[p]];
      }
      sum[group.target] += (part[0] + part[1]) + (part[2] + part[3]);
    }
  }

  const Pairs* pairs_ = nullptr;
  int64_t step_ = 0;  // within the block
  int64_t padded_ = 0;
  int64_t width_ = 0;
  Buffer<T> ahead_;  // [width][kBlock]: sums ahead in time, one target after the other
  Buffer<T> ready_;  // [kQuad][width]: complete rows of sums
};

}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
