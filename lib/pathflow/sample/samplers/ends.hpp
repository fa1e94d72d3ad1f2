// What the samplers in log-SNR share: a model's two endpoints at one time, and the level of a time.
#pragma once

#include <cmath>
#include <span>
#include <vector>

#include "pathflow/sample/sampler.hpp"

namespace pathflow::sample::detail {

/// A time by its coefficients and lambda = ln(alpha / sigma): +infinity at sigma = 0, -infinity at
/// alpha = 0.
struct Level {
  double t = 0, alpha = 1, sigma = 0, lambda = 0;
};
inline Level level_at(const path::Schedule& schedule, double t) {
  const path::Coefficients at = schedule.at(t);
  return {t, at.alpha, at.sigma, std::log(at.alpha) - std::log(at.sigma)};
}

/// The level a share of the way from one lambda to another, at a time that T holds. Where rounding
/// to T moved it, its lambda says so.
template <class T>
Level level_between(const path::Schedule& schedule, const Level& from, const Level& to,
                    double share) {
  const double lambda = from.lambda + share * (to.lambda - from.lambda);
  return level_at(schedule,
                  static_cast<double>(static_cast<T>(schedule.time_of_log_snr(2 * lambda))));
}

/// D and N at one (x, t), from one evaluation of the model.
template <class T>
class Ends {
 public:
  explicit Ends(Flow<T>& flow) : flow_(flow), q_(flow.buffer()) {}

  void evaluate(std::span<const T> x, double t) {
    data_ = flow_.conversion(path::Prediction::kData, t);
    noise_ = flow_.conversion(path::Prediction::kNoise, t);
    flow_.predict(x, t, q_);
  }
  /// out = data_part D + noise_part N, where x is what evaluate() saw; out may be x.
  void combine(double data_part, double noise_part, std::span<const T> x, std::span<T> out) const {
    linear_combination<T>(data_part * data_.x_coefficient + noise_part * noise_.x_coefficient, x,
                          data_part * data_.q_coefficient + noise_part * noise_.q_coefficient, q_,
                          out);
  }

 private:
  Flow<T>& flow_;
  std::vector<T> q_;
  path::Conversion data_, noise_;
};

/// x += factor (a - b).
template <class T>
void add_difference(double factor, std::span<const T> a, std::span<const T> b, std::span<T> x) {
  const T f = static_cast<T>(factor);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] += f * (a[i] - b[i]);
}

}  // namespace pathflow::sample::detail
