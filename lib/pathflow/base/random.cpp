#include "pathflow/base/random.hpp"

#include <cmath>

#include "pathflow/base/elementary.hpp"

namespace pathflow {
namespace {

constexpr std::uint32_t kKeyTag = 0x50464C57u;  // "PFLW": separates key derivation from draws

std::uint64_t word(const PhiloxCounter& bits, std::uint64_t half) {
  return half == 0 ? (std::uint64_t{bits[1]} << 32 | bits[0])
                   : (std::uint64_t{bits[3]} << 32 | bits[2]);
}

struct NormalPair {
  double first, second;
};

NormalPair box_muller(const PhiloxCounter& bits) {
  const double radius = std::sqrt(-2.0 * elementary::log(Random::uniform_of(word(bits, 0))));
  const auto [sine, cosine] = elementary::sincos_turn(Random::uniform_of(word(bits, 1)));
  return {radius * cosine, radius * sine};
}

// Two blocks, four normals, in the order of their elements; the same bits as box_muller's.
template <class T>
void two_blocks(const PhiloxCounter& a, const PhiloxCounter& b, T* out) {
  const elementary::Pair u = {Random::uniform_of(word(a, 0)), Random::uniform_of(word(b, 0))};
  const elementary::Pair v = {Random::uniform_of(word(a, 1)), Random::uniform_of(word(b, 1))};
  const elementary::Pair square = -2.0 * elementary::log(u);
  const elementary::Pair radius = {std::sqrt(square[0]), std::sqrt(square[1])};
  const auto [sine, cosine] = elementary::sincos_turn(v);
  const elementary::Pair first = radius * cosine, second = radius * sine;
  out[0] = static_cast<T>(first[0]);
  out[1] = static_cast<T>(second[0]);
  out[2] = static_cast<T>(first[1]);
  out[3] = static_cast<T>(second[1]);
}

// High 64 bits of a * b.
std::uint64_t multiply_high(std::uint64_t a, std::uint64_t b) {
  const std::uint64_t a_low = static_cast<std::uint32_t>(a), a_high = a >> 32;
  const std::uint64_t b_low = static_cast<std::uint32_t>(b), b_high = b >> 32;
  const std::uint64_t middle = a_high * b_low + (a_low * b_low >> 32);
  const std::uint64_t middle_low = static_cast<std::uint32_t>(middle) + a_low * b_high;
  return a_high * b_high + (middle >> 32) + (middle_low >> 32);
}

}  // namespace

Random::Random(std::uint64_t seed, Purpose purpose) {
  const PhiloxCounter mixed =
      philox4x32({static_cast<std::uint32_t>(purpose), 0, 0, kKeyTag},
                 {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
  key_ = {mixed[0], mixed[1]};
}

double Random::uniform(std::uint64_t step, std::uint64_t element) const {
  return Random::uniform_of(word(bits(step, element / 2), element % 2));
}

std::uint64_t Random::index_of(std::uint64_t word, std::uint64_t count) {
  return multiply_high(word, count);
}

std::uint64_t Random::index(std::uint64_t step, std::uint64_t element, std::uint64_t count) const {
  return index_of(word(bits(step, element / 2), element % 2), count);
}

double Random::normal(std::uint64_t step, std::uint64_t element) const {
  const NormalPair pair = box_muller(bits(step, element / 2));
  return element % 2 == 0 ? pair.first : pair.second;
}

template <class T>
void Random::fill_uniform(std::span<T> out, std::uint64_t step, std::uint64_t first) const {
  std::size_t i = 0;
  if (first % 2 == 1 && !out.empty()) out[i++] = static_cast<T>(uniform(step, first));
  for (; i + 1 < out.size(); i += 2) {
    const PhiloxCounter block = bits(step, (first + i) / 2);
    out[i] = static_cast<T>(Random::uniform_of(word(block, 0)));
    out[i + 1] = static_cast<T>(Random::uniform_of(word(block, 1)));
  }
  if (i < out.size()) out[i] = static_cast<T>(uniform(step, first + i));
}

template <class T>
void Random::fill_normal(std::span<T> out, std::uint64_t step, std::uint64_t first) const {
  std::size_t i = 0;
  if (first % 2 == 1 && !out.empty()) out[i++] = static_cast<T>(normal(step, first));
  for (; i + 3 < out.size(); i += 4) {
    const std::uint64_t block = (first + i) / 2;
    two_blocks(bits(step, block), bits(step, block + 1), out.data() + i);
  }
  for (; i + 1 < out.size(); i += 2) {
    const NormalPair pair = box_muller(bits(step, (first + i) / 2));
    out[i] = static_cast<T>(pair.first);
    out[i + 1] = static_cast<T>(pair.second);
  }
  if (i < out.size()) out[i] = static_cast<T>(normal(step, first + i));
}

template void Random::fill_uniform(std::span<float>, std::uint64_t, std::uint64_t) const;
template void Random::fill_uniform(std::span<double>, std::uint64_t, std::uint64_t) const;
template void Random::fill_normal(std::span<float>, std::uint64_t, std::uint64_t) const;
template void Random::fill_normal(std::span<double>, std::uint64_t, std::uint64_t) const;

}  // namespace pathflow
