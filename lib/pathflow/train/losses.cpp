// The table of objectives, and what they share.
#include "pathflow/base/error.hpp"
#include "pathflow/base/names.hpp"
#include "pathflow/base/random.hpp"
#include "pathflow/cpu/draws.hpp"
#include "pathflow/path/time_sampling.hpp"
#include "pathflow/train/config.hpp"
#include "pathflow/train/loss.hpp"

// One line an objective: its public name and the function that its file defines.
#define PATHFLOW_LOSSES(ENTRY)                   \
  ENTRY("regression", make_regression)           \
  ENTRY("implicit", make_implicit)               \
  ENTRY("sliced", make_sliced)                   \
  ENTRY("interpolant", make_interpolant)         \
  ENTRY("action", make_action)                   \
  ENTRY("entropic-action", make_entropic_action) \
  ENTRY("mean-flow", make_mean_flow)             \
  ENTRY("shortcut", make_shortcut)               \
  ENTRY("consistency", make_consistency)         \
  ENTRY("consistency-distillation", make_consistency_distillation)

namespace pathflow::train {

#define PATHFLOW_DECLARE(name, make) std::unique_ptr<Loss> make(const LossSetup& setup);
PATHFLOW_LOSSES(PATHFLOW_DECLARE)
#undef PATHFLOW_DECLARE

const std::vector<std::string>& objective_names() {
#define PATHFLOW_NAME(name, make) name,
  static const std::vector<std::string> names = name_list({PATHFLOW_LOSSES(PATHFLOW_NAME)});
#undef PATHFLOW_NAME
  return names;
}

namespace {

std::unique_ptr<Loss> named_loss(const LossSetup& setup) {
#define PATHFLOW_MAKE(name, make) \
  if (setup.options.objective == name) return make(setup);
  PATHFLOW_LOSSES(PATHFLOW_MAKE)
#undef PATHFLOW_MAKE
  throw_unknown_name("Trainer", "objective", setup.options.objective, objective_names());
}

}  // namespace

std::unique_ptr<Loss> make_loss(const LossSetup& setup) {
  std::unique_ptr<Loss> loss = named_loss(setup);
  loss->require(setup.ends.snapshots.empty() || loss->takes_snapshots(),
                "learns the path between two ends; snapshots need objective \"action\" or "
                "\"entropic-action\"");
  loss->require(setup.ends.teacher == nullptr || loss->teacher() != nullptr,
                "learns from the path alone; a teacher needs objective "
                "\"consistency-distillation\"");
  return loss;
}

Objective make_objective(const TrainOptions& options, const Scales& scales) {
  return Objective(path::make_schedule(options.schedule), path::prediction_of(options.predict),
                   weighting_of(options.weight), scales);
}

path::Interval Loss::interval() const { return {schedule().t_min(), schedule().t_max()}; }

void Loss::require(bool holds, std::string_view rule) const {
  if (holds) return;
  throw_error(ErrorCode::kInvalidArgument, "Trainer",
              {"objective \"", options().objective, "\" ", rule});
}

void Loss::require_default_weight() const {
  require(options().weight == "default",
          message({"has but the weight \"default\": weight must be \"default\", got \"",
                   options().weight, "\""}));
}

void Loss::require_velocity() const {
  require(options().predict == "velocity",
          message({"learns the velocity, predict must be \"velocity\", got \"", options().predict,
                   "\""}));
  require_default_weight();
}

void Loss::require_all_times() const {
  require(path::source_end_steps(options().time_law) == 0,
          "learns at all times, time_law must not be \"source-end\"");
}

void Draws::normals(Purpose purpose, std::span<float> out) const {
  cpu::draw_normals(Random(seed, purpose), step, out);
}

void Draws::signs(Purpose purpose, std::span<float> out) const {
  const Random random(seed, purpose);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = random.uniform(step, i) < 0.5 ? -1 : 1;
}

void Draws::mix(std::size_t i, double a, double b, std::span<float> out) const {
  const float to_data = static_cast<float>(a), to_source = static_cast<float>(b);
  for (std::size_t k = i * dimension; k < (i + 1) * dimension; ++k) {
    out[k] = to_data * data[k] + to_source * source[k];
  }
}

std::span<const float> Draws::points(const path::Schedule& schedule) const {
  for (std::size_t i = 0; i < rows; ++i) {
    const path::Coefficients at = schedule.at(times[i]);
    mix(i, at.alpha, at.sigma, spare);
  }
  return spare;
}

graph::Value mean_of_rows(graph::Value x) {
  return graph::sum(x) * (1.0 / static_cast<double>(x.shape()[0]));
}

graph::Value divergence(graph::Value y, graph::Value x) {
  const std::int64_t d = x.shape()[1];
  graph::Value sum;
  for (std::int64_t k = 0; k < d; ++k) {
    std::vector<double> axis(static_cast<std::size_t>(d));
    axis[static_cast<std::size_t>(k)] = 1;
    const graph::Value u =
        graph::broadcast_to(graph::constant(*x.graph, std::move(axis), {1, d}), x.shape());
    const graph::Value part = graph::slice(graph::jvp({y}, {x}, {u})[0], 1, k, k + 1);
    sum = sum ? sum + part : part;
  }
  return sum;
}

graph::Value divergence_along(graph::Value y, graph::Value x, graph::Value u) {
  return graph::sum(graph::jvp({y}, {x}, {u})[0] * u, 1, true);
}

}  // namespace pathflow::train
