// Gradient of delayed coupling with respect to the weights:
//
//     total_ij += sum_{k < steps} adjoint_i[k] line_j[depth - 1 + k - d_ij]
//
// Without delays this is rank_update. Sums over time are formed for one vector of sources at a
// time, whose partial sums are then folded into one vector.
#pragma once

#include <utility>

#include "brainfit_fast/rank_update.h"
#include "brainfit_fast/shuffle.h"
#include "brainfit_fast/team.h"
#include "brainfit_fast/vec.h"

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {

template <class T>
class DelayedWeightGradient {
  using V = Vec<T>;
  using Type = typename V::Type;
  static constexpr int kLanes = V::kLanes;
  // Vectors of time steps that are taken at once: the adjoints stay in registers.
  static constexpr int kVectors = kManyRegisters ? 8 : 4;
  // Sources per tile: their lines stay in the caches while all targets pass.
  static constexpr int64_t kTile = 32;
  static constexpr int kParts = 8;  // items for a team
  static constexpr int64_t kSharedWork = 2000000;

 public:
  struct Problem {
    const T* adjoint;  // [n][adjoint_stride], of which the first `steps` are read
    int64_t adjoint_stride;
    const T* line;     // [n][line_stride], of which the first depth - 1 + steps are read
    int64_t line_stride;
    const int32_t* delays;  // [n][n], row = target, 0 <= delay < depth
    int64_t depth;
    int64_t steps;
    int64_t n;
    T* total;  // [n][padded]; the padding keeps its values
  };

  static void add(const Problem& problem, const Team* team) {
    const int64_t n = problem.n;
    const bool shared = problem.steps * n * n >= kSharedWork;
    const int64_t parts = shared ? kParts : 1;
    share_items(team, parts, [&](int64_t k) {
      const int64_t begin = k * n / parts, end = (k + 1) * n / parts;
      if (problem.steps < kLanes) {
        short_segment(problem, begin, end);
      } else {
        long_segment(problem, begin, end);
      }
    });
  }

 private:
  static void short_segment(const Problem& p, int64_t begin, int64_t end) {
    const int64_t stride = RankUpdate<T>::padded(p.n);
    for (int64_t i = begin; i < end; ++i) {
      const T* adjoint = p.adjoint + i * p.adjoint_stride;
      for (int64_t j = 0; j < p.n; ++j) {
        const T* x = p.line + j * p.line_stride + p.depth - 1 - p.delays[i * p.n + j];
        T sum = 0;
        for (int64_t k = 0; k < p.steps; ++k) sum += adjoint[k] * x[k];
        p.total[i * stride + j] += sum;
      }
    }
  }

  static void long_segment(const Problem& p, int64_t begin, int64_t end) {
    constexpr int64_t kSteps = kVectors * kLanes;
    for (int64_t t = 0; t < p.steps; t += kSteps) {
      const int64_t count = min_of(kSteps, p.steps - t);
      const int64_t vectors = (count + kLanes - 1) / kLanes;
      for (int64_t j = 0; j < p.n; j += kTile) {
        const int64_t last = min_of(p.n, j + kTile);
        for (int64_t i = begin; i < end; ++i) pick<kVectors>(vectors, p, i, j, last, t, count);
      }
    }
  }

  // The function for a number of vectors in [1, N].
  template <int N>
  static void pick(int64_t vectors, const Problem& p, int64_t i, int64_t j, int64_t last,
                   int64_t t, int64_t count) {
    if constexpr (N > 1) {
      if (vectors < N) return pick<N - 1>(vectors, p, i, j, last, t, count);
    }
    target<N>(p, i, j, last, t, count);
  }

  // Target i and the sources [begin, end), time steps t to t + count. The last vector ends with
  // the last step: where it reaches back over steps already taken, its adjoints are zero.
  template <int N>
  static __attribute__((noinline)) void target(const Problem& p, int64_t i, int64_t begin,
                                               int64_t end, int64_t t, int64_t count) {
    const T* adjoint = p.adjoint + i * p.adjoint_stride + t;
    const int64_t tail = count - kLanes;
    Type left[N];
#pragma GCC unroll 8
    for (int v = 0; v < N - 1; ++v) left[v] = V::load(adjoint + v * kLanes);
    T masked[kLanes];
    for (int k = 0; k < kLanes; ++k) {
      masked[k] = k + count >= N * kLanes ? adjoint[tail + k] : 0;
    }
    left[N - 1] = V::load(masked);

    const int32_t* delay = p.delays + i * p.n;
    const T* line = p.line + p.depth - 1 + t + begin * p.line_stride;
    const int64_t stride = p.line_stride;
    T* out = p.total + i * RankUpdate<T>::padded(p.n);
    Type part[kLanes];
    int64_t j = begin;
    for (; j + kLanes <= end; j += kLanes) {
#pragma GCC unroll 16
      for (int u = 0; u < kLanes; ++u) {
        part[u] = products<N>(left, line - delay[j + u], tail);
        line += stride;
      }
      fold<kLanes / 2>(part);
      V::store(out + j, V::load(out + j) + part[0]);
    }
    for (; j < end; ++j) {
      const Type sum = products<N>(left, line - delay[j], tail);
      line += stride;
      for (int k = 0; k < kLanes; ++k) out[j] += sum[k];
    }
  }

  template <int N>
  static inline __attribute__((always_inline)) Type products(const Type (&left)[N], const T* x,
                                                             int64_t tail) {
    Type sum = left[N - 1] * V::load(x + tail);
#pragma GCC unroll 8
    for (int v = 0; v < N - 1; ++v) sum += left[v] * V::load(x + v * kLanes);
    return sum;
  }

  // part[0] = the sum over the lanes of part[u], in lane u, for the 2 M vectors given.
  template <int M>
  static inline __attribute__((always_inline)) void fold(Type (&part)[kLanes]) {
    fold_once<M>(part, std::make_integer_sequence<int, kLanes>());
    if constexpr (M > 1) fold<M / 2>(part);
  }

  template <int M, int... I>
  static inline __attribute__((always_inline)) void fold_once(Type (&part)[kLanes],
                                                              std::integer_sequence<int, I...>) {
#pragma GCC unroll 8
    for (int k = 0; k < M; ++k) {
      Type straight, crossed;
      shuffle<((I & M) ? kLanes + I : I)...>(part[k], part[k + M], straight);
      shuffle<((I & M) ? kLanes + (I ^ M) : (I ^ M))...>(part[k], part[k + M], crossed);
      part[k] = straight + crossed;
    }
  }
};

// See the top; `adjoint` and `line` are contiguous in time.
template <class T>
void delayed_weight_gradient(const T* adjoint, int64_t adjoint_stride, const T* line,
                             int64_t line_stride, const int32_t* delays, int64_t depth,
                             int64_t steps, int64_t n, T* total, const Team* team = nullptr) {
  DelayedWeightGradient<T>::add(
      {adjoint, adjoint_stride, line, line_stride, delays, depth, steps, n, total}, team);
}

}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
