#include "pathflow/density/path_errors.hpp"

#include <cmath>
#include <limits>
#include <optional>
#include <string>

#include "pathflow/base/error.hpp"
#include "pathflow/base/random.hpp"
#include "pathflow/sample/flow.hpp"

namespace pathflow::density {
namespace {

constexpr const char* kWhere = "path_errors";

/// Mean of |a - b|^2 and of |b|^2 over rows of d.
template <class T>
MeanSquareError compared(std::span<const T> a, std::span<const T> b, std::size_t d) {
  const std::size_t n = a.size() / d;
  MeanSquareError found;
  double squares = 0;
  for (std::size_t i = 0; i < n; ++i) {
    double row = 0;
    for (std::size_t k = i * d; k < (i + 1) * d; ++k) {
      const double gap = static_cast<double>(a[k]) - static_cast<double>(b[k]);
      row += gap * gap;
      found.size += static_cast<double>(b[k]) * static_cast<double>(b[k]);
    }
    found.error += row;
    squares += row * row;
  }
  const double count = static_cast<double>(n);
  found.error /= count;
  found.size /= count;
  const double variance = squares / count - found.error * found.error;
  found.standard_error = std::sqrt(std::max(0.0, variance) / (count - 1));
  return found;
}

std::optional<path::Conversion> conversion(path::Prediction from, path::Prediction to,
                                           const path::Schedule& schedule, double t) {
  try {
    return path::convert(from, to, schedule, t);
  } catch (const NumericError&) {  // no finite limit: this error is not defined at t
    return std::nullopt;
  }
}

/// The error of one quantity where the model's answer and the exact one both have it.
template <class T>
MeanSquareError error_of(path::Prediction which, sample::Model<T>& model, ClosedPath<T>& exact,
                         std::span<const T> x, std::span<const T> q, double t) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  const auto to = conversion(model.prediction(), which, exact.schedule(), t);
  const bool score = which == path::Prediction::kScore;
  if (!to || (score && exact.schedule().at(t).sigma == 0)) return {kNone, kNone, kNone};
  std::vector<T> own(x.size()), wanted(x.size());
  sample::linear_combination<T>(to->x_coefficient, x, to->q_coefficient, q, own);
  exact.evaluate(which, x, t, wanted);
  return compared<T>(own, wanted, model.dimension());
}

}  // namespace

template <class T>
std::vector<PathError> path_errors(sample::Model<T>& model, ClosedPath<T>& exact,
                                   const std::vector<double>& times,
                                   const PathErrorOptions& options) {
  check_at_least(kWhere, "n", options.n, 2);
  check_at_least(kWhere, "times", static_cast<std::int64_t>(times.size()), 1);
  check_size(kWhere, "the model's dimension", model.dimension(), exact.dimension());
  for (const double t : times) check_between(kWhere, "a time", t, 0.0, 1.0);
  if (model.gamma() != nullptr) {
    throw_error(ErrorCode::kInvalidArgument, kWhere,
                "the model's path must be alpha x0 + sigma x1, got one with noise of its own");
  }
  const std::size_t n = static_cast<std::size_t>(options.n);
  const tensor::Matrix<T> data = exact.draw(n, options.seed);
  std::vector<T> noise(data.size()), x(data.size()), q(data.size());
  Random(options.seed, Purpose::kSourceNoise).fill_normal(std::span<T>(noise), 0);
  std::vector<PathError> found;
  for (const double asked : times) {
    const T seen = static_cast<T>(asked);
    const double t = static_cast<double>(seen);
    const path::Coefficients at = exact.schedule().at(t);
    sample::linear_combination<T>(at.alpha, std::span<const T>(data.data(), data.size()), at.sigma,
                                  noise, x);
    sample::Flow<T>(model, exact.schedule(), n).predict(x, t, q);
    found.push_back({t, error_of<T>(path::Prediction::kVelocity, model, exact, x, q, t),
                     error_of<T>(path::Prediction::kScore, model, exact, x, q, t)});
  }
  return found;
}

#define PATHFLOW_INSTANTIATE(T)                \
  template std::vector<PathError> path_errors( \
      sample::Model<T>&, ClosedPath<T>&, const std::vector<double>&, const PathErrorOptions&);
PATHFLOW_INSTANTIATE(float)
PATHFLOW_INSTANTIATE(double)
#undef PATHFLOW_INSTANTIATE

}  // namespace pathflow::density
