// The Brownian increments of stochastic samplers.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "pathflow/base/random.hpp"
#include "pathflow/sample/sampler.hpp"

namespace pathflow::sample::detail {

/// Standard normals that depend on (seed, draw, row) alone, row counted from options.first_row.
template <class T>
class Increments {
 public:
  Increments(Flow<T>& flow, const SampleOptions& options)
      : z_(flow.buffer()),
        random_(options.seed, Purpose::kSampleNoise),
        first_element_(options.first_row * flow.dimension()) {}

  /// The normals of a draw, until the next call. A sampler with one draw a step numbers them by
  /// Step::index.
  std::span<const T> draw(std::uint64_t number) {
    random_.fill_normal(std::span<T>(z_), number, first_element_);
    return z_;
  }
  /// x += deviation z.
  void add(std::uint64_t number, double deviation, std::span<T> x) {
    if (deviation == 0) return;
    linear_combination<T>(1, x, deviation, draw(number), x);
  }

 private:
  std::vector<T> z_;
  Random random_;
  std::uint64_t first_element_;
};

}  // namespace pathflow::sample::detail
