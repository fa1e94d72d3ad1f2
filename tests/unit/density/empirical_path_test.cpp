#include "pathflow/density/empirical_path.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "mixtures.hpp"
#include "pathflow/base/error.hpp"
#include "pathflow/density/path_errors.hpp"

namespace pathflow::density {
namespace {

using path::Prediction;
using sample::FunctionModel;
using testing_support::Matrix;
using testing_support::normals;

constexpr Prediction kAll[] = {Prediction::kData, Prediction::kNoise, Prediction::kVelocity,
                               Prediction::kV,    Prediction::kScore, Prediction::kEdm};

template <class T>
std::span<const T> view(const tensor::Matrix<T>& x) {
  return {x.data(), x.size()};
}
template <class T>
std::span<T> view(tensor::Matrix<T>& x) {
  return {x.data(), x.size()};
}

Matrix points(std::size_t n, std::size_t d) { return normals(n, d, 17, 1.3); }

// The same law as a mixture of components so narrow that nothing here tells them from points.
GaussianMixture narrow_mixture(const Matrix& rows, double deviation) {
  const std::size_t n = rows.shape(0), d = rows.shape(1);
  tensor::Vector<double> weights(std::array<std::size_t, 1>{n}, 1.0 / static_cast<double>(n));
  tensor::Cube<double> covariances(std::array<std::size_t, 3>{n, d, d}, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < d; ++k) covariances(i, k, k) = deviation * deviation;
  }
  return GaussianMixture(weights, rows, covariances);
}

TEST(EmpiricalPath, IsTheLimitOfNarrowMixtures) {
  for (const std::size_t d : {std::size_t{1}, std::size_t{2}, std::size_t{10}}) {
    const Matrix rows = points(7, d), x = normals(40, d, 3);
    for (const char* name : {"linear", "vp-linear", "trig", "sub-vp", "ve"}) {
      const auto schedule = path::make_schedule(name);
      EmpiricalPath<double> path(rows, schedule);
      PathMixture<double> mixture(narrow_mixture(rows, 1e-7), schedule);
      for (const double t : {0.2, 0.5, 0.9}) {
        for (const Prediction which : kAll) {
          Matrix got = x, want = x;
          path.evaluate(which, view(x), t, view(got));
          mixture.evaluate(which, view(x), t, view(want));
          for (std::size_t i = 0; i < x.size(); ++i) {
            EXPECT_NEAR(got.data()[i], want.data()[i], 1e-6 * (1 + std::abs(want.data()[i])))
                << name << " t = " << t << " " << path::prediction_name(which);
          }
        }
        std::vector<double> got(40), want(40);
        path.log_density(view(x), t, got);
        mixture.log_density(view(x), t, want);
        for (std::size_t i = 0; i < 40; ++i) EXPECT_NEAR(got[i], want[i], 1e-6 * std::abs(want[i]));
      }
    }
  }
}

TEST(EmpiricalPath, DerivativesAlongADirectionAgreeWithDifferences) {
  const Matrix rows = points(5, 3), x = normals(20, 3, 4), u = normals(20, 3, 5);
  for (const char* name : {"linear", "vp-cosine"}) {
    for (const Prediction which : kAll) {
      EmpiricalPath<double> path(rows, path::make_schedule(name), which);
      Matrix q = x, dq = x, plain = x, high = x, low = x, after = x, before = x;
      path.predict_along(view(x), 0.4, view(u), view(q), view(dq));
      path.predict(view(x), 0.4, view(plain));
      EXPECT_EQ(q, plain);
      const double h = 1e-5;
      high = x + h * u;
      low = x - h * u;
      path.predict(view(high), 0.4, view(after));
      path.predict(view(low), 0.4, view(before));
      for (std::size_t i = 0; i < x.size(); ++i) {
        EXPECT_NEAR(dq.data()[i], (after.data()[i] - before.data()[i]) / (2 * h), 1e-6)
            << name << " " << path::prediction_name(which);
      }
    }
  }
}

TEST(EmpiricalPath, FloatAgreesWithDouble) {
  const Matrix rows = points(50, 2), x = normals(30, 2, 6);
  const tensor::Matrix<float> rows_f = xt::cast<float>(rows), x_f = xt::cast<float>(x);
  EmpiricalPath<double> exact(rows, path::make_schedule("linear"));
  EmpiricalPath<float> single(rows_f, path::make_schedule("linear"));
  Matrix want = x;
  tensor::Matrix<float> got = x_f;
  for (const double t : {0.3, 0.7}) {
    exact.predict(view(x), t, view(want));
    single.predict(view(x_f), static_cast<float>(t), view(got));
    for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(got.data()[i], want.data()[i], 3e-5);
  }
}

TEST(EmpiricalPath, OnePointIsAlwaysTheAnswer) {
  const Matrix row = points(1, 2);
  EmpiricalPath<double> path(row, path::make_schedule("linear"), Prediction::kData);
  Matrix x = normals(10, 2, 7);
  x *= 1e6;
  std::vector<double> spread(10);
  for (const double t : {0.0, 1e-12, 0.5, 1.0}) {
    Matrix data = x;
    path.predict(view(x), t, view(data));
    path.spread(view(x), t, spread);
    for (std::size_t i = 0; i < 10; ++i) {
      EXPECT_EQ(data(i, 0), row(0, 0));
      EXPECT_EQ(data(i, 1), row(0, 1));
      EXPECT_EQ(spread[i], 0);
    }
  }
}

// Var(x0 | x) = sech^2(alpha x / sigma^2) for x0 = -1 or 1; repeated rows count as often.
TEST(EmpiricalPath, TwoPointsHaveTheirPosteriorInClosedForm) {
  Matrix rows = testing_support::zeros(4, 1);
  rows(0, 0) = rows(2, 0) = 1;
  rows(1, 0) = rows(3, 0) = -1;
  EmpiricalPath<double> path(rows, path::make_schedule("linear"), Prediction::kData);
  Matrix x = normals(50, 1, 8), data = x;
  std::vector<double> spread(50);
  for (const double t : {0.05, 0.4, 0.8}) {
    path.predict(view(x), t, view(data));
    path.spread(view(x), t, spread);
    for (std::size_t i = 0; i < 50; ++i) {
      const double mean = std::tanh((1 - t) * x(i, 0) / (t * t));
      const double variance = std::pow(std::cosh((1 - t) * x(i, 0) / (t * t)), -2);
      EXPECT_NEAR(data(i, 0), mean, 1e-14);
      EXPECT_NEAR(spread[i], variance / (t * t), 1e-12 * (1 + spread[i])) << t;
    }
  }
}

// The last step of Euler on linear lands on the denoiser, which is a row long before.
TEST(EmpiricalPath, SamplesAreRowsOfTheData) {
  const Matrix rows = points(6, 2);
  EmpiricalPath<double> path(rows, path::make_schedule("linear"));
  ASSERT_EQ(path.rows(), 6u);
  const auto result = sample::sample<double>(path, path.schedule(),
                                             {.sampler = "euler", .steps = 60}, normals(200, 2, 9));
  for (std::size_t i = 0; i < 200; ++i) {
    double nearest = 1e9;
    for (std::size_t k = 0; k < 6; ++k) {
      nearest = std::min(
          nearest, std::hypot(result.points(i, 0) - rows(k, 0), result.points(i, 1) - rows(k, 1)));
    }
    EXPECT_LT(nearest, 1e-5) << i;
  }
}

TEST(EmpiricalPath, RefusesBadInput) {
  const auto linear = path::make_schedule("linear");
  EXPECT_THROW(EmpiricalPath<double>(testing_support::zeros(0, 2), linear), ShapeError);
  EXPECT_THROW(EmpiricalPath<double>(points(3, 2), nullptr), InvalidArgument);
  Matrix broken = points(3, 2);
  broken(1, 1) = std::nan("");
  EXPECT_THROW(EmpiricalPath<double>(broken, linear), InvalidArgument);
  EmpiricalPath<double> path(points(3, 2), linear);
  std::vector<double> x(4), q(4), few(1);
  EXPECT_THROW(path.evaluate(Prediction::kScore, x, 0.0, q), NumericError);
  EXPECT_THROW(path.log_density(x, 0.0, std::span(q).first(2)), NumericError);
  EXPECT_THROW(path.evaluate(Prediction::kData, std::span(x).first(3), 0.5, q), ShapeError);
  EXPECT_THROW(path.spread(x, 0.5, few), ShapeError);
}

// An answer off by c in every coordinate: the velocity's error is d c^2, the score's d c^2 times
// the square of the conversion's factor.
TEST(PathErrors, MeasureAKnownOffset) {
  for (const char* name : {"linear", "vp-linear"}) {
    const auto schedule = path::make_schedule(name);
    PathMixture<double> exact(testing_support::three_components(), schedule);
    FunctionModel<double> off(2, Prediction::kVelocity, [&](auto x, double t, auto q) {
      exact.evaluate(Prediction::kVelocity, x, t, q);
      for (double& value : q) value += 0.1;
    });
    const std::vector<double> times{0.2, 0.5, 0.9};
    for (const PathError& error : path_errors<double>(off, exact, times, {.n = 200})) {
      EXPECT_NEAR(error.velocity.error, 0.02, 1e-12);
      EXPECT_NEAR(error.velocity.standard_error, 0, 1e-9);
      const double factor =
          path::convert(Prediction::kVelocity, Prediction::kScore, *schedule, error.t)
              .q_coefficient;
      EXPECT_NEAR(error.score.error, 0.02 * factor * factor, 1e-9 * factor * factor) << name;
    }
    for (const PathError& error : path_errors<double>(exact, exact, times, {.n = 50})) {
      EXPECT_EQ(error.velocity.error, 0);
      EXPECT_LT(error.score.relative(), 1e-20);
    }
  }
}

// x ~ N(0, s^2 I) on linear: v = c x, E|v|^2 = c^2 (alpha^2 s^2 + sigma^2) d. A model that answers
// 0 has relative error 1. Four standard deviations of a mean of chi-squared: false alarm 6e-5 a
// time.
TEST(PathErrors, SizeIsTheClosedForm) {
  const double s = 0.6;
  PathMixture<double> exact(testing_support::line_gaussian(0, s), path::make_schedule("linear"));
  FunctionModel<double> none(1, Prediction::kVelocity, [](auto, double, auto q) {
    for (double& value : q) value = 0;
  });
  const std::int64_t n = 20000;
  for (const PathError& error : path_errors<double>(none, exact, {0.1, 0.5, 0.9}, {.n = n})) {
    const double t = error.t, variance = (1 - t) * (1 - t) * s * s + t * t;
    const double gain = (-(1 - t) * s * s + t) / variance;
    const double size = gain * gain * variance;
    EXPECT_NEAR(error.velocity.size, size, 4 * std::sqrt(2.0 / n) * size);
    EXPECT_DOUBLE_EQ(error.velocity.relative(), 1);
    EXPECT_NEAR(error.velocity.standard_error, std::sqrt(2.0 / n) * size,
                0.1 * size / std::sqrt(n));
  }
}

TEST(PathErrors, LeaveOutWhatHasNoConversionAndRefuseBadInput) {
  PathMixture<double> exact(testing_support::three_components(), path::make_schedule("linear"));
  FunctionModel<double> data(2, Prediction::kData, [&](auto x, double t, auto q) {
    exact.evaluate(Prediction::kData, x, t, q);
  });
  const auto found = path_errors<double>(data, exact, {0.0, 0.5}, {.n = 10});
  EXPECT_TRUE(std::isnan(found[0].velocity.error));
  EXPECT_TRUE(std::isnan(found[0].score.error));
  EXPECT_LT(found[1].velocity.relative(), 1e-20);
  EXPECT_THROW(path_errors<double>(data, exact, {0.5}, {.n = 1}), InvalidArgument);
  EXPECT_THROW(path_errors<double>(data, exact, {}, {.n = 10}), InvalidArgument);
  EXPECT_THROW(path_errors<double>(data, exact, {1.5}, {.n = 10}), InvalidArgument);
  FunctionModel<double> line(1, Prediction::kData, [](auto, double, auto) {});
  EXPECT_THROW(path_errors<double>(line, exact, {0.5}, {.n = 10}), ShapeError);
}

}  // namespace
}  // namespace pathflow::density
