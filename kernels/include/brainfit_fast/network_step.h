// One candidate of a network: its couplings, its buffers and one forward step.
#pragma once

#include <new>

#include "brainfit_fast/delayed.h"
#include "brainfit_fast/dense.h"
#include "brainfit_fast/draws.h"
#include "brainfit_fast/history.h"
#include "brainfit_fast/memory.h"
#include "brainfit_fast/row_ring.h"
#include "brainfit_fast/simulate_problem.h"
#include "brainfit_fast/team.h"
#include "brainfit_fast/vec.h"

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {

// An array of objects that have a default state.
template <class X>
class Objects {
 public:
  Objects() = default;
  ~Objects() { delete[] data_; }
  Objects(const Objects&) = delete;
  Objects& operator=(const Objects&) = delete;

  bool allocate(int64_t count) {
    delete[] data_;
    data_ = new (std::nothrow) X[static_cast<std::size_t>(count)];
    return data_ != nullptr;
  }
  X& operator[](int64_t i) { return data_[i]; }
  const X& operator[](int64_t i) const { return data_[i]; }

 private:
  X* data_ = nullptr;
};

// The weights and delays of every sum that has weights, packed for reading forwards, or backwards
// (transposed).
template <class T>
class Couplings {
 public:
  bool build(const Problem<T>& problem, int64_t candidate, bool transposed) {
    if (!dense_.allocate(problem.sum_count) || !delayed_.allocate(problem.sum_count)) return false;
    const int64_t n = problem.regions;
    for (int64_t k = 0; k < problem.sum_count; ++k) {
      const SumSpec<T>& sum = problem.sums[k];
      if (sum.local) continue;
      const T* weights = sum.weights.of(candidate);
      const bool built =
          sum.delayed ? delayed_[k].build(weights, sum.delays.of(candidate), n,
                                          problem.channels[sum.channel].depth, transposed)
                      : dense_[k].build(weights, n, transposed);
      if (!built) return false;
    }
    return true;
  }
  const Dense<T>& dense(int64_t k) const { return dense_[k]; }
  const DelayedPairs<T>& delayed(int64_t k) const { return delayed_[k]; }

  // Whether every candidate has the same weights and delays.
  static bool shared(const Problem<T>& problem) {
    for (int64_t k = 0; k < problem.sum_count; ++k) {
      const SumSpec<T>& sum = problem.sums[k];
      if (!sum.local && (sum.weights.stride != 0 || sum.delays.stride != 0)) return false;
    }
    return true;
  }

 private:
  Objects<Dense<T>> dense_;
  Objects<DelayedPairs<T>> delayed_;
};

// Copies n values and repeats the last one in the padding, where lanes compute like it.
template <class T>
void copy_padded(const T* source, int64_t n, int64_t padded, T* target) {
  __builtin_memcpy(target, source, static_cast<std::size_t>(n) * sizeof(T));
  for (int64_t i = n; i < padded; ++i) target[i] = source[n - 1];
}

template <class T>
void add_row(const T* source, int64_t count, T* target) {
  for (int64_t i = 0; i < count; ++i) target[i] += source[i];
}

// Which sample a step gives; -1: none.
template <class T>
int64_t sample_of(const Problem<T>& problem, int64_t step) {
  const int64_t after = step - problem.first;
  return after >= 0 && after % problem.every == 0 ? after / problem.every : -1;
}

// Whether an observable that is no state is reduced while it is produced; the adjoint then reads
// its values again.
template <class T>
bool streams_computed(const Problem<T>& problem) {
  for (int64_t k = 0; k < problem.observable_count; ++k) {
    const ObservableSpec<T>& spec = problem.observables[k];
    if (spec.state < 0 && spec.stream != Stream::kSamples) return true;
  }
  return false;
}

// The state of one candidate between two steps, and how it moves.
template <class T>
class NetworkStep {
 public:
  bool build(const Problem<T>& problem, const Couplings<T>& couplings, int64_t candidate,
             const Team* team) {
    problem_ = &problem;
    couplings_ = &couplings;
    candidate_ = candidate;
    team_ = team;
    const NodeEntry& node = *problem.node;
    n_ = problem.regions;
    padded_ = Dense<T>::padded(n_);
    const int64_t rows = node.parameters + node.sums + node.inputs + node.features +
                         node.observables + 1 + problem.channel_count;
    if (!rows_.allocate(rows * padded_) || !index_.allocate(kLanes) ||
        !operands_.allocate(operand_count()) || !draws_.build(node, n_) ||
        !latest_.allocate(problem.channel_count) ||
        !paired_.allocate(problem.channel_count) || !rowed_.allocate(problem.channel_count) ||
        !history_.allocate(problem.channel_count) || !ring_.allocate(problem.channel_count) ||
        !delayed_.allocate(problem.sum_count) || !own_delays_.allocate(problem.sum_count)) {
      return false;
    }
    T* row = rows_.get();
    auto take = [&](int64_t count) {
      T* taken = row;
      row += count * padded_;
      return taken;
    };
    parameters_ = take(node.parameters);
    sums_ = take(node.sums);
    inputs_ = take(node.inputs);
    features_ = take(node.features);
    observables_ = take(node.observables);
    finite_ = take(1);
    initial_ = take(problem.channel_count);
    for (int64_t k = 0; k < node.parameters; ++k) {
      copy_padded(problem.parameters.of(candidate) + k * n_, n_, padded_,
                  parameters_ + k * padded_);
    }
    for (int64_t c = 0; c < problem.channel_count; ++c) {
      for (int64_t k = 0; k < problem.sum_count; ++k) {
        if (problem.sums[k].channel != c) continue;
        paired_[c] |= problem.sums[k].delayed_pairs();
        rowed_[c] |= problem.sums[k].delayed_self();
      }
      const int64_t depth = problem.channels[c].depth;
      rowed_[c] |= depth > 1 && !paired_[c];
      if ((paired_[c] && !history_[c].build(n_, depth)) ||
          (rowed_[c] && !ring_[c].build(n_, depth))) {
        return false;
      }
    }
    for (int64_t k = 0; k < problem.sum_count; ++k) {
      const SumSpec<T>& sum = problem.sums[k];
      if (sum.delayed_pairs() && !delayed_[k].build(&couplings.delayed(k))) return false;
      if (sum.delayed_self()) own_delays_[k].build(sum.delays.of(candidate), n_);
    }
    return true;
  }

  // Start from the problem's own initial values; states [states][padded].
  void load_initial(T* states) {
    const NodeEntry& node = *problem_->node;
    for (int64_t k = 0; k < node.states; ++k) {
      copy_padded(problem_->states.of(candidate_) + k * n_, n_, padded_, states + k * padded_);
    }
    draws_.load(problem_->keys.of(candidate_));
    for (int64_t c = 0; c < problem_->channel_count; ++c) {
      load_past(c, problem_->channels[c].past.of(candidate_));
    }
    restart();
  }

  // The same from a checkpoint.
  void load(const T* checkpoint, T* states) {
    for (int64_t k = 0; k < problem_->node->states; ++k, checkpoint += n_) {
      copy_padded(checkpoint, n_, padded_, states + k * padded_);
    }
    draws_.load_elements(checkpoint);
    checkpoint += draws_.words();
    for (int64_t c = 0; c < problem_->channel_count; ++c) {
      load_past(c, checkpoint);
      checkpoint += problem_->channels[c].depth * n_;
    }
    restart();
  }

  // Everything that the steps after this one depend on; `words` of the keys as they are then.
  void save(const T* states, const uint32_t* words, T* checkpoint) const {
    for (int64_t k = 0; k < problem_->node->states; ++k, checkpoint += n_) {
      copy(states + k * padded_, checkpoint);
    }
    Draws<T>::save_elements(words, draws_.words(), checkpoint);
    checkpoint += draws_.words();
    for (int64_t c = 0; c < problem_->channel_count; ++c) {
      save_past(c, checkpoint);
      checkpoint += problem_->channels[c].depth * n_;
    }
  }

  void save_past(int64_t c, T* past) const {
    if (paired_[c]) return history_[c].save(past);
    if (!rowed_[c]) return copy(latest_[c], past);
    const int64_t depth = problem_->channels[c].depth;
    for (int64_t t = 0; t < depth; ++t) copy(ring_[c].row(depth - 1 - t), past + t * n_);
  }

  // Sums of the past for the coming step, into `sums` [sums][padded].
  void couple(T* sums) {
    for (int64_t k = 0; k < problem_->sum_count; ++k) couple_one(k, sums + k * padded_);
  }

  // The same for up to Dense::kRows candidates with the same couplings, whose weights are read once.
  static void couple_together(NetworkStep* const* members, T* const* sums, int64_t count) {
    const NetworkStep& any = *members[0];
    const T* features[Dense<T>::kRows];
    T* targets[Dense<T>::kRows];
    for (int64_t k = 0; k < any.problem_->sum_count; ++k) {
      const SumSpec<T>& sum = any.problem_->sums[k];
      for (int64_t m = 0; m < count; ++m) {
        features[m] = members[m]->latest_[sum.channel];
        targets[m] = sums[m] + k * any.padded_;
      }
      if (!sum.delayed && !sum.local) {
        any.couplings_->dense(k).apply_some(features, targets, count, any.team_);
        continue;
      }
      for (int64_t m = 0; m < count; ++m) members[m]->couple_one(k, targets[m]);
    }
  }

  // Step `step` (from zero), with its sums and what was drawn for it, [draws][padded]: from `before` to
  // `after` [states][padded], which may be the same.
  void advance(int64_t step, T* before, T* after, T* sums, T* draws, bool sampled) {
    const Problem<T>& problem = *problem_;
    const NodeEntry& node = *problem.node;
    load_inputs(step);
    void** operand = common_operands(operands_.get(), before, sums, draws);
    for (int64_t k = 0; k < node.states; ++k) *operand++ = after + k * padded_;
    for (int64_t k = 0; k < node.features; ++k) *operand++ = features_ + k * padded_;
    *operand++ = finite_;
    for (int64_t k = 0; k < node.observables; ++k) *operand++ = observables_ + k * padded_;
    const NodeCall call = {operands_.get(), padded_, kLanes};
    node.forward_at(problem.start + step, sampled)(call);
    for (int64_t c = 0; c < problem.channel_count; ++c) {
      const ChannelSpec<T>& channel = problem.channels[c];
      latest_[c] = channel.feature < 0 ? after + channel.state * padded_
                                       : features_ + channel.feature * padded_;
      if (paired_[c]) history_[c].push(latest_[c]);
      if (rowed_[c]) ring_[c].push(latest_[c]);
    }
  }

  // Operands that both directions read, up to the index of the step.
  void** common_operands(void** operand, T* states, T* sums, T* draws) {
    const NodeEntry& node = *problem_->node;
    for (int64_t k = 0; k < node.parameters; ++k) *operand++ = parameters_ + k * padded_;
    for (int64_t k = 0; k < node.sums; ++k) *operand++ = sums + k * padded_;
    for (int64_t k = 0; k < node.inputs; ++k) *operand++ = inputs_ + k * padded_;
    for (int64_t k = 0; k < node.states; ++k) *operand++ = states + k * padded_;
    for (int64_t k = 0; k < node.draws; ++k) *operand++ = draws + k * padded_;
    *operand++ = index_.get();
    return operand;
  }

  // Inputs and index of a step.
  void load_inputs(int64_t step) {
    for (int64_t k = 0; k < problem_->node->inputs; ++k) {
      const int64_t width = problem_->input_widths[k];
      const T* row = problem_->inputs[k].of(candidate_) + step * width;
      T* target = inputs_ + k * padded_;
      if (width == n_) {
        copy(row, target);
      } else {
        for (int64_t i = 0; i < padded_; ++i) target[i] = *row;
      }
    }
    if (problem_->node->reads_step) {
      const auto index = static_cast<int32_t>(problem_->start + step);
      for (int l = 0; l < kLanes; ++l) index_[l] = index;
    }
  }

  // An observable after a step: a state or a computed one, [padded].
  const T* observable(int64_t k, const T* states) const {
    const ObservableSpec<T>& spec = problem_->observables[k];
    return spec.state >= 0 ? states + spec.state * padded_
                           : observables_ + spec.computed * padded_;
  }

  // All computed ones of the last step, [observables][padded].
  const T* computed_observables() const { return observables_; }

  bool finite() const {
    T total = 0;
    for (int64_t i = 0; i < n_; ++i) total += finite_[i];
    return total == 0;
  }

  Draws<T>& draws() { return draws_; }
  // The newest values of a channel, [padded].
  const T* latest(int64_t c) const { return latest_[c]; }
  T* parameters() { return parameters_; }
  T* sums() { return sums_; }
  int64_t padded() const { return padded_; }
  int64_t operand_count() const {
    const NodeEntry& node = *problem_->node;
    const int64_t common =
        node.parameters + node.sums + node.inputs + node.states + node.draws + 1;
    const int64_t out = node.states + node.features + node.observables;
    return 2 * common + 2 * out + 1;
  }
  void copy(const T* source, T* target) const {
    __builtin_memcpy(target, source, static_cast<std::size_t>(n_) * sizeof(T));
  }

 private:
  static constexpr int kLanes = Vec<T>::kLanes;

  void couple_one(int64_t k, T* target) {
    const SumSpec<T>& sum = problem_->sums[k];
    const int64_t c = sum.channel;
    if (sum.delayed_pairs()) {
      delayed_[k].read(history_[c], target, team_);
    } else if (!sum.local) {
      couplings_->dense(k).apply(latest_[c], target, team_);
    } else {
      if (sum.delayed) {
        ring_[c].read(own_delays_[k], target);
      } else {
        copy(latest_[c], target);
      }
      for (int64_t i = n_; i < padded_; ++i) target[i] = 0;
    }
  }

  void load_past(int64_t c, const T* past) {
    const int64_t depth = problem_->channels[c].depth;
    T* newest = initial_ + c * padded_;
    copy(past + (depth - 1) * n_, newest);
    latest_[c] = newest;
    if (paired_[c]) history_[c].load(past);
    for (int64_t t = 0; rowed_[c] && t < depth; ++t) ring_[c].push(past + t * n_);
  }

  void restart() {
    for (int64_t k = 0; k < problem_->sum_count; ++k) {
      if (problem_->sums[k].delayed_pairs()) delayed_[k].restart();
    }
  }

  const Problem<T>* problem_ = nullptr;
  const Couplings<T>* couplings_ = nullptr;
  const Team* team_ = nullptr;
  int64_t candidate_ = 0, n_ = 0, padded_ = 0;
  Buffer<T> rows_;
  T *parameters_ = nullptr, *sums_ = nullptr, *inputs_ = nullptr, *features_ = nullptr,
    *observables_ = nullptr, *finite_ = nullptr, *initial_ = nullptr;
  Draws<T> draws_;
  Buffer<int32_t> index_;  // of the step, in every lane
  Buffer<void*> operands_;
  Buffer<const T*> latest_;
  // For each channel how its past is kept, if more than the newest values are needed: for pairs of
  // regions, as rows, or as both.
  Buffer<bool> paired_, rowed_;
  Objects<History<T>> history_;
  Objects<RowRing<T, 1>> ring_;
  Objects<DelayedSum<T>> delayed_;
  Objects<OwnDelays> own_delays_;
};

}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
