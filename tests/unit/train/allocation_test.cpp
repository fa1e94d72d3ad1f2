// Counts allocations of the whole process, so it has its own file.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "pathflow/train/trainer.hpp"

namespace {

std::atomic<long> g_allocations{0};

void* counted(std::size_t size, std::size_t alignment) {
  ++g_allocations;
  void* memory = nullptr;
  if (alignment <= alignof(std::max_align_t)) {
    memory = std::malloc(size ? size : 1);
  } else if (posix_memalign(&memory, alignment, size ? size : 1) != 0) {
    memory = nullptr;
  }
  if (!memory) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(std::size_t size) { return counted(size, 1); }
void* operator new[](std::size_t size) { return counted(size, 1); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return counted(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return counted(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace pathflow::train {
namespace {

TEST(TrainerAllocation, SteadyStateStepsAllocateNothing) {
  for (const char* coupling : {"independent", "ot", "sinkhorn", "bridge"}) {
    TrainOptions options;
    options.width = 16;
    options.depth = 2;
    options.batch = 32;
    options.coupling = coupling;
    Trainer trainer(options);
    const long at_first = g_allocations;
    trainer.step(70);
    EXPECT_GT(g_allocations - at_first, 0) << "the counter does not count";
    const long before = g_allocations;
    trainer.step(150);  // past two copies of the states
    EXPECT_EQ(g_allocations - before, 0) << coupling;
  }
}

TEST(TrainerAllocation, FewStepObjectivesAllocateNothingEither) {
  for (const char* objective : {"mean-flow", "shortcut", "consistency"}) {
    TrainOptions options;
    options.width = 16;
    options.depth = 2;
    options.batch = 32;
    options.objective = objective;
    Trainer trainer(options);
    trainer.step(70);
    const long before = g_allocations;
    trainer.step(70);
    EXPECT_EQ(g_allocations - before, 0) << objective;
  }
}

}  // namespace
}  // namespace pathflow::train
