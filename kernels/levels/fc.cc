// Functional connectivity, compiled once per CPU level.
#include "brainfit_fast/fc_maths.h"
#include "brainfit_fast/levels.h"

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {

template <class T>
static constexpr FcKernels<T> kernels() {
  return {Fc<T>::forward_scratch, Fc<T>::backward_scratch, Fc<T>::forward, Fc<T>::backward};
}

const FcTable fc = {kernels<float>(), kernels<double>()};

}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
