#include "pathflow/density/plane_flow.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "pathflow/base/error.hpp"
#include "pathflow/path/prediction.hpp"
#include "pathflow/sample/flow.hpp"
#include "pathflow/sample/samplers/sde_family.hpp"

namespace pathflow::density {
namespace {

constexpr std::string_view kWhere = "PlaneFlow";

}  // namespace

struct PlaneFlow::Impl {
  PlaneFlowOptions options;
  sample::Model<float>& model;
  sample::Flow<float> flow;  ///< for its conversions
  sample::detail::SdeFamily<float> family;
  path::Interval interval;
  std::vector<float> points;  ///< the faces', in the model's precision
  struct Knot {
    int index = -1;  ///< -1: none yet
    std::vector<float> q;
  };
  std::int64_t evaluations = 0;
  Knot knots[2];  ///< a knot of even index in the first, of odd index in the second

  Impl(sample::Model<float>& m, const path::Schedule& schedule, const PlaneFlowOptions& o,
       bool gaussian_source)
      : options(o),
        model(m),
        flow(m, schedule, 0),
        family(flow, family_options(o, gaussian_source), "the Fokker-Planck equation"),
        interval(family.interval(path::time_interval(m.prediction(), schedule))) {
    check_size(kWhere, "the model's points", m.dimension(), 2);
    check_between(kWhere, "knots", std::int64_t{o.knots}, 2, 1025);
  }

  static sample::SampleOptions family_options(const PlaneFlowOptions& o, bool gaussian_source) {
    sample::SampleOptions options;
    options.diffusion = o.diffusion;
    options.diffusion_scale = o.diffusion_scale;
    options.gaussian_source = gaussian_source;
    return options;
  }

  double time_of(int index) const {
    const double share = static_cast<double>(index) / (options.knots - 1);
    return index + 1 == options.knots ? interval.high
                                      : interval.low + share * (interval.high - interval.low);
  }

  const std::vector<float>& knot(int index) {
    Knot& place = knots[index % 2];
    if (place.index == index) return place.q;
    place.index = -1;
    place.q.resize(points.size());
    model.predict(points, static_cast<float>(time_of(index)), place.q);
    ++evaluations;
    place.index = index;
    return place.q;
  }

  void take_points(std::span<const double> x) {
    const auto same = [](double a, float b) { return static_cast<float>(a) == b; };
    if (std::equal(x.begin(), x.end(), points.begin(), points.end(), same)) return;
    points.assign(x.begin(), x.end());
    for (Knot& place : knots) place.index = -1;
  }

  /// b = c_x x + c_q q, q between the knots on both sides of t.
  void drift(std::span<const double> x, double t, std::span<double> b) {
    take_points(x);
    const double place = std::clamp((t - interval.low) / (interval.high - interval.low), 0.0, 1.0) *
                         (options.knots - 1);
    const int low = std::min(static_cast<int>(place), options.knots - 2);
    const double share = place - low;
    const std::vector<float>&before = knot(low), &after = knot(low + 1);
    const path::Conversion c = family.drift(t, !options.toward_source, family.diffusion(t));
    const double from_before = c.q_coefficient * (1 - share), from_after = c.q_coefficient * share;
    for (std::size_t i = 0; i < b.size(); ++i) {
      b[i] = c.x_coefficient * x[i] + from_before * static_cast<double>(before[i]) +
             from_after * static_cast<double>(after[i]);
    }
  }
};

PlaneFlow::PlaneFlow(sample::Model<float>& model, const path::Schedule& schedule,
                     const PlaneFlowOptions& options, bool gaussian_source)
    : impl_(std::make_unique<Impl>(model, schedule, options, gaussian_source)) {}
PlaneFlow::~PlaneFlow() = default;
PlaneFlow::PlaneFlow(PlaneFlow&&) noexcept = default;

sample::Span PlaneFlow::span() const {
  const path::Interval& interval = impl_->interval;
  return impl_->options.toward_source ? sample::Span{interval.low, interval.high}
                                      : sample::Span{interval.high, interval.low};
}

PlaneDrift PlaneFlow::drift() {
  return [impl = impl_.get()](std::span<const double> x, double t, std::span<double> b) {
    impl->drift(x, t, b);
  };
}

PlaneDiffusion PlaneFlow::diffusion() const {
  return [impl = impl_.get()](double t) { return impl->family.diffusion(t).w; };
}

std::int64_t PlaneFlow::evaluations() const { return impl_->evaluations; }

tensor::Matrix<double> plane_gaussian(const PlaneGrid& grid, double sigma) {
  check_positive("plane_gaussian", "sigma", sigma);
  tensor::Matrix<double> density = tensor::Matrix<double>::from_shape(
      {static_cast<std::size_t>(grid.ny), static_cast<std::size_t>(grid.nx)});
  double sum = 0;
  for (int row = 0; row < grid.ny; ++row) {
    for (int column = 0; column < grid.nx; ++column) {
      const double x = grid.x_of(column) / sigma, y = grid.y_of(row) / sigma;
      sum += density(static_cast<std::size_t>(row), static_cast<std::size_t>(column)) =
          std::exp(-0.5 * (x * x + y * y));
    }
  }
  const double held = sum * grid.cell_area() / (2 * std::numbers::pi * sigma * sigma);
  if (!(held > 0.98)) {
    throw_error(ErrorCode::kInvalidArgument, "plane_gaussian",
                {"the grid must hold the law it begins with, N(0, ", sigma,
                 "^2 I), got a share of ", held, " inside its bounds"});
  }
  for (double& cell : density) cell /= sum * grid.cell_area();
  return density;
}

}  // namespace pathflow::density
