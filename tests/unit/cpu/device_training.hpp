// The reference training step in the engine's own terms: an MLP, a mean square loss, AdamW.
#pragma once

#include <cmath>

#include "device_support.hpp"

namespace pathflow::graph::testing {

/// MLP widths[0] -> ... -> widths.back() on a batch, with its loss, gradients and update.
struct TrainingStep {
  Graph graph;
  Value x, target, loss;
  std::vector<Value> parameters, gradients;
  AdamWResult update;
  CompileSpec spec;

  TrainingStep(const std::vector<std::int64_t>& widths, std::int64_t batch,
               Activation activation = Activation::kSilu) {
    x = input(graph, "x", {batch, widths.front()});
    target = input(graph, "target", {batch, widths.back()});
    Value h = x;
    for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
      const std::string prefix = std::to_string(i);
      parameters.push_back(state(graph, prefix + ".weight", {widths[i], widths[i + 1]}));
      parameters.push_back(state(graph, prefix + ".bias", {widths[i + 1]}));
      const bool last = i + 2 == widths.size();
      h = linear(h, parameters[2 * i], parameters[2 * i + 1],
                 last ? Activation::kIdentity : activation);
    }
    loss = mean(square(h - target));
    gradients = vjp({loss}, {constant(graph, 1.0)}, parameters);
    record_update();
    spec.outputs = {{"loss", loss}, {"norm", update.gradient_norm}};
  }

  template <class T>
  void initialize(StateStore<T>& states, std::uint64_t seed) const {
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const Node& node = node_of(parameters[i]);
      const Numbers start = uniform_numbers(seed, i, node.shapes[0].size(), -0.3, 0.3);
      fill(states.get(node.attributes.name, node.shapes[0]), start);
      fill(states.get("ema." + node.attributes.name, node.shapes[0]), start);
    }
  }

  template <class T>
  void set_inputs(Plan<T>& plan, std::uint64_t seed, int step = 1) const {
    fill(plan.input("x"), uniform_numbers(seed, 100, x.shape().size()));
    fill(plan.input("target"), uniform_numbers(seed, 101, target.shape().size()));
    const std::pair<const char*, double> scalars[] = {{"lr", 1e-2},
                                                      {"beta1", 0.9},
                                                      {"beta2", 0.99},
                                                      {"eps", 1e-8},
                                                      {"decay", 0.01},
                                                      {"clip", 0.05},
                                                      {"ema", 0.9},
                                                      {"c1", 1 - std::pow(0.9, step)},
                                                      {"c2", 1 - std::pow(0.99, step)}};
    for (const auto& [name, value] : scalars) plan.input(name)[0] = static_cast<T>(value);
  }

 private:
  void record_update() {
    std::vector<AdamWTensors> tensors;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const std::string name = node_of(parameters[i]).attributes.name;
      const Shape shape = parameters[i].shape();
      tensors.push_back({parameters[i], gradients[i], state(graph, "m." + name, shape),
                         state(graph, "v." + name, shape), state(graph, "ema." + name, shape)});
    }
    const auto scalar = [&](const char* name) { return input(graph, name, {}); };
    update = adamw(tensors, {.learning_rate = scalar("lr"),
                             .beta1 = scalar("beta1"),
                             .beta2 = scalar("beta2"),
                             .epsilon = scalar("eps"),
                             .weight_decay = scalar("decay"),
                             .clip_norm = scalar("clip"),
                             .ema_decay = scalar("ema"),
                             .bias_correction1 = scalar("c1"),
                             .bias_correction2 = scalar("c2")});
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      const AdamWTensors &old = tensors[i], &next = update.updated[i];
      spec.updates.insert(spec.updates.end(), {{old.parameter, next.parameter},
                                               {old.first_moment, next.first_moment},
                                               {old.second_moment, next.second_moment},
                                               {old.ema, next.ema}});
    }
  }
};

}  // namespace pathflow::graph::testing
