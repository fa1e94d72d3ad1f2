// Learning rates as pure functions of the step, so that resuming needs no state.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::nn {

/// What follows the warm-up.
enum class LearningRateShape { kConstant, kCosine };

/// constant, cosine.
const std::vector<std::string>& learning_rate_names();
/// Errors: InvalidArgument for an unknown name.
LearningRateShape learning_rate_shape_of(std::string_view name);

/// A rate as a function of the step.
struct LearningRate {
  LearningRateShape shape = LearningRateShape::kConstant;  ///< after the warm-up
  double peak = 1e-3;                                      ///< > 0
  std::int64_t warmup = 0;                                 ///< steps of linear rise, >= 0
  std::int64_t steps = 1;                                  ///< where a cosine reaches 0, >= 1

  /// The rate of the step number `step` (0 is the first):
  ///     peak * min(1, (step + 1) / warmup) * shape,
  ///     cosine: (1 + cos(pi r)) / 2,  r = clamp((step - warmup) / (steps - warmup), 0, 1).
  /// Accuracy: 4 ulp of peak, the same bits everywhere (elementary.hpp's cosine).
  /// Source: Loshchilov & Hutter 2017, eq. 5, one cycle.
  double at(std::int64_t step) const;
};

/// EMA decay with warm-up, so that early averages forget the start: min(decay, (1 + s) / (10 + s)).
double ema_decay(double decay, std::int64_t step);

}  // namespace pathflow::nn

#pragma GCC visibility pop  // public
