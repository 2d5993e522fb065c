// The registry of node models. Entries live as long as the process.
#include "nodes.h"

#include <mutex>
#include <vector>

#include "brainfit_fast/levels.h"

namespace brainfit_fast {
namespace {

struct Loaded {
  const Level* level;
  const NodeEntry* entry;
};

std::mutex guard;
std::vector<Loaded>& loaded() {
  static std::vector<Loaded> nodes;
  return nodes;
}

const NodeEntry* find(const Level& level, std::string_view key) {
  for (const NodeEntry* const* entry = level.nodes; *entry != nullptr; ++entry) {
    if (key == (*entry)->key) return *entry;
  }
  std::lock_guard<std::mutex> lock(guard);
  for (const Loaded& node : loaded()) {
    if (node.level == &level && key == node.entry->key) return node.entry;
  }
  return nullptr;
}

}  // namespace

const NodeEntry* find_node(std::string_view key) { return find(active_level(), key); }

}  // namespace brainfit_fast

#define BRAINFIT_FAST_EXPORT extern "C" __attribute__((visibility("default")))

// Whether the node of that key can run at the level in use.
BRAINFIT_FAST_EXPORT int brainfit_fast_has_node(const char* key) {
  return brainfit_fast::find_node(key) != nullptr;
}

// Adds a node that was compiled for the level in use; false if it was compiled for another
// version of the library.
BRAINFIT_FAST_EXPORT int brainfit_fast_add_node(const void* entry) {
  const auto* node = static_cast<const brainfit_fast::NodeEntry*>(entry);
  if (node->abi != brainfit_fast::kNodeAbi) return 0;
  if (brainfit_fast::find_node(node->key) != nullptr) return 1;
  std::lock_guard<std::mutex> lock(brainfit_fast::guard);
  brainfit_fast::loaded().push_back({&brainfit_fast::active_level(), node});
  return 1;
}
