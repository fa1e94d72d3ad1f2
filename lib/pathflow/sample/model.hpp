// What a sampler sees of a model: anything that maps (x_t, t) to one prediction.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <utility>

#include "pathflow/path/prediction.hpp"

namespace pathflow::sample {

/// Shapes: x and q are [n, d] row-major, n = x.size() / dimension(). T is float or double.
template <class T>
class Model {
 public:
  virtual ~Model() = default;
  virtual std::size_t dimension() const = 0;
  virtual path::Prediction prediction() const = 0;
  /// q = prediction at (x, t), the same t for every row. Deterministic.
  virtual void predict(std::span<const T> x, T t, std::span<T> q) = 0;
};

/// Wraps any callable (x, t, q) as a model.
template <class T>
class FunctionModel final : public Model<T> {
 public:
  using Function = std::function<void(std::span<const T> x, T t, std::span<T> q)>;
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
