// What the samples of an observable owe to their mean and comoment, several samples at a time:
// each element of the matrix is then read once for all of them.
#pragma once

#include "brainfit_fast/dense.h"
#include "brainfit_fast/simulate_problem.h"

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {

// d loss / d x_t = (G + G^T)(x_t - mean) + mean_bar / samples, with G the cotangent of the comoment.
template <class T>
class MomentAdjoint {
 public:
  // cotangent: mean_bar [n], then G [n][n]; it and the mean [n] must outlive this.
  // False when there is no memory.
  bool build(const T* cotangent, const T* mean, int64_t n, int64_t samples) {
    n_ = n;
    mean_bar_ = cotangent;
    mean_ = mean;
    share_ = 1 / static_cast<T>(samples);
    const T* matrix = cotangent + n;
    Buffer<T> both;
    if (!both.allocate(n * n)) return false;
    for (int64_t i = 0; i < n; ++i) {
      for (int64_t j = 0; j < n; ++j) both[i * n + j] = matrix[i * n + j] + matrix[j * n + i];
    }
    return map_.build(both.get(), n, false);
  }

  // samples [count][stride], which are changed; bars [count][stride].
  void apply(T* samples, int64_t count, T* bars, int64_t stride, const Team* team) const {
    for (int64_t r = 0; r < count; ++r) {
      for (int64_t i = 0; i < n_; ++i) samples[r * stride + i] -= mean_[i];
    }
    map_.apply_rows(samples, count, bars, stride, team);
    for (int64_t r = 0; r < count; ++r) {
      for (int64_t i = 0; i < n_; ++i) bars[r * stride + i] += mean_bar_[i] * share_;
    }
  }

 private:
  int64_t n_ = 0;
  const T* mean_bar_ = nullptr;
  const T* mean_ = nullptr;
  T share_ = 0;
  Dense<T> map_;
};

// Samples of one segment that are taken together, walking back in time.
struct SampleBlock {
  int64_t first = INT64_MAX;  // before the first block of a segment: holds none
  int64_t count = 0;

  bool holds(int64_t sample) const { return sample >= first; }

  // The block of at most `most` samples that ends with `last`, in the segment from `segment_first`.
  template <class T>
  static SampleBlock ending(const Problem<T>& problem, int64_t segment_first, int64_t last,
                            int64_t most) {
    const int64_t late = max_of<int64_t>(segment_first - problem.first, 0);
    const int64_t earliest = (late + problem.every - 1) / problem.every;
    const int64_t first = max_of(earliest, last - most + 1);
    return {first, last - first + 1};
  }
};

}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
