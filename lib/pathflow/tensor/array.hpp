// Host arrays at the public edge: xtensor containers, row-major. Points are [n, d], one point a
// row.
#pragma once

#include <xtensor/xtensor.hpp>

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::tensor {

template <class T>
using Vector = xt::xtensor<T, 1>;  ///< one number a row: [n]
template <class T>
using Matrix = xt::xtensor<T, 2>;  ///< points: [n, d]
template <class T>
using Cube = xt::xtensor<T, 3>;  ///< trajectories: [times, n, d]

using Points = Matrix<float>;  ///< what networks see

}  // namespace pathflow::tensor

#pragma GCC visibility pop  // public
