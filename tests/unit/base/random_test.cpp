#include "pathflow/base/random.hpp"
#include "pathflow/base/bits.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>
#include <vector>

namespace pathflow {
namespace {

// Known answers of Philox4x32-10 distributed with Random123 (Salmon et al. 2011), kat_vectors.
TEST(Philox, KnownAnswers) {
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}),
            (PhiloxCounter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox4x32({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}),
            (PhiloxCounter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (PhiloxCounter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

// The reproducibility promise: gcc, clang and WASM builds all compare with these constants.
TEST(Random, GoldenIntegersOfTheKeyDerivationAndTheCounter) {
  EXPECT_EQ(Random(2026, Purpose::kSourceNoise).bits(3, 5),
            (PhiloxCounter{0xc1993896, 0x12685c51, 0xcf1a1cae, 0x5b8d13aa}));
  EXPECT_EQ(Random(~0ull, Purpose::kWeights).bits(0xFFFFFFFFFFull, 1ull << 40),
            (PhiloxCounter{0xe255c90c, 0xf311f8c9, 0xd0760624, 0xfffb11bb}));
}

TEST(Random, GoldenUniformsIndicesAndNormals) {
  const Random random(2026, Purpose::kSourceNoise);
  const double uniforms[] = {0x1.1a00122df6035p-1, 0x1.39ad6527526fdp-1, 0x1.9f7f59a325a92p-2,
                             0x1.3d06e1838d88cp-3};
  const double normals[] = {-0x1.a8ddf472317a2p-1, -0x1.6b918af8a0aecp-1, 0x1.834133709149bp-1,
                            0x1.1c237f567632bp+0};
  const std::uint64_t indices[] = {550, 612, 405, 154};
  for (std::uint64_t i = 0; i < 4; ++i) {
    EXPECT_EQ(random.uniform(3, i), uniforms[i]);
    EXPECT_EQ(random.normal(3, i), normals[i]);
    EXPECT_EQ(random.index(3, i, 1000), indices[i]);
  }
}

/// FNV-1a over the bytes of the values, low byte first.
template <class Bits, class T>
std::uint64_t hash_of(const std::vector<T>& values) {
  std::uint64_t hash = 14695981039346656037ull;
  for (T value : values) {
    const Bits bits = pathflow::bit_cast<Bits>(value);
    for (unsigned k = 0; k < sizeof bits; ++k) {
      hash = (hash ^ ((bits >> (8 * k)) & 255)) * 1099511628211ull;
    }
  }
  return hash;
}

TEST(Random, GoldenHashOfFourThousandNormals) {
  const Random random(2026, Purpose::kSourceNoise);
  std::vector<double> doubles(4096);
  std::vector<float> floats(4096);
  random.fill_normal(std::span<double>(doubles), 9);
  random.fill_normal(std::span<float>(floats), 9);
  EXPECT_EQ(hash_of<std::uint64_t>(doubles), 0xedb52967de757157ull);
  EXPECT_EQ(hash_of<std::uint32_t>(floats), 0xe79b0a2a2be6c853ull);
}

long double open_unit(std::uint32_t high, std::uint32_t low) {
  const std::uint64_t k = (std::uint64_t{high} << 32 | low) >> 12;
  return (static_cast<long double>(k) + 0.5L) * 0x1p-52L;
}

struct Exact {
  long double first, second;
};

// Box-Muller in long double; the angle is reduced to |d| <= 1/8 turn, exactly.
Exact box_muller(const PhiloxCounter& bits) {
  const long double radius = std::sqrt(-2.0L * std::log(open_unit(bits[1], bits[0])));
  const long double turn = open_unit(bits[3], bits[2]);
  const int quarter = static_cast<int>(std::round(4.0L * turn));
  const long double angle = (turn - quarter / 4.0L) * 2.0L * std::numbers::pi_v<long double>;
  const long double s = std::sin(angle), c = std::cos(angle);
  switch (quarter & 3) {
    case 0:
      return {radius * c, radius * s};
    case 1:
      return {-radius * s, radius * c};
    case 2:
      return {-radius * c, -radius * s};
    default:
      return {radius * s, -radius * c};
  }
}

double ulps(double got, long double exact, int digits) {
  const int exponent = std::ilogb(static_cast<double>(exact));
  return static_cast<double>(std::abs(static_cast<long double>(got) - exact)) /
         std::ldexp(1.0, exponent - digits + 1);
}

TEST(Random, NormalsAreWithinTheStatedUlpOfTheExactTransform) {
  const Random random(42, Purpose::kUser);
  double worst = 0, worst_float = 0;
  for (std::uint64_t block = 0; block < 20000; ++block) {
    const Exact exact = box_muller(random.bits(5, block));
    float pair[2];
    random.fill_normal(std::span<float>(pair), 5, 2 * block);
    worst = std::max({worst, ulps(random.normal(5, 2 * block), exact.first, 53),
                      ulps(random.normal(5, 2 * block + 1), exact.second, 53)});
    worst_float = std::max({worst_float, ulps(static_cast<double>(pair[0]), exact.first, 24),
                            ulps(static_cast<double>(pair[1]), exact.second, 24)});
  }
  EXPECT_LE(worst, kNormalUlp);
  EXPECT_LE(worst_float, 0.5001);  // one rounding of a double that is right to 4 of its own ulps
}

TEST(Random, FillsEqualSingleDrawsFromAnyFirstElement) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const Random random(seed, Purpose::kUser);
    for (std::uint64_t first : {0, 1, 2, 3, 7}) {
      for (std::size_t count : {0, 1, 2, 3, 4, 5, 6, 7, 8, 33}) {
        std::vector<double> normals(count), uniforms(count);
        random.fill_normal(std::span<double>(normals), 11, first);
        random.fill_uniform(std::span<double>(uniforms), 11, first);
        for (std::size_t i = 0; i < count; ++i) {
          ASSERT_EQ(normals[i], random.normal(11, first + i));
          ASSERT_EQ(uniforms[i], random.uniform(11, first + i));
        }
      }
    }
  }
}

TEST(Random, MomentsOfNormals) {
  const Random random(7, Purpose::kUser);
  const int n = 100000;
  double sum = 0, square = 0, fourth = 0;
  for (int i = 0; i < n; ++i) {
    const double z = random.normal(3, static_cast<std::uint64_t>(i));
    sum += z, square += z * z, fourth += z * z * z * z;
  }
  EXPECT_NEAR(sum / n, 0, 5 / std::sqrt(n));
  EXPECT_NEAR(square / n, 1, 5 * std::sqrt(2.0 / n));
  EXPECT_NEAR(fourth / n, 3, 5 * std::sqrt(96.0 / n));
}

TEST(Random, UniformsFillTheOpenIntervalEvenly) {
  const Random random(8, Purpose::kTime);
  const int n = 50000, cells = 50;
  std::vector<int> histogram(cells);
  for (int i = 0; i < n; ++i) {
    const double u = random.uniform(1, static_cast<std::uint64_t>(i));
    ASSERT_GT(u, 0);
    ASSERT_LT(u, 1);
    ++histogram[static_cast<std::size_t>(u * cells)];
  }
  double chi = 0;
  for (int count : histogram) chi += (count - n / cells) * (count - n / cells) * double{cells} / n;
  EXPECT_LT(chi, 49 + 5 * std::sqrt(2.0 * 49));  // chi-square with 49 degrees of freedom
}

TEST(Random, IndicesStayBelowTheCountAndReachAllOfIt) {
  const Random random(9, Purpose::kDataIndex);
  for (std::uint64_t count : {1ull, 2ull, 7ull, 1000ull}) {
    std::set<std::uint64_t> seen;
    for (std::uint64_t i = 0; i < 20 * count; ++i) {
      const std::uint64_t index = random.index(0, i, count);
      ASSERT_LT(index, count);
      seen.insert(index);
    }
    EXPECT_EQ(seen.size(), count);
  }
  EXPECT_LT(random.index(0, 0, ~0ull), ~0ull);
}

TEST(Random, SeedsPurposesStepsAndElementsShareNothing) {
  std::set<PhiloxCounter> seen;
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    for (auto purpose : {Purpose::kDataIndex, Purpose::kTime, Purpose::kUser}) {
      for (std::uint64_t step = 0; step < 8; ++step) {
        for (std::uint64_t block = 0; block < 8; ++block) {
          seen.insert(Random(seed, purpose).bits(step, block));
        }
      }
    }
  }
  EXPECT_EQ(seen.size(), 8u * 3 * 8 * 8);
}

}  // namespace
}  // namespace pathflow
