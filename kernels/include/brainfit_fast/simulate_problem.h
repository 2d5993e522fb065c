// One simulation of all candidates, or its adjoint, as plain pointers.
#pragma once

#include <cstdint>

#include "brainfit_fast/node_entry.h"

namespace brainfit_fast {

// An array with one slice per candidate, or one for all of them (stride 0).
template <class T>
struct Leaf {
  const T* data = nullptr;
  int64_t stride = 0;
  const T* of(int64_t candidate) const { return data + candidate * stride; }
};

// What is kept of an observable.
enum class Stream : int64_t { kSamples = 0, kMoments = 1, kSquares = 2 };

template <class T>
struct ChannelSpec {
  int64_t state;    // whose values it carries, if it does not emit
  int64_t feature;  // which feature of the node it is; -1: the state itself
  int64_t depth;
  Leaf<T> past;  // [depth][n], oldest first
};

template <class T>
struct SumSpec {
  int64_t channel;
  bool delayed;
  bool local;       // each region reads its own past, without weights
  Leaf<T> weights;  // [n][n], row = target
  Leaf<int32_t> delays;  // [n][n], or [n] where it is local
  // Whether pairs of regions have delays.
  bool delayed_pairs() const { return delayed && !local; }
  bool delayed_self() const { return delayed && local; }
};

template <class T>
struct ObservableSpec {
  int64_t state;     // which state it is; -1: computed
  int64_t computed;  // which computed observable
  Stream stream;
  Leaf<T> target;  // [samples][n], for squares
};

// Calls work(argument, i) for each i in [0, count) and returns when all have finished.
struct Share {
  int64_t threads = 1;
  void* context = nullptr;
  void (*run)(void* context, int64_t count, void (*work)(void*, int64_t), void* argument) = nullptr;
};

template <class T>
struct Problem {
  const NodeEntry* node;
  int64_t candidates, regions, steps, first, every, samples;
  bool time_first;  // samples lie [samples][candidates][n], not [candidates][samples][n]
  int64_t segment;  // steps that the adjoint walks back at once
  bool stored;      // the trajectory is kept: one checkpoint, nothing is run again
  int64_t start;    // index of the first step
  Leaf<T> parameters;  // [parameters][n]
  Leaf<T> states;      // [states][n]
  Leaf<uint32_t> keys;  // [keys][2]
  const Leaf<T>* inputs;  // each [steps][width]
  const int64_t* input_widths;  // 1 or n
  int64_t channel_count, sum_count, observable_count;
  const ChannelSpec<T>* channels;
  const SumSpec<T>* sums;
  const ObservableSpec<T>* observables;
  // Threads: those that share the candidates, and those that share the rows of one candidate at
  // every step; null without any.
  Share over_candidates;
  Share over_rows;

  int64_t segments() const { return (steps + segment - 1) / segment; }
  int64_t checkpoint_count() const { return stored ? 1 : segments(); }
  // Elements of a kept trajectory: states before every step and after the last, sums, draws. There
  // is room for the padding of the widest vectors.
  int64_t trajectory_size() const {
    constexpr int64_t kWidest = 64 / sizeof(T);
    const int64_t padded = (regions + kWidest - 1) / kWidest * kWidest;
    return ((steps + 1) * node->states + steps * (node->sums + node->draws)) * padded;
  }
  // Whether all candidates draw the same at random.
  bool shares_noise() const {
    bool equal = true;
    for (int64_t c = 1; keys.stride != 0 && c < candidates; ++c) {
      for (int64_t w = 0; w < 2 * node->keys; ++w) equal &= keys.of(c)[w] == keys.of(0)[w];
    }
    return equal;
  }
  // Samples that are kept: where those of a candidate begin, and how far apart they are.
  int64_t samples_begin(int64_t candidate) const {
    return candidate * (time_first ? regions : samples * regions);
  }
  int64_t sample_stride() const { return time_first ? candidates * regions : regions; }
  // Elements of one checkpoint: states, words of the keys (as elements), pasts.
  int64_t checkpoint_size() const {
    int64_t size = node->states * regions + 2 * node->keys;
    for (int64_t c = 0; c < channel_count; ++c) size += channels[c].depth * regions;
    return size;
  }
};

// Where the results go; slices of candidates follow one another.
template <class T>
struct ForwardResult {
  T* const* observables;  // samples, moments: mean [n] then comoment [n][n], squares [n]
  T* states;
  uint32_t* keys;
  T* const* pasts;
  bool* finite;
  T* checkpoints;  // null: none
  T* trajectories;  // null: none
};

template <class T>
struct BackwardInput {
  const T* checkpoints;
  const T* trajectories;  // null: run every segment again
  const T* const* observables;  // cotangents, as in ForwardResult
  const T* const* means;        // of the moments, from the forward run; else null
  const T* states;
  const T* const* pasts;
};

// Shared weights have one gradient for all candidates. It is summed over groups of them, one after
// the other in each, so that memory does not grow with candidates nor the result depend on threads.
constexpr int64_t kWeightGroups = 16;

// How many gradients of one sum's weights there are.
inline int64_t weight_groups(bool shared, int64_t candidates) {
  return shared && candidates > kWeightGroups ? kWeightGroups : candidates;
}

template <class T>
struct BackwardResult {
  T* parameters;
  T* states;
  T* const* pasts;
  T* const* weights;  // one slice per group; null entries: not wanted
  T* const* inputs;   // each [steps][n]; null entries: not wanted
};

}  // namespace brainfit_fast
