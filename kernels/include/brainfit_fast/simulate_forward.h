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
        word_count(2 * problem.node->keys),
        states(data),
        sums(states + (problem.steps + 1) * state_stride),
        words(sums + problem.steps * sum_stride) {}

  T* states_at(int64_t step) const { return states + step * state_stride; }
  T* sums_at(int64_t step) const { return sums + step * sum_stride; }
  T* words_at(int64_t step) const { return words + step * word_count; }

  int64_t state_stride, sum_stride, word_count;
  T *states, *sums, *words;
};

// False when there is no memory.
template <class T>
bool forward_one(const Problem<T>& problem, const Couplings<T>& couplings,
                 const ForwardResult<T>& result, int64_t candidate, const Team* team) {
  const NodeEntry& node = *problem.node;
  const int64_t n = problem.regions;
  NetworkStep<T> network;
  Objects<Sink<T>> sinks;
  Buffer<T> states;
  if (!network.build(problem, couplings, candidate, team) ||
      !sinks.allocate(problem.observable_count) ||
      !states.allocate(node.states * network.padded())) {
    return false;
  }
  for (int64_t k = 0; k < problem.observable_count; ++k) {
    if (!sinks[k].build(problem, k, candidate, network.padded(), result.observables[k])) return false;
  }
  network.load_initial(states.get());
  const int64_t checkpoint_size = problem.checkpoint_size();
  T* checkpoint = result.checkpoints == nullptr
                      ? nullptr
                      : result.checkpoints + candidate * problem.checkpoint_count() * checkpoint_size;
  const bool stored = result.trajectories != nullptr;
  const int64_t trajectory_size = problem.trajectory_size();
  const Trajectory<Problem<T>, T> trajectory(
      problem, stored ? result.trajectories + candidate * trajectory_size : nullptr,
      network.padded());
  T *before = states.get(), *after = states.get(), *sums = network.sums();
  if (stored) {
    __builtin_memcpy(trajectory.states, states.get(),
                     static_cast<std::size_t>(trajectory.state_stride) * sizeof(T));
    after = trajectory.states;
  }
  // counted down, since a division per step is felt in small networks
  int64_t until_sample = problem.first, until_checkpoint = 0, sample = 0;
  for (int64_t step = 0; step < problem.steps; ++step) {
    if (checkpoint != nullptr && until_checkpoint-- == 0) {
      network.save(after, checkpoint);
      checkpoint += checkpoint_size;
      until_checkpoint = stored ? -1 : problem.segment - 1;
    }
    if (stored) {
      before = trajectory.states_at(step);
      after = trajectory.states_at(step + 1);
      sums = trajectory.sums_at(step);
      network.save_words(trajectory.words_at(step));
    }
    const bool sampled = until_sample-- == 0;
    network.advance(step, before, after, sums, sampled);
    if (sampled) {
      until_sample = problem.every - 1;
      for (int64_t k = 0; k < problem.observable_count; ++k) {
        sinks[k].add(sample, network.observable(k, after));
      }
      ++sample;
    }
  }
  for (int64_t k = 0; k < problem.observable_count; ++k) sinks[k].finish();
  for (int64_t k = 0; k < node.states; ++k) {
    network.copy(after + k * network.padded(),
                 result.states + (candidate * node.states + k) * n);
  }
  for (int64_t w = 0; w < network.words(); ++w) {
    result.keys[candidate * network.words() + w] = network.key_word(w);
  }
  for (int64_t c = 0; c < problem.channel_count; ++c) {
    network.save_past(c, result.pasts[c] + candidate * problem.channels[c].depth * n);
  }
  result.finite[candidate] = network.finite();
  return true;
}

}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
