// Langevin dynamics: samples of one law from its score, with or without the Metropolis test.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "pathflow/path/schedule.hpp"
#include "pathflow/sample/model.hpp"
#include "pathflow/tensor/array.hpp"

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::sample {

/// score [n, d] = grad log p at x [n, d].
template <class T>
using ScoreFunction = std::function<void(std::span<const T> x, std::span<T> score)>;
/// log_density [n] = log p, up to one constant, at x [n, d]; -infinity where p = 0.
template <class T>
using LogDensityFunction = std::function<void(std::span<const T> x, std::span<T> log_density)>;

/// Step, length and draws of a chain.
struct LangevinOptions {
  double step =
      0.1;           ///< h, > 0, in the square of x's unit; stable below 4 times the least variance
  int steps = 1000;  ///< >= 1
  std::uint64_t seed = 0;  ///< of the noise and of the acceptance test
  /// Steps after which the points are kept, ascending in [0, steps]; 0: the start.
  std::vector<int> keep = {};
  /// Called after every step with the share done in [0, 1]; return false to stop (Cancelled).
  std::function<bool(double)> progress = {};
};

/// Where the chains are after their last step.
template <class T>
struct LangevinResult {
  tensor::Matrix<T> points;      ///< [n, d]
  tensor::Cube<T> trajectories;  ///< [keep.size(), n, d]
  double acceptance = 1;         ///< share of proposals accepted, over rows and steps
  std::int64_t evaluations = 0;  ///< calls of the score on the whole batch
};

/// Unadjusted Langevin algorithm from `start` [n, d], every row a chain of its own:
///
///     x <- x + (h / 2) s(x) + sqrt(h) z
///
/// Accuracy: its stationary law is not p: on N(0, 1) it has variance 1 / (1 - h / 4) exactly.
/// Errors: InvalidArgument for an option out of range; ShapeError for an empty start; NumericError
/// where a score is not finite (naming step and row); Cancelled.
/// Source: Roberts & Tweedie, "Exponential convergence of Langevin distributions", 1996.
template <class T>
[[gnu::visibility("default")]] LangevinResult<T> ula(const ScoreFunction<T>& score,
                                                     const tensor::Matrix<T>& start,
                                                     const LangevinOptions& options);

/// The same proposal x', accepted with probability min(1, p(x') q(x | x') / (p(x) q(x' | x))), q
/// the proposal's density: its stationary law is p exactly, for any h. Errors: as ula; NumericError
/// where log p is NaN or +infinity, or -infinity at the start. Source: as ula (MALA).
template <class T>
[[gnu::visibility("default")]] LangevinResult<T> mala(const ScoreFunction<T>& score,
                                                      const LogDensityFunction<T>& log_density,
                                                      const tensor::Matrix<T>& start,
                                                      const LangevinOptions& options);

/// The score of a model's marginal at time t, for ula(); that of its own noise where the path has
/// some. `model` and `schedule` must outlive it.
/// Errors: NumericError where the model's prediction gives no finite score at t.
template <class T>
[[gnu::visibility("default")]] ScoreFunction<T> score_at(Model<T>& model,
                                                         const path::Schedule& schedule, double t);

}  // namespace pathflow::sample

#pragma GCC visibility pop  // public
