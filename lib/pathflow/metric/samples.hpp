// What the distances share: checks of two samples, and fast loops over pairs of points.
#pragma once

#include <cmath>
#include <string_view>
#include <vector>

#include "pathflow/base/threads.hpp"
#include "pathflow/metric/metrics.hpp"

namespace pathflow::metric {

/// Errors: see metrics.hpp.
void check_samples(std::string_view where, const Points& x, const Points& y);

/// Coordinates one after another, each padded with zeros to whole blocks, so that loops over points
/// have a fixed length and vectorise.
class Columns {
 public:
  static constexpr std::size_t kBlock = 64;

  explicit Columns(const Points& points);
  std::size_t size() const { return size_; }
  std::size_t blocks() const { return stride_ / kBlock; }
  /// Points of block b (the last may be short).
  std::size_t in_block(std::size_t b) const { return std::min(kBlock, size_ - b * kBlock); }

  /// out[j] = |this[i] - other[64 b + j]|^2 for the whole block, padding included.
  void squared_distances(std::size_t i, const Columns& other, std::size_t b,
                         float out[kBlock]) const {
    for (std::size_t axis = 0; axis < dimension_; ++axis) {
      const float at = values_[axis * stride_ + i];
      const float* to = other.values_.data() + axis * other.stride_ + b * kBlock;
      if (axis == 0) {
        for (std::size_t j = 0; j < kBlock; ++j) out[j] = (at - to[j]) * (at - to[j]);
      } else {
        for (std::size_t j = 0; j < kBlock; ++j) out[j] += (at - to[j]) * (at - to[j]);
      }
    }
  }

 private:
  std::size_t size_, dimension_, stride_;
  std::vector<float> values_;
};

/// The mean of kernel(|x_i - y_j|^2) over all pairs. Kernels are float in, float out; sums are
/// double, in an order that the number of threads does not change. Where &x == &y, only blocks from
/// the diagonal on are visited.
template <class Kernel>
double mean_over_pairs(const Columns& x, const Columns& y, const Kernel& kernel) {
  constexpr std::size_t kBlock = Columns::kBlock, kLanes = 8;
  const bool same = &x == &y;
  std::vector<double> rows(x.size());
  parallel_for(static_cast<std::int64_t>(x.size()), 64, [&](std::int64_t begin, std::int64_t end) {
    float block[kBlock];
    for (std::size_t i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
      double lanes[kLanes] = {};
      const std::size_t first = same ? i / kBlock : 0;
      for (std::size_t b = first; b < y.blocks(); ++b) {
        x.squared_distances(i, y, b, block);
        for (std::size_t j = 0; j < kBlock; ++j) block[j] = kernel(block[j]);
        for (std::size_t j = y.in_block(b); j < kBlock; ++j) block[j] = 0;
        const double weight = same && b > first ? 2 : 1;  // this pair and its mirror
        for (std::size_t j = 0; j < kBlock; j += kLanes) {
          for (std::size_t l = 0; l < kLanes; ++l) {
            lanes[l] += weight * static_cast<double>(block[j + l]);
          }
        }
      }
      double sum = 0;
      for (const double lane : lanes) sum += lane;
      rows[i] = sum;
    }
  });
  double total = 0;
  for (const double row : rows) total += row;
  return total / (static_cast<double>(x.size()) * static_cast<double>(y.size()));
}

}  // namespace pathflow::metric
