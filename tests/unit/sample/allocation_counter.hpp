// Counts the calls of operator new in this test binary.
#pragma once

namespace pathflow::testing_support {

long allocations();

}  // namespace pathflow::testing_support
