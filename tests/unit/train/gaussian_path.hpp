// The path from a Gaussian data set to N(0, I), whose ODE is solved in closed form.
#pragma once

#include <cmath>

#include "pathflow/path/schedule.hpp"
#include "unit/train/support.hpp"

namespace pathflow::train::gaussian {

inline constexpr double kMean[2] = {1.0, -0.5}, kDeviation[2] = {1.2, 0.5};

/// sqrt(V) of coordinate k.
inline double deviation_at(const path::Coefficients& at, std::size_t k) {
  return std::hypot(at.alpha * kDeviation[k], at.sigma);
}

/// n points of p_t.
inline Points points_at(const path::Schedule& schedule, double t, std::size_t n,
                        std::uint64_t seed = 4) {
  const path::Coefficients at = schedule.at(t);
  return gaussian_rows(n, seed, {at.alpha * kMean[0], at.alpha * kMean[1]},
                       {deviation_at(at, 0), deviation_at(at, 1)});
}

/// 8192 rows of the data, N(mean, diag(deviation^2)).
inline Points rows() {
  return gaussian_rows(8192, 3, {kMean[0], kMean[1]}, {kDeviation[0], kDeviation[1]});
}

/// Where the ODE brings coordinate k of a point from t to s.
inline double flow_map(const path::Schedule& schedule, std::size_t k, double x, double t,
                       double s) {
  const path::Coefficients from = schedule.at(t), to = schedule.at(s);
  return to.alpha * kMean[k] +
         deviation_at(to, k) / deviation_at(from, k) * (x - from.alpha * kMean[k]);
}

}  // namespace pathflow::train::gaussian
