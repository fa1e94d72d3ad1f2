// ddpm-linear, ddpm-scaled-linear, ddpm-cosine: the thousand levels of a discrete diffusion, and
// the levels between them. At t = k / 1000
//
//     alpha^2 = alpha_bar_k = prod_{j <= k} (1 - beta_j),   sigma^2 = 1 - alpha_bar_k,
//
// k = 0 being the data; in between T = -ln(alpha_bar) is a monotone cubic of t, from t = 0 to the
// first level a quartic that starts flat (so sigma starts out straight and every derivative is
// finite). Index i of other people's
// 0-based time steps is k = i + 1.
//
//     linear          beta from 1e-4 to 0.02 in equal steps
//     scaled-linear   sqrt(beta) from sqrt(0.00085) to sqrt(0.012): latent diffusion's numbers
//     cosine          alpha_bar = cos^2((k/1000 + s) / (1 + s) pi/2), s = 0.008, beta <= 0.999
//
// Sources: Ho, Jain, Abbeel 2020; Rombach et al. 2022; Nichol and Dhariwal 2021, eq. 17.
#include <vector>

#include "pathflow/path/schedules/monotone_cubic.hpp"
#include "pathflow/path/schedules/schedules.hpp"

namespace pathflow::path {
namespace {

constexpr int kLevels = 1000;

// -ln(1 - beta_k), k in 1..1000.
double linear_step(int k) { return -std::log1p(-(1e-4 + (0.02 - 1e-4) * (k - 1) / (kLevels - 1))); }
double scaled_linear_step(int k) {
  const double low = std::sqrt(0.00085), high = std::sqrt(0.012);
  const double root = low + (high - low) * (k - 1) / (kLevels - 1);
  return -std::log1p(-root * root);
}
double cosine_step(int k) {
  const auto angle = [](int level) {
    return 0.5 * detail::kPi * (static_cast<double>(level) / kLevels + 0.008) / 1.008;
  };
  const double ratio = k < kLevels ? std::cos(angle(k)) / std::cos(angle(k - 1)) : 0;
  return -std::log(std::max(1 - 0.999, ratio * ratio));
}

detail::MonotoneCubic noise_of_levels(double (*step)(int)) {
  std::vector<double> t(kLevels + 1), noise(kLevels + 1);
  for (int k = 1; k <= kLevels; ++k) {
    const auto i = static_cast<std::size_t>(k);
    t[i] = static_cast<double>(k) / kLevels;
    noise[i] = noise[i - 1] + step(k);
  }
  detail::MonotoneCubic curve(std::move(t), std::move(noise));
  curve.start_flat();
  return curve;
}

class Ddpm final : public Schedule {
 public:
  Ddpm(const char* name, double (*step)(int), double t_max)
      : name_(name), noise_(noise_of_levels(step)), t_max_(t_max) {}
  std::string name() const override { return name_; }
  Coefficients at(double t) const override {
    detail::check_time(t);
    const auto piece = noise_.piece_at(t);
    const double u = (t - piece.x0) / piece.width;
    Coefficients c = detail::variance_preserving({piece.value(u), piece.slope(u)});
    if (t == 0) c.sigma_dot = std::sqrt(piece.c) / piece.width;  // T = c u^2 + ..., sigma = sqrt(T)
    return c;
  }
  double time_of_log_snr(double value) const override {
    return noise_.inverse(detail::noise_of_log_snr(value));
  }
  double t_max() const override { return t_max_; }

 private:
  const char* name_;
  detail::MonotoneCubic noise_;
  double t_max_;
};

}  // namespace

std::shared_ptr<const Schedule> make_ddpm_linear_schedule() {
  return std::make_shared<Ddpm>("ddpm-linear", linear_step, 1.0);
}
std::shared_ptr<const Schedule> make_ddpm_scaled_linear_schedule() {
  return std::make_shared<Ddpm>("ddpm-scaled-linear", scaled_linear_step, 1.0);
}
// Its last level alone takes away as much signal as all before it: beyond level 995, where alpha is
// 0.0078, the rate grows a hundredfold without use, as on vp-cosine.
std::shared_ptr<const Schedule> make_ddpm_cosine_schedule() {
  return std::make_shared<Ddpm>("ddpm-cosine", cosine_step, 0.995);
}

}  // namespace pathflow::path
