// Closed-form mixtures and small helpers shared by the tests of sample/ and density/.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "pathflow/base/random.hpp"
#include "pathflow/density/gaussian_mixture.hpp"
#include "pathflow/path/schedule.hpp"
#include "pathflow/sample/sample.hpp"

namespace pathflow::testing_support {

using Matrix = tensor::Matrix<double>;

inline Matrix zeros(std::size_t n, std::size_t d) {
  return Matrix(std::array<std::size_t, 2>{n, d}, 0.0);
}

inline density::GaussianMixture make_mixture(const std::vector<double>& weights,
                                             const std::vector<std::vector<double>>& means,
                                             const std::vector<std::vector<double>>& covariances) {
  const std::size_t k = weights.size(), d = means.front().size();
  auto w = tensor::Vector<double>::from_shape({k});
  auto m = tensor::Matrix<double>::from_shape({k, d});
  auto c = tensor::Cube<double>::from_shape({k, d, d});
  for (std::size_t i = 0; i < k; ++i) {
    w(i) = weights[i];
    for (std::size_t a = 0; a < d; ++a) {
      m(i, a) = means[i][a];
      for (std::size_t b = 0; b < d; ++b) c(i, a, b) = covariances[i][a * d + b];
    }
  }
  return density::GaussianMixture(w, m, c);
}

/// Three wide, tilted components in the plane: smooth enough for clean convergence orders.
inline density::GaussianMixture three_components() {
  return make_mixture({0.5, 0.3, 0.2}, {{1.5, 0.5}, {-1.0, 1.0}, {0.0, -1.5}},
                      {{0.6, 0.2, 0.2, 0.5}, {0.5, -0.1, -0.1, 0.7}, {0.8, 0.0, 0.0, 0.4}});
}

inline density::GaussianMixture line_gaussian(double mean, double deviation) {
  return make_mixture({1.0}, {{mean}}, {{deviation * deviation}});
}

/// n draws of sigma N(0, I).
inline Matrix normals(std::size_t n, std::size_t d, std::uint64_t seed, double sigma = 1) {
  auto x = Matrix::from_shape({n, d});
  const Random random(seed, Purpose::kSampleStart);
  for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = sigma * random.normal(0, i);
  return x;
}

inline double rms_difference(const Matrix& a, const Matrix& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    sum += (a.data()[i] - b.data()[i]) * (a.data()[i] - b.data()[i]);
  }
  return std::sqrt(sum / static_cast<double>(a.size()));
}

/// Least-squares slope of log y over log x.
inline double log_slope(const std::vector<double>& x, const std::vector<double>& y) {
  double mx = 0, my = 0, xx = 0, xy = 0;
  const double n = static_cast<double>(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    mx += std::log(x[i]) / n;
    my += std::log(y[i]) / n;
  }
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (std::log(x[i]) - mx) * (std::log(x[i]) - mx);
    xy += (std::log(x[i]) - mx) * (std::log(y[i]) - my);
  }
  return xy / xx;
}

/// The end of the probability-flow ODE to about 1e-11.
inline Matrix reference_end(sample::Model<double>& model, const path::Schedule& schedule,
                            const Matrix& start, std::optional<double> from = {},
                            std::optional<double> to = {}) {
  sample::SampleOptions options;
  options.sampler = "dopri5";
  options.rtol = options.atol = 1e-12;
  options.from = from;
  options.to = to;
  return sample::sample(model, schedule, options, start).points;
}

}  // namespace pathflow::testing_support
