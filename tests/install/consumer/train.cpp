// Trains and samples through the public headers; fails where the loss does not fall.
#include <cmath>
#include <cstdio>

#include "pathflow/base/error.hpp"
#include "pathflow/train/trainer.hpp"

int main() {
  pathflow::train::Trainer trainer({.data = "moons", .width = 32, .depth = 2, .batch = 64});
  const double first = trainer.step(1).loss;
  const double last = trainer.step(200).mean_loss;
  const auto result = trainer.sample(50, {.sampler = "heun", .steps = 10});
  for (const float value : result.points) {
    if (!std::isfinite(value)) return 1;
  }
  try {
    trainer.step(0);
    return 2;
  } catch (const pathflow::InvalidArgument& error) {
    std::puts(error.what());
  }
  std::printf("loss %g -> %g, %zu points\n", first, last, result.points.shape(0));
  return last < first ? 0 : 3;
}
