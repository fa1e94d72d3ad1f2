// Straightness and energy of trajectories.

#include <cmath>

#include "pathflow/base/error.hpp"
#include "pathflow/metric/metrics.hpp"

namespace pathflow::metric {
namespace {

void check_times(const std::vector<double>& times) {
  constexpr std::string_view kWhere = "path_shape";
  check_at_least(kWhere, "the number of times", static_cast<std::int64_t>(times.size()), 2);
  for (const double t : times) check_finite(kWhere, "a time", t);
  const bool up = times[1] > times[0];
  for (std::size_t k = 1; k < times.size(); ++k) {
    const bool moves = up ? times[k] > times[k - 1] : times[k] < times[k - 1];
    if (!moves) {
      throw_error(ErrorCode::kInvalidArgument, kWhere,
                  {"times must be strictly monotone, got ", times[k - 1], " before ", times[k]});
    }
  }
}

}  // namespace

PathShape path_shape(const tensor::Cube<float>& trajectories, const std::vector<double>& times) {
  check_size("path_shape", "times", times.size(), trajectories.shape(0));
  check_times(times);
  const std::size_t n = trajectories.shape(1), slice = n * trajectories.shape(2);
  check_at_least("path_shape", "the number of particles", static_cast<std::int64_t>(n), 1);
  const double whole = times.back() - times.front();
  const float* first = trajectories.data();
  const float* last = first + (times.size() - 1) * slice;
  PathShape shape;
  for (std::size_t k = 1; k < times.size(); ++k) {
    const double piece = times[k] - times[k - 1];
    const float* from = first + (k - 1) * slice;
    for (std::size_t i = 0; i < slice; ++i) {
      const double mean = (static_cast<double>(last[i]) - static_cast<double>(first[i])) / whole;
      const double speed =
          (static_cast<double>(from[slice + i]) - static_cast<double>(from[i])) / piece;
      shape.energy += std::abs(piece) * speed * speed;
      shape.straightness += std::abs(piece) * (speed - mean) * (speed - mean);
    }
  }
  shape.energy /= static_cast<double>(n);
  shape.straightness /= static_cast<double>(n);
  return shape;
}

}  // namespace pathflow::metric
