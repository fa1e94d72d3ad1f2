// ddpm: ancestral sampling. The mean of p(x_s | x_t, D),
//   alpha_s D + (alpha_t / alpha_s) (sigma_s^2 / sigma_t) N,
// plus noise of variance "small" (the posterior's own: exact for a point mass) or "large"
// (sigma_t^2 - (alpha_t / alpha_s)^2 sigma_s^2: exact for data that is N(0, I) on a
// variance-preserving path). With the large variance a last step to the schedule's t_min adds none.
// Source: Ho, Jain, Abbeel, "Denoising diffusion probabilistic models", 2020, section 3.2.
#include <algorithm>
#include <cmath>

#include "pathflow/base/error.hpp"
#include "pathflow/sample/option_table.hpp"
#include "pathflow/sample/samplers/ancestral.hpp"

namespace pathflow::sample {
namespace {

template <class T>
class Ddpm final : public Sampler<T> {
 public:
  Ddpm(Flow<T>& flow, const SampleOptions& options)
      : flow_(flow), large_(options.variance == "large"), step_(flow, options) {
    if (!large_ && options.variance != "small") {
      throw_unknown_name("sample", "variance", options.variance, variance_names());
    }
    require_gaussian_source(options, "ddpm");
  }

  double advance(const Step& step, std::span<T> x) override {
    const path::Coefficients at_t = flow_.schedule().at(step.t), at_s = flow_.schedule().at(step.s);
    const detail::AncestralVariance variance = detail::ancestral_variance(at_t, at_s);
    const double rest = std::max(0.0, at_s.sigma * at_s.sigma - variance.posterior);
    double added = variance.posterior;
    if (large_) added = flow_.at_data_end(step.s) ? 0 : variance.forward;
    step_.apply(step, at_s.alpha, std::sqrt(rest), std::sqrt(added), x);
    return step.s;
  }
  bool reversible() const override { return false; }

 private:
  Flow<T>& flow_;
  bool large_;
  detail::AncestralStep<T> step_;
};

}  // namespace

PATHFLOW_DEFINE_SAMPLER(make_ddpm, Ddpm);

}  // namespace pathflow::sample
