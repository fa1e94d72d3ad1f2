#include "pathflow/metric/random_rows.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "pathflow/base/error.hpp"

namespace pathflow::metric {
namespace {

TEST(RandomRows, AreDifferentRowsOfTheGivenOnes) {
  const std::vector<std::size_t> numbers = random_row_numbers(1000, 400, 3);
  const std::set<std::size_t> different(numbers.begin(), numbers.end());
  EXPECT_EQ(different.size(), 400u);
  EXPECT_LT(*different.rbegin(), 1000u);
  EXPECT_EQ(random_row_numbers(1000, 400, 3), numbers);
  EXPECT_NE(random_row_numbers(1000, 400, 3, 1), numbers);
  std::vector<std::size_t> all = random_row_numbers(50, 50, 7);
  std::sort(all.begin(), all.end());
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i], i);
  // Every row is as likely: over 3,000 choices of 10 among 100, within 5 standard deviations.
  std::vector<int> chosen(100, 0);
  for (std::uint64_t turn = 0; turn < 3000; ++turn) {
    for (const std::size_t row : random_row_numbers(100, 10, 11, turn)) ++chosen[row];
  }
  for (const int count : chosen) EXPECT_NEAR(count, 300, 5 * std::sqrt(270.0));
  EXPECT_THROW(random_row_numbers(5, 6, 0), InvalidArgument);
}

}  // namespace
}  // namespace pathflow::metric
