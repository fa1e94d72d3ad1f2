// Counts every way a test binary gets memory. Link pathflow_allocations.
#pragma once

#include <gtest/gtest.h>

namespace pathflow::testing_support {

/// False under the sanitizers, which bring their own allocator.
bool allocations_are_counted();

/// Since the program began, in every thread.
long allocations();

}  // namespace pathflow::testing_support

#define PATHFLOW_COUNTS_ALLOCATIONS()                      \
  if (!testing_support::allocations_are_counted()) {       \
    GTEST_SKIP() << "the sanitizer has its own allocator"; \
  }
