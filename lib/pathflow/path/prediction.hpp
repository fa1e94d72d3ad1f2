// Predictions: what a network is asked for, each a linear form of the two endpoints, and the one
// 2x2 solve that converts any into any other (MATH section 2).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pathflow/path/schedule.hpp"

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::path {

/// A quantity that a network is asked for, see linear_form().
enum class Prediction { kData, kNoise, kVelocity, kV, kScore, kEdm };

/// data, noise, velocity, v, score, edm.
const std::vector<std::string>& prediction_names();
/// Errors: InvalidArgument for an unknown name (with the valid ones and the nearest).
Prediction prediction_of(std::string_view name);
std::string_view prediction_name(Prediction prediction);  ///< what prediction_of reads

/// c q = a x0 + b x1. c = 1 but for the score, where (a, b, c) = (0, -1, sigma), for edm, the F of
/// D = c_skip x_t + c_out F at unit scales, where it is (sigma, -alpha, hypot(alpha, sigma)), and
/// for the velocity where sigma_dot is infinite, (sigma alpha_dot, sigma sigma_dot, sigma): written
/// without a division, every conversion keeps its limit where one exists.
struct LinearForm {
  double a = 0, b = 0, c = 1;  ///< at one t
};
/// The form of a prediction, from the schedule's coefficients at its t.
LinearForm linear_form(Prediction prediction, const Coefficients& at);

/// The target itself, q = a x0 + b x1: for looking at. Infinite where the target is: b of the score
/// at sigma = 0, b of the velocity where sigma_dot is. Never NaN.
struct TargetWeights {
  double a = 0, b = 0;  ///< of x0 and of x1
};
/// Those of a prediction at one time.
TargetWeights target_weights(Prediction prediction, const Coefficients& at);

/// q_to = x_coefficient * x_t + q_coefficient * q_from.
struct Conversion {
  double x_coefficient = 0, q_coefficient = 1;  ///< at one t
};
/// The conversion at one time.
///
///     q_to = [(a' b - b' a) x_t + c Delta' q_from] / (c' Delta),   Delta = alpha b - sigma a
///
/// with (a, b, c) of `from` and (a', b', c') of `to`. Singular times and their limits:
///   from data      sigma = 0: none (the source end is not determined)
///   from noise     alpha = 0: none, but for the score, which is proportional to it
///   from score     alpha = 0: none, but noise = -sigma score
///   to score       sigma = 0: none, but from velocity where g^2 > 0 (vp at t = 0)
///   to velocity    sigma_dot infinite: none, but from score: v = f x - g^2 score / 2
///   from v, from edm, from velocity to data, noise, v, edm: always, but from velocity where the
///   path
///                  stands still (polynomial at t = 0)
/// Errors: NumericError, naming both predictions and t, where the answer has no finite limit;
/// InvalidArgument for t outside [0, 1]. Never infinite or NaN.
Conversion convert(Prediction from, Prediction to, const Schedule& schedule, double t);

/// Weight w(t) under which E w |q_from error|^2 equals E |q_to error|^2: the square of
/// Conversion::q_coefficient.
double equivalent_weight(Prediction from, Prediction to, const Schedule& schedule, double t);

/// Times from low to high.
struct Interval {
  double low = 0, high = 1;  ///< low <= high
};

/// How far inside a singular end time_interval stays. A thousandth of the path: the law there
/// differs from the end's by 1e-3 of the other end's scale on `linear`.
inline constexpr double kSingularMargin = 1e-3;

/// The interval on which a network asked for `prediction` is trained and sampled: the schedule's
/// [t_min, t_max], less kSingularMargin at an end where the target is infinite (score at sigma = 0)
/// or does not determine the velocity (data at sigma = 0, noise at alpha = 0).
Interval time_interval(Prediction prediction, const Schedule& schedule);

}  // namespace pathflow::path

#pragma GCC visibility pop  // public
