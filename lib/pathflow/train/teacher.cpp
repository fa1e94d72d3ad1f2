#include "pathflow/train/teacher.hpp"

#include <algorithm>

#include "pathflow/base/error.hpp"
#include "pathflow/path/prediction.hpp"
#include "pathflow/path/time_sampling.hpp"
#include "pathflow/train/checkpoint.hpp"

namespace pathflow::train {
namespace {

constexpr const char* kName = "teacher";

std::string prefix_of(const TrainOptions& options) {
  return options.ema > 0 ? nn::ema_name("") : "";
}

/// A consistency model has none; its distillation would ask for a teacher of its own.
void check_velocity(const TrainOptions& options) {
  if (!options.objective.starts_with("consistency") &&
      path::source_end_steps(options.time_law) == 0) {
    return;
  }
  throw_error(ErrorCode::kInvalidArgument, "Trainer",
              {"teacher must have a velocity at all times, got a run of objective \"",
               options.objective, "\" and time law \"", options.time_law, "\""});
}

}  // namespace

struct Teacher::File {
  io::Safetensors tensors;
  RunHeader header;

  explicit File(std::span<const std::uint8_t> run)
      : tensors(io::read_safetensors(run, kName)), header(read_run_header(tensors, kName)) {
    check_velocity(header.options);
  }
};

Teacher::Teacher(std::span<const std::uint8_t> run) : Teacher(File(run)) {}

Teacher::Teacher(const File& file)
    : options_(file.header.options),
      objective_(make_objective(options_, file.header.scales)),
      loss_(make_loss({options_, objective_, ends_})),
      mlp_(mlp_options(options_, *loss_)) {
  const std::string prefix = prefix_of(options_);
  check_run_states(file.tensors, kName, mlp_.options(), prefix.c_str());
  io::Safetensors kept;
  for (const nn::Mlp::Parameter& parameter : mlp_.parameters()) {
    const io::Tensor& tensor = file.tensors.tensors.at(prefix + parameter.name);
    weights_.push_back(tensor.floats());
    kept.tensors[prefix + parameter.name] = tensor;
  }
  for (const auto& [key, text] : file.tensors.metadata) {
    if (key != "data.file" && key != "source.file") kept.metadata[key] = text;
  }
  bytes_ = io::write_safetensors(kept);
}

void Teacher::copy_weights(graph::StateStore<float>& states) const {
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    const nn::Mlp::Parameter& parameter = mlp_.parameters()[i];
    const std::span<float> to = states.get("teacher." + parameter.name, parameter.shape);
    std::copy(weights_[i].begin(), weights_[i].end(), to.begin());
  }
}

std::vector<graph::Value> Teacher::record_weights(graph::Graph& graph) const {
  return mlp_.record_parameters(graph, "teacher.");
}

void Teacher::write_velocity(double t, double length, std::span<float> out) const {
  const Objective::Reading read = loss_->reading(t);
  const path::Conversion velocity =
      path::convert(loss_->prediction(), path::Prediction::kVelocity, objective_.schedule(), t);
  out[0] = static_cast<float>(t);
  out[1] = static_cast<float>(read.input);
  out[2] =
      static_cast<float>(length * (velocity.x_coefficient + velocity.q_coefficient * read.skip));
  out[3] = static_cast<float>(length * velocity.q_coefficient * read.output);
}

graph::Value Teacher::step(const RecordedNetwork& student, std::span<const graph::Value> weights,
                           graph::Value x, graph::Value how) const {
  const auto column = [&](std::int64_t k) { return graph::slice(how, 1, k, k + 1); };
  const RecordedNetwork network{student.graph, mlp_, student.rows, weights, student.label};
  return column(2) * x + column(3) * loss_->read(network, column(1) * x, column(0)).prediction;
}

}  // namespace pathflow::train
