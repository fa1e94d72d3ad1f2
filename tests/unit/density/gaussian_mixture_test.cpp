// Gaussian mixtures: against quadrature, finite differences and the continuity equation.
#include "pathflow/density/gaussian_mixture.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "pathflow/base/error.hpp"
#include "unit/density/mixtures.hpp"

namespace pathflow::density {
namespace {

using namespace testing_support;
using path::Prediction;

constexpr Prediction kAll[] = {Prediction::kData, Prediction::kNoise, Prediction::kVelocity,
                               Prediction::kV,    Prediction::kScore, Prediction::kEdm};

std::vector<double> values(PathMixture<double>& model, Prediction which, std::vector<double> x,
                           double t) {
  std::vector<double> q(x.size());
  model.evaluate(which, x, t, q);
  return q;
}
double log_density(PathMixture<double>& model, std::vector<double> x, double t) {
  double result = 0;
  model.log_density(x, t, {&result, 1});
  return result;
}
double divergence(PathMixture<double>& model, std::vector<double> x, double t) {
  double result = 0;
  model.divergence(x, t, {&result, 1});
  return result;
}

TEST(GaussianMixture, DensityIntegratesToOne) {
  const GaussianMixture mixture = three_components();
  const int cells = 240;
  const double half = 8, step = 2 * half / cells;
  Matrix x = zeros(cells * cells, 2);
  for (int i = 0; i < cells * cells; ++i) {
    x(i, 0) = -half + (i % cells + 0.5) * step;
    x(i, 1) = -half + (i / cells + 0.5) * step;
  }
  double mass = 0, mean = 0;
  const auto logs = mixture.log_density(x);
  for (std::size_t i = 0; i < logs.size(); ++i) {
    mass += std::exp(logs(i)) * step * step;
    mean += std::exp(logs(i)) * step * step * x(i, 0);
  }
  EXPECT_NEAR(mass, 1, 1e-10);
  EXPECT_NEAR(mean, mixture.mean()(0), 1e-10);
}

// Draws against the mixture's own moments, within 5 standard errors.
TEST(GaussianMixture, DrawsHaveItsMoments) {
  const GaussianMixture mixture = three_components();
  const std::size_t n = 40000;
  const Matrix x = mixture.sample(n, 3);
  const auto mean = mixture.mean();
  const auto covariance = mixture.covariance();
  for (std::size_t a = 0; a < 2; ++a) {
    double m = 0;
    for (std::size_t i = 0; i < n; ++i) m += x(i, a) / n;
    EXPECT_NEAR(m, mean(a), 5 * std::sqrt(covariance(a, a) / n));
    for (std::size_t b = 0; b < 2; ++b) {
      double c = 0;
      for (std::size_t i = 0; i < n; ++i) c += (x(i, a) - mean(a)) * (x(i, b) - mean(b)) / n;
      EXPECT_NEAR(c, covariance(a, b), 5 * 2.5 / std::sqrt(n));
    }
  }
}

TEST(GaussianMixture, ARowIsAFunctionOfItsNumber) {
  const Matrix few = three_components().sample(10, 5), many = three_components().sample(50, 5);
  for (std::size_t i = 0; i < few.size(); ++i) EXPECT_EQ(few.data()[i], many.data()[i]);
}

TEST(GaussianMixture, IsAValueAndAPathKeepsItsOwn) {
  GaussianMixture mixture = three_components();
  const PathMixture<double> path(mixture, path::make_schedule("linear"));
  mixture = line_gaussian(4, 2);
  EXPECT_EQ(mixture.dimension(), 1u);
  EXPECT_EQ(mixture.mean()(0), 4);
  EXPECT_EQ(path.mixture().sample(20, 5), three_components().sample(20, 5));
}

// E[x0 | x_t] and p_t by quadrature over x0 on the line: no formula shared with the code.
TEST(PathMixture, AgreesWithQuadratureOnTheLine) {
  const GaussianMixture mixture = make_mixture({0.3, 0.7}, {{-1.0}, {2.0}}, {{0.25}, {0.64}});
  const auto prior = [](double y) {
    return 0.3 * std::exp(-0.5 * (y + 1) * (y + 1) / 0.25) / std::sqrt(2 * M_PI * 0.25) +
           0.7 * std::exp(-0.5 * (y - 2) * (y - 2) / 0.64) / std::sqrt(2 * M_PI * 0.64);
  };
  for (const std::string& name : path::schedule_names()) {
    const auto schedule = path::make_schedule(name);
    PathMixture<double> model(mixture, schedule);
    for (const double t : {0.2, 0.5, 0.9}) {
      const path::Coefficients at = schedule->at(t);
      for (const double x : {-2.0, 0.1, 1.5}) {
        double mass = 0, first = 0;
        const int points = 20000;
        for (int i = 0; i < points; ++i) {
          const double y = -8 + 18 * (i + 0.5) / points, z = (x - at.alpha * y) / at.sigma;
          const double p = prior(y) * std::exp(-0.5 * z * z) / (at.sigma * std::sqrt(2 * M_PI));
          mass += p * 18 / points;
          first += p * y * 18 / points;
        }
        SCOPED_TRACE(name + " t " + std::to_string(t) + " x " + std::to_string(x));
        EXPECT_NEAR(values(model, Prediction::kData, {x}, t)[0], first / mass, 1e-8);
        EXPECT_NEAR(log_density(model, {x}, t), std::log(mass), 1e-8);
      }
    }
  }
}

// All five predictions are one quantity: convert() takes any to any.
TEST(PathMixture, PredictionsAgreeWithTheConversion) {
  for (const std::string& name : path::schedule_names()) {
    const auto schedule = path::make_schedule(name);
    PathMixture<double> model(three_components(), schedule);
    for (const double t : {0.05, 0.4, 0.95}) {
      const std::vector<double> x{0.7, -0.4, 2.0, 1.0};
      for (const Prediction from : kAll) {
        const auto q = values(model, from, x, t);
        for (const Prediction to : kAll) {
          const path::Conversion c = path::convert(from, to, *schedule, t);
          const auto expected = values(model, to, x, t);
          for (std::size_t i = 0; i < x.size(); ++i) {
            const double scale =
                std::abs(c.x_coefficient * x[i]) + std::abs(c.q_coefficient * q[i]);
            EXPECT_NEAR(c.x_coefficient * x[i] + c.q_coefficient * q[i], expected[i],
                        1e-12 * (1 + scale))
                << name << " t = " << t;
          }
        }
      }
    }
  }
}

// Central differences with h = 1e-5: truncation and rounding both near 1e-10 of the third
// derivative's scale.
TEST(PathMixture, ScoreAndDivergenceAgreeWithFiniteDifferences) {
  const double h = 1e-5;
  for (const std::string& name : path::schedule_names()) {
    PathMixture<double> model(three_components(), path::make_schedule(name));
    for (const double t : {0.1, 0.5, 0.9}) {
      for (const std::vector<double>& x : {std::vector<double>{0.3, -0.2}, {-1.5, 1.0}}) {
        const auto score = values(model, Prediction::kScore, x, t);
        double trace = 0;
        for (std::size_t a = 0; a < 2; ++a) {
          auto up = x, down = x;
          up[a] += h;
          down[a] -= h;
          EXPECT_NEAR((log_density(model, up, t) - log_density(model, down, t)) / (2 * h), score[a],
                      1e-7)
              << name;
          trace += (values(model, Prediction::kVelocity, up, t)[a] -
                    values(model, Prediction::kVelocity, down, t)[a]) /
                   (2 * h);
        }
        const double exact = divergence(model, x, t);
        EXPECT_NEAR(exact, trace, 1e-6 * (1 + std::abs(exact))) << name << " t = " << t;
      }
    }
  }
}

// Continuity: d/dt log p_t(x) = -div v - v . score at a fixed x.
TEST(PathMixture, MarginalsObeyTheContinuityEquation) {
  const double h = 1e-5;
  for (const std::string& name : path::schedule_names()) {
    PathMixture<double> model(three_components(), path::make_schedule(name));
    for (const double t : {0.1, 0.5, 0.9}) {
      const std::vector<double> x{0.8, 0.3};
      const auto v = values(model, Prediction::kVelocity, x, t);
      const auto s = values(model, Prediction::kScore, x, t);
      const double expected = -divergence(model, x, t) - v[0] * s[0] - v[1] * s[1];
      const double slope = (log_density(model, x, t + h) - log_density(model, x, t - h)) / (2 * h);
      EXPECT_NEAR(slope, expected, 1e-6 * (1 + std::abs(expected))) << name << " t = " << t;
    }
  }
}

TEST(PathMixture, IsFiniteAtBothEndsOfEverySchedule) {
  for (const std::string& name : path::schedule_names()) {
    PathMixture<double> model(three_components(), path::make_schedule(name));
    for (const double t : {0.0, 1.0}) {
      for (const Prediction which : kAll) {
        for (const double q : values(model, which, {0.5, 0.5}, t)) {
          EXPECT_TRUE(std::isfinite(q)) << name << " " << path::prediction_name(which) << " " << t;
        }
      }
      EXPECT_TRUE(std::isfinite(divergence(model, {0.5, 0.5}, t))) << name;
    }
  }
}

// A point 60 standard deviations out still has a finite density and an owner.
TEST(PathMixture, FarPointsStayFinite) {
  PathMixture<double> model(three_components(), path::make_schedule("linear"));
  EXPECT_NEAR(log_density(model, {60, 0}, 0.0),
              three_components().log_density(Matrix{{60.0, 0.0}})(0), 1e-9);
  EXPECT_TRUE(std::isfinite(values(model, Prediction::kVelocity, {1e4, -1e4}, 0.01)[0]));
}

TEST(PathMixture, FloatAgreesWithDouble) {
  PathMixture<double> exact(three_components(), path::make_schedule("linear"));
  PathMixture<float> model(three_components(), path::make_schedule("linear"));
  const std::vector<float> x{0.25f, -0.5f, 1.0f, 2.0f};
  std::vector<float> q(4);
  model.predict(x, 0.5f, q);
  const auto expected = values(exact, Prediction::kVelocity, {0.25, -0.5, 1.0, 2.0}, 0.5);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_FLOAT_EQ(q[i], static_cast<float>(expected[i]));
}

TEST(GaussianFlowMap, ComposesAndInverts) {
  const GaussianMixture gaussian = make_mixture({1.0}, {{1.0, -2.0}}, {{0.5, 0.2, 0.2, 0.3}});
  for (const std::string& name : path::schedule_names()) {
    const auto schedule = path::make_schedule(name);
    const Matrix x = normals(20, 2, 1);
    const Matrix half = gaussian_flow_map(gaussian, *schedule, 1.0, 0.4, x);
    const Matrix whole = gaussian_flow_map(gaussian, *schedule, 0.4, 0.1, half);
    EXPECT_LT(rms_difference(whole, gaussian_flow_map(gaussian, *schedule, 1.0, 0.1, x)), 1e-12);
    EXPECT_LT(rms_difference(x, gaussian_flow_map(gaussian, *schedule, 0.4, 1.0, half)), 1e-12);
  }
}

// Its time derivative is the velocity.
TEST(GaussianFlowMap, MovesWithTheVelocity) {
  const GaussianMixture gaussian = make_mixture({1.0}, {{1.0, -2.0}}, {{0.5, 0.2, 0.2, 0.3}});
  const double h = 1e-5;
  for (const std::string& name : path::schedule_names()) {
    const auto schedule = path::make_schedule(name);
    PathMixture<double> model(gaussian, schedule);
    const Matrix x{{0.3, 0.9}};
    const Matrix up = gaussian_flow_map(gaussian, *schedule, 0.5, 0.5 + h, x);
    const Matrix down = gaussian_flow_map(gaussian, *schedule, 0.5, 0.5 - h, x);
    const auto v = values(model, Prediction::kVelocity, {0.3, 0.9}, 0.5);
    for (std::size_t a = 0; a < 2; ++a) {
      EXPECT_NEAR((up(0, a) - down(0, a)) / (2 * h), v[a], 1e-7 * (1 + std::abs(v[a]))) << name;
    }
  }
}

TEST(GaussianMixture, RefusesBadInput) {
  const auto message = [](auto&& make) -> std::string {
    try {
      make();
    } catch (const Error& error) {
      return error.what();
    }
    return "accepted";
  };
  const auto has = [&](auto&& make, const char* part) {
    const std::string text = message(make);
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  has([] { make_mixture({0.5, 0.4}, {{0.0}, {1.0}}, {{1.0}, {1.0}}); }, "sum to 1");
  has([] { make_mixture({1.5, -0.5}, {{0.0}, {1.0}}, {{1.0}, {1.0}}); }, "weights[1]");
  has([] { make_mixture({1.0}, {{0.0}}, {{-1.0}}); }, "positive definite");
  has([] { make_mixture({1.0}, {{0.0, 0.0}}, {{1.0, 1.0, 1.0, 1.0}}); }, "positive definite");
  has([] { make_mixture({1.0}, {{0.0, 0.0}}, {{1.0, 0.2, 0.1, 1.0}}); }, "symmetric");
  has([] { make_mixture({1.0}, {{std::nan("")}}, {{1.0}}); }, "means[0]");
  has([] { make_mixture({1.0}, {{0.0}}, {{std::nan("")}}); }, "covariances[0]");
  EXPECT_THROW(GaussianMixture(tensor::Vector<double>{1.0}, Matrix{{0.0, 0.0}},
                               tensor::Cube<double>{{{1.0}}}),
               ShapeError);
  PathMixture<double> model(three_components(), path::make_schedule("linear"));
  EXPECT_THROW(values(model, Prediction::kData, {1, 2, 3}, 0.5), ShapeError);
  EXPECT_THROW(values(model, Prediction::kData, {1, 2}, 1.5), InvalidArgument);
  EXPECT_THROW(PathMixture<double>(three_components(), nullptr), InvalidArgument);
  EXPECT_THROW(gaussian_flow_map(three_components(), *path::make_schedule("linear"), 1, 0,
                                 Matrix{{0.0, 0.0}}),
               InvalidArgument);
}

// Every prediction's derivative along a direction, against central differences.
TEST(PathMixture, DerivativesAlongADirectionAgreeWithDifferences) {
  for (const std::string& name : path::schedule_names()) {
    for (const Prediction prediction :
         {Prediction::kData, Prediction::kNoise, Prediction::kVelocity, Prediction::kV,
          Prediction::kScore}) {
      PathMixture<double> model(testing_support::three_components(), path::make_schedule(name),
                                prediction);
      const Matrix x = testing_support::normals(6, 2, 1), u = testing_support::normals(6, 2, 2);
      const double h = 1e-5, t = 0.4;
      const auto at = [&](const Matrix& where) {
        Matrix q = testing_support::zeros(6, 2);
        model.predict({where.data(), where.size()}, t, {q.data(), q.size()});
        return q;
      };
      Matrix q = testing_support::zeros(6, 2), dq = q;
      model.predict_along({x.data(), x.size()}, t, {u.data(), u.size()}, {q.data(), q.size()},
                          {dq.data(), dq.size()});
      const Matrix differences = (at(x + h * u) - at(x - h * u)) / (2 * h);
      EXPECT_EQ(q, at(x));
      EXPECT_LT(testing_support::rms_difference(dq, differences), 1e-8)
          << name << " " << path::prediction_name(prediction);
    }
  }
}

}  // namespace
}  // namespace pathflow::density
