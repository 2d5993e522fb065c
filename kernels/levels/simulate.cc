// Simulation and its adjoint over all candidates, compiled once per CPU level.
#include "brainfit_fast/levels.h"
#include "brainfit_fast/simulate_backward.h"
#include "brainfit_fast/simulate_forward.h"
#include "brainfit_fast/simulate_lanes.h"

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {
namespace {

// From this share of a group on, lanes = candidates is faster although some lanes are idle.
constexpr double kGroupShare = 0.6;

Team team_of(const Share& share) { return {share.context, share.run}; }

// Something that any of several threads may report.
class Flag {
 public:
  void raise() { __atomic_store_n(&raised_, true, __ATOMIC_RELAXED); }
  bool raised() const { return __atomic_load_n(&raised_, __ATOMIC_RELAXED); }

 private:
  bool raised_ = false;
};

template <class T>
bool forward(const Problem<T>& problem, const ForwardResult<T>& result) {
  const Team pool = team_of(problem.over_candidates), rows = team_of(problem.over_rows);
  const Team* row_team = rows.run == nullptr ? nullptr : &rows;
  constexpr int64_t kWidth = Lanes<T>::kWidth;
  int64_t groups = 0, grouped = 0;
  Objects<Tiles<T>> tiles;
  if (result.checkpoints == nullptr && Lanes<T>::serves(problem)) {
    groups = problem.candidates / kWidth;
    const int64_t rest = problem.candidates - groups * kWidth;
    if (static_cast<double>(rest) >= kGroupShare * static_cast<double>(kWidth)) ++groups;
    grouped = min_of(groups * kWidth, problem.candidates);
  }
  if (groups > 0) {
    if (!tiles.allocate(problem.sum_count)) return false;
    for (int64_t k = 0; k < problem.sum_count; ++k) {
      if (!tiles[k].build(problem.sums[k].weights.of(0), problem.regions, false)) return false;
    }
  }
  const bool shared = Couplings<T>::shared(problem);
  Couplings<T> common;
  if (shared && grouped < problem.candidates && !common.build(problem, 0, false)) return false;
  Flag failed;
  share_items(&pool, groups + problem.candidates - grouped, [&](int64_t item) {
    if (item < groups) {
      const int64_t first = item * kWidth;
      const int64_t count = min_of(kWidth, problem.candidates - first);
      if (!Lanes<T>::forward(problem, tiles, result, first, count)) failed.raise();
      return;
    }
    const int64_t candidate = grouped + item - groups;
    Couplings<T> own;
    if ((!shared && !own.build(problem, candidate, false)) ||
        !forward_one(problem, shared ? common : own, result, candidate, row_team)) {
      failed.raise();
    }
  });
  return !failed.raised();
}

template <class T>
bool backward(const Problem<T>& problem, const BackwardInput<T>& input,
              const BackwardResult<T>& result) {
  const Team pool = team_of(problem.over_candidates), rows = team_of(problem.over_rows);
  const Team* row_team = rows.run == nullptr ? nullptr : &rows;
  const bool shared = Couplings<T>::shared(problem);
  Couplings<T> common, common_transposed;
  if (shared &&
      (!common.build(problem, 0, false) || !common_transposed.build(problem, 0, true))) {
    return false;
  }
  bool grouped = false;
  for (int64_t k = 0; k < problem.sum_count; ++k) {
    grouped |= result.weights[k] != nullptr && problem.sums[k].weights.stride == 0;
  }
  const int64_t groups = weight_groups(grouped, problem.candidates);
  Flag failed;
  auto one = [&](int64_t candidate, int64_t group, bool begins_group) {
    Couplings<T> own, own_transposed;
    if (!shared && (!own.build(problem, candidate, false) ||
                    !own_transposed.build(problem, candidate, true))) {
      return false;
    }
    return Adjoint<T>(problem, shared ? common : own, shared ? common_transposed : own_transposed,
                      input, result, candidate, group, begins_group, row_team)
        .run();
  };
  share_items(&pool, groups, [&](int64_t group) {
    const int64_t begin = group * problem.candidates / groups;
    const int64_t end = (group + 1) * problem.candidates / groups;
    for (int64_t c = begin; c < end; ++c) {
      if (!one(c, group, c == begin)) failed.raise();
    }
  });
  return !failed.raised();
}

}  // namespace

const SimulateTable simulate = {{forward<float>, backward<float>},
                                {forward<double>, backward<double>}};

}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
