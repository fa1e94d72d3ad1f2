// Distances between two samples, their floors, and straightness of trajectories.
//
// Every distance is the empirical one: of the two clouds as they are. Two samples of one law
// differ, so a distance says little without its floor() at the same n (MATH section 7).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "pathflow/tensor/array.hpp"

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::metric {

using tensor::Points;

// All distances take x [n, d], y [m, d]. Errors: ShapeError for different d or no rows,
// InvalidArgument for NaN or infinity. Results do not depend on the number of threads.

/// Exact Wasserstein-2 distance of two equal-sized samples: sqrt(min_pi mean_i |x_i - y_pi(i)|^2).
/// Cost: O(n^3) at worst, n^2 floats of memory. Errors: ShapeError for unequal sizes.
/// Accuracy: 1e-6 relative (costs are float, between centred samples of one scale, and the sum of
/// the chosen pairs double), checked against all permutations of small samples.
double wasserstein2(const Points& x, const Points& y);

/// The optimal assignment itself: row i of x goes to row result[i] of y. `cost` [n, n] row-major.
std::vector<std::int32_t> assign(std::size_t n, const std::vector<float>& cost);

/// Sliced W2 over random directions u_k, uniform on the sphere from (seed, Purpose::kMetric):
///     sqrt(mean_k int_0^1 |F_k^-1(q) - G_k^-1(q)|^2 dq),
/// F_k, G_k the laws of u_k.x and u_k.y; the integral is exact, also for different sizes.
/// Cost: projections (n log n + m log m). Errors: InvalidArgument for projections < 1.
double sliced_wasserstein2(const Points& x, const Points& y, int projections = 128,
                           std::uint64_t seed = 0);

/// Energy distance sqrt(2 E|X-Y| - E|X-X'| - E|Y-Y'|) with all pairs, also i = j (V-statistic:
/// never negative, zero for equal samples).
/// Cost: (n + m)^2 / 2 distances. Accuracy: 1e-6 of the square, relative to E|X-Y|.
/// Source: Szekely and Rizzo, "Energy statistics", J. Stat. Plan. Inference 143 (2013).
double energy_distance(const Points& x, const Points& y);

/// Maximum mean discrepancy with k(a, b) = exp(-|a-b|^2 / (2 h^2)), square root of the V-statistic
/// E k(X,X') + E k(Y,Y') - 2 E k(X,Y). bandwidth h = 0: median_bandwidth(x, y).
/// Cost: (n + m)^2 / 2 exponentials. Errors: InvalidArgument for a bandwidth < 0.
/// Source: Gretton et al., "A kernel two-sample test", JMLR 13 (2012).
double mmd(const Points& x, const Points& y, double bandwidth = 0);

/// The median heuristic: the median of the positive distances among the pooled rows; of at most 256
/// rows from each sample, evenly spaced (row floor(i n / 256)), so the answer is deterministic. 1
/// if all those rows coincide.
double median_bandwidth(const Points& x, const Points& y);

/// w2, sliced, energy, mmd.
const std::vector<std::string>& distance_names();

/// A distance by name, with the defaults above. Errors: InvalidArgument for an unknown name;
/// NumericError where points are so far apart that their squared distance is no float.
double distance(std::string_view name, const Points& x, const Points& y);

/// The distance of two independent samples of one law, over `repeats` pairs.
struct DistanceFloor {
  double mean = 0;             ///< of the repeats
  double low = 0, high = 0;    ///< 2.5 % and 97.5 % quantiles of the repeats, interpolated
  std::vector<double> values;  ///< one a repeat, ascending
};

/// n points [n, d] of a law, a function of the seed.
using Draw = std::function<Points(std::size_t n, std::uint64_t seed)>;

/// The floor of a distance: no model, however good, comes reliably below it at this n.
/// Errors: InvalidArgument for an unknown name, n < 1 or repeats < 1.
DistanceFloor floor(std::string_view name, const Draw& draw, std::size_t n, int repeats = 10,
                    std::uint64_t seed = 0);

/// The floor from rows of the law alone: `repeats` pairs of random subsets of n rows without a row
/// in common. Errors: InvalidArgument for an unknown name, n < 1, n above half the rows, repeats
/// < 1.
DistanceFloor floor_of_rows(std::string_view name, const Points& rows, std::size_t n,
                            int repeats = 10, std::uint64_t seed = 0);

/// How straight and how long paths are.
struct PathShape {
  /// int E|D - dx/dt|^2 dt, D = (x(end) - x(begin)) / (t_end - t_begin): 0 for straight lines at
  /// constant speed. Equals energy - int E|D|^2 dt.
  double straightness = 0;
  double energy = 0;  ///< int E|dx/dt|^2 dt; at least W2^2 of the ends over |t_end - t_begin|
};

/// The shape of trajectories [times, n, d], taken as straight between the kept times; E is the mean
/// over particles. Time: up or down.
/// Errors: ShapeError unless times has one entry a slice, InvalidArgument for fewer than two times
/// or times that are not strictly monotone.
/// Source: Liu, Gong and Liu, "Flow straight and fast", 2022, equation 9 (straightness).
PathShape path_shape(const tensor::Cube<float>& trajectories, const std::vector<double>& times);

}  // namespace pathflow::metric

#pragma GCC visibility pop  // public
