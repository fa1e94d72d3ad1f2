// Mlp: a plain network q(x, t[, label]), recorded into a graph.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "pathflow/graph/graph.hpp"
#include "pathflow/graph/plan.hpp"

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::nn {

/// raw, fourier.
const std::vector<std::string>& time_feature_names();

/// The network's form.
struct MlpOptions {
  std::int64_t dimension = 2;                               ///< d of the points, >= 1
  std::int64_t width = 128;                                 ///< hidden units per layer, 1..4096
  std::int64_t depth = 3;                                   ///< hidden layers, 1..16
  graph::Activation activation = graph::Activation::kSilu;  ///< of the hidden layers
  /// "raw": t itself is one input (3 -> width for 2-D). "fourier": sin and cos of
  /// 2 pi 2^k t, k = 0..time_frequencies-1, beside t.
  std::string time_features = "raw";
  std::int64_t time_frequencies = 6;  ///< of "fourier", 1..16
  int classes = 0;  ///< 0: unconditional; else labels 0..classes-1, and `classes` is the null label
  std::int64_t outputs = 0;  ///< columns of q; 0: dimension
  std::int64_t times = 1;    ///< columns of t, 1 or 2: few-step models take a second time
};

/// Parameter names and shapes in order: "mlp.0.weight" [in, out], "mlp.0.bias" [out], ...,
/// "mlp.label.weight" [classes + 1, width] if conditional (added before the first activation).
class Mlp {
 public:
  explicit Mlp(MlpOptions options);  ///< Errors: InvalidArgument with the field's name
  const MlpOptions& options() const { return options_; }  ///< as given

  /// A state that the network reads.
  struct Parameter {
    std::string name;    ///< "mlp.0.weight"
    graph::Shape shape;  ///< extents
  };
  /// Names and shapes, in the order that forward() takes them.
  const std::vector<Parameter>& parameters() const { return parameters_; }
  /// Numbers in all parameters together.
  std::int64_t parameter_count() const;

  /// Records a state `prefix + name` for every parameter, in order. Once per graph and prefix.
  std::vector<graph::Value> record_parameters(graph::Graph& graph,
                                              const std::string& prefix = "") const;
  /// Records the forward pass with parameters from record_parameters (or anything of their shapes).
  /// Shapes: x [n, d], t [n, times], label [n] (unset if unconditional) -> [n, outputs].
  /// Errors: InvalidArgument for a label where there are no classes, or the reverse.
  graph::Value forward(graph::Graph& graph, std::span<const graph::Value> parameters,
                       graph::Value x, graph::Value t, graph::Value label) const;
  /// Fills the states: weights ~ U(-1/sqrt(in), 1/sqrt(in)) (He et al.'s fan-in rule as the common
  /// frameworks use it), biases alike, label table zero. Same seed: same bits everywhere.
  template <class T>
  void initialize(graph::StateStore<T>& states, std::uint64_t seed,
                  const std::string& prefix = "") const;

 private:
  MlpOptions options_;
  std::vector<Parameter> parameters_;
};

}  // namespace pathflow::nn

#pragma GCC visibility pop  // public
