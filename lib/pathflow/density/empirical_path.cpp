#include "pathflow/density/empirical_path.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "pathflow/base/error.hpp"
#include "pathflow/base/random.hpp"

namespace pathflow::density {
namespace {

using path::Coefficients;
using path::Prediction;

/// Rows whose weight is below exp(-50) of the greatest are left out: 2^52 of them would not count.
constexpr double kNegligible = -50;

// A prediction is data D + residual (x - alpha D).
struct Gain {
  double data = 0, residual = 0;
};

Gain gain_of(Prediction which, const Coefficients& at, double t) {
  const path::LinearForm form = path::linear_form(which, at);  // (a D + b N) / c
  Gain gain{form.a / form.c, at.sigma > 0 ? form.b / (form.c * at.sigma) : 0};
  if (std::isfinite(gain.data) && std::isfinite(gain.residual) && form.c != 0) return gain;
  throw_error(ErrorCode::kNumeric, "EmpiricalPath",
              {path::prediction_name(which), " is not finite at t = ", t});
}

}  // namespace

template <class T>
EmpiricalPath<T>::EmpiricalPath(const tensor::Matrix<T>& data,
                                std::shared_ptr<const path::Schedule> schedule,
                                Prediction prediction)
    : rows_(data.shape(0)),
      d_(data.shape(1)),
      columns_(data.size()),
      schedule_(std::move(schedule)),
      prediction_(prediction),
      log_weights_(rows_),
      mean_(d_) {
  if (data.size() == 0) {
    throw_error(ErrorCode::kShape, "EmpiricalPath",
                {"data must have at least one row and one column, got [", rows_, ", ", d_, "]"});
  }
  if (schedule_ == nullptr) {
    throw_error(ErrorCode::kInvalidArgument, "EmpiricalPath", "schedule must be given, got none");
  }
  for (std::size_t i = 0; i < rows_; ++i) {
    for (std::size_t k = 0; k < d_; ++k) {
      check_finite("EmpiricalPath", "data", static_cast<double>(data(i, k)));
      columns_[k * rows_ + i] = data(i, k);
    }
  }
}

template <class T>
std::size_t EmpiricalPath<T>::points_of(const char* where, std::span<const T> x) const {
  const std::size_t n = x.size() / d_;
  check_size(where, "x", x.size(), n * d_);
  return n;
}

template <class T>
void EmpiricalPath<T>::locate(const T* x, const Coefficients& at) {
  std::fill(log_weights_.begin(), log_weights_.end(), 0.0);
  for (std::size_t k = 0; k < d_; ++k) {
    const double at_x = static_cast<double>(x[k]);
    const T* column = columns_.data() + k * rows_;
    for (std::size_t i = 0; i < rows_; ++i) {
      const double gap = at_x - at.alpha * static_cast<double>(column[i]);
      log_weights_[i] += gap * gap;
    }
  }
  const double nearest = *std::min_element(log_weights_.begin(), log_weights_.end());
  const double scale = at.sigma > 0 ? -0.5 / (at.sigma * at.sigma) : 0;
  posterior_.clear();
  double sum = 0;
  for (std::size_t i = 0; i < rows_; ++i) {
    const double beyond = log_weights_[i] - nearest, log_weight = scale * beyond;
    if (log_weight < kNegligible || (at.sigma == 0 && beyond > 0)) continue;
    posterior_.emplace_back(i, std::exp(log_weight));
    sum += posterior_.back().second;
  }
  log_sum_ = scale * nearest + std::log(sum);
  std::fill(mean_.begin(), mean_.end(), 0.0);
  for (auto& [row, weight] : posterior_) {
    weight /= sum;
    for (std::size_t k = 0; k < d_; ++k) {
      mean_[k] += weight * static_cast<double>(columns_[k * rows_ + row]);
    }
  }
}

template <class T>
void EmpiricalPath<T>::evaluate(Prediction which, std::span<const T> x, double t, std::span<T> q) {
  evaluate_with_spread(which, x, t, q, {});
}

template <class T>
void EmpiricalPath<T>::evaluate_with_spread(Prediction which, std::span<const T> x, double t,
                                            std::span<T> q, std::span<double> spread) {
  const std::size_t n = points_of("EmpiricalPath::evaluate", x);
  check_size("EmpiricalPath::evaluate", "q", q.size(), x.size());
  if (!spread.empty()) check_size("EmpiricalPath::evaluate", "spread", spread.size(), n);
  const Coefficients at = schedule_->at(t);
  const Gain gain = gain_of(which, at, t);
  for (std::size_t i = 0; i < n; ++i) {
    locate(x.data() + i * d_, at);
    for (std::size_t k = 0; k < d_; ++k) {
      const double residual = static_cast<double>(x[i * d_ + k]) - at.alpha * mean_[k];
      q[i * d_ + k] = static_cast<T>(gain.data * mean_[k] + gain.residual * residual);
    }
    if (!spread.empty()) spread[i] = spread_of(at);
  }
}

template <class T>
void EmpiricalPath<T>::predict_along(std::span<const T> x, T t, std::span<const T> tangent,
                                     std::span<T> q, std::span<T> dq) {
  constexpr const char* kWhere = "EmpiricalPath::predict_along";
  const std::size_t n = points_of(kWhere, x);
  for (const std::size_t size : {tangent.size(), q.size(), dq.size()}) {
    check_size(kWhere, "tangent, q and dq", size, x.size());
  }
  const double time = static_cast<double>(t);
  const Coefficients at = schedule_->at(time);
  const Gain gain = gain_of(prediction_, at, time);
  const double growth = at.sigma > 0 ? at.alpha / (at.sigma * at.sigma) : 0;
  std::vector<double> change(d_);  // (dD/dx) u
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t first = i * d_;
    locate(x.data() + first, at);
    std::fill(change.begin(), change.end(), 0.0);
    for (const auto& [row, weight] : posterior_) {
      double along = 0;
      const auto gap = [&, row = row](std::size_t k) {
        return static_cast<double>(columns_[k * rows_ + row]) - mean_[k];
      };
      for (std::size_t k = 0; k < d_; ++k)
        along += gap(k) * static_cast<double>(tangent[first + k]);
      for (std::size_t k = 0; k < d_; ++k) change[k] += growth * weight * along * gap(k);
    }
    for (std::size_t k = 0; k < d_; ++k) {
      const double residual = static_cast<double>(x[first + k]) - at.alpha * mean_[k];
      const double turn = static_cast<double>(tangent[first + k]) - at.alpha * change[k];
      q[first + k] = static_cast<T>(gain.data * mean_[k] + gain.residual * residual);
      dq[first + k] = static_cast<T>(gain.data * change[k] + gain.residual * turn);
    }
  }
}

template <class T>
void EmpiricalPath<T>::log_density(std::span<const T> x, double t, std::span<T> log_density) {
  constexpr const char* kWhere = "EmpiricalPath::log_density";
  check_size(kWhere, "log_density", log_density.size(), points_of(kWhere, x));
  const Coefficients at = schedule_->at(t);
  if (!(at.sigma > 0)) {
    throw_error(ErrorCode::kNumeric, kWhere,
                {"a finite data set has no density at sigma = 0, got t = ", t});
  }
  const double constant =
      -std::log(static_cast<double>(rows_)) -
      static_cast<double>(d_) * (0.5 * std::log(2 * std::numbers::pi) + std::log(at.sigma));
  for (std::size_t i = 0; i < log_density.size(); ++i) {
    locate(x.data() + i * d_, at);
    log_density[i] = static_cast<T>(log_sum_ + constant);
  }
}

/// Of the point located last.
template <class T>
double EmpiricalPath<T>::spread_of(const Coefficients& at) const {
  if (at.sigma == 0) return 0;
  double sum = 0;
  for (const auto& [row, weight] : posterior_) {
    for (std::size_t k = 0; k < d_; ++k) {
      const double gap = static_cast<double>(columns_[k * rows_ + row]) - mean_[k];
      sum += weight * gap * gap;
    }
  }
  return sum / (at.sigma * at.sigma);
}

template <class T>
void EmpiricalPath<T>::spread(std::span<const T> x, double t, std::span<double> spread) {
  constexpr const char* kWhere = "EmpiricalPath::spread";
  check_size(kWhere, "spread", spread.size(), points_of(kWhere, x));
  const Coefficients at = schedule_->at(t);
  for (std::size_t i = 0; i < spread.size(); ++i) {
    locate(x.data() + i * d_, at);
    spread[i] = spread_of(at);
  }
}

template <class T>
tensor::Matrix<T> EmpiricalPath<T>::draw(std::size_t n, std::uint64_t seed) const {
  const Random random(seed, Purpose::kDataIndex);
  auto points = tensor::Matrix<T>::from_shape({n, d_});
  for (std::size_t i = 0; i < n; ++i) {
    const auto row = static_cast<std::size_t>(random.index(0, i, rows_));
    for (std::size_t k = 0; k < d_; ++k) points(i, k) = columns_[k * rows_ + row];
  }
  return points;
}

template class EmpiricalPath<float>;
template class EmpiricalPath<double>;

}  // namespace pathflow::density
