// edm: alpha = 1, sigma = (a + (b - a) t)^7, a = 0.002^(1/7), b = 80^(1/7): equal steps in t are
// Karras's grid of noise levels. x_1 itself is taken as N(0, 80^2 I).
// Source: Karras et al., "Elucidating the design space of diffusion-based generative models",
// NeurIPS 2022, eq. 5 and table 1.
#include "pathflow/path/schedules/schedules.hpp"

namespace pathflow::path {
namespace {

constexpr double kRho = 7, kSigmaMin = 0.002, kSigmaMax = 80;

// As on ve, sigma is never 0 and alpha never, so the interval is whole.
class Edm final : public Schedule {
 public:
  std::string name() const override { return "edm"; }
  Coefficients at(double t) const override {
    detail::check_time(t);
    const double root = kLow + kRise * t, square = root * root;
    const double sixth = square * square * square, sigma = sixth * root;
    const double rate = kRho * kRise * sixth;
    return {1, sigma, 0, rate, sigma * rate};
  }
  double time_of_log_snr(double value) const override {
    return detail::clamp_time((std::exp(-0.5 * value / kRho) - kLow) / kRise);
  }

 private:
  static inline const double kLow = std::pow(kSigmaMin, 1 / kRho);
  static inline const double kRise = std::pow(kSigmaMax, 1 / kRho) - kLow;
};

}  // namespace

std::shared_ptr<const Schedule> make_edm_schedule() { return std::make_shared<Edm>(); }

}  // namespace pathflow::path
