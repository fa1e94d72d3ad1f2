// How far a model's velocity and score lie from the exact ones, over time.
#pragma once

#include <cstdint>
#include <vector>

#include "pathflow/density/closed_path.hpp"
#include "pathflow/sample/model.hpp"

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::density {

/// How many points stand behind each time.
struct PathErrorOptions {
  std::int64_t n = 1024;   ///< points of p_t at each time, >= 2
  std::uint64_t seed = 0;  ///< of the points: the same data and noise at every time
};

/// A mean square over x ~ p_t, beside the size of what it is an error of.
struct MeanSquareError {
  double error = 0;           ///< E |q - q*|^2, summed over coordinates; NaN: no finite conversion
  double standard_error = 0;  ///< of `error`, from n points
  double size = 0;            ///< E |q*|^2
  double relative() const { return error / size; }  ///< share of the exact mean square
};

/// The errors at one time.
struct PathError {
  double t = 0;                     ///< as the model sees it, rounded to T
  MeanSquareError velocity, score;  ///< of dx/dt and of grad log p_t
};

/// E |v - v*|^2 and E |s - s*|^2 over x ~ p_t of `exact`, at each of `times`.
///
/// The velocity's error bounds what an ODE sampler can go wrong by (Gronwall), the score's the KL
/// divergence of the reverse SDE's law, by its integral with weight g^2 / 2 (Girsanov; Song et al.
/// 2021b, theorem 1). Held against the path of a finite data set (EmpiricalPath) a network that
/// generalises has a score error that grows towards the data, as it should.
/// Cost: two calls of the exact path and one of the model a time, on n points. Errors:
/// InvalidArgument for n < 2, no times, a time outside [0, 1], or a model whose path has a gamma;
/// ShapeError for another dimension; NumericError where the exact velocity is infinite or the
/// model's answer is not finite.
template <class T>
[[gnu::visibility("default")]] std::vector<PathError> path_errors(
    sample::Model<T>& model, ClosedPath<T>& exact, const std::vector<double>& times,
    const PathErrorOptions& options = {});

}  // namespace pathflow::density

#pragma GCC visibility pop  // public
