#include "pathflow/base/threads.hpp"

#include <atomic>

#include "pathflow/base/error.hpp"

namespace pathflow {
namespace {
std::atomic<int> g_threads{1};
}

int threads() noexcept { return g_threads.load(std::memory_order_relaxed); }

void set_threads(int count) {
  check_between("set_threads", "count", static_cast<std::int64_t>(count), 1, 1024);
  g_threads.store(count, std::memory_order_relaxed);
}

}  // namespace pathflow
