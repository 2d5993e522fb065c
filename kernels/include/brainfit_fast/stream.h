// Samples of one observable of one candidate, stored or reduced while they are produced.
#pragma once

#include "brainfit_fast/memory.h"
#include "brainfit_fast/simulate_problem.h"
#include "brainfit_fast/vec.h"
#include "brainfit_fast/rank_update.h"

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {

// Mean and comoment sum_t (x_t - mean)(x_t - mean)^T. Samples are taken as deviations from the first
// one, which are exact beside a large mean. Each block of them is reduced about its own mean and
// joined to those before (Chan, Golub, LeVeque 1983), so that nothing cancels where the first
// sample is far from the later ones. The joining term is one more row of the block.
template <class T>
class Moments {
 public:
  bool build(int64_t n, int64_t padded) {
    n_ = n;
    padded_ = padded;
    return shift_.allocate(padded) && mean_.allocate(padded) && block_mean_.allocate(padded) &&
           block_.allocate((kBlock + 1) * padded) && product_.allocate(n * padded);
  }

  void add(const T* sample) {
    if (count_ + filled_ == 0) {
      __builtin_memcpy(shift_.get(), sample, static_cast<std::size_t>(padded_) * sizeof(T));
    }
    T* row = block_.get() + filled_ * padded_;
    for (int64_t i = 0; i < padded_; ++i) row[i] = sample[i] - shift_[i];
    if (++filled_ == kBlock) flush();
  }

  // mean [n], comoment [n][n].
  void finish(T* mean, T* comoment) {
    flush();
    mirror(n_, product_.get());
    for (int64_t i = 0; i < n_; ++i) {
      mean[i] = shift_[i] + mean_[i];
      for (int64_t j = 0; j < n_; ++j) comoment[i * n_ + j] = product_[i * padded_ + j];
    }
  }

 private:
  static constexpr int64_t kBlock = 63;

  void flush() {
    if (filled_ == 0) return;
    centre();
    const T before = static_cast<T>(count_), here = static_cast<T>(filled_);
    const T share = here / (before + here);
    const T weight = static_cast<T>(__builtin_sqrt(static_cast<double>(before * share)));
    T* joining = block_.get() + filled_ * padded_;
    for (int64_t i = 0; i < padded_; ++i) {
      const T step = block_mean_[i] - mean_[i];
      joining[i] = weight * step;
      mean_[i] += share * step;
    }
    symmetric_rank_update(block_.get(), filled_ + (count_ > 0), n_, product_.get());
    count_ += filled_;
    filled_ = 0;
  }

  // Subtract the mean of the block.
  void centre() {
    T* mean = block_mean_.get();
    for (int64_t i = 0; i < padded_; ++i) mean[i] = 0;
    for (int64_t r = 0; r < filled_; ++r) {
      const T* row = block_.get() + r * padded_;
      for (int64_t i = 0; i < padded_; ++i) mean[i] += row[i];
    }
    for (int64_t i = 0; i < padded_; ++i) mean[i] /= static_cast<T>(filled_);
    for (int64_t r = 0; r < filled_; ++r) {
      T* row = block_.get() + r * padded_;
      for (int64_t i = 0; i < padded_; ++i) row[i] -= mean[i];
    }
  }

  int64_t n_ = 0, padded_ = 0, count_ = 0, filled_ = 0;
  Buffer<T> shift_, mean_, block_mean_, block_, product_;  // means about the shift
};

// One observable's way to its result.
template <class T>
class Sink {
 public:
  bool build(const Problem<T>& problem, int64_t k, int64_t candidate, int64_t padded, T* result) {
    const ObservableSpec<T>& spec = problem.observables[k];
    n_ = problem.regions;
    stride_ = problem.sample_stride();
    stream_ = spec.stream;
    result_ = result + offset(problem, k, candidate);
    switch (stream_) {
      case Stream::kSamples:
        return true;
      case Stream::kMoments:
        return moments_.build(n_, padded);
      case Stream::kSquares:
        target_ = spec.target.of(candidate);
        __builtin_memset(static_cast<void*>(result_), 0, static_cast<std::size_t>(n_) * sizeof(T));
        return true;
    }
    return false;
  }

  // Sample m, [padded].
  void add(int64_t m, const T* sample) {
    switch (stream_) {
      case Stream::kSamples:
        __builtin_memcpy(result_ + m * stride_, sample, static_cast<std::size_t>(n_) * sizeof(T));
        break;
      case Stream::kMoments:
        moments_.add(sample);
        break;
      case Stream::kSquares:
        for (int64_t i = 0; i < n_; ++i) {
          const T error = sample[i] - target_[m * n_ + i];
          result_[i] += error * error;
        }
        break;
    }
  }

  void finish() {
    if (stream_ == Stream::kMoments) moments_.finish(result_, result_ + n_);
  }

  // Where the result of a candidate begins.
  static int64_t offset(const Problem<T>& problem, int64_t k, int64_t candidate) {
    const int64_t n = problem.regions;
    switch (problem.observables[k].stream) {
      case Stream::kSamples:
        return problem.samples_begin(candidate);
      case Stream::kMoments:
        return candidate * (n + n * n);
      case Stream::kSquares:
        return candidate * n;
    }
    return 0;
  }

 private:
  int64_t n_ = 0, stride_ = 0;
  Stream stream_ = Stream::kSamples;
  T* result_ = nullptr;
  const T* target_ = nullptr;
  Moments<T> moments_;
};

}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
