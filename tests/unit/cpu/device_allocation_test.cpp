// Steady-state replay allocates nothing: every way to get memory in this binary is counted.
#include <atomic>
#include <cstdlib>
#include <new>

#include "device_training.hpp"
#include "pathflow/base/threads.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PATHFLOW_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define PATHFLOW_SANITIZED 1
#endif
#endif

#ifndef PATHFLOW_SANITIZED  // the sanitizers bring their own allocator

namespace {
std::atomic<long> allocations{0};
}  // namespace

#ifdef __GLIBC__
// All of malloc's callers, operator new and OpenMP's runtime among them, come through here.
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t bytes) noexcept {
  ++allocations;
  return __libc_malloc(bytes);
}
void* calloc(std::size_t count, std::size_t bytes) noexcept {
  ++allocations;
  return __libc_calloc(count, bytes);
}
void* realloc(void* old, std::size_t bytes) noexcept {
  ++allocations;
  return __libc_realloc(old, bytes);
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept {
  ++allocations;
  return __libc_memalign(alignment, bytes);
}
int posix_memalign(void** out, std::size_t alignment, std::size_t bytes) noexcept {
  ++allocations;
  *out = __libc_memalign(alignment, bytes);
  return *out == nullptr ? 12 : 0;
}
}
#else
void* operator new(std::size_t bytes) {
  ++allocations;
  if (void* memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
#endif

namespace pathflow::graph::testing {
namespace {

TEST(Allocation, IsCounted) {
  const long before = allocations;
  const std::vector<int>* made = new std::vector<int>(static_cast<std::size_t>(before % 7 + 100));
  EXPECT_GE(allocations - before, 1);
  delete made;
}

template <class T>
long allocations_of_replay(int thread_count) {
  const int before = threads();
  set_threads(thread_count);
  const TrainingStep step({3, 65, 33, 2}, 130);
  StateStore<T> states;
  step.initialize(states, 1);
  auto plan = compile<T>(step.spec, states, cpu::device());
  step.set_inputs(plan, 1);
  for (int i = 0; i < 3; ++i) plan.run();  // kernels make their packing space
  const long start = allocations;
  for (int i = 0; i < 20; ++i) plan.run();
  const long count = allocations - start;
  set_threads(before);
  return count;
}

TEST(Allocation, ReplayAllocatesNothing) {
  EXPECT_EQ(allocations_of_replay<float>(1), 0);
  EXPECT_EQ(allocations_of_replay<float>(2), 0);
  EXPECT_EQ(allocations_of_replay<float>(4), 0);
}

TEST(Allocation, ReplayInDoubleAllocatesNothing) {
  EXPECT_EQ(allocations_of_replay<double>(1), 0);
  EXPECT_EQ(allocations_of_replay<double>(2), 0);
}

}  // namespace
}  // namespace pathflow::graph::testing

#endif  // PATHFLOW_SANITIZED
