// Which compiled node models there are: those of the library, and those that were loaded later.
#pragma once

#include <string_view>

#include "brainfit_fast/node_entry.h"

namespace brainfit_fast {

// The node of that key for the level in use; null if there is none.
const NodeEntry* find_node(std::string_view key);

}  // namespace brainfit_fast
