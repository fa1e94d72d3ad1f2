#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "pathflow/base/error.hpp"
#include "pathflow/base/random.hpp"
#include "pathflow/metric/metrics.hpp"

namespace pathflow::metric {
namespace {

using Cube = tensor::Cube<float>;

std::vector<double> even_times(std::size_t count) {
  std::vector<double> times(count);
  for (std::size_t k = 0; k < count; ++k) {
    times[k] = static_cast<double>(k) / static_cast<double>(count - 1);
  }
  return times;
}

TEST(PathShape, StraightLinesAtConstantSpeedAreStraight) {
  const Random random(1, Purpose::kUser);
  const std::vector<double> times = {0, 0.1, 0.5, 0.75, 1};
  Cube lines = Cube::from_shape({times.size(), 50, 2});
  double energy = 0;
  for (std::size_t i = 0; i < 50; ++i) {
    for (std::size_t axis = 0; axis < 2; ++axis) {
      const double from = random.normal(i, axis), move = random.normal(i, 2 + axis);
      energy += move * move / 50;
      for (std::size_t k = 0; k < times.size(); ++k) {
        lines(k, i, axis) = static_cast<float>(from + times[k] * move);
      }
    }
  }
  const PathShape shape = path_shape(lines, times);
  EXPECT_NEAR(shape.straightness, 0, 1e-10);
  EXPECT_NEAR(shape.energy, energy, 1e-5);
}

// x = t^2: D = 1, dx/dt = 2t: straightness int (1 - 2t)^2 = 1/3, energy 4/3. Linear pieces are
// below both by 1 / (3 K^2) for K even pieces.
TEST(PathShape, AcceleratedLineIsClosedForm) {
  for (const std::size_t pieces : {4u, 16u, 64u}) {
    const std::vector<double> times = even_times(pieces + 1);
    Cube line = Cube::from_shape({pieces + 1, 1, 1});
    for (std::size_t k = 0; k <= pieces; ++k)
      line(k, 0, 0) = static_cast<float>(times[k] * times[k]);
    const double missing = 1 / (3 * std::pow(static_cast<double>(pieces), 2));
    const PathShape shape = path_shape(line, times);
    EXPECT_NEAR(shape.straightness, 1.0 / 3 - missing, 1e-6);
    EXPECT_NEAR(shape.energy, 4.0 / 3 - missing, 1e-6);
  }
}

TEST(PathShape, IsEnergyLessTheStraightPartAndTheSameBackwards) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const Random random(seed, Purpose::kUser);
    const std::size_t n = 1 + seed, kept = 2 + seed % 5;
    std::vector<double> times = {0.001};
    for (std::size_t k = 1; k < kept; ++k) times.push_back(times.back() + random.uniform(99, k));
    Cube paths = Cube::from_shape({kept, n, 3});
    random.fill_normal(std::span<float>(paths.data(), paths.size()), 1);
    const PathShape shape = path_shape(paths, times);
    const double whole = times.back() - times.front();
    double straight = 0;
    for (std::size_t i = 0; i < n * 3; ++i) {
      const double move = static_cast<double>(paths.data()[(kept - 1) * n * 3 + i]) -
                          static_cast<double>(paths.data()[i]);
      straight += move * move / whole / static_cast<double>(n);
    }
    EXPECT_NEAR(shape.straightness, shape.energy - straight, 1e-9 * shape.energy);

    std::vector<double> back_times(times.rbegin(), times.rend());
    Cube back = paths;
    for (std::size_t k = 0; k < kept; ++k) {
      std::copy_n(paths.data() + k * n * 3, n * 3, back.data() + (kept - 1 - k) * n * 3);
    }
    const PathShape reversed = path_shape(back, back_times);
    EXPECT_NEAR(reversed.energy, shape.energy, 1e-9 * shape.energy);
    EXPECT_NEAR(reversed.straightness, shape.straightness, 1e-9 * shape.energy);
  }
}

TEST(PathShape, RefusesBadTimes) {
  const Cube paths({3, 1, 2}, 0.0F);
  EXPECT_THROW(path_shape(paths, {0, 1}), ShapeError);
  EXPECT_THROW(path_shape(paths, {0, 1, 1}), InvalidArgument);
  EXPECT_THROW(path_shape(paths, {0, 1, 0.5}), InvalidArgument);
  EXPECT_THROW(path_shape(paths, {0, 1, NAN}), InvalidArgument);
  EXPECT_THROW(path_shape(Cube({1, 1, 2}, 0.0F), {0}), InvalidArgument);
  EXPECT_THROW(path_shape(Cube::from_shape({2, 0, 2}), {0, 1}), InvalidArgument);
}

}  // namespace
}  // namespace pathflow::metric
