// Compares the coupling kernels of one CPU level with plain loops, at odd sizes, and times them.
// Arguments: check | time | all, then undelayed | delayed | gradients | builds to
// time these alone.
// kernels/checks/coupling.sh runs every level.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "brainfit_fast/delayed.h"
#include "brainfit_fast/dense.h"
#include "brainfit_fast/tiles.h"
#include "brainfit_fast/transpose.h"
#include "brainfit_fast/weight_gradient.h"

using namespace brainfit_fast::BRAINFIT_FAST_LEVEL;

namespace {

std::mt19937_64 random_bits(7);
int64_t comparisons = 0;
int failures = 0;

double uniform(double low, double high) {
  return std::uniform_real_distribution<double>(low, high)(random_bits);
}

void require(bool holds, const std::string& what) {
  ++comparisons;
  if (holds) return;
  if (++failures <= 20) std::printf("FAILED %s\n", what.c_str());
}

// |value - expected| within a few roundings of a sum of terms whose absolute values add up to
// `size`; `terms` of them.
template <class T>
void close(T value, long double expected, long double size, int64_t terms,
           const std::string& what) {
  const long double bound =
      std::numeric_limits<T>::epsilon() * size * static_cast<long double>(4 + terms / 8.0);
  const bool holds = std::fabs(static_cast<long double>(value) - expected) <= bound;
  if (holds) {
    ++comparisons;
  } else {
    require(false, what + ": " + std::to_string(static_cast<double>(value)) + " instead of " +
                       std::to_string(static_cast<double>(expected)));
  }
}

// Runs items last to first.
const Team backwards = {nullptr, [](void*, int64_t count, void (*work)(void*, int64_t),
                                    void* argument) {
                          for (int64_t i = count; i-- > 0;) work(argument, i);
                        }};

template <class T>
Buffer<T>& fill(Buffer<T>& buffer, int64_t count, double low = -1, double high = 1) {
  buffer.allocate(count);
  for (int64_t k = 0; k < count; ++k) buffer[k] = static_cast<T>(uniform(low, high));
  return buffer;
}

// Weights of which the given share is not zero.
template <class T>
void fill_weights(Buffer<T>& weights, int64_t n, double share) {
  fill(weights, n * n, 0, 1);
  for (int64_t k = 0; k < n * n; ++k) {
    if (uniform(0, 1) >= share) weights[k] = 0;
  }
}

const int64_t kSizes[] = {1, 2, 3, 7, 16, 17, 33, 64, 100, 113, 260};

template <class T>
void check_transpose() {
  for (int64_t steps : {1, 3, 4, 9, 32}) {
    for (int64_t n : {1, 2, 5, 16, 33}) {
      const int64_t padded = Dense<T>::padded(n), stride = steps + 3;
      Buffer<T> rows, lines, back;
      fill(rows, steps * padded);
      lines.allocate(n * stride);
      back.allocate(steps * padded);
      rows_to_lines(rows.get(), padded, steps, n, lines.get(), stride);
      lines_to_rows(lines.get(), stride, steps, n, back.get(), padded);
      for (int64_t t = 0; t < steps; ++t) {
        for (int64_t i = 0; i < n; ++i) {
          require(lines[i * stride + t] == rows[t * padded + i], "rows to lines");
          require(back[t * padded + i] == rows[t * padded + i], "lines to rows");
        }
        for (int64_t i = n; i < padded; ++i) require(back[t * padded + i] == 0, "row padding");
      }
      for (int64_t i = 0; i < n; ++i) {
        for (int64_t t = steps; t < stride; ++t) require(lines[i * stride + t] == 0, "line end");
      }
    }
  }
}

template <class T>
void check_dense() {
  for (int64_t n : kSizes) {
    for (double share : {1.0, 0.3, 0.02, 0.0}) {
      for (bool transposed : {false, true}) {
        const std::string what = "dense n=" + std::to_string(n) + " share=" +
                                 std::to_string(share) + (transposed ? " transposed" : "");
        const int64_t padded = Dense<T>::padded(n);
        Buffer<T> weights, feature, sum, again;
        fill_weights(weights, n, share);
        fill(feature, padded);
        fill(sum, padded);
        fill(again, padded);
        Dense<T> dense;
        require(dense.build(weights.get(), n, transposed), what + " memory");
        dense.apply(feature.get(), sum.get(), nullptr);
        dense.apply(feature.get(), again.get(), &backwards);
        require(std::memcmp(sum.get(), again.get(), padded * sizeof(T)) == 0, what + " team");
        dense.add(feature.get(), again.get(), nullptr);
        for (int64_t i = 0; i < padded; ++i) {
          long double expected = 0, size = 0;
          for (int64_t j = 0; j < n && i < n; ++j) {
            const long double term = static_cast<long double>(feature[j]) *
                                     weights[transposed ? j * n + i : i * n + j];
            expected += term;
            size += std::fabs(term);
          }
          close(sum[i], expected, size, n, what);
          close(again[i], 2 * expected, 2 * size, n, what + " added");
        }
      }
    }
  }
}

template <class T>
void check_tiles() {
  constexpr int64_t kWidth = kTileLanes<T>;
  for (int64_t n : {1, 2, 5, 12, 13, 33, 100, 113, 450}) {
    for (double share : {1.0, 0.2, 0.0}) {
      for (bool transposed : {false, true}) {
        const std::string what = "tiles n=" + std::to_string(n) + " share=" +
                                 std::to_string(share) + (transposed ? " transposed" : "");
        Buffer<T> weights, feature, sum, again;
        fill_weights(weights, n, share);
        fill(feature, n * kWidth);
        fill(sum, n * kWidth);
        fill(again, n * kWidth);
        Tiles<T> tiles;
        require(tiles.build(weights.get(), n, transposed), what + " memory");
        tiles.apply(feature.get(), sum.get());
        tiles.apply(feature.get(), again.get(), &backwards);
        require(std::memcmp(sum.get(), again.get(), n * kWidth * sizeof(T)) == 0, what + " team");
        for (int64_t i = 0; i < n; ++i) {
          for (int64_t l = 0; l < kWidth; ++l) {
            long double expected = 0, size = 0;
            for (int64_t j = 0; j < n; ++j) {
              const long double term = static_cast<long double>(feature[j * kWidth + l]) *
                                       weights[transposed ? j * n + i : i * n + j];
              expected += term;
              size += std::fabs(term);
            }
            close(sum[i * kWidth + l], expected, size, n, what);
          }
        }
      }
    }
  }
}

// How delays are drawn; `diagonal` is the delay of a region to itself, or -1 for no weight.
struct Draw {
  const char* name;
  double share;
  int diagonal;
  std::function<int64_t(int64_t depth)> delay;
};

std::vector<Draw> draws() {
  auto between = [](double low, double high) {
    return [=](int64_t depth) {
      const double most = static_cast<double>(depth - 1);
      const double a = std::fmin(low, most), b = std::fmin(high, most);
      return static_cast<int64_t>(uniform(a, b + 0.999));
    };
  };
  return {{"any", 1, -1, between(0, 1e9)},    {"any with diagonal", 1, 0, between(0, 1e9)},
          {"short", 1, 1, between(0, 40)},    {"zero", 1, -1, between(0, 0)},
          {"one", 1, 0, between(1, 1)},       {"seven", 1, 1, between(7, 7)},
          {"widest", 1, 0, between(31, 31)},  {"sparse", 0.1, 2, between(0, 1e9)},
          {"no pair", 0, -1, between(0, 1e9)}, {"few single", 0.02, 2, between(0, 2)}};
}

template <class T>
void check_delayed_case(int64_t n, int64_t depth, const Draw& draw, bool transposed) {
  const std::string what = std::string("delayed ") + draw.name + " n=" + std::to_string(n) +
                           " depth=" + std::to_string(depth) + (transposed ? " transposed" : "");
  const int64_t padded = Dense<T>::padded(n), steps = n > 50 ? 90 : 150;
  Buffer<T> weights, past, feature, sum, other, saved;
  std::vector<int32_t> delays(n * n);
  fill_weights(weights, n, draw.share);
  for (auto& d : delays) d = static_cast<int32_t>(draw.delay(depth));
  for (int64_t i = 0; i < n; ++i) {
    if (draw.diagonal < 0) weights[i * n + i] = 0;
    if (draw.diagonal >= 0 && draw.diagonal < depth) {
      weights[i * n + i] = static_cast<T>(-uniform(1, 2));
      delays[i * n + i] = draw.diagonal;
    }
  }
  fill(past, depth * n);
  fill(feature, padded);
  fill(sum, padded);
  fill(other, padded);
  saved.allocate(depth * n);

  DelayedPairs<T> pairs;
  require(pairs.build(weights.get(), delays.data(), n, depth, transposed), what + " memory");
  History<T> history, restarted;
  DelayedSum<T> delayed, interrupted;
  require(history.build(n, depth) && restarted.build(n, depth), what + " memory");
  require(delayed.build(&pairs) && interrupted.build(&pairs), what + " memory");
  history.load(past.get());
  restarted.load(past.get());
  std::vector<T> all(past.get(), past.get() + depth * n);  // rows, oldest first

  int64_t next_restart = 0;
  for (int64_t t = 0; t < steps; ++t) {
    if (t == next_restart) {
      const int64_t kind = static_cast<int64_t>(uniform(0, 3));
      if (kind > 0) {
        restarted.save(saved.get());
        require(std::memcmp(saved.get(), all.data() + t * n, depth * n * sizeof(T)) == 0,
                what + " save");
        restarted.load(saved.get());
      }
      interrupted.restart();
      next_restart += static_cast<int64_t>(uniform(1, 50));
    }
    delayed.read(history, sum.get(), nullptr);
    interrupted.read(restarted, other.get(), &backwards);
    require(std::memcmp(sum.get(), other.get(), padded * sizeof(T)) == 0, what + " restart");
    for (int64_t i = 0; i < padded; ++i) {
      long double expected = 0, size = 0;
      for (int64_t j = 0; j < n && i < n; ++j) {
        const int64_t k = transposed ? j * n + i : i * n + j;
        const long double term = static_cast<long double>(weights[k]) *
                                 all[(t + depth - 1 - delays[k]) * n + j];
        expected += term;
        size += std::fabs(term);
      }
      close(sum[i], expected, size, n, what);
    }
    for (int64_t i = 0; i < n; ++i) feature[i] = static_cast<T>(uniform(-1, 1));
    for (int64_t i = n; i < padded; ++i) feature[i] = std::numeric_limits<T>::quiet_NaN();
    history.push(feature.get());
    restarted.push(feature.get());
    all.insert(all.end(), feature.get(), feature.get() + n);
  }
}

template <class T>
void check_delayed() {
  for (int64_t n : {1, 2, 5, 33, 100}) {
    for (int64_t depth : {1, 2, 3, 9, 31, 32, 33, 70, 400}) {
      for (const Draw& draw : draws()) {
        check_delayed_case<T>(n, depth, draw, depth % 2 == 0);
      }
    }
  }
  check_delayed_case<T>(211, 150, draws()[0], true);

  const T weight[] = {1, 1, 1, 1};
  const int32_t late[] = {0, 1, 3, 0}, negative[] = {0, -1, 0, 0};
  DelayedPairs<T> pairs;
  require(!pairs.build(weight, late, 2, 3, false), "a delay of depth is refused");
  require(!pairs.build(weight, negative, 2, 3, false), "a negative delay is refused");
}

template <class T>
void check_rank_update() {
  for (int64_t n : kSizes) {
    for (int64_t steps : {1, 5, 64, 130}) {
      const std::string what = "rank update n=" + std::to_string(n) + " steps=" +
                               std::to_string(steps);
      const int64_t padded = RankUpdate<T>::padded(n);
      Buffer<T> a, b, total, again, moment;
      fill(a, steps * padded);
      fill(b, steps * padded);
      fill(total, n * padded);
      again.allocate(n * padded);
      moment.allocate(n * padded);
      std::memcpy(again.get(), total.get(), n * padded * sizeof(T));
      const std::vector<T> before(total.get(), total.get() + n * padded);
      rank_update(a.get(), b.get(), steps, n, total.get());
      rank_update(a.get(), b.get(), steps, n, again.get(), &backwards);
      require(std::memcmp(total.get(), again.get(), n * padded * sizeof(T)) == 0, what + " team");
      symmetric_rank_update(a.get(), steps, n, moment.get());
      mirror(n, moment.get());
      for (int64_t i = 0; i < n; ++i) {
        for (int64_t j = 0; j < n; ++j) {
          long double expected = before[i * padded + j], size = std::fabs(expected);
          long double square = 0, square_size = 0;
          for (int64_t t = 0; t < steps; ++t) {
            const long double x = a[t * padded + i];
            expected += x * b[t * padded + j];
            size += std::fabs(x * b[t * padded + j]);
            square += x * a[t * padded + j];
            square_size += std::fabs(x * a[t * padded + j]);
          }
          close(total[i * padded + j], expected, size, steps, what);
          close(moment[i * padded + j], square, square_size, steps, what + " symmetric");
        }
      }
    }
  }
}

template <class T>
void check_weight_gradient() {
  for (int64_t n : {1, 2, 5, 33, 100}) {
    for (int64_t depth : {1, 2, 40}) {
      for (int64_t steps : {1, 3, 16, 45, 128, 140, 300}) {
        const std::string what = "weight gradient n=" + std::to_string(n) + " depth=" +
                                 std::to_string(depth) + " steps=" + std::to_string(steps);
        const int64_t padded = RankUpdate<T>::padded(n), length = depth - 1 + steps;
        Buffer<T> adjoint, line, total, again;
        fill(adjoint, n * steps);
        fill(line, n * length);
        fill(total, n * padded);
        again.allocate(n * padded);
        std::memcpy(again.get(), total.get(), n * padded * sizeof(T));
        const std::vector<T> before(total.get(), total.get() + n * padded);
        std::vector<int32_t> delays(n * n);
        for (auto& d : delays) d = static_cast<int32_t>(uniform(0, depth - 0.001));
        delayed_weight_gradient(adjoint.get(), steps, line.get(), length, delays.data(), depth,
                                steps, n, total.get());
        delayed_weight_gradient(adjoint.get(), steps, line.get(), length, delays.data(), depth,
                                steps, n, again.get(), &backwards);
        require(std::memcmp(total.get(), again.get(), n * padded * sizeof(T)) == 0,
                what + " team");
        for (int64_t i = 0; i < n; ++i) {
          for (int64_t j = 0; j < n; ++j) {
            long double expected = before[i * padded + j], size = std::fabs(expected);
            for (int64_t k = 0; k < steps; ++k) {
              const long double term = static_cast<long double>(adjoint[i * steps + k]) *
                                       line[j * length + depth - 1 + k - delays[i * n + j]];
              expected += term;
              size += std::fabs(term);
            }
            close(total[i * padded + j], expected, size, steps, what);
          }
          for (int64_t j = n; j < padded; ++j) {
            require(total[i * padded + j] == before[i * padded + j], what + " padding");
          }
        }
      }
    }
  }
}

template <class T>
void check_all(const char* dtype) {
  check_transpose<T>();
  check_dense<T>();
  check_tiles<T>();
  check_delayed<T>();
  check_rank_update<T>();
  check_weight_gradient<T>();
  std::printf("%s checked\n", dtype);
}

// Shortest time of one call in microseconds: many short rounds, so that on a busy machine one of
// them is undisturbed.
template <class Call>
double shortest(const Call& call) {
  using Clock = std::chrono::steady_clock;
  double best = 1e30;
  int64_t calls = 1;
  for (int round = 0; round < 60; ++round) {
    const auto start = Clock::now();
    for (int64_t k = 0; k < calls; ++k) {
      call();
      asm volatile("" ::: "memory");
    }
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    if (seconds < 4e-4) {
      calls *= 2;
      --round;
      continue;
    }
    best = std::fmin(best, seconds / static_cast<double>(calls) * 1e6);
  }
  return best;
}

// Multiply-adds on registers alone, GFLOP/s.
template <class T>
double peak() {
  using V = Vec<T>;
  constexpr int kSums = 12;
  typename V::Type sum[kSums] = {}, a = typename V::Type{} + static_cast<T>(0.999);
  const double time = shortest([&] {
    for (int t = 0; t < 1000; ++t) {
#pragma GCC unroll 16
      for (int k = 0; k < kSums; ++k) sum[k] = sum[k] * a + a;
    }
  });
  double used = 0;
  for (const auto& s : sum) used += static_cast<double>(s[0]);
  volatile double sink = used;
  (void)sink;
  return 1000.0 * kSums * V::kLanes * 2 / time * 1e-3;
}

template <class T>
void time_delayed(const char* name, int64_t n, int64_t depth, double share, double low,
                  double high) {
  Buffer<T> weights, past, feature, sum;
  std::vector<int32_t> delays(n * n);
  fill_weights(weights, n, share);
  // Symmetric, as from distances.
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = 0; j <= i; ++j) {
      delays[i * n + j] = delays[j * n + i] =
          static_cast<int32_t>(i == j ? 0 : uniform(low, high + 0.999));
    }
    weights[i * n + i] = -1;
  }
  DelayedPairs<T> pairs;
  History<T> history;
  DelayedSum<T> delayed;
  fill(past, depth * n);
  fill(feature, Dense<T>::padded(n));
  fill(sum, Dense<T>::padded(n));
  pairs.build(weights.get(), delays.data(), n, depth, false);
  history.build(n, depth);
  delayed.build(&pairs);
  history.load(past.get());
  const double time = shortest([&] {
    for (int t = 0; t < 96; ++t) {
      delayed.read(history, sum.get(), nullptr);
      history.push(feature.get());
    }
  });
  std::printf("  delayed %-22s n=%-5d share %.2f  %8.3f us/step\n", name, static_cast<int>(n),
              share, time / 96);
}

template <class T>
void time_undelayed(double roof) {
  for (int64_t n : {100, 400, 1000}) {
    for (double share : {1.0, 0.3, 0.1, 0.03, 0.01}) {
      Buffer<T> weights, feature, sum;
      fill_weights(weights, n, share);
      fill(feature, n * kTileLanes<T>);
      fill(sum, n * kTileLanes<T>);
      Dense<T> dense;
      dense.build(weights.get(), n, false);
      Tiles<T> tiles;
      tiles.build(weights.get(), n, false);
      const double one = shortest([&] { dense.apply(feature.get(), sum.get(), nullptr); });
      const double many = shortest([&] { tiles.apply(feature.get(), sum.get()); });
      const double flops = 2e-3 * static_cast<double>(n * n);
      std::printf("  n=%-5d share %.2f  dense%s %8.3f us (%5.1f GB/s)   tiles%s %8.2f us", 
                  static_cast<int>(n), share, dense.sparse() ? " (blocks)" : "         ", one,
                  1e-3 * static_cast<double>(n * n * sizeof(T)) / one,
                  tiles.sparse() ? " (list)" : "       ", many);
      std::printf(" (%5.1f GFLOP/s, %3.0f %% of peak)\n", flops * kTileLanes<T> / many,
                  100 * flops * kTileLanes<T> / many / roof);
    }
  }
}

template <class T>
void time_all_delayed() {
  time_delayed<T>("30..180", 100, 181, 1, 30, 180);
  time_delayed<T>("8..120", 100, 121, 1, 8, 120);
  time_delayed<T>("uniform 1..150", 100, 151, 1, 1, 150);
  time_delayed<T>("all 1", 100, 2, 1, 1, 1);
  time_delayed<T>("all 10", 100, 11, 1, 10, 10);
  time_delayed<T>("0..8", 100, 9, 1, 0, 8);
  time_delayed<T>("8..120", 100, 121, 0.3, 8, 120);
  time_delayed<T>("30..180", 400, 181, 1, 30, 180);
  time_delayed<T>("8..120", 400, 121, 1, 8, 120);
  time_delayed<T>("uniform 1..150", 400, 151, 1, 1, 150);
  time_delayed<T>("30..1800", 400, 1801, 1, 30, 1800);
  time_delayed<T>("8..120", 400, 121, 0.1, 8, 120);
  time_delayed<T>("8..120", 1000, 121, 0.1, 8, 120);
}

template <class T>
void time_gradients() {
  for (int64_t n : {100, 400}) {
    for (int64_t steps : {64, 128}) {
      const int64_t padded = RankUpdate<T>::padded(n), depth = 150, length = depth + steps;
      Buffer<T> a, b, total;
      fill(a, padded * length);
      fill(b, padded * length);
      total.allocate(n * padded);
      std::vector<int32_t> delays(n * n);
      for (auto& d : delays) d = static_cast<int32_t>(uniform(1, 149.9));
      const double flops = 2e-3 * static_cast<double>(n * n * steps);
      const double full = shortest([&] { rank_update(a.get(), b.get(), steps, n, total.get()); });
      const double half = shortest([&] { symmetric_rank_update(a.get(), steps, n, total.get()); });
      const double late = shortest([&] {
        delayed_weight_gradient(a.get(), length, b.get(), length, delays.data(), depth, steps, n,
                                total.get());
      });
      std::printf("  n=%-4d steps=%-4d rank update %.3f us/step (%.0f GFLOP/s), symmetric %.3f, "
                  "delayed gradient %.3f (%.0f GFLOP/s)\n",
                  static_cast<int>(n), static_cast<int>(steps), full / steps, flops / full,
                  half / steps, late / steps, flops / late);
    }
  }
}

// A build is part of every call, so it should cost no more than some tens of steps.
template <class T>
void time_builds() {
  for (int64_t n : {100, 400, 1000}) {
    Buffer<T> weights;
    std::vector<int32_t> delays(n * n);
    fill_weights(weights, n, 0.9);
    for (auto& d : delays) d = static_cast<int32_t>(uniform(1, 149.9));
    for (bool transposed : {false, true}) {
      Dense<T> dense;
      Tiles<T> tiles;
      DelayedPairs<T> pairs;
      std::printf("  build n=%-5d %s dense %.0f us, tiles %.0f us, pairs %.0f us\n",
                  static_cast<int>(n), transposed ? "transposed" : "          ",
                  shortest([&] { dense.build(weights.get(), n, transposed); }),
                  shortest([&] { tiles.build(weights.get(), n, transposed); }),
                  shortest([&] { pairs.build(weights.get(), delays.data(), n, 150, transposed); }));
    }
  }
}

template <class T>
void time_all(const char* dtype, const std::string& what) {
  const double roof = peak<T>();
  std::printf("%s: %d lanes, peak %.0f GFLOP/s\n", dtype, Vec<T>::kLanes, roof);
  if (what == "undelayed" || what == "all") time_undelayed<T>(roof);
  if (what == "delayed" || what == "all") time_all_delayed<T>();
  if (what == "gradients" || what == "all") time_gradients<T>();
  if (what == "builds" || what == "all") time_builds<T>();
}

}  // namespace

int main(int count, char** arguments) {
  const std::string mode = count > 1 ? arguments[1] : "check";
  if (mode == "check" || mode == "all") {
    check_all<float>("float32");
    check_all<double>("float64");
    std::printf("%lld comparisons, %d failures\n", static_cast<long long>(comparisons), failures);
  }
  if (mode == "time" || mode == "all") {
    const std::string what = count > 2 ? arguments[2] : "all";
    time_all<float>("float32", what);
    time_all<double>("float64", what);
  }
  return failures == 0 ? 0 : 1;
}
