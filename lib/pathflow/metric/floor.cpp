// Distances by name, and their floors.

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>

#include "pathflow/base/error.hpp"
#include "pathflow/base/names.hpp"
#include "pathflow/base/random.hpp"
#include "pathflow/metric/metrics.hpp"
#include "pathflow/metric/random_rows.hpp"

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

DistanceFloor summary(std::vector<double> values) {
  DistanceFloor result;
  result.values = std::move(values);
  // By insertion: the values are few, and std::sort is a kilobyte of the WebAssembly module.
  for (auto at = result.values.begin(); at != result.values.end(); ++at) {
    std::rotate(std::upper_bound(result.values.begin(), at, *at), at, at + 1);
  }
  result.mean = std::accumulate(result.values.begin(), result.values.end(), 0.0) /
                static_cast<double>(result.values.size());
  result.low = quantile(result.values, 0.025);
  result.high = quantile(result.values, 0.975);
  return result;
}

}  // namespace

const std::vector<std::string>& distance_names() {
  static const std::vector<std::string> names = name_list({"w2", "sliced", "energy", "mmd"});
  return names;
}

double distance(std::string_view name, const Points& x, const Points& y) {
  const double result = find("distance", name)(x, y);
  if (std::isfinite(result)) return result;
  throw_error(ErrorCode::kNumeric, "distance",
              {name, " must be finite (are the points above 1e18?), got ", result});
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
  std::vector<double> values;
  for (int repeat = 0; repeat < repeats; ++repeat) {
    values.push_back(between(draw(n, pair_seed(repeat, 0)), draw(n, pair_seed(repeat, 1))));
  }
  return summary(std::move(values));
}

DistanceFloor floor_of_rows(std::string_view name, const Points& rows, std::size_t n, int repeats,
                            std::uint64_t seed) {
  const Distance between = find("floor_of_rows", name);
  check_between("floor_of_rows", "n", static_cast<std::int64_t>(n), 1,
                static_cast<std::int64_t>(rows.shape(0) / 2));
  check_at_least("floor_of_rows", "repeats", repeats, 1);
  std::vector<double> values;
  for (int repeat = 0; repeat < repeats; ++repeat) {
    const std::vector<std::size_t> numbers =
        random_row_numbers(rows.shape(0), 2 * n, seed, static_cast<std::uint64_t>(repeat));
    const std::span<const std::size_t> all(numbers);
    values.push_back(between(rows_at(rows, all.first(n)), rows_at(rows, all.subspan(n))));
  }
  return summary(std::move(values));
}

}  // namespace pathflow::metric
