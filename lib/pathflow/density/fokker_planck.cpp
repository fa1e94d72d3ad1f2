#include "pathflow/density/fokker_planck.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "pathflow/base/error.hpp"

namespace pathflow::density {
namespace {

using Field = tensor::Matrix<double>;

constexpr std::string_view kWhere = "FokkerPlanck";
/// Share of a cell's content that leaves it in an Euler step, at most. Below 1 no cell falls below
/// 0.
constexpr double kCourant = 0.8;
constexpr std::int64_t kMostSteps = 1'000'000;

void check_axis(const char* name, double low, double high) {
  check_finite(kWhere, "a bound", low);
  check_finite(kWhere, "a bound", high);
  if (high > low) return;
  throw_error(ErrorCode::kInvalidArgument, kWhere,
              {name, " must exceed its minimum, got ", high, " and ", low});
}

void check_grid(const PlaneGrid& grid) {
  check_between(kWhere, "nx", std::int64_t{grid.nx}, 2, 4096);
  check_between(kWhere, "ny", std::int64_t{grid.ny}, 2, 4096);
  check_axis("x_max", grid.x_min, grid.x_max);
  check_axis("y_max", grid.y_min, grid.y_max);
}

/// Van Leer's monotonised central slope, times the cell: at most twice either one-sided difference
/// and 0 at an extremum, so that a profile never leaves its neighbours' range.
double limited(double before, double here, double after) {
  const double left = here - before, right = after - here;
  if (left * right <= 0) return 0;
  const double size =
      std::min({2 * std::abs(left), 2 * std::abs(right), 0.5 * std::abs(left + right)});
  return left > 0 ? size : -size;
}

/// One line of `count` cells, `stride` apart, and its count - 1 inner faces' speeds.
struct Line {
  const double* p;
  const double* speeds;
  double* change;
  std::ptrdiff_t stride;
  std::ptrdiff_t speed_stride;
  int count;
};

/// Takes what flows through every face from the cell before it and gives it to the one after.
void add_flows(const Line& line, double h, double half_w_over_h) {
  const auto cell = [&](int i) { return line.p[i * line.stride]; };
  double before = cell(0), left = before, right = cell(1);
  for (int face = 0; face + 1 < line.count; ++face) {
    const double after = face + 2 < line.count ? cell(face + 2) : right;
    const double speed = line.speeds[face * line.speed_stride];
    const double value = speed > 0 ? left + 0.5 * limited(before, left, right)
                                   : right - 0.5 * limited(left, right, after);
    const double flow = (speed * value - half_w_over_h * (right - left)) / h;
    line.change[face * line.stride] -= flow;
    line.change[(face + 1) * line.stride] += flow;
    before = left;
    left = right;
    right = after;
  }
}

}  // namespace

/// Speeds on the inner faces at one time, toward the end of the run.
struct FokkerPlanck::Faces {
  explicit Faces(const PlaneGrid& grid)
      : across(static_cast<std::size_t>(grid.ny) * static_cast<std::size_t>(grid.nx - 1)),
        along(static_cast<std::size_t>(grid.ny - 1) * static_cast<std::size_t>(grid.nx)),
        points(2 * (across.size() + along.size())),
        drift(points.size()) {
    double* next = points.data();
    for (int row = 0; row < grid.ny; ++row) {
      for (int column = 0; column + 1 < grid.nx; ++column) {
        *next++ = grid.x_min + (column + 1) * grid.cell_width();
        *next++ = grid.y_of(row);
      }
    }
    for (int row = 0; row + 1 < grid.ny; ++row) {
      for (int column = 0; column < grid.nx; ++column) {
        *next++ = grid.x_of(column);
        *next++ = grid.y_min + (row + 1) * grid.cell_height();
      }
    }
  }

  void evaluate(const PlaneDrift& b, const PlaneDiffusion& diffusion, double t, double sign) {
    b(points, t, drift);
    w = diffusion(t);
    if (w < 0) {
      throw_error(ErrorCode::kInvalidArgument, kWhere,
                  {"w must not be negative, got ", w, " at t = ", t});
    }
    double sum = w - w;
    for (const double value : drift) sum += value - value;
    if (sum != 0) {  // NaN where anything is not finite
      throw_error(ErrorCode::kNumeric, kWhere,
                  {"drift and w must be finite, got a value that is not at t = ", t});
    }
    const std::size_t vertical = across.size();
    for (std::size_t i = 0; i < vertical; ++i) across[i] = sign * drift[2 * i];
    for (std::size_t i = 0; i < along.size(); ++i) along[i] = sign * drift[2 * (vertical + i) + 1];
  }

  /// Shares of a cell that leave it in unit time, at most.
  double rate(const PlaneGrid& grid) const {
    double fastest_x = 0, fastest_y = 0;
    for (const double speed : across) fastest_x = std::max(fastest_x, std::abs(speed));
    for (const double speed : along) fastest_y = std::max(fastest_y, std::abs(speed));
    const double hx = grid.cell_width(), hy = grid.cell_height();
    return 2 * (fastest_x / hx + fastest_y / hy) + w * (1 / (hx * hx) + 1 / (hy * hy));
  }

  /// change = -(net flow out of each cell) / cell area.
  void change(const PlaneGrid& grid, const Field& p, Field& result) const {
    const double hx = grid.cell_width(), hy = grid.cell_height();
    std::fill(result.begin(), result.end(), 0.0);
    const std::ptrdiff_t nx = grid.nx;
    for (std::ptrdiff_t row = 0; row < grid.ny; ++row) {
      add_flows({p.data() + row * nx, &across[static_cast<std::size_t>(row * (nx - 1))],
                 result.data() + row * nx, 1, 1, grid.nx},
                hx, 0.5 * w / hx);
    }
    for (std::ptrdiff_t column = 0; column < nx; ++column) {
      add_flows({p.data() + column, &along[static_cast<std::size_t>(column)],
                 result.data() + column, nx, nx, grid.ny},
                hy, 0.5 * w / hy);
    }
  }

  std::vector<double> across, along, points, drift;
  double w = 0;
};

FokkerPlanck::FokkerPlanck(const PlaneGrid& grid, Field density)
    : grid_(grid), density_(std::move(density)) {
  check_grid(grid);
  const auto rows = static_cast<std::size_t>(grid.ny), columns = static_cast<std::size_t>(grid.nx);
  if (density_.shape(0) != rows || density_.shape(1) != columns) {
    throw_error(ErrorCode::kShape, kWhere,
                {"density must be [ny, nx] = [", rows, ", ", columns, "], got [", density_.shape(0),
                 ", ", density_.shape(1), "]"});
  }
  for (const double value : density_) check_not_negative(kWhere, "density", value);
  check_positive(kWhere, "the density's mass", mass());
}

double FokkerPlanck::mass() const {
  double sum = 0;
  for (const double value : density_) sum += value;
  return sum * grid_.cell_area();
}

double FokkerPlanck::l1_distance(const Field& other) const {
  check_size("FokkerPlanck::l1_distance", "other", other.size(), density_.size());
  double sum = 0;
  for (std::size_t i = 0; i < other.size(); ++i) {
    sum += std::abs(density_.data()[i] - other.data()[i]);
  }
  return sum * grid_.cell_area();
}

FokkerPlanckReport FokkerPlanck::advance(double from, double to, const PlaneDrift& drift,
                                         const PlaneDiffusion& w,
                                         const std::function<bool(double)>& progress) {
  check_finite(kWhere, "from", from);
  check_finite(kWhere, "to", to);
  if (from == to) {
    throw_error(ErrorCode::kInvalidArgument, kWhere, {"from and to must differ, got ", to});
  }
  const double sign = to > from ? 1 : -1, whole = std::abs(to - from), before = mass();
  Faces now(grid_), next(grid_);
  Field change(density_.shape(), 0.0), stage = density_, second = change;
  FokkerPlanckReport report;
  now.evaluate(drift, w, from, sign);
  for (double done = 0; done < whole; ++report.steps) {
    if (report.steps >= kMostSteps) {
      throw_error(ErrorCode::kNumeric, kWhere,
                  {"the drift is too fast for this grid: a million steps reached t = ",
                   from + sign * done});
    }
    double share = std::min(1.0, kCourant / (now.rate(grid_) * (whole - done)));
    double step = 0, t = to;
    do {  // again with half of it where the next time's speeds are too fast for this step
      step = share * (whole - done);
      t = share == 1 ? to : from + sign * (done + step);
      next.evaluate(drift, w, t, sign);
      share *= 0.5;
    } while (step * next.rate(grid_) > 1);
    // Heun as the mean of the density and of two Euler steps on.
    now.change(grid_, density_, change);
    for (std::size_t i = 0; i < stage.size(); ++i) {
      stage.data()[i] = density_.data()[i] + step * change.data()[i];
    }
    next.change(grid_, stage, second);
    for (std::size_t i = 0; i < stage.size(); ++i) {
      double& cell = density_.data()[i];
      cell = 0.5 * (cell + stage.data()[i] + step * second.data()[i]);
    }
    std::swap(now, next);
    done = t == to ? whole : done + step;
    if (progress && !progress(done / whole)) {
      throw_error(ErrorCode::kCancelled, kWhere, {"stopped by progress at t = ", t});
    }
  }
  report.mass_change = mass() - before;
  report.least = *std::min_element(density_.begin(), density_.end());
  return report;
}

Field plane_histogram(const PlaneGrid& grid, std::span<const float> points, std::int64_t* outside) {
  check_grid(grid);
  Field result({static_cast<std::size_t>(grid.ny), static_cast<std::size_t>(grid.nx)}, 0.0);
  const double share = 1 / (static_cast<double>(points.size() / 2) * grid.cell_area());
  std::int64_t off = 0;
  for (std::size_t i = 0; i + 1 < points.size(); i += 2) {
    const double column = (static_cast<double>(points[i]) - grid.x_min) / grid.cell_width();
    const double row = (static_cast<double>(points[i + 1]) - grid.y_min) / grid.cell_height();
    if (column >= 0 && column < grid.nx && row >= 0 && row < grid.ny) {
      result(static_cast<std::size_t>(row), static_cast<std::size_t>(column)) += share;
    } else {
      ++off;
    }
  }
  if (outside != nullptr) *outside = off;
  return result;
}

namespace {

/// p at the cells' centres and one more on every side: [ny + 2, nx + 2].
Field padded_density(const PlaneGrid& grid, const PlaneLogDensity& log_density, double t,
                     std::vector<double>& points) {
  const auto rows = static_cast<std::size_t>(grid.ny + 2);
  const auto columns = static_cast<std::size_t>(grid.nx + 2);
  points.resize(2 * rows * columns);
  for (std::size_t i = 0; i < rows * columns; ++i) {
    points[2 * i] = grid.x_of(static_cast<int>(i % columns) - 1);
    points[2 * i + 1] = grid.y_of(static_cast<int>(i / columns) - 1);
  }
  Field p = Field::from_shape({rows, columns});
  log_density(points, t, {p.data(), p.size()});
  for (double& value : p) value = std::exp(value);
  return p;
}

}  // namespace

double fokker_planck_residual(const PlaneGrid& grid, const PlaneLogDensity& log_density,
                              const PlaneDrift& drift, double w, double t, double time_step) {
  check_grid(grid);
  check_positive("fokker_planck_residual", "time_step", time_step);
  check_not_negative("fokker_planck_residual", "w", w);
  std::vector<double> points;
  const Field p = padded_density(grid, log_density, t, points);
  const Field after = padded_density(grid, log_density, t + time_step, points);
  const Field before = padded_density(grid, log_density, t - time_step, points);
  std::vector<double> b(points.size());
  drift(points, t, b);
  const double hx = grid.cell_width(), hy = grid.cell_height();
  const auto columns = static_cast<std::size_t>(grid.nx + 2);
  const auto flow = [&](std::size_t row, std::size_t column, std::size_t axis) {
    return b[2 * (row * columns + column) + axis] * p(row, column);
  };
  double sum = 0;
  for (std::size_t i = 1; i <= static_cast<std::size_t>(grid.ny); ++i) {
    for (std::size_t j = 1; j <= static_cast<std::size_t>(grid.nx); ++j) {
      const double rate = (after(i, j) - before(i, j)) / (2 * time_step);
      const double divergence = (flow(i, j + 1, 0) - flow(i, j - 1, 0)) / (2 * hx) +
                                (flow(i + 1, j, 1) - flow(i - 1, j, 1)) / (2 * hy);
      const double laplacian = (p(i, j + 1) - 2 * p(i, j) + p(i, j - 1)) / (hx * hx) +
                               (p(i + 1, j) - 2 * p(i, j) + p(i - 1, j)) / (hy * hy);
      sum += std::abs(rate + divergence - 0.5 * w * laplacian);
    }
  }
  return sum * grid.cell_area();
}

}  // namespace pathflow::density
