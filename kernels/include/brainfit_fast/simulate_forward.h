// The forward run of one candidate, lanes = regions.
#pragma once

#include "brainfit_fast/network_step.h"
#include "brainfit_fast/stream.h"

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {

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
    T* own = result.observables[k] + candidate * Sink<T>::size(problem, k);
    if (!sinks[k].build(problem, k, candidate, network.padded(), own)) return false;
  }
  network.load_initial(states.get());
  const int64_t checkpoint_size = problem.checkpoint_size();
  T* checkpoint = result.checkpoints == nullptr
                      ? nullptr
                      : result.checkpoints + candidate * problem.segments() * checkpoint_size;
  // counted down, since a division per step is felt in small networks
  int64_t until_sample = problem.first, until_checkpoint = 0, sample = 0;
  for (int64_t step = 0; step < problem.steps; ++step) {
    if (checkpoint != nullptr && until_checkpoint-- == 0) {
      network.save(states.get(), checkpoint);
      checkpoint += checkpoint_size;
      until_checkpoint = problem.segment - 1;
    }
    const bool sampled = until_sample-- == 0;
    network.advance(step, states.get(), states.get(), network.sums(), sampled);
    if (sampled) {
      until_sample = problem.every - 1;
      for (int64_t k = 0; k < problem.observable_count; ++k) {
        sinks[k].add(sample, network.observable(k, states.get()));
      }
      ++sample;
    }
  }
  for (int64_t k = 0; k < problem.observable_count; ++k) sinks[k].finish();
  for (int64_t k = 0; k < node.states; ++k) {
    network.copy(states.get() + k * network.padded(),
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
