#include "pathflow/base/threads.hpp"

#include <algorithm>
#include <atomic>

#include "pathflow/base/error.hpp"

namespace pathflow {
namespace {
std::atomic<int> g_threads{1};
thread_local int t_most = 1024;
}  // namespace

int threads() noexcept { return std::min(g_threads.load(std::memory_order_relaxed), t_most); }

ThreadLimit::ThreadLimit(int most) noexcept : before_(t_most) { t_most = std::min(most, before_); }
ThreadLimit::~ThreadLimit() { t_most = before_; }

void set_threads(int count) {
  check_between("set_threads", "count", static_cast<std::int64_t>(count), 1, 1024);
  g_threads.store(count, std::memory_order_relaxed);
}

}  // namespace pathflow
