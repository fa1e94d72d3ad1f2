// Closed-form mixtures in 2, 10 and 100 dimensions against dense linear algebra that knows nothing
// of their eigenvectors: covariances are multiplied out and factored by Cholesky at every time.
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "mixtures.hpp"
#include "pathflow/density/likelihood.hpp"

namespace pathflow::density {
namespace {

using path::Prediction;
using testing_support::Matrix;
using Vec = std::vector<double>;

constexpr std::size_t kComponents = 3;

struct Parts {
  Vec weights{0.5, 0.3, 0.2};
  std::vector<Vec> means, covariances;  // [K][d], [K][d d]
};

/// Means of size about 1 and covariances A A^T / d + I / 4 of full matrices A.
Parts parts_of(std::size_t d) {
  const Random random(11, Purpose::kUser);
  Parts parts;
  for (std::size_t k = 0; k < kComponents; ++k) {
    Vec mean(d), a(d * d), c(d * d);
    for (std::size_t i = 0; i < d; ++i) mean[i] = 2 * random.normal(k, i) / std::sqrt(double(d));
    for (std::size_t i = 0; i < d * d; ++i) a[i] = random.normal(10 + k, i);
    for (std::size_t i = 0; i < d; ++i) {
      for (std::size_t j = 0; j < d; ++j) {
        for (std::size_t l = 0; l < d; ++l) c[i * d + j] += a[i * d + l] * a[j * d + l] / double(d);
      }
      c[i * d + i] += 0.25;
    }
    parts.means.push_back(mean);
    parts.covariances.push_back(c);
  }
  return parts;
}

/// Lower Cholesky factor.
Vec cholesky(Vec c, std::size_t d) {
  for (std::size_t j = 0; j < d; ++j) {
    for (std::size_t i = j; i < d; ++i) {
      double sum = c[i * d + j];
      for (std::size_t l = 0; l < j; ++l) sum -= c[i * d + l] * c[j * d + l];
      c[i * d + j] = i == j ? std::sqrt(sum) : sum / c[j * d + j];
    }
  }
  return c;
}

/// (L L^T)^-1 b.
Vec solve(const Vec& l, Vec b) {
  const std::size_t d = b.size();
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j < i; ++j) b[i] -= l[i * d + j] * b[j];
    b[i] /= l[i * d + i];
  }
  for (std::size_t i = d; i-- > 0;) {
    for (std::size_t j = i + 1; j < d; ++j) b[i] -= l[j * d + i] * b[j];
    b[i] /= l[i * d + i];
  }
  return b;
}

struct Exact {
  double log_density = 0;
  Vec data, noise;
};

Exact exact_at(const Parts& parts, const path::Coefficients& at, const Vec& x) {
  const std::size_t d = x.size();
  Vec logs;
  std::vector<Vec> ends;
  for (std::size_t k = 0; k < kComponents; ++k) {
    Vec c = parts.covariances[k], gap = x;
    for (double& value : c) value *= at.alpha * at.alpha;
    for (std::size_t i = 0; i < d; ++i) {
      c[i * d + i] += at.sigma * at.sigma;
      gap[i] -= at.alpha * parts.means[k][i];
    }
    const Vec l = cholesky(c, d), turned = solve(l, gap);
    double log_p = std::log(parts.weights[k]) - 0.5 * double(d) * std::log(2 * std::numbers::pi);
    Vec end = parts.means[k];  // mu + alpha Sigma C^-1 (x - alpha mu)
    for (std::size_t i = 0; i < d; ++i) {
      log_p -= 0.5 * gap[i] * turned[i] + std::log(l[i * d + i]);
      for (std::size_t j = 0; j < d; ++j) {
        end[i] += at.alpha * parts.covariances[k][i * d + j] * turned[j];
      }
    }
    logs.push_back(log_p);
    ends.push_back(end);
  }
  const double most = *std::max_element(logs.begin(), logs.end());
  double sum = 0;
  for (const double value : logs) sum += std::exp(value - most);
  Exact exact{most + std::log(sum), Vec(d), Vec(d)};
  for (std::size_t k = 0; k < kComponents; ++k) {
    for (std::size_t i = 0; i < d; ++i) {
      exact.data[i] += std::exp(logs[k] - exact.log_density) * ends[k][i];
    }
  }
  for (std::size_t i = 0; i < d; ++i) {
    exact.noise[i] = (x[i] - at.alpha * exact.data[i]) / at.sigma;
  }
  return exact;
}

template <class T>
void expect_near(const std::vector<T>& got, const Vec& want, double tolerance, const char* what) {
  for (std::size_t i = 0; i < want.size(); ++i) {
    ASSERT_NEAR(double(got[i]), want[i], tolerance * (1 + std::abs(want[i]))) << what << " " << i;
  }
}

template <class T>
void hold_against_dense(std::size_t d, const char* name, double t, double tolerance) {
  SCOPED_TRACE(std::string(name) + " d = " + std::to_string(d));
  const Parts parts = parts_of(d);
  const auto schedule = path::make_schedule(name);
  PathMixture<T> model(testing_support::make_mixture(parts.weights, parts.means, parts.covariances),
                       schedule);
  const double seen = double(T(t));
  const path::Coefficients at = schedule->at(seen);
  std::vector<T> x(d), q(d);
  Vec exact_x(d);
  for (std::size_t i = 0; i < d; ++i) {
    x[i] = T(0.8 * Random(5, Purpose::kUser).normal(0, i));
    exact_x[i] = double(x[i]);
  }
  const Exact exact = exact_at(parts, at, exact_x);
  Vec velocity(d), score(d);
  for (std::size_t i = 0; i < d; ++i) {
    velocity[i] = at.alpha_dot * exact.data[i] + at.sigma_dot * exact.noise[i];
    score[i] = -exact.noise[i] / at.sigma;
  }
  model.evaluate(Prediction::kData, x, seen, q);
  expect_near(q, exact.data, tolerance, "D");
  model.evaluate(Prediction::kNoise, x, seen, q);
  expect_near(q, exact.noise, tolerance, "N");
  model.evaluate(Prediction::kVelocity, x, seen, q);
  expect_near(q, velocity, tolerance, "v");
  model.evaluate(Prediction::kScore, x, seen, q);
  expect_near(q, score, tolerance, "s");
  T log_density = 0, divergence = 0;
  model.log_density(x, seen, std::span(&log_density, 1));
  EXPECT_NEAR(double(log_density), exact.log_density, tolerance * double(d));
  // div v by central differences of the dense velocity.
  double sum = 0;
  const double h = 1e-4;
  for (std::size_t i = 0; i < d; ++i) {
    const auto along = [&](double step) {
      Vec moved = exact_x;
      moved[i] += step;
      const Exact there = exact_at(parts, at, moved);
      return at.alpha_dot * there.data[i] + at.sigma_dot * there.noise[i];
    };
    if (d > 10 && i % 25 != 0) continue;  // a dense velocity costs d^3
    sum += (along(h) - along(-h)) / (2 * h);
  }
  if (d <= 10) {
    model.divergence(x, seen, std::span(&divergence, 1));
    EXPECT_NEAR(double(divergence), sum, std::max(tolerance, 1e-6) * double(d));
  } else {  // the same axes one by one
    std::vector<T> axis(d), along(d);
    double wanted = 0, traced = 0;
    for (std::size_t i = 0; i < d; ++i) {
      std::fill(axis.begin(), axis.end(), T(0));
      axis[i] = 1;
      model.predict_along(x, T(t), axis, q, along);
      traced += double(along[i]);
      if (i % 25 == 0) wanted += double(along[i]);
    }
    EXPECT_NEAR(wanted, sum, std::max(tolerance, 1e-6) * 4);
    model.divergence(x, seen, std::span(&divergence, 1));
    EXPECT_NEAR(double(divergence), traced, tolerance * double(d));
  }
}

TEST(Dimensions, MixturesAgreeWithDenseAlgebraInTwoTenAndAHundred) {
  for (const std::size_t d : {std::size_t{2}, std::size_t{10}, std::size_t{100}}) {
    for (const char* schedule : {"linear", "trig", "vp-linear", "vp-cosine", "sub-vp", "ve"}) {
      if (d == 100 && std::string(schedule) != "linear" && std::string(schedule) != "vp-linear") {
        continue;
      }
      hold_against_dense<double>(d, schedule, 0.4, 1e-9);
      hold_against_dense<float>(d, schedule, 0.4, 1e-5);
    }
  }
}

// 1e-6 nats in double and 1e-3 in float, of log p about -150.
TEST(Dimensions, LikelihoodHoldsInAHundred) {
  const std::size_t d = 100;
  const Parts parts = parts_of(d);
  const auto mixture = testing_support::make_mixture(parts.weights, parts.means, parts.covariances);
  const auto schedule = path::make_schedule("linear");
  const Matrix row = mixture.sample(1, 3);
  const double exact = mixture.log_density(row)(0);
  LikelihoodOptions options;
  options.solver = {.sampler = "dopri5", .rtol = 1e-9, .atol = 1e-9};
  PathMixture<double> model(mixture, schedule);
  EXPECT_NEAR(log_density<double>(model, *schedule, row, options).log_density(0), exact, 1e-6);
  options.solver.rtol = options.solver.atol = 1e-6;
  PathMixture<float> single(mixture, schedule);
  const tensor::Matrix<float> row_f = xt::cast<float>(row);
  EXPECT_NEAR(log_density<float>(single, *schedule, row_f, options).log_density(0), exact, 1e-3);
}

}  // namespace
}  // namespace pathflow::density
