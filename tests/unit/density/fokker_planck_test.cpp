// The grid's density against the closed-form mixture: order, mass, positivity, both directions; and
// the residual that tells a solution from what is none.
#include "pathflow/density/fokker_planck.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "pathflow/base/error.hpp"
#include "pathflow/path/dynamics.hpp"
#include "unit/density/mixtures.hpp"

namespace pathflow::density {
namespace {

using namespace testing_support;
using path::Prediction;

struct Family {
  PathMixture<double> model;
  std::string diffusion;
  const path::Schedule& schedule;

  Family(const path::Schedule& s, std::string name)
      : model(three_components(), path::make_schedule(s.name())),
        diffusion(std::move(name)),
        schedule(s) {}
  double w(double t) const { return path::diffusion_at(diffusion, 1, schedule, t).w; }
  /// v -+ (w / 2) score.
  PlaneDrift drift(double sign) {
    return [this, sign](std::span<const double> x, double t, std::span<double> b) {
      model.evaluate(Prediction::kVelocity, x, t, b);
      std::vector<double> score(x.size());
      model.evaluate(Prediction::kScore, x, t, score);
      for (std::size_t i = 0; i < x.size(); ++i) b[i] += sign * 0.5 * w(t) * score[i];
    };
  }
  PlaneDiffusion w_of_t() {
    return [this](double t) { return w(t); };
  }
  /// p_t averaged over each cell by 2 x 2 Gauss points (fourth order).
  Matrix exact(const PlaneGrid& grid, double t) {
    Matrix p = zeros(static_cast<std::size_t>(grid.ny), static_cast<std::size_t>(grid.nx));
    const double offset = 0.5 / std::sqrt(3.0);
    for (int row = 0; row < grid.ny; ++row) {
      for (int column = 0; column < grid.nx; ++column) {
        for (const double dx : {-offset, offset}) {
          for (const double dy : {-offset, offset}) {
            const double x[2] = {grid.x_of(column) + dx * grid.cell_width(),
                                 grid.y_of(row) + dy * grid.cell_height()};
            double log_p = 0;
            model.log_density(x, t, {&log_p, 1});
            p(static_cast<std::size_t>(row), static_cast<std::size_t>(column)) +=
                0.25 * std::exp(log_p);
          }
        }
      }
    }
    return p;
  }
};

PlaneGrid square(int cells) {
  return {.x_min = -5, .x_max = 5, .y_min = -5, .y_max = 5, .nx = cells, .ny = cells};
}

struct Case {
  const char* schedule;
  const char* diffusion;
  bool toward_data;
};
void PrintTo(const Case& which, std::ostream* out) {
  *out << which.schedule << ", " << which.diffusion
       << (which.toward_data ? ", to data" : ", to source");
}
class FokkerPlanckCase : public testing::TestWithParam<Case> {};
#ifdef __EMSCRIPTEN__  // where plain double loops take several times as long
constexpr Case kCases[] = {{"linear", "zero", true}};
#else
constexpr Case kCases[] = {{"linear", "zero", true},
                           {"linear", "zero", false},
                           {"linear", "g2", true},
                           {"trig", "sigma", true},
                           {"trig", "constant", false}};
#endif
INSTANTIATE_TEST_SUITE_P(Family, FokkerPlanckCase, testing::ValuesIn(kCases), [](const auto& test) {
  return test.param.schedule + std::string("_") + test.param.diffusion +
         (test.param.toward_data ? "_to_data" : "_to_source");
});

// L1 error against the exact law; slope 2 within 0.3 (the limiter clips the law's top); mass to
// rounding; never negative.
TEST_P(FokkerPlanckCase, ConvergesToTheMixtureWithSecondOrder) {
  const auto [name, diffusion, toward_data] = GetParam();
  const auto schedule = path::make_schedule(name);
  Family family(*schedule, diffusion);
  const double from = toward_data ? 0.7 : 0.4, to = toward_data ? 0.4 : 0.7;
  std::vector<double> cells, errors;
  for (const int n : {48, 64, 96}) {
    const PlaneGrid grid = square(n);
    FokkerPlanck solver(grid, family.exact(grid, from));
    const double before = solver.mass();
    const auto report =
        solver.advance(from, to, family.drift(toward_data ? -1 : 1), family.w_of_t());
    EXPECT_LT(std::abs(report.mass_change), 1e-12);
    EXPECT_NEAR(solver.mass(), before, 1e-12);
    EXPECT_GE(report.least, 0);
    EXPECT_GT(report.steps, 0);
    cells.push_back(n);
    errors.push_back(solver.l1_distance(family.exact(grid, to)));
  }
  EXPECT_NEAR(-log_slope(cells, errors), 2, 0.3);
  EXPECT_LT(errors.back(), 0.02);
}

// A narrow step profile: upwind profiles keep it between 0 and its top.
TEST(FokkerPlanck, StaysPositiveOnASharpDensity) {
  const PlaneGrid grid = square(40);
  Matrix block = zeros(40, 40);
  for (std::size_t i = 18; i < 22; ++i) {
    for (std::size_t j = 18; j < 22; ++j) block(i, j) = 1;
  }
  const double top = 1;
  FokkerPlanck solver(grid, block);
  const auto turn = [](std::span<const double> x, double, std::span<double> b) {
    for (std::size_t i = 0; i < x.size(); i += 2) {
      b[i] = -x[i + 1];
      b[i + 1] = x[i] + 0.5;
    }
  };
  const auto report = solver.advance(0, 2, turn, [](double) { return 0.0; });
  EXPECT_GE(report.least, 0);
  EXPECT_LT(std::abs(report.mass_change), 1e-12);
  EXPECT_LE(*std::max_element(solver.density().begin(), solver.density().end()), top + 1e-9);
}

// The exact law with the ODE's drift, and with any w's: a residual that falls fourfold with the
// grid; with a drift that lacks its w-term it stays.
TEST(FokkerPlanckResidual, VanishesForEveryMemberOfTheFamilyAndNoOther) {
  const auto schedule = path::make_schedule("linear");
  for (const char* name : {"zero", "g2", "sigma", "constant"}) {
    Family family(*schedule, name);
    const PlaneLogDensity log_density = [&](auto x, double t, auto out) {
      family.model.log_density(x, t, out);
    };
    std::vector<double> cells, residuals;
    for (const int n : {40, 80, 160}) {
      cells.push_back(n);
      residuals.push_back(fokker_planck_residual(square(n), log_density, family.drift(1),
                                                 family.w(0.5), 0.5, 0.4 / n));
    }
    EXPECT_NEAR(-log_slope(cells, residuals), 2, 0.15) << name;
    EXPECT_LT(residuals.back(), 0.02) << name;
  }
  Family wrong(*schedule, "constant");
  const PlaneLogDensity log_density = [&](auto x, double t, auto out) {
    wrong.model.log_density(x, t, out);
  };
  EXPECT_GT(fokker_planck_residual(square(160), log_density, wrong.drift(0), 1.0, 0.5, 0.0025),
            0.2);
}

TEST(PlaneHistogram, CountsPointsByCell) {
  const PlaneGrid grid{.x_min = 0, .x_max = 2, .y_min = 0, .y_max = 3, .nx = 2, .ny = 3};
  const std::vector<float> points{0.5f, 0.5f, 1.5f, 2.9f, 1.2f, 2.1f, -1.0f, 1.0f};
  std::int64_t outside = 0;
  const auto density = plane_histogram(grid, points, &outside);
  EXPECT_EQ(outside, 1);
  EXPECT_DOUBLE_EQ(density(0, 0), 0.25);
  EXPECT_DOUBLE_EQ(density(2, 1), 0.5);
  EXPECT_DOUBLE_EQ(density(1, 0), 0);
}

TEST(FokkerPlanck, RefusesBadInput) {
  const PlaneGrid grid = square(8);
  const Matrix ones(std::array<std::size_t, 2>{8, 8}, 1.0);
  EXPECT_THROW(FokkerPlanck(square(1), ones), InvalidArgument);
  EXPECT_THROW(FokkerPlanck({.x_min = 1, .x_max = 1}, ones), InvalidArgument);
  EXPECT_THROW(FokkerPlanck(grid, zeros(8, 7)), ShapeError);
  EXPECT_THROW(FokkerPlanck(grid, zeros(8, 8)), InvalidArgument);
  Matrix negative = ones;
  negative(3, 3) = -1;
  EXPECT_THROW(FokkerPlanck(grid, negative), InvalidArgument);
  FokkerPlanck solver(grid, ones);
  const auto still = [](std::span<const double>, double, std::span<double> b) {
    std::fill(b.begin(), b.end(), 0.0);
  };
  EXPECT_THROW(solver.advance(0.5, 0.5, still, [](double) { return 0.0; }), InvalidArgument);
  EXPECT_THROW(solver.advance(0, 1, still, [](double) { return -1.0; }), InvalidArgument);
  EXPECT_THROW(solver.advance(0, 1, still, [](double) { return NAN; }), NumericError);
  const auto broken = [](std::span<const double>, double, std::span<double> b) {
    std::fill(b.begin(), b.end(), NAN);
  };
  EXPECT_THROW(solver.advance(0, 1, broken, [](double) { return 0.0; }), NumericError);
  EXPECT_THROW(solver.advance(
                   0, 1, still, [](double) { return 0.0; }, [](double) { return false; }),
               Cancelled);
}

}  // namespace
}  // namespace pathflow::density
