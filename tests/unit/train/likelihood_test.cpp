// The trained network's derivative and likelihood.
#include <gtest/gtest.h>

#include <cmath>

#include "pathflow/base/error.hpp"
#include "pathflow/base/random.hpp"
#include "pathflow/train/trainer.hpp"

namespace pathflow::train {
namespace {

using tensor::Points;

TrainOptions small(const char* schedule, const char* predict) {
  TrainOptions options;
  options.data = "8gaussians";
  options.schedule = schedule;
  options.predict = predict;
  options.width = 32;
  options.depth = 2;
  return options;
}

Points normals(std::size_t n, std::uint64_t seed) {
  Points points = Points::from_shape({n, 2});
  Random(seed, Purpose::kUser).fill_normal(std::span<float>(points.data(), points.size()), 0);
  return points;
}

// Central differences of a float network at step 1e-2: truncation and rounding are both below 1e-3
// of the derivative's size.
TEST(NetworkModel, DerivativeAlongADirectionAgreesWithDifferences) {
  for (const auto& [schedule, predict] : {std::pair{"linear", "velocity"}, std::pair{"ve", "score"},
                                          std::pair{"vp-linear", "noise"}}) {
    Trainer trainer(small(schedule, predict));
    trainer.step(30);
    const auto model = trainer.model();
    for (const std::size_t n : {std::size_t{5}, std::size_t{300}}) {
      const Points x = normals(n, 1), u = normals(n, 2);
      Points q = x, dq = x, plain = x;
      const auto span = [](Points& p) { return std::span<float>(p.data(), p.size()); };
      const auto view = [](const Points& p) { return std::span<const float>(p.data(), p.size()); };
      model->predict_along(view(x), 0.5f, view(u), span(q), span(dq));
      model->predict(view(x), 0.5f, span(plain));
      EXPECT_EQ(q, plain) << "the same bits with and without a derivative";
      const float h = 1e-2f;
      Points high = x, low = x;
      for (std::size_t i = 0; i < x.size(); ++i) {
        high.data()[i] += h * u.data()[i];
        low.data()[i] -= h * u.data()[i];
      }
      Points after = x, before = x;
      model->predict(view(high), 0.5f, span(after));
      model->predict(view(low), 0.5f, span(before));
      double error = 0, size = 0;
      for (std::size_t i = 0; i < x.size(); ++i) {
        const double slope = (after.data()[i] - before.data()[i]) / (2.0 * h);
        error += std::pow(slope - dq.data()[i], 2);
        size += slope * slope;
      }
      EXPECT_LT(error, 1e-4 * size) << schedule << " " << predict << " " << n;
    }
  }
}

// Whatever the network is, the flow's density integrates to 1.
TEST(TrainerLogDensity, IntegratesToOneOnAGrid) {
  for (const auto& [schedule, predict] :
       {std::pair{"linear", "velocity"}, std::pair{"trig", "v"}}) {
    Trainer trainer(small(schedule, predict));
    trainer.step(150);
    const std::size_t side = 144;
    const double reach = 9, cell = 2 * reach / side;
    Points grid = Points::from_shape({side * side, 2});
    for (std::size_t i = 0; i < side * side; ++i) {
      grid(i, 0) = static_cast<float>(-reach + (static_cast<double>(i % side) + 0.5) * cell);
      grid(i, 1) = static_cast<float>(-reach + (static_cast<double>(i / side) + 0.5) * cell);
    }
    density::LikelihoodOptions options;
    options.solver.sampler = "rk4";
    options.solver.steps = 40;
    const auto result = trainer.log_density(grid, options);
    double mass = 0;
    for (const double value : result.log_density) mass += std::exp(value) * cell * cell;
    EXPECT_NEAR(mass, 1, 1e-3) << schedule;
  }
}

TEST(TrainerLogDensity, NeedsAGaussianSource) {
  TrainOptions options = small("linear", "velocity");
  options.source = "moons";
  Trainer trainer(options);
  EXPECT_THROW(trainer.log_density(normals(3, 1)), InvalidArgument);
}

}  // namespace
}  // namespace pathflow::train
