// The kernels of every CPU level as tables of functions, and which table is in use.
#pragma once

#include <cstdint>

#include "brainfit_fast/simulate_problem.h"

namespace brainfit_fast {

// Functional connectivity of one candidate; see fc_maths.h for the meaning of the arguments.
template <class T>
struct FcKernels {
  int64_t (*forward_scratch)(int64_t n);
  int64_t (*backward_scratch)(int64_t n);
  void (*forward)(const T* x, int64_t t, int64_t n, T* fc, T* mean, T* inverse_norm, T* scratch);
  void (*backward)(const T* x, int64_t t, int64_t n, const T* mean, const T* inverse_norm,
                   const T* fc, const T* cotangent, T* dx, T* scratch);
};

// One level's table of an op; defined in kernels/levels/<op>.cc.
struct FcTable {
  FcKernels<float> f32;
  FcKernels<double> f64;
};

// A function of the vector maths on arrays, for tests; y may be null.
struct MathsFunction {
  const char* name;
  void (*f32)(const float* x, const float* y, int64_t n, float* out);
  void (*f64)(const double* x, const double* y, int64_t n, double* out);
};

struct MathsTable {
  const MathsFunction* functions;
  int count;
};

// Simulation of all candidates; false when there is no memory.
template <class T>
struct SimulateKernels {
  bool (*forward)(const Problem<T>& problem, const ForwardResult<T>& result);
  bool (*backward)(const Problem<T>& problem, const BackwardInput<T>& input,
                   const BackwardResult<T>& result);
};

struct SimulateTable {
  SimulateKernels<float> f32;
  SimulateKernels<double> f64;
};

#if defined(BRAINFIT_FAST_X86_LEVELS)
namespace v2 {
extern const FcTable fc;
extern const MathsTable maths;
extern const SimulateTable simulate;
extern const NodeEntry* const nodes[];
}
namespace v3 {
extern const FcTable fc;
extern const MathsTable maths;
extern const SimulateTable simulate;
extern const NodeEntry* const nodes[];
}
namespace v4 {
extern const FcTable fc;
extern const MathsTable maths;
extern const SimulateTable simulate;
extern const NodeEntry* const nodes[];
}
#else
namespace baseline {
extern const FcTable fc;
extern const MathsTable maths;
extern const SimulateTable simulate;
extern const NodeEntry* const nodes[];
}
#endif

// Everything a handler may call, for one level.
struct Level {
  const char* name;
  bool (*supported)();
  const FcTable* fc;
  const MathsTable* maths;
  const SimulateTable* simulate;
  const NodeEntry* const* nodes;  // of the models that ship with the library; ends with null
};

// The level in use: the highest that this processor supports, unless a lower one was set.
const Level& active_level();

// Null where the processor has no level of this index.
const Level* level_at(int index);

}  // namespace brainfit_fast
