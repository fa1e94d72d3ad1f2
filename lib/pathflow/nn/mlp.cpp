#include "pathflow/nn/mlp.hpp"

#include <cmath>

#include "pathflow/base/error.hpp"
#include "pathflow/base/names.hpp"
#include "pathflow/base/random.hpp"

namespace pathflow::nn {
namespace {

constexpr double kTwoPi = 6.283185307179586476925286766559;

std::string layer_name(std::int64_t layer, const char* part) {
  return message({"mlp.", layer, ".", part});
}

void check(const MlpOptions& options) {
  check_between("Mlp", "dimension", options.dimension, 1, 65536);
  check_between("Mlp", "width", options.width, 1, 4096);
  check_between("Mlp", "depth", options.depth, 1, 16);
  check_between("Mlp", "time_frequencies", options.time_frequencies, 1, 16);
  check_between("Mlp", "classes", std::int64_t{options.classes}, 0, 65536);
  check_between("Mlp", "outputs", options.outputs, 0, 131072);
  check_between("Mlp", "times", options.times, 1, 2);
  for (const std::string& name : time_feature_names()) {
    if (name == options.time_features) return;
  }
  throw_unknown_name("Mlp", "time_features", options.time_features, time_feature_names());
}

std::int64_t input_width(const MlpOptions& options) {
  const std::int64_t features =
      options.time_features == "raw" ? 1 : 1 + 2 * options.time_frequencies;
  return options.dimension + options.times * features;
}

std::int64_t output_width(const MlpOptions& options) {
  return options.outputs > 0 ? options.outputs : options.dimension;
}

/// t beside sin and cos of 2 pi 2^k t, for each of its columns: [n, times (1 + 2 frequencies)].
graph::Value fourier(graph::Graph& graph, graph::Value t, std::int64_t frequencies) {
  if (t.shape()[1] == 2) {
    return graph::concat({fourier(graph, graph::slice(t, 1, 0, 1), frequencies),
                          fourier(graph, graph::slice(t, 1, 1, 2), frequencies)},
                         1);
  }
  std::vector<double> turns;
  for (std::int64_t k = 0; k < frequencies; ++k) {
    turns.push_back(kTwoPi * static_cast<double>(std::int64_t{1} << k));
  }
  const graph::Value angles = t * graph::constant(graph, turns, {1, frequencies});
  return graph::concat({t, graph::sin(angles), graph::cos(angles)}, 1);
}

}  // namespace

const std::vector<std::string>& time_feature_names() {
  static const std::vector<std::string> names = name_list({"raw", "fourier"});
  return names;
}

Mlp::Mlp(MlpOptions options) : options_(std::move(options)) {
  check(options_);
  std::int64_t in = input_width(options_);
  for (std::int64_t layer = 0; layer <= options_.depth; ++layer) {
    const std::int64_t out = layer == options_.depth ? output_width(options_) : options_.width;
    parameters_.push_back({layer_name(layer, "weight"), {in, out}});
    parameters_.push_back({layer_name(layer, "bias"), {out}});
    in = out;
  }
  if (options_.classes > 0) {
    parameters_.push_back({"mlp.label.weight", {options_.classes + 1, options_.width}});
  }
}

std::int64_t Mlp::parameter_count() const {
  std::int64_t count = 0;
  for (const Parameter& parameter : parameters_) count += parameter.shape.size();
  return count;
}

std::vector<graph::Value> Mlp::record_parameters(graph::Graph& graph,
                                                 const std::string& prefix) const {
  std::vector<graph::Value> values;
  for (const Parameter& parameter : parameters_) {
    values.push_back(graph::state(graph, prefix + parameter.name, parameter.shape));
  }
  return values;
}

graph::Value Mlp::forward(graph::Graph& graph, std::span<const graph::Value> parameters,
                          graph::Value x, graph::Value t, graph::Value label) const {
  check_size("Mlp::forward", "parameters", parameters.size(), parameters_.size());
  if (static_cast<bool>(label) != (options_.classes > 0)) {
    throw_error(ErrorCode::kInvalidArgument, "Mlp::forward",
                options_.classes > 0 ? "label must be given to a conditional network"
                                     : "label must be unset without classes");
  }
  const bool raw = options_.time_features == "raw";
  const graph::Value features = raw ? t : fourier(graph, t, options_.time_frequencies);
  graph::Value h = graph::concat({x, features}, 1);
  for (std::int64_t layer = 0; layer <= options_.depth; ++layer) {
    const graph::Value w = parameters[static_cast<std::size_t>(2 * layer)];
    const graph::Value b = parameters[static_cast<std::size_t>(2 * layer + 1)];
    if (layer == 0 && label) {
      h = graph::activate(graph::linear(h, w, b) + graph::gather_rows(parameters.back(), label),
                          options_.activation);
    } else if (layer < options_.depth) {
      h = graph::linear(h, w, b, options_.activation);
    } else {
      h = graph::linear(h, w, b);
    }
  }
  return h;
}

template <class T>
void Mlp::initialize(graph::StateStore<T>& states, std::uint64_t seed,
                     const std::string& prefix) const {
  const Random random(seed, Purpose::kWeights);
  double bound = 0;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const Parameter& parameter = parameters_[i];
    const std::span<T> values = states.get(prefix + parameter.name, parameter.shape);
    const bool table = parameter.name == "mlp.label.weight";
    if (parameter.shape.rank() == 2) {
      bound = 1.0 / std::sqrt(static_cast<double>(parameter.shape[0]));
    }
    for (std::size_t k = 0; k < values.size(); ++k) {
      // The stream's step is the parameter's number: deeper networks share their first layers.
      values[k] = table ? T{0} : static_cast<T>(bound * (2.0 * random.uniform(i, k) - 1.0));
    }
  }
}

template void Mlp::initialize<float>(graph::StateStore<float>&, std::uint64_t,
                                     const std::string&) const;
template void Mlp::initialize<double>(graph::StateStore<double>&, std::uint64_t,
                                      const std::string&) const;

}  // namespace pathflow::nn
