// Distances by name, and their floors.

#include <algorithm>
#include <limits>
#include <numeric>

#include "pathflow/base/error.hpp"
#include "pathflow/base/random.hpp"
#include "pathflow/metric/metrics.hpp"

namespace pathflow::metric {
namespace {

// The q-quantile of ascending values, linear between neighbours.
double quantile(const std::vector<double>& values, double q) {
  const double place = q * static_cast<double>(values.size() - 1);
  const std::size_t below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
}

using Distance = double (*)(const Points&, const Points&);

Distance find(std::string_view where, std::string_view name) {
  if (name == "w2") return wasserstein2;
  if (name == "sliced")
    return [](const Points& x, const Points& y) { return sliced_wasserstein2(x, y); };
  if (name == "energy") return energy_distance;
  if (name == "mmd") return [](const Points& x, const Points& y) { return mmd(x, y); };
  throw_unknown_name(where, "distance", name, distance_names());
}

}  // namespace

const std::vector<std::string>& distance_names() {
  static const std::vector<std::string> names = {"w2", "sliced", "energy", "mmd"};
  return names;
}

double distance(std::string_view name, const Points& x, const Points& y) {
  return find("distance", name)(x, y);
}

DistanceFloor floor(std::string_view name, const Draw& draw, std::size_t n, int repeats,
                    std::uint64_t seed) {
  const Distance between = find("floor", name);
  check_at_least("floor", "n", static_cast<std::int64_t>(n), 1);
  check_at_least("floor", "repeats", repeats, 1);
  const Random random(seed, Purpose::kMetric);
  const auto pair_seed = [&random](int repeat, std::uint64_t side) {
    return random.index(static_cast<std::uint64_t>(repeat), side,
                        std::numeric_limits<std::uint64_t>::max());
  };
  DistanceFloor result;
  for (int repeat = 0; repeat < repeats; ++repeat) {
    result.values.push_back(between(draw(n, pair_seed(repeat, 0)), draw(n, pair_seed(repeat, 1))));
  }
  std::sort(result.values.begin(), result.values.end());
  result.mean = std::accumulate(result.values.begin(), result.values.end(), 0.0) / repeats;
  result.low = quantile(result.values, 0.025);
  result.high = quantile(result.values, 0.975);
  return result;
}

}  // namespace pathflow::metric
