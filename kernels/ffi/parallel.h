// A deterministic loop over independent work items on XLA's thread pool, and scratch memory.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <thread>
#include <utility>

#include "xla/ffi/api/ffi.h"

namespace brainfit_fast {

// Memory for one work item, aligned for any vector; null when there is none.
template <class T>
class Scratch {
 public:
  explicit Scratch(int64_t count) {
    const std::size_t bytes = (static_cast<std::size_t>(count) * sizeof(T) + 63) / 64 * 64;
    data_.reset(static_cast<T*>(std::aligned_alloc(64, bytes)));
  }
  T* get() const { return data_.get(); }

 private:
  struct Free {
    void operator()(T* p) const { std::free(p); }
  };
  std::unique_ptr<T, Free> data_;
};

// Calls work(i) for i in [0, count) and returns when all have finished.
//
// The caller works too, and waits only for items that a pool thread has claimed: a pool that
// is busy, or has no free thread at all, delays nothing. A task that starts late finds nothing
// left and touches only the shared counter, which it keeps alive.
template <class Work>
void parallel_for(xla::ffi::ThreadPool& pool, int64_t count, Work work) {
  struct Shared {
    Shared(int64_t n, Work w) : count(n), work(std::move(w)) {}
    void run() {
      int64_t i;
      while ((i = next.fetch_add(1)) < count) {
        work(i);
        done.fetch_add(1, std::memory_order_release);
      }
    }
    const int64_t count;
    Work work;
    std::atomic<int64_t> next{0};
    std::atomic<int64_t> done{0};
  };
  auto shared = std::make_shared<Shared>(count, std::move(work));
  int64_t helpers = pool.num_threads() - 1;
  if (helpers > count - 1) helpers = count - 1;
  for (int64_t h = 0; h < helpers; ++h) pool.Schedule([shared] { shared->run(); });
  shared->run();
  while (shared->done.load(std::memory_order_acquire) < count) std::this_thread::yield();
}

}  // namespace brainfit_fast
