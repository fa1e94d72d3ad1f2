// Langevin dynamics against stationary laws in closed form.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <xtensor/xview.hpp>

#include "pathflow/base/error.hpp"
#include "pathflow/sample/langevin.hpp"
#include "unit/density/mixtures.hpp"

namespace pathflow::sample {
namespace {

using namespace testing_support;
using Values = std::span<double>;
using Points = std::span<const double>;

void normal_score(Points x, Values score) {
  for (std::size_t i = 0; i < x.size(); ++i) score[i] = -x[i];
}
void normal_log_density(Points x, Values log_density) {
  for (std::size_t i = 0; i < x.size(); ++i) log_density[i] = -0.5 * x[i] * x[i];
}

double variance_of(const Matrix& x) {
  double sum = 0, squares = 0;
  for (const double value : x) sum += value;
  const double mean = sum / static_cast<double>(x.size());
  for (const double value : x) squares += (value - mean) * (value - mean);
  return squares / static_cast<double>(x.size());
}

// n independent chains long past their memory of the start: the variance's standard error is
// v sqrt(2 / n). At five of them a false alarm is one in 1.7 million.
constexpr std::size_t kChains = 20000;
double bound(double variance) { return 5 * variance * std::sqrt(2.0 / kChains); }

TEST(Ula, HasTheStatedStationaryVarianceOnANormal) {
  for (const double h : {0.1, 0.5, 1.5}) {
    const LangevinOptions options{.step = h, .steps = static_cast<int>(30 / h), .seed = 3};
    const auto result = ula<double>(normal_score, normals(kChains, 1, 1), options);
    const double variance = 1 / (1 - h / 4);
    EXPECT_NEAR(variance_of(result.points), variance, bound(variance)) << h;
    EXPECT_EQ(result.evaluations, options.steps);
  }
}

TEST(Mala, HasVarianceOneForEveryStep) {
  double last = 1;
  for (const double h : {0.1, 0.5, 1.5}) {
    const LangevinOptions options{.step = h, .steps = static_cast<int>(40 / h), .seed = 3};
    const auto result =
        mala<double>(normal_score, normal_log_density, normals(kChains, 1, 1), options);
    EXPECT_NEAR(variance_of(result.points), 1, bound(1)) << h;
    EXPECT_LT(result.acceptance, last) << "a longer step is refused more often";
    EXPECT_GT(result.acceptance, 0.5);
    last = result.acceptance;
  }
}

// Acceptance of MALA on N(0, 1) at its start law, by quadrature over x and z.
TEST(Mala, AcceptsAsOftenAsTheIntegralSays) {
  const double h = 1.0;
  double expected = 0, mass = 0;
  for (double x = -6; x <= 6; x += 0.02) {
    for (double z = -6; z <= 6; z += 0.02) {
      const double y = x - 0.5 * h * x + std::sqrt(h) * z, back = x - y + 0.5 * h * y;
      const double ratio = -0.5 * (y * y - x * x) + (h * z * z - back * back) / (2 * h);
      const double weight = std::exp(-0.5 * (x * x + z * z));
      expected += weight * std::min(1.0, std::exp(ratio));
      mass += weight;
    }
  }
  expected /= mass;
  const LangevinOptions options{.step = h, .steps = 20, .seed = 9};
  const auto result =
      mala<double>(normal_score, normal_log_density, normals(kChains, 1, 4), options);
  EXPECT_NEAR(result.acceptance, expected, 5 * std::sqrt(0.25 / (kChains * 20.0)) + 1e-3);
}

// From a learned or closed-form model at one time: the score is a prediction like any other.
TEST(Mala, SamplesAMixtureFromItsModel) {
  const auto mixture = three_components();
  const auto schedule = path::make_schedule("linear");
  density::PathMixture<double> model(mixture, schedule, path::Prediction::kScore);
  const LogDensityFunction<double> log_density = [&](Points x, Values out) {
    model.log_density(x, 0.0, out);
  };
  const std::size_t n = 4000;
  const LangevinOptions options{.step = 0.4, .steps = 200, .seed = 3, .keep = {0, 200}};
  const Matrix start = normals(n, 2, 1);
  const auto result = mala(score_at<double>(model, *schedule, 0.0), log_density, start, options);
  const auto mean = mixture.mean();
  const auto covariance = mixture.covariance();
  for (std::size_t k = 0; k < 2; ++k) {
    double sum = 0, squares = 0;
    for (std::size_t i = 0; i < n; ++i) sum += result.points(i, k);
    for (std::size_t i = 0; i < n; ++i) {
      squares += std::pow(result.points(i, k) - sum / static_cast<double>(n), 2);
    }
    EXPECT_NEAR(sum / n, mean(k), 5 * std::sqrt(covariance(k, k) / n));
    EXPECT_NEAR(squares / n, covariance(k, k), 5 * covariance(k, k) * std::sqrt(2.0 / n));
  }
  EXPECT_EQ(Matrix(xt::view(result.trajectories, 0, xt::all(), xt::all())), start);
  EXPECT_EQ(Matrix(xt::view(result.trajectories, 1, xt::all(), xt::all())), result.points);
}

TEST(ScoreAt, RefusesATimeWithoutAScore) {
  const auto schedule = path::make_schedule("linear");
  density::PathMixture<double> model(three_components(), schedule);  // velocity; sigma = 0 at t = 0
  EXPECT_THROW(score_at<double>(model, *schedule, 0.0), NumericError);
}

TEST(Langevin, RefusesBadOptionsAndBrokenScores) {
  const Matrix start = normals(3, 1, 1);
  EXPECT_THROW(ula<double>(normal_score, start, {.step = 0}), InvalidArgument);
  EXPECT_THROW(ula<double>(normal_score, start, {.step = NAN}), InvalidArgument);
  EXPECT_THROW(ula<double>(normal_score, start, {.steps = 0}), InvalidArgument);
  EXPECT_THROW(ula<double>(normal_score, start, {.steps = 5, .keep = {6}}), InvalidArgument);
  EXPECT_THROW(ula<double>(normal_score, start, {.steps = 5, .keep = {3, 2}}), InvalidArgument);
  EXPECT_THROW(ula<double>(normal_score, zeros(0, 1), {}), ShapeError);
  const LangevinOptions wild{.step = 50, .steps = 1000};
  try {
    ula<double>(normal_score, start, wild);
    ADD_FAILURE() << "a step beyond 4 must diverge";
  } catch (const NumericError& error) {
    EXPECT_NE(std::string(error.what()).find("ula: the score must be finite"), std::string::npos);
  }
  const LogDensityFunction<double> nowhere = [](Points, Values out) {
    for (double& value : out) value = -std::numeric_limits<double>::infinity();
  };
  EXPECT_THROW(mala<double>(normal_score, nowhere, start, {}), NumericError);
  int calls = 0;
  LangevinOptions stopped{.steps = 10};
  stopped.progress = [&](double) { return ++calls < 3; };
  EXPECT_THROW(ula<double>(normal_score, start, stopped), Cancelled);
}

}  // namespace
}  // namespace pathflow::sample
