// The adjoint of one candidate's run, lanes = regions.
//
// From the last segment to the first: run the segment again from its checkpoint with every state
// kept, then walk back through it. What a feature of step t owes to later sums,
//   f_bar_j(t) = sum_i W_ij s_bar_i(t + 1 + d_ij),
// is a delayed sum in reversed time, with weights and delays transposed; to a local sum it owes
//   f_bar_i(t) = s_bar_i(t + 1 + d_i).
#pragma once

#include "brainfit_fast/moment_adjoint.h"
#include "brainfit_fast/network_step.h"
#include "brainfit_fast/rank_update.h"
#include "brainfit_fast/simulate_forward.h"
#include "brainfit_fast/stream.h"
#include "brainfit_fast/transpose.h"
#include "brainfit_fast/weight_gradient.h"

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {

template <class T>
class Adjoint {
 public:
  Adjoint(const Problem<T>& problem, const Couplings<T>& couplings, const Couplings<T>& transposed,
          const BackwardInput<T>& input, const BackwardResult<T>& result, int64_t candidate,
          int64_t group, bool begins_group, const Team* team)
      : problem_(problem),
        node_(*problem.node),
        couplings_(couplings),
        transposed_(transposed),
        input_(input),
        result_(result),
        candidate_(candidate),
        group_(group),
        begins_group_(begins_group),
        team_(team),
        n_(problem.regions) {}

  // False when there is no memory.
  bool run() {
    if (!build()) return false;
    load_final_cotangents();
    for (int64_t s = problem_.segments() - 1; s >= 0; --s) {
      const int64_t first = s * problem_.segment;
      const int64_t steps = min_of(problem_.segment, problem_.steps - first);
      if (stored()) {
        recall(first, steps);
      } else {
        repeat(s, first, steps);
      }
      for (int64_t o = 0; o < problem_.observable_count; ++o) blocks_[o] = {};
      for (int64_t k = steps - 1; k >= 0; --k) step_back(first, k);
      add_weight_gradients(steps);
    }
    store_results();
    return true;
  }

 private:
  static constexpr int kLanes = Vec<T>::kLanes;
  static constexpr int kBlock = 48;  // samples that are taken together for the moments

  bool stored() const { return input_.trajectories != nullptr; }
  bool wants_weights(int64_t k) const { return result_.weights[k] != nullptr; }

  bool build() {
    const int64_t sums = problem_.sum_count, channels = problem_.channel_count;
    if (!network_.build(problem_, couplings_, candidate_, team_)) return false;
    padded_ = network_.padded();
    const int64_t segment = min_of(problem_.segment, problem_.steps);
    // of a kept trajectory, nothing is copied
    const int64_t kept = stored() ? 0 : segment;
    if (!states_.allocate(stored() ? 0 : (segment + 1) * node_.states * padded_) ||
        !sums_.allocate(kept * node_.sums * padded_) ||
        !draws_.allocate(kept * node_.draws * padded_) ||
        !computed_.allocate(streams_computed(problem_) ? segment * node_.observables * padded_ : 0) ||
        !sum_bars_.allocate(segment * node_.sums * padded_) ||
        !bars_.allocate((node_.states + node_.features + node_.inputs + node_.parameters +
                         node_.observables + channels + 1) *
                        padded_) ||
        !operands_.allocate(network_.operand_count()) || !history_.allocate(sums) ||
        !delayed_.allocate(sums) || !ring_.allocate(sums) || !own_delays_.allocate(sums) || !rows_.allocate(channels) || !row_starts_.allocate(channels) ||
        !totals_.allocate(sums) || !moments_.allocate(problem_.observable_count) ||
        !blocks_.allocate(problem_.observable_count) ||
        !block_bars_.allocate(problem_.observable_count)) {
      return false;
    }
    T* row = bars_.get();
    auto take = [&](int64_t count) {
      T* taken = row;
      row += count * padded_;
      return taken;
    };
    state_bars_ = take(node_.states);
    feature_bars_ = take(node_.features);
    input_bars_ = take(node_.inputs);
    parameter_bars_ = take(node_.parameters);
    observable_bars_ = take(node_.observables);
    channel_bars_ = take(channels);
    scratch_ = take(1);
    int64_t deepest = 0;  // of the sums whose delayed weights have a gradient
    for (int64_t k = 0; k < sums; ++k) {
      const SumSpec<T>& sum = problem_.sums[k];
      const int64_t depth = problem_.channels[sum.channel].depth;
      if (sum.delayed_pairs()) {
        if (!history_[k].build(n_, depth) || !delayed_[k].build(&transposed_.delayed(k))) {
          return false;
        }
        delayed_[k].restart();
      }
      if (sum.delayed_self()) {
        if (!ring_[k].build(n_, depth)) return false;
        own_delays_[k].build(sum.delays.of(candidate_), n_);
      }
      if (!wants_weights(k)) continue;
      if (!totals_[k].allocate(n_ * padded_)) return false;
      // features of a whole segment, after the past that its first steps read
      if (!rows_[sum.channel].allocate((depth + segment) * padded_)) return false;
      row_starts_[sum.channel] = depth;
      if (sum.delayed) deepest = max_of(deepest, depth);
    }
    if (deepest > 0) {
      line_stride_ = round_up(deepest + segment + kLanes, kLanes) + kLanes;
      bar_stride_ = round_up(segment + kLanes, kLanes);
      if (!lines_.allocate(padded_ * line_stride_) || !bar_lines_.allocate(padded_ * bar_stride_)) {
        return false;
      }
    }
    return build_moments();
  }

  bool build_moments() {
    for (int64_t k = 0; k < problem_.observable_count; ++k) {
      if (problem_.observables[k].stream != Stream::kMoments) continue;
      const T* mean = input_.means[k] + candidate_ * (n_ + n_ * n_);
      if (!moments_[k].build(cotangent(k), mean, n_, problem_.samples) ||
          !block_samples_.allocate(kBlock * padded_) ||
          !block_bars_[k].allocate(kBlock * padded_)) {
        return false;
      }
    }
    return true;
  }

  const T* cotangent(int64_t k) const {
    return input_.observables[k] + Sink<T>::offset(problem_, k, candidate_);
  }

  void load_final_cotangents() {
    const T* states = input_.states + candidate_ * node_.states * n_;
    for (int64_t k = 0; k < node_.states; ++k) {
      network_.copy(states + k * n_, state_bars_ + k * padded_);
    }
  }

  const T* checkpoint(int64_t s) const {
    const int64_t index = candidate_ * problem_.checkpoint_count() + s;
    return input_.checkpoints + index * problem_.checkpoint_size();
  }

  // Take a segment from the kept trajectory.
  void recall(int64_t first, int64_t steps) {
    // the passes only read what is behind these pointers
    T* data = const_cast<T*>(input_.trajectories) + candidate_ * problem_.trajectory_size();
    const Trajectory<Problem<T>, T> trajectory(problem_, data, padded_);
    segment_states_ = trajectory.states_at(first);
    segment_sums_ = trajectory.sums_at(first);
    segment_draws_ = trajectory.draws_at(first);
    const T* past = checkpoint(0) + node_.states * n_ + network_.draws().words();
    for (int64_t c = 0; c < problem_.channel_count; ++c) {
      const ChannelSpec<T>& channel = problem_.channels[c];
      for (int64_t r = 0; row_starts_[c] > 0 && r < channel.depth + steps; ++r) {
        const int64_t step = first - channel.depth + r;
        network_.copy(step < 0 ? past + (channel.depth + step) * n_
                               : trajectory.states_at(step + 1) + channel.state * padded_,
                      rows_[c].get() + r * padded_);
      }
      past += channel.depth * n_;
    }
  }

  // Run segment s forward from its checkpoint, keeping what the way back needs.
  void repeat(int64_t s, int64_t first, int64_t steps) {
    segment_states_ = states_.get();
    segment_sums_ = sums_.get();
    segment_draws_ = draws_.get();
    network_.load(checkpoint(s), states_.get());
    load_pasts(checkpoint(s));
    const bool computed = streams_computed(problem_);
    for (int64_t k = 0; k < steps; ++k) {
      network_.draws().draw(problem_.start + first + k, draws_at(k));
      network_.couple(sums_at(k));
      network_.advance(first + k, states_at(k), states_at(k + 1), sums_at(k), draws_at(k),
                       computed && sample_of(problem_, first + k) >= 0);
      for (int64_t c = 0; c < problem_.channel_count; ++c) {
        if (row_starts_[c] > 0) network_.copy(network_.latest(c), feature_row(c, k));
      }
      if (computed) {
        __builtin_memcpy(computed_.get() + k * node_.observables * padded_,
                         network_.computed_observables(),
                         static_cast<std::size_t>(node_.observables * padded_) * sizeof(T));
      }
    }
  }

  void load_pasts(const T* checkpoint) {
    checkpoint += node_.states * n_ + network_.draws().words();
    for (int64_t c = 0; c < problem_.channel_count; ++c) {
      const int64_t depth = problem_.channels[c].depth;
      if (row_starts_[c] > 0) {
        for (int64_t t = 0; t < depth; ++t) {
          network_.copy(checkpoint + t * n_, rows_[c].get() + t * padded_);
        }
      }
      checkpoint += depth * n_;
    }
  }

  // What the features of the coming step back owe to later sums and to the final pasts.
  void read_channel_bars(int64_t step) {
    for (int64_t c = 0; c < problem_.channel_count; ++c) {
      T* bar = channel_bars_ + c * padded_;
      const int64_t depth = problem_.channels[c].depth;
      const int64_t age = problem_.steps - 1 - step;
      if (age < depth) {
        copy_padded(input_.pasts[c] + (candidate_ * depth + depth - 1 - age) * n_, n_, padded_, bar);
      } else {
        __builtin_memset(static_cast<void*>(bar), 0, static_cast<std::size_t>(padded_) * sizeof(T));
      }
    }
    for (int64_t k = 0; k < problem_.sum_count; ++k) {
      const SumSpec<T>& sum = problem_.sums[k];
      const T* bar = scratch_;
      if (sum.delayed_pairs()) {
        delayed_[k].read(history_[k], scratch_, team_);
      } else if (sum.delayed_self()) {
        ring_[k].read(own_delays_[k], scratch_);
      } else if (later_ < 0) {
        continue;
      } else if (sum.local) {
        bar = sum_bar(k, later_);
      } else {
        transposed_.dense(k).apply(sum_bar(k, later_), scratch_, team_);
      }
      add_row(bar, n_, channel_bars_ + sum.channel * padded_);
    }
  }

  void step_back(int64_t first, int64_t k) {
    const int64_t step = first + k;
    read_channel_bars(step);
    for (int64_t c = 0; c < problem_.channel_count; ++c) {
      const ChannelSpec<T>& channel = problem_.channels[c];
      const T* bar = channel_bars_ + c * padded_;
      if (channel.feature < 0) {
        add_row(bar, padded_, state_bars_ + channel.state * padded_);
      } else {
        __builtin_memcpy(feature_bars_ + channel.feature * padded_, bar,
                         static_cast<std::size_t>(padded_) * sizeof(T));
      }
    }
    const int64_t sample = sample_of(problem_, step);
    if (sample >= 0) add_observable_bars(first, k, sample);

    network_.load_inputs(step);
    void** operand =
        network_.common_operands(operands_.get(), states_at(k), sums_at(k), draws_at(k));
    const bool sampled = sample >= 0 && node_.adjoint_sampled != nullptr;
    for (int64_t s = 0; s < node_.states; ++s) *operand++ = state_bars_ + s * padded_;
    for (int64_t f = 0; f < node_.features; ++f) *operand++ = feature_bars_ + f * padded_;
    for (int64_t o = 0; sampled && o < node_.observables; ++o) {
      *operand++ = observable_bars_ + o * padded_;
    }
    for (int64_t s = 0; s < node_.states; ++s) *operand++ = state_bars_ + s * padded_;
    for (int64_t s = 0; s < node_.sums; ++s) *operand++ = sum_bar(s, k);
    for (int64_t i = 0; i < node_.inputs; ++i) *operand++ = input_bars_ + i * padded_;
    for (int64_t p = 0; p < node_.parameters; ++p) *operand++ = parameter_bars_ + p * padded_;
    const NodeCall call = {operands_.get(), padded_, kLanes};
    node_.backward_at(problem_.start + step, sampled)(call);

    for (int64_t s = 0; s < problem_.sum_count; ++s) keep_sum_bar(s, sum_bar(s, k));
    later_ = k;
    for (int64_t i = 0; i < node_.inputs; ++i) {
      if (result_.inputs[i] == nullptr) continue;
      network_.copy(input_bars_ + i * padded_,
                    result_.inputs[i] + (candidate_ * problem_.steps + step) * n_);
    }
  }

  void add_observable_bars(int64_t first, int64_t k, int64_t sample) {
    __builtin_memset(static_cast<void*>(observable_bars_), 0,
                     static_cast<std::size_t>(node_.observables * padded_) * sizeof(T));
    for (int64_t o = 0; o < problem_.observable_count; ++o) {
      const ObservableSpec<T>& spec = problem_.observables[o];
      T* target = spec.state >= 0 ? state_bars_ + spec.state * padded_
                                  : observable_bars_ + spec.computed * padded_;
      const T* bar = cotangent(o);
      if (spec.stream == Stream::kSamples) {
        add_row(bar + sample * problem_.sample_stride(), n_, target);
        continue;
      }
      if (spec.stream == Stream::kSquares) {
        const T* value = observed(spec, k);
        const T* wanted = spec.target.of(candidate_) + sample * n_;
        for (int64_t i = 0; i < n_; ++i) target[i] += 2 * bar[i] * (value[i] - wanted[i]);
        continue;
      }
      if (!blocks_[o].holds(sample)) map_moments(o, first, sample);
      add_row(block_bars_[o].get() + (sample - blocks_[o].first) * padded_, n_, target);
    }
  }

  // The values of an observable that is not streamed as samples, after step k of the segment.
  const T* observed(const ObservableSpec<T>& spec, int64_t k) {
    return spec.state >= 0 ? states_at(k + 1) + spec.state * padded_
                           : computed_.get() + (k * node_.observables + spec.computed) * padded_;
  }

  // For a sample and those before it in the segment that begins at `first`.
  void map_moments(int64_t o, int64_t first, int64_t sample) {
    const SampleBlock block = SampleBlock::ending(problem_, first, sample, kBlock);
    for (int64_t r = 0; r < block.count; ++r) {
      const int64_t step = problem_.first + (block.first + r) * problem_.every;
      network_.copy(observed(problem_.observables[o], step - first),
                    block_samples_.get() + r * padded_);
    }
    moments_[o].apply(block_samples_.get(), block.count, block_bars_[o].get(), padded_, team_);
    blocks_[o] = block;
  }

  void add_weight_gradients(int64_t steps) {
    for (int64_t k = 0; k < problem_.sum_count; ++k) {
      if (!wants_weights(k)) continue;
      const SumSpec<T>& sum = problem_.sums[k];
      const int64_t depth = problem_.channels[sum.channel].depth;
      // the adjoints of this sum, one row per step
      const T* bars = sum_bar(k, 0);
      const T* rows = rows_[sum.channel].get();
      if (sum.delayed) {
        rows_to_lines(bars, padded_, steps, n_, bar_lines_.get(), bar_stride_);
        rows_to_lines(rows, padded_, depth + steps, n_, lines_.get(), line_stride_);
        delayed_weight_gradient(bar_lines_.get(), bar_stride_, lines_.get(), line_stride_,
                                sum.delays.of(candidate_), depth, steps, n_, totals_[k].get(),
                                team_);
      } else {
        rank_update(bars, rows + (depth - 1) * padded_, steps, n_, totals_[k].get(), team_);
      }
    }
  }

  void store_results() {
    for (int64_t p = 0; p < node_.parameters; ++p) {
      network_.copy(parameter_bars_ + p * padded_,
                    result_.parameters + (candidate_ * node_.parameters + p) * n_);
    }
    for (int64_t k = 0; k < node_.states; ++k) {
      network_.copy(state_bars_ + k * padded_,
                    result_.states + (candidate_ * node_.states + k) * n_);
    }
    store_past_bars();
    for (int64_t k = 0; k < problem_.sum_count; ++k) {
      if (!wants_weights(k)) continue;
      const bool grouped = problem_.sums[k].weights.stride == 0;
      T* target = result_.weights[k] + (grouped ? group_ : candidate_) * n_ * n_;
      for (int64_t i = 0; i < n_; ++i, target += n_) {
        const T* row = totals_[k].get() + i * padded_;
        if (grouped && !begins_group_) {
          add_row(row, n_, target);
        } else {
          network_.copy(row, target);
        }
      }
    }
  }

  // The recursion at the steps before the first: -1, -2, ...
  void store_past_bars() {
    int64_t deepest = 0;
    for (int64_t c = 0; c < problem_.channel_count; ++c) {
      deepest = max_of(deepest, problem_.channels[c].depth);
    }
    T* nothing = state_bars_;  // stored already
    for (int64_t before = 1; before <= deepest; ++before) {
      read_channel_bars(-before);
      for (int64_t c = 0; c < problem_.channel_count; ++c) {
        const int64_t depth = problem_.channels[c].depth;
        if (before > depth) continue;
        network_.copy(channel_bars_ + c * padded_,
                      result_.pasts[c] + (candidate_ * depth + depth - before) * n_);
      }
      later_ = -1;
      __builtin_memset(static_cast<void*>(nothing), 0, static_cast<std::size_t>(padded_) * sizeof(T));
      for (int64_t k = 0; k < problem_.sum_count; ++k) keep_sum_bar(k, nothing);
    }
  }

  // The adjoint of a sum of the step at hand, for the steps before.
  void keep_sum_bar(int64_t k, const T* bar) {
    if (problem_.sums[k].delayed_pairs()) history_[k].push(bar);
    if (problem_.sums[k].delayed_self()) ring_[k].push(bar);
  }

  T* states_at(int64_t k) { return segment_states_ + k * node_.states * padded_; }
  T* sum_bar(int64_t s, int64_t k) {
    return sum_bars_.get() + (s * min_of(problem_.segment, problem_.steps) + k) * padded_;
  }
  T* sums_at(int64_t k) { return segment_sums_ + k * node_.sums * padded_; }
  T* draws_at(int64_t k) { return segment_draws_ + k * node_.draws * padded_; }
  T* feature_row(int64_t c, int64_t k) {
    return rows_[c].get() + (row_starts_[c] + k) * padded_;
  }

  const Problem<T>& problem_;
  const NodeEntry& node_;
  const Couplings<T>& couplings_;
  const Couplings<T>& transposed_;
  const BackwardInput<T>& input_;
  const BackwardResult<T>& result_;
  const int64_t candidate_;
  const int64_t group_;  // of candidates that share the gradient of shared weights
  const bool begins_group_;
  const Team* team_;
  const int64_t n_;
  int64_t padded_ = 0;

  NetworkStep<T> network_;
  // one segment: states before each step and after the last, sums, draws, observables
  Buffer<T> states_, sums_, draws_, computed_, sum_bars_;
  T *segment_states_ = nullptr, *segment_sums_ = nullptr, *segment_draws_ = nullptr;
  // cotangents of the step at hand
  Buffer<T> bars_;
  T *state_bars_ = nullptr, *feature_bars_ = nullptr, *input_bars_ = nullptr,
    *parameter_bars_ = nullptr, *observable_bars_ = nullptr, *channel_bars_ = nullptr,
    *scratch_ = nullptr;
  int64_t later_ = -1;  // where the adjoints of the sums of the step after stand; -1: there is none
  Buffer<void*> operands_;
  Objects<History<T>> history_;
  Objects<DelayedSum<T>> delayed_;
  Objects<RowRing<T, 1>> ring_;
  Objects<OwnDelays> own_delays_;
  // for the gradient of the weights
  Objects<Buffer<T>> rows_, totals_;
  Buffer<int64_t> row_starts_;
  Buffer<T> lines_, bar_lines_;
  int64_t line_stride_ = 0, bar_stride_ = 0;
  // for the moments
  Objects<MomentAdjoint<T>> moments_;
  Objects<SampleBlock> blocks_;
  Objects<Buffer<T>> block_bars_;
  Buffer<T> block_samples_;
};

}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
