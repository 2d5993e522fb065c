// Simulation and its adjoint over all candidates, compiled once per CPU level.
#include "brainfit_fast/levels.h"
#include "brainfit_fast/simulate_backward.h"
#include "brainfit_fast/simulate_crew.h"
#include "brainfit_fast/simulate_lanes.h"
#include "brainfit_fast/simulate_lanes_backward.h"

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

// How the candidates are divided: groups whose lanes are candidates, then single ones.
template <class T>
struct Division {
  static constexpr int64_t kWidth = kTileLanes<T>;

  Division(const Problem<T>& problem, bool grouping) : candidates(problem.candidates) {
    // fewer are spread over threads one by one
    if (!grouping || candidates <= kWidth) return;
    groups = candidates / kWidth;
    const int64_t rest = candidates - groups * kWidth;
    if (static_cast<double>(rest) >= kGroupShare * static_cast<double>(kWidth)) ++groups;
    grouped = min_of(groups * kWidth, candidates);
  }
  int64_t singles() const { return candidates - grouped; }
  int64_t items() const { return groups + singles(); }
  int64_t first(int64_t group) const { return group * kWidth; }
  int64_t count(int64_t group) const { return min_of(kWidth, candidates - first(group)); }
  // The candidate of an item that is no group.
  int64_t single(int64_t item) const { return grouped + item - groups; }

  int64_t candidates, groups = 0, grouped = 0;
};

// The single candidates in crews as equal as can be, no fewer than threads if possible.
template <class T>
struct Crews {
  Crews(const Division<T>& division, bool shared, int64_t threads)
      : begin(division.grouped), singles(division.singles()) {
    const int64_t most = shared ? Crew<T>::kMost : 1;
    count = min_of(round_up((singles + most - 1) / most, threads), singles);
  }
  int64_t first(int64_t crew) const { return begin + crew * singles / count; }
  int64_t size(int64_t crew) const { return first(crew + 1) - first(crew); }

  int64_t begin, singles, count;
};

template <class T>
bool forward(const Problem<T>& problem, const ForwardResult<T>& result) {
  const Team pool = team_of(problem.over_candidates), rows = team_of(problem.over_rows);
  const Team* row_team = rows.run == nullptr ? nullptr : &rows;
  const Division<T> division(problem, !problem.stored && LaneStep<T>::serves(problem));
  const bool shared = Couplings<T>::shared(problem);
  const Crews<T> crews(division, shared, problem.over_candidates.threads);
  LaneCouplings<T> lanes;
  Couplings<T> common;
  if ((division.groups > 0 && !lanes.build(problem, false)) ||
      (shared && crews.count > 0 && !common.build(problem, 0, false))) {
    return false;
  }
  const bool together = shared && division.groups == 0 && problem.node->draws > 0 &&
                        row_team == nullptr && problem.shares_noise();
  if (together) {
    Objects<Crew<T>> all;
    if (!all.allocate(crews.count)) return false;
    for (int64_t k = 0; k < crews.count; ++k) {
      if (!all[k].build(problem, common, result, crews.first(k), crews.size(k), nullptr)) return false;
    }
    return forward_together(problem, all, crews.count, &pool);
  }
  Flag failed;
  share_items(&pool, division.groups + crews.count, [&](int64_t item) {
    if (item < division.groups) {
      if (!forward_group(problem, lanes, result, division.first(item), division.count(item))) {
        failed.raise();
      }
      return;
    }
    const int64_t k = item - division.groups;
    Couplings<T> own;
    Crew<T> crew;
    if ((!shared && !own.build(problem, crews.first(k), false)) ||
        !crew.build(problem, shared ? common : own, result, crews.first(k), crews.size(k), row_team) ||
        !forward_apart(problem, crew)) {
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
  const Division<T> division(problem, LaneAdjoint<T>::serves(problem, result));
  const bool shared = Couplings<T>::shared(problem);
  LaneCouplings<T> lanes, lanes_transposed;
  Couplings<T> common, common_transposed;
  if ((division.groups > 0 &&
       (!lanes.build(problem, false) || !lanes_transposed.build(problem, true))) ||
      (shared && division.singles() > 0 &&
       (!common.build(problem, 0, false) || !common_transposed.build(problem, 0, true)))) {
    return false;
  }
  bool summed = false;  // whether candidates share the gradient of some weights
  for (int64_t k = 0; k < problem.sum_count; ++k) {
    summed |= result.weights[k] != nullptr && problem.sums[k].weights.stride == 0;
  }
  Flag failed;
  auto one = [&](int64_t candidate, int64_t sum, bool begins_sum) {
    Couplings<T> own, own_transposed;
    if (!shared && (!own.build(problem, candidate, false) ||
                    !own_transposed.build(problem, candidate, true))) {
      return false;
    }
    return Adjoint<T>(problem, shared ? common : own, shared ? common_transposed : own_transposed,
                      input, result, candidate, sum, begins_sum, row_team)
        .run();
  };
  if (summed) {
    const int64_t sums = weight_groups(true, problem.candidates);
    share_items(&pool, sums, [&](int64_t sum) {
      const int64_t begin = sum * problem.candidates / sums;
      const int64_t end = (sum + 1) * problem.candidates / sums;
      for (int64_t c = begin; c < end; ++c) {
        if (!one(c, sum, c == begin)) failed.raise();
      }
    });
    return !failed.raised();
  }
  share_items(&pool, division.items(), [&](int64_t item) {
    if (item < division.groups) {
      LaneAdjoint<T> adjoint(problem, lanes, lanes_transposed, input, result,
                             division.first(item), division.count(item));
      if (!adjoint.run()) failed.raise();
    } else if (!one(division.single(item), 0, true)) {
      failed.raise();
    }
  });
  return !failed.raised();
}

}  // namespace

const SimulateTable simulate = {{forward<float>, backward<float>},
                                {forward<double>, backward<double>}};

}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
