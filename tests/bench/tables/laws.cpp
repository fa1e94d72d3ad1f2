#include "laws.hpp"

#include <cmath>
#include <functional>
#include <numbers>
#include <vector>

#include "pathflow/base/error.hpp"
#include "pathflow/base/random.hpp"

namespace pathflow::bench {
namespace {

using tensor::Points;

constexpr Purpose kPlaces = Purpose::kUser;
constexpr Purpose kNoise = static_cast<Purpose>(static_cast<std::uint32_t>(kPlaces) + 1);
constexpr double kPi = std::numbers::pi;

struct Point {
  double x = 0, y = 0;
};

/// What one row is made of: a uniform for the place, one for the component, two normals.
struct Row {
  double place = 0, component = 0, normal_x = 0, normal_y = 0;
};

Point eight_gaussians(const Row& row, double radius, double deviation) {
  const double angle = 2 * kPi * std::floor(8 * row.component) / 8;
  return {radius * std::cos(angle) + deviation * row.normal_x,
          radius * std::sin(angle) + deviation * row.normal_y};
}

Point half_circles(const Row& row, double noise) {
  const double angle = kPi * row.place;
  const bool outer = row.component < 0.5;
  const double x = outer ? std::cos(angle) : 1 - std::cos(angle);
  const double y = outer ? std::sin(angle) : 0.5 - std::sin(angle);
  return {x + noise * row.normal_x, y + noise * row.normal_y};
}

Point s_curve(const Row& row, double noise) {
  const double u = 3 * kPi * (row.place - 0.5);
  return {std::sin(u) + noise * row.normal_x,
          std::copysign(std::cos(u) - 1, -u) + noise * row.normal_y};
}

Points draw(std::size_t n, std::uint64_t seed, const std::function<Point(const Row&)>& place) {
  const Random uniforms(seed, kPlaces), normals(seed, kNoise);
  std::vector<float> noise(2 * n);
  normals.fill_normal(std::span<float>(noise), 0);
  Points points = Points::from_shape({n, 2});
  for (std::size_t i = 0; i < n; ++i) {
    const Point p =
        place({uniforms.uniform(0, i), uniforms.uniform(1, i), static_cast<double>(noise[2 * i]),
               static_cast<double>(noise[2 * i + 1])});
    points(i, 0) = static_cast<float>(p.x);
    points(i, 1) = static_cast<float>(p.y);
  }
  return points;
}

/// Mean and deviation of all coordinates of the half circles together, at noise 0.1: exact moments.
/// x has mean 1/2 and second moment (1/2 + 3/2) / 2 + noise^2; y mean 1/4 and second moment
/// (1/2 + (1/4 - 2/pi + 1/2)) / 2 + noise^2.
Point standardised(const Point& p) {
  constexpr double kNoise2 = 0.01;
  constexpr double kMean = (0.5 + 0.25) / 2;
  const double x2 = (0.5 + 1.5) / 2 + kNoise2;
  const double y2 = (0.5 + (0.25 - 2 / kPi + 0.5)) / 2 + kNoise2;
  const double deviation = std::sqrt((x2 + y2) / 2 - kMean * kMean);
  return {(p.x - kMean) / deviation, (p.y - kMean) / deviation};
}

}  // namespace

Points draw_law(const std::string& name, std::size_t n, std::uint64_t seed) {
  if (name == "normal") {
    return draw(n, seed, [](const Row& r) { return Point{r.normal_x, r.normal_y}; });
  }
  if (name == "8gaussians") {
    const double deviation = std::pow(0.1, 0.25);
    return draw(n, seed, [=](const Row& r) { return eight_gaussians(r, 5, deviation); });
  }
  if (name == "8gaussians-wide") {
    return draw(n, seed, [](const Row& r) { return eight_gaussians(r, 12, 1.5); });
  }
  if (name == "moons") {
    return draw(n, seed, [](const Row& r) {
      const Point p = half_circles(r, 0.05);
      return Point{2 * p.x - 1, 2 * p.y};
    });
  }
  if (name == "moons-wide") {
    return draw(n, seed, [](const Row& r) {
      const Point p = standardised(half_circles(r, 0.1));
      return Point{7 * p.x, 7 * p.y};
    });
  }
  if (name == "scurve") {
    return draw(n, seed, [](const Row& r) {
      const Point p = s_curve(r, 0.05);
      return Point{1.5 * p.x, 1.5 * p.y};
    });
  }
  throw_error(ErrorCode::kInvalidArgument, "draw_law",
              {"name must be a law of the tables, got ", name});
}

}  // namespace pathflow::bench
