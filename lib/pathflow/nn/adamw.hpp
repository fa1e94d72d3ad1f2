// AdamW with EMA: the update of a list of parameters as plan updates, and its scalars per step.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "pathflow/graph/graph.hpp"
#include "pathflow/graph/plan.hpp"
#include "pathflow/nn/learning_rate.hpp"

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::nn {

/// AdamW, clipping and averaging: symbols of graph::adamw().
struct AdamWOptions {
  LearningRate learning_rate;         ///< by step
  double beta1 = 0.9, beta2 = 0.999;  ///< [0, 1)
  double epsilon = 1e-8;              ///< > 0
  double weight_decay = 0;            ///< decoupled, >= 0
  double clip = 0;                    ///< global gradient norm; 0: off
  double ema = 0;                     ///< [0, 1); warmed up by ema_decay()
};

/// Where the optimizer's states of parameter NAME live.
///@{
inline std::string first_moment_name(const std::string& name) { return "adam.m." + name; }
inline std::string second_moment_name(const std::string& name) { return "adam.v." + name; }
inline std::string ema_name(const std::string& name) { return "ema." + name; }
///@}

/// Records the update of every parameter with its gradient into `spec.updates` and the gradient's
/// norm as the output "gradient_norm". Adds rank-0 inputs named "adamw.*", written by set_scalars.
/// Shapes: gradients[i] is parameters[i]'s. The names are those of the parameters' states.
/// averages: the states of ema_name() where the graph has recorded them already; else empty.
void record_adamw(graph::Graph& graph, std::span<const std::string> names,
                  std::span<const graph::Value> parameters, std::span<const graph::Value> gradients,
                  graph::CompileSpec& spec, std::span<const graph::Value> averages = {});

/// The rank-0 inputs of record_adamw in one compiled plan, found once and written each step.
template <class T>
class AdamWScalars {
 public:
  /// `plan` holds the inputs of record_adamw and must outlive this.
  explicit AdamWScalars(graph::Plan<T>& plan);
  /// Writes the scalars of step number `step` (0 is the first). Returns the learning rate.
  double set(const AdamWOptions& options, std::int64_t step);

 private:
  std::span<T> learning_rate_, beta1_, beta2_, epsilon_, weight_decay_, clip_, ema_;
  std::span<T> correction1_, correction2_;
};

}  // namespace pathflow::nn

#pragma GCC visibility pop  // public
