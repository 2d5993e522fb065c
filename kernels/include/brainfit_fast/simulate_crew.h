// The forward run of a few candidates step by step together, lanes = regions.
//
// Candidates with the same couplings form crews, which read each weight once for all of their members.
// Where all of them draw the same noise, it is drawn once, a block of steps ahead.
#pragma once

#include "brainfit_fast/simulate_forward.h"

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {

template <class T>
class Crew {
 public:
  static constexpr int64_t kMost = Dense<T>::kRows;

  // Candidates [first, first + count), count <= kMost. False when there is no memory.
  bool build(const Problem<T>& problem, const Couplings<T>& couplings,
             const ForwardResult<T>& result, int64_t first, int64_t count, const Team* team) {
    alone_ = problem.candidates == 1;
    count_ = count;
    if (!runs_.allocate(count)) return false;
    for (int64_t m = 0; m < count; ++m) {
      if (!runs_[m].build(problem, couplings, result, first + m, team)) return false;
      members_[m] = &runs_[m].network();
    }
    return true;
  }

  // A step, for which each member is given what it draws, [draws][padded], and the words of its keys.
  void take(int64_t step, T* const* draws, const uint32_t* const* words) {
    for (int64_t m = 0; m < count_; ++m) runs_[m].begin(step, words[m]);
    couple();
    for (int64_t m = 0; m < count_; ++m) runs_[m].take(step, draws[m]);
  }

  // After the last step, with what drew the noise of member m.
  void finish(int64_t m, const Draws<T>& draws) { runs_[m].finish(draws); }

  int64_t count() const { return count_; }
  // What member m draws.
  Draws<T>& draws(int64_t m) { return members_[m]->draws(); }

 private:
  // What a candidate among others sums to does not depend on how they are divided.
  void couple() {
    if (alone_) return members_[0]->couple(runs_[0].sums());
    T* sums[kMost];
    for (int64_t m = 0; m < count_; ++m) sums[m] = runs_[m].sums();
    NetworkStep<T>::couple_together(members_, sums, count_);
  }

  bool alone_ = false;
  int64_t count_ = 0;
  Objects<ForwardRun<T>> runs_;
  NetworkStep<T>* members_[kMost] = {};
};

// What is drawn for a block of steps, and the words of the keys before each of them.
template <class T>
class DrawnBlock {
 public:
  bool build(const Draws<T>& draws, int64_t steps) {
    size_ = draws.size();
    words_of_one_ = draws.words();
    return drawn_.allocate(steps * size_) && words_.allocate(steps * words_of_one_);
  }
  void fill(Draws<T>& draws, int64_t start, int64_t steps) {
    for (int64_t k = 0; k < steps; ++k) {
      draws.save(words_.get() + k * words_of_one_);
      draws.draw(start + k, drawn(k));
    }
  }
  T* drawn(int64_t k) { return drawn_.get() + k * size_; }
  const uint32_t* words(int64_t k) const { return words_.get() + k * words_of_one_; }

 private:
  int64_t size_ = 0, words_of_one_ = 0;
  Buffer<T> drawn_;
  Buffer<uint32_t> words_;
};

// All steps of one crew, whose members draw for themselves.
template <class T>
bool forward_apart(const Problem<T>& problem, Crew<T>& crew) {
  DrawnBlock<T> own[Crew<T>::kMost];
  T* draws[Crew<T>::kMost];
  const uint32_t* words[Crew<T>::kMost];
  for (int64_t m = 0; m < crew.count(); ++m) {
    if (!own[m].build(crew.draws(m), 1)) return false;
    draws[m] = own[m].drawn(0);
    words[m] = own[m].words(0);
  }
  for (int64_t step = 0; step < problem.steps; ++step) {
    for (int64_t m = 0; m < crew.count(); ++m) own[m].fill(crew.draws(m), problem.start + step, 1);
    crew.take(step, draws, words);
  }
  for (int64_t m = 0; m < crew.count(); ++m) crew.finish(m, crew.draws(m));
  return true;
}

// Steps per block: two blocks fit a second-level cache, and one takes long beside what it costs to
// wake a thread. Runs have at least eight blocks, down to a length that is not worth it.
template <class T>
int64_t block_length(const Problem<T>& problem) {
  constexpr int64_t kBytes = 512 << 10, kLeast = 64;
  const int64_t drawn = problem.node->draws * problem.regions * static_cast<int64_t>(sizeof(T));
  const int64_t most = max_of<int64_t>(kBytes / drawn, 1);
  return min_of(most, max_of(problem.steps / 8, kLeast));
}

// All steps of crews whose members draw the same: a block is drawn while the one before is used.
template <class T>
bool forward_together(const Problem<T>& problem, Objects<Crew<T>>& crews, int64_t count,
                      const Team* team) {
  Draws<T>& drawing = crews[0].draws(0);
  const int64_t block = min_of(block_length(problem), problem.steps);
  DrawnBlock<T> blocks[2];
  if (!blocks[0].build(drawing, block) || !blocks[1].build(drawing, block)) return false;
  auto draw = [&](int64_t begin, bool odd) {
    const int64_t end = min_of(begin + block, problem.steps);
    blocks[odd].fill(drawing, problem.start + begin, end - begin);
  };
  auto take = [&](Crew<T>& crew, int64_t begin, bool odd) {
    T* draws[Crew<T>::kMost];
    const uint32_t* words[Crew<T>::kMost];
    for (int64_t step = begin; step < min_of(begin + block, problem.steps); ++step) {
      for (int64_t m = 0; m < crew.count(); ++m) {
        draws[m] = blocks[odd].drawn(step - begin);
        words[m] = blocks[odd].words(step - begin);
      }
      crew.take(step, draws, words);
    }
  };
  bool odd = false;
  draw(0, odd);
  for (int64_t begin = 0; begin < problem.steps; begin += block, odd = !odd) {
    // the first crew stays with the calling thread, and the draws are not left for last
    share_items(team, 1 + count, [&](int64_t item) {
      if (item == 1) return draw(begin + block, !odd);
      take(crews[item == 0 ? 0 : item - 1], begin, odd);
    });
  }
  for (int64_t k = 0; k < count; ++k) {
    for (int64_t m = 0; m < crews[k].count(); ++m) crews[k].finish(m, drawing);
  }
  return true;
}

}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
