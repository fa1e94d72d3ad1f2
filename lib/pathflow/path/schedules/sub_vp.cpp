// sub-vp: alpha as vp-linear, sigma = 1 - alpha^2: less variance than vp at every time between.
// Source: Song et al., "Score-based generative modeling through SDEs", ICLR 2021, eq. 13.
#include "pathflow/path/schedules/schedules.hpp"

namespace pathflow::path {
namespace {

// sigma starts with slope beta_min, so nothing is infinite and the interval is whole.
class SubVp final : public Schedule {
 public:
  std::string name() const override { return "sub-vp"; }
  Coefficients at(double t) const override {
    detail::check_time(t);
    const detail::IntegratedNoise noise = detail::linear_noise(t);
    const double alpha = std::exp(-0.5 * noise.value);
    const double sigma = -std::expm1(-noise.value), sigma_dot = noise.rate * alpha * alpha;
    return {alpha, sigma, -0.5 * noise.rate * alpha, sigma_dot, sigma * sigma_dot};
  }
  // r = alpha / sigma gives r (1 - alpha^2) = alpha, so alpha = 2r / (1 + sqrt(1 + 4r^2)) and
  // sigma = alpha / r. T comes from whichever of the two is small.
  double time_of_log_snr(double value) const override {
    const double r = std::exp(0.5 * value);
    const double sum = 1 + std::hypot(1.0, 2 * r);
    const double noise = r < 1 ? -2 * std::log(2 * r / sum) : -std::log1p(-2 / sum);
    return detail::clamp_time(detail::time_of_linear_noise(noise));
  }
};

}  // namespace

std::shared_ptr<const Schedule> make_sub_vp_schedule() { return std::make_shared<SubVp>(); }

}  // namespace pathflow::path
