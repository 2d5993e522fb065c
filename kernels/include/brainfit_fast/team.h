// Threads that share the items of a loop, as a kernel sees them.
#pragma once

#include <cstdint>

#include "brainfit_fast/vec.h"

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {

// run() calls work(argument, i) once for each i in [0, count), in any order and on any thread,
// and returns when all have finished.
//
// Items write disjoint outputs, and how a loop is cut into items depends on its extents alone:
// a result is the same for every number of threads.
struct Team {
  void* context;
  void (*run)(void* context, int64_t count, void (*work)(void*, int64_t), void* argument);
};

// Without a team, or with one item, a plain loop on the calling thread.
inline void share(const Team* team, int64_t count, void (*work)(void*, int64_t),
                  void* argument) {
  if (team != nullptr && count > 1) {
    team->run(team->context, count, work, argument);
    return;
  }
  for (int64_t i = 0; i < count; ++i) work(argument, i);
}

// The same with a callable, which is not copied.
template <class Work>
void share_items(const Team* team, int64_t count, const Work& work) {
  share(
      team, count,
      [](void* argument, int64_t i) { (*static_cast<const Work*>(argument))(i); },
      const_cast<Work*>(&work));
}

}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
