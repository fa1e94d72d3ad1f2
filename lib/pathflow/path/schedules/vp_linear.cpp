// vp-linear: the score SDE's variance-preserving path, beta(t) from 0.1 to 20; DDPM in the limit.
// Source: Song et al., "Score-based generative modeling through SDEs", ICLR 2021, appendix C.
#include "pathflow/path/schedules/schedules.hpp"

namespace pathflow::path {
namespace {

class VpLinear final : public Schedule {
 public:
  std::string name() const override { return "vp-linear"; }
  Coefficients at(double t) const override {
    detail::check_time(t);
    return detail::variance_preserving(detail::linear_noise(t));
  }
  double time_of_log_snr(double value) const override {
    return detail::clamp_time(detail::time_of_linear_noise(detail::noise_of_log_snr(value)));
  }
  // sigma grows as sqrt(beta_min t), so sigma_dot is infinite at t = 0. At 1e-3 sigma is 0.0105:
  // invisible at the scale of the data, and sigma_dot is 5.7, which fixed steps can follow.
  double t_min() const override { return 1e-3; }
};

}  // namespace

std::shared_ptr<const Schedule> make_vp_linear_schedule() { return std::make_shared<VpLinear>(); }

}  // namespace pathflow::path
