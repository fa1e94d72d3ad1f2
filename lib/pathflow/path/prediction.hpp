// Predictions: what a network is asked for, each a linear form of the two endpoints, and the one
// 2x2 solve that converts any into any other (MATH section 2).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pathflow/path/schedule.hpp"

namespace pathflow::path {

enum class Prediction { kData, kNoise, kVelocity, kV, kScore };

/// data, noise, velocity, v, score.
const std::vector<std::string>& prediction_names();
Prediction prediction_of(std::string_view name);
std::string_view prediction_name(Prediction prediction);

/// c q = a x0 + b x1. c = 1 but for the score, where (a, b, c) = (0, -1, sigma): written without a
/// division, every conversion keeps its limit where one exists.
struct LinearForm {
  double a = 0, b = 0, c = 1;
};
LinearForm linear_form(Prediction prediction, const Coefficients& at);

/// q_to = x_coefficient * x_t + q_coefficient * q_from.
struct Conversion {
  double x_coefficient = 0, q_coefficient = 1;
};
/// The conversion at one time.
/// Errors: NumericError, naming both predictions and t, where the answer has no limit (for example
/// velocity from data at t = 0 on `linear`: the noise end is not determined there).
Conversion convert(Prediction from, Prediction to, const Schedule& schedule, double t);

/// Weight w(t) under which E w |q_from error|^2 equals E |q_to error|^2: the square of
/// Conversion::q_coefficient.
double equivalent_weight(Prediction from, Prediction to, const Schedule& schedule, double t);

}  // namespace pathflow::path
