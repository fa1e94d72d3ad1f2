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
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pathflow/tensor/shape.hpp"

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::graph {

using tensor::Shape;
class Graph;
struct Node;

/// A result of a recorded op: a cheap handle, valid while its Graph lives.
struct Value {
  Graph* graph = nullptr;   ///< where it is recorded; null: unset
  std::int32_t node = -1;   ///< index of its op
  std::int32_t output = 0;  ///< which of the op's results

  /// Its extents; the value must be set.
  const Shape& shape() const;
  /// Whether it is set.
  explicit operator bool() const { return graph != nullptr; }
  bool operator==(const Value&) const = default;
};

/// The tape: nodes in the order in which they were recorded, which is a topological order. It only
/// grows. A Graph stays where it is (Values point at it).
class Graph {
 public:
  Graph();
  ~Graph();
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  /// Nodes recorded so far.
  std::int32_t size() const { return static_cast<std::int32_t>(nodes_.size()); }
  /// The reference stays valid while the graph grows.
  const Node& node(std::int32_t index) const { return *nodes_[static_cast<std::size_t>(index)]; }
  /// Adds a node and returns its index; record() (op.hpp) is the way with checks.
  std::int32_t append(Node node);

 private:
  std::vector<std::unique_ptr<Node>> nodes_;
};

/// Argument type for a list of values: braces, a vector, an array or a span.
class ValueList : public std::span<const Value> {
 public:
  /// A view of the values, which must outlive the call.
  ///@{
  ValueList(std::initializer_list<Value> values)
      : std::span<const Value>(values.begin(), values.size()) {}
  ValueList(const std::vector<Value>& values) : std::span<const Value>(values) {}
  ValueList(std::span<const Value> values) : std::span<const Value>(values) {}
  ///@}
};

// Leaves ------------------------------------------------------------------------------------------

/// A buffer written by the caller before each run. Names are unique within a graph.
Value input(Graph& graph, std::string name, Shape shape);
/// A buffer that lives in a StateStore and persists between runs and between plans: parameters,
/// optimizer moments, EMA weights.
Value state(Graph& graph, std::string name, Shape shape);
/// One number everywhere.
Value constant(Graph& graph, double value, Shape shape = {});
/// Numbers in row-major order. Errors: ShapeError unless there is one an element.
Value constant(Graph& graph, std::vector<double> values, Shape shape);

// Elementwise, NumPy broadcasting -----------------------------------------------------------------

/// Elementwise, with NumPy's broadcasting. Errors: ShapeError for shapes that do not broadcast.
///@{
Value operator+(Value a, Value b);
Value operator-(Value a, Value b);
Value operator*(Value a, Value b);
Value operator/(Value a, Value b);
Value operator-(Value a);
Value operator+(Value a, double b);
Value operator-(Value a, double b);
Value operator*(Value a, double b);
Value operator/(Value a, double b);
Value operator+(double a, Value b);
Value operator-(double a, Value b);
Value operator*(double a, Value b);
Value operator/(double a, Value b);
///@}
/// The function of that name, elementwise; log and sqrt of a negative number are NaN.
///@{
Value exp(Value x);
Value log(Value x);
Value sqrt(Value x);
Value sin(Value x);
Value cos(Value x);
Value tanh(Value x);
Value sigmoid(Value x);
Value erf(Value x);
Value square(Value x);
Value reciprocal(Value x);
///@}
/// The same numbers, but derivatives stop here: a target held fixed.
Value detach(Value x);

/// Activations by name: "identity", "silu", "selu", "gelu" (exact, by erf), "tanh", "relu".
enum class Activation { kIdentity, kSilu, kSelu, kGelu, kTanh, kRelu };
Value activate(Value x, Activation activation);  ///< activation(x), elementwise
/// Errors: InvalidArgument for an unknown name (with the valid ones and the nearest).
Activation activation_of(std::string_view name);
std::string_view activation_name(Activation activation);  ///< what activation_of reads
const std::vector<std::string>& activation_names();       ///< all of them, as listed above
/// activation'(x) elementwise; differentiable to any order (at the kinks of selu and relu the
/// derivative from the left).
Value activation_grad(Value x, Activation activation);

// Shape -------------------------------------------------------------------------------------------

// Errors (each): ShapeError naming the op and the shapes. Negative axes count from the end.

/// The same elements in the same order; sizes must agree.
Value reshape(Value x, Shape shape);
Value transpose(Value x);  ///< rank 2
/// Repeats x along axes of extent 1 and along new axes in front.
Value broadcast_to(Value x, Shape shape);
/// One behind the other along an axis; the other extents must agree.
Value concat(ValueList values, int axis);
/// [begin, end) along an axis.
Value slice(Value x, int axis, std::int64_t begin, std::int64_t end);
/// `before` zeros in front and `after` zeros behind along an axis: what slice undoes.
Value pad(Value x, int axis, std::int64_t before, std::int64_t after);
/// Over one axis, which goes or, with `keep`, stays with extent 1.
Value sum(Value x, int axis, bool keep = false);
Value sum(Value x);   ///< over all elements, rank 0
Value mean(Value x);  ///< over all elements, rank 0
/// Sums over the axes along which `shape` was broadcast to x's shape: the adjoint of broadcast_to.
Value sum_to(Value x, Shape shape);
/// Rows of table [k, d] at integer-valued indices [n] -> [n, d]. Rows in the backward are added in
/// index order, so the result does not depend on threads.
Value gather_rows(Value table, Value indices);
/// [rows, d] of zeros with x's rows [n, d] added at indices [n], in index order.
Value scatter_add_rows(Value x, Value indices, std::int64_t rows);

// Products ----------------------------------------------------------------------------------------

/// op(a) op(b) of rank-2 values, op the transposition where asked: [m, k] [k, n] -> [m, n].
/// Errors: ShapeError for inner extents that differ.
Value matmul(Value a, Value b, bool transpose_a = false, bool transpose_b = false);
/// activation(x w + b): x [n, in], w [in, out], b [out]. Recorded as plain ops; compile() fuses.
Value linear(Value x, Value w, Value b, Activation activation = Activation::kIdentity);

// Optimizer ---------------------------------------------------------------------------------------

/// The scalars of adamw(): rank-0 values, so that schedules cost no recompilation.
struct AdamWScalars {
  Value learning_rate, beta1, beta2, epsilon, weight_decay;  ///< symbols of adamw()'s formulas
  Value clip_norm, ema_decay;                                ///< the same; clip_norm 0: no clipping
  Value bias_correction1, bias_correction2;                  ///< 1 - beta^step
};
/// One parameter with what is kept beside it, all of one shape.
struct AdamWTensors {
  Value parameter, gradient, first_moment, second_moment;  ///< p, g, m, v
  Value ema;                                               ///< unset: none is kept
};
/// What adamw() gives.
struct AdamWResult {
  std::vector<AdamWTensors> updated;  ///< new parameter, moments and ema (gradient is unset)
  Value gradient_norm;                ///< rank 0, before clipping
};
/// One fused update of all parameters: global-norm clipping, AdamW (decoupled decay, bias
/// correction) and EMA.
///
///     s = clip_norm > 0 ? min(1, clip_norm / |g|) : 1      (|g| over all tensors)
///     m <- beta1 m + (1 - beta1) s g,   v <- beta2 v + (1 - beta2) (s g)^2
///     p <- p - lr (m / c1 / (sqrt(v / c2) + epsilon) + weight_decay p)
///     ema <- ema_decay ema + (1 - ema_decay) p
///
/// Errors: ShapeError for tensors of one entry that differ, or a scalar that has a rank.
/// Source: Loshchilov & Hutter 2019, algorithm 2.
AdamWResult adamw(std::span<const AdamWTensors> tensors, const AdamWScalars& scalars);

// Derivatives: graph-to-graph, in the same ops, so they compose to any order ---------------------

/// Vector-Jacobian products: sum_i cotangents[i]^T d outputs[i] / d wrt[j], one Value per wrt.
/// Zeros where an output does not depend on wrt[j].
/// Cost: about two products for each product of the forward pass.
/// Errors: ShapeError if a cotangent's shape is not its output's; InvalidArgument if an op on the
/// way has no derivative.
std::vector<Value> vjp(ValueList outputs, ValueList cotangents, ValueList wrt);
/// Jacobian-vector products: d outputs[i] / d inputs . tangents, one Value per output.
/// Errors: as vjp.
std::vector<Value> jvp(ValueList outputs, ValueList inputs, ValueList tangents);

}  // namespace pathflow::graph

#pragma GCC visibility pop  // public
