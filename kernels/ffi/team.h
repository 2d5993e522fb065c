// Threads that stay at hand for the many short loops of one long call.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>

#include "brainfit_fast/simulate_problem.h"
#include "xla/ffi/api/ffi.h"

namespace brainfit_fast {

// Pool threads that join the loops of one kernel call while it runs, waiting actively between two
// of them. A loop never waits for a thread that has not come: its caller takes what is left, and
// waits only for items that someone has claimed. So a busy pool delays nothing.
class RowTeam {
 public:
  RowTeam(xla::ffi::ThreadPool& pool, int64_t helpers)
      : threads_(helpers + 1), shared_(std::make_shared<Shared>()) {
    for (int64_t h = 0; h < helpers; ++h) {
      pool.Schedule([shared = shared_] { shared->help(); });
    }
  }
  ~RowTeam() { shared_->over.store(true, std::memory_order_release); }
  RowTeam(const RowTeam&) = delete;
  RowTeam& operator=(const RowTeam&) = delete;

  Share share() { return {threads_, shared_.get(), &RowTeam::run}; }

 private:
  // The number of the loop is in the upper half of `claim`, the next item in the lower half, so
  // that a late thread cannot take an item of a loop it does not know.
  struct Shared {
    std::atomic<uint64_t> claim{0};
    std::atomic<int64_t> done{0};
    std::atomic<bool> over{false};
    std::atomic<int64_t> count{0};
    std::atomic<void (*)(void*, int64_t)> work{nullptr};
    std::atomic<void*> argument{nullptr};

    // Takes items of the current loop until there are none.
    void drain() {
      for (;;) {
        uint64_t seen = claim.load(std::memory_order_acquire);
        const int64_t items = count.load(std::memory_order_relaxed);
        auto* function = work.load(std::memory_order_relaxed);
        void* own = argument.load(std::memory_order_relaxed);
        const int64_t item = static_cast<int64_t>(seen & kItemMask);
        if (item >= items) return;
        // fails if the loop has changed since, and with it what was read above
        if (!claim.compare_exchange_weak(seen, seen + 1, std::memory_order_acq_rel)) continue;
        function(own, item);
        done.fetch_add(1, std::memory_order_release);
      }
    }

    void help() {
      int idle = 0;
      while (!over.load(std::memory_order_acquire)) {
        const uint64_t seen = claim.load(std::memory_order_acquire);
        if (static_cast<int64_t>(seen & kItemMask) < count.load(std::memory_order_relaxed)) {
          drain();
          idle = 0;
        } else if (++idle > kSpins) {
          std::this_thread::yield();
        } else {
          pause();
        }
      }
    }
  };

  static constexpr uint64_t kItemMask = 0xffffffffu;
  static constexpr int kSpins = 2000;

  static void pause() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#else
    std::this_thread::yield();
#endif
  }

  static void run(void* context, int64_t count, void (*work)(void*, int64_t), void* argument) {
    Shared& shared = *static_cast<Shared*>(context);
    // nobody claims between loops: the old count is reached
    const uint64_t loop = (shared.claim.load(std::memory_order_relaxed) >> 32) + 1;
    shared.claim.store((loop << 32) | kItemMask, std::memory_order_release);
    shared.done.store(0, std::memory_order_relaxed);
    shared.count.store(count, std::memory_order_relaxed);
    shared.work.store(work, std::memory_order_relaxed);
    shared.argument.store(argument, std::memory_order_relaxed);
    shared.claim.store(((loop + 1) << 32), std::memory_order_release);
    shared.drain();
    while (shared.done.load(std::memory_order_acquire) < count) pause();
  }

  const int64_t threads_;
  std::shared_ptr<Shared> shared_;
};

}  // namespace brainfit_fast
