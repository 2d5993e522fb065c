// What one candidate draws at random, step after step; lanes = regions.
#pragma once

#include "brainfit_fast/dense.h"
#include "brainfit_fast/memory.h"
#include "brainfit_fast/simulate_problem.h"
#include "brainfit_fast/vec.h"

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {

template <class T>
class Draws {
 public:
  bool build(const NodeEntry& node, int64_t regions) {
    node_ = &node;
    padded_ = Dense<T>::padded(regions);
    words_ = 2 * node.keys;
    if (!region_.allocate(padded_) || !lanes_.allocate((words_ + 1) * kLanes) ||
        !operands_.allocate(2 * words_ + node.draws + 2)) {
      return false;
    }
    for (int64_t i = 0; i < padded_; ++i) region_[i] = static_cast<uint32_t>(i);
    return true;
  }

  // Elements of what one step draws: [draws][padded].
  int64_t size() const { return node_->draws * padded_; }

  // What the step with this index draws; the words of the keys become those of the next step.
  void draw(int64_t index, T* rows) {
    if (node_->draw == nullptr) return;
    if (node_->reads_step) set_word(words_, static_cast<uint32_t>(static_cast<int32_t>(index)));
    void** operand = operands_.get();
    for (int64_t w = 0; w < words_; ++w) *operand++ = lanes_.get() + w * kLanes;
    *operand++ = region_.get();
    *operand++ = lanes_.get() + words_ * kLanes;
    for (int64_t k = 0; k < node_->draws; ++k) *operand++ = rows + k * padded_;
    for (int64_t w = 0; w < words_; ++w) *operand++ = lanes_.get() + w * kLanes;
    node_->draw({operands_.get(), padded_, kLanes});
  }

  // The words of the keys.
  int64_t words() const { return words_; }
  void load(const uint32_t* words) {
    for (int64_t w = 0; w < words_; ++w) set_word(w, words[w]);
  }
  void save(uint32_t* words) const {
    for (int64_t w = 0; w < words_; ++w) words[w] = lanes_[w * kLanes];
  }
  // The same, each in the first bytes of one element.
  void load_elements(const T* elements) {
    for (int64_t w = 0; w < words_; ++w) {
      uint32_t word;
      __builtin_memcpy(&word, elements + w, sizeof(word));
      set_word(w, word);
    }
  }
  static void save_elements(const uint32_t* words, int64_t count, T* elements) {
    for (int64_t w = 0; w < count; ++w) {
      elements[w] = 0;
      __builtin_memcpy(elements + w, words + w, sizeof(uint32_t));
    }
  }

 private:
  static constexpr int kLanes = Vec<T>::kLanes;

  void set_word(int64_t w, uint32_t word) {
    for (int l = 0; l < kLanes; ++l) lanes_[w * kLanes + l] = word;
  }

  const NodeEntry* node_ = nullptr;
  int64_t padded_ = 0, words_ = 0;
  Buffer<uint32_t> region_;
  Buffer<uint32_t> lanes_;  // words of the keys, then the index of the step
  Buffer<void*> operands_;
};

}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
