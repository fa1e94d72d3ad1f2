// Every density of the built-in sets against the unit integral, the histogram of draws, and
// formulas written down a second time.

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "pathflow/base/error.hpp"
#include "pathflow/data/distribution.hpp"

namespace pathflow::data {
namespace {

constexpr double kPi = 3.141592653589793;

std::vector<std::string> sets_with_density() {
  std::vector<std::string> names = {"text:Ag8"};
  for (const DatasetInfo& info : datasets()) {
    if (info.has_density && info.name != "text:") names.push_back(info.name);
  }
  return names;
}

std::string test_name(const testing::TestParamInfo<std::string>& info) {
  std::string name;
  for (const char c : info.param) name += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return name;
}

class Density : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Sets, Density, testing::ValuesIn(sets_with_density()), test_name);

// Probabilities of kBins x kBins bins of [-kHalf, kHalf]^2, by 12 x 12 midpoints in each.
// Pens are narrow and their density has a kink, so that it takes twice as many.
constexpr int kBins = 20;
constexpr double kHalf = 5;

std::vector<double> bin_probabilities(const Distribution& set) {
  const int fine = set.name().find_first_of("-:") == std::string::npos ? 12 : 24;
  const int side = kBins * fine;
  const double width = 2 * kHalf / side;
  tensor::Points grid = tensor::Points::from_shape({static_cast<std::size_t>(side * side), 2});
  for (int i = 0; i < side * side; ++i) {
    grid.data()[2 * i] = static_cast<float>(-kHalf + (i % side + 0.5) * width);
    grid.data()[2 * i + 1] = static_cast<float>(-kHalf + (i / side + 0.5) * width);
  }
  const std::vector<double> values = set.log_density(grid);
  std::vector<double> bins(kBins * kBins);
  for (int i = 0; i < side * side; ++i) {
    const int bin = i / side / fine * kBins + i % side / fine;
    bins[static_cast<std::size_t>(bin)] +=
        width * width * std::exp(values[static_cast<std::size_t>(i)]);
  }
  return bins;
}

// The chi-square quantile with k degrees at the normal quantile z, by Wilson and Hilferty.
double chi_square_quantile(double k, double z) {
  const double h = 2 / (9 * k);
  return k * std::pow(1 - h + z * std::sqrt(h), 3);
}

// Integral: 1e-5 for smooth densities (midpoint rule at 0.4 noises, and the tail outside), 1e-2
// where the density jumps or has a kink. Chi-square: false alarm rate 1e-6 a set (z = 4.75).
TEST_P(Density, IntegratesToOneAndIsTheLawOfTheDraws) {
  const auto set = make_dataset(GetParam());
  const std::vector<double> probability = bin_probabilities(*set);
  double total = 0;
  for (const double p : probability) total += p;
  const bool smooth = GetParam().find_first_of("-:") == std::string::npos && GetParam() != "cat" &&
                      GetParam() != "dog" && GetParam() != "checkerboard";
  EXPECT_NEAR(total, 1, smooth ? 1e-5 : 1e-2);

  const std::size_t n = 20000;
  const tensor::Points points = set->draw(n, 11);
  std::vector<double> count(probability.size());
  double outside = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double x = (static_cast<double>(points(i, 0)) + kHalf) / (2 * kHalf) * kBins;
    const double y = (static_cast<double>(points(i, 1)) + kHalf) / (2 * kHalf) * kBins;
    if (x < 0 || x >= kBins || y < 0 || y >= kBins) {
      ++outside;
    } else {
      ++count[static_cast<std::size_t>(static_cast<int>(y) * kBins + static_cast<int>(x))];
    }
  }
  double chi = 0, rest_expected = 0, rest_count = outside;
  int degrees = -1;
  for (std::size_t b = 0; b < count.size(); ++b) {
    const double expected = static_cast<double>(n) * probability[b] / total;
    if (expected < 15) {
      rest_expected += expected, rest_count += count[b];
    } else {
      chi += (count[b] - expected) * (count[b] - expected) / expected;
      ++degrees;
    }
  }
  if (rest_expected >= 5) {
    chi += (rest_count - rest_expected) * (rest_count - rest_expected) / rest_expected;
    ++degrees;
  } else {
    EXPECT_LT(rest_count, 25);  // Poisson(5) beyond: 1e-9
  }
  EXPECT_GT(degrees, 8);
  EXPECT_LT(chi, chi_square_quantile(degrees, 4.75)) << degrees << " degrees";
}

// Points that are drawn lie where the density is positive.
TEST_P(Density, IsPositiveAtEveryDraw) {
  const auto set = make_dataset(GetParam());
  std::size_t outside = 0;
  const std::size_t n = 3000;
  for (const double value : set->log_density(set->draw(n, 3))) outside += !std::isfinite(value);
  EXPECT_LE(outside, n / 1000);  // a draw may be rounded to float across an edge
}

using Curve = std::function<std::pair<double, double>(int arm, double s)>;

// log p by Simpson's rule on 60000 pieces of each arm, relative to the largest term.
double slow_log_density(const Curve& curve, int arms, bool root, double noise, double x, double y) {
  const int pieces = 60000;
  std::vector<double> exponents, weights;
  double top = -HUGE_VAL;
  for (int arm = 0; arm < arms; ++arm) {
    for (int i = 0; i <= pieces; ++i) {
      const double s = static_cast<double>(i) / pieces;
      const double simpson = (i == 0 || i == pieces ? 1 : i % 2 == 1 ? 4 : 2) / (3.0 * pieces);
      const auto [cx, cy] = curve(arm, s);
      exponents.push_back(-((x - cx) * (x - cx) + (y - cy) * (y - cy)) / (2 * noise * noise));
      weights.push_back(simpson * (root ? 2 * s : 1) / arms);
      top = std::max(top, exponents.back());
    }
  }
  double sum = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) sum += weights[i] * std::exp(exponents[i] - top);
  return top + std::log(sum / (2 * kPi * noise * noise));
}

void expect_curve(const std::string& name, const Curve& curve, int arms, bool root, double noise) {
  const auto set = make_dataset(name);
  tensor::Points x = set->draw(6, 5);
  x(4, 0) = 0, x(4, 1) = 0;    // between the arms
  x(5, 0) = 30, x(5, 1) = -7;  // where p itself is 0 in double
  const std::vector<double> got = set->log_density(x);
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double expected = slow_log_density(curve, arms, root, noise, static_cast<double>(x(i, 0)),
                                             static_cast<double>(x(i, 1)));
    const double tolerance = i == 5 ? 1e-6 * std::abs(expected) : 1e-9 * (1 + std::abs(expected));
    EXPECT_NEAR(got[i], expected, tolerance) << name << " " << i;
  }
}

TEST(CurveDensity, MoonsByTheirFormula) {
  expect_curve(
      "moons",
      [](int k, double s) {
        const double a = kPi * s, side = k == 0 ? 1 : -1;
        return std::pair(side * 2.4 * (std::cos(a) - 0.5), side * 2.4 * (std::sin(a) - 0.25));
      },
      2, false, 0.12);
}

TEST(CurveDensity, SpiralsByTheirFormula) {
  expect_curve(
      "spirals",
      [](int k, double s) {
        const double r = 0.4 + 3.2 * s, a = kPi * k + 3 * kPi * s;
        return std::pair(r * std::cos(a), r * std::sin(a));
      },
      2, true, 0.1);
}

TEST(CurveDensity, SwissrollAndScurveByTheirFormulas) {
  expect_curve(
      "swissroll",
      [](int, double s) {
        const double turns = 0.75 + 1.5 * s, r = 3.8 * turns / 2.25, a = 2 * kPi * turns;
        return std::pair(r * std::cos(a), r * std::sin(a));
      },
      1, false, 0.1);
  expect_curve(
      "scurve",
      [](int, double s) {
        const double a = 3 * kPi * (s - 0.5), sign = a < 0 ? -1 : 1;
        return std::pair(1.7 * std::sin(a), 1.7 * sign * (std::cos(a) - 1));
      },
      1, false, 0.1);
}

// A blurred circle is Rice's law: p = mean_r exp(-(q - r)^2 / 2 s^2) e^-z I0(z) / (2 pi s^2),
// z = q r / s^2, with I0 by its integral.
TEST(CurveDensity, RingsAreRiceLaws) {
  const auto set = make_dataset("rings");
  const tensor::Points x = {{0.0f, 1.2f}, {1.5f, -1.8f}, {3.0f, 2.0f}, {0.0f, 0.0f}};
  const std::vector<double> got = set->log_density(x);
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double q = std::hypot(static_cast<double>(x(i, 0)), static_cast<double>(x(i, 1))),
                 s = 0.1;
    double p = 0;
    for (const double r : {1.2, 2.3, 3.4}) {
      const double z = q * r / (s * s);
      double scaled_i0 = 0;
      for (int k = 0; k < 4000; ++k)
        scaled_i0 += std::exp(z * (std::cos(2 * kPi * k / 4000) - 1)) / 4000;
      p += std::exp(-(q - r) * (q - r) / (2 * s * s)) * scaled_i0 / (2 * kPi * s * s) / 3;
    }
    EXPECT_NEAR(got[i], std::log(p), 1e-9 * std::max(1.0, std::abs(std::log(p))));
  }
}

TEST(Density8Gaussians, IsItsMixture) {
  const auto set = make_dataset("8gaussians");
  const tensor::Points x = {{2.8f, 0.0f}, {-1.0f, 1.5f}, {60.0f, 10.0f}};
  const std::vector<double> got = set->log_density(x);
  for (std::size_t i = 0; i < 2; ++i) {
    double p = 0;
    for (int k = 0; k < 8; ++k) {
      const double dx = static_cast<double>(x(i, 0)) - 2.8 * std::cos(kPi * k / 4);
      const double dy = static_cast<double>(x(i, 1)) - 2.8 * std::sin(kPi * k / 4);
      p += std::exp(-(dx * dx + dy * dy) / 0.18) / (2 * kPi * 0.09) / 8;
    }
    EXPECT_NEAR(got[i], std::log(p), 1e-12 * std::abs(std::log(p)) + 1e-12);
  }
  EXPECT_TRUE(std::isfinite(got[2]));
}

TEST(DensityErrors, OtherDimensionsAreRefused) {
  EXPECT_THROW(make_dataset("moons")->log_density(tensor::Points({2, 3}, 0.0F)), ShapeError);
  const auto rows = from_points(tensor::Points({1, 2}, 0.0F), "rows");
  EXPECT_FALSE(rows->has_density());
  EXPECT_THROW(rows->log_density(tensor::Points({2, 2}, 0.0F)), InvalidArgument);
}

}  // namespace
}  // namespace pathflow::data
