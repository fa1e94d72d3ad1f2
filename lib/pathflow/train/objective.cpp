#include "pathflow/train/objective.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "pathflow/base/error.hpp"
#include "pathflow/train/config.hpp"

namespace pathflow::train {
namespace {

using path::Coefficients;
using path::LinearForm;
using path::Prediction;

constexpr double kUsualSize = 4.0;      ///< raw networks live within [1/4, 4]
constexpr double kMostVariation = 4.0;  ///< of a mean square before its inverse becomes the weight
constexpr int kProbes = 256;            ///< times at which an interval is examined

double mean_square(const LinearForm& form) {
  return (form.a * form.a + form.b * form.b) / (form.c * form.c);
}

double variance(const Coefficients& at, const Scales& scales) {
  return at.alpha * at.alpha * scales.data * scales.data +
         at.sigma * at.sigma * scales.source * scales.source;
}

/// c * output of the header.
double output_times_c(const LinearForm& form, const Coefficients& at, const Scales& scales) {
  return (form.a * at.sigma - form.b * at.alpha) * scales.data * scales.source /
         std::sqrt(variance(at, scales));
}

template <class Visit>
void probe(const path::Schedule& schedule, Visit&& visit) {
  const double from = schedule.t_min(), to = schedule.t_max();
  for (int i = 0; i <= kProbes; ++i) {
    visit(schedule.at(from + (to - from) * i / kProbes));
  }
}

bool usual(double size) { return size >= 1.0 / kUsualSize && size <= kUsualSize; }

bool needs_preconditioning(const path::Schedule& schedule, Prediction prediction,
                           const Scales& scales) {
  bool needed = false;
  probe(schedule, [&](const Coefficients& at) {
    const LinearForm form = path::linear_form(prediction, at);
    const double size = std::sqrt(form.a * form.a * scales.data * scales.data +
                                  form.b * form.b * scales.source * scales.source) /
                        std::abs(form.c);
    const double output = std::abs(output_times_c(form, at, scales) / form.c);
    // Written so that a NaN or infinity asks for preconditioning.
    const bool raw =
        usual(std::sqrt(variance(at, scales))) && usual(size) && size <= kUsualSize * output;
    if (!raw) needed = true;
  });
  return needed;
}

bool mean_square_varies(const path::Schedule& schedule, Prediction prediction) {
  double least = std::numeric_limits<double>::infinity(), most = 0;
  probe(schedule, [&](const Coefficients& at) {
    const double value = mean_square(path::linear_form(prediction, at));
    least = std::min(least, value);
    most = std::max(most, value);
  });
  return !(most <= kMostVariation * least);
}

/// w output^2 of the header's default weight, with c cancelled: the weight on |F - F*|^2 of a
/// preconditioned network. Finite at every time of the interval.
double output_weight(Objective::Rule rule, const LinearForm& form, const Coefficients& at,
                     const Scales& scales) {
  if (rule == Objective::Rule::kInverseOutput) return 1.0;
  const double output = output_times_c(form, at, scales);
  const double divisor =
      rule == Objective::Rule::kOne ? form.c * form.c : form.a * form.a + form.b * form.b;
  return output * output / divisor;
}

/// Weight on |sigma s - sigma score|^2, times alpha: g^2 is infinite at alpha = 0, and the
/// network's share of the score vanishes there.
double score_weight_times_alpha(Weighting weighting, const Coefficients& at) {
  const double sigma2 = at.sigma * at.sigma;
  if (weighting == Weighting::kOne) return at.alpha / sigma2;
  if (weighting != Weighting::kG2) return at.alpha;
  return 2 * (at.alpha * at.sigma_sigma_dot - at.alpha_dot * sigma2) / sigma2;
}

/// The weight on |F - F*|^2 that a weight on the score is: sigma s = ... + (alpha s r / sqrt(V)) F.
double output_weight(Weighting weighting, const Coefficients& at, const Scales& scales) {
  const double ends = scales.data * scales.source;
  return score_weight_times_alpha(weighting, at) * at.alpha * ends * ends / variance(at, scales);
}

Objective::Rule default_rule(const path::Schedule& schedule, Prediction prediction) {
  if (prediction == Prediction::kData || prediction == Prediction::kEdm) {
    return Objective::Rule::kInverseOutput;
  }
  return mean_square_varies(schedule, prediction) ? Objective::Rule::kInverseMeanSquare
                                                  : Objective::Rule::kOne;
}

}  // namespace

Weighting weighting_of(std::string_view name) {
  const std::vector<std::string>& names = weight_names();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (name == names[i]) return static_cast<Weighting>(i);
  }
  throw_unknown_name("weighting_of", "weight", name, names);
}

Objective::Objective(std::shared_ptr<const path::Schedule> schedule, Prediction prediction,
                     Weighting weighting, Scales scales)
    : schedule_(std::move(schedule)), prediction_(prediction) {
  check_positive("Objective", "data scale", scales.data);
  check_positive("Objective", "source scale", scales.source);
  scales_ = {usual(scales.data) ? 1.0 : scales.data, usual(scales.source) ? 1.0 : scales.source};
  preconditioned_ = prediction == Prediction::kEdm ||  // F is what a preconditioned network gives
                    needs_preconditioning(*schedule_, prediction, scales_);
  weighting_ = weighting;
  weighed_ = weighting == Weighting::kVelocity ? Prediction::kVelocity : prediction;
  const bool named = weighting == Weighting::kDefault || weighting == Weighting::kVelocity;
  rule_ = named ? default_rule(*schedule_, weighed_) : Rule::kScore;
}

Prediction Objective::model_prediction() const {
  return preconditioned_ ? Prediction::kV : prediction_;
}

Objective::Row Objective::row(double t) const {
  const Coefficients at = schedule_->at(t);
  const double weight = rule_ == Rule::kScore
                            ? output_weight(weighting_, at, scales_)
                            : output_weight(rule_, path::linear_form(weighed_, at), at, scales_);
  if (preconditioned_) {
    const double size = std::sqrt(variance(at, scales_));
    return {.alpha = at.alpha,
            .sigma = at.sigma,
            .input = 1.0 / size,
            .a = at.sigma * scales_.source / (scales_.data * size),
            .b = -at.alpha * scales_.data / (scales_.source * size),
            .weight = weight};
  }
  const LinearForm form = path::linear_form(prediction_, at);
  const double output = output_times_c(form, at, scales_) / form.c;
  // Here F is q itself, whose residual is `output` times that of a preconditioned network.
  return {.alpha = at.alpha,
          .sigma = at.sigma,
          .input = 1.0,
          .a = form.a / form.c,
          .b = form.b / form.c,
          .weight = weight / (output * output)};
}

path::Interval Objective::interval() const {
  path::Interval interval{schedule_->t_min(), schedule_->t_max()};
  if (!std::isfinite(row(interval.low).weight)) interval.low += path::kSingularMargin;
  if (!std::isfinite(row(interval.high).weight)) interval.high -= path::kSingularMargin;
  return interval;
}

double Objective::score_weight(double t) const {
  const Coefficients at = schedule_->at(t);
  if (weighting_ != Weighting::kG2 && weighting_ != Weighting::kOne) return 1;
  return score_weight_times_alpha(weighting_, at) / at.alpha;
}

Objective::Reading Objective::reading(double t) const {
  if (!preconditioned_) return {};
  const Coefficients at = schedule_->at(t);
  const LinearForm form = path::linear_form(Prediction::kV, at);
  const double s2 = scales_.data * scales_.data, r2 = scales_.source * scales_.source;
  const double v = variance(at, scales_);
  return {.input = 1.0 / std::sqrt(v),
          .skip = (form.a * at.alpha * s2 + form.b * at.sigma * r2) / (form.c * v),
          .output = output_times_c(form, at, scales_) / form.c};
}

}  // namespace pathflow::train
