// stochastic-heun: the SDE family of euler-maruyama by the trapezoidal rule,
//   n = sqrt(|h| (w_t + w_s) / 2) z,   x' = x_t + h b(x_t, t) + n,
//   x_s = x_t + (h/2) [b(x_t, t) + b(x', s)] + n,                    b = v -+ (w/2) score.
// Weak order 2 (the diffusion does not depend on x), two evaluations a step, the second at s. The
// step that ends at the schedule's t_min is euler-maruyama's, by its mean unless options.last_step
// is "euler". With w = 0 it is heun. Source: Roberts, "Modify the improved Euler scheme to
// integrate stochastic differential equations", 2012, for a diffusion that depends on time alone.
#include <cmath>

#include "pathflow/sample/samplers/noise.hpp"
#include "pathflow/sample/samplers/sde_family.hpp"

namespace pathflow::sample {
namespace {

template <class T>
class StochasticHeun final : public Sampler<T> {
 public:
  StochasticHeun(Flow<T>& flow, const SampleOptions& options)
      : flow_(flow),
        family_(flow, options, "stochastic-heun"),
        increments_(flow, options),
        noisy_end_(options.last_step == "euler"),
        slope_(flow.buffer()),
        stage_(flow.buffer()),
        q_(flow.buffer()) {}

  double advance(const Step& step, std::span<T> x) override {
    const double h = step.s - step.t;
    const path::Diffusion first = family_.diffusion(step.t);
    drift(x, step.t, h < 0, first, slope_);
    if (h < 0 && flow_.at_data_end(step.s)) {
      linear_combination<T>(1, x, h, slope_, x);
      if (noisy_end_) increments_.add(step.index, std::sqrt(-h * first.w), x);
      return step.s;
    }
    const path::Diffusion second = family_.diffusion(step.s);
    const double deviation = std::sqrt(std::abs(h) * 0.5 * (first.w + second.w));
    linear_combination<T>(1, x, h, slope_, stage_);
    if (deviation > 0) {
      const std::span<const T> z = increments_.draw(step.index);
      linear_combination<T>(1, stage_, deviation, z, stage_);
      linear_combination<T>(1, x, deviation, z, x);
    }
    linear_combination<T>(1, x, 0.5 * h, slope_, x);
    drift(stage_, step.s, h < 0, second, slope_);
    linear_combination<T>(1, x, 0.5 * h, slope_, x);
    return step.s;
  }
  bool evaluates_end() const override { return true; }
  bool draws_noise() const override { return family_.draws_noise(); }
  path::Interval interval(path::Interval usable) const override { return family_.interval(usable); }

 private:
  void drift(std::span<const T> x, double t, bool toward_data, const path::Diffusion& diffusion,
             std::span<T> out) {
    const path::Conversion drift = family_.drift(x, t, toward_data, diffusion, q_);
    linear_combination<T>(drift.x_coefficient, x, drift.q_coefficient, q_, out);
  }

  Flow<T>& flow_;
  detail::SdeFamily<T> family_;
  detail::Increments<T> increments_;
  bool noisy_end_;
  std::vector<T> slope_, stage_, q_;
};

}  // namespace

PATHFLOW_DEFINE_SAMPLER(make_stochastic_heun, StochasticHeun);

}  // namespace pathflow::sample
