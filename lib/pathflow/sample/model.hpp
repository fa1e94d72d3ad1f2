// What a sampler sees of a model: anything that maps (x_t, t) to one prediction.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <utility>

#include "pathflow/path/gamma.hpp"
#include "pathflow/path/prediction.hpp"

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::sample {

/// Shapes: x and q are [n, d] row-major, n = x.size() / dimension(). T is float or double.
template <class T>
class Model {
 public:
  virtual ~Model() = default;
  virtual std::size_t dimension() const = 0;        ///< d of the points
  virtual path::Prediction prediction() const = 0;  ///< what predict() gives
  /// q = prediction at (x, t), the same t for every row. Deterministic.
  virtual void predict(std::span<const T> x, T t, std::span<T> q) = 0;

  /// The noise of the path itself, x_t = alpha x0 + sigma x1 + gamma z, where the model knows E[z |
  /// x_t]: its score is -E[z | x_t] / gamma, whatever the two ends are. Null: the path has none,
  /// and a Gaussian source alone ties the score to the prediction. Such a model predicts the
  /// velocity.
  virtual const path::Gamma* gamma() const { return nullptr; }
  /// q = prediction and z = E[z | x_t] at (x, t), from one evaluation. Only where gamma() is set.
  virtual void predict_noise(std::span<const T> x, T t, std::span<T> q, std::span<T> z);

  /// Whether the prediction is the mean of its target given x_t, so that a velocity follows. False:
  /// a consistency model, whose prediction (data) is the end of the path of the ODE through x_t.
  virtual bool has_velocity() const { return true; }
  /// Whether jump() is there: the flow map of a few-step model.
  virtual bool jumps() const { return false; }
  /// out = where the ODE brings x from t to s <= t, in one evaluation. Only where jumps().
  virtual void jump(std::span<const T> x, T t, T s, std::span<T> out);

  /// `to` = x_coefficient x + q_coefficient prediction, at time t: what everything that asks a
  /// model for more than its prediction goes through.
  /// Errors: NumericError where it has no limit; InvalidArgument for anything but the prediction
  /// itself of a consistency model, or of a path with noise of its own, where two ends do not
  /// follow from one velocity.
  path::Conversion conversion(path::Prediction to, const path::Schedule& schedule, double t) const;
};

/// A model whose derivative along x is known: what an exact likelihood needs.
template <class T>
class DifferentiableModel : public Model<T> {
 public:
  /// q = prediction at (x, t) and dq = (dq/dx) tangent, each row by itself.
  /// Shapes: x, tangent, q, dq [n, d].
  virtual void predict_along(std::span<const T> x, T t, std::span<const T> tangent, std::span<T> q,
                             std::span<T> dq) = 0;
};

/// Wraps any callable (x, t, q) as a model.
template <class T>
class FunctionModel final : public Model<T> {
 public:
  /// Fills q [n, d] from x [n, d] at the time t of every row.
  using Function = std::function<void(std::span<const T> x, T t, std::span<T> q)>;
  /// `function` gives `prediction` of points in `dimension` coordinates.
  FunctionModel(std::size_t dimension, path::Prediction prediction, Function function)
      : dimension_(dimension), prediction_(prediction), function_(std::move(function)) {}
  std::size_t dimension() const override { return dimension_; }
  path::Prediction prediction() const override { return prediction_; }
  void predict(std::span<const T> x, T t, std::span<T> q) override { function_(x, t, q); }

 private:
  std::size_t dimension_;
  path::Prediction prediction_;
  Function function_;
};

}  // namespace pathflow::sample

#pragma GCC visibility pop  // public
