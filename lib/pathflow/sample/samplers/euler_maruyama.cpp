// euler-maruyama: the SDE family that shares the path's marginals, for any diffusion w(t),
//   x_s = x_t + h [v -+ (w/2) score] + sqrt(|h| w) z,   h = s - t, everything at t,
// minus toward the data, plus toward the source. Weak order 1. The step that ends at the schedule's
// t_min is by its mean unless options.last_step is "euler": noise there would only blur the answer.
// Source: Anderson, "Reverse-time diffusion equation models", 1982; Song et al. 2021, eq. 6;
// Ma et al., "SiT", 2024, section 2.3 for the other choices of w.
#include <cmath>

#include "pathflow/sample/samplers/noise.hpp"
#include "pathflow/sample/samplers/sde_family.hpp"

namespace pathflow::sample {
namespace {

template <class T>
class EulerMaruyama final : public Sampler<T> {
 public:
  EulerMaruyama(Flow<T>& flow, const SampleOptions& options)
      : flow_(flow),
        family_(flow, options, "euler-maruyama"),
        increments_(flow, options),
        noisy_end_(options.last_step == "euler"),
        q_(flow.buffer()) {}

  double advance(const Step& step, std::span<T> x) override {
    const double h = step.s - step.t;
    const path::Diffusion diffusion = family_.diffusion(step.t);
    const path::Conversion drift = family_.drift(x, step.t, h < 0, diffusion, q_);
    linear_combination<T>(1 + h * drift.x_coefficient, x, h * drift.q_coefficient, q_, x);
    if (noisy_end_ || !flow_.at_data_end(step.s)) {
      increments_.add(step.index, std::sqrt(std::abs(h) * diffusion.w), x);
    }
    return step.s;
  }
  bool draws_noise() const override { return family_.draws_noise(); }
  path::Interval interval(path::Interval usable) const override { return family_.interval(usable); }

 private:
  Flow<T>& flow_;
  detail::SdeFamily<T> family_;
  detail::Increments<T> increments_;
  bool noisy_end_;
  std::vector<T> q_;
};

}  // namespace

PATHFLOW_DEFINE_SAMPLER(make_euler_maruyama, EulerMaruyama);

}  // namespace pathflow::sample
