// ClosedPath: a path to N(0, I) whose marginals, predictions and scores are known exactly.
#pragma once

#include <cstdint>
#include <span>

#include "pathflow/path/prediction.hpp"
#include "pathflow/path/schedule.hpp"
#include "pathflow/sample/model.hpp"
#include "pathflow/tensor/array.hpp"

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::density {

/// What a trained model is held against: the path x_t = alpha x0 + sigma x1 from a law of x0 that
/// is known to x1 ~ N(0, I). T is float or double; arithmetic is in double for both. Not safe to
/// share between threads: implementations keep scratch space.
template <class T>
class ClosedPath : public sample::DifferentiableModel<T> {
 public:
  /// The path's schedule.
  virtual const path::Schedule& schedule() const = 0;
  /// Any prediction at (x, t). Shapes: x, q [n, d]. Errors: ShapeError for sizes that do not fit;
  /// InvalidArgument for t outside [0, 1]; NumericError where the quantity is infinite at t.
  virtual void evaluate(path::Prediction which, std::span<const T> x, double t, std::span<T> q) = 0;
  /// log p_t(x) in nats. Shapes: x [n, d], log_density [n].
  virtual void log_density(std::span<const T> x, double t, std::span<T> log_density) = 0;
  /// n points [n, d] of the law of x0; a row is a pure function of (seed, row).
  virtual tensor::Matrix<T> draw(std::size_t n, std::uint64_t seed) const = 0;
};

}  // namespace pathflow::density

#pragma GCC visibility pop  // public
