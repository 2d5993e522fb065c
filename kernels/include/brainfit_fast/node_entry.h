// What generated code of one node model offers to the time loop, and how it is called.
#pragma once

#include <cstdint>

namespace brainfit_fast {

// Raised when anything in this file or the meaning of an operand changes.
constexpr int32_t kNodeAbi = 3;

// One pass over lanes. Operand k of lane o is at operands[k] + o; operands that are the same for
// all lanes are read at offset 0. A pass takes the vectors at 0, stride, 2 * stride, ... < size.
struct NodeCall {
  void* const* operands;
  int64_t size;
  int64_t stride;
};

using NodeFunction = void (*)(const NodeCall&);

// Operands that are read come first. draw reads the words of the random keys (two each, the same for
//   all lanes), the index of the region (uint32) and the index of the step (int32, the same for all
//   lanes); it writes what the step draws at random, and the words of the next step.
// The others read parameters, sums, inputs, states, draws, and the index of the step.
// advance writes: states, features of the channels that emit, finite (to which zero times every
//   state is added); advance_sampled writes the computed observables as well.
// adjoint reads, after the above: cotangents of the new states, of the features and, if sampled,
//   of the computed observables; it writes the cotangents of states, sums and inputs, and adds to
//   those of the parameters.
// An output may stand where an input of the same lane is.
struct NodeEntry {
  const char* key;
  int32_t abi;
  int32_t element_bytes;
  int32_t vector_bytes;
  int32_t parameters;
  int32_t sums;
  int32_t inputs;
  int32_t states;
  int32_t features;
  int32_t keys;
  int32_t draws;
  int32_t observables;
  int32_t reads_step;
  NodeFunction draw;  // none without keys
  NodeFunction advance;
  NodeFunction advance_sampled;
  NodeFunction adjoint;
  NodeFunction adjoint_sampled;
  // The same for steps after which tracked states, the last of the states, are updated; the others
  // pass them on. None of these where that is every step (track_every 0).
  NodeFunction advance_tracked = nullptr;
  NodeFunction advance_sampled_tracked = nullptr;
  NodeFunction adjoint_tracked = nullptr;
  NodeFunction adjoint_sampled_tracked = nullptr;
  int32_t track_every = 0;

  // What takes the step with this index.
  NodeFunction forward_at(int64_t index, bool sampled) const {
    const bool computed = sampled && advance_sampled != nullptr;
    if (!tracks_at(index)) return computed ? advance_sampled : advance;
    return computed ? advance_sampled_tracked : advance_tracked;
  }
  // The same backwards.
  NodeFunction backward_at(int64_t index, bool sampled) const {
    const bool computed = sampled && adjoint_sampled != nullptr;
    if (!tracks_at(index)) return computed ? adjoint_sampled : adjoint;
    return computed ? adjoint_sampled_tracked : adjoint_tracked;
  }

 private:
  bool tracks_at(int64_t index) const { return track_every > 0 && (index + 1) % track_every == 0; }
};

}  // namespace brainfit_fast
