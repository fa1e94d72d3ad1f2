// dpmpp-sde-2m: the reverse SDE (w = g^2) with the denoiser extrapolated in lambda = ln(alpha /
// sigma) from the step before. With h = lambda_s - lambda_t and r = h_before / h,
//   x_s = alpha_s D + sigma_s e^-h N + alpha_s (1 - e^-2h) (D - D_before) / (2 r)
//         + sigma_s sqrt(1 - e^-2h) z.
// Without the third term (and on the first step, and at infinite lambda) it is ddim with eta = 1.
// One evaluation a step, none at s. Gaussian source, toward the data.
// Source: Lu et al., "DPM-Solver++", 2022, section 5 (SDE-DPM-Solver++(2M)).
#include <limits>
#include <utility>

#include "pathflow/sample/samplers/ends.hpp"
#include "pathflow/sample/samplers/noise.hpp"

namespace pathflow::sample {
namespace {

template <class T>
class DpmppSde2m final : public Sampler<T> {
 public:
  DpmppSde2m(Flow<T>& flow, const SampleOptions& options)
      : flow_(flow),
        ends_(flow),
        increments_(flow, options),
        data_(flow.buffer()),
        before_(flow.buffer()) {
    require_gaussian_source(options, "dpmpp-sde-2m");
  }

  double advance(const Step& step, std::span<T> x) override {
    const detail::Level at = detail::level_at(flow_.schedule(), step.t);
    const detail::Level to = detail::level_at(flow_.schedule(), step.s);
    const double h = to.lambda - at.lambda, share = -std::expm1(-2 * h);
    ends_.evaluate(x, step.t);
    ends_.combine(1, 0, x, data_);
    ends_.combine(to.alpha, to.sigma * std::exp(-h), x, x);
    if (std::isfinite(h) && std::isfinite(last_)) {
      detail::add_difference<T>(to.alpha * share * h / (2 * last_), data_, before_, x);
    }
    increments_.add(step.index, to.sigma * std::sqrt(share), x);
    std::swap(data_, before_);
    last_ = h;
    return step.s;
  }
  bool reversible() const override { return false; }

 private:
  Flow<T>& flow_;
  detail::Ends<T> ends_;
  detail::Increments<T> increments_;
  std::vector<T> data_, before_;
  double last_ =
      std::numeric_limits<double>::infinity();  ///< h of the step before, if there is one
};

}  // namespace

PATHFLOW_DEFINE_SAMPLER(make_dpmpp_sde_2m, DpmppSde2m);

}  // namespace pathflow::sample
