#include "pathflow/base/decimal.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include "pathflow/base/bits.hpp"
#include "pathflow/base/random.hpp"

namespace pathflow {
namespace {

std::uint64_t bits(double value) { return bit_cast<std::uint64_t>(value); }

double read(const std::string& text) {
  double value = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(read_double(text, value)) << text;
  return value;
}

/// The C library reads our text, and we read it, as the same bits; a digit less is another number.
void expect_round_trip(double value) {
  const std::string text = to_text(value);
  EXPECT_EQ(bits(std::strtod(text.c_str(), nullptr)), bits(value)) << text;
  EXPECT_EQ(bits(read(text)), bits(value)) << text;
  char shortest[40];
  int digits = 1;
  for (; digits <= 17; ++digits) {
    std::snprintf(shortest, sizeof shortest, "%.*e", digits - 1, value);
    if (std::strtod(shortest, nullptr) == value) break;
  }
  std::string ours;
  for (const char c : text.substr(0, text.find('e'))) {
    if (c >= '0' && c <= '9' && !(ours.empty() && c == '0')) ours += c;
  }
  while (ours.size() > 1 && ours.back() == '0') ours.pop_back();
  EXPECT_LE(ours.size(), static_cast<std::size_t>(digits)) << text << " for " << shortest;
}

TEST(Decimal, KnownTexts) {
  const std::pair<double, const char*> known[] = {
      {0.0, "0"},
      {-0.0, "-0"},
      {1, "1"},
      {100, "100"},
      {-2.5, "-2.5"},
      {0.1, "0.1"},
      {0.0001, "0.0001"},
      {0.00001, "1e-05"},
      {1e-8, "1e-08"},
      {9007199254740992.0, "9007199254740992"},
      {1e16, "1e+16"},
      {1e23, "1e+23"},
      {5e-324, "5e-324"},
      {2.2250738585072014e-308, "2.2250738585072014e-308"},
      {1.7976931348623157e308, "1.7976931348623157e+308"},
      {1317e11 + 0.25, "131700000000000.25"}};
  for (const auto& [value, text] : known) EXPECT_EQ(to_text(value), text);
  EXPECT_EQ(to_text(HUGE_VAL), "inf");
  EXPECT_EQ(to_text(-HUGE_VAL), "-inf");
  EXPECT_EQ(to_text(std::nan("")), "nan");
}

TEST(Decimal, EveryKindOfDoubleReturnsByItsShortestText) {
  const Random random(5, Purpose::kUser);
  for (std::uint64_t i = 0; i < 4000; ++i) {
    const std::uint64_t pattern = random.index(i, 0, std::uint64_t{1} << 32) << 32 |
                                  random.index(i, 1, std::uint64_t{1} << 32);
    const double value = bit_cast<double>(pattern);
    if (std::isfinite(value)) expect_round_trip(value);
  }
  for (int exponent = -1074; exponent < 1024; ++exponent) {
    const double power = std::ldexp(1.0, exponent);  // the gap below is half the gap above
    expect_round_trip(power);
    expect_round_trip(std::nextafter(power, 0.0));
    expect_round_trip(std::nextafter(power, HUGE_VAL));
  }
}

TEST(Decimal, ReadsAsTheCLibrary) {
  const Random random(6, Purpose::kUser);
  for (std::uint64_t i = 0; i < 3000; ++i) {
    std::string text;
    const std::uint64_t digits = 1 + random.index(i, 0, 40);
    for (std::uint64_t k = 0; k < digits; ++k) {
      text += static_cast<char>('0' + random.index(i, k + 1, 10));
      if (k + 1 < digits && k == digits / 2) text += '.';
    }
    text += 'e' + std::to_string(static_cast<int>(random.index(i, 99, 700)) - 350);
    EXPECT_EQ(bits(read(text)), bits(std::strtod(text.c_str(), nullptr))) << text;
  }
}

// 2^-1075 and 1 + 2^-53 lie halfway: the even neighbour is right, and a digit far behind decides.
TEST(Decimal, TiesGoToTheEvenAndFarDigitsCount) {
  char least[1200];
  const std::string tie = "1.00000000000000011102230246251565404236316680908203125";
  EXPECT_EQ(read(tie), 1.0);
  EXPECT_EQ(read(tie + std::string(2000, '0')), 1.0);
  EXPECT_EQ(read(tie + std::string(2000, '0') + "1"), std::nextafter(1.0, 2.0));
  EXPECT_EQ(read("9007199254740993"), 9007199254740992.0);
  EXPECT_EQ(read("9007199254740993.0000000000000000000000001"), 9007199254740994.0);
  std::snprintf(least, sizeof least, "%.1100f", std::ldexp(1.0, -1074));
  const double smallest = std::ldexp(1.0, -1074);
  EXPECT_EQ(read(least), smallest);
  EXPECT_EQ(read("2.4703282292062327e-324"), 0.0);
  EXPECT_EQ(read("2.4703282292062328e-324"), smallest);
}

TEST(Decimal, Ends) {
  EXPECT_EQ(read("1e400"), HUGE_VAL);
  EXPECT_EQ(read("-1e400"), -HUGE_VAL);
  EXPECT_EQ(read("1.7976931348623159e308"), HUGE_VAL);
  EXPECT_EQ(bits(read("-1e-400")), bits(-0.0));
  EXPECT_EQ(read("1e99999999999999999999"), HUGE_VAL);
  EXPECT_EQ(read("1e-99999999999999999999"), 0.0);
  EXPECT_EQ(read("0e99999999999999999999"), 0.0);
  EXPECT_EQ(read("0." + std::string(400, '0') + "1e401"), 1.0);
  EXPECT_EQ(read(std::string(1, '1') + std::string(400, '0') + "e-400"), 1.0);
}

TEST(Decimal, OtherTextIsRefusedAndLeavesTheValue) {
  for (const char* text : {"", "-", ".", ".5", "1.", "1.e3", "1e", "1e+", "+1", " 1", "1 ", "--1",
                           "0x1", "inf", "nan", "1,5", "1e5.0", "1_0"}) {
    double value = 7;
    EXPECT_FALSE(read_double(text, value)) << text;
    EXPECT_EQ(value, 7);
  }
}

}  // namespace
}  // namespace pathflow
