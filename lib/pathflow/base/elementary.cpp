#include "pathflow/base/elementary.hpp"

#include <cstdint>

#include "pathflow/base/bits.hpp"

namespace pathflow::elementary {
namespace {

// Divided out here, once: in the loops these would be divisions at run time.
constexpr double kLogTail[] = {2.0 / 23, 2.0 / 21, 2.0 / 19, 2.0 / 17, 2.0 / 15, 2.0 / 13,
                               2.0 / 11, 2.0 / 9,  2.0 / 7,  2.0 / 5,  2.0 / 3};
/// Divisors n (n + 1) and n (n - 1) of the nested Taylor series, n = 18, 16, ..., 2.
struct Divisors {
  double sine, cosine;
};
constexpr Divisors kTaylor[] = {{342, 306}, {272, 240}, {210, 182}, {156, 132}, {110, 90},
                                {72, 56},   {42, 30},   {20, 12},   {6, 2}};

}  // namespace

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
  constexpr double kLn2High = 6.93147180369123816490e-01, kLn2Low = 1.90821492927058770002e-10;
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

// The pairs repeat the operations above in the same order; branches become selections, and small
// integers turn into doubles by the bits of 2^52 + n.
namespace {

typedef std::int64_t Longs __attribute__((vector_size(16)));

Longs bits_of(Pair x) { return (Longs)x; }
Pair double_of(Longs bits) { return (Pair)bits; }
Pair splat(double value) { return Pair{value, value}; }

constexpr std::int64_t kTwo52Bits = 0x4330000000000000;  // of 2^52

}  // namespace

Pair log(Pair x) {
  Pair m = double_of((bits_of(x) & 0x000FFFFFFFFFFFFF) | 0x3FF0000000000000);
  const Longs big = m > splat(1.4142135623730951);
  m = big ? m * 0.5 : m;
  const Longs exponent = ((bits_of(x) >> 52) & 0x7FF) - big;  // biased; a mask is -1
  const Pair k = double_of(exponent | kTwo52Bits) - splat(0x1p52) - splat(1023.0);
  const Pair f = m - 1.0;
  const Pair s = f / (2.0 + f);
  const Pair z = s * s;
  Pair tail = splat(2.0 / 25);
  for (double coefficient : kLogTail) tail = tail * z + coefficient;
  tail = tail * z;
  constexpr double kLn2High = 6.93147180369123816490e-01, kLn2Low = 1.90821492927058770002e-10;
  const Pair half_square = 0.5 * f * f;
  const Pair correction = s * (half_square + tail);
  return k * kLn2High - ((half_square - (correction + k * kLn2Low)) - f);
}

SinCosPair sincos_turn(Pair u) {
  const Pair x = u * 8.0;
  Pair whole = (x + 0x1p52) - 0x1p52;  // nearest integer, then the one below
  whole = whole > x ? whole - 1.0 : whole;
  const Longs octant = bits_of(whole + 0x1p52) & 7;
  Pair r = x - whole;
  r = (octant & 1) != 0 ? 1.0 - r : r;
  const Pair y = r * 0.78539816339744830962;
  const Pair z = y * y;
  Pair s = splat(1.0), c = splat(1.0);
  for (const Divisors& divisor : kTaylor) {
    s = 1.0 - s * z / divisor.sine;
    c = 1.0 - c * z / divisor.cosine;
  }
  s = s * y;
  const Longs swap = ((octant + 1) & 2) != 0;  // octants 1, 2, 5, 6
  const Pair sine = swap ? c : s, cosine = swap ? s : c;
  const Longs sign = static_cast<std::int64_t>(1ull << 63) & Longs{-1, -1};
  return {double_of(bits_of(sine) ^ (octant >= 4 ? sign : Longs{})),
          double_of(bits_of(cosine) ^ (((octant + 2) & 4) != 0 ? sign : Longs{}))};
}

}  // namespace pathflow::elementary
