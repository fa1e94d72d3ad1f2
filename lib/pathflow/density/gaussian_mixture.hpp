// Gaussian mixtures in closed form: the law itself, and every marginal, prediction and divergence
// of its path to N(0, I). The yardstick of the samplers, and a model like any other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "pathflow/density/closed_path.hpp"
#include "pathflow/path/prediction.hpp"
#include "pathflow/path/schedule.hpp"
#include "pathflow/tensor/array.hpp"

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::density {

/// sum_k w_k N(mu_k, Sigma_k) in any dimension. Immutable and safe to share between threads.
class GaussianMixture {
 public:
  /// Shapes: weights [K], means [K, d], covariances [K, d, d].
  /// Errors: ShapeError for shapes that do not fit or K = 0 or d = 0; InvalidArgument for a value
  /// that is not finite, a weight that is not positive, weights that do not sum to 1 within 1e-9, a
  /// covariance that is not symmetric within 1e-12 of its largest entry or not positive definite
  /// (smallest eigenvalue above 1e-14 of the largest).
  GaussianMixture(tensor::Vector<double> weights, tensor::Matrix<double> means,
                  tensor::Cube<double> covariances);
  ~GaussianMixture();
  GaussianMixture(const GaussianMixture&);
  GaussianMixture& operator=(const GaussianMixture&);

  std::size_t components() const;                   ///< K
  std::size_t dimension() const;                    ///< d
  const tensor::Vector<double>& weights() const;    ///< [K], as given
  const tensor::Matrix<double>& means() const;      ///< [K, d]
  const tensor::Cube<double>& covariances() const;  ///< [K, d, d]

  tensor::Vector<double> mean() const;        ///< E x of the whole mixture, [d]
  tensor::Matrix<double> covariance() const;  ///< Cov x of the whole mixture, [d, d]

  /// n points [n, d]; a row is a pure function of (seed, row).
  tensor::Matrix<double> sample(std::size_t n, std::uint64_t seed) const;
  /// log p(x) in nats at each row of x [n, d], by log-sum-exp.
  tensor::Vector<double> log_density(const tensor::Matrix<double>& x) const;

  struct Components;  ///< eigenvectors and eigenvalues of the covariances
  const Components& parts() const { return *parts_; }  ///< for this room

 private:
  std::shared_ptr<const Components> parts_;
};

/// The path x_t = alpha x0 + sigma x1 from a mixture x0 to x1 ~ N(0, I), in closed form.
///
/// With m_k = alpha mu_k, C_k = alpha^2 Sigma_k + sigma^2 I and responsibilities r_k(x):
///
///     p_t = sum w_k N(m_k, C_k)              score s = -sum r_k C_k^-1 (x - m_k)
///     D = sum r_k [mu_k + alpha Sigma_k C_k^-1 (x - m_k)]
///     N = sum r_k sigma C_k^-1 (x - m_k)     v = alpha_dot D + sigma_dot N
///     div v = sum r_k [tr(dv_k/dx) + v_k . (s_k - s)]
///
/// As a Model it gives the chosen prediction, exactly. Every quantity but those that contain an
/// infinite derivative of the schedule is finite on [0, 1], whatever convert() can reach from it.
/// Cost: O(n K d^2). Arithmetic is in double for T = float too.
/// Not safe to share between threads: it keeps scratch space.
template <class T>
class PathMixture final : public ClosedPath<T> {
 public:
  /// `prediction` is what it gives as a Model.
  PathMixture(GaussianMixture mixture, std::shared_ptr<const path::Schedule> schedule,
              path::Prediction prediction = path::Prediction::kVelocity);
  ~PathMixture() override;

  /// The law at t = 0.
  const GaussianMixture& mixture() const { return mixture_; }
  const path::Schedule& schedule() const override { return *schedule_; }

  std::size_t dimension() const override { return mixture_.dimension(); }
  path::Prediction prediction() const override { return prediction_; }
  /// Errors: ShapeError for sizes that do not fit; InvalidArgument for t outside [0, 1];
  /// NumericError where the quantity is infinite at t.
  void predict(std::span<const T> x, T t, std::span<T> q) override {
    evaluate(prediction_, x, static_cast<double>(t), q);
  }
  void predict_along(std::span<const T> x, T t, std::span<const T> tangent, std::span<T> q,
                     std::span<T> dq) override;
  /// Any prediction at (x, t). Shapes: x, q [n, d].
  void evaluate(path::Prediction which, std::span<const T> x, double t, std::span<T> q) override;
  /// div v at (x, t). Shapes: x [n, d], divergence [n].
  void divergence(std::span<const T> x, double t, std::span<T> divergence);
  /// log p_t(x) in nats. Shapes: x [n, d], log_density [n].
  void log_density(std::span<const T> x, double t, std::span<T> log_density) override;
  tensor::Matrix<T> draw(std::size_t n, std::uint64_t seed) const override;

 private:
  struct Scratch;
  GaussianMixture mixture_;
  std::shared_ptr<const path::Schedule> schedule_;
  path::Prediction prediction_;
  std::unique_ptr<Scratch> scratch_;
};

/// The probability-flow ODE's exact map from time t to time s, of a mixture with one component:
///
///     x_s = alpha_s mu + C_s^1/2 C_t^-1/2 (x_t - alpha_t mu),   C = alpha^2 Sigma + sigma^2 I
///
/// Shapes: x [n, d]. Time: any t, s in [0, 1]. Errors: InvalidArgument for more than one component
/// or times outside [0, 1]; ShapeError for x that does not fit.
tensor::Matrix<double> gaussian_flow_map(const GaussianMixture& gaussian,
                                         const path::Schedule& schedule, double t, double s,
                                         const tensor::Matrix<double>& x);

}  // namespace pathflow::density

#pragma GCC visibility pop  // public
