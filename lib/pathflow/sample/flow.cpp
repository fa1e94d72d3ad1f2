#include "pathflow/sample/flow.hpp"

#include <cmath>
#include <string>

#include "pathflow/base/error.hpp"

namespace pathflow::sample {

template <class T>
std::size_t first_bad_row(std::span<const T> values, std::size_t d) {
  // x - x is 0 for finite x and NaN otherwise: a sum that vectorises, and a search only if it
  // fails.
  T sum = 0;
  for (const T value : values) sum += value - value;
  if (sum == 0) return values.size() / d;
  std::size_t i = 0;
  while (std::isfinite(values[i])) ++i;
  return i / d;
}

template <class T>
void Model<T>::predict_noise(std::span<const T>, T, std::span<T>, std::span<T>) {
  throw_error(ErrorCode::kInvalidArgument, "Model::predict_noise",
              "needs a path with noise of its own, got a model without gamma");
}

template <class T>
void Model<T>::jump(std::span<const T>, T, T, std::span<T>) {
  throw_error(ErrorCode::kInvalidArgument, "sample",
              "a jump needs a model of mean velocities (objective mean-flow or shortcut), got one "
              "that has none: use an ODE sampler, or sampler consistency");
}

template <class T>
path::Conversion Model<T>::conversion(path::Prediction to, const path::Schedule& schedule,
                                      double t) const {
  if (gamma() == nullptr && has_velocity()) return path::convert(prediction(), to, schedule, t);
  if (to == prediction()) return {};
  if (!has_velocity()) {
    throw_error(ErrorCode::kInvalidArgument, "sample",
                {"a consistency model gives the end of the path and no ", path::prediction_name(to),
                 " follows from it: use sampler consistency, and for ODE and SDE samplers, "
                 "likelihoods and fields another objective (mean-flow and shortcut have both)"});
  }
  throw_error(ErrorCode::kInvalidArgument, "sample",
              {"this path has noise gamma of its own, and neither ", path::prediction_name(to),
               " nor the other end follows from its velocity: use euler, midpoint, heun, rk4, "
               "dopri5, euler-maruyama or stochastic-heun"});
}

template <class T>
void Flow<T>::predict(std::span<const T> x, double t, std::span<T> q) {
  ++evaluations_;
  model_.predict(x, static_cast<T>(t), q);
  check(q, t);
}

template <class T>
void Flow<T>::predict_noise(std::span<const T> x, double t, std::span<T> q, std::span<T> z) {
  ++evaluations_;
  model_.predict_noise(x, static_cast<T>(t), q, z);
  check(q, t);
  check(z, t);
}

template <class T>
void Flow<T>::jump(std::span<const T> x, double t, double s, std::span<T> out) {
  ++evaluations_;
  model_.jump(x, static_cast<T>(t), static_cast<T>(s), out);
  check(out, t);
}

template <class T>
std::string Flow<T>::step_text() const {
  return step_ > 0 ? message({" in step ", step_}) : std::string();
}

template <class T>
void Flow<T>::check(std::span<const T> q, double t) const {
  const std::size_t row = first_bad_row(q, dimension());
  if (row == rows_) return;
  throw_error(ErrorCode::kNumeric, "sample",
              {"the model's output must be finite, got a value that is not at t = ", t, " in row ",
               row, step_text()});
}

template <class T>
void Flow<T>::velocity(std::span<const T> x, double t, std::span<T> v) {
  const path::Conversion c = conversion(path::Prediction::kVelocity, t);
  predict(x, t, v);
  if (c.x_coefficient == 0 && c.q_coefficient == 1) return;
  linear_combination(c.x_coefficient, x, c.q_coefficient, std::span<const T>(v), v);
}

template <class T>
void combine(std::span<const T> x, double h, std::span<const double> weights,
             std::span<const std::vector<T>> slopes, std::span<T> out) {
  const std::size_t n = x.size();
  bool first = true;
  for (std::size_t s = 0; s < weights.size(); ++s) {
    if (weights[s] == 0) continue;
    const T factor = static_cast<T>(h * weights[s]);
    const T* base = first ? x.data() : out.data();
    const T* slope = slopes[s].data();
    for (std::size_t i = 0; i < n; ++i) out[i] = base[i] + factor * slope[i];
    first = false;
  }
}

template <class T>
void linear_combination(double a, std::span<const T> x, double b, std::span<const T> y,
                        std::span<T> out) {
  const T a_t = static_cast<T>(a), b_t = static_cast<T>(b);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = a_t * x[i] + b_t * y[i];
}

#define PATHFLOW_INSTANTIATE(T)                                                            \
  template class Model<T>;                                                                 \
  template class Flow<T>;                                                                  \
  template std::size_t first_bad_row(std::span<const T>, std::size_t);                     \
  template void combine(std::span<const T>, double, std::span<const double>,               \
                        std::span<const std::vector<T>>, std::span<T>);                    \
  template void linear_combination(double, std::span<const T>, double, std::span<const T>, \
                                   std::span<T>);
PATHFLOW_INSTANTIATE(float)
PATHFLOW_INSTANTIATE(double)
#undef PATHFLOW_INSTANTIATE

}  // namespace pathflow::sample
