#include "pathflow/nn/adamw.hpp"

#include <cmath>

#include "pathflow/base/error.hpp"

namespace pathflow::nn {
namespace {

/// base^n by squaring: IEEE products only, so the same bits everywhere (std::pow is not).
double power(double base, std::int64_t n) {
  double result = 1.0;
  for (; n > 0; n >>= 1) {
    if (n & 1) result *= base;
    base *= base;
  }
  return result;
}

}  // namespace

void record_adamw(graph::Graph& graph, std::span<const std::string> names,
                  std::span<const graph::Value> parameters, std::span<const graph::Value> gradients,
                  graph::CompileSpec& spec, std::span<const graph::Value> averages) {
  check_size("record_adamw", "parameters", parameters.size(), names.size());
  check_size("record_adamw", "gradients", gradients.size(), names.size());
  graph::AdamWScalars scalars{
      .learning_rate = graph::input(graph, "adamw.learning_rate", {}),
      .beta1 = graph::input(graph, "adamw.beta1", {}),
      .beta2 = graph::input(graph, "adamw.beta2", {}),
      .epsilon = graph::input(graph, "adamw.epsilon", {}),
      .weight_decay = graph::input(graph, "adamw.weight_decay", {}),
      .clip_norm = graph::input(graph, "adamw.clip_norm", {}),
      .ema_decay = graph::input(graph, "adamw.ema_decay", {}),
      .bias_correction1 = graph::input(graph, "adamw.bias_correction1", {}),
      .bias_correction2 = graph::input(graph, "adamw.bias_correction2", {}),
  };
  std::vector<graph::AdamWTensors> tensors;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const graph::Shape& shape = parameters[i].shape();
    tensors.push_back(
        {parameters[i], gradients[i], graph::state(graph, first_moment_name(names[i]), shape),
         graph::state(graph, second_moment_name(names[i]), shape),
         averages.empty() ? graph::state(graph, ema_name(names[i]), shape) : averages[i]});
  }
  const graph::AdamWResult result = graph::adamw(tensors, scalars);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const graph::AdamWTensors& updated = result.updated[i];
    spec.updates.emplace_back(tensors[i].parameter, updated.parameter);
    spec.updates.emplace_back(tensors[i].first_moment, updated.first_moment);
    spec.updates.emplace_back(tensors[i].second_moment, updated.second_moment);
    spec.updates.emplace_back(tensors[i].ema, updated.ema);
  }
  spec.outputs.emplace_back("gradient_norm", result.gradient_norm);
}

template <class T>
AdamWScalars<T>::AdamWScalars(graph::Plan<T>& plan)
    : learning_rate_(plan.input("adamw.learning_rate")),
      beta1_(plan.input("adamw.beta1")),
      beta2_(plan.input("adamw.beta2")),
      epsilon_(plan.input("adamw.epsilon")),
      weight_decay_(plan.input("adamw.weight_decay")),
      clip_(plan.input("adamw.clip_norm")),
      ema_(plan.input("adamw.ema_decay")),
      correction1_(plan.input("adamw.bias_correction1")),
      correction2_(plan.input("adamw.bias_correction2")) {}

template <class T>
double AdamWScalars<T>::set(const AdamWOptions& options, std::int64_t step) {
  const double rate = options.learning_rate.at(step);
  learning_rate_[0] = static_cast<T>(rate);
  beta1_[0] = static_cast<T>(options.beta1);
  beta2_[0] = static_cast<T>(options.beta2);
  epsilon_[0] = static_cast<T>(options.epsilon);
  weight_decay_[0] = static_cast<T>(options.weight_decay);
  clip_[0] = static_cast<T>(options.clip);
  ema_[0] = static_cast<T>(ema_decay(options.ema, step));
  correction1_[0] = static_cast<T>(1.0 - power(options.beta1, step + 1));
  correction2_[0] = static_cast<T>(1.0 - power(options.beta2, step + 1));
  return rate;
}

template class AdamWScalars<float>;
template class AdamWScalars<double>;

}  // namespace pathflow::nn
