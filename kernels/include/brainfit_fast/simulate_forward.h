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

// So many steps are drawn at once while another thread takes those before: two such blocks of 100
// regions fit a second-level cache, and one takes long beside what it costs to wake a thread. Shorter
// runs have eight blocks, down to a length that is not worth it.
constexpr int64_t kDrawnAhead = 1024, kLeastAhead = 64;

// False when there is no memory.
template <class T>
bool forward_one(const Problem<T>& problem, const Couplings<T>& couplings,
                 const ForwardResult<T>& result, int64_t candidate, const Team* team,
                 const Team* drawing) {
  const NodeEntry& node = *problem.node;
  const int64_t n = problem.regions;
  const int64_t eighth = problem.steps / 8;
  if (node.draws == 0 || eighth < kLeastAhead) drawing = nullptr;
  const int64_t block = drawing == nullptr ? 1 : min_of(kDrawnAhead, eighth);
  NetworkStep<T> network;
  Objects<Sink<T>> sinks;
  Buffer<T> states, drawn;
  Buffer<uint32_t> words;
  if (!network.build(problem, couplings, candidate, team) ||
      !sinks.allocate(problem.observable_count) ||
      !states.allocate(node.states * network.padded()) ||
      !drawn.allocate(2 * block * network.draws().size()) ||
      !words.allocate(2 * block * network.draws().words())) {
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
  // Two blocks of steps: one is drawn for while the other is taken.
  const int64_t draw_count = network.draws().size(), word_count = network.draws().words();
  auto draws_of = [&](int64_t begin, bool odd) {
    return stored ? trajectory.draws_at(begin) : drawn.get() + (odd ? block * draw_count : 0);
  };
  auto words_of = [&](bool odd) { return words.get() + (odd ? block * word_count : 0); };
  auto draw = [&](int64_t begin, bool odd) {
    T* draws = draws_of(begin, odd);
    uint32_t* own = words_of(odd);
    for (int64_t step = begin; step < min_of(begin + block, problem.steps); ++step) {
      network.draws().save(own);
      network.draws().draw(problem.start + step, draws);
      draws += draw_count;
      own += word_count;
    }
  };
  // counted down, since a division per step is felt in small networks
  int64_t until_sample = problem.first, until_checkpoint = 0, sample = 0;
  auto take = [&](int64_t begin, bool odd) {
    T* draws = draws_of(begin, odd);
    const uint32_t* own = words_of(odd);
    for (int64_t step = begin; step < min_of(begin + block, problem.steps);
         ++step, draws += draw_count, own += word_count) {
      if (checkpoint != nullptr && until_checkpoint-- == 0) {
        network.save(after, own, checkpoint);
        checkpoint += checkpoint_size;
        until_checkpoint = stored ? -1 : problem.segment - 1;
      }
      if (stored) {
        before = trajectory.states_at(step);
        after = trajectory.states_at(step + 1);
        sums = trajectory.sums_at(step);
      }
      const bool sampled = until_sample-- == 0;
      network.advance(step, before, after, sums, draws, sampled);
      if (!sampled) continue;
      until_sample = problem.every - 1;
      for (int64_t k = 0; k < problem.observable_count; ++k) {
        sinks[k].add(sample, network.observable(k, after));
      }
      ++sample;
    }
  };
  bool odd = false;
  draw(0, odd);
  for (int64_t begin = 0; begin < problem.steps; begin += block, odd = !odd) {
    share_items(drawing, 2, [&](int64_t item) {
      if (item == 0) {
        take(begin, odd);
      } else {
        draw(begin + block, !odd);
      }
    });
  }
  for (int64_t k = 0; k < problem.observable_count; ++k) sinks[k].finish();
  for (int64_t k = 0; k < node.states; ++k) {
    network.copy(after + k * network.padded(),
                 result.states + (candidate * node.states + k) * n);
  }
  network.draws().save(result.keys + candidate * network.draws().words());
  for (int64_t c = 0; c < problem.channel_count; ++c) {
    network.save_past(c, result.pasts[c] + candidate * problem.channels[c].depth * n);
  }
  result.finite[candidate] = network.finite();
  return true;
}

}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
