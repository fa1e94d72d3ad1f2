#include "pathflow/metric/metrics.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <functional>
#include <numeric>

#include "pathflow/base/error.hpp"
#include "pathflow/base/random.hpp"
#include "pathflow/base/threads.hpp"

namespace pathflow::metric {
namespace {

Points normal_points(std::size_t n, std::size_t d, std::uint64_t seed, double scale = 1,
                     double shift = 0) {
  Points points = Points::from_shape({n, d});
  const Random random(seed, Purpose::kUser);
  for (std::size_t i = 0; i < n * d; ++i) {
    points.data()[i] = static_cast<float>(shift + scale * random.normal(i / d, i % d));
  }
  return points;
}

double away(const Points& x, std::size_t i, const Points& y, std::size_t j) {
  double sum = 0;
  for (std::size_t axis = 0; axis < x.shape(1); ++axis) {
    sum += std::pow(static_cast<double>(x(i, axis)) - static_cast<double>(y(j, axis)), 2);
  }
  return sum;
}

double slow_w2(const Points& x, const Points& y) {
  std::vector<std::size_t> order(x.shape(0));
  std::iota(order.begin(), order.end(), 0);
  double best = HUGE_VAL;
  do {
    double sum = 0;
    for (std::size_t i = 0; i < order.size(); ++i) sum += away(x, i, y, order[i]);
    best = std::min(best, sum);
  } while (std::next_permutation(order.begin(), order.end()));
  return std::sqrt(best / static_cast<double>(order.size()));
}

double slow_mean(const Points& x, const Points& y, const std::function<double(double)>& kernel) {
  double sum = 0;
  for (std::size_t i = 0; i < x.shape(0); ++i) {
    for (std::size_t j = 0; j < y.shape(0); ++j) sum += kernel(away(x, i, y, j));
  }
  return sum / static_cast<double>(x.shape(0) * y.shape(0));
}

double slow_energy_square(const Points& x, const Points& y) {
  const auto length = [](double square) { return std::sqrt(square); };
  return 2 * slow_mean(x, y, length) - slow_mean(x, x, length) - slow_mean(y, y, length);
}

double slow_mmd_square(const Points& x, const Points& y, double h) {
  const auto kernel = [h](double square) { return std::exp(-square / (2 * h * h)); };
  return slow_mean(x, x, kernel) + slow_mean(y, y, kernel) - 2 * slow_mean(x, y, kernel);
}

// Every row of each sample as often as the other has rows: equal sizes, the same laws.
Points repeated(const Points& x, std::size_t times) {
  Points out = Points::from_shape({x.shape(0) * times, x.shape(1)});
  for (std::size_t i = 0; i < out.shape(0); ++i) {
    for (std::size_t axis = 0; axis < x.shape(1); ++axis) out(i, axis) = x(i / times, axis);
  }
  return out;
}

// Distinct random directions may be replaced by many even ones: an independent quadrature in 2-D.
double slow_sliced(const Points& x, const Points& y, int directions) {
  const Points a = repeated(x, y.shape(0)), b = repeated(y, x.shape(0));
  double sum = 0;
  for (int k = 0; k < directions; ++k) {
    const double angle = 3.141592653589793 * (k + 0.5) / directions;
    std::vector<double> u, v;
    for (std::size_t i = 0; i < a.shape(0); ++i) {
      u.push_back(std::cos(angle) * static_cast<double>(a(i, 0)) +
                  std::sin(angle) * static_cast<double>(a(i, 1)));
      v.push_back(std::cos(angle) * static_cast<double>(b(i, 0)) +
                  std::sin(angle) * static_cast<double>(b(i, 1)));
    }
    std::sort(u.begin(), u.end());
    std::sort(v.begin(), v.end());
    for (std::size_t i = 0; i < u.size(); ++i)
      sum += (u[i] - v[i]) * (u[i] - v[i]) / static_cast<double>(u.size());
  }
  return std::sqrt(sum / directions);
}

TEST(Wasserstein2, EqualsTheBestOfAllPermutations) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const std::size_t n = 1 + seed % 7, d = 1 + seed % 3;
    const Points x = normal_points(n, d, seed), y = normal_points(n, d, 1000 + seed, 2, 0.5);
    const double expected = slow_w2(x, y);
    EXPECT_NEAR(wasserstein2(x, y), expected, 1e-6 * expected);
  }
}

TEST(Wasserstein2, OneDimensionIsSorting) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const Points x = normal_points(200, 1, seed), y = normal_points(200, 1, 50 + seed, 3);
    std::vector<double> a(x.begin(), x.end()), b(y.begin(), y.end());
    std::sort(a.begin(), a.end());
    std::sort(b.begin(), b.end());
    double sum = 0;
    for (std::size_t i = 0; i < 200; ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
    EXPECT_NEAR(wasserstein2(x, y), std::sqrt(sum / 200), 1e-5);
  }
}

// The optimal map of a shift is the shift, and of a scaling about any point the scaling.
TEST(Wasserstein2, ShiftedAndScaledSamplesAreClosedForms) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const Points x = normal_points(150, 2, seed);
    Points shifted = x, scaled = x;
    double square = 0;
    for (std::size_t i = 0; i < 150; ++i) {
      const std::size_t to = (i * 7 + 3) % 150;  // also in another order
      shifted(to, 0) = x(i, 0) + 3, shifted(to, 1) = x(i, 1) - 4;
      scaled(to, 0) = 2.5f * x(i, 0), scaled(to, 1) = 2.5f * x(i, 1);
      square +=
          2.25 *
          (std::pow(static_cast<double>(x(i, 0)), 2) + std::pow(static_cast<double>(x(i, 1)), 2)) /
          150;
    }
    EXPECT_NEAR(wasserstein2(x, shifted), 5, 5e-6);
    EXPECT_NEAR(wasserstein2(x, scaled), std::sqrt(square), 1e-5);
  }
}

// W2(N(0, I), N(m, c^2 I))^2 = |m|^2 + d (c - 1)^2. Two samples of size n add a bias below the
// floor at n: W2 <= truth + floor terms.
TEST(Wasserstein2, GaussiansApproachTheirClosedForm) {
  const double truth = std::sqrt(2 * 9 + 2 * 1);  // m = (3, 3), c = 2
  const double got = wasserstein2(normal_points(600, 2, 1), normal_points(600, 2, 2, 2, 3));
  EXPECT_NEAR(got, truth, 0.25);
}

TEST(SlicedWasserstein2, EqualsAnEvenQuadratureOverDirections) {
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    const std::size_t n = 6 + seed, m = 9;
    const Points x = normal_points(n, 2, seed), y = normal_points(m, 2, 90 + seed, 2, 1);
    const double expected = slow_sliced(x, y, 2000);
    // 20000 random directions: standard error about 0.5 % of the square, 0.25 % of the root.
    EXPECT_NEAR(sliced_wasserstein2(x, y, 20000, seed), expected, 0.0125 * expected);
  }
}

// For a shift m every direction gives (u.m)^2, whose mean is |m|^2 / d.
TEST(SlicedWasserstein2, ShiftIsClosedForm) {
  const Points x = normal_points(300, 2, 4);
  Points y = x;
  for (std::size_t i = 0; i < 300; ++i) y(i, 0) += 3, y(i, 1) += 4;
  EXPECT_NEAR(sliced_wasserstein2(x, y, 40000), 5 / std::sqrt(2.0), 0.03);
}

TEST(SlicedWasserstein2, OneDimensionIsExactForUnequalSizes) {
  const Points x = {{0.0f}, {1.0f}}, y = {{0.0f}, {2.0f}, {4.0f}};
  // Quantile functions on sixths: x 000111, y 002244 -> squares 0 0 4 1 9 9.
  EXPECT_NEAR(sliced_wasserstein2(x, y, 3), std::sqrt(23.0 / 6), 1e-6);
}

TEST(EnergyDistance, EqualsTheSlowSum) {
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    const std::size_t n = 1 + 37 * (seed % 5), m = 1 + 29 * (seed % 4), d = 1 + seed % 4;
    const Points x = normal_points(n, d, seed), y = normal_points(m, d, 70 + seed, 1.5, 0.3);
    EXPECT_NEAR(std::pow(energy_distance(x, y), 2), slow_energy_square(x, y), 3e-6);
  }
}

// In one dimension the energy distance is 2 int (F - G)^2 dx; for N(0, 1) and N(1, 1.5^2) by the
// trapezoid rule. The V-statistic at n adds (E|X-X'| + E|Y-Y'|) / n to the square.
TEST(EnergyDistance, OfTwoGaussiansIsTheIntegralOfTheirLaws) {
  double integral = 0;
  const auto law = [](double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); };
  for (double x = -15; x < 15; x += 0.001) {
    integral += 0.001 * 2 * std::pow(law(x) - law((x - 1) / 1.5), 2);
  }
  const std::size_t n = 4000;
  const double mean = 2 / std::sqrt(3.141592653589793) * (1 + 1.5) / static_cast<double>(n);
  const double got =
      std::pow(energy_distance(normal_points(n, 1, 1), normal_points(n, 1, 2, 1.5, 1)), 2);
  EXPECT_NEAR(got, integral + mean, 0.1 * integral);  // about 4 standard errors
}

TEST(Mmd, EqualsTheSlowSum) {
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    const std::size_t n = 1 + 37 * (seed % 5), m = 1 + 29 * (seed % 4), d = 1 + seed % 4;
    const Points x = normal_points(n, d, seed), y = normal_points(m, d, 70 + seed, 1.5, 0.3);
    EXPECT_NEAR(std::pow(mmd(x, y, 0.7), 2), slow_mmd_square(x, y, 0.7), 1e-6);
    const double h = median_bandwidth(x, y);
    EXPECT_NEAR(std::pow(mmd(x, y), 2), slow_mmd_square(x, y, h), 1e-6);
  }
}

// E k(X, Y) of normals is a Gaussian integral: h^2 / (h^2 + s^2) exp(-|m|^2 / (2 (h^2 + s^2))) in
// two dimensions, s^2 the sum of the variances.
TEST(Mmd, OfTwoGaussiansIsClosedForm) {
  const double h = 1, n = 2000;
  const auto expected = [&](double variance, double shift) {
    const double total = h * h + variance;
    return h * h / total * std::exp(-shift * shift / (2 * total));
  };
  const double square = expected(2, 0) + expected(8, 0) - 2 * expected(5, std::sqrt(2.0));
  const double bias = (2 - expected(2, 0) - expected(8, 0)) / n;  // the pairs i = j
  const double got =
      std::pow(mmd(normal_points(2000, 2, 1), normal_points(2000, 2, 2, 2, 1), h), 2);
  EXPECT_NEAR(got, square + bias, 0.1 * square);
}

TEST(MedianBandwidth, IsTheMedianOfPositiveDistances) {
  const Points x = {{0.0f}, {1.0f}}, y = {{3.0f}, {7.0f}};  // distances 1 2 3 4 6 7
  EXPECT_EQ(median_bandwidth(x, y), 4);
  const Points same = {{2.0f}, {2.0f}};
  EXPECT_EQ(median_bandwidth(same, same), 1);
  EXPECT_EQ(mmd(same, same), 0);
}

class EveryDistance : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Names, EveryDistance, testing::ValuesIn(distance_names()));

TEST_P(EveryDistance, IsAMetricOnSamples) {
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    const std::size_t n = 20 + 7 * seed;
    const Points x = normal_points(n, 2, seed), y = normal_points(n, 2, 40 + seed, 2, 1);
    Points mixed = x;
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t axis = 0; axis < 2; ++axis) mixed((i * 3 + 1) % n, axis) = x(i, axis);
    }
    const bool permutes = n % 3 != 0;
    const double there = distance(GetParam(), x, y);
    EXPECT_GT(there, 0);
    EXPECT_NEAR(there, distance(GetParam(), y, x), 1e-6 * there);
    EXPECT_NEAR(distance(GetParam(), x, x), 0, 1e-6);
    if (permutes) {
      EXPECT_NEAR(distance(GetParam(), mixed, y), there, 1e-6 * there);
      EXPECT_NEAR(distance(GetParam(), mixed, x), 0, 1e-6);
    }
    if (GetParam() != "mmd") {  // the median bandwidth changes with the pair
      const Points z = normal_points(n, 2, 80 + seed, 0.5, -1);
      EXPECT_LE(there, distance(GetParam(), x, z) + distance(GetParam(), z, y) + 1e-6);
    }
  }
}

TEST_P(EveryDistance, DoesNotDependOnThreads) {
  const Points x = normal_points(300, 2, 1), y = normal_points(300, 2, 2, 2, 1);
  const double one = distance(GetParam(), x, y);
  set_threads(3);
  const double three = distance(GetParam(), x, y);
  set_threads(1);
  EXPECT_EQ(one, three);
}

TEST_P(EveryDistance, RefusesWhatHasNoDistance) {
  Points x = normal_points(4, 2, 1);
  const Points y = normal_points(4, 3, 1), none = Points::from_shape({0, 2});
  EXPECT_THROW(distance(GetParam(), x, y), ShapeError);
  EXPECT_THROW(distance(GetParam(), x, none), ShapeError);
  EXPECT_THROW(distance(GetParam(), none, x), ShapeError);
  const Points good = x;
  x(2, 1) = NAN;
  EXPECT_THROW(distance(GetParam(), x, good), InvalidArgument);
  EXPECT_THROW(distance(GetParam(), good, x), InvalidArgument);
}

TEST_P(EveryDistance, FloorIsTheDistanceOfTwoSamplesOfOneLaw) {
  const Draw draw = [](std::size_t n, std::uint64_t seed) { return normal_points(n, 2, seed); };
  const DistanceFloor small = floor(GetParam(), draw, 50, 20, 3);
  const DistanceFloor large = floor(GetParam(), draw, 200, 20, 3);
  EXPECT_EQ(small.values.size(), 20u);
  EXPECT_LE(small.low, small.mean);
  EXPECT_LE(small.mean, small.high);
  EXPECT_LT(large.mean, 0.75 * small.mean);  // about n^-1/2, for w2 in 2-D (log n / n)^1/2
  EXPECT_EQ(floor(GetParam(), draw, 50, 20, 3).values, small.values);
  EXPECT_NE(floor(GetParam(), draw, 50, 20, 4).values, small.values);
  const Points x = draw(50, 1), far = normal_points(50, 2, 2, 1, 2);
  EXPECT_GT(distance(GetParam(), x, far), small.high);
  EXPECT_THROW(floor(GetParam(), draw, 50, 0), InvalidArgument);
  EXPECT_THROW(floor(GetParam(), draw, 0, 2), InvalidArgument);
}

TEST_P(EveryDistance, FloorOfRowsIsTheFloorOfTheirLaw) {
  const auto draw = [](std::size_t n, std::uint64_t seed) { return normal_points(n, 2, seed); };
  const DistanceFloor law = floor(GetParam(), draw, 150, 30, 1);
  const DistanceFloor rows = floor_of_rows(GetParam(), normal_points(3000, 2, 99), 150, 30, 1);
  EXPECT_EQ(rows.values.size(), 30u);
  EXPECT_NEAR(rows.mean / law.mean, 1, 0.25);
  EXPECT_LE(rows.low, rows.mean);
  EXPECT_GE(rows.high, rows.mean);
  EXPECT_THROW(floor_of_rows(GetParam(), normal_points(9, 2, 1), 5), InvalidArgument);
}

TEST(Distance, UnknownNamesAndSizesAreRefused) {
  const Points x = normal_points(4, 2, 1), y = normal_points(5, 2, 1);
  EXPECT_THROW(distance("w3", x, x), InvalidArgument);
  EXPECT_THROW(wasserstein2(x, y), ShapeError);
  EXPECT_THROW(sliced_wasserstein2(x, y, 0), InvalidArgument);
  EXPECT_THROW(mmd(x, y, -1), InvalidArgument);
  EXPECT_THROW(assign(2, {1, 2, 3}), ShapeError);
}

// Found by fuzzing: the squares overflow, and infinity minus infinity was handed out as a distance.
TEST(Distance, PointsTooFarApartAreRefused) {
  Points x = normal_points(4, 2, 1), y = normal_points(4, 2, 2);
  x(0, 0) = 1e30f;
  y(1, 1) = -1e30f;
  EXPECT_THROW(distance("energy", x, y), NumericError);
}

TEST(Assign, TakesTheCheapestPairs) {
  EXPECT_EQ(assign(3, {9, 1, 9, 9, 9, 1, 1, 9, 9}), (std::vector<std::int32_t>{1, 2, 0}));
}

// Prints what a page pays for a read-out.
TEST(Distance, TimesAtTwoThousandPoints) {
  const Points x = normal_points(2000, 2, 1), y = normal_points(2000, 2, 2);
  for (const std::string name : {"sliced", "energy", "mmd"}) {
    const std::clock_t start = std::clock();  // this process alone, however busy the machine
    const double value = distance(name, x, y);
    const double taken = 1000.0 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    std::printf("%s %.4f: %.1f ms\n", name.c_str(), value, taken);
    EXPECT_LT(value, 0.3);
    EXPECT_LT(taken, 5000);  // far above what it takes; a guard against quadratic mistakes
  }
}

}  // namespace
}  // namespace pathflow::metric
