// Memory for kernels: aligned for any vector, zeroed, freed with its owner.
#pragma once

#include <cstdint>
#include <cstdlib>

#include "brainfit_fast/vec.h"

namespace brainfit_fast {
namespace BRAINFIT_FAST_LEVEL {

// T is a number or a plain struct for which all zero bytes are a value.
template <class T>
class Buffer {
 public:
  Buffer() = default;
  ~Buffer() { std::free(data_); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  // Replaces the contents by `count` zeros; false when there is no memory.
  bool allocate(int64_t count) {
    std::free(data_);
    data_ = nullptr;
    const int64_t limit = INT64_MAX / 2 / static_cast<int64_t>(sizeof(T));
    if (count < 0 || count > limit) return false;
    const int64_t used = max_of<int64_t>(count, 1) * static_cast<int64_t>(sizeof(T));
    const std::size_t bytes = static_cast<std::size_t>(round_up(used, kAlignment));
    data_ = static_cast<T*>(std::aligned_alloc(kAlignment, bytes));
    if (data_ == nullptr) return false;
    __builtin_memset(static_cast<void*>(data_), 0, bytes);
    return true;
  }

  T* get() { return data_; }
  const T* get() const { return data_; }
  T& operator[](int64_t i) { return data_[i]; }
  const T& operator[](int64_t i) const { return data_[i]; }

 private:
  static constexpr int64_t kAlignment = 64;
  T* data_ = nullptr;
};

}  // namespace BRAINFIT_FAST_LEVEL
}  // namespace brainfit_fast
