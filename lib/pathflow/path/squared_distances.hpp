// Squared distances of one point to many, the many stored by axes so that the loop vectorises.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace pathflow::path {

/// out[j] = sum_k (x[k] - y[k * stride + j])^2 for j < count, in float, k ascending. The same bits
/// on every processor.
void squared_distances(const float* x, const float* y, std::size_t d, std::size_t stride,
                       std::size_t count, float* out);

/// The transpose [d, n] of rows [n, d].
void by_axes(std::size_t n, std::size_t d, std::span<const float> rows, std::vector<float>& out);

}  // namespace pathflow::path
