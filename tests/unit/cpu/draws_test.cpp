// The draws in vector registers against single ones, on every instruction set: the same bits.
#include "pathflow/cpu/draws.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "pathflow/cpu/isa.hpp"
#include "pathflow/cpu/kernels.hpp"

namespace pathflow::cpu {
namespace {

class Draws : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    before_ = isa();
    set_isa(GetParam());
  }
  void TearDown() override { set_isa(before_); }

 private:
  std::string before_;
};

constexpr std::uint64_t kSteps[] = {0, 1, 0xFFFFFFFFu, 0x1234567890ABCDEFu};
constexpr std::size_t kCounts[] = {0, 1, 2, 3, 15, 16, 17, 31, 512, 1001};

TEST_P(Draws, WordsAreTheBitsOfUniformAndIndex) {
  const Random random(0xFEDCBA9876543210u, Purpose::kTime);
  for (const std::uint64_t step : kSteps) {
    for (const std::size_t count : kCounts) {
      std::vector<std::uint64_t> words(count + 1, 77);
      draw_words(random, step, std::span(words).first(count));
      EXPECT_EQ(words[count], 77u);
      for (std::size_t i = 0; i < count; ++i) {
        ASSERT_EQ(Random::uniform_of(words[i]), random.uniform(step, i)) << step << " " << i;
        ASSERT_EQ(Random::index_of(words[i], 65536), random.index(step, i, 65536)) << i;
      }
    }
  }
}

TEST_P(Draws, NormalsHaveTheBitsOfRandom) {
  const Random random(3, Purpose::kSourceNoise);
  for (const std::uint64_t step : kSteps) {
    for (const std::size_t count : kCounts) {
      std::vector<float> drawn(count + 1, 77.0f), expected(count);
      draw_normals(random, step, std::span(drawn).first(count));
      random.fill_normal(std::span<float>(expected), step);
      EXPECT_EQ(drawn[count], 77.0f);
      for (std::size_t i = 0; i < count; ++i) {
        ASSERT_EQ(std::memcmp(&drawn[i], &expected[i], sizeof(float)), 0)
            << step << " " << i << ": " << drawn[i] << " for " << expected[i];
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Isas, Draws, testing::ValuesIn(isas()),
                         [](const auto& one) { return one.param; });

}  // namespace
}  // namespace pathflow::cpu
