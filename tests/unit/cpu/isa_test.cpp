#include "pathflow/cpu/isa.hpp"

#include <gtest/gtest.h>

#include <string>

#include "pathflow/base/error.hpp"
#include "pathflow/cpu/kernel_table.hpp"
#include "pathflow/cpu/kernels.hpp"

namespace pathflow::cpu {
namespace {

TEST(Isa, TheBestIsInUseUntilAnotherIsChosen) {
  EXPECT_EQ(isa(), isas().back());
  set_isa(isas().front());
  EXPECT_EQ(isa(), isas().front());
  EXPECT_THROW(set_isa("mmx"), InvalidArgument);
  set_isa(isas().back());
}

/// The baseline's table under another name, with a kernel that counts its calls.
KernelTable counting_table(int& calls) {
  static int* counter = nullptr;
  counter = &calls;
  KernelTable table = baseline_table();
  table.name = "counting";
  table.sum_of_squares = [](std::int64_t count, const float* x) {
    ++*counter;
    return baseline_table().sum_of_squares(count, x);
  };
  return table;
}

TEST(Isa, AddedKernelsAreListedAndUsed) {
  static int calls = 0;
  static const KernelTable table = counting_table(calls);
  const std::string before = isa();
  add_kernels(table);
  EXPECT_EQ(isas().back(), "counting");
  EXPECT_EQ(&kernels(), &table);
  const float three_four[] = {3, 4};
  EXPECT_EQ(sum_of_squares<float>(2, three_four), 25);
  EXPECT_EQ(calls, 1);
  set_isa(before);
  EXPECT_EQ(sum_of_squares<float>(2, three_four), 25);
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace pathflow::cpu
