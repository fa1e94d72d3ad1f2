// Steady-state replay allocates nothing.
#include "device_training.hpp"
#include "pathflow/base/threads.hpp"
#include "support/allocations.hpp"

namespace pathflow::graph::testing {
namespace {

using testing_support::allocations;

TEST(Allocation, IsCounted) {
  PATHFLOW_COUNTS_ALLOCATIONS();
  const long before = allocations();
  const std::vector<int>* made = new std::vector<int>(static_cast<std::size_t>(before % 7 + 100));
  EXPECT_GE(allocations() - before, 1);
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
  const long start = allocations();
  for (int i = 0; i < 20; ++i) plan.run();
  const long count = allocations() - start;
  set_threads(before);
  return count;
}

TEST(Allocation, ReplayAllocatesNothing) {
  PATHFLOW_COUNTS_ALLOCATIONS();
  EXPECT_EQ(allocations_of_replay<float>(1), 0);
  EXPECT_EQ(allocations_of_replay<float>(2), 0);
  EXPECT_EQ(allocations_of_replay<float>(4), 0);
}

TEST(Allocation, ReplayInDoubleAllocatesNothing) {
  PATHFLOW_COUNTS_ALLOCATIONS();
  EXPECT_EQ(allocations_of_replay<double>(1), 0);
  EXPECT_EQ(allocations_of_replay<double>(2), 0);
}

}  // namespace
}  // namespace pathflow::graph::testing
