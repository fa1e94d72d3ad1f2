// What ddim and ddpm share: one step is x_s = data_part D + noise_part N + deviation z.
#pragma once

#include <cmath>

#include "pathflow/base/random.hpp"
#include "pathflow/sample/sampler.hpp"

namespace pathflow::sample::detail {

/// Of p(x_s | x_t, D) for s < t on a Gaussian path:
///   forward      sigma_t^2 - (alpha_t / alpha_s)^2 sigma_s^2, the variance of p(x_t | x_s)
///   posterior    (sigma_s^2 / sigma_t^2) forward, the variance of p(x_s | x_t, D)
struct AncestralVariance {
  double forward = 0, posterior = 0;
};
inline AncestralVariance ancestral_variance(const path::Coefficients& at_t,
                                            const path::Coefficients& at_s) {
  const double ratio = at_t.alpha * at_s.sigma / (at_s.alpha * at_t.sigma);  // below 1
  const double share = (1 - ratio) * (1 + ratio);
  return {at_t.sigma * at_t.sigma * share, at_s.sigma * at_s.sigma * share};
}

/// x = data_part D + noise_part N + deviation z, where q is the prediction at (x, t).
template <class T>
class AncestralStep {
 public:
  AncestralStep(Flow<T>& flow, const SampleOptions& options)
      : flow_(flow),
        q_(flow.buffer()),
        z_(flow.buffer()),
        random_(options.seed, Purpose::kSampleNoise),
        first_element_(options.first_row * flow.dimension()) {}

  void apply(const Step& step, double data_part, double noise_part, double deviation,
             std::span<T> x) {
    const path::Conversion data = flow_.conversion(path::Prediction::kData, step.t);
    const path::Conversion noise = flow_.conversion(path::Prediction::kNoise, step.t);
    flow_.predict(x, step.t, q_);
    linear_combination<T>(data_part * data.x_coefficient + noise_part * noise.x_coefficient, x,
                          data_part * data.q_coefficient + noise_part * noise.q_coefficient, q_, x);
    if (deviation == 0) return;
    random_.fill_normal(std::span<T>(z_), step.index, first_element_);
    linear_combination<T>(1, x, deviation, z_, x);
  }

 private:
  Flow<T>& flow_;
  std::vector<T> q_, z_;
  Random random_;
  std::uint64_t first_element_;
};

}  // namespace pathflow::sample::detail
