#include "pathflow/density/gaussian_mixture.hpp"

#include <Eigen/Eigenvalues>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "pathflow/base/error.hpp"
#include "pathflow/base/random.hpp"

namespace pathflow::density {
namespace {

using path::Coefficients;
using path::Prediction;
using RowMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr std::string_view kWhere = "GaussianMixture";
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kLogTwoPi = 1.8378770664093454836;

std::string component(const char* what, std::size_t k) {
  return std::string(what) + "[" + std::to_string(k) + "]";
}

Eigen::Map<const RowMatrix> covariance_of(const tensor::Cube<double>& covariances, std::size_t k) {
  const auto d = static_cast<Eigen::Index>(covariances.shape(1));
  return {covariances.data() + k * covariances.shape(1) * covariances.shape(1), d, d};
}

}  // namespace

// Sigma_k = U diag(l) U^T, so that alpha^2 Sigma_k + sigma^2 I = U diag(alpha^2 l + sigma^2) U^T at
// every time without another factorisation.
struct GaussianMixture::Components {
  tensor::Vector<double> weights;
  tensor::Matrix<double> means;
  tensor::Cube<double> covariances;
  std::size_t d = 0;
  std::vector<Eigen::VectorXd> mean;
  std::vector<Eigen::MatrixXd> basis;
  std::vector<Eigen::VectorXd> variances;

  void check_shapes() {
    const std::size_t k = weights.size();
    d = means.shape(1);
    if (k == 0 || d == 0 || means.shape(0) != k || covariances.shape(0) != k ||
        covariances.shape(1) != d || covariances.shape(2) != d) {
      throw ShapeError(kWhere,
                       "weights [K], means [K, d], covariances [K, d, d] with K, d >= 1 expected, "
                       "got [" +
                           std::to_string(k) + "], [" + std::to_string(means.shape(0)) + ", " +
                           std::to_string(d) + "], [" + std::to_string(covariances.shape(0)) +
                           ", " + std::to_string(covariances.shape(1)) + ", " +
                           std::to_string(covariances.shape(2)) + "]");
    }
  }

  void check_weights() const {
    double sum = 0;
    for (std::size_t k = 0; k < weights.size(); ++k) {
      check_positive(kWhere, component("weights", k), weights(k));
      sum += weights(k);
    }
    if (std::abs(sum - 1) > 1e-9) {
      throw InvalidArgument(kWhere, "weights must sum to 1, got " + to_text(sum));
    }
  }

  void decompose(std::size_t k) {
    const auto covariance = covariance_of(covariances, k);
    const std::string name = component("covariances", k);
    if (!covariance.allFinite()) throw InvalidArgument(kWhere, name + " must be finite");
    const double skew = (covariance - covariance.transpose()).cwiseAbs().maxCoeff();
    if (skew > 1e-12 * covariance.cwiseAbs().maxCoeff()) {
      throw InvalidArgument(kWhere, name + " must be symmetric, got a difference of " +
                                        to_text(skew) + " between mirrored entries");
    }
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(covariance);
    const Eigen::VectorXd& values = solver.eigenvalues();
    if (!(values(0) > 1e-14 * std::abs(values(values.size() - 1)))) {
      throw InvalidArgument(kWhere, name + " must be positive definite, got smallest eigenvalue " +
                                        to_text(values(0)));
    }
    basis.push_back(solver.eigenvectors());
    variances.push_back(values);
  }

  void prepare() {
    check_shapes();
    check_weights();
    for (std::size_t k = 0; k < weights.size(); ++k) {
      mean.emplace_back(
          Eigen::Map<const Eigen::VectorXd>(means.data() + k * d, static_cast<Eigen::Index>(d)));
      if (!mean.back().allFinite()) {
        throw InvalidArgument(kWhere, component("means", k) + " must be finite");
      }
      decompose(k);
    }
  }
};

GaussianMixture::GaussianMixture(tensor::Vector<double> weights, tensor::Matrix<double> means,
                                 tensor::Cube<double> covariances) {
  auto parts = std::make_shared<Components>();
  parts->weights = std::move(weights);
  parts->means = std::move(means);
  parts->covariances = std::move(covariances);
  parts->prepare();
  parts_ = std::move(parts);
}
GaussianMixture::~GaussianMixture() = default;
GaussianMixture::GaussianMixture(const GaussianMixture&) = default;
GaussianMixture& GaussianMixture::operator=(const GaussianMixture&) = default;

std::size_t GaussianMixture::components() const { return parts_->weights.size(); }
std::size_t GaussianMixture::dimension() const { return parts_->d; }
const tensor::Vector<double>& GaussianMixture::weights() const { return parts_->weights; }
const tensor::Matrix<double>& GaussianMixture::means() const { return parts_->means; }
const tensor::Cube<double>& GaussianMixture::covariances() const { return parts_->covariances; }

tensor::Vector<double> GaussianMixture::mean() const {
  tensor::Vector<double> result(std::array<std::size_t, 1>{dimension()}, 0.0);
  for (std::size_t k = 0; k < components(); ++k) {
    for (std::size_t i = 0; i < dimension(); ++i) result(i) += weights()(k) * means()(k, i);
  }
  return result;
}

tensor::Matrix<double> GaussianMixture::covariance() const {
  const tensor::Vector<double> centre = mean();
  const std::size_t d = dimension();
  tensor::Matrix<double> result(std::array<std::size_t, 2>{d, d}, 0.0);
  for (std::size_t k = 0; k < components(); ++k) {
    for (std::size_t i = 0; i < d; ++i) {
      for (std::size_t j = 0; j < d; ++j) {
        const double between = (means()(k, i) - centre(i)) * (means()(k, j) - centre(j));
        result(i, j) += weights()(k) * (covariances()(k, i, j) + between);
      }
    }
  }
  return result;
}

tensor::Matrix<double> GaussianMixture::sample(std::size_t n, std::uint64_t seed) const {
  const Random random(seed, Purpose::kDataset);
  const std::size_t d = dimension();
  auto points = tensor::Matrix<double>::from_shape({n, d});
  Eigen::VectorXd z(static_cast<Eigen::Index>(d));
  for (std::size_t row = 0; row < n; ++row) {
    double u = random.uniform(0, row);
    std::size_t k = 0;
    while (k + 1 < components() && u >= weights()(k)) u -= weights()(k++);
    random.fill_normal(std::span<double>(z.data(), d), 1, row * d);
    const Eigen::VectorXd x =
        parts_->mean[k] + parts_->basis[k] * parts_->variances[k].cwiseSqrt().cwiseProduct(z);
    for (std::size_t i = 0; i < d; ++i) points(row, i) = x(static_cast<Eigen::Index>(i));
  }
  return points;
}

namespace {

// Everything about one point at one time; reused for every point.
struct PointState {
  explicit PointState(const GaussianMixture::Components& parts)
      : responsibility(parts.weights.size()),
        whitened(parts.weights.size()),
        x(static_cast<Eigen::Index>(parts.d)),
        total(x.size()),
        score(x.size()),
        turned(x.size()) {
    for (Eigen::VectorXd& w : whitened) w.resize(x.size());
  }
  std::vector<double> responsibility;     // r_k(x)
  std::vector<Eigen::VectorXd> whitened;  // U^T C_k^-1 (x - m_k), in component k's basis
  Eigen::VectorXd x, total, score, turned;
  double log_density = 0;
};

// Fills responsibilities, whitened residuals and log p_t of state.x.
void locate(const GaussianMixture::Components& parts, const Coefficients& at, PointState& state) {
  const std::size_t count = parts.weights.size();
  double largest = -kInfinity;
  for (std::size_t k = 0; k < count; ++k) {
    state.turned = state.x - at.alpha * parts.mean[k];
    state.whitened[k].noalias() = parts.basis[k].transpose() * state.turned;
    double log_weight = std::log(parts.weights(k)) - 0.5 * kLogTwoPi * static_cast<double>(parts.d);
    for (Eigen::Index i = 0; i < state.x.size(); ++i) {
      const double variance = at.alpha * at.alpha * parts.variances[k](i) + at.sigma * at.sigma;
      const double residual = state.whitened[k](i);
      state.whitened[k](i) = residual / variance;
      log_weight -= 0.5 * (residual * residual / variance + std::log(variance));
    }
    state.responsibility[k] = log_weight;
    largest = std::max(largest, log_weight);
  }
  double sum = 0;
  for (double& r : state.responsibility) sum += r = std::exp(r - largest);
  for (double& r : state.responsibility) r /= sum;
  state.log_density = largest + std::log(sum);
}

// A prediction is affine in each component: q_k = constant mu_k + U diag(gain) whitened_k.
struct Gain {
  double mean = 0;                    // factor of mu_k
  double variance = 0, identity = 0;  // gain_i = variance * l_i + identity
};
Gain gain_of(Prediction which, const Coefficients& at) {
  if (which == Prediction::kScore) return {0, 0, -1};
  if (which == Prediction::kVelocity) {
    return {at.alpha_dot, at.alpha_dot * at.alpha, at.sigma_sigma_dot};
  }
  const path::LinearForm form = path::linear_form(which, at);  // (a D + b N) / c
  const double a = form.a / form.c;
  return {a, a * at.alpha, form.b / form.c * at.sigma};
}

// total = sum_k r_k q_k.
void mix(const GaussianMixture::Components& parts, const Gain& gain, PointState& state,
         Eigen::VectorXd& total) {
  total.setZero();
  for (std::size_t k = 0; k < parts.weights.size(); ++k) {
    const double r = state.responsibility[k];
    state.turned =
        (gain.variance * parts.variances[k].array() + gain.identity) * state.whitened[k].array();
    total.noalias() += r * (parts.basis[k] * state.turned);
    if (gain.mean != 0) total += r * gain.mean * parts.mean[k];
  }
}

// sum_k r_k [tr + q_k . (s_k - s)], with s_k = -U whitened_k; state.score and state.total are set.
// The constant sum r_k (s_k - s) = 0 allows q_k - q in place of q_k, which loses no digits where
// one component owns the point.
double divergence_of(const GaussianMixture::Components& parts, const Coefficients& at,
                     const Gain& gain, PointState& state) {
  double sum = 0;
  for (std::size_t k = 0; k < parts.weights.size(); ++k) {
    double trace = 0;
    for (Eigen::Index i = 0; i < state.x.size(); ++i) {
      const double variance = parts.variances[k](i);
      trace += (gain.variance * variance + gain.identity) /
               (at.alpha * at.alpha * variance + at.sigma * at.sigma);
    }
    state.turned =
        (gain.variance * parts.variances[k].array() + gain.identity) * state.whitened[k].array();
    const auto q = parts.basis[k] * state.turned + gain.mean * parts.mean[k] - state.total;
    const auto s = -(parts.basis[k] * state.whitened[k]) - state.score;
    sum += state.responsibility[k] * (trace + q.dot(s));
  }
  return sum;
}

// (dq/dx) u = sum_k r_k [U diag(gain / variance) U^T u + (q_k - q) ((s_k - s) . u)], with
// s_k = -U whitened_k; state.score and state.total are set.
void derivative_along(const GaussianMixture::Components& parts, const Coefficients& at,
                      const Gain& gain, PointState& state, const Eigen::VectorXd& u,
                      Eigen::VectorXd& result) {
  result.setZero();
  for (std::size_t k = 0; k < parts.weights.size(); ++k) {
    const auto& variances = parts.variances[k].array();
    const auto gains = gain.variance * variances + gain.identity;
    const Eigen::VectorXd turned = parts.basis[k].transpose() * u;
    const double change = -state.whitened[k].dot(turned) - state.score.dot(u);
    const auto spread = at.alpha * at.alpha * variances + at.sigma * at.sigma;
    state.turned = gains * (turned.array() / spread + change * state.whitened[k].array());
    result.noalias() += state.responsibility[k] * (parts.basis[k] * state.turned);
    result += state.responsibility[k] * change * (gain.mean * parts.mean[k] - state.total);
  }
}

template <class T>
std::size_t rows_of(std::string_view where, std::span<const T> x, std::size_t d) {
  if (x.size() % d == 0) return x.size() / d;
  throw ShapeError(where, "x must hold whole rows of " + std::to_string(d) + " coordinates, got " +
                              std::to_string(x.size()) + " values");
}

template <class T>
void load(std::span<const T> x, std::size_t row, PointState& state) {
  const std::size_t d = static_cast<std::size_t>(state.x.size());
  for (std::size_t i = 0; i < d; ++i) {
    state.x(static_cast<Eigen::Index>(i)) = static_cast<double>(x[row * d + i]);
  }
}

}  // namespace

tensor::Vector<double> GaussianMixture::log_density(const tensor::Matrix<double>& x) const {
  check_size("GaussianMixture::log_density", "a row of x", x.shape(1), dimension());
  auto result = tensor::Vector<double>::from_shape({x.shape(0)});
  PointState state(*parts_);
  for (std::size_t row = 0; row < x.shape(0); ++row) {
    load(std::span<const double>(x.data(), x.size()), row, state);
    locate(*parts_, {1, 0, 0, 0}, state);
    result(row) = state.log_density;
  }
  return result;
}

template <class T>
struct PathMixture<T>::Scratch : PointState {
  using PointState::PointState;
};

template <class T>
PathMixture<T>::PathMixture(GaussianMixture mixture, std::shared_ptr<const path::Schedule> schedule,
                            Prediction prediction)
    : mixture_(std::move(mixture)),
      schedule_(std::move(schedule)),
      prediction_(prediction),
      scratch_(std::make_unique<Scratch>(mixture_.parts())) {
  if (schedule_ == nullptr)
    throw InvalidArgument("PathMixture", "schedule must be given, got none");
}
template <class T>
PathMixture<T>::~PathMixture() = default;

template <class T>
void PathMixture<T>::predict_along(std::span<const T> x, T t, std::span<const T> tangent,
                                   std::span<T> q, std::span<T> dq) {
  evaluate(prediction_, x, static_cast<double>(t), q);  // checks the sizes of x and q, and t
  constexpr std::string_view kHere = "PathMixture::predict_along";
  check_size(kHere, "tangent", tangent.size(), x.size());
  check_size(kHere, "dq", dq.size(), x.size());
  const Coefficients at = schedule_->at(static_cast<double>(t));
  const Gain gain = gain_of(prediction_, at);
  const auto d = static_cast<Eigen::Index>(dimension());
  Eigen::VectorXd u(d), result(d);
  for (std::size_t row = 0; row < x.size() / dimension(); ++row) {
    load(x, row, *scratch_);
    locate(mixture_.parts(), at, *scratch_);
    mix(mixture_.parts(), gain, *scratch_, scratch_->total);
    mix(mixture_.parts(), gain_of(Prediction::kScore, at), *scratch_, scratch_->score);
    const std::size_t first = row * dimension();
    for (Eigen::Index i = 0; i < d; ++i) {
      u(i) = static_cast<double>(tangent[first + static_cast<std::size_t>(i)]);
    }
    derivative_along(mixture_.parts(), at, gain, *scratch_, u, result);
    for (Eigen::Index i = 0; i < d; ++i) {
      dq[first + static_cast<std::size_t>(i)] = static_cast<T>(result(i));
    }
  }
}

template <class T>
void PathMixture<T>::evaluate(Prediction which, std::span<const T> x, double t, std::span<T> q) {
  constexpr std::string_view kHere = "PathMixture::evaluate";
  const std::size_t d = dimension(), rows = rows_of(kHere, x, d);
  check_size(kHere, "q", q.size(), x.size());
  const Coefficients at = schedule_->at(t);
  const Gain gain = gain_of(which, at);
  if (!std::isfinite(gain.mean) || !std::isfinite(gain.variance) || !std::isfinite(gain.identity)) {
    throw NumericError(kHere, std::string(path::prediction_name(which)) + " is not finite on " +
                                  schedule_->name() + " at t = " + to_text(t));
  }
  for (std::size_t row = 0; row < rows; ++row) {
    load(x, row, *scratch_);
    locate(mixture_.parts(), at, *scratch_);
    mix(mixture_.parts(), gain, *scratch_, scratch_->total);
    for (std::size_t i = 0; i < d; ++i) {
      q[row * d + i] = static_cast<T>(scratch_->total(static_cast<Eigen::Index>(i)));
    }
  }
}

template <class T>
void PathMixture<T>::divergence(std::span<const T> x, double t, std::span<T> divergence) {
  constexpr std::string_view kHere = "PathMixture::divergence";
  const std::size_t rows = rows_of(kHere, x, dimension());
  check_size(kHere, "divergence", divergence.size(), rows);
  const Coefficients at = schedule_->at(t);
  const Gain gain = gain_of(Prediction::kVelocity, at);
  if (!std::isfinite(gain.mean) || !std::isfinite(gain.identity)) {
    throw NumericError(kHere,
                       "velocity is not finite on " + schedule_->name() + " at t = " + to_text(t));
  }
  for (std::size_t row = 0; row < rows; ++row) {
    load(x, row, *scratch_);
    locate(mixture_.parts(), at, *scratch_);
    mix(mixture_.parts(), gain, *scratch_, scratch_->total);
    mix(mixture_.parts(), gain_of(Prediction::kScore, at), *scratch_, scratch_->score);
    divergence[row] = static_cast<T>(divergence_of(mixture_.parts(), at, gain, *scratch_));
  }
}

template <class T>
void PathMixture<T>::log_density(std::span<const T> x, double t, std::span<T> log_density) {
  constexpr std::string_view kHere = "PathMixture::log_density";
  const std::size_t rows = rows_of(kHere, x, dimension());
  check_size(kHere, "log_density", log_density.size(), rows);
  const Coefficients at = schedule_->at(t);
  for (std::size_t row = 0; row < rows; ++row) {
    load(x, row, *scratch_);
    locate(mixture_.parts(), at, *scratch_);
    log_density[row] = static_cast<T>(scratch_->log_density);
  }
}

template <class T>
tensor::Matrix<T> PathMixture<T>::draw(std::size_t n, std::uint64_t seed) const {
  return tensor::Matrix<T>(xt::cast<T>(mixture_.sample(n, seed)));
}

template class PathMixture<float>;
template class PathMixture<double>;

tensor::Matrix<double> gaussian_flow_map(const GaussianMixture& gaussian,
                                         const path::Schedule& schedule, double t, double s,
                                         const tensor::Matrix<double>& x) {
  constexpr std::string_view kHere = "gaussian_flow_map";
  if (gaussian.components() != 1) {
    throw InvalidArgument(
        kHere, "gaussian must have one component, got " + std::to_string(gaussian.components()));
  }
  check_size(kHere, "a row of x", x.shape(1), gaussian.dimension());
  const GaussianMixture::Components& parts = gaussian.parts();
  const Coefficients at_t = schedule.at(t), at_s = schedule.at(s);
  const auto variance = [&](const Coefficients& at) {
    return (at.alpha * at.alpha * parts.variances[0].array() + at.sigma * at.sigma).eval();
  };
  const Eigen::VectorXd gain = (variance(at_s) / variance(at_t)).sqrt();
  const Eigen::MatrixXd map = parts.basis[0] * gain.asDiagonal() * parts.basis[0].transpose();
  auto result = tensor::Matrix<double>::from_shape({x.shape(0), x.shape(1)});
  const auto d = static_cast<Eigen::Index>(gaussian.dimension());
  for (std::size_t row = 0; row < x.shape(0); ++row) {
    const Eigen::Map<const Eigen::VectorXd> from(x.data() + row * x.shape(1), d);
    Eigen::Map<Eigen::VectorXd> to(result.data() + row * x.shape(1), d);
    to = at_s.alpha * parts.mean[0] + map * (from - at_t.alpha * parts.mean[0]);
  }
  return result;
}

}  // namespace pathflow::density
