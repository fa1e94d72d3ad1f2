#include "methods.hpp"

#include <utility>

#include "laws.hpp"

namespace pathflow::bench {
namespace {

using train::Trainer;
using train::TrainOptions;

constexpr std::size_t kTrainingRows = 10'000;

/// The networks and optimizer of appendix F: 3 x 64 SELU, AdamW 1e-3, batch 512.
TrainOptions reference(const Column& column, std::uint64_t seed, std::int64_t steps) {
  TrainOptions options;
  options.data = column.data;
  options.source = column.source == "normal" ? "gaussian" : column.source;
  options.width = 64;
  options.depth = 3;
  options.activation = "selu";
  options.batch = 512;
  options.lr = 1e-3;
  options.weight_decay = 1e-5;
  options.warmup = 0;
  options.steps = steps;
  options.seed = seed;
  return options;
}

train::TrainInputs rows_of(const Column& column, std::uint64_t seed) {
  train::TrainInputs inputs;
  inputs.data = training_rows(column.data, seed);
  if (column.source != "normal") inputs.source = training_rows(column.source, seed + 1000);
  return inputs;
}

/// A method that is the reference with some options changed.
auto with(std::function<void(TrainOptions&)> choose) {
  return
      [choose = std::move(choose)](const Column& column, std::uint64_t seed, std::int64_t steps) {
        TrainOptions options = reference(column, seed, steps);
        choose(options);
        Trainer trainer(options, rows_of(column, seed));
        trainer.step(steps);
        return trainer;
      };
}

}  // namespace

tensor::Points training_rows(const std::string& law, std::uint64_t seed) {
  return draw_law(law, kTrainingRows, 2 * seed + 1);
}

tensor::Points test_rows(const std::string& law, std::size_t n, std::uint64_t seed) {
  return draw_law(law, n, (std::uint64_t{1} << 32) + 2 * seed);
}

const std::vector<Column>& columns() {
  static const std::vector<Column> all = {{"N->8gaussians", "normal", "8gaussians"},
                                          {"moons->8gaussians", "moons-wide", "8gaussians-wide"},
                                          {"N->moons", "normal", "moons"},
                                          {"N->scurve", "normal", "scurve"}};
  return all;
}

const std::vector<Method>& methods() {
  static const std::vector<Method> all = {
      {.name = "I-CFM",
       .parts = "linear, velocity, independent",
       .published = {{.373, .103}, {1.557, .407}, {.178, .014}, {.242, .141}},
       .train = with([](TrainOptions&) {})},
      {.name = "OT-CFM",
       .parts = "linear, velocity, ot",
       .published = {{.303, .043}, {.601, .027}, {.130, .016}, {.144, .028}},
       .train = with([](TrainOptions& o) { o.coupling = "ot"; })},
  };
  return all;
}

}  // namespace pathflow::bench
