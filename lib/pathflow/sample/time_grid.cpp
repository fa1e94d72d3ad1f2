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

// The spacings of discrete diffusions choose among levels k / 1000. Each gives the k-th of `steps`
// times at which the model is asked, k = 0 first, of the way from `high` down to `low`.
constexpr int kLevels = 1000;
std::int64_t levels_between(double high, double low) {
  return static_cast<std::int64_t>((high - low) * kLevels + 1e-6);
}
double level(double t) { return std::round(t * kLevels) / kLevels; }

double leading(double high, double low, int steps, int k) {
  const auto stride = static_cast<double>(levels_between(high, low) / steps);
  return low + (stride * (steps - 1 - k) + 1) / kLevels;
}
double trailing(double high, double low, int steps, int k) {
  return k == 0 ? high : level(high - (high - low) * k / steps);
}
double linspace(double high, double low, int steps, int k) {
  const double last = low + 1.0 / kLevels;
  return k == 0 ? high : level(high - (high - last) * k / (steps - 1));
}
struct Spacing {
  const char* name;
  double (*time)(double high, double low, int steps, int k);
};
constexpr Spacing kSpacings[] = {
    {"leading", leading}, {"trailing", trailing}, {"linspace", linspace}};

const Spacing* find_spacing(std::string_view name) {
  for (const Spacing& spacing : kSpacings) {
    if (name == spacing.name) return &spacing;
  }
  return nullptr;
}

std::vector<double> discrete_grid(const Spacing& spacing, double from, double to, int steps) {
  const double high = std::max(from, to), low = std::min(from, to);
  const std::int64_t levels = levels_between(high, low);
  if (steps > levels) {
    throw_error(ErrorCode::kInvalidArgument, "sample",
                {"steps must be at most the ", levels, " levels from ", from, " to ", to,
                 " on grid \"", spacing.name, "\", got ", steps});
  }
  std::vector<double> times(static_cast<std::size_t>(steps) + 1, low);
  for (int k = 0; k < steps; ++k) {
    times[static_cast<std::size_t>(k)] = spacing.time(high, low, steps, k);
  }
  if (from < to) std::reverse(times.begin(), times.end());
  return times;
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
    for (const Spacing& spacing : kSpacings) list.emplace_back(spacing.name);
    return list;
  }();
  return names;
}

std::vector<double> time_grid(std::string_view name, const Schedule& schedule, double from,
                              double to, int steps, const GridOptions& options) {
  const Spacing* spacing = find_spacing(name);
  const Entry& grid = spacing != nullptr ? kGrids[0] : find(name);
  check_at_least("sample", "steps", steps, 1);
  check_between("sample", "from", from, 0.0, 1.0);
  check_between("sample", "to", to, 0.0, 1.0);
  check_positive("sample", "grid_rho", options.rho);
  check_positive("sample", "grid_shift", options.shift);
  if (from == to) {
    throw_error(ErrorCode::kInvalidArgument, "sample", {"from and to must differ, got ", to});
  }
  if (spacing != nullptr) return discrete_grid(*spacing, from, to, steps);
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

std::vector<double> even_times(double from, double to, std::size_t count) {
  std::vector<double> times(count);
  for (std::size_t i = 0; i < count; ++i) {
    times[i] = from + (to - from) * (static_cast<double>(i) / static_cast<double>(count - 1));
  }
  times.back() = to;
  return times;
}

}  // namespace pathflow::sample
