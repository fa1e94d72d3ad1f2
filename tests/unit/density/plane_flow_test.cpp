// A model's path on a grid: few calls of the model, the drift of the family, the law it leads to.
#include "pathflow/density/plane_flow.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "pathflow/base/error.hpp"
#include "pathflow/path/dynamics.hpp"
#include "unit/density/mixtures.hpp"

namespace pathflow::density {
namespace {

using namespace testing_support;
using path::Prediction;

struct Mixture {
  std::shared_ptr<const path::Schedule> schedule;
  PathMixture<float> model;
  explicit Mixture(const char* name, Prediction prediction = Prediction::kVelocity)
      : schedule(path::make_schedule(name)), model(three_components(), schedule, prediction) {}
};

/// Largest error of the drift over some points, halfway between knots.
double worst_drift(Mixture& m, const PlaneFlowOptions& options, double t) {
  PlaneFlow flow(m.model, *m.schedule, options);
  const std::vector<double> x{0.3, -0.4, 1.5, 1.0, -2.0, 0.7, 0.0, -1.0};
  const std::vector<float> narrow(x.begin(), x.end());
  std::vector<double> b(x.size());
  flow.drift()(x, t, b);
  std::vector<float> v(x.size()), score(x.size());
  m.model.evaluate(Prediction::kVelocity, narrow, t, v);
  m.model.evaluate(Prediction::kScore, narrow, t, score);
  const double w = path::diffusion_at(options.diffusion, options.diffusion_scale, *m.schedule, t).w;
  const double sign = options.toward_source ? 0.5 : -0.5;
  double worst = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double exact = static_cast<double>(v[i]) + sign * w * static_cast<double>(score[i]);
    worst = std::max(worst, std::abs(b[i] - exact));
  }
  return worst;
}

TEST(PlaneFlow, DriftIsTheFamilysAndItsErrorFallsWithTheSquareOfTheKnots) {
  for (const auto& [schedule, prediction, diffusion] :
       {std::tuple{"linear", Prediction::kVelocity, "zero"},
        std::tuple{"linear", Prediction::kData, "g2"},
        std::tuple{"trig", Prediction::kNoise, "sigma"}}) {
    Mixture m(schedule, prediction);
    for (const bool toward_source : {false, true}) {
      PlaneFlowOptions options{.diffusion = diffusion, .toward_source = toward_source};
      std::vector<double> knots, errors;
      for (const int intervals : {16, 32, 64}) {
        options.knots = intervals + 1;
        // Near the middle of the interval of times, and between two knots of all three.
        const sample::Span span = PlaneFlow(m.model, *m.schedule, options).span();
        const double low = std::min(span.from, span.to), high = std::max(span.from, span.to);
        knots.push_back(intervals);
        errors.push_back(worst_drift(m, options, low + (high - low) * (0.5 + 0.5 / intervals)));
      }
      EXPECT_LT(errors.back(), 4e-3);
      if (errors.front() < 1e-5) continue;  // w = g^2 to the source is f x: there is no q in it
      EXPECT_NEAR(-log_slope(knots, errors), 2, 0.3) << schedule << " " << diffusion;
    }
  }
}

TEST(PlaneFlow, AsksTheModelOnceAKnot) {
  Mixture m("linear");
  const PlaneGrid grid{.nx = 24, .ny = 24};
  PlaneFlow flow(m.model, *m.schedule, {.knots = 9});
  FokkerPlanck solver(grid, plane_gaussian(grid, 1));
  const auto report =
      solver.advance(flow.span().from, flow.span().to, flow.drift(), flow.diffusion());
  EXPECT_EQ(flow.evaluations(), 9);
  EXPECT_GT(report.steps, 40);
}

// From the source's law to the data's, ODE and SDE, and back.
TEST(PlaneFlow, LeadsFromTheSourceToTheMixture) {
  for (const char* diffusion : {"zero", "sigma"}) {
    Mixture m("linear");
    const PlaneGrid grid{.x_min = -5, .x_max = 5, .y_min = -5, .y_max = 5, .nx = 64, .ny = 64};
    PlaneFlow flow(m.model, *m.schedule, {.diffusion = diffusion});
    FokkerPlanck solver(grid, plane_gaussian(grid, 1));
    const sample::Span span = flow.span();
    EXPECT_EQ(span.from, 1);
    EXPECT_EQ(span.to, 0);
    const auto report = solver.advance(span.from, span.to, flow.drift(), flow.diffusion());
    EXPECT_LT(std::abs(report.mass_change), 1e-12);
    EXPECT_GE(report.least, 0);
    Matrix exact = zeros(64, 64);
    for (std::size_t i = 0; i < 64 * 64; ++i) {
      Matrix x = zeros(1, 2);
      x(0, 0) = grid.x_of(static_cast<int>(i % 64));
      x(0, 1) = grid.y_of(static_cast<int>(i / 64));
      exact.data()[i] = std::exp(three_components().log_density(x)(0));
    }
    EXPECT_LT(solver.l1_distance(exact), 0.06) << diffusion;
    PlaneFlow back(m.model, *m.schedule, {.diffusion = diffusion, .toward_source = true});
    FokkerPlanck forward(grid, exact);
    forward.advance(0, 1, back.drift(), back.diffusion());
    EXPECT_LT(forward.l1_distance(plane_gaussian(grid, 1)), 0.06) << diffusion;
  }
}

TEST(PlaneFlow, StaysOffTheEndWhereTheDiffusionIsInfinite) {
  Mixture m("linear");
  EXPECT_EQ(PlaneFlow(m.model, *m.schedule, {.diffusion = "g2"}).span().from,
            1 - path::kSingularMargin);
}

TEST(PlaneFlow, RefusesBadInput) {
  Mixture m("linear");
  const auto made = [&](const PlaneFlowOptions& options, bool gaussian = true) {
    PlaneFlow flow(m.model, *m.schedule, options, gaussian);
  };
  EXPECT_THROW(made({.diffusion = "g3"}), InvalidArgument);
  EXPECT_THROW(made({.diffusion_scale = -1}), InvalidArgument);
  EXPECT_THROW(made({.knots = 1}), InvalidArgument);
  EXPECT_THROW(made({.diffusion = "g2"}, false), InvalidArgument);
  EXPECT_NO_THROW(made({}, false));
  PathMixture<float> line(line_gaussian(0, 1), m.schedule);
  EXPECT_THROW(PlaneFlow(line, *m.schedule), ShapeError);
  EXPECT_THROW(plane_gaussian({}, 0), InvalidArgument);
  EXPECT_THROW(plane_gaussian({}, 50), InvalidArgument);
}

}  // namespace
}  // namespace pathflow::density
