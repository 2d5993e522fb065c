// The node models that ship with the library.
#include "brainfit_fast/levels.h"

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {

extern const NodeEntry* const nodes[];
const NodeEntry* const nodes[] = {nullptr};

}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
