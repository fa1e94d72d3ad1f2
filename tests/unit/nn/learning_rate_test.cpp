#include "pathflow/nn/learning_rate.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "pathflow/base/error.hpp"

namespace pathflow::nn {
namespace {

TEST(LearningRate, WarmsUpLinearlyToThePeakAndStays) {
  const LearningRate rate{.peak = 0.01, .warmup = 10, .steps = 100};
  EXPECT_DOUBLE_EQ(rate.at(0), 0.001);
  EXPECT_DOUBLE_EQ(rate.at(4), 0.005);
  EXPECT_DOUBLE_EQ(rate.at(9), 0.01);
  EXPECT_DOUBLE_EQ(rate.at(10), 0.01);
  EXPECT_DOUBLE_EQ(rate.at(1000000), 0.01);
}

TEST(LearningRate, WithoutWarmupTheFirstStepHasThePeak) {
  EXPECT_EQ((LearningRate{.peak = 0.5}).at(0), 0.5);
}

TEST(LearningRate, CosineFollowsTheFormulaWithinFourUlpOfThePeak) {
  const LearningRate rate{
      .shape = LearningRateShape::kCosine, .peak = 3e-3, .warmup = 20, .steps = 520};
  for (int step = 20; step <= 520; ++step) {
    const double share = (step - 20) / 500.0;
    const double exact = 3e-3 * 0.5 * (1.0 + std::cos(3.14159265358979323846 * share));
    EXPECT_NEAR(rate.at(step), exact, 4 * 3e-3 * 0x1p-53 * 2) << step;
  }
  EXPECT_EQ(rate.at(520), 0.0);
  EXPECT_EQ(rate.at(9999), 0.0);
}

TEST(LearningRate, CosineNeverRisesAfterWarmupEvenIfWarmupOutlastsTheRun) {
  const LearningRate rate{
      .shape = LearningRateShape::kCosine, .peak = 1, .warmup = 50, .steps = 30};
  for (int step = 51; step < 100; ++step) EXPECT_EQ(rate.at(step), 0.0);
  EXPECT_EQ(rate.at(50), 1.0);
}

TEST(LearningRate, NamesGoBothWaysAndUnknownOnesListTheNearest) {
  for (const std::string& name : learning_rate_names()) {
    EXPECT_NO_THROW(learning_rate_shape_of(name));
  }
  try {
    learning_rate_shape_of("cosin");
    FAIL();
  } catch (const InvalidArgument& error) {
    EXPECT_NE(std::string(error.what()).find("cosine"), std::string::npos) << error.what();
  }
}

TEST(EmaDecay, WarmsUpToItsLimit) {
  EXPECT_DOUBLE_EQ(ema_decay(0.999, 0), 0.1);
  EXPECT_DOUBLE_EQ(ema_decay(0.999, 90), 0.91);
  EXPECT_DOUBLE_EQ(ema_decay(0.999, 1000000), 0.999);
  EXPECT_EQ(ema_decay(0.0, 5), 0.0);
}

}  // namespace
}  // namespace pathflow::nn
