#include <gtest/gtest.h>

#include "pathflow/train/trainer.hpp"
#include "support/allocations.hpp"

namespace pathflow::train {
namespace {

using testing_support::allocations;

TEST(TrainerAllocation, SteadyStateStepsAllocateNothing) {
  PATHFLOW_COUNTS_ALLOCATIONS();
  for (const char* coupling : {"independent", "ot", "sinkhorn", "bridge"}) {
    TrainOptions options;
    options.width = 16;
    options.depth = 2;
    options.batch = 32;
    options.coupling = coupling;
    Trainer trainer(options);
    const long at_first = allocations();
    trainer.step(70);
    EXPECT_GT(allocations() - at_first, 0) << "the counter does not count";
    const long before = allocations();
    trainer.step(150);  // past two copies of the states
    EXPECT_EQ(allocations() - before, 0) << coupling;
  }
}

TEST(TrainerAllocation, FewStepObjectivesAllocateNothingEither) {
  PATHFLOW_COUNTS_ALLOCATIONS();
  for (const char* objective : {"mean-flow", "shortcut", "consistency"}) {
    TrainOptions options;
    options.width = 16;
    options.depth = 2;
    options.batch = 32;
    options.objective = objective;
    Trainer trainer(options);
    trainer.step(70);
    const long before = allocations();
    trainer.step(70);
    EXPECT_EQ(allocations() - before, 0) << objective;
  }
}

}  // namespace
}  // namespace pathflow::train
