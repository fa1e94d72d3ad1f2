#include "pathflow/train/trainer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "pathflow/base/error.hpp"
#include "pathflow/base/random.hpp"
#include "pathflow/base/threads.hpp"
#include "pathflow/data/distribution.hpp"
#include "pathflow/metric/metrics.hpp"
#include "pathflow/path/coupling.hpp"
#include "pathflow/train/config.hpp"

namespace pathflow::train {
namespace {

using tensor::Points;

TrainOptions small() {
  TrainOptions options;
  options.width = 16;
  options.depth = 2;
  options.batch = 32;
  options.warmup = 5;
  return options;
}

Points rows(std::size_t n, std::size_t d, std::uint64_t seed, double scale = 1, double shift = 0) {
  Points points = Points::from_shape({n, d});
  Random(seed, Purpose::kUser).fill_normal(std::span<float>(points.data(), points.size()), 0);
  for (std::size_t i = 0; i < points.size(); ++i) {
    points.data()[i] = static_cast<float>(shift + scale * points.data()[i]);
  }
  return points;
}

bool same(const Points& a, const Points& b) {
  return a.shape() == b.shape() && std::equal(a.data(), a.data() + a.size(), b.data());
}

/// Energy distance of a sample of the trainer to fresh data.
double distance(const Trainer& trainer, const sample::SampleOptions& options = {}) {
  const auto sampled = trainer.sample(1000, options);
  const auto reference = data::make_dataset(trainer.options().data)->draw(1000, 991);
  return metric::energy_distance(sampled.points, reference);
}

double floor_of(const std::string& name) {
  const auto set = data::make_dataset(name);
  return metric::energy_distance(set->draw(1000, 990), set->draw(1000, 991));
}

TEST(Trainer, ReportsStepsLossesAndTheLearningRate) {
  Trainer trainer(small());
  const StepReport first = trainer.step(1);
  EXPECT_EQ(first.step, 1);
  EXPECT_EQ(first.loss, first.mean_loss);
  EXPECT_GT(first.gradient_norm, 0);
  EXPECT_DOUBLE_EQ(first.learning_rate, small().lr / 5);
  const StepReport next = trainer.step(9);
  EXPECT_EQ(next.step, 10);
  EXPECT_EQ(trainer.steps_done(), 10);
  EXPECT_DOUBLE_EQ(next.learning_rate, small().lr);
}

TEST(Trainer, TheSameSeedGivesTheSameBitsHoweverStepsAreGrouped) {
  Trainer a(small()), b(small());
  const StepReport report = a.step(30);
  for (int i = 0; i < 10; ++i) b.step(3);
  EXPECT_EQ(a.save(), b.save());
  EXPECT_EQ(report.step, 30);
  TrainOptions other = small();
  other.seed = 1;
  Trainer c(other);
  c.step(30);
  EXPECT_NE(c.save(), a.save());
}

TEST(Trainer, ThreadsDoNotChangeABit) {
  TrainOptions options = small();
  options.batch = 300;
  options.width = 64;
  std::vector<std::vector<std::uint8_t>> saved;
  for (const int count : {1, 2, 4}) {
    set_threads(count);
    Trainer trainer(options);
    trainer.step(20);
    saved.push_back(trainer.save());
  }
  set_threads(1);
  EXPECT_EQ(saved[0], saved[1]);
  EXPECT_EQ(saved[0], saved[2]);
}

TEST(Trainer, FirstLossIsTheMeanSquareOfTheTarget) {
  // An untrained network answers little, so the loss is nearly the mean square of the target:
  // E |x1 - x0|^2 = d (s^2 + 1) on linear with velocity, summed over the d = 3 coordinates.
  TrainOptions options = small();
  options.batch = 65536;
  options.depth = 1;
  Trainer::Inputs inputs;
  inputs.data = rows(5000, 3, 1, 2.0);
  Trainer trainer(options, std::move(inputs));
  EXPECT_NEAR(trainer.step(1).loss, 3 * (4 + 1), 0.6);
}

TEST(Trainer, EqualNetworksOfTwoPredictionsHaveEqualLosses) {
  // Preconditioned networks of different predictions regress one target up to the loss weight; with
  // velocity weighting the weights agree too, so whole training runs do, up to rounding.
  for (const char* schedule : {"linear", "trig", "vp-linear", "vp-cosine", "sub-vp", "ve"}) {
    std::vector<double> losses;
    for (const char* prediction : {"data", "noise", "score"}) {
      TrainOptions options = small();
      options.schedule = schedule;
      options.predict = prediction;
      options.weight = "velocity";
      Trainer trainer(options);
      EXPECT_EQ(trainer.prediction(), path::prediction_of(prediction));
      losses.push_back(trainer.step(5).mean_loss);
    }
    EXPECT_NEAR(losses[1] / losses[0], 1, 1e-5) << schedule;
    EXPECT_NEAR(losses[2] / losses[0], 1, 1e-5) << schedule;
  }
}

TEST(Trainer, SamplesAnyNumberOfRowsAndARowDoesNotDependOnTheOthers) {
  Trainer trainer(small());
  trainer.step(20);
  const sample::SampleOptions options{.sampler = "euler", .steps = 4};
  const auto most = trainer.sample(1500, options).points;
  for (const std::size_t n : {1u, 63u, 64u, 65u, 256u, 1024u, 1337u}) {
    const auto some = trainer.sample(n, options).points;
    ASSERT_EQ(some.shape(0), n);
    for (std::size_t i = 0; i < 2 * n; ++i) ASSERT_NEAR(some.data()[i], most.data()[i], 1e-4);
  }
  EXPECT_THROW(trainer.sample(0, options), InvalidArgument);
}

TEST(Trainer, StartsAreSigmaTimesSourceRows) {
  TrainOptions options = small();
  options.schedule = "ve";
  const Trainer ve(options);
  const Points start = ve.start(4000, 3);
  double square = 0;
  for (std::size_t i = 0; i < start.size(); ++i)
    square += double(start.data()[i]) * start.data()[i];
  EXPECT_NEAR(std::sqrt(square / static_cast<double>(start.size())),
              ve.schedule().at(ve.schedule().t_max()).sigma, 0.4);
  Trainer::Inputs inputs;
  inputs.source = rows(50, 2, 5, 0.5, 7);
  const Points given = *inputs.source;
  const Trainer custom(small(), std::move(inputs));
  const Points picked = custom.start(20, 1);
  for (std::size_t i = 0; i < 20; ++i) {
    bool found = false;
    for (std::size_t j = 0; j < 50; ++j) {
      found = found || (picked(i, 0) == given(j, 0) && picked(i, 1) == given(j, 1));
    }
    EXPECT_TRUE(found) << i;
  }
}

TEST(Trainer, GoingOnFromASaveGivesTheBitsOfNeverHavingStopped) {
  for (const char* variant : {"plain", "ot cosine", "given rows", "labels"}) {
    SCOPED_TRACE(variant);
    TrainOptions options = small();
    Trainer::Inputs inputs;
    const std::string name = variant;
    if (name == "ot cosine") {
      options.coupling = "ot";
      options.lr_schedule = "cosine";
      options.steps = 40;
      options.schedule = "ve";
      options.predict = "noise";
    } else if (name == "given rows") {
      inputs.data = rows(101, 3, 1);
      inputs.source = rows(57, 3, 2);
      options.data = "mine";
      options.source = "theirs";
    } else if (name == "labels") {
      inputs.data = rows(90, 2, 1);
      inputs.labels = std::vector<int>(90);
      for (int i = 0; i < 90; ++i) (*inputs.labels)[i] = i % 3;
      options.conditional = true;
    }
    Trainer whole(options, inputs), half(options, inputs);
    whole.step(40);
    half.step(17);
    Trainer rest = Trainer::restore(half.save());
    EXPECT_EQ(rest.steps_done(), 17);
    EXPECT_EQ(rest.options(), half.options());
    EXPECT_EQ(rest.save(), half.save());
    rest.step(23);
    EXPECT_EQ(rest.save(), whole.save());
    const std::vector<int> labels = name == "labels" ? std::vector<int>{2} : std::vector<int>{};
    EXPECT_TRUE(same(rest.sample(50, {.steps = 5}, labels).points,
                     whole.sample(50, {.steps = 5}, labels).points));
  }
}

TEST(Trainer, ANonFiniteLossLeavesTheLastFiniteState) {
  TrainOptions options = small();
  options.clip = 0;
  options.warmup = 0;
  options.lr = 1e18;
  Trainer broken(options), reference(options);
  std::string message;
  try {
    broken.step(500);
  } catch (const NumericError& error) {
    message = error.what();
  }
  ASSERT_NE(message.find("finite"), std::string::npos) << message;
  ASSERT_LT(broken.steps_done(), 500);
  if (broken.steps_done() > 0) reference.step(broken.steps_done());
  EXPECT_EQ(broken.save(), reference.save());
  EXPECT_THROW(broken.step(1), NumericError);
  EXPECT_EQ(broken.save(), reference.save());
}

TEST(Trainer, GivesTheLabelsOfTheRowsThatItGives) {
  Trainer::Inputs inputs;
  inputs.data = rows(30, 2, 4);
  inputs.labels.emplace();
  for (int i = 0; i < 30; ++i) inputs.labels->push_back(i % 3);
  for (std::size_t i = 0; i < 30; ++i) (*inputs.data)(i, 0) = static_cast<float>(i % 3);
  TrainOptions options = small();
  options.conditional = true;
  const Trainer trainer(options, std::move(inputs));
  const Points given = trainer.data(50, 8);
  const std::vector<int> labels = trainer.data_labels(50, 8);
  ASSERT_EQ(labels.size(), 50u);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    EXPECT_EQ(given(i, 0), static_cast<float>(labels[i])) << i;
  }
  EXPECT_TRUE(Trainer(small()).data_labels(5, 8).empty());
}

TEST(Trainer, ConditionalNetworksSampleTheClassAskedFor) {
  TrainOptions options = small();
  options.width = 32;
  options.batch = 128;
  Trainer::Inputs inputs;
  inputs.data = rows(600, 2, 1, 0.2);
  inputs.labels = std::vector<int>(600);
  for (int i = 0; i < 600; ++i) {
    (*inputs.labels)[i] = i % 2;
    (*inputs.data)(i, 0) += i % 2 ? 2.0f : -2.0f;
  }
  options.conditional = true;
  Trainer trainer(options, inputs);
  EXPECT_EQ(trainer.options().classes, 2);
  trainer.step(500);
  std::vector<int> labels(200);
  for (int i = 0; i < 200; ++i) labels[i] = i % 2;
  const auto each = trainer.sample(200, {.steps = 20}, labels).points;
  const auto ones = trainer.sample(200, {.steps = 20}, {1}).points;
  int right = 0, right_ones = 0;
  for (std::size_t i = 0; i < 200; ++i) {
    right += (each(i, 0) > 0) == (i % 2 == 1);
    right_ones += ones(i, 0) > 0;
  }
  EXPECT_GT(right, 190);
  EXPECT_GT(right_ones, 190);
  EXPECT_THROW(trainer.sample(10, {}, {2}), InvalidArgument);
  EXPECT_THROW(trainer.sample(10, {}, {0, 1}), ShapeError);
}

TEST(Trainer, SamplesByTheScoreOnlyFromAGaussianSource) {
  TrainOptions options = small();
  options.source = "moons";
  Trainer trainer(options);
  trainer.step(1);
  for (const char* sampler : {"ddpm", "euler-maruyama"}) {
    EXPECT_THROW(trainer.sample(4, {.sampler = sampler, .steps = 2}), InvalidArgument) << sampler;
  }
}

// A coupling leaves x1 Gaussian and ties it to x0: the density is still known, the score is not.
TEST(Trainer, ACoupledGaussianSourceHasADensityAndNoScore) {
  for (const std::string& coupling : path::coupling_names()) {
    if (coupling == "pairs") continue;  // reflow_test.cpp
    TrainOptions options = small();
    options.data = "moons";
    options.coupling = coupling;
    options.conditional = true;
    Trainer trainer(options);
    trainer.step(1);
    const bool independent = coupling == "independent";
    EXPECT_EQ(trainer.has_score(), independent);
    EXPECT_TRUE(trainer.gaussian_source());
    for (const sample::SampleOptions& by :
         {sample::SampleOptions{.sampler = "ddpm", .steps = 2},
          sample::SampleOptions{.sampler = "euler-maruyama", .steps = 2, .diffusion = "sigma"},
          sample::SampleOptions{.sampler = "ddim", .steps = 2, .eta = 1},
          sample::SampleOptions{.sampler = "predictor-corrector", .steps = 2}}) {
      if (independent) {
        EXPECT_NO_THROW(trainer.sample(4, by)) << by.sampler;
        continue;
      }
      try {
        trainer.sample(4, by);
        ADD_FAILURE() << coupling << " passed for one with a score in " << by.sampler;
      } catch (const InvalidArgument& error) {
        EXPECT_NE(std::string(error.what()).find("coupling \"independent\""), std::string::npos)
            << error.what();
      }
    }
    EXPECT_NO_THROW(trainer.sample(4, {.sampler = "dpmpp-2m", .steps = 2})) << coupling;
    density::LikelihoodOptions by;
    by.solver = {.sampler = "euler", .steps = 2};
    EXPECT_NO_THROW(trainer.log_density(rows(4, 2, 1), by)) << coupling;
    options.predict = "score";
    if (independent) continue;
    EXPECT_THROW(Trainer{options}, InvalidArgument) << coupling;
  }
}

TEST(Trainer, SamplesTowardTheSourceFromData) {
  Trainer trainer(small());
  trainer.step(1);
  const sample::SampleOptions named{.sampler = "euler", .steps = 3, .toward_source = true};
  const sample::SampleOptions timed{.sampler = "euler", .steps = 3, .from = 0.0, .to = 1.0};
  EXPECT_TRUE(same(trainer.sample(8, named).points, trainer.sample(8, timed).points));
}

TEST(Trainer, RefusesInputsThatDoNotFit) {
  const auto make = [](TrainOptions options, Trainer::Inputs inputs) {
    return Trainer(std::move(options), std::move(inputs));
  };
  TrainOptions options = small();
  EXPECT_THROW(make(options, {.data = rows(5, 3, 1), .source = rows(5, 2, 1)}), ShapeError);
  EXPECT_THROW(make(options, {.data = rows(5, 2, 1), .labels = std::vector<int>(4)}), ShapeError);
  EXPECT_THROW(make(options, {.labels = std::vector<int>(4)}), InvalidArgument);
  Points bad = rows(5, 2, 1);
  bad(3, 1) = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(make(options, {.data = bad}), NumericError);
  EXPECT_THROW(make(options, {.data = Points::from_shape({0, 2})}), ShapeError);
  options.data = "8gausians";
  EXPECT_THROW(make(options, {}), InvalidArgument);
  options = small();
  options.conditional = true;
  options.data = "checkerboard";
  EXPECT_THROW(make(options, {}), InvalidArgument);
  options = small();
  options.source = "moons";
  options.predict = "score";
  EXPECT_THROW(make(options, {}), InvalidArgument);
  Trainer trainer(small());
  EXPECT_THROW(trainer.step(0), InvalidArgument);
  EXPECT_THROW(trainer.plan_steps(0), InvalidArgument);
  EXPECT_THROW(trainer.model({0}), InvalidArgument);
}

TEST(Trainer, LearnsEightGaussiansByFlowMatching) {
  TrainOptions options;
  options.width = 64;
  Trainer trainer(options);
  trainer.step(1500);
  // Floor at n = 1000: about 0.04; an untrained network is at 1.
  EXPECT_LT(distance(trainer), 0.15) << "floor " << floor_of("8gaussians");
}

TEST(Trainer, LearnsMoonsFromADataSetSource) {
  TrainOptions options;
  options.width = 64;
  options.data = "moons";
  options.source = "8gaussians";
  options.coupling = "ot";
  options.batch = 64;
  Trainer trainer(options);
  trainer.step(1200);
  EXPECT_LT(distance(trainer), 0.18) << "floor " << floor_of("moons");
}

TEST(Trainer, LearnsWithScoresOnVeAndNoiseOnVp) {
  for (const auto& [schedule, prediction] : {std::pair{"ve", "score"}, {"vp-linear", "noise"}}) {
    TrainOptions options;
    options.width = 64;
    options.schedule = schedule;
    options.predict = prediction;
    Trainer trainer(options);
    trainer.step(1500);
    EXPECT_LT(distance(trainer), 0.2) << schedule << " " << prediction;
  }
}

/// By hand: --gtest_also_run_disabled_tests --gtest_filter=*EveryCombination*. Prints a table.
TEST(Trainer, DISABLED_LearnsWithEveryCombinationOfScheduleAndPrediction) {
  std::printf("floor %.3f\n", floor_of("8gaussians"));
  for (const std::string& schedule : path::schedule_names()) {
    for (const std::string& prediction : path::prediction_names()) {
      TrainOptions options;
      options.schedule = schedule;
      options.predict = prediction;
      Trainer trainer(options);
      std::printf("%-10s %-9s", schedule.c_str(), prediction.c_str());
      double last = 0;
      for (const int steps : {500, 1000, 1500}) {
        const StepReport report = trainer.step(steps);
        last = distance(trainer);
        std::printf("  %5lld: %.3f (loss %.3f)", static_cast<long long>(report.step), last,
                    report.mean_loss);
        std::fflush(stdout);
      }
      std::printf("\n");
      EXPECT_LT(last, 0.09) << schedule << " " << prediction;
    }
  }
}

// Pairs that are a shift apart have one velocity everywhere: learnt to rounding, as no other
// coupling of the same rows could be.
TEST(Trainer, GivenPairsStayTogether) {
  TrainOptions options{.data = "mine", .source = "yours", .coupling = "pairs"};
  options.width = 8;
  options.depth = 1;
  options.batch = 64;
  Trainer::Inputs inputs;
  inputs.data = tensor::Points::from_shape({500, 2});
  const Random random(1, Purpose::kUser);
  random.fill_normal(std::span<float>(inputs.data->data(), inputs.data->size()), 0);
  inputs.source = *inputs.data + 1.5f;
  Trainer together(options, inputs);
  EXPECT_LT(together.step(1500).loss, 1e-3);
  inputs.source = tensor::Points::from_shape({499, 2});
  inputs.source->fill(0.0f);
  EXPECT_THROW(Trainer(options, inputs), ShapeError);
}

TEST(Trainer, EveryCouplingAndTimeLawTrains) {
  for (const std::string& coupling : path::coupling_names()) {
    for (const char* law : {"uniform", "logit-normal:0.2,1", "edm"}) {
      TrainOptions options{.data = "moons", .source = "8gaussians", .coupling = coupling};
      options.conditional = coupling == "conditional-ot";
      options.time_law = law;
      options.width = 8;
      options.depth = 1;
      options.batch = 32;
      Trainer trainer(options);
      EXPECT_TRUE(std::isfinite(trainer.step(5).loss)) << coupling << " " << law;
    }
  }
}

// One Euler step of an ODE is x - v: guidance there is linear in its scale, whose two conventions
// differ by one, and 1 is the conditional model to the bit.
TEST(Trainer, GuidesByTheLabelInBothConventions) {
  TrainOptions options{.data = "moons"};
  options.conditional = true;
  options.width = 16;
  Trainer trainer(options);
  trainer.step(100);
  sample::SampleOptions by{.sampler = "euler", .steps = 1, .seed = 3};
  const auto points = [&](double guidance, const char* convention, std::vector<int> label) {
    by.guidance = guidance;
    by.guidance_convention = convention;
    return trainer.sample(40, by, std::move(label)).points;
  };
  const Points conditional = points(1, "scale", {1}), guided = points(2.5, "scale", {1});
  const Points free = points(1, "scale", {});
  for (std::size_t i = 0; i < guided.size(); ++i) {
    const float expected = free.data()[i] + 2.5f * (conditional.data()[i] - free.data()[i]);
    EXPECT_NEAR(guided.data()[i], expected, 1e-5);
  }
  EXPECT_EQ(points(0, "excess", {1}), conditional);
  EXPECT_EQ(points(1.5, "excess", {1}), guided);
  EXPECT_THROW(points(2, "scale", {}), InvalidArgument);
  EXPECT_THROW(points(2, "excces", {1}), InvalidArgument);
  EXPECT_THROW(points(NAN, "scale", {1}), InvalidArgument);
  try {
    by.guidance = 2;
    by.guidance_convention = "scale";
    Trainer(TrainOptions{}).sample(4, by);
    ADD_FAILURE() << "guided an unconditional run";
  } catch (const InvalidArgument& error) {
    EXPECT_NE(std::string(error.what()).find("guidance needs a conditional run and a label"),
              std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace pathflow::train
