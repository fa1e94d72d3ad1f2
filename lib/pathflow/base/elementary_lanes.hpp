// log and sincos_turn (elementary.hpp) on vectors of doubles of any width: the same operations in
// the same order, so the same bits in every lane. Branches become selections, and small integers
// turn into doubles by the bits of 2^52 + n.
//
// V is a vector type of gcc and clang. Always inlined: code compiled for one instruction set must
// not be what the linker keeps for another.
#pragma once

#include <cstdint>

namespace pathflow::elementary {

// Divided out here, once: in the loops these would be divisions at run time.
inline constexpr double kLogTail[] = {2.0 / 23, 2.0 / 21, 2.0 / 19, 2.0 / 17, 2.0 / 15, 2.0 / 13,
                                      2.0 / 11, 2.0 / 9,  2.0 / 7,  2.0 / 5,  2.0 / 3};
inline constexpr double kLn2High = 6.93147180369123816490e-01, kLn2Low = 1.90821492927058770002e-10;

/// Divisors n (n + 1) and n (n - 1) of the nested Taylor series, n = 18, 16, ..., 2.
struct Divisors {
  double sine, cosine;
};
inline constexpr Divisors kTaylor[] = {{342, 306}, {272, 240}, {210, 182}, {156, 132}, {110, 90},
                                       {72, 56},   {42, 30},   {20, 12},   {6, 2}};

inline constexpr std::int64_t kTwo52Bits = 0x4330000000000000;  // of 2^52

#define PATHFLOW_LANES \
  template <class V>   \
  inline __attribute__((always_inline))

/// The vector of 64-bit integers as wide as V.
template <class V>
using LongsOf = decltype(V{} < V{});

PATHFLOW_LANES LongsOf<V> bits_of(V x) { return (LongsOf<V>)x; }
PATHFLOW_LANES V all_lanes(double value) { return value - V{}; }

PATHFLOW_LANES V log_lanes(V x) {
  using Longs = LongsOf<V>;
  const Longs bits = bits_of(x);
  V m = (V)((bits & 0x000FFFFFFFFFFFFF) | 0x3FF0000000000000);
  const Longs big = m > all_lanes<V>(1.4142135623730951);
  m = big ? m * 0.5 : m;
  const Longs exponent = ((bits >> 52) & 0x7FF) - big;  // biased; a mask is -1
  const V k = (V)(exponent | kTwo52Bits) - 0x1p52 - 1023.0;
  const V f = m - 1.0;
  const V s = f / (2.0 + f);
  const V z = s * s;
  V tail = all_lanes<V>(2.0 / 25);
  for (double coefficient : kLogTail) tail = tail * z + coefficient;
  tail = tail * z;
  const V half_square = 0.5 * f * f;
  const V correction = s * (half_square + tail);
  return k * kLn2High - ((half_square - (correction + k * kLn2Low)) - f);
}

template <class V>
struct SinCosLanes {
  V sin, cos;
};

PATHFLOW_LANES SinCosLanes<V> sincos_turn_lanes(V u) {
  using Longs = LongsOf<V>;
  const V x = u * 8.0;
  V whole = (x + 0x1p52) - 0x1p52;  // nearest integer, then the one below
  whole = whole > x ? whole - 1.0 : whole;
  const Longs octant = bits_of(whole + 0x1p52) & 7;
  V r = x - whole;
  r = (octant & 1) != 0 ? 1.0 - r : r;
  const V y = r * 0.78539816339744830962;
  const V z = y * y;
  V s = all_lanes<V>(1.0), c = s;
  for (const Divisors& divisor : kTaylor) {
    s = 1.0 - s * z / divisor.sine;
    c = 1.0 - c * z / divisor.cosine;
  }
  s = s * y;
  const Longs swap = ((octant + 1) & 2) != 0;  // octants 1, 2, 5, 6
  const V sine = swap ? c : s, cosine = swap ? s : c;
  const Longs sign = INT64_MIN - Longs{};
  return {(V)(bits_of(sine) ^ (octant >= 4 ? sign : Longs{})),
          (V)(bits_of(cosine) ^ (((octant + 2) & 4) != 0 ? sign : Longs{}))};
}

}  // namespace pathflow::elementary
