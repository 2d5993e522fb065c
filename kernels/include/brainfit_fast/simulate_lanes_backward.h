// The adjoint of a group of candidates' run, lanes = candidates; without the gradient of weights.
// See simulate_backward.h for the scheme.
#pragma once

#include "brainfit_fast/lane_step.h"
#include "brainfit_fast/moment_adjoint.h"
#include "brainfit_fast/stream.h"
#include "brainfit_fast/transpose.h"

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {

template <class T>
class LaneAdjoint {
 public:
  static constexpr int64_t kWidth = kTileLanes<T>;
  // Samples that are taken together for the moments.
  static constexpr int64_t kBlock = 18;

  LaneAdjoint(const Problem<T>& problem, const LaneCouplings<T>& couplings,
              const LaneCouplings<T>& transposed, const BackwardInput<T>& input,
              const BackwardResult<T>& result, int64_t first, int64_t count)
      : problem_(problem),
        node_(*problem.node),
        transposed_(transposed),
        input_(input),
        result_(result),
        first_(first),
        count_(count),
        n_(problem.regions),
        size_(problem.regions * kWidth),
        network_(problem, couplings, first, count) {}

  static bool serves(const Problem<T>& problem, const BackwardResult<T>& result) {
    if (problem.stored) return false;
    for (int64_t k = 0; k < problem.sum_count; ++k) {
      if (result.weights[k] != nullptr) return false;
    }
    return LaneStep<T>::serves(problem);
  }

  // False when there is no memory.
  bool run() {
    if (!build()) return false;
    spread(input_.states, node_.states * n_, node_.states, state_bars_);
    for (int64_t s = problem_.segments() - 1; s >= 0; --s) {
      const int64_t first = s * problem_.segment;
      const int64_t steps = min_of(problem_.segment, problem_.steps - first);
      repeat(s, first, steps);
      for (int64_t o = 0; o < problem_.observable_count; ++o) blocks_[o] = {};
      for (int64_t k = steps - 1; k >= 0; --k) step_back(first, k);
    }
    store_results();
    return true;
  }

 private:
  bool build() {
    const int64_t segment = min_of(problem_.segment, problem_.steps);
    if (!network_.build() || !states_.allocate((segment + 1) * node_.states * size_) ||
        !sums_.allocate(segment * node_.sums * size_) ||
        !draws_.allocate(segment * node_.draws * size_) ||
        !computed_.allocate(streams_computed(problem_) ? segment * node_.observables * size_ : 0) ||
        !bars_.allocate((node_.states + node_.sums + node_.features + node_.inputs +
                         node_.parameters + node_.observables + problem_.channel_count + 1) *
                        size_) ||
        !samples_.allocate(kWidth * padded()) || !ring_.allocate(problem_.sum_count) ||
        !own_delays_.allocate(problem_.sum_count) ||
        !moments_.allocate(problem_.observable_count * count_) ||
        !blocks_.allocate(problem_.observable_count) ||
        !block_bars_.allocate(problem_.observable_count)) {
      return false;
    }
    for (int64_t k = 0; k < problem_.sum_count; ++k) {
      const SumSpec<T>& sum = problem_.sums[k];
      if (!sum.delayed) continue;
      if (!ring_[k].build(n_, problem_.channels[sum.channel].depth)) return false;
      own_delays_[k].build(sum.delays.of(0), n_);
    }
    T* row = bars_.get();
    auto take = [&](int64_t count) {
      T* taken = row;
      row += count * size_;
      return taken;
    };
    state_bars_ = take(node_.states);
    sum_bars_ = take(node_.sums);
    feature_bars_ = take(node_.features);
    input_bars_ = take(node_.inputs);
    parameter_bars_ = take(node_.parameters);
    observable_bars_ = take(node_.observables);
    channel_bars_ = take(problem_.channel_count);
    scratch_ = take(1);
    return build_moments();
  }

  bool build_moments() {
    const int64_t size = kWidth * kBlock * padded();
    for (int64_t k = 0; k < problem_.observable_count; ++k) {
      if (problem_.observables[k].stream != Stream::kMoments) continue;
      for (int64_t l = 0; l < count_; ++l) {
        const T* mean = input_.means[k] + (first_ + l) * (n_ + n_ * n_);
        if (!moments_[k * count_ + l].build(cotangent(k, l), mean, n_, problem_.samples)) {
          return false;
        }
      }
      if (!block_samples_.allocate(size) || !block_bars_[k].allocate(size)) return false;
    }
    return true;
  }

  int64_t padded() const { return Dense<T>::padded(n_); }

  const T* cotangent(int64_t k, int64_t lane) const {
    return input_.observables[k] + Sink<T>::offset(problem_, k, network_.candidate(lane));
  }

  // Rows from arrays [candidate][count][n].
  void spread(const T* data, int64_t stride, int64_t count, T* rows) const {
    const Leaf<T> leaf{data, stride};
    for (int64_t k = 0; k < count; ++k) network_.spread(leaf, k * n_, rows + k * size_);
  }

  void repeat(int64_t s, int64_t first, int64_t steps) {
    const int64_t stride = problem_.checkpoint_count() * problem_.checkpoint_size();
    network_.load({input_.checkpoints + s * problem_.checkpoint_size(), stride}, states_.get());
    const bool computed = streams_computed(problem_);
    for (int64_t k = 0; k < steps; ++k) {
      network_.advance(first + k, states_at(k), states_at(k + 1), sums_at(k), draws_at(k),
                       computed && sample_of(problem_, first + k) >= 0);
      if (computed) {
        copy(network_.computed_observables(), node_.observables * size_,
             computed_.get() + k * node_.observables * size_);
      }
    }
  }

  template <class X>
  static void copy(const X* source, int64_t count, X* target) {
    __builtin_memcpy(static_cast<void*>(target), source,
                     static_cast<std::size_t>(count) * sizeof(X));
  }

  // What the features of the coming step back owe to later sums and to the final pasts.
  void read_channel_bars(int64_t step) {
    for (int64_t c = 0; c < problem_.channel_count; ++c) {
      T* bar = channel_bars_ + c * size_;
      const int64_t depth = problem_.channels[c].depth;
      const int64_t age = problem_.steps - 1 - step;
      if (age < depth) {
        network_.spread({input_.pasts[c], depth * n_}, (depth - 1 - age) * n_, bar);
      } else {
        __builtin_memset(static_cast<void*>(bar), 0, static_cast<std::size_t>(size_) * sizeof(T));
      }
    }
    for (int64_t k = 0; k < problem_.sum_count; ++k) {
      const SumSpec<T>& sum = problem_.sums[k];
      const T* bar = scratch_;
      if (sum.delayed) {
        ring_[k].read(own_delays_[k], scratch_);
      } else if (!later_) {
        continue;
      } else if (sum.local) {
        bar = sum_bars_ + k * size_;
      } else {
        transposed_[k].apply(sum_bars_ + k * size_, scratch_);
      }
      add_row(bar, size_, channel_bars_ + sum.channel * size_);
    }
  }

  void step_back(int64_t first, int64_t k) {
    const int64_t step = first + k;
    read_channel_bars(step);
    for (int64_t c = 0; c < problem_.channel_count; ++c) {
      const ChannelSpec<T>& channel = problem_.channels[c];
      const T* bar = channel_bars_ + c * size_;
      if (channel.feature < 0) {
        add_row(bar, size_, state_bars_ + channel.state * size_);
      } else {
        copy(bar, size_, feature_bars_ + channel.feature * size_);
      }
    }
    const int64_t sample = sample_of(problem_, step);
    if (sample >= 0) add_observable_bars(first, k, sample);
    const bool sampled = sample >= 0 && node_.adjoint_sampled != nullptr;
    network_.begin_operands(step, states_at(k), sums_at(k), draws_at(k));
    network_.add_rows(state_bars_, node_.states);
    network_.add_rows(feature_bars_, node_.features);
    if (sampled) network_.add_rows(observable_bars_, node_.observables);
    network_.add_rows(state_bars_, node_.states);
    network_.add_rows(sum_bars_, node_.sums);
    network_.add_rows(input_bars_, node_.inputs);
    network_.add_rows(parameter_bars_, node_.parameters);
    network_.pass(node_.backward_at(problem_.start + step, sampled));
    keep_sum_bars();
    later_ = true;
    for (int64_t i = 0; i < node_.inputs; ++i) {
      if (result_.inputs[i] == nullptr) continue;
      for (int64_t l = 0; l < count_; ++l) {
        network_.gather(input_bars_ + i * size_, l,
                        result_.inputs[i] + ((first_ + l) * problem_.steps + step) * n_);
      }
    }
  }

  void add_observable_bars(int64_t first, int64_t k, int64_t sample) {
    __builtin_memset(static_cast<void*>(observable_bars_), 0,
                     static_cast<std::size_t>(node_.observables * size_) * sizeof(T));
    for (int64_t o = 0; o < problem_.observable_count; ++o) {
      const ObservableSpec<T>& spec = problem_.observables[o];
      T* target = spec.state >= 0 ? state_bars_ + spec.state * size_
                                  : observable_bars_ + spec.computed * size_;
      switch (spec.stream) {
        case Stream::kSamples:
          // candidates follow one another at the distance of samples_begin(1)
          transpose(input_.observables[o] + problem_.samples_begin(first_) +
                        sample * problem_.sample_stride(),
                    problem_.samples_begin(1), count_, n_, scratch_, kWidth);
          break;
        case Stream::kSquares:
          square_bars(o, sample, observed(spec, k));
          break;
        case Stream::kMoments:
          if (!blocks_[o].holds(sample)) map_moments(o, first, sample);
          transpose(block_bars_[o].get() + (sample - blocks_[o].first) * padded(),
                    kBlock * padded(), kWidth, n_, scratch_, kWidth);
          break;
      }
      add_row(scratch_, size_, target);
    }
  }

  // The values of an observable that is not streamed as samples, after step k of the segment.
  const T* observed(const ObservableSpec<T>& spec, int64_t k) {
    return spec.state >= 0 ? states_at(k + 1) + spec.state * size_
                           : computed_.get() + (k * node_.observables + spec.computed) * size_;
  }

  void square_bars(int64_t o, int64_t sample, const T* value) {
    transpose(value, kWidth, n_, kWidth, samples_.get(), padded());
    for (int64_t l = 0; l < count_; ++l) {
      const T* bar = cotangent(o, l);
      const T* wanted = problem_.observables[o].target.of(first_ + l) + sample * n_;
      T* own = samples_.get() + l * padded();
      for (int64_t i = 0; i < n_; ++i) own[i] = 2 * bar[i] * (own[i] - wanted[i]);
    }
    transpose(samples_.get(), padded(), kWidth, n_, scratch_, kWidth);
  }

  // For a sample and those before it in the segment that begins at `first`.
  void map_moments(int64_t o, int64_t first, int64_t sample) {
    const SampleBlock block = SampleBlock::ending(problem_, first, sample, kBlock);
    const int64_t size = kBlock * padded();
    for (int64_t r = 0; r < block.count; ++r) {
      const int64_t step = problem_.first + (block.first + r) * problem_.every;
      transpose(observed(problem_.observables[o], step - first), kWidth, n_, kWidth,
                block_samples_.get() + r * padded(), size);
    }
    for (int64_t l = 0; l < count_; ++l) {
      moments_[o * count_ + l].apply(block_samples_.get() + l * size, block.count,
                                     block_bars_[o].get() + l * size, padded(), nullptr);
    }
    blocks_[o] = block;
  }

  // The adjoints of the sums of the step at hand, for the steps before.
  void keep_sum_bars() {
    for (int64_t k = 0; k < problem_.sum_count; ++k) {
      if (problem_.sums[k].delayed) ring_[k].push(sum_bars_ + k * size_);
    }
  }

  void store_results() {
    for (int64_t l = 0; l < count_; ++l) {
      const int64_t c = first_ + l;
      for (int64_t p = 0; p < node_.parameters; ++p) {
        network_.gather(parameter_bars_ + p * size_, l,
                        result_.parameters + (c * node_.parameters + p) * n_);
      }
      for (int64_t k = 0; k < node_.states; ++k) {
        network_.gather(state_bars_ + k * size_, l, result_.states + (c * node_.states + k) * n_);
      }
    }
    store_past_bars();
  }

  // The recursion at the steps before the first: -1, -2, ...
  void store_past_bars() {
    int64_t deepest = 0;
    for (int64_t c = 0; c < problem_.channel_count; ++c) {
      deepest = max_of(deepest, problem_.channels[c].depth);
    }
    for (int64_t before = 1; before <= deepest; ++before) {
      read_channel_bars(-before);
      for (int64_t k = 0; k < problem_.channel_count; ++k) {
        const int64_t depth = problem_.channels[k].depth;
        for (int64_t l = 0; before <= depth && l < count_; ++l) {
          network_.gather(channel_bars_ + k * size_, l,
                          result_.pasts[k] + ((first_ + l) * depth + depth - before) * n_);
        }
      }
      later_ = false;
      __builtin_memset(static_cast<void*>(sum_bars_), 0,
                       static_cast<std::size_t>(node_.sums * size_) * sizeof(T));
      keep_sum_bars();
    }
  }

  T* states_at(int64_t k) { return states_.get() + k * node_.states * size_; }
  T* sums_at(int64_t k) { return sums_.get() + k * node_.sums * size_; }
  T* draws_at(int64_t k) { return draws_.get() + k * node_.draws * size_; }

  const Problem<T>& problem_;
  const NodeEntry& node_;
  const LaneCouplings<T>& transposed_;
  const BackwardInput<T>& input_;
  const BackwardResult<T>& result_;
  const int64_t first_, count_, n_, size_;
  LaneStep<T> network_;
  // one segment
  Buffer<T> states_, sums_, draws_, computed_;
  // cotangents of the step at hand
  Buffer<T> bars_;
  T *state_bars_ = nullptr, *sum_bars_ = nullptr, *feature_bars_ = nullptr, *input_bars_ = nullptr,
    *parameter_bars_ = nullptr, *observable_bars_ = nullptr, *channel_bars_ = nullptr,
    *scratch_ = nullptr;
  bool later_ = false;  // whether there is a step after, whose sums have adjoints
  Objects<RowRing<T, kWidth>> ring_;  // adjoints of the delayed sums
  Objects<OwnDelays> own_delays_;
  Buffer<T> samples_;
  // for the moments
  Objects<MomentAdjoint<T>> moments_;
  Objects<SampleBlock> blocks_;
  Objects<Buffer<T>> block_bars_;  // [lanes][kBlock][padded]
  Buffer<T> block_samples_;        // the same
};

}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
