#include "methods.hpp"

#include <utility>

#include "laws.hpp"
#include "pathflow/train/reflow.hpp"

namespace pathflow::bench {
namespace {

using train::Trainer;
using train::TrainOptions;

constexpr std::size_t kTrainingRows = 10'000;

/// The networks and optimizer of appendix F: 3 x 64 SELU, AdamW 1e-3 with decay 1e-5, batch 512.
/// Averaging of weights and clipping are this library's defaults; the published runs had neither.
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

/// Velocity and score of Brownian bridges of variance 1 between the pairs of a coupling.
auto bridge_by(std::string coupling) {
  return [coupling = std::move(coupling)](TrainOptions& o) {
    o.objective = "interpolant";
    o.gamma = "brownian";
    o.coupling = coupling;
  };
}
const sample::SampleOptions kBrownianSde = {
    .sampler = "euler-maruyama", .steps = 100, .diffusion = "constant"};

/// Half of the steps as I-CFM, half on pairs of its ODE by 100 Euler steps, with its weights: the
/// published runs too went on from the frozen network's weights, and drew new pairs every batch.
Trainer rectified(const Column& column, std::uint64_t seed, std::int64_t steps) {
  Trainer teacher = with([](TrainOptions&) {})(column, seed, steps / 2);
  Trainer student = train::reflow(
      teacher,
      {.pairs = 1 << 16, .solver = {.sampler = "euler", .steps = 100, .seed = seed + 2000}});
  student.step(steps - steps / 2);
  return student;
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
      {.name = "FM",
       .parts = "linear-sigma-min:0.1, independent",
       .published = {{.343, .058, .190}, {}, {.209, .055, .762}, {.198, .037, .743}},
       .train = with([](TrainOptions& o) { o.schedule = "linear-sigma-min:0.1"; })},
      {.name = "I-CFM",
       .parts = "linear, independent",
       .published =
           {{.373, .103, .202}, {1.557, .407, 2.680}, {.178, .014, .891}, {.242, .141, .856}},
       .train = with([](TrainOptions&) {})},
      {.name = "RF",
       .parts = "linear, independent, one reflow",
       .published =
           {{.421, .071, .044}, {1.525, .330, .203}, {.283, .045, .130}, {.345, .079, .099}},
       .train = rectified},
      {.name = "OT-CFM",
       .parts = "linear, ot",
       .published =
           {{.303, .043, .031}, {.601, .027, .015}, {.130, .016, .083}, {.144, .028, .027}},
       .train = with([](TrainOptions& o) { o.coupling = "ot"; })},
      {.name = "SB-CFM",
       .parts = "linear + brownian, bridge",
       .published = {{2.314, 2.1, 1.0}, {}, {.434, .594, .995}, {.341, .468, .745}},
       .train = with(bridge_by("bridge"))},
      {.name = "[SF]2M-I",
       .parts = "linear + brownian, independent, SDE",
       .published =
           {{.393, .054, .160}, {1.482, .151, 2.577}, {.185, .028, .855}, {.201, .062, .845}},
       .train = with(bridge_by("independent")),
       .sampler = kBrownianSde},
      {.name = "[SF]2M-Exact",
       .parts = "linear + brownian, ot, SDE",
       .published =
           {{.275, .058, .016}, {.726, .137, .045}, {.124, .023, .053}, {.128, .005, .034}},
       .train = with(bridge_by("ot")),
       .sampler = kBrownianSde},
  };
  return all;
}

}  // namespace pathflow::bench
