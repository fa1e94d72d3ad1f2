#include "pathflow/sample/time_grid.hpp"

#include <algorithm>
#include <cmath>

#include "pathflow/base/error.hpp"
#include "pathflow/path/prediction.hpp"

namespace pathflow::sample {
namespace {

using path::Schedule;

// A coordinate of time and its inverse.
struct Entry {
  const char* name;
  double (*coordinate)(const Schedule&, const GridOptions&, double t);
  double (*time)(const Schedule&, const GridOptions&, double coordinate);
};
constexpr Entry kGrids[] = {
    {"uniform", [](const Schedule&, const GridOptions&, double t) { return t; },
     [](const Schedule&, const GridOptions&, double c) { return c; }},
    {"log-snr",
     [](const Schedule& schedule, const GridOptions&, double t) { return schedule.log_snr(t); },
     [](const Schedule& schedule, const GridOptions&, double c) {
       return schedule.time_of_log_snr(c);
     }},
    {"quadratic", [](const Schedule&, const GridOptions&, double t) { return std::sqrt(t); },
     [](const Schedule&, const GridOptions&, double c) { return c * c; }},
    {"karras",
     [](const Schedule& schedule, const GridOptions& options, double t) {
       const path::Coefficients at = schedule.at(t);
       return std::pow(at.sigma / at.alpha, 1 / options.rho);
     },
     [](const Schedule& schedule, const GridOptions& options, double c) {
       return schedule.time_of_log_snr(-2 * options.rho * std::log(c));
     }},
    {"flow-shift",
     [](const Schedule&, const GridOptions& options, double t) {
       return t / (options.shift - (options.shift - 1) * t);
     },
     [](const Schedule&, const GridOptions& options, double c) {
       return options.shift * c / (1 + (options.shift - 1) * c);
     }},
};

const Entry& find(std::string_view name) {
  for (const Entry& entry : kGrids) {
    if (name == entry.name) return entry;
  }
  throw_unknown_name("sample", "grid", name, grid_names());
}

// An end of the coordinate's range, moved inside where it is infinite.
struct End {
  double coordinate = 0;
  bool moved = false;
};
End end_at(const Entry& grid, const Schedule& schedule, const GridOptions& options, double t,
           double other) {
  const double coordinate = grid.coordinate(schedule, options, t);
  if (std::isfinite(coordinate)) return {coordinate, false};
  const double margin = std::min(path::kSingularMargin, 0.5 * std::abs(other - t));
  return {grid.coordinate(schedule, options, other > t ? t + margin : t - margin), true};
}

}  // namespace

const std::vector<std::string>& grid_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const Entry& entry : kGrids) list.emplace_back(entry.name);
    return list;
  }();
  return names;
}

std::vector<double> time_grid(std::string_view name, const Schedule& schedule, double from,
                              double to, int steps, const GridOptions& options) {
  const Entry& grid = find(name);
  check_at_least("sample", "steps", steps, 1);
  check_between("sample", "from", from, 0.0, 1.0);
  check_between("sample", "to", to, 0.0, 1.0);
  check_positive("sample", "grid_rho", options.rho);
  check_positive("sample", "grid_shift", options.shift);
  if (from == to) {
    throw_error(ErrorCode::kInvalidArgument, "sample", {"from and to must differ, got ", to});
  }
  const End first = end_at(grid, schedule, options, from, to);
  const End last = end_at(grid, schedule, options, to, from);
  const int skipped = first.moved ? 1 : 0, intervals = steps - skipped - (last.moved ? 1 : 0);
  std::vector<double> times(static_cast<std::size_t>(steps) + 1, from);
  times.back() = to;
  for (int k = 1; k < steps; ++k) {
    const double share = intervals > 0 ? static_cast<double>(k - skipped) / intervals : 0.5;
    const double c = first.coordinate + share * (last.coordinate - first.coordinate);
    times[static_cast<std::size_t>(k)] = grid.time(schedule, options, c);
  }
  return times;
}

}  // namespace pathflow::sample
