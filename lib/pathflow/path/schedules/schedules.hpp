// One function per schedule; schedule.cpp lists them in its table. Each class is private to its
// file: the public face is make_schedule.
#pragma once

#include <cmath>
#include <memory>
#include <string>
#include <string_view>

#include "pathflow/base/decimal.hpp"
#include "pathflow/base/error.hpp"
#include "pathflow/path/schedule.hpp"

namespace pathflow::path {

std::shared_ptr<const Schedule> make_linear_schedule();
std::shared_ptr<const Schedule> make_trig_schedule();
std::shared_ptr<const Schedule> make_vp_linear_schedule();
std::shared_ptr<const Schedule> make_vp_cosine_schedule();
std::shared_ptr<const Schedule> make_sub_vp_schedule();
std::shared_ptr<const Schedule> make_ve_schedule();
std::shared_ptr<const Schedule> make_edm_schedule();
std::shared_ptr<const Schedule> make_ddpm_linear_schedule();
std::shared_ptr<const Schedule> make_ddpm_scaled_linear_schedule();
std::shared_ptr<const Schedule> make_ddpm_cosine_schedule();
/// The schedules with a parameter: what follows the colon of their name, "" for the default.
///@{
std::shared_ptr<const Schedule> make_linear_sigma_min_schedule(std::string_view parameter,
                                                               std::string_view where);
std::shared_ptr<const Schedule> make_polynomial_schedule(std::string_view parameter,
                                                         std::string_view where);
std::shared_ptr<const Schedule> make_table_schedule(std::string_view rows, std::string_view where);
///@}

namespace detail {

inline constexpr double kPi = 3.14159265358979323846;

inline void check_time(double t) { check_between("Schedule", "t", t, 0.0, 1.0); }

/// The integrated noise T(t) = int_0^t beta of a diffusion, and its rate T' = beta.
struct IntegratedNoise {
  double value, rate;
};

/// T(t) = t beta_min + t^2 (beta_max - beta_min) / 2 with beta from 0.1 to 20, as in the score SDE.
inline constexpr double kBetaMin = 0.1, kBetaMax = 20.0;
inline IntegratedNoise linear_noise(double t) {
  return {t * (kBetaMin + 0.5 * t * (kBetaMax - kBetaMin)), kBetaMin + t * (kBetaMax - kBetaMin)};
}
/// The t of a given T up to T(1), by the form of the quadratic's root that has no cancellation.
inline double time_of_linear_noise(double value) {
  if (value >= linear_noise(1).value) return 1;
  const double root = std::sqrt(kBetaMin * kBetaMin + 2 * (kBetaMax - kBetaMin) * value);
  return 2 * value / (kBetaMin + root);
}

/// alpha = exp(-T/2), sigma = sqrt(1 - exp(-T)): alpha^2 + sigma^2 = 1 for every T.
inline Coefficients variance_preserving(IntegratedNoise noise) {
  const double alpha = std::exp(-0.5 * noise.value);
  const double sigma = std::sqrt(-std::expm1(-noise.value));
  const double product = 0.5 * noise.rate * alpha * alpha;  // sigma sigma_dot
  return {alpha, sigma, -0.5 * noise.rate * alpha, product / sigma, product};
}
/// The T at which a variance-preserving path has this log-SNR: ln(1 + exp(-value)), any value.
inline double noise_of_log_snr(double value) {
  return value > 0 ? std::log1p(std::exp(-value)) : -value + std::log1p(std::exp(value));
}

inline double clamp_time(double t) { return t < 0 ? 0.0 : (t > 1 ? 1.0 : t); }

/// A parameter as a number in [least, most]; `standard` for "".
/// Errors: InvalidArgument that names the schedule.
inline double number_parameter(std::string_view where, std::string_view schedule,
                               std::string_view text, double standard, double least, double most) {
  double value = standard;
  if (!text.empty() && !read_double(text, value)) {
    throw_error(ErrorCode::kInvalidArgument, where,
                {schedule, ": must be followed by a number, got \"", text, "\""});
  }
  check_between(where, schedule, value, least, most);
  return value;
}

}  // namespace detail
}  // namespace pathflow::path
