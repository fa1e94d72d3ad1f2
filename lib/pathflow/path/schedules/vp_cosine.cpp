// vp-cosine: alpha^2 = cos^2(theta(t)) / cos^2(theta(0)), theta = (pi/2) (t + s) / (1 + s),
// s = 0.008, in continuous time.
//
// The discrete schedule caps each of its N = 1000 steps at beta_k <= 0.999, that is at
// ln(alpha^2) falling by at most -ln(0.001) a step. The continuous analogue used here caps the rate
// beta(t) = T'(t) at -N ln(0.001) = 6907.8: T = -ln(alpha^2) follows the cosine up to the time t*
// = 0.99971 where its rate reaches the cap and goes on in a straight line, so alpha(1) = 1.7e-4 and
// nothing is infinite at t = 1.
// Source: Nichol and Dhariwal, "Improved denoising diffusion probabilistic models", 2021, eq. 17.
#include "pathflow/path/schedules/schedules.hpp"

namespace pathflow::path {
namespace {

constexpr double kOffset = 0.008;
constexpr double kSpeed = 0.5 * detail::kPi / (1 + kOffset);  // d theta / dt
constexpr double kTheta0 = kSpeed * kOffset;
const double kRateCap = -1000 * std::log1p(-0.999);
const double kThetaCap = std::atan(kRateCap / (2 * kSpeed));  // T' = 2 kSpeed tan(theta)

// T of an angle below the cap. The difference of cosines is written as a product: no cancellation
// near t = 0, where T is 4e-5.
double noise_of_angle(double theta) {
  const double fall = 2 * std::sin(0.5 * (theta + kTheta0)) * std::sin(0.5 * (theta - kTheta0));
  return -2 * std::log1p(-fall / std::cos(kTheta0));
}

// The angle of T: sin^2 and cos^2 are both formed without cancellation.
double angle_of_noise(double noise) {
  const double cosine = std::cos(kTheta0), sine = std::sin(kTheta0);
  const double sine_square = sine * sine - cosine * cosine * std::expm1(-noise);
  return std::atan2(std::sqrt(sine_square), cosine * std::exp(-0.5 * noise));
}

class VpCosine final : public Schedule {
 public:
  std::string name() const override { return "vp-cosine"; }
  Coefficients at(double t) const override {
    detail::check_time(t);
    const double theta = kSpeed * (t + kOffset);
    if (theta <= kThetaCap) {
      return detail::variance_preserving({noise_of_angle(theta), 2 * kSpeed * std::tan(theta)});
    }
    const double beyond = (theta - kThetaCap) / kSpeed;
    return detail::variance_preserving({noise_of_angle(kThetaCap) + kRateCap * beyond, kRateCap});
  }
  double time_of_log_snr(double value) const override {
    const double noise = detail::noise_of_log_snr(value), cap = noise_of_angle(kThetaCap);
    const double t = noise <= cap ? angle_of_noise(noise) / kSpeed - kOffset
                                  : kThetaCap / kSpeed - kOffset + (noise - cap) / kRateCap;
    return detail::clamp_time(t);
  }
  // sigma_dot is infinite at t = 0 (sigma is 0.0064 at 1e-3). Near t = 1 the rate beta grows
  // without use up to the cap, so the interval ends where alpha = 0.0084, as little signal as
  // vp-linear leaves; DPM-Solver stops at the same time.
  double t_min() const override { return 1e-3; }
  double t_max() const override { return 0.9946; }
};

}  // namespace

std::shared_ptr<const Schedule> make_vp_cosine_schedule() { return std::make_shared<VpCosine>(); }

}  // namespace pathflow::path
