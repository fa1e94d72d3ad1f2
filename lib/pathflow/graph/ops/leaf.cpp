// Leaves: inputs, states and constants.
#include <algorithm>
#include <functional>

#include "pathflow/base/error.hpp"
#include "pathflow/graph/ops/table.hpp"

namespace pathflow::graph {
namespace ops {
namespace {

std::vector<Shape> leaf_infer(std::span<const Shape>, const Attributes& attributes) {
  return {attributes.shape};
}

}  // namespace

const OpDef kInput{.name = "input", .kind = OpKind::kLeaf, .infer = leaf_infer};
const OpDef kState{.name = "state", .kind = OpKind::kLeaf, .infer = leaf_infer};
const OpDef kConstant{.name = "constant", .kind = OpKind::kLeaf, .infer = leaf_infer};

}  // namespace ops

namespace {

Value named_leaf(Graph& graph, const OpDef& op, std::string name, Shape shape) {
  if (name.empty())
    throw_error(ErrorCode::kInvalidArgument, op.name, "name must not be empty, got \"\"");
  for (std::int32_t i = 0; i < graph.size(); ++i) {
    const Node& node = graph.node(i);
    if (node.op->kind == OpKind::kLeaf && node.attributes.name == name) {
      throw_error(ErrorCode::kInvalidArgument, op.name,
                  {"names must be unique in a graph, got \"", name, "\" twice"});
    }
  }
  return record(graph, op, {}, {.name = std::move(name), .shape = shape})[0];
}

}  // namespace

Value input(Graph& graph, std::string name, Shape shape) {
  return named_leaf(graph, ops::kInput, std::move(name), shape);
}

Value state(Graph& graph, std::string name, Shape shape) {
  return named_leaf(graph, ops::kState, std::move(name), shape);
}

Value constant(Graph& graph, double value, Shape shape) {
  return broadcast_to(record(graph, ops::kConstant, {}, {.values = {value}})[0], shape);
}

Value constant(Graph& graph, std::vector<double> values, Shape shape) {
  check_size("constant", "values", values.size(), static_cast<std::size_t>(shape.size()));
  if (std::adjacent_find(values.begin(), values.end(), std::not_equal_to<>()) == values.end()) {
    return constant(graph, values[0], shape);
  }
  return record(graph, ops::kConstant, {}, {.values = std::move(values), .shape = shape})[0];
}

}  // namespace pathflow::graph
