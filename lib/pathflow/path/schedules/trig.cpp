// trig: alpha = cos(pi t / 2), sigma = sin(pi t / 2). Variance preserving without an exponential;
// its velocity is pi/2 times the prediction `v`.
#include "pathflow/path/schedules/schedules.hpp"

namespace pathflow::path {
namespace {

class Trig final : public Schedule {
 public:
  std::string name() const override { return "trig"; }
  // The cosine is taken as a sine of 1 - t, so that alpha is exactly 0 at t = 1 as sigma is at 0.
  Coefficients at(double t) const override {
    detail::check_time(t);
    const double half_pi = 0.5 * detail::kPi;
    const double alpha = t < 0.5 ? std::cos(half_pi * t) : std::sin(half_pi * (1 - t));
    const double sigma = t < 0.5 ? std::sin(half_pi * t) : std::cos(half_pi * (1 - t));
    return {alpha, sigma, -half_pi * sigma, half_pi * alpha, half_pi * sigma * alpha};
  }
  double time_of_log_snr(double value) const override {
    return 2 / detail::kPi * std::atan(std::exp(-0.5 * value));
  }
};

}  // namespace

std::shared_ptr<const Schedule> make_trig_schedule() { return std::make_shared<Trig>(); }

}  // namespace pathflow::path
