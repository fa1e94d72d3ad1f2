// The Fokker-Planck equation on a grid in the plane: the density that an SDE of the family moves,
// with no particles.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "pathflow/tensor/array.hpp"

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::density {

/// nx x ny equal cells of [x_min, x_max] x [y_min, y_max]. Fields are [ny, nx], row 0 at y_min.
struct PlaneGrid {
  double x_min = -4, x_max = 4, y_min = -4, y_max = 4;  ///< the border, minimum below maximum
  int nx = 128, ny = 128;                               ///< cells, 2..4096

  /// Extents of a cell, its area, and the centres of columns and rows.
  ///@{
  double cell_width() const { return (x_max - x_min) / nx; }
  double cell_height() const { return (y_max - y_min) / ny; }
  double cell_area() const { return cell_width() * cell_height(); }
  double x_of(int column) const { return x_min + (column + 0.5) * cell_width(); }
  double y_of(int row) const { return y_min + (row + 0.5) * cell_height(); }
  ///@}
};

/// drift [m, 2] of dx = b dt + sqrt(w) dW at points x [m, 2] and time t.
using PlaneDrift = std::function<void(std::span<const double> x, double t, std::span<double> b)>;
/// w(t) >= 0.
using PlaneDiffusion = std::function<double(double t)>;

/// How a run went.
struct FokkerPlanckReport {
  std::int64_t steps = 0;  ///< of Heun's method
  double mass_change = 0;  ///< of the whole run; rounding alone
  double least = 0;        ///< smallest density, never below 0
};

/// A density on a grid and what moves it:
///
///     dp/dt = -div(b p) + (w / 2) Laplacian p
///
/// by finite volumes: every face's flow leaves one cell and enters the next, so mass is kept to
/// rounding (1e-12), and no flow crosses the border (choose a grid that holds the law). Upwind
/// flows of limited linear profiles (van Leer's monotonised slopes), central differences for the
/// diffusion, Heun's method in time: second order in the grid for smooth densities. The step
/// follows the fastest face so that no cell falls below 0. Cost: a step is one evaluation of the
/// drift on about 2 nx ny faces. The number of steps grows with speed / cell, and with w / cell^2
/// where there is diffusion. Source: LeVeque, "Finite volume methods for hyperbolic problems",
/// 2002, chapters 6 and 20; Shu & Osher 1988 for Heun's method as a convex combination of Euler
/// steps.
class FokkerPlanck {
 public:
  /// Errors: InvalidArgument for a grid out of range; ShapeError for a density that is not [ny,
  /// nx]; InvalidArgument for one that is negative or not finite somewhere, or has no mass.
  FokkerPlanck(const PlaneGrid& grid, tensor::Matrix<double> density);

  /// The grid, and the cells' densities [ny, nx].
  ///@{
  const PlaneGrid& grid() const { return grid_; }
  const tensor::Matrix<double>& density() const { return density_; }
  ///@}
  /// The density's integral.
  double mass() const;
  /// sum |p - other| cell area.
  double l1_distance(const tensor::Matrix<double>& other) const;

  /// Moves the density from one time to another. `drift` is that of the SDE as written in dt: from
  /// high to low times (source to data) pass v - (w / 2) score, from low to high v + (w / 2) score.
  /// progress: share done in [0, 1] after every step; false stops (Cancelled).
  /// Errors: InvalidArgument for from = to or w < 0; NumericError where drift or w is not finite
  /// (naming the time), or where the drift is so fast that a million steps would not do.
  FokkerPlanckReport advance(double from, double to, const PlaneDrift& drift,
                             const PlaneDiffusion& w,
                             const std::function<bool(double)>& progress = {});

 private:
  struct Faces;
  PlaneGrid grid_;
  tensor::Matrix<double> density_;
};

/// Share of points [n, 2] in each cell over its area; `outside` (may be null): how many lie off the
/// grid.
tensor::Matrix<double> plane_histogram(const PlaneGrid& grid, std::span<const float> points,
                                       std::int64_t* outside = nullptr);

/// log p [m] in nats at points x [m, 2] and time t.
using PlaneLogDensity =
    std::function<void(std::span<const double> x, double t, std::span<double> log_density)>;
/// L1 norm over the grid of dp/dt + div(b p) - (w / 2) Laplacian p at time t, of a density known at
/// any time. Central differences of second order in the cells and in time_step, so it falls
/// fourfold when both halve if and only if p solves the equation.
double fokker_planck_residual(const PlaneGrid& grid, const PlaneLogDensity& log_density,
                              const PlaneDrift& drift, double w, double t, double time_step);

}  // namespace pathflow::density

#pragma GCC visibility pop  // public
