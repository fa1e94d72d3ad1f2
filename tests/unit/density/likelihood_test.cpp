// Likelihoods by the probability-flow ODE against closed forms.
#include "pathflow/density/likelihood.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "pathflow/base/error.hpp"
#include "unit/density/mixtures.hpp"

namespace pathflow::density {
namespace {

using namespace testing_support;
using path::Prediction;

/// Ten dimensions, two components of unlike covariance.
GaussianMixture ten_dimensions() {
  std::vector<std::vector<double>> means(2, std::vector<double>(10)), covariances;
  for (std::size_t i = 0; i < 10; ++i) {
    means[0][i] = 0.3 * static_cast<double>(i) - 1;
    means[1][i] = i % 2 == 0 ? 0.8 : -0.6;
  }
  for (int k = 0; k < 2; ++k) {
    std::vector<double> c(100, 0.0);
    for (std::size_t i = 0; i < 10; ++i) c[11 * i] = 0.4 + 0.1 * static_cast<double>(i % 3 + k);
    for (std::size_t i = 0; i < 9; ++i) c[11 * i + 1] = c[11 * i + 10] = k == 0 ? 0.1 : -0.08;
    covariances.push_back(c);
  }
  return make_mixture({0.6, 0.4}, means, covariances);
}

/// Largest |log p - exact| over rows of the mixture's own.
template <class T>
double worst_error(const GaussianMixture& mixture, const std::string& schedule_name,
                   Prediction prediction, double tolerance, const std::string& solver = "dopri5") {
  const auto schedule = path::make_schedule(schedule_name);
  PathMixture<T> model(mixture, schedule, prediction);
  const tensor::Matrix<double> points = mixture.sample(24, 5);
  const tensor::Matrix<T> rows = points;
  LikelihoodOptions options;
  options.solver.sampler = solver;
  options.solver.steps = 400;
  options.solver.rtol = options.solver.atol = tolerance;
  // The exact law at the far end, in place of N(0, sigma^2 I).
  PathMixture<T> exact(mixture, schedule, prediction);
  const path::Interval usable = path::time_interval(prediction, *schedule);
  const SourceDensity<T> source = [&](std::span<const T> x, std::span<double> out) {
    std::vector<T> values(out.size());
    exact.log_density(x, usable.high, values);
    std::copy(values.begin(), values.end(), out.begin());
  };
  const auto result = log_density<T>(model, *schedule, rows, options, source);
  std::vector<T> expected(24);
  exact.log_density(std::span<const T>(rows.data(), rows.size()), usable.low, expected);
  double worst = 0;
  for (std::size_t i = 0; i < 24; ++i) {
    worst = std::max(worst, std::abs(result.log_density(i) - static_cast<double>(expected[i])));
  }
  return worst;
}

TEST(LogDensity, IsTheClosedFormWhateverScheduleAndPrediction) {
  for (const std::string& schedule : path::schedule_names()) {
    for (const Prediction prediction :
         {Prediction::kData, Prediction::kNoise, Prediction::kVelocity, Prediction::kV,
          Prediction::kScore}) {
      SCOPED_TRACE(schedule + " " + std::string(path::prediction_name(prediction)));
      EXPECT_LT(worst_error<double>(three_components(), schedule, prediction, 1e-10), 1e-6);
    }
  }
}

TEST(LogDensity, HoldsInTenDimensionsAndInFloat) {
  EXPECT_LT(worst_error<double>(ten_dimensions(), "linear", Prediction::kVelocity, 1e-10), 1e-6);
  EXPECT_LT(worst_error<double>(ten_dimensions(), "vp-linear", Prediction::kNoise, 1e-10), 1e-6);
  EXPECT_LT(worst_error<float>(three_components(), "linear", Prediction::kVelocity, 1e-5), 1e-3);
  EXPECT_LT(worst_error<float>(three_components(), "vp-linear", Prediction::kV, 1e-5), 1e-3);
}

TEST(LogDensity, FixedStepsConvergeToIt) {
  EXPECT_LT(worst_error<double>(three_components(), "linear", Prediction::kVelocity, 0, "rk4"),
            1e-7);
  EXPECT_LT(worst_error<double>(three_components(), "trig", Prediction::kVelocity, 0, "heun"),
            1e-3);
}

// The default source N(0, I) is exact where alpha ends at 0.
TEST(LogDensity, NeedsNoSourceWhereAlphaEndsAtZero) {
  const auto schedule = path::make_schedule("linear");
  PathMixture<double> model(three_components(), schedule);
  const Matrix rows = three_components().sample(30, 2);
  LikelihoodOptions options;
  options.solver.rtol = options.solver.atol = 1e-10;
  const auto result = log_density<double>(model, *schedule, rows, options);
  const auto exact = three_components().log_density(rows);
  for (std::size_t i = 0; i < 30; ++i) EXPECT_NEAR(result.log_density(i), exact(i), 1e-6);
}

TEST(LogDensity, IntegratesToOneOnAGrid) {
  const auto schedule = path::make_schedule("linear");
  PathMixture<double> model(three_components(), schedule);
  const std::size_t side = 60;
  const double reach = 6, cell = 2 * reach / side;
  Matrix grid = zeros(side * side, 2);
  for (std::size_t i = 0; i < side * side; ++i) {
    grid(i, 0) = -reach + (static_cast<double>(i % side) + 0.5) * cell;
    grid(i, 1) = -reach + (static_cast<double>(i / side) + 0.5) * cell;
  }
  LikelihoodOptions options;
  options.solver.sampler = "rk4";
  options.solver.steps = 40;
  const auto result = log_density<double>(model, *schedule, grid, options);
  double mass = 0;
  for (const double value : result.log_density) mass += std::exp(value) * cell * cell;
  EXPECT_NEAR(mass, 1, 1e-3);
}

// The estimate is linear in div v, so with a fixed grid it is unbiased: its mean over seeds is the
// exact one within five standard errors (one false alarm in 1.7 million), and more probes cut its
// variance in proportion.
TEST(Hutchinson, IsUnbiasedAndItsVarianceFallsWithProbes) {
  const auto schedule = path::make_schedule("linear");
  PathMixture<double> model(ten_dimensions(), schedule);
  const Matrix rows = ten_dimensions().sample(1, 2);
  LikelihoodOptions options;
  options.solver.sampler = "rk4";
  options.solver.steps = 20;
  const double exact = log_density<double>(model, *schedule, rows, options).log_density(0);
  options.divergence = "hutchinson";
  for (const char* probe : {"rademacher", "gaussian"}) {
    options.probe = probe;
    double variances[2] = {};
    for (const int probes : {1, 4}) {
      options.probes = probes;
      const int repeats = 400;
      double sum = 0, squares = 0;
      for (int seed = 0; seed < repeats; ++seed) {
        options.seed = static_cast<std::uint64_t>(seed);
        const double value = log_density<double>(model, *schedule, rows, options).log_density(0);
        sum += value - exact;
        squares += (value - exact) * (value - exact);
      }
      const double variance = squares / repeats;
      EXPECT_NEAR(sum / repeats, 0, 5 * std::sqrt(variance / repeats)) << probe << " " << probes;
      variances[probes == 4] = variance;
    }
    // A ratio of two variances of 400 draws: standard error about 0.1 of it.
    EXPECT_NEAR(variances[0] / variances[1], 4, 2) << probe;
  }
}

// v = A x: the estimator's variance of one probe is 2 sum_{i != j} S_ij^2 (Rademacher) or
// 2 |S|^2 (Gaussian) with S the symmetric part, times the square of the time.
TEST(Hutchinson, HasThePredictedVarianceOnALinearField) {
  class Linear final : public sample::DifferentiableModel<double> {
   public:
    std::size_t dimension() const override { return 3; }
    Prediction prediction() const override { return Prediction::kVelocity; }
    void predict(std::span<const double> x, double, std::span<double> q) override { apply(x, q); }
    void predict_along(std::span<const double> x, double, std::span<const double> u,
                       std::span<double> q, std::span<double> dq) override {
      apply(x, q);
      apply(u, dq);
    }

   private:
    static void apply(std::span<const double> x, std::span<double> y) {
      constexpr double kA[3][3] = {{0.5, 0.2, -0.3}, {0.4, -0.1, 0.6}, {0.1, 0.2, 0.3}};
      for (std::size_t row = 0; row < x.size(); row += 3) {
        for (std::size_t i = 0; i < 3; ++i) {
          y[row + i] = 0;
          for (std::size_t j = 0; j < 3; ++j) y[row + i] += kA[i][j] * x[row + j];
        }
      }
    }
  } model;
  const auto schedule = path::make_schedule("linear");
  const std::size_t n = 20000;  // one probe a row
  LikelihoodOptions options;
  options.divergence = "hutchinson";
  options.solver.sampler = "euler";
  options.solver.steps = 1;
  const SourceDensity<double> flat = [](std::span<const double>, std::span<double> out) {
    std::fill(out.begin(), out.end(), 0.0);
  };
  const double off = 2 * 2 * (0.3 * 0.3 + 0.1 * 0.1 + 0.4 * 0.4);
  const double diagonal = 2 * (0.25 + 0.01 + 0.09);
  for (const auto& [probe, variance] :
       {std::pair<const char*, double>{"rademacher", off},
        std::pair<const char*, double>{"gaussian", off + diagonal}}) {
    options.probe = probe;
    const auto result = log_density<double>(model, *schedule, zeros(n, 3), options, flat);
    double sum = 0, squares = 0;
    for (const double value : result.log_density) {
      sum += value - 0.7;
      squares += (value - 0.7) * (value - 0.7);
    }
    EXPECT_NEAR(sum / n, 0, 5 * std::sqrt(variance / n)) << probe;
    EXPECT_NEAR(squares / n, variance, 0.1 * variance) << probe;
  }
}

// One solve each way: a sample's own log-density is the one asked of it afterwards.
TEST(SampleWithLogDensity, AgreesWithLogDensityOfTheSamples) {
  const auto schedule = path::make_schedule("linear");
  PathMixture<double> model(three_components(), schedule);
  LikelihoodOptions options;
  options.solver.rtol = options.solver.atol = 1e-10;
  const auto drawn = sample_with_log_density<double>(model, *schedule, normals(20, 2, 3), options);
  const auto exact = three_components().log_density(drawn.points);
  for (std::size_t i = 0; i < 20; ++i) EXPECT_NEAR(drawn.log_density(i), exact(i), 1e-6);
}

TEST(LogDensity, RefusesWhatHasNone) {
  const auto schedule = path::make_schedule("linear");
  PathMixture<double> model(three_components(), schedule);
  const Matrix rows = normals(2, 2, 1);
  LikelihoodOptions options;
  options.probes = 0;
  EXPECT_THROW(log_density<double>(model, *schedule, rows, options), InvalidArgument);
  options = {};
  options.divergence = "hutchison";
  EXPECT_THROW(log_density<double>(model, *schedule, rows, options), InvalidArgument);
  options = {};
  options.probe = "uniform";
  EXPECT_THROW(log_density<double>(model, *schedule, rows, options), InvalidArgument);
  options = {};
  options.solver.sampler = "ddpm";
  EXPECT_THROW(log_density<double>(model, *schedule, rows, options), InvalidArgument);
  options = {};
  options.solver.gaussian_source = false;
  EXPECT_THROW(log_density<double>(model, *schedule, rows, options), InvalidArgument);
  options = {};
  options.solver.from = 0.8;
  options.solver.to = 0.2;
  EXPECT_THROW(log_density<double>(model, *schedule, rows, options), InvalidArgument);
  EXPECT_THROW(log_density<double>(model, *schedule, zeros(2, 3)), ShapeError);
  EXPECT_THROW(log_density<double>(model, *schedule, zeros(0, 2)), ShapeError);
}

// A density of bytes: uniform on 256 values is 8 bits.
TEST(BitsPerDimension, CountsTheScale) {
  const double scale = 1 / 127.5, width = 256 * scale;
  EXPECT_NEAR(bits_per_dimension(-12 * std::log(width), 12, scale), 8, 1e-12);
  EXPECT_THROW(bits_per_dimension(0, 0), InvalidArgument);
  EXPECT_THROW(bits_per_dimension(0, 1, 0), InvalidArgument);
}

}  // namespace
}  // namespace pathflow::density
