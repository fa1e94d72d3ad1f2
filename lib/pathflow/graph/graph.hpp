// The engine's front: record values and ops once, differentiate graph to graph, compile to a plan.
//
//   Graph g;
//   Value x = input(g, "x", {256, 2});
//   Value w = state(g, "w", {2, 3});
//   Value loss = mean(square(matmul(x, w)));
//   Value dw = vjp({loss}, {constant(g, 1.0)}, {w})[0];
//   auto plan = compile<float>({.outputs = {{"loss", loss}, {"dw", dw}}}, states, cpu::device());
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pathflow/tensor/shape.hpp"

namespace pathflow::graph {

using tensor::Shape;
class Graph;

/// A result of a recorded op: a cheap handle, valid while its Graph lives.
struct Value {
  Graph* graph = nullptr;
  std::int32_t node = -1;
  std::int32_t output = 0;

  const Shape& shape() const;
  explicit operator bool() const { return graph != nullptr; }
  bool operator==(const Value&) const = default;
};

// Leaves ------------------------------------------------------------------------------------------

/// A buffer written by the caller before each run. Names are unique within a graph.
Value input(Graph& graph, std::string name, Shape shape);
/// A buffer that lives in a StateStore and persists between runs and between plans: parameters,
/// optimizer moments, EMA weights.
Value state(Graph& graph, std::string name, Shape shape);
Value constant(Graph& graph, double value, Shape shape = {});
Value constant(Graph& graph, std::vector<double> values, Shape shape);

// Elementwise, NumPy broadcasting -----------------------------------------------------------------

Value operator+(Value a, Value b);
Value operator-(Value a, Value b);
Value operator*(Value a, Value b);
Value operator/(Value a, Value b);
Value operator-(Value a);
Value operator+(Value a, double b);
Value operator*(Value a, double b);
Value exp(Value x);
Value log(Value x);
Value sqrt(Value x);
Value sin(Value x);
Value cos(Value x);
Value tanh(Value x);
Value sigmoid(Value x);
Value erf(Value x);
Value square(Value x);

/// Activations by name: "identity", "silu", "selu", "gelu" (exact, by erf), "tanh", "relu".
enum class Activation { kIdentity, kSilu, kSelu, kGelu, kTanh, kRelu };
Value activate(Value x, Activation activation);
Activation activation_of(std::string_view name);
std::string_view activation_name(Activation activation);
const std::vector<std::string>& activation_names();

// Shape -------------------------------------------------------------------------------------------

Value reshape(Value x, Shape shape);
Value transpose(Value x);  ///< rank 2
Value broadcast_to(Value x, Shape shape);
Value concat(std::span<const Value> values, int axis);
Value slice(Value x, int axis, std::int64_t begin, std::int64_t end);
Value sum(Value x, int axis, bool keep = false);
Value sum(Value x);   ///< over all elements, rank 0
Value mean(Value x);  ///< over all elements, rank 0
/// Rows of table [k, d] at integer-valued indices [n] -> [n, d]. Rows in the backward are added in
/// index order, so the result does not depend on threads.
Value gather_rows(Value table, Value indices);

// Products ----------------------------------------------------------------------------------------

Value matmul(Value a, Value b, bool transpose_a = false, bool transpose_b = false);
/// activation(x w + b): x [n, in], w [in, out], b [out]. Recorded as plain ops; compile() fuses.
Value linear(Value x, Value w, Value b, Activation activation = Activation::kIdentity);

// Optimizer ---------------------------------------------------------------------------------------

/// One fused update of all parameters: global-norm clipping, AdamW (decoupled decay, bias
/// correction) and EMA. Scalars are rank-0 values, so that schedules cost no recompilation.
/// Source: Loshchilov & Hutter 2019, algorithm 2.
struct AdamWScalars {
  Value learning_rate, beta1, beta2, epsilon, weight_decay, clip_norm, ema_decay;
  Value bias_correction1, bias_correction2;  ///< 1 - beta^step
};
struct AdamWTensors {
  Value parameter, gradient, first_moment, second_moment, ema;
};
struct AdamWResult {
  std::vector<AdamWTensors> updated;  ///< new parameter, moments and ema (gradient is unset)
  Value gradient_norm;                ///< rank 0, before clipping
};
AdamWResult adamw(std::span<const AdamWTensors> tensors, const AdamWScalars& scalars);

// Derivatives: graph-to-graph, in the same ops, so they compose to any order ---------------------

/// Vector-Jacobian products: sum_i cotangents[i]^T d outputs[i] / d wrt[j], one Value per wrt.
std::vector<Value> vjp(std::span<const Value> outputs, std::span<const Value> cotangents,
                       std::span<const Value> wrt);
/// Jacobian-vector products: d outputs[i] / d inputs . tangents, one Value per output.
std::vector<Value> jvp(std::span<const Value> outputs, std::span<const Value> inputs,
                       std::span<const Value> tangents);

}  // namespace pathflow::graph
