// Distances between two samples, and straightness of trajectories.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "pathflow/tensor/array.hpp"

namespace pathflow::metric {

using tensor::Points;

/// Exact Wasserstein-2 distance of two equal-sized samples: sqrt(min mean |x_i - y_pi(i)|^2).
/// Cost O(n^3) worst case. Errors: ShapeError for unequal sizes.
double wasserstein2(const Points& x, const Points& y);
/// The optimal assignment itself: row i of x goes to row result[i] of y. `cost` [n, n] row-major.
std::vector<std::int32_t> assign(std::size_t n, const std::vector<float>& cost);
/// Sliced W2 over `projections` random directions; sizes may differ.
double sliced_wasserstein2(const Points& x, const Points& y, int projections = 128,
                           std::uint64_t seed = 0);
/// Energy distance sqrt(2 E|X-Y| - E|X-X'| - E|Y-Y'|), V-statistic (never negative).
double energy_distance(const Points& x, const Points& y);
/// MMD with a Gaussian kernel; bandwidth 0: median heuristic on the pooled sample. Square root of
/// the V-statistic.
double mmd(const Points& x, const Points& y, double bandwidth = 0);

/// By name: "w2", "sliced", "energy", "mmd".
double distance(std::string_view name, const Points& x, const Points& y);

/// Path straightness: mean over particles of  int |x(1) - x(0) - dx/dt|^2 dt  by the kept times
/// (0 for straight lines at constant speed), and path energy int E|dx/dt|^2 dt. trajectories
/// [times, n, d].
struct PathShape {
  double straightness = 0, energy = 0;
};
PathShape path_shape(const tensor::Cube<float>& trajectories, const std::vector<double>& times);

}  // namespace pathflow::metric
