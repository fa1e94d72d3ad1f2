#include "pathflow/path/prediction.hpp"

#include <cmath>

#include "pathflow/base/error.hpp"
#include "pathflow/base/names.hpp"

namespace pathflow::path {
namespace {

std::string refusal(Prediction from, Prediction to, const Schedule& schedule, double t) {
  return message({prediction_name(to), " from ", prediction_name(from), " has no finite limit on ",
                  schedule.name(), " at t = ", t});
}

// With x = alpha D + sigma N and c q = a D + b N both ends are known, and c' q' = a' D + b' N is
//   q' = [(a' b - b' a) x + c Delta' q] / (c' Delta),  Delta = alpha b - sigma a.
// Forms that share an endpoint's zero (noise and score: a = a' = 0) are proportional: the common
// factor is taken out first, so that noise = -sigma score holds at alpha = 0 too.
Conversion solve(const LinearForm& from, const LinearForm& to, const Coefficients& at) {
  if (from.a == 0 && to.a == 0) return {0, from.c * to.b / (to.c * from.b)};
  if (from.b == 0 && to.b == 0 && to.a != 0) return {0, from.c * to.a / (to.c * from.a)};
  const double delta_from = at.alpha * from.b - at.sigma * from.a;
  const double delta_to = at.alpha * to.b - at.sigma * to.a;
  const double denominator = to.c * delta_from;
  return {(to.a * from.b - to.b * from.a) / denominator, from.c * delta_to / denominator};
}

// v = f x - g^2 s / 2, f = alpha_dot / alpha, g^2 / 2 = sigma sigma_dot - f sigma^2, with the
// factor sigma that solve() would find on both sides divided out by hand.
Conversion velocity_of_score(const Coefficients& at) {
  const double f = at.alpha_dot / at.alpha;
  return {f, -(at.sigma_sigma_dot - f * at.sigma * at.sigma)};
}
// Its inverse, multiplied through by alpha.
Conversion score_of_velocity(const Coefficients& at) {
  const double scale = at.alpha * at.sigma_sigma_dot - at.alpha_dot * at.sigma * at.sigma;
  return {at.alpha_dot / scale, -at.alpha / scale};
}

bool finite(const Conversion& conversion) {
  return std::isfinite(conversion.x_coefficient) && std::isfinite(conversion.q_coefficient);
}

Conversion conversion_or_nan(Prediction from, Prediction to, const Schedule& schedule, double t) {
  if (from == to) return {0, 1};
  const Coefficients at = schedule.at(t);
  if (from == Prediction::kScore && to == Prediction::kVelocity) return velocity_of_score(at);
  if (from == Prediction::kVelocity && to == Prediction::kScore) return score_of_velocity(at);
  return solve(linear_form(from, at), linear_form(to, at), at);
}

// Whether a network asked for `prediction` has a finite target at t that determines the velocity.
bool usable(Prediction prediction, const Schedule& schedule, double t) {
  const LinearForm form = linear_form(prediction, schedule.at(t));
  return form.c != 0 && std::isfinite(form.a) && std::isfinite(form.b) &&
         finite(conversion_or_nan(prediction, Prediction::kVelocity, schedule, t));
}

}  // namespace

const std::vector<std::string>& prediction_names() {
  static const std::vector<std::string> names =
      name_list({"data", "noise", "velocity", "v", "score", "edm"});
  return names;
}

Prediction prediction_of(std::string_view name) {
  const std::vector<std::string>& names = prediction_names();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (name == names[i]) return static_cast<Prediction>(i);
  }
  throw_unknown_name("prediction_of", "prediction", name, names);
}

std::string_view prediction_name(Prediction prediction) {
  return prediction_names().at(static_cast<std::size_t>(prediction));
}

LinearForm linear_form(Prediction prediction, const Coefficients& at) {
  switch (prediction) {
    case Prediction::kData:
      return {1, 0, 1};
    case Prediction::kNoise:
      return {0, 1, 1};
    case Prediction::kVelocity:
      if (std::isfinite(at.sigma_dot)) return {at.alpha_dot, at.sigma_dot, 1};
      return {at.sigma * at.alpha_dot, at.sigma_sigma_dot, at.sigma};
    case Prediction::kV:
      return {-at.sigma, at.alpha, 1};
    case Prediction::kScore:
      return {0, -1, at.sigma};
    case Prediction::kEdm:
      return {at.sigma, -at.alpha, std::hypot(at.alpha, at.sigma)};
  }
  throw_error(ErrorCode::kInternal, "linear_form", "prediction out of range");
}

TargetWeights target_weights(Prediction prediction, const Coefficients& at) {
  // linear_form() multiplies the velocity by sigma where sigma_dot is infinite: 0 / 0 at sigma = 0.
  if (prediction == Prediction::kVelocity) return {at.alpha_dot, at.sigma_dot};
  const LinearForm form = linear_form(prediction, at);
  return {form.a == 0 ? 0 : form.a / form.c, form.b == 0 ? 0 : form.b / form.c};
}

Conversion convert(Prediction from, Prediction to, const Schedule& schedule, double t) {
  const Conversion conversion = conversion_or_nan(from, to, schedule, t);
  if (!finite(conversion))
    throw_error(ErrorCode::kNumeric, "convert", {refusal(from, to, schedule, t)});
  return conversion;
}

double equivalent_weight(Prediction from, Prediction to, const Schedule& schedule, double t) {
  const double q = convert(from, to, schedule, t).q_coefficient;
  return q * q;
}

Interval time_interval(Prediction prediction, const Schedule& schedule) {
  Interval interval{schedule.t_min(), schedule.t_max()};
  if (!usable(prediction, schedule, interval.low)) interval.low += kSingularMargin;
  if (!usable(prediction, schedule, interval.high)) interval.high -= kSingularMargin;
  return interval;
}

}  // namespace pathflow::path
