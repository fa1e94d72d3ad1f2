// The exponential of what is not positive, for loops over many.
#pragma once

#include <cstdint>

#include "pathflow/base/bits.hpp"

namespace pathflow {

/// r = e^r for |r| <= ln 2 / 2, by the Taylor series. V: float, or a vector of floats of gcc and
/// clang.
template <class V>
__attribute__((always_inline)) inline void exp_series(V& r) {
  V sum = V{} + 1.0f / 5040;
  sum = sum * r + 1.0f / 720;
  sum = sum * r + 1.0f / 120;
  sum = sum * r + 1.0f / 24;
  sum = sum * r + 1.0f / 6;
  r = (sum * r + 0.5f) * r * r + r + 1.0f;
}

/// exp(x) for x <= 0, without calls or branches so that loops vectorise: 2^k times the Taylor
/// series of e^r, |r| <= ln 2 / 2. Below -87 it stays at 1.6e-38. Accuracy: 1e-7 relative.
inline float exp_not_positive(float x) {
  const float clamped = x > -87.0f ? x : -87.0f;
  // Truncation, for an argument that is not positive, after - 1/2: the nearest integer.
  const std::int32_t k = static_cast<std::int32_t>(clamped * 1.44269504f - 0.5f);
  const float turns = static_cast<float>(k);
  float r = (clamped - turns * 0.693359375f) + turns * 2.12194440e-4f;  // ln 2 in two parts
  exp_series(r);
  return r * bit_cast<float>((k + 127) << 23);
}

/// x = exp(x) on a vector of floats of gcc and clang, with the same bits; I: of 32-bit integers.
template <class V, class I>
__attribute__((always_inline)) inline void exp_not_positive_lanes(V& x) {
  const V clamped = x > -87.0f ? x : V{} - 87.0f;
  const I k = __builtin_convertvector(clamped * 1.44269504f - 0.5f, I);
  const V turns = __builtin_convertvector(k, V);
  V r = (clamped - turns * 0.693359375f) + turns * 2.12194440e-4f;
  exp_series(r);
  x = r * (V)((k + 127) << 23);
}

}  // namespace pathflow
