#include "plane_grid.hpp"

#include <algorithm>
#include <cmath>

namespace pathflow::cli {

using figure::Bounds;

PlaneGrid PlaneGrid::about(const tensor::Points& rows, int side) {
  const auto range = [&](std::size_t k) {
    Bounds found{rows(0, k), rows(0, k)};
    for (std::size_t i = 0; i < rows.shape(0); ++i) {
      found.low = std::min(found.low, static_cast<double>(rows(i, k)));
      found.high = std::max(found.high, static_cast<double>(rows(i, k)));
    }
    return found;
  };
  PlaneGrid grid{range(0), range(1), side};
  const double half = 0.7 * std::max({grid.x.high - grid.x.low, grid.y.high - grid.y.low, 1e-6});
  for (Bounds* one : {&grid.x, &grid.y}) {
    const double middle = (one->low + one->high) / 2;
    *one = {middle - half, middle + half};
  }
  return grid;
}

tensor::Points PlaneGrid::centres() const {
  const auto size = static_cast<std::size_t>(side);
  tensor::Points points = tensor::Points::from_shape({size * size, 2});
  const auto at = [&](Bounds range, std::size_t k) {
    return static_cast<float>(range.low +
                              (range.high - range.low) * (static_cast<double>(k) + 0.5) / side);
  };
  for (std::size_t i = 0; i < points.shape(0); ++i) {
    points(i, 0) = at(x, i % size);
    points(i, 1) = at(y, i / size);
  }
  return points;
}

GridDensity PlaneGrid::density(const density::LikelihoodResult<float>& found) const {
  const double cell = (x.high - x.low) * (y.high - y.low) / (static_cast<double>(side) * side);
  GridDensity result{{found.log_density.begin(), found.log_density.end()}, 0};
  for (double& value : result.values) result.mass += (value = std::exp(value)) * cell;
  return result;
}

}  // namespace pathflow::cli
