#include "pathflow/base/elementary.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "pathflow/base/random.hpp"

namespace pathflow::elementary {
namespace {

double spacing(double magnitude) { return std::ldexp(1.0, std::ilogb(magnitude) - 52); }

double log_error(double x) {
  const long double exact = std::log(static_cast<long double>(x));
  if (exact == 0) return log(x) == 0 ? 0 : std::numeric_limits<double>::infinity();
  return static_cast<double>(std::abs(static_cast<long double>(log(x)) - exact)) /
         spacing(static_cast<double>(std::abs(exact)));
}

TEST(Elementary, LogIsWithinOneUlp) {
  const Random random(1, Purpose::kUser);
  double worst = std::max({log_error(1.0), log_error(std::numeric_limits<double>::min()),
                           log_error(std::numeric_limits<double>::max()), log_error(1 - 0x1p-53),
                           log_error(1 + 0x1p-52), log_error(std::numbers::sqrt2)});
  for (std::uint64_t i = 0; i < 20000; ++i) {
    const double u = random.uniform(0, i);
    worst = std::max({worst, log_error(u), log_error(1 + (u - 0.5) * 1e-3),
                      log_error(std::ldexp(1 + u, static_cast<int>(i % 2000) - 1000))});
  }
  EXPECT_LE(worst, 1.0);
}

// Reduces to |d| <= 1/8 turn exactly before the angle is rounded.
void exact_turn(double u, long double* sine, long double* cosine) {
  const int quarter = static_cast<int>(std::round(4 * u));
  const long double angle =
      (static_cast<long double>(u) - quarter / 4.0L) * 2.0L * std::numbers::pi_v<long double>;
  const long double s = std::sin(angle), c = std::cos(angle);
  *sine = quarter % 2 == 0 ? (quarter % 4 == 0 ? s : -s) : (quarter % 4 == 1 ? c : -c);
  *cosine = quarter % 2 == 0 ? (quarter % 4 == 0 ? c : -c) : (quarter % 4 == 1 ? -s : s);
}

double error(double got, long double exact) {
  const double magnitude = std::max(std::abs(static_cast<double>(exact)), 0x1p-52);
  return static_cast<double>(std::abs(static_cast<long double>(got) - exact)) / spacing(magnitude);
}

double turn_error(double u) {
  long double sine = 0, cosine = 0;
  exact_turn(u, &sine, &cosine);
  const SinCos got = sincos_turn(u);
  return std::max(error(got.sin, sine), error(got.cos, cosine));
}

TEST(Elementary, SincosOfATurnIsWithinTwoAndAHalfUlp) {
  const Random random(2, Purpose::kUser);
  double worst = 0;
  for (int eighth = 0; eighth <= 8; ++eighth) worst = std::max(worst, turn_error(eighth / 8.0));
  for (std::uint64_t i = 0; i < 20000; ++i) {
    const double u = random.uniform(0, i);
    worst =
        std::max({worst, turn_error(u), turn_error(0.25 + u * 0x1p-30), turn_error(u * 0x1p-40)});
  }
  EXPECT_LE(worst, 2.5);
}

TEST(Elementary, PairsHaveTheBitsOfSingles) {
  const Random random(3, Purpose::kUser);
  for (std::uint64_t i = 0; i < 20000; i += 2) {
    const Pair u = {random.uniform(0, i), random.uniform(0, i + 1)};
    const Pair logs = log(u);
    const SinCosPair turns = sincos_turn(u);
    for (int lane = 0; lane < 2; ++lane) {
      const SinCos single = sincos_turn(double{u[lane]});
      ASSERT_EQ(logs[lane], log(double{u[lane]}));
      ASSERT_EQ(turns.sin[lane], single.sin);
      ASSERT_EQ(turns.cos[lane], single.cos);
    }
  }
}

}  // namespace
}  // namespace pathflow::elementary
