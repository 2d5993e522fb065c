// The forward run of one candidate, lanes = regions.
#pragma once

#include "brainfit_fast/network_step.h"
#include "brainfit_fast/stream.h"

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {

// Where the parts of a kept trajectory stand.
template <class P, class T>
struct Trajectory {
  Trajectory(const P& problem, T* data, int64_t padded)
      : state_stride(problem.node->states * padded),
        sum_stride(problem.node->sums * padded),
        draw_stride(problem.node->draws * padded),
        states(data),
        sums(states + (problem.steps + 1) * state_stride),
        draws(sums + problem.steps * sum_stride) {}

  T* states_at(int64_t step) const { return states + step * state_stride; }
  T* sums_at(int64_t step) const { return sums + step * sum_stride; }
  T* draws_at(int64_t step) const { return draws + step * draw_stride; }

  int64_t state_stride, sum_stride, draw_stride;
  T *states, *sums, *draws;
};

// Takes the steps of one candidate, and writes what becomes of them.
template <class T>
class ForwardRun {
 public:
  // False when there is no memory. All that is given must outlive this.
  bool build(const Problem<T>& problem, const Couplings<T>& couplings,
             const ForwardResult<T>& result, int64_t candidate, const Team* team) {
    problem_ = &problem;
    result_ = &result;
    candidate_ = candidate;
    const NodeEntry& node = *problem.node;
    if (!network_.build(problem, couplings, candidate, team) ||
        !sinks_.allocate(problem.observable_count) ||
        !states_.allocate(node.states * network_.padded())) {
      return false;
    }
    for (int64_t k = 0; k < problem.observable_count; ++k) {
      T* target = result.observables[k];
      if (!sinks_[k].build(problem, k, candidate, network_.padded(), target)) return false;
    }
    network_.load_initial(states_.get());
    before_ = after_ = states_.get();
    sums_ = network_.sums();
    if (result.checkpoints != nullptr) {
      const int64_t size = problem.checkpoint_count() * problem.checkpoint_size();
      checkpoint_ = result.checkpoints + candidate * size;
    }
    if (result.trajectories != nullptr) {
      trajectory_ = result.trajectories + candidate * problem.trajectory_size();
      after_ = kept().states;
      __builtin_memcpy(after_, states_.get(), bytes(kept().state_stride));
    }
    until_sample_ = problem.first;
    return true;
  }

  NetworkStep<T>& network() { return network_; }
  // Where the sums of the coming step belong.
  T* sums() { return sums_; }

  // Before the sums of a step are taken; `words` of the keys as they are then.
  void begin(int64_t step, const uint32_t* words) {
    if (checkpoint_ != nullptr && until_checkpoint_-- == 0) {
      network_.save(after_, words, checkpoint_);
      checkpoint_ += problem_->checkpoint_size();
      until_checkpoint_ = trajectory_ != nullptr ? -1 : problem_->segment - 1;
    }
    if (trajectory_ == nullptr) return;
    before_ = kept().states_at(step);
    after_ = kept().states_at(step + 1);
    sums_ = kept().sums_at(step);
  }

  // The step, with its sums and what was drawn for it.
  void take(int64_t step, T* draws) {
    if (trajectory_ != nullptr) {
      __builtin_memcpy(kept().draws_at(step), draws, bytes(kept().draw_stride));
    }
    const bool sampled = until_sample_-- == 0;
    network_.advance(step, before_, after_, sums_, draws, sampled);
    if (!sampled) return;
    until_sample_ = problem_->every - 1;
    for (int64_t k = 0; k < problem_->observable_count; ++k) {
      sinks_[k].add(sample_, network_.observable(k, after_));
    }
    ++sample_;
  }

  // After the last step, with what drew its noise.
  void finish(const Draws<T>& draws) {
    const NodeEntry& node = *problem_->node;
    const int64_t n = problem_->regions;
    for (int64_t k = 0; k < problem_->observable_count; ++k) sinks_[k].finish();
    for (int64_t k = 0; k < node.states; ++k) {
      network_.copy(after_ + k * network_.padded(),
                    result_->states + (candidate_ * node.states + k) * n);
    }
    draws.save(result_->keys + candidate_ * draws.words());
    for (int64_t c = 0; c < problem_->channel_count; ++c) {
      network_.save_past(c, result_->pasts[c] + candidate_ * problem_->channels[c].depth * n);
    }
    result_->finite[candidate_] = network_.finite();
  }

 private:
  Trajectory<Problem<T>, T> kept() const { return {*problem_, trajectory_, network_.padded()}; }
  static std::size_t bytes(int64_t count) { return static_cast<std::size_t>(count) * sizeof(T); }

  const Problem<T>* problem_ = nullptr;
  const ForwardResult<T>* result_ = nullptr;
  int64_t candidate_ = 0;
  NetworkStep<T> network_;
  Objects<Sink<T>> sinks_;
  Buffer<T> states_;
  T *before_ = nullptr, *after_ = nullptr, *sums_ = nullptr;
  T *checkpoint_ = nullptr, *trajectory_ = nullptr;
  // counted down, since a division per step is felt in small networks
  int64_t until_sample_ = 0, until_checkpoint_ = 0, sample_ = 0;
};

}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
