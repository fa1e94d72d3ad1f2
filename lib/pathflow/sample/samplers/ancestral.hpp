// What ddim and ddpm share: one step is x_s = data_part D + noise_part N + deviation z.
#pragma once

#include <cmath>

#include "pathflow/sample/samplers/ends.hpp"
#include "pathflow/sample/samplers/noise.hpp"

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

/// x = data_part D + noise_part N + deviation z, D and N at (x, step.t).
template <class T>
class AncestralStep {
 public:
  AncestralStep(Flow<T>& flow, const SampleOptions& options)
      : ends_(flow), increments_(flow, options) {}

  void apply(const Step& step, double data_part, double noise_part, double deviation,
             std::span<T> x) {
    ends_.evaluate(x, step.t);
    ends_.combine(data_part, noise_part, x, x);
    increments_.add(step.index, deviation, x);
  }

 private:
  Ends<T> ends_;
  Increments<T> increments_;
};

}  // namespace pathflow::sample::detail
