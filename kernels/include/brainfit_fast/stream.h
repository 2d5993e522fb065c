// Samples of one observable of one candidate, stored or reduced while they are produced.
#pragma once

#include "brainfit_fast/memory.h"
#include "brainfit_fast/simulate_problem.h"
#include "brainfit_fast/vec.h"
#include "brainfit_fast/rank_update.h"

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {

// Mean and comoment sum_t (x_t - mean)(x_t - mean)^T, in one pass about the first sample: where
// values vary little about a large mean, nothing cancels.
template <class T>
class Moments {
 public:
  bool build(int64_t n, int64_t padded) {
    n_ = n;
    padded_ = padded;
    return shift_.allocate(padded) && total_.allocate(padded) &&
           block_.allocate(kBlock * padded) && product_.allocate(n * padded);
  }

  void add(const T* sample) {
    if (count_ == 0) __builtin_memcpy(shift_.get(), sample, bytes(padded_));
    T* row = block_.get() + filled_ * padded_;
    for (int64_t i = 0; i < padded_; ++i) {
      const T deviation = sample[i] - shift_[i];
      row[i] = deviation;
      total_[i] += deviation;
    }
    ++count_;
    if (++filled_ == kBlock) flush();
  }

  // mean [n], comoment [n][n].
  void finish(T* mean, T* comoment) {
    flush();
    mirror(n_, product_.get());
    const T count = static_cast<T>(count_);
    for (int64_t i = 0; i < n_; ++i) {
      const T average = total_[i] / count;
      mean[i] = shift_[i] + average;
      for (int64_t j = 0; j < n_; ++j) {
        comoment[i * n_ + j] = product_[i * padded_ + j] - average * total_[j];
      }
    }
  }

 private:
  static constexpr int64_t kBlock = 64;
  static std::size_t bytes(int64_t count) { return static_cast<std::size_t>(count) * sizeof(T); }

  void flush() {
    symmetric_rank_update(block_.get(), filled_, n_, product_.get());
    filled_ = 0;
  }

  int64_t n_ = 0, padded_ = 0, count_ = 0, filled_ = 0;
  Buffer<T> shift_, total_, block_, product_;
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
