// ddim(eta): x_s = alpha_s D + sqrt(sigma_s^2 - tau^2) N + tau z,
//   tau^2 = eta^2 (sigma_s^2 / sigma_t^2) (sigma_t^2 - (alpha_t / alpha_s)^2 sigma_s^2).
// eta = 0 is Euler in the variables x / alpha, sigma / alpha: order 1, exact for a point mass, and
// valid for any source and both directions. eta = 1 is ddpm with the small variance.
// Source: Song, Meng, Ermon, "Denoising diffusion implicit models", ICLR 2021, eq. 12 and 16.
#include <algorithm>
#include <cmath>

#include "pathflow/base/error.hpp"
#include "pathflow/sample/samplers/ancestral.hpp"

namespace pathflow::sample {
namespace {

template <class T>
class Ddim final : public Sampler<T> {
 public:
  Ddim(Flow<T>& flow, const SampleOptions& options)
      : flow_(flow), eta_(options.eta), step_(flow, options) {
    check_between("sample", "eta", eta_, 0.0, 1.0);
    if (eta_ > 0) require_gaussian_source(options, "ddim with eta > 0");
  }

  double advance(const Step& step, std::span<T> x) override {
    const path::Coefficients at_t = flow_.schedule().at(step.t), at_s = flow_.schedule().at(step.s);
    double tau2 = 0;
    if (eta_ > 0) tau2 = eta_ * eta_ * detail::ancestral_variance(at_t, at_s).posterior;
    const double rest = std::max(0.0, at_s.sigma * at_s.sigma - tau2);
    step_.apply(step, at_s.alpha, std::sqrt(rest), std::sqrt(tau2), x);
    return step.s;
  }
  bool reversible() const override { return eta_ == 0; }

 private:
  Flow<T>& flow_;
  double eta_;
  detail::AncestralStep<T> step_;
};

}  // namespace

PATHFLOW_DEFINE_SAMPLER(make_ddim, Ddim);

}  // namespace pathflow::sample
