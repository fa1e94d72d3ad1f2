// Source: Steele and White, "How to print floating-point numbers accurately", 1990 (free format);
// Clinger, "How to read floating point numbers accurately", 1990 (by exact division).
#include "pathflow/base/decimal.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

#include "pathflow/base/bits.hpp"

namespace pathflow {
namespace {

constexpr int kMantissa = 53, kLeastExponent = -1074;
/// Digits that are read; one more stands for all that follow. Halfway points have at most 767.
constexpr int kMostDigits = 800;

/// A natural number below 2^4096: enough for kMostDigits digits and the powers of ten beside them.
class Natural {
 public:
  explicit Natural(std::uint64_t value) {
    for (; value != 0; value >>= 32) words_[size_++] = static_cast<std::uint32_t>(value);
  }
  bool is_zero() const { return size_ == 0; }
  int bits() const { return size_ == 0 ? 0 : 32 * size_ - std::countl_zero(words_[size_ - 1]); }

  /// this * factor + carry.
  void multiply(std::uint32_t factor, std::uint64_t carry = 0) {
    for (unsigned i = 0; i < size_; ++i) {
      carry += std::uint64_t{words_[i]} * factor;
      words_[i] = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    if (carry != 0) words_[size_++] = static_cast<std::uint32_t>(carry);
  }
  void multiply_power_of_ten(int exponent) {
    for (; exponent > 0; --exponent) multiply(10);
  }
  void shift_left(int count) {
    for (; count >= 31; count -= 31) multiply(std::uint32_t{1} << 31);
    if (count > 0) multiply(std::uint32_t{1} << count);
  }
  /// Subtracts other if it is not larger; says whether it did.
  bool take(const Natural& other) {
    if (compare(*this, other) < 0) return false;
    std::uint64_t borrow = 0;
    for (unsigned i = 0; i < size_; ++i) {
      const std::uint64_t less = (i < other.size_ ? other.words_[i] : 0) + borrow;
      borrow = words_[i] < less ? 1 : 0;
      words_[i] -= static_cast<std::uint32_t>(less);
    }
    while (size_ > 0 && words_[size_ - 1] == 0) --size_;
    return true;
  }
  void add(const Natural& other) {
    std::uint64_t carry = 0;
    for (unsigned i = 0; i < other.size_ || carry != 0; ++i) {
      if (i == size_) words_[size_++] = 0;
      carry += std::uint64_t{words_[i]} + (i < other.size_ ? other.words_[i] : 0);
      words_[i] = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
  }
  /// Negative, 0 or positive as a is below, equal to or above b.
  friend int compare(const Natural& a, const Natural& b) {
    if (a.size_ != b.size_) return a.size_ < b.size_ ? -1 : 1;
    for (unsigned i = a.size_; i-- > 0;) {
      if (a.words_[i] != b.words_[i]) return a.words_[i] < b.words_[i] ? -1 : 1;
    }
    return 0;
  }

 private:
  unsigned size_ = 0;  ///< words in use; the last of them is not 0
  std::array<std::uint32_t, 128> words_{};
};

/// 0.d1 d2 ... * 10^point, no zeros at either end; no digits for zero.
struct Digits {
  std::string text;
  int point = 0;
};

/// value = mantissa * 2^exponent, positive and finite.
struct Binary {
  std::uint64_t mantissa;
  int exponent;
};

Binary binary_of(double value) {
  const std::uint64_t bits = bit_cast<std::uint64_t>(value);
  const std::uint64_t fraction = bits << 12 >> 12;
  const int biased = static_cast<int>(bits >> 52 & 2047);
  if (biased == 0) return {fraction, kLeastExponent};
  return {fraction | std::uint64_t{1} << 52, biased - 1 + kLeastExponent};
}

/// value = rest / scale; every number within `below` / scale under and `above` / scale over it
/// reads back as the same double, the ends too where the mantissa is even.
Digits shortest_digits(double value) {
  const auto [mantissa, exponent] = binary_of(value);
  const bool closed = mantissa % 2 == 0;
  // The gap below a power of two is half the gap above it.
  const int uneven = mantissa == std::uint64_t{1} << 52 && exponent > kLeastExponent ? 1 : 0;
  Natural rest(mantissa), scale(1), below(1), above(1);
  rest.shift_left(std::max(exponent, 0) + 1 + uneven);
  scale.shift_left(std::max(-exponent, 0) + 1 + uneven);
  below.shift_left(std::max(exponent, 0));
  above.shift_left(std::max(exponent, 0) + uneven);

  const auto reaches_up = [&] {
    Natural top = rest;
    top.add(above);
    const int order = compare(top, scale);
    return closed ? order >= 0 : order > 0;
  };
  const auto grow = [&] { rest.multiply(10), below.multiply(10), above.multiply(10); };
  Digits digits;
  for (; reaches_up(); ++digits.point) scale.multiply(10);
  for (;; --digits.point) {
    grow();
    if (reaches_up()) break;
  }
  for (;; grow()) {
    char digit = '0';
    while (rest.take(scale)) ++digit;
    const int order = compare(rest, below);
    const bool low = closed ? order <= 0 : order < 0, high = reaches_up();
    if (low || high) {
      Natural twice = rest;
      twice.add(rest);
      const int half = compare(twice, scale);  // a tie goes to the even digit
      if (!low || (high && (half > 0 || (half == 0 && digit % 2 == 1)))) ++digit;
      digits.text += digit;
      return digits;
    }
    digits.text += digit;
  }
}

std::string text_of(const Digits& digits) {
  const int count = static_cast<int>(digits.text.size()), point = digits.point;
  std::string text = digits.text;
  if (point < -3 || point > 16) {
    if (count > 1) text.insert(1, 1, '.');
    const int exponent = point - 1, size = std::abs(exponent);
    text += exponent < 0 ? "e-" : "e+";
    if (size > 99) text += static_cast<char>('0' + size / 100);
    text += static_cast<char>('0' + size / 10 % 10);
    text += static_cast<char>('0' + size % 10);
    return text;
  }
  if (point <= 0) return text.insert(0, static_cast<std::size_t>(-point), '0').insert(0, "0.");
  if (point >= count) return text.append(static_cast<std::size_t>(point - count), '0');
  return text.insert(static_cast<std::size_t>(point), 1, '.');
}

/// Walks over a number's text.
struct Cursor {
  std::string_view text;
  std::size_t at = 0;
  bool digit() const { return at < text.size() && text[at] >= '0' && text[at] <= '9'; }
  bool skip(char c) {
    const bool found = at < text.size() && text[at] == c;
    at += found ? 1 : 0;
    return found;
  }
};

/// The digits of [digits][.digits], read into `digits`; how many digits stood there.
int read_digits(Cursor& cursor, Digits& digits) {
  int count = 0;
  bool fraction = false;
  for (;; ++count) {
    if (!fraction && cursor.skip('.')) {
      if (count == 0 || !cursor.digit()) return 0;
      fraction = true;
    }
    if (!cursor.digit()) return count;
    const char digit = cursor.text[cursor.at++];
    const bool leading = digits.text.empty() && digit == '0';
    if (fraction ? leading : !leading) digits.point += fraction ? -1 : 1;
    if (leading) continue;
    if (digits.text.size() < kMostDigits) {
      digits.text += digit;
    } else if (digit != '0') {
      digits.text[kMostDigits - 1] |= 1;  // above every halfway point that ends there
    }
  }
}

bool read_exponent(Cursor& cursor, int& exponent) {
  const bool negative = cursor.skip('-');
  if (!negative) cursor.skip('+');
  if (!cursor.digit()) return false;
  int size = 0;
  while (cursor.digit()) size = std::min(size * 10 + (cursor.text[cursor.at++] - '0'), 1 << 27);
  exponent = negative ? -size : size;
  return true;
}

/// quotient * 2^exponent rounded to a double; quotient has more bits than one, `more`: something
/// follows below them.
double rounded(std::uint64_t quotient, int exponent, bool more) {
  const int top = 64 - std::countl_zero(quotient);
  const int drop = std::max(top - kMantissa, kLeastExponent - exponent);
  if (drop > 63) return 0;
  const std::uint64_t rest = quotient << (64 - drop), half = std::uint64_t{1} << 63;
  quotient >>= drop;
  if (rest > half || (rest == half && (more || quotient % 2 == 1))) ++quotient;
  return std::ldexp(static_cast<double>(quotient), exponent + drop);
}

double value_of(const Digits& digits) {
  if (digits.text.empty() || digits.point < -330) return 0;
  if (digits.point > 310) return HUGE_VAL;
  const int scale = digits.point - static_cast<int>(digits.text.size());
  Natural rest(0), divisor(1);
  for (const char digit : digits.text) rest.multiply(10, static_cast<std::uint64_t>(digit - '0'));
  rest.multiply_power_of_ten(scale);
  divisor.multiply_power_of_ten(-scale);
  // rest * 2^shift / divisor lies in (2^55, 2^57).
  const int shift = kMantissa + 3 + divisor.bits() - rest.bits();
  rest.shift_left(shift);
  divisor.shift_left(-shift);
  std::uint64_t quotient = 0;
  Natural step = divisor;
  step.shift_left(kMantissa + 4);
  for (int bit = 0; bit <= kMantissa + 4; ++bit) {
    quotient = quotient << 1 | (rest.take(step) ? 1 : 0);
    rest.shift_left(1);
  }
  return rounded(quotient, -shift, !rest.is_zero());
}

}  // namespace

std::string to_text(double value) {
  if (std::isnan(value)) return "nan";
  std::string text = std::isinf(value) ? "inf"
                     : value == 0      ? "0"
                                       : text_of(shortest_digits(std::abs(value)));
  if (std::signbit(value)) text.insert(0, 1, '-');
  return text;
}

bool read_double(std::string_view text, double& value) {
  Cursor cursor{text};
  const bool negative = cursor.skip('-');
  Digits digits;
  if (read_digits(cursor, digits) == 0) return false;
  if (cursor.skip('e') || cursor.skip('E')) {
    int exponent = 0;
    if (!read_exponent(cursor, exponent)) return false;
    digits.point += exponent;
  }
  if (cursor.at != text.size()) return false;
  const double size = value_of(digits);
  value = negative ? -size : size;
  return true;
}

}  // namespace pathflow
