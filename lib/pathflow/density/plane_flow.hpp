// A model's path as the Fokker-Planck solver sees it: drift and diffusion on the grid's faces, with
// few calls of the model; and the density that a run begins with.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "pathflow/density/fokker_planck.hpp"
#include "pathflow/path/schedule.hpp"
#include "pathflow/sample/model.hpp"
#include "pathflow/sample/sample.hpp"

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::density {

/// Which SDE of the family moves the density, and how often the model is asked.
struct PlaneFlowOptions {
  std::string diffusion = "zero";  ///< w(t), a name of path::diffusion_names(); "zero": the ODE
  double diffusion_scale = 1;      ///< factor on w(t), >= 0
  bool toward_source = false;      ///< from the data to the source instead
  /// Times, equally spaced over the interval, at which the model is evaluated, 2..1025; in between
  /// its answer is interpolated linearly, an error that falls with their square.
  int knots = 33;
};

/// The drift v -+ (w / 2) score and the diffusion w of a model's path, for FokkerPlanck::advance.
///
/// A step of the solver is short (it follows the fastest face), so evaluating a network at each
/// would take all the time: here the model's own prediction is kept at two knots in time and
/// interpolated, while the coefficients that make a drift of it are exact at every time. Times
/// outside interval() are refused as the model refuses them. The points must be the same at every
/// call; those of another grid begin anew.
class PlaneFlow {
 public:
  /// model and schedule are borrowed and must outlive it. Errors: InvalidArgument for a model of
  /// other than 2 dimensions, an unknown diffusion, a negative scale, knots out of range, or a
  /// diffusion where `gaussian_source` is false: without a score there is only the ODE.
  PlaneFlow(sample::Model<float>& model, const path::Schedule& schedule,
            const PlaneFlowOptions& options = {}, bool gaussian_source = true);
  ~PlaneFlow();
  PlaneFlow(PlaneFlow&&) noexcept;

  /// Where a run begins and ends: path::time_interval() of the prediction, less
  /// path::kSingularMargin where w is infinite.
  sample::Span span() const;
  /// To be passed to FokkerPlanck::advance; they borrow this object.
  ///@{
  PlaneDrift drift();
  PlaneDiffusion diffusion() const;
  ///@}
  std::int64_t evaluations() const;  ///< calls of the model on all points

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The density N(0, sigma^2 I) at the cells' centres, [ny, nx], scaled to mass 1.
/// Errors: InvalidArgument for sigma <= 0, or a grid that holds less than 0.98 of it.
tensor::Matrix<double> plane_gaussian(const PlaneGrid& grid, double sigma);

}  // namespace pathflow::density

#pragma GCC visibility pop  // public
