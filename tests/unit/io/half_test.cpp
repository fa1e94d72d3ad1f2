#include "pathflow/io/half.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace pathflow::io {
namespace {

// The definition of the format, by powers of two.
double half_by_definition(unsigned bits) {
  const double sign = bits & 0x8000u ? -1 : 1;
  const int exponent = static_cast<int>(bits >> 10 & 31u);
  const double fraction = static_cast<double>(bits & 1023u) / 1024;
  if (exponent == 31) return fraction != 0 ? NAN : sign * HUGE_VAL;
  if (exponent == 0) return sign * std::ldexp(fraction, -14);
  return sign * std::ldexp(1 + fraction, exponent - 15);
}

TEST(Half, All65536PatternsHaveTheirValueAndReturn) {
  for (unsigned bits = 0; bits < 65536; ++bits) {
    const std::uint16_t pattern = static_cast<std::uint16_t>(bits);
    const float value = float_of_half(pattern);
    const double expected = half_by_definition(bits);
    if (std::isnan(expected)) {
      ASSERT_TRUE(std::isnan(value)) << bits;
      ASSERT_TRUE(std::isnan(float_of_half(half_of_float(value)))) << bits;
      continue;
    }
    ASSERT_EQ(static_cast<double>(value), expected) << bits;
    ASSERT_EQ(std::signbit(value), (bits & 0x8000u) != 0) << bits;
    ASSERT_EQ(half_of_float(value), pattern) << bits;
  }
}

TEST(Half, All65536Bfloat16PatternsReturn) {
  for (unsigned bits = 0; bits < 65536; ++bits) {
    const std::uint16_t pattern = static_cast<std::uint16_t>(bits);
    const float value = float_of_bfloat16(pattern);
    if (std::isnan(value)) {
      ASSERT_TRUE(std::isnan(float_of_bfloat16(bfloat16_of_float(value)))) << bits;
    } else {
      ASSERT_EQ(bfloat16_of_float(value), pattern) << bits;
    }
  }
}

// Between any two neighbouring values: just below the middle goes down, just above up, the middle
// itself to the even pattern.
template <class ToFloat, class FromFloat>
void expect_nearest_even(unsigned last_finite, ToFloat to_float, FromFloat from_float) {
  for (unsigned bits = 0; bits < last_finite; ++bits) {
    const float low = to_float(static_cast<std::uint16_t>(bits));
    const float high = to_float(static_cast<std::uint16_t>(bits + 1));
    const float middle =
        static_cast<float>((static_cast<double>(low) + static_cast<double>(high)) / 2);
    ASSERT_EQ(from_float(std::nextafter(middle, 0.0f)), bits);
    ASSERT_EQ(from_float(std::nextafter(middle, HUGE_VALF)), bits + 1);
    ASSERT_EQ(from_float(middle), bits + bits % 2);
    ASSERT_EQ(from_float(-middle), (bits + bits % 2) | 0x8000u);
  }
}

TEST(Half, RoundsToNearestEven) {
  expect_nearest_even(0x7BFF, float_of_half, half_of_float);
  EXPECT_EQ(half_of_float(65519.0f), 0x7BFF);
  EXPECT_EQ(half_of_float(65520.0f), 0x7C00);
  EXPECT_EQ(half_of_float(1e30f), 0x7C00);
  EXPECT_EQ(half_of_float(-HUGE_VALF), 0xFC00);
  EXPECT_EQ(half_of_float(1e-30f), 0);
}

TEST(Half, Bfloat16RoundsToNearestEven) {
  expect_nearest_even(0x7F7F, float_of_bfloat16, bfloat16_of_float);
  EXPECT_EQ(bfloat16_of_float(3.4e38f), 0x7F80);
}

}  // namespace
}  // namespace pathflow::io
