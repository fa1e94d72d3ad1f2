// The two 16-bit floating-point formats of files, as bit patterns: IEEE binary16 and bfloat16.
#pragma once

#include <cstdint>

#include "pathflow/base/bits.hpp"

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::io {

/// The value of a binary16 pattern; exact, NaN stays NaN.
constexpr float float_of_half(std::uint16_t half) {
  const std::uint32_t sign = std::uint32_t{half & 0x8000u} << 16;
  const std::uint32_t exponent = (half >> 10) & 31u, fraction = half & 1023u;
  if (exponent == 31) return bit_cast<float>(sign | 0x7F800000u | fraction << 13);
  if (exponent != 0) return bit_cast<float>(sign | (exponent + 112) << 23 | fraction << 13);
  const float magnitude = static_cast<float>(fraction) * 0x1p-24f;  // subnormal or zero
  return sign != 0 ? -magnitude : magnitude;
}

/// The nearest binary16, ties to even; overflow gives infinity, NaN a quiet NaN.
constexpr std::uint16_t half_of_float(float value) {
  const std::uint32_t bits = bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (bits >> 16) & 0x8000u, magnitude = bits & 0x7FFFFFFFu;
  if (magnitude > 0x7F800000u) {
    return static_cast<std::uint16_t>(sign | 0x7E00u | (magnitude >> 13 & 1023u));
  }
  if (magnitude >= 0x47800000u) return static_cast<std::uint16_t>(sign | 0x7C00u);  // >= 2^16
  if (magnitude < 0x38800000u) {  // below 2^-14: adding 1/2 leaves the subnormal's bits at the end
    const float shifted = bit_cast<float>(magnitude) + 0.5f;
    return static_cast<std::uint16_t>(sign | (bit_cast<std::uint32_t>(shifted) - 0x3F000000u));
  }
  const std::uint32_t rounded = magnitude + 0xFFFu + (magnitude >> 13 & 1u) - (112u << 23);
  return static_cast<std::uint16_t>(sign | rounded >> 13);  // a carry walks into the exponent
}

/// The value of a bfloat16 pattern: the upper half of a float.
constexpr float float_of_bfloat16(std::uint16_t bits) {
  return bit_cast<float>(std::uint32_t{bits} << 16);
}

/// The nearest bfloat16, ties to even; NaN a quiet NaN.
constexpr std::uint16_t bfloat16_of_float(float value) {
  const std::uint32_t bits = bit_cast<std::uint32_t>(value);
  if ((bits & 0x7FFFFFFFu) > 0x7F800000u) return static_cast<std::uint16_t>(bits >> 16 | 0x40u);
  return static_cast<std::uint16_t>((bits + 0x7FFFu + (bits >> 16 & 1u)) >> 16);
}

}  // namespace pathflow::io

#pragma GCC visibility pop  // public
