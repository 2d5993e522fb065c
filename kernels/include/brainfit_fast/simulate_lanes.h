// The forward run of a group of candidates, lanes = candidates.
#pragma once

#include "brainfit_fast/lane_step.h"
#include "brainfit_fast/stream.h"
#include "brainfit_fast/transpose.h"

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {

// What becomes of the samples of every candidate of a group.
template <class T>
class LaneSinks {
 public:
  bool build(const Problem<T>& problem, const ForwardResult<T>& result, int64_t first,
             int64_t count) {
    problem_ = &problem;
    result_ = &result;
    first_ = first;
    count_ = count;
    padded_ = Dense<T>::padded(problem.regions);
    if (!sinks_.allocate(problem.observable_count * count) ||
        !samples_.allocate(kTileLanes<T> * padded_)) {
      return false;
    }
    for (int64_t k = 0; k < problem.observable_count; ++k) {
      for (int64_t l = 0; l < count; ++l) {
        Sink<T>& sink = sinks_[k * count + l];
        if (!sink.build(problem, k, first + l, padded_, result.observables[k])) return false;
      }
    }
    return true;
  }

  // Sample m of observable k, one row.
  void add(int64_t k, int64_t m, const T* row) {
    constexpr int64_t kWidth = kTileLanes<T>;
    const int64_t n = problem_->regions;
    if (problem_->observables[k].stream == Stream::kSamples) {
      T* target = result_->observables[k] + problem_->samples_begin(first_);
      transpose(row, kWidth, n, count_, target + m * problem_->sample_stride(),
                problem_->samples_begin(1));
      return;
    }
    transpose(row, kWidth, n, kWidth, samples_.get(), padded_);
    for (int64_t l = 0; l < count_; ++l) {
      sinks_[k * count_ + l].add(m, samples_.get() + l * padded_);
    }
  }

  void finish() {
    for (int64_t k = 0; k < problem_->observable_count * count_; ++k) sinks_[k].finish();
  }

 private:
  const Problem<T>* problem_ = nullptr;
  const ForwardResult<T>* result_ = nullptr;
  int64_t first_ = 0, count_ = 0, padded_ = 0;
  Objects<Sink<T>> sinks_;
  Buffer<T> samples_;
};

// Candidates [first, first + count), count <= kTileLanes. False when there is no memory.
template <class T>
bool forward_group(const Problem<T>& problem, const LaneCouplings<T>& couplings,
                   const ForwardResult<T>& result, int64_t first, int64_t count) {
  const NodeEntry& node = *problem.node;
  const int64_t n = problem.regions;
  LaneStep<T> network(problem, couplings, first, count);
  LaneSinks<T> sinks;
  Buffer<T> states, draws;
  if (!network.build() || !sinks.build(problem, result, first, count) ||
      !states.allocate(node.states * network.size()) ||
      !draws.allocate(node.draws * network.size())) {
    return false;
  }
  network.load_initial(states.get());
  const int64_t stride = problem.checkpoint_count() * problem.checkpoint_size();
  T* checkpoint = result.checkpoints;
  int64_t until_sample = problem.first, until_checkpoint = 0, sample = 0;
  for (int64_t step = 0; step < problem.steps; ++step) {
    if (checkpoint != nullptr && until_checkpoint-- == 0) {
      network.save(states.get(), checkpoint, stride);
      checkpoint += problem.checkpoint_size();
      until_checkpoint = problem.segment - 1;
    }
    const bool sampled = until_sample-- == 0;
    network.advance(step, states.get(), states.get(), network.sums(), draws.get(), sampled);
    if (!sampled) continue;
    until_sample = problem.every - 1;
    for (int64_t k = 0; k < problem.observable_count; ++k) {
      sinks.add(k, sample, network.observable(k, states.get()));
    }
    ++sample;
  }
  sinks.finish();
  const int64_t words = network.words();
  for (int64_t l = 0; l < count; ++l) {
    const int64_t c = first + l;
    for (int64_t k = 0; k < node.states; ++k) {
      network.gather(states.get() + k * network.size(), l, result.states + (c * node.states + k) * n);
    }
    for (int64_t w = 0; w < words; ++w) {
      result.keys[c * words + w] = network.key_words()[w * kTileLanes<T> + l];
    }
    for (int64_t k = 0; k < problem.channel_count; ++k) {
      network.save_past(k, l, result.pasts[k] + c * problem.channels[k].depth * n);
    }
    result.finite[c] = network.finite(l);
  }
  return true;
}

}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
