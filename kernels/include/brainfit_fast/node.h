// What generated code of a node model is written in: lanes, loads and stores, random bits.
#pragma once

#include <type_traits>

#include "brainfit_fast/exprel_slope.h"
#include "brainfit_fast/maths.h"
#include "brainfit_fast/node_entry.h"
#include "brainfit_fast/vec.h"

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {

template <class E, int N>
struct Pass {
  typedef E Type __attribute__((vector_size(N * sizeof(E))));
};

// Every value of a pass has as many lanes as one vector of the states' type T.
#define BRAINFIT_FAST_LANE_TYPES(T)                                     \
  constexpr int kPassLanes = kVectorBytes / static_cast<int>(sizeof(T)); \
  [[maybe_unused]] typedef Pass<float, kPassLanes>::Type F32;           \
  [[maybe_unused]] typedef Pass<double, kPassLanes>::Type F64;          \
  [[maybe_unused]] typedef Pass<int32_t, kPassLanes>::Type I32;         \
  [[maybe_unused]] typedef Pass<int64_t, kPassLanes>::Type I64;         \
  [[maybe_unused]] typedef Pass<uint32_t, kPassLanes>::Type U32;        \
  [[maybe_unused]] typedef Pass<uint64_t, kPassLanes>::Type U64;        \
  [[maybe_unused]] typedef I32 M32;                                     \
  [[maybe_unused]] typedef I64 M64;

template <class V>
using PassElement = std::decay_t<decltype(V{}[0])>;

template <class V>
BRAINFIT_FAST_INLINE V splat(PassElement<V> x) {
  return x - V{};  // x - 0 is x for every x
}

template <class V>
BRAINFIT_FAST_INLINE V load(const NodeCall& call, int operand, int64_t lane) {
  typedef PassElement<V> Loose
      __attribute__((vector_size(sizeof(V)), aligned(sizeof(PassElement<V>)), may_alias));
  return *reinterpret_cast<const Loose*>(static_cast<const PassElement<V>*>(call.operands[operand]) +
                                         lane);
}

template <class V>
BRAINFIT_FAST_INLINE void store(const NodeCall& call, int operand, int64_t lane, V value) {
  typedef PassElement<V> Loose
      __attribute__((vector_size(sizeof(V)), aligned(sizeof(PassElement<V>)), may_alias));
  *reinterpret_cast<Loose*>(static_cast<PassElement<V>*>(call.operands[operand]) + lane) = value;
}

template <class To, class From>
BRAINFIT_FAST_INLINE To bits_as(From value) {
  static_assert(sizeof(To) == sizeof(From), "lanes of one width");
  return reinterpret_cast<To>(value);
}

// Word kWord of the Threefry-2x32 block cipher with 20 rounds (Salmon, Moraes, Dror & Shaw 2011,
// Parallel random numbers: as easy as 1, 2, 3), as JAX draws its bits.
template <int kWord, class U>
BRAINFIT_FAST_INLINE U threefry(U key0, U key1, U x0, U x1) {
  constexpr int kRotations[2][4] = {{13, 15, 26, 6}, {17, 29, 16, 24}};
  const U schedule[3] = {key0, key1, key0 ^ key1 ^ 0x1BD11BDAu};
  x0 += schedule[0];
  x1 += schedule[1];
#pragma GCC unroll 5
  for (int group = 0; group < 5; ++group) {
#pragma GCC unroll 4
    for (int round = 0; round < 4; ++round) {
      const int by = kRotations[group % 2][round];
      x0 += x1;
      x1 = ((x1 << by) | (x1 >> (32 - by))) ^ x0;
    }
    x0 += schedule[(group + 1) % 3];
    x1 += schedule[(group + 2) % 3] + static_cast<uint32_t>(group + 1);
  }
  return kWord == 0 ? x0 : x1;
}

}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast

// Compiled on its own, a node is a library that hands out its entry.
#if defined(BRAINFIT_FAST_SHARED)
#define BRAINFIT_FAST_SHARED_NODE(name)                                               \
  extern "C" __attribute__((visibility("default"))) const void* brainfit_fast_node() { \
    return &brainfit_fast::BRAINFIT_FAST_LEVEL::name;                                  \
  }
#else
#define BRAINFIT_FAST_SHARED_NODE(name)
#endif
