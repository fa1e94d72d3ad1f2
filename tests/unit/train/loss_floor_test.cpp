// The floor of a run's loss: exact where it is known, and equal to what the trainer itself reports.
#include <gtest/gtest.h>

#include <cmath>

#include "pathflow/base/error.hpp"
#include "pathflow/base/random.hpp"
#include "pathflow/density/path_errors.hpp"
#include "pathflow/train/trainer.hpp"

namespace pathflow::train {
namespace {

using tensor::Points;

Points rows(std::size_t n, std::size_t d) {
  Points points = Points::from_shape({n, d});
  Random(3, Purpose::kUser).fill_normal(std::span<float>(points.data(), points.size()), 0);
  return points;
}

/// A run that comes to rest: after `steps` the learning rate is 0 and the loss that of one network,
/// which is also the one sampled from.
TrainOptions resting(const char* schedule, const char* predict) {
  TrainOptions options;
  options.schedule = schedule;
  options.predict = predict;
  options.width = 32;
  options.depth = 2;
  options.steps = 200;
  options.lr_schedule = "cosine";
  options.ema = 0;
  return options;
}

struct Case {
  const char *schedule, *predict, *objective, *weight, *time_law;
};

/// The loss of a network at rest, from blocks of 40 steps (102,400 rows in all).
struct Reported {
  double loss = 0, standard_error = 0;
};
Reported reported(Trainer& trainer) {
  double sum = 0, squares = 0;
  for (int block = 0; block < 10; ++block) {
    const double mean = trainer.step(40).mean_loss;
    sum += mean / 10;
    squares += mean * mean / 10;
  }
  return {sum, std::sqrt((squares - sum * sum) / 9)};
}

/// Five standard errors of 10 to 16 batches: false alarm below 4e-4 a case.
double tolerance(const LossFloor& found, const Reported& loss) {
  return 5 *
         std::hypot(found.floor_standard_error, found.excess_standard_error, loss.standard_error);
}

TEST(LossFloor, FloorAndExcessAreTheLossThatIsReported) {
  for (const Case& c : {Case{"linear", "velocity", "regression", "default", "stratified"},
                        Case{"vp-linear", "noise", "regression", "default", "stratified"},
                        Case{"ve", "score", "regression", "default", "uniform"},
                        Case{"trig", "data", "regression", "velocity", "logit-normal"},
                        Case{"vp-cosine", "v", "regression", "sigma2", "stratified"},
                        Case{"linear", "velocity", "interpolant", "default", "stratified"},
                        Case{"vp-linear", "score", "implicit", "default", "stratified"}}) {
    TrainOptions options = resting(c.schedule, c.predict);
    options.objective = c.objective;
    options.weight = c.weight;
    options.time_law = c.time_law;
    Trainer trainer(options, {.data = rows(12, 2)});
    trainer.step(options.steps);
    const Reported loss = reported(trainer);
    const LossFloor found = trainer.loss_floor(16384, 5);
    EXPECT_NEAR(found.floor + found.excess, loss.loss, tolerance(found, loss))
        << c.schedule << " " << c.objective;
    EXPECT_GT(found.excess, 0);
    EXPECT_GE(loss.loss, found.floor - tolerance(found, loss)) << "no network beats the floor";
    const double size =
        std::string(c.objective) == "implicit" ? 2 : loss.loss;  // E |sigma s|^2 <= d
    EXPECT_LT(tolerance(found, loss), 0.2 * size) << "or the test would say nothing";
  }
}

TEST(LossFloor, IsZeroForOnePoint) {
  for (const char* predict : {"velocity", "noise", "data"}) {
    Trainer trainer(resting("linear", predict), {.data = rows(1, 3)});
    const LossFloor found = trainer.loss_floor(1024);
    EXPECT_EQ(found.floor, 0) << predict;
    EXPECT_EQ(found.floor_standard_error, 0);
    EXPECT_GT(found.excess, 0.1) << "an untrained network is no minimiser";
  }
}

// x0 = -1 or 1 on linear: floor = int_0^1 E sech^2(alpha x / t^2) / t^2 dt, x = alpha + t z, by
// the midpoint rule. 4.5 standard errors of 16 batches: false alarm below 1e-3.
TEST(LossFloor, IsTheIntegralForTwoPoints) {
  Points two = Points::from_shape({2, 1});
  two(0, 0) = -1;
  two(1, 0) = 1;
  Trainer trainer(resting("linear", "velocity"), {.data = two});
  const LossFloor found = trainer.loss_floor(65536);
  double integral = 0;
  constexpr int kTimes = 400, kNormals = 800;
  for (int i = 0; i < kTimes; ++i) {
    const double t = (i + 0.5) / kTimes, alpha = 1 - t;
    for (int j = 0; j < kNormals; ++j) {
      const double z = -8 + 16 * (j + 0.5) / kNormals;
      const double density = std::exp(-z * z / 2) / std::sqrt(2 * M_PI) * 16 / kNormals;
      integral += density * std::pow(std::cosh(alpha * (alpha + t * z) / (t * t)) * t, -2) / kTimes;
    }
  }
  EXPECT_NEAR(found.floor, integral, 4.5 * found.floor_standard_error);
  EXPECT_LT(found.floor_standard_error, 0.01 * integral);
}

TEST(LossFloor, CountsLabelsAsTrainingDrawsThem) {
  TrainOptions options = resting("linear", "velocity");
  options.conditional = true;
  options.label_dropout = 0.3;
  const std::vector<int> labels{0, 0, 1, 1, 2, 2, 2, 0, 1, 2, 0, 1};
  Trainer trainer(options, {.data = rows(12, 2), .labels = labels});
  trainer.step(options.steps);
  const Reported loss = reported(trainer);
  const LossFloor found = trainer.loss_floor(16384);
  EXPECT_NEAR(found.floor + found.excess, loss.loss, tolerance(found, loss));
  // With labels there is less to guess: the floor lies below the unconditional run's.
  const LossFloor without =
      Trainer(resting("linear", "velocity"), {.data = rows(12, 2)}).loss_floor(16384);
  EXPECT_LT(found.floor, 0.9 * without.floor);
}

// The longer a run, the smaller its velocity error against the exact minimiser.
TEST(ExactMinimiser, ErrorsFallWithTraining) {
  TrainOptions options = resting("linear", "velocity");
  options.steps = 1000;
  Trainer trainer(options, {.data = rows(12, 2)});
  const auto relative = [&] {
    const auto exact = trainer.exact_minimiser();
    double sum = 0;
    for (const auto& error :
         density::path_errors<float>(*trainer.model(), *exact, {0.3, 0.6, 0.9}, {.n = 500})) {
      sum += error.velocity.relative() / 3;
    }
    return sum;
  };
  const double before = relative();
  trainer.step(options.steps);
  EXPECT_GT(before, 0.5);
  EXPECT_LT(relative(), 0.15);
}

TEST(ExactMinimiser, RefusesWhatHasNone) {
  TrainOptions options = resting("linear", "velocity");
  options.source = "moons";
  EXPECT_THROW(Trainer(options).exact_minimiser(), InvalidArgument);
  options.source = "gaussian";
  options.coupling = "ot";
  EXPECT_THROW(Trainer(options).loss_floor(), InvalidArgument);
  options.coupling = "independent";
  options.objective = "interpolant";
  options.gamma = "brownian";
  EXPECT_THROW(Trainer(options).loss_floor(), InvalidArgument);
  options.objective = "regression";
  options.gamma = "zero";
  Trainer trainer(options);
  EXPECT_THROW(trainer.loss_floor(255), InvalidArgument);
  EXPECT_THROW(trainer.exact_minimiser(1), InvalidArgument) << "no labels here";
}

}  // namespace
}  // namespace pathflow::train
