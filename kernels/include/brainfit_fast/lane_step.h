// A group of candidates between two steps, lanes = candidates; sums without delay, or local ones.
//
// A row holds one value of every region for all lanes, [n][kWidth]. Unused lanes repeat the last
// candidate.
#pragma once

#include "brainfit_fast/network_step.h"
#include "brainfit_fast/row_ring.h"
#include "brainfit_fast/tiles.h"

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {

// The weights of every sum that has some, packed for groups.
template <class T>
class LaneCouplings {
 public:
  bool build(const Problem<T>& problem, bool transposed) {
    if (!tiles_.allocate(problem.sum_count)) return false;
    for (int64_t k = 0; k < problem.sum_count; ++k) {
      const SumSpec<T>& sum = problem.sums[k];
      if (!sum.local && !tiles_[k].build(sum.weights.of(0), problem.regions, transposed)) {
        return false;
      }
    }
    return true;
  }
  const Tiles<T>& operator[](int64_t k) const { return tiles_[k]; }

 private:
  Objects<Tiles<T>> tiles_;
};

template <class T>
class LaneStep {
 public:
  static constexpr int64_t kWidth = kTileLanes<T>;
  static constexpr int kLanes = Vec<T>::kLanes;

  // Whether candidates of this problem can be run together.
  static bool serves(const Problem<T>& problem) {
    if (!Couplings<T>::shared(problem)) return false;
    for (int64_t k = 0; k < problem.sum_count; ++k) {
      const SumSpec<T>& sum = problem.sums[k];
      if (sum.delayed_pairs() || sum.delays.stride != 0) return false;
    }
    return true;
  }

  LaneStep(const Problem<T>& problem, const LaneCouplings<T>& couplings, int64_t first,
           int64_t count)
      : problem_(problem),
        node_(*problem.node),
        couplings_(couplings),
        first_(first),
        count_(count),
        n_(problem.regions),
        size_(problem.regions * kWidth),
        words_(2 * problem.node->keys) {}

  bool build() {
    const int64_t rows = node_.parameters + node_.sums + node_.inputs + node_.features +
                         node_.observables + 1 + problem_.channel_count;
    if (!rows_.allocate(rows * size_) || !region_.allocate(size_) || !common_.build(node_, n_) ||
        !drawn_.allocate(common_.size()) || !words_of_one_.allocate(words_) ||
        !key_lanes_.allocate((words_ + 1) * kWidth) || !operands_.allocate(operand_limit()) ||
        !group_.allocate(operand_limit()) || !elements_.allocate(operand_limit()) ||
        !latest_.allocate(problem_.channel_count) || !ring_.allocate(problem_.channel_count) ||
        !own_delays_.allocate(problem_.sum_count)) {
      return false;
    }
    for (int64_t c = 0; c < problem_.channel_count; ++c) {
      const int64_t depth = problem_.channels[c].depth;
      if (depth > 1 && !ring_[c].build(n_, depth)) return false;
    }
    for (int64_t k = 0; k < problem_.sum_count; ++k) {
      if (problem_.sums[k].delayed_self()) own_delays_[k].build(problem_.sums[k].delays.of(0), n_);
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
    features_ = take(node_.features);
    observables_ = take(node_.observables);
    finite_ = take(1);
    initial_ = take(problem_.channel_count);
    for (int64_t k = 0; k < node_.parameters; ++k) {
      spread(problem_.parameters, k * n_, parameters_ + k * size_);
    }
    for (int64_t i = 0; i < n_; ++i) {
      for (int64_t l = 0; l < kWidth; ++l) region_[i * kWidth + l] = static_cast<uint32_t>(i);
    }
    return true;
  }

  // Start from the problem's own initial values; states [states] rows.
  void load_initial(T* states) {
    for (int64_t k = 0; k < node_.states; ++k) {
      spread(problem_.states, k * n_, states + k * size_);
    }
    for (int64_t w = 0; w < words_; ++w) {
      for (int64_t l = 0; l < kWidth; ++l) {
        key_lanes_[w * kWidth + l] = problem_.keys.of(candidate(l))[w];
      }
    }
    compare_keys();
    for (int64_t c = 0; c < problem_.channel_count; ++c) load_past(c, problem_.channels[c].past, 0);
  }

  // The same from checkpoints in the form of NetworkStep; each candidate's own is `stride` after
  // that of the one before.
  void load(const Leaf<T>& checkpoints, T* states) {
    int64_t offset = 0;
    for (int64_t k = 0; k < node_.states; ++k, offset += n_) {
      spread(checkpoints, offset, states + k * size_);
    }
    for (int64_t w = 0; w < words_; ++w, ++offset) {
      for (int64_t l = 0; l < kWidth; ++l) {
        __builtin_memcpy(&key_lanes_[w * kWidth + l], checkpoints.of(candidate(l)) + offset,
                         sizeof(uint32_t));
      }
    }
    compare_keys();
    for (int64_t c = 0; c < problem_.channel_count; ++c) {
      load_past(c, checkpoints, offset);
      offset += problem_.channels[c].depth * n_;
    }
  }

  // Everything that the steps after this one depend on, for each candidate.
  void save(const T* states, T* checkpoints, int64_t stride) const {
    for (int64_t l = 0; l < count_; ++l) {
      T* own = checkpoints + (first_ + l) * stride;
      for (int64_t k = 0; k < node_.states; ++k, own += n_) gather(states + k * size_, l, own);
      for (int64_t w = 0; w < words_; ++w, ++own) {
        *own = 0;
        __builtin_memcpy(own, &key_lanes_[w * kWidth + l], sizeof(uint32_t));
      }
      for (int64_t c = 0; c < problem_.channel_count; ++c) {
        save_past(c, l, own);
        own += problem_.channels[c].depth * n_;
      }
    }
  }

  // past [depth][n] of one lane, oldest first.
  void save_past(int64_t c, int64_t lane, T* past) const {
    const int64_t depth = problem_.channels[c].depth;
    for (int64_t t = 0; t < depth; ++t) {
      gather(depth > 1 ? ring_[c].row(depth - 1 - t) : latest_[c], lane, past + t * n_);
    }
  }

  // As NetworkStep::advance, on rows; draws as well.
  void advance(int64_t step, T* before, T* after, T* sums, T* draws, bool sampled) {
    for (int64_t k = 0; k < problem_.sum_count; ++k) {
      const SumSpec<T>& sum = problem_.sums[k];
      T* target = sums + k * size_;
      if (sum.delayed) {
        ring_[sum.channel].read(own_delays_[k], target);
      } else if (sum.local) {
        __builtin_memcpy(target, latest_[sum.channel], static_cast<std::size_t>(size_) * sizeof(T));
      } else {
        couplings_[k].apply(latest_[sum.channel], target);
      }
    }
    draw(step, draws);
    begin_operands(step, before, sums, draws);
    add_rows(after, node_.states);
    add_rows(features_, node_.features);
    add_rows(finite_, 1);
    add_rows(observables_, node_.observables);
    pass(node_.forward_at(problem_.start + step, sampled));
    for (int64_t c = 0; c < problem_.channel_count; ++c) {
      const ChannelSpec<T>& channel = problem_.channels[c];
      latest_[c] = channel.feature < 0 ? after + channel.state * size_
                                       : features_ + channel.feature * size_;
      if (channel.depth > 1) ring_[c].push(latest_[c]);
    }
  }

  // Start a list of operands with those that both directions read.
  void begin_operands(int64_t step, T* states, T* sums, T* draws) {
    load_inputs(step);
    listed_ = 0;
    add_rows(parameters_, node_.parameters);
    add_rows(sums, node_.sums);
    add_rows(inputs_, node_.inputs);
    add_rows(states, node_.states);
    add_rows(draws, node_.draws);
    add(key_lanes_.get() + words_ * kWidth, sizeof(uint32_t));
  }
  void add_rows(T* base, int64_t count) {
    for (int64_t r = 0; r < count; ++r) add(base + r * size_, sizeof(T));
  }

  // Run a pass on the listed operands, one vector of lanes after the other.
  void pass(NodeFunction function) {
    for (int64_t g = 0; g < kWidth / kLanes; ++g) {
      for (int64_t k = 0; k < listed_; ++k) {
        group_[k] = static_cast<char*>(operands_[k]) + g * kLanes * elements_[k];
      }
      function({group_.get(), size_ - g * kLanes, kWidth});
    }
  }

  // An observable after a step: a state or a computed one.
  const T* observable(int64_t k, const T* states) const {
    const ObservableSpec<T>& spec = problem_.observables[k];
    return spec.state >= 0 ? states + spec.state * size_ : observables_ + spec.computed * size_;
  }

  bool finite(int64_t lane) const {
    T total = 0;
    for (int64_t i = 0; i < n_; ++i) total += finite_[i * kWidth + lane];
    return total == 0;
  }

  // target [n] of one lane.
  void gather(const T* row, int64_t lane, T* target) const {
    for (int64_t i = 0; i < n_; ++i) target[i] = row[i * kWidth + lane];
  }

  // A row from values [n] of every candidate.
  void spread(const Leaf<T>& leaf, int64_t offset, T* row) const {
    for (int64_t l = 0; l < kWidth; ++l) {
      const T* source = leaf.of(candidate(l)) + offset;
      for (int64_t i = 0; i < n_; ++i) row[i * kWidth + l] = source[i];
    }
  }

  int64_t candidate(int64_t lane) const { return first_ + min_of(lane, count_ - 1); }
  int64_t size() const { return size_; }
  int64_t words() const { return words_; }
  T* sums() { return sums_; }
  const T* computed_observables() const { return observables_; }
  const uint32_t* key_words() const { return key_lanes_.get(); }

 private:
  int64_t operand_limit() const {
    return 2 * (node_.parameters + node_.sums + node_.inputs + 2 * node_.states) + node_.draws +
           4 * node_.keys + 2 * node_.features + 2 * node_.observables + 3;
  }

  // What a step draws at random; the words become those of the next step.
  void draw(int64_t step, T* draws) {
    if (node_.draw == nullptr) return;
    if (one_key_) return draw_once(step, draws);
    load_index(step);
    listed_ = 0;
    add_words();
    add(region_.get(), sizeof(uint32_t));
    add(key_lanes_.get() + words_ * kWidth, sizeof(uint32_t));
    add_rows(draws, node_.draws);
    add_words();
    pass(node_.draw);
  }

  // The same for all candidates, lanes = regions.
  void draw_once(int64_t step, T* draws) {
    common_.draw(problem_.start + step, drawn_.get());
    common_.save(words_of_one_.get());
    for (int64_t w = 0; w < words_; ++w) {
      for (int64_t l = 0; l < kWidth; ++l) key_lanes_[w * kWidth + l] = words_of_one_[w];
    }
    for (int64_t k = 0; k < node_.draws; ++k) {
      const T* row = drawn_.get() + k * Dense<T>::padded(n_);
      for (int64_t i = 0; i < n_; ++i, draws += kWidth) {
        for (int64_t l = 0; l < kWidth; ++l) draws[l] = row[i];
      }
    }
  }

  // After the words were set: whether candidates draw together.
  void compare_keys() {
    one_key_ = true;
    for (int64_t w = 0; w < words_; ++w) {
      words_of_one_[w] = key_lanes_[w * kWidth];
      for (int64_t l = 1; l < kWidth; ++l) {
        one_key_ &= key_lanes_[w * kWidth + l] == words_of_one_[w];
      }
    }
    common_.load(words_of_one_.get());
  }

  void load_index(int64_t step) {
    if (!node_.reads_step) return;
    const int32_t index = static_cast<int32_t>(problem_.start + step);
    for (int64_t l = 0; l < kWidth; ++l) {
      key_lanes_[words_ * kWidth + l] = static_cast<uint32_t>(index);
    }
  }
  void add(void* operand, std::size_t element) {
    operands_[listed_] = operand;
    elements_[listed_++] = static_cast<int64_t>(element);
  }
  void add_words() {
    for (int64_t w = 0; w < words_; ++w) add(key_lanes_.get() + w * kWidth, sizeof(uint32_t));
  }

  // Of every candidate [depth][n], oldest first.
  void load_past(int64_t c, const Leaf<T>& leaf, int64_t offset) {
    const int64_t depth = problem_.channels[c].depth;
    for (int64_t t = 0; depth > 1 && t < depth; ++t) spread(leaf, offset + t * n_, ring_[c].next());
    spread(leaf, offset + (depth - 1) * n_, initial_ + c * size_);
    latest_[c] = initial_ + c * size_;
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
    load_index(step);
  }

  const Problem<T>& problem_;
  const NodeEntry& node_;
  const LaneCouplings<T>& couplings_;
  const int64_t first_, count_, n_, size_, words_;
  Buffer<T> rows_;
  T *parameters_ = nullptr, *sums_ = nullptr, *inputs_ = nullptr, *features_ = nullptr,
    *observables_ = nullptr, *finite_ = nullptr, *initial_ = nullptr;
  Buffer<uint32_t> region_;
  // Where all candidates draw the same.
  bool one_key_ = false;
  Draws<T> common_;
  Buffer<T> drawn_;
  Buffer<uint32_t> words_of_one_;
  Buffer<uint32_t> key_lanes_;  // words of the keys, then the index of the step
  int64_t listed_ = 0;
  Buffer<void*> operands_, group_;
  Buffer<int64_t> elements_;
  Buffer<const T*> latest_;
  Objects<RowRing<T, kWidth>> ring_;  // of the channels whose past is longer than one step
  Objects<OwnDelays> own_delays_;
};

}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
