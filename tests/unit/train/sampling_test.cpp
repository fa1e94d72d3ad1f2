// Sampling a run otherwise than as it was trained: led by a worse version, on another schedule, by
// Langevin chains.
#include <gtest/gtest.h>

#include <cmath>

#include "pathflow/base/error.hpp"
#include "pathflow/base/random.hpp"
#include "pathflow/metric/metrics.hpp"
#include "pathflow/sample/guidance.hpp"
#include "pathflow/train/trainer.hpp"

namespace pathflow::train {
namespace {

using tensor::Points;

TrainOptions small(const char* schedule = "linear", const char* predict = "velocity") {
  TrainOptions options;
  options.schedule = schedule;
  options.predict = predict;
  options.width = 48;
  options.depth = 2;
  return options;
}

/// Normals of a mean and deviation: the score of every marginal is known.
Points gaussian(std::size_t n, double mean, double deviation) {
  Points points = Points::from_shape({n, 1});
  Random(3, Purpose::kUser).fill_normal(std::span<float>(points.data(), points.size()), 0);
  for (float& value : points) value = static_cast<float>(mean + deviation * value);
  return points;
}

struct Moments {
  double mean = 0, variance = 0;
};
Moments moments(const Points& x) {
  Moments found;
  for (const float value : x) found.mean += value / static_cast<double>(x.size());
  for (const float value : x) {
    found.variance += std::pow(value - found.mean, 2) / static_cast<double>(x.size() - 1);
  }
  return found;
}

TEST(Autoguidance, LeadsAwayFromTheGuideInBothConventions) {
  Trainer strong(small()), weak(small());
  weak.step(20);
  strong.step(100);
  const sample::SampleOptions plain{.sampler = "euler", .steps = 8};
  sample::SampleOptions led = plain;
  led.guidance = 2.5;
  const auto got = strong.sample(64, led, {}, {.guide = &weak});
  const auto strong_model = strong.model(), weak_model = weak.model();
  sample::GuidedModel<float> guided(*strong_model, *weak_model, 2.5);
  const auto want =
      sample::sample<float>(guided, strong.schedule(), plain, strong.start(64, plain.seed));
  EXPECT_EQ(got.points, want.points);
  led.guidance = 1.5;
  led.guidance_convention = "excess";
  EXPECT_EQ(strong.sample(64, led, {}, {.guide = &weak}).points, want.points);
  EXPECT_NE(strong.sample(64, plain).points, want.points);
}

TEST(Autoguidance, RefusesGuidesThatDoNotFit) {
  Trainer run(small()), elsewhere(small("trig")), otherwise(small("linear", "data"));
  sample::SampleOptions options{.sampler = "euler", .steps = 2, .guidance = 2};
  EXPECT_THROW(run.sample(4, options, {}, {.guide = &elsewhere}), InvalidArgument);
  EXPECT_THROW(run.sample(4, options, {}, {.guide = &otherwise}), InvalidArgument);
  EXPECT_THROW(run.sample(4, options), InvalidArgument) << "guidance without label or guide";
  Trainer twin(small());
  options.guidance = 1;
  EXPECT_THROW(run.sample(4, options, {}, {.guide = &twin}), InvalidArgument) << "no guidance";
  Trainer line(small(), {.data = gaussian(10, 0, 1)});
  options.guidance = 2;
  EXPECT_THROW(run.sample(4, options, {}, {.guide = &line}), ShapeError);
}

// The same law by the same network on another schedule: ODE samples agree one by one to the
// solvers' error, for DDIM and its kin are one flow on every schedule.
TEST(Reschedule, SamplesTheSameLawOnEveryGaussianPath) {
  Trainer trainer(small(), {.data = gaussian(4096, 0.5, 0.8)});
  trainer.step(400);
  sample::SampleOptions options{.sampler = "rk4", .steps = 60};
  const Points own = trainer.sample(2000, options).points;
  for (const char* schedule : {"trig", "vp-linear", "vp-cosine"}) {
    const auto moved = trainer.sample(2000, options, {}, {.schedule = schedule});
    const Moments a = moments(own), b = moments(moved.points);
    EXPECT_NEAR(a.mean, b.mean, 0.03) << schedule;
    EXPECT_NEAR(a.variance, b.variance, 0.03) << schedule;
    sample::SampleOptions ancestral{.sampler = "ddpm", .steps = 60, .seed = 4};
    const Moments c = moments(trainer.sample(4000, ancestral, {}, {.schedule = schedule}).points);
    // Five standard errors of 4,000 and 2,000 draws, and the step's own error.
    EXPECT_NEAR(c.mean, 0.5, 0.1) << schedule;
    EXPECT_NEAR(c.variance, 0.64, 0.12) << schedule;
  }
}

TEST(Reschedule, NeedsAScore) {
  TrainOptions options = small();
  options.source = "moons";
  EXPECT_THROW(Trainer(options).sample(4, {}, {}, {.schedule = "trig"}), InvalidArgument);
  EXPECT_THROW(Trainer(small()).sample(4, {}, {}, {.schedule = "trigg"}), InvalidArgument);
}

// Data N(0.5, 0.8^2) on linear at t = 0.4: p_t = N(0.3, 0.6^2 0.8^2 + 0.4^2 = 0.3904).
TEST(TrainerLangevin, ReachesTheMarginalOfItsTime) {
  Trainer trainer(small(), {.data = gaussian(8192, 0.5, 0.8)});
  trainer.step(800);
  LangevinRun run;
  run.t = 0.4;
  run.chain = {.step = 0.1, .steps = 60};
  const auto plain = trainer.langevin(2000, run);
  EXPECT_EQ(plain.evaluations, 60);
  EXPECT_EQ(plain.acceptance, 1);
  // The network's error and five standard errors (0.07 and 0.06 of these); ULA's own excess of the
  // variance is 2.6 %.
  EXPECT_NEAR(moments(plain.points).mean, 0.3, 0.1);
  EXPECT_NEAR(moments(plain.points).variance, 0.3904 * 1.07, 0.08);
  run.metropolis = true;
  run.likelihood_steps = 6;
  run.chain = {.step = 0.5, .steps = 12, .keep = {0, 12}};
  const auto exact = trainer.langevin(1000, run);
  EXPECT_GT(exact.acceptance, 0.7);
  EXPECT_LT(exact.acceptance, 0.999);
  EXPECT_EQ(exact.evaluations, 13 + 13 * 4 * 6) << "log p is paid for and counted";
  EXPECT_NEAR(moments(exact.points).mean, 0.3, 0.14);
  EXPECT_NEAR(moments(exact.points).variance, 0.3904, 0.12);
  EXPECT_EQ(exact.trajectories.shape(0), 2u);
  EXPECT_EQ(trainer.langevin(1000, run).points, exact.points) << "same seed, same bits";
}

TEST(TrainerLangevin, TakesTheScoreOfThePathsOwnNoise) {
  TrainOptions options = small();
  options.objective = "interpolant";
  options.gamma = "brownian";
  options.source = "given";
  Trainer trainer(options, {.data = gaussian(8192, 0.5, 0.8), .source = gaussian(8192, -1, 0.5)});
  trainer.step(800);
  LangevinRun run;
  run.t = 0.5;
  run.chain = {.step = 0.2, .steps = 60};
  // x_t = x0 / 2 + x1 / 2 + z / 2: mean -0.25, variance (0.64 + 0.25 + 1) / 4 = 0.4725.
  const Points rows = trainer.sample_from(trainer.start(2000, 1), {.steps = 20, .to = 0.5}).points;
  const auto found = trainer.langevin_from(rows, run);
  EXPECT_NEAR(moments(found.points).mean, -0.25, 0.1);
  EXPECT_NEAR(moments(found.points).variance, 0.4725 * 1.1, 0.1);
  run.metropolis = true;
  EXPECT_THROW(trainer.langevin_from(rows, run), InvalidArgument);
}

TEST(TrainerLangevin, RefusesWhereThereIsNoScore) {
  TrainOptions options = small();
  options.source = "moons";
  EXPECT_THROW(Trainer(options).langevin(4, {}), InvalidArgument);
  options.source = "gaussian";
  options.coupling = "ot";
  EXPECT_THROW(Trainer(options).langevin(4, {}), InvalidArgument);
  Trainer trainer(small());
  LangevinRun run;
  run.t = 0;
  EXPECT_THROW(trainer.langevin(4, run), NumericError) << "no score at sigma = 0";
  run.t = 1.5;
  EXPECT_THROW(trainer.langevin(4, run), InvalidArgument);
  run = {.metropolis = true, .likelihood_steps = 0};
  EXPECT_THROW(trainer.langevin(4, run), InvalidArgument);
  run = {};
  run.chain.step = 0;
  EXPECT_THROW(trainer.langevin(4, run), InvalidArgument);
  EXPECT_THROW(trainer.langevin_from(gaussian(4, 0, 1), {}), ShapeError);
}

}  // namespace
}  // namespace pathflow::train
