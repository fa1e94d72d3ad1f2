// euler-maruyama: the SDE family that shares the path's marginals, for any diffusion w(t),
//   x_s = x_t + h [v -+ (w/2) score] + sqrt(|h| w) z,   h = s - t, everything at t,
// minus toward the data, plus toward the source. Weak order 1. The step that ends at the schedule's
// t_min is by its mean: noise there would only blur the answer.
// Source: Anderson, "Reverse-time diffusion equation models", 1982; Song et al. 2021, eq. 6;
// Ma et al., "SiT", 2024, section 2.3 for the other choices of w.
#include <cmath>

#include "pathflow/base/error.hpp"
#include "pathflow/base/random.hpp"
#include "pathflow/path/dynamics.hpp"
#include "pathflow/sample/sampler.hpp"

namespace pathflow::sample {
namespace {

template <class T>
class EulerMaruyama final : public Sampler<T> {
 public:
  EulerMaruyama(Flow<T>& flow, const SampleOptions& options)
      : flow_(flow),
        diffusion_(options.diffusion),
        scale_(options.diffusion_scale),
        q_(flow.buffer()),
        z_(flow.buffer()),
        random_(options.seed, Purpose::kSampleNoise),
        first_element_(options.first_row * flow.dimension()) {
    check_not_negative("sample", "diffusion_scale", scale_);
    path::has_diffusion(diffusion_, flow.schedule(), flow.schedule().t_max());  // checks the name
    if (diffusion_ == "zero") scale_ = 0;
    if (scale_ > 0) require_gaussian_source(options, "euler-maruyama with a diffusion");
  }

  double advance(const Step& step, std::span<T> x) override {
    const double h = step.s - step.t;
    path::Diffusion diffusion;
    if (scale_ > 0) diffusion = path::diffusion_at(diffusion_, scale_, flow_.schedule(), step.t);
    const path::Conversion drift = drift_at(step, diffusion);
    flow_.predict(x, step.t, q_);
    linear_combination<T>(1 + h * drift.x_coefficient, x, h * drift.q_coefficient, q_, x);
    if (diffusion.w > 0 && !flow_.at_data_end(step.s)) {
      random_.fill_normal(std::span<T>(z_), step.index, first_element_);
      linear_combination<T>(1, x, std::sqrt(std::abs(h) * diffusion.w), z_, x);
    }
    return step.s;
  }
  path::Interval interval(path::Interval usable) const override {
    if (scale_ == 0) return usable;
    const path::Schedule& schedule = flow_.schedule();
    if (!path::has_diffusion(diffusion_, schedule, usable.low)) usable.low += path::kSingularMargin;
    if (!path::has_diffusion(diffusion_, schedule, usable.high)) {
      usable.high -= path::kSingularMargin;
    }
    return usable;
  }

 private:
  // score = -N / sigma, so the drift is v +- (w / 2 sigma) N: one linear form of x and q.
  path::Conversion drift_at(const Step& step, const path::Diffusion& diffusion) const {
    path::Conversion drift = flow_.conversion(path::Prediction::kVelocity, step.t);
    if (diffusion.w_over_sigma == 0) return drift;
    const path::Conversion noise = flow_.conversion(path::Prediction::kNoise, step.t);
    const double factor = (step.s < step.t ? 0.5 : -0.5) * diffusion.w_over_sigma;
    drift.x_coefficient += factor * noise.x_coefficient;
    drift.q_coefficient += factor * noise.q_coefficient;
    return drift;
  }

  Flow<T>& flow_;
  std::string diffusion_;
  double scale_;
  std::vector<T> q_, z_;
  Random random_;
  std::uint64_t first_element_;
};

}  // namespace

PATHFLOW_DEFINE_SAMPLER(make_euler_maruyama, EulerMaruyama);

}  // namespace pathflow::sample
