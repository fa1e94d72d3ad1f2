#include "pathflow/nn/learning_rate.hpp"

#include <algorithm>

#include "pathflow/base/elementary.hpp"
#include "pathflow/base/error.hpp"
#include "pathflow/base/names.hpp"

namespace pathflow::nn {

const std::vector<std::string>& learning_rate_names() {
  static const std::vector<std::string> names = name_list({"constant", "cosine"});
  return names;
}

LearningRateShape learning_rate_shape_of(std::string_view name) {
  if (name == "constant") return LearningRateShape::kConstant;
  if (name == "cosine") return LearningRateShape::kCosine;
  throw_unknown_name("learning_rate", "learning-rate schedule", name, learning_rate_names());
}

double LearningRate::at(std::int64_t step) const {
  double rate = peak;
  if (step < warmup) rate *= static_cast<double>(step + 1) / static_cast<double>(warmup);
  if (shape == LearningRateShape::kCosine && step > warmup) {
    if (step >= steps) return 0.0;
    const double share = static_cast<double>(step - warmup) / static_cast<double>(steps - warmup);
    rate *= 0.5 * (1.0 + elementary::sincos_turn(0.5 * share).cos);
  }
  return rate;
}

double ema_decay(double decay, std::int64_t step) {
  const double s = static_cast<double>(step);
  return std::min(decay, (1.0 + s) / (10.0 + s));
}

}  // namespace pathflow::nn
