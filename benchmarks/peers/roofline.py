"""How fast the undelayed coupling of many candidates is, beside multiply-adds on registers alone.

A small C++ program is compiled against the kernels' headers, at the CPU level in use, by the compiler
that compiles node models. Peak and coupling are timed in turns on one thread.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from brainfit_fast.codegen.compiler import compile_source
from brainfit_fast.core import ffi

from .timing import median_and_spread

__all__ = ['measure']

_SOURCE = r"""
#include <ctime>
#include "brainfit_fast/tiles.h"

using namespace brainfit_fast::BRAINFIT_FAST_LEVEL;

// Processor time of this thread: what others take from it does not count.
double now() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

template <class Call>
double gflops(double flops, double seconds, const Call& call) {
  const double start = now();
  double spent = 0;
  int64_t calls = 0;
  while (spent < seconds) {
    for (int k = 0; k < 20; ++k) {
      call();
      asm volatile("" ::: "memory");
    }
    calls += 20;
    spent = now() - start;
  }
  return flops * static_cast<double>(calls) / spent * 1e-9;
}

template <class T>
double peak(double seconds) {
  constexpr int kSums = kManyRegisters ? 16 : 10, kRounds = 1000;
  using V = Vec<T>;
  typename V::Type sum[kSums] = {}, a = typename V::Type{} + static_cast<T>(0.999);
  const double rate = gflops(2.0 * kRounds * kSums * V::kLanes, seconds, [&] {
    for (int t = 0; t < kRounds; ++t) {
#pragma GCC unroll 16
      for (int k = 0; k < kSums; ++k) sum[k] = sum[k] * a + a;
    }
  });
  volatile T sink = 0;
  for (const auto& s : sum) sink = sink + s[0];
  return rate;
}

template <class T>
void measure(int64_t n, int64_t turns, double seconds, double* out) {
  Buffer<T> weights, feature, sum;
  weights.allocate(n * n);
  feature.allocate(n * kTileLanes<T>);
  sum.allocate(n * kTileLanes<T>);
  for (int64_t k = 0; k < n * n; ++k) weights[k] = static_cast<T>(1 + k % 7) / n;
  for (int64_t k = 0; k < n * kTileLanes<T>; ++k) feature[k] = static_cast<T>(k % 5) - 2;
  Tiles<T> tiles;
  tiles.build(weights.get(), n, false);
  const double flops = 2.0 * n * n * kTileLanes<T>;
  for (int64_t t = 0; t < turns; ++t) {
    out[2 * t] = peak<T>(seconds);
    out[2 * t + 1] = gflops(flops, seconds, [&] { tiles.apply(feature.get(), sum.get()); });
  }
}

extern "C" void measure_float32(int64_t n, int64_t turns, double seconds, double* out) {
  measure<float>(n, turns, seconds, out);
}
extern "C" void measure_float64(int64_t n, int64_t turns, double seconds, double* out) {
  measure<double>(n, turns, seconds, out);
}
"""


def measure(n: int, dtype: str, turns: int) -> dict[str, Any]:
    """Peak and coupling in GFLOP/s on one thread, and the coupling's share of the peak."""
    level = ffi.cpu_level()
    flags = ['-O3', '-ffp-contract=fast', '-fno-math-errno']
    flags.append(f'-DBRAINFIT_FAST_LEVEL={level.rsplit("-", 1)[-1]}')
    if level != 'baseline':
        flags += [f'-march={level}', '-mprefer-vector-width=512']
    path = compile_source(_SOURCE, name='roofline', flags=tuple(flags), include=ffi.include_path())
    rates = np.zeros((turns, 2))
    run = getattr(ctypes.CDLL(str(path)), f'measure_{dtype}')
    run(
        ctypes.c_int64(n),
        ctypes.c_int64(turns),
        ctypes.c_double(0.02),
        rates.ctypes.data_as(ctypes.POINTER(ctypes.c_double)),
    )
    # what runs beside only ever slows: the best turn of each is the nearest to the machine alone
    best = rates.max(0)
    return {
        'peak_gflops': median_and_spread(rates[:, 0]) | {'best': round(float(best[0]), 1)},
        'coupling_gflops': median_and_spread(rates[:, 1]) | {'best': round(float(best[1]), 1)},
        'share': median_and_spread(rates[:, 1] / rates[:, 0])
        | {'best': round(float(best[1] / best[0]), 3)},
    }
