// One op: its name, shapes, derivatives and, for fused ops, its meaning in plain ops.
//
// Adding an op: a small file in graph/ops/ with an OpDef, one line in ops/table.hpp and table.cpp,
// a kernel in each device that supports it, and a row in tests/unit/cpu/device_ops_test.cpp.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pathflow/graph/graph.hpp"

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::graph {

/// Everything an op is told beside its inputs. An op uses the fields it names; others stay default,
/// so that equality of attributes is equality of ops (common subexpressions).
struct Attributes {
  std::string name = {};            ///< input, state
  std::vector<double> values = {};  ///< constant
  Shape shape = {};                 ///< leaves, reshape, broadcast_to
  int axis = 0;                     ///< sum, concat, slice, pad; not negative
  std::int64_t begin = 0, end = 0;  ///< slice: range; pad: zeros before and after; scatter: rows
  bool transpose_a = false, transpose_b = false;  ///< products
  Activation activation = Activation::kIdentity;  ///< fused products
  bool bias = false, keep_pre = false;            ///< fused_linear
  std::vector<char> has_ema = {};                 ///< adamw: one flag a tensor
  bool operator==(const Attributes&) const = default;
};

/// A recorded op as its derivative rules see it.
struct Recorded {
  Graph& graph;                            ///< where rules record
  const Attributes& attributes;            ///< as recorded
  std::span<const Value> inputs, outputs;  ///< in the op's order
};

/// What the planner may do with an op's buffers.
enum class OpKind {
  kLeaf,    ///< no kernel: constant, input, state
  kUnary,   ///< elementwise, one input: output may take the input's buffer
  kBinary,  ///< elementwise with broadcasting: output may take the buffer of an input of its shape
  kView,    ///< same elements in the same order under another shape: no kernel
  kOther,   ///< buffers of its own
};

/// An op: what there is to know of it, one constant object each (ops/table.hpp).
struct OpDef {
  std::string_view name;         ///< in messages and Plan::describe()
  OpKind kind = OpKind::kOther;  ///< see there
  /// Output shapes; throws ShapeError naming op and shapes.
  std::vector<Shape> (*infer)(std::span<const Shape> inputs,
                              const Attributes& attributes) = nullptr;
  /// One cotangent per input; an unset Value is zero. Unset cotangents come in as zero, too.
  std::vector<Value> (*vjp)(const Recorded& op, std::span<const Value> cotangents) = nullptr;
  /// One tangent per output; unset is zero, coming in and going out.
  std::vector<Value> (*jvp)(const Recorded& op, std::span<const Value> tangents) = nullptr;
  /// Unary ops: dy/dx, from which vjp and jvp follow.
  Value (*derivative)(Value x, Value y) = nullptr;
  /// Elementwise ops on constants.
  double (*fold)(double a, double b) = nullptr;
  /// Fused ops: the composition of plain ops that is their meaning.
  std::vector<Value> (*define)(const Attributes& attributes,
                               std::span<const Value> inputs) = nullptr;
  /// Input whose buffer output `output` may take over, or -1. Elementwise ops need none.
  int (*in_place)(const Attributes& attributes, int output) = nullptr;
};

/// A recorded op.
struct Node {
  const OpDef* op;            ///< never null
  Attributes attributes;      ///< of this call
  std::vector<Value> inputs;  ///< earlier values of the same graph
  std::vector<Shape> shapes;  ///< one per output
};

/// The op that a value is a result of; the value must be set.
inline const Node& node_of(Value value) { return value.graph->node(value.node); }

/// Appends an op and returns its outputs. Errors: InvalidArgument for values of another graph or
/// unset ones; the op's own ShapeErrors.
std::vector<Value> record(Graph& graph, const OpDef& op, std::vector<Value> inputs,
                          Attributes attributes = {});
/// record() of a one-output op on inputs of one graph.
Value record_one(const OpDef& op, std::vector<Value> inputs, Attributes attributes);
/// The same without attributes: for ops of one line, whose code it keeps small.
Value record_one(const OpDef& op, std::initializer_list<Value> inputs);

/// NumPy's broadcast of two shapes. Errors: ShapeError with `where` and both shapes.
Shape broadcast_shape(std::string_view where, const Shape& a, const Shape& b);
/// axis in [-rank, rank) as a non-negative one. Errors: ShapeError.
int normal_axis(std::string_view where, const Shape& shape, int axis);
/// shape with one extent replaced.
Shape with_extent(const Shape& shape, int axis, std::int64_t extent);
/// Products of the extents before, at and behind an axis.
struct AxisSplit {
  std::int64_t outer = 1, count = 1, inner = 1;  ///< before, at, behind
};
/// shape seen as [outer, count, inner] around a non-negative axis.
AxisSplit split_at(const Shape& shape, int axis);

}  // namespace pathflow::graph

#pragma GCC visibility pop  // public
