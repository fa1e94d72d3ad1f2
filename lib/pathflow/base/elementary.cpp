#include "pathflow/base/elementary.hpp"

#include <cstdint>

#include "pathflow/base/bits.hpp"
#include "pathflow/base/elementary_lanes.hpp"

namespace pathflow::elementary {
// x = 2^k m with m in [sqrt(1/2), sqrt(2)); log m = 2 atanh(s), s = (m - 1) / (m + 1), as a series
// in s^2 (|s| <= 0.1716, so 11 terms reach 2^-60). The leading term is kept apart for accuracy:
// 2s = f - s f with f = m - 1, the same rearrangement as fdlibm's.
double log(double x) {
  std::uint64_t bits = bit_cast<std::uint64_t>(x);
  std::int64_t exponent = static_cast<std::int64_t>(bits >> 52) - 1023;
  double m = bit_cast<double>((bits & 0x000FFFFFFFFFFFFFull) | 0x3FF0000000000000ull);
  if (m > 1.4142135623730951) {
    m *= 0.5;
    ++exponent;
  }
  const double f = m - 1.0;
  const double s = f / (2.0 + f);
  const double z = s * s;
  double tail = 2.0 / 25;
  for (double coefficient : kLogTail) tail = tail * z + coefficient;
  tail *= z;  // log m = 2s + s * tail
  const double k = static_cast<double>(exponent);
  const double half_square = 0.5 * f * f;
  const double correction = s * (half_square + tail);
  return k * kLn2High - ((half_square - (correction + k * kLn2Low)) - f);
}

// Octant reduction is exact: u * 8 and the fraction of an octant have no rounding for 52-bit u.
SinCos sincos_turn(double u) {
  const int octant = static_cast<int>(u * 8.0) & 7;
  double r = u * 8.0 - static_cast<double>(static_cast<int>(u * 8.0));  // [0, 1) of pi/4
  if (octant & 1) r = 1.0 - r;
  const double y = r * 0.78539816339744830962;
  const double z = y * y;
  double s = 1.0, c = 1.0;  // nested Taylor, |y| <= pi/4: 10 terms are below 2^-60
  for (const Divisors& divisor : kTaylor) {
    s = 1.0 - s * z / divisor.sine;
    c = 1.0 - c * z / divisor.cosine;
  }
  s *= y;
  const bool swap = octant == 1 || octant == 2 || octant == 5 || octant == 6;
  double sine = swap ? c : s, cosine = swap ? s : c;
  if (octant >= 4) sine = -sine;
  if (octant >= 2 && octant <= 5) cosine = -cosine;
  return {sine, cosine};
}

Pair log(Pair x) { return log_lanes(x); }

SinCosPair sincos_turn(Pair u) {
  const SinCosLanes<Pair> both = sincos_turn_lanes(u);
  return {both.sin, both.cos};
}

}  // namespace pathflow::elementary
