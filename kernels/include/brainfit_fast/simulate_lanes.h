// The forward run of a group of candidates, lanes = candidates; sums without delay.
#pragma once

#include "brainfit_fast/network_step.h"
#include "brainfit_fast/stream.h"
#include "brainfit_fast/tiles.h"
#include "brainfit_fast/transpose.h"

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {

template <class T>
class Lanes {
 public:
  static constexpr int64_t kWidth = kTileLanes<T>;

  // Whether a group of candidates can be run together.
  static bool serves(const Problem<T>& problem) {
    if (!Couplings<T>::shared(problem)) return false;
    for (int64_t k = 0; k < problem.sum_count; ++k) {
      if (problem.sums[k].delayed) return false;
    }
    for (int64_t c = 0; c < problem.channel_count; ++c) {
      if (problem.channels[c].depth > 1) return false;
    }
    return true;
  }

  // Candidates [first, first + count), count <= kWidth; unused lanes repeat the last one.
  // False when there is no memory.
  static bool forward(const Problem<T>& problem, const Objects<Tiles<T>>& tiles,
                      const ForwardResult<T>& result, int64_t first, int64_t count) {
    Lanes lanes(problem, tiles, result, first, count);
    if (!lanes.build()) return false;
    lanes.load();
    lanes.run();
    lanes.store_results();
    return true;
  }

 private:
  static constexpr int kLanes = Vec<T>::kLanes;

  Lanes(const Problem<T>& problem, const Objects<Tiles<T>>& tiles, const ForwardResult<T>& result,
        int64_t first, int64_t count)
      : problem_(problem),
        node_(*problem.node),
        tiles_(tiles),
        result_(result),
        first_(first),
        count_(count),
        n_(problem.regions),
        size_(problem.regions * kWidth) {}

  bool build() {
    words_ = 2 * node_.keys;
    const int64_t rows = node_.parameters + node_.sums + node_.inputs + node_.states +
                         node_.features + node_.observables + 1 + problem_.channel_count;
    if (!rows_.allocate(rows * size_) || !region_.allocate(size_) ||
        !key_lanes_.allocate((words_ + 1) * kWidth) || !operands_.allocate(operand_count()) ||
        !group_.allocate(operand_count()) || !advances_.allocate(operand_count()) ||
        !latest_.allocate(problem_.channel_count) ||
        !sinks_.allocate(problem_.observable_count * count_) ||
        !samples_.allocate(kWidth * padded())) {
      return false;
    }
    T* row = rows_.get();
    auto take = [&](int64_t count) {
      T* taken = row;
      row += count * size_;
      return taken;
    };
    parameters_ = take(node_.parameters);
    sums_ = take(node_.sums);
    inputs_ = take(node_.inputs);
    states_ = take(node_.states);
    features_ = take(node_.features);
    observables_ = take(node_.observables);
    finite_ = take(1);
    initial_ = take(problem_.channel_count);
    for (int64_t k = 0; k < problem_.observable_count; ++k) {
      const int64_t size = Sink<T>::size(problem_, k);
      for (int64_t l = 0; l < count_; ++l) {
        T* own = result_.observables[k] + (first_ + l) * size;
        if (!sinks_[k * count_ + l].build(problem_, k, first_ + l, padded(), own)) return false;
      }
    }
    return true;
  }

  int64_t padded() const { return Dense<T>::padded(n_); }
  int64_t candidate(int64_t lane) const { return first_ + min_of(lane, count_ - 1); }

  int64_t operand_count() const {
    return node_.parameters + node_.sums + node_.inputs + 2 * node_.states + 4 * node_.keys +
           node_.features + node_.observables + 3;
  }

  // target [n][lanes] from one row [n] of every candidate.
  void spread(const Leaf<T>& leaf, int64_t offset, T* target) {
    for (int64_t l = 0; l < kWidth; ++l) {
      const T* source = leaf.of(candidate(l)) + offset;
      for (int64_t i = 0; i < n_; ++i) target[i * kWidth + l] = source[i];
    }
  }

  void load() {
    for (int64_t k = 0; k < node_.parameters; ++k) {
      spread(problem_.parameters, k * n_, parameters_ + k * size_);
    }
    for (int64_t k = 0; k < node_.states; ++k) {
      spread(problem_.states, k * n_, states_ + k * size_);
    }
    for (int64_t c = 0; c < problem_.channel_count; ++c) {
      spread(problem_.channels[c].past, 0, initial_ + c * size_);
      latest_[c] = initial_ + c * size_;
    }
    for (int64_t i = 0; i < n_; ++i) {
      for (int64_t l = 0; l < kWidth; ++l) region_[i * kWidth + l] = static_cast<uint32_t>(i);
    }
    for (int64_t w = 0; w < words_; ++w) {
      for (int64_t l = 0; l < kWidth; ++l) {
        key_lanes_[w * kWidth + l] = problem_.keys.of(candidate(l))[w];
      }
    }
    list_operands();
  }

  // The operands of the first vector of lanes, and how each one moves to the next.
  void list_operands() {
    int64_t k = 0;
    auto rows = [&](T* base, int64_t count) {
      for (int64_t r = 0; r < count; ++r) list(k++, base + r * size_, sizeof(T));
    };
    auto words = [&] {
      for (int64_t w = 0; w < words_; ++w) {
        list(k++, key_lanes_.get() + w * kWidth, sizeof(uint32_t));
      }
    };
    rows(parameters_, node_.parameters);
    rows(sums_, node_.sums);
    rows(inputs_, node_.inputs);
    rows(states_, node_.states);
    words();
    list(k++, region_.get(), sizeof(uint32_t));
    list(k++, key_lanes_.get() + words_ * kWidth, sizeof(uint32_t));
    rows(states_, node_.states);
    rows(features_, node_.features);
    words();
    rows(finite_, 1);
    rows(observables_, node_.observables);
  }

  void list(int64_t k, void* operand, std::size_t element) {
    operands_[k] = operand;
    advances_[k] = static_cast<int64_t>(element) * kLanes;
  }

  void run() {
    int64_t until_sample = problem_.first, sample = 0;
    for (int64_t step = 0; step < problem_.steps; ++step) {
      const bool sampled = until_sample-- == 0;
      advance(step, sampled);
      if (!sampled) continue;
      until_sample = problem_.every - 1;
      for (int64_t k = 0; k < problem_.observable_count; ++k) keep(k, sample);
      ++sample;
    }
  }

  void advance(int64_t step, bool sampled) {
    for (int64_t k = 0; k < problem_.sum_count; ++k) {
      tiles_[k].apply(latest_[problem_.sums[k].channel], sums_ + k * size_);
    }
    load_inputs(step);
    const NodeFunction pass =
        sampled && node_.advance_sampled != nullptr ? node_.advance_sampled : node_.advance;
    for (int64_t g = 0; g < kWidth / kLanes; ++g) {
      for (int64_t k = 0; k < operand_count(); ++k) {
        group_[k] = static_cast<char*>(operands_[k]) + g * advances_[k];
      }
      pass({group_.get(), size_ - g * kLanes, kWidth});
    }
    for (int64_t c = 0; c < problem_.channel_count; ++c) {
      const ChannelSpec<T>& channel = problem_.channels[c];
      latest_[c] = channel.feature < 0 ? states_ + channel.state * size_
                                       : features_ + channel.feature * size_;
    }
  }

  void load_inputs(int64_t step) {
    for (int64_t k = 0; k < node_.inputs; ++k) {
      const int64_t width = problem_.input_widths[k];
      T* target = inputs_ + k * size_;
      for (int64_t l = 0; l < kWidth; ++l) {
        const T* row = problem_.inputs[k].of(candidate(l)) + step * width;
        for (int64_t i = 0; i < n_; ++i) target[i * kWidth + l] = row[width == n_ ? i : 0];
      }
    }
    if (node_.reads_step) {
      const int32_t index = static_cast<int32_t>(problem_.start + step);
      for (int64_t l = 0; l < kWidth; ++l) {
        key_lanes_[words_ * kWidth + l] = static_cast<uint32_t>(index);
      }
    }
  }

  // Hand sample m of every candidate to its sink.
  void keep(int64_t k, int64_t m) {
    const ObservableSpec<T>& spec = problem_.observables[k];
    const T* rows = spec.state >= 0 ? states_ + spec.state * size_
                                    : observables_ + spec.computed * size_;
    if (spec.stream == Stream::kSamples) {
      const int64_t stride = problem_.samples * n_;
      T* target = result_.observables[k] + first_ * stride + m * n_;
      transpose(rows, kWidth, n_, count_, target, stride);
      return;
    }
    transpose(rows, kWidth, n_, kWidth, samples_.get(), padded());
    for (int64_t l = 0; l < count_; ++l) {
      sinks_[k * count_ + l].add(m, samples_.get() + l * padded());
    }
  }

  void gather(const T* rows, int64_t lane, T* target) const {
    for (int64_t i = 0; i < n_; ++i) target[i] = rows[i * kWidth + lane];
  }

  void store_results() {
    for (int64_t k = 0; k < problem_.observable_count * count_; ++k) sinks_[k].finish();
    for (int64_t l = 0; l < count_; ++l) {
      const int64_t c = first_ + l;
      for (int64_t k = 0; k < node_.states; ++k) {
        gather(states_ + k * size_, l, result_.states + (c * node_.states + k) * n_);
      }
      for (int64_t w = 0; w < words_; ++w) {
        result_.keys[c * words_ + w] = key_lanes_[w * kWidth + l];
      }
      for (int64_t k = 0; k < problem_.channel_count; ++k) {
        gather(latest_[k], l, result_.pasts[k] + c * n_);
      }
      T total = 0;
      for (int64_t i = 0; i < n_; ++i) total += finite_[i * kWidth + l];
      result_.finite[c] = total == 0;
    }
  }

  const Problem<T>& problem_;
  const NodeEntry& node_;
  const Objects<Tiles<T>>& tiles_;
  const ForwardResult<T>& result_;
  const int64_t first_, count_, n_, size_;
  int64_t words_ = 0;
  Buffer<T> rows_, samples_;
  T *parameters_ = nullptr, *sums_ = nullptr, *inputs_ = nullptr, *states_ = nullptr,
    *features_ = nullptr, *observables_ = nullptr, *finite_ = nullptr, *initial_ = nullptr;
  Buffer<uint32_t> region_, key_lanes_;
  Buffer<void*> operands_, group_;
  Buffer<int64_t> advances_;
  Buffer<const T*> latest_;
  Objects<Sink<T>> sinks_;
};

}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
