// edm: Heun's method with churn in the variables y = x / alpha, u = sigma / alpha, where the ODE is
// dy / du = N:
//   u^ = u (1 + gamma), y^ = y + sqrt(u^2^ - u^2) S_noise z        noise is added ...
//   y' = y^ + (u' - u^) (N^ + N') / 2                              ... and a second-order step
//   taken
// gamma = min(churn / steps, sqrt 2 - 1) where churn_from <= u <= churn_to, else 0. A step to u' =
// 0 (or to or from alpha = 0) is Euler's. churn = 0 is a deterministic method of order 2 with two
// evaluations a step, for any source. A step whose u^ would lie beyond the schedule adds no noise.
// Source: Karras et al., "Elucidating the design space of diffusion-based generative models",
// NeurIPS 2022, algorithm 2.
#include <algorithm>

#include "pathflow/base/error.hpp"
#include "pathflow/sample/samplers/ends.hpp"
#include "pathflow/sample/samplers/noise.hpp"

namespace pathflow::sample {
namespace {

using detail::Level;

template <class T>
class Edm final : public Sampler<T> {
 public:
  Edm(Flow<T>& flow, const SampleOptions& options)
      : flow_(flow),
        churn_(options.churn),
        gamma_(std::min(churn_ / options.steps, std::sqrt(2.0) - 1)),
        from_(options.churn_from),
        to_(options.churn_to),
        noise_scale_(options.churn_noise),
        ends_(flow),
        increments_(flow, options),
        noise_(flow.buffer()),
        stage_(flow.buffer()) {
    check_not_negative("sample", "churn", churn_);
    check_not_negative("sample", "churn_from", from_);
    check_not_negative("sample", "churn_noise", noise_scale_);
    if (!(to_ >= from_)) {
      throw_error(ErrorCode::kInvalidArgument, "sample",
                  {"churn_to must be at least churn_from, got ", to_, " and ", from_});
    }
    if (churn_ > 0) require_gaussian_source(options, "edm with churn");
  }

  double advance(const Step& step, std::span<T> x) override {
    const Level at = churned(step, x), to = detail::level_at(flow_.schedule(), step.s);
    ends_.evaluate(x, at.t);
    ends_.combine(0, 1, x, noise_);
    ends_.combine(to.alpha, to.sigma, x, x);
    if (to.sigma == 0 || at.alpha == 0 || to.alpha == 0) return step.s;
    ends_.evaluate(x, to.t);
    ends_.combine(0, 1, x, stage_);
    const double half = 0.5 * to.alpha * (to.sigma / to.alpha - at.sigma / at.alpha);
    detail::add_difference<T>(half, stage_, noise_, x);
    return step.s;
  }
  bool reversible() const override { return churn_ == 0; }

 private:
  /// Adds the step's noise to x and returns the level that x is then at.
  Level churned(const Step& step, std::span<T> x) {
    const path::Schedule& schedule = flow_.schedule();
    const Level at = detail::level_at(schedule, step.t);
    const double u = at.sigma / at.alpha;
    if (gamma_ == 0 || !(u >= from_ && u <= to_)) return at;
    const double wanted = schedule.time_of_log_snr(2 * (at.lambda - std::log1p(gamma_)));
    if (!(wanted < schedule.t_max())) return at;
    const Level raised = detail::level_at(schedule, static_cast<double>(static_cast<T>(wanted)));
    const double grown = raised.sigma / raised.alpha;
    const double deviation = std::sqrt(std::max(0.0, (grown - u) * (grown + u))) * noise_scale_;
    const std::span<const T> z = increments_.draw(step.index);
    linear_combination<T>(raised.alpha / at.alpha, x, raised.alpha * deviation, z, x);
    return raised;
  }

  Flow<T>& flow_;
  double churn_, gamma_, from_, to_, noise_scale_;
  detail::Ends<T> ends_;
  detail::Increments<T> increments_;
  std::vector<T> noise_, stage_;
};

}  // namespace

PATHFLOW_DEFINE_SAMPLER(make_edm, Edm);

}  // namespace pathflow::sample
