// What the SDE samplers share: drift and diffusion of the family that keeps the path's marginals.
#pragma once

#include <string>

#include "pathflow/base/error.hpp"
#include "pathflow/path/dynamics.hpp"
#include "pathflow/sample/sampler.hpp"

namespace pathflow::sample::detail {

/// dx = [v -+ (w/2) score] dt + sqrt(w) dW, minus toward the data, plus toward the source, for the
/// diffusion of the options. With scale 0 (or "zero") it is the ODE and needs no score.
template <class T>
class SdeFamily {
 public:
  SdeFamily(Flow<T>& flow, const SampleOptions& options, std::string_view sampler)
      : SdeFamily(flow, options, options.diffusion, options.diffusion_scale, sampler) {}
  SdeFamily(Flow<T>& flow, const SampleOptions& options, std::string diffusion, double scale,
            std::string_view sampler)
      : flow_(flow), diffusion_(std::move(diffusion)), scale_(scale) {
    check_not_negative("sample", "diffusion_scale", scale_);
    if (diffusion_ == "zero") scale_ = 0;
    finite(flow.schedule().t_max());  // checks the name
    if (flow.gamma() != nullptr) {
      z_ = flow.buffer();
    } else if (scale_ > 0) {
      require_gaussian_source(options, message({sampler, " with a diffusion"}));
    }
  }

  bool draws_noise() const { return scale_ > 0; }
  path::Diffusion diffusion(double t) const {
    if (scale_ == 0) return {};
    if (const path::Gamma* gamma = flow_.gamma()) {
      return path::diffusion_at(diffusion_, scale_, *gamma, t);
    }
    return path::diffusion_at(diffusion_, scale_, flow_.schedule(), t);
  }
  /// The drift at t as x_coefficient x + q_coefficient q. score = -N / sigma, so it is
  /// v +- (w / 2 sigma) N. Errors: InvalidArgument with a diffusion on a path with noise of its
  /// own.
  path::Conversion drift(double t, bool toward_data, const path::Diffusion& diffusion) const {
    path::Conversion drift = flow_.conversion(path::Prediction::kVelocity, t);
    if (diffusion.w_over_sigma == 0) return drift;
    const path::Conversion noise = flow_.conversion(path::Prediction::kNoise, t);
    const double factor = (toward_data ? 0.5 : -0.5) * diffusion.w_over_sigma;
    drift.x_coefficient += factor * noise.x_coefficient;
    drift.q_coefficient += factor * noise.q_coefficient;
    return drift;
  }
  /// The same after one evaluation at (x, t), which fills q; on a path with noise of its own, where
  /// score = -z / gamma, q becomes v +- (w / 2 gamma) z.
  path::Conversion drift(std::span<const T> x, double t, bool toward_data,
                         const path::Diffusion& diffusion, std::span<T> q) {
    if (flow_.gamma() == nullptr || diffusion.w_over_sigma == 0) {
      const path::Conversion coefficients = drift(t, toward_data, diffusion);
      flow_.predict(x, t, q);
      return coefficients;
    }
    flow_.predict_noise(x, t, q, z_);
    linear_combination<T>(1, q, (toward_data ? 0.5 : -0.5) * diffusion.w_over_sigma, z_, q);
    return flow_.conversion(path::Prediction::kVelocity, t);
  }
  /// `usable` less kSingularMargin where w has no finite value.
  path::Interval interval(path::Interval usable) const {
    if (scale_ == 0) return usable;
    if (!finite(usable.low)) usable.low += path::kSingularMargin;
    if (!finite(usable.high)) usable.high -= path::kSingularMargin;
    return usable;
  }

 private:
  bool finite(double t) const {
    if (const path::Gamma* gamma = flow_.gamma()) return path::has_diffusion(diffusion_, *gamma, t);
    return path::has_diffusion(diffusion_, flow_.schedule(), t);
  }

  Flow<T>& flow_;
  std::string diffusion_;
  double scale_;
  std::vector<T> z_;  ///< E[z | x_t] of a path with noise of its own
};

}  // namespace pathflow::sample::detail
