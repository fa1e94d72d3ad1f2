#include <algorithm>

#include "pathflow/base/error.hpp"
#include "pathflow/graph/op.hpp"

namespace pathflow::graph {

Graph::Graph() = default;
Graph::~Graph() = default;

std::int32_t Graph::append(Node node) {
  nodes_.push_back(std::make_unique<Node>(std::move(node)));
  return size() - 1;
}

const Shape& Value::shape() const {
  if (graph == nullptr)
    throw_error(ErrorCode::kInvalidArgument, "Value::shape", "value must be set, got an unset one");
  return graph->node(node).shapes[static_cast<std::size_t>(output)];
}

std::vector<Value> record(Graph& graph, const OpDef& op, std::vector<Value> inputs,
                          Attributes attributes) {
  std::vector<Shape> shapes;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].graph != &graph) {
      throw_error(ErrorCode::kInvalidArgument, op.name,
                  {"input ", i, " must belong to this graph, got ",
                   (inputs[i] ? "a value of another graph" : "an unset value")});
    }
    shapes.push_back(inputs[i].shape());
  }
  std::vector<Shape> results = op.infer(shapes, attributes);
  const int count = static_cast<int>(results.size());
  const std::int32_t index =
      graph.append({&op, std::move(attributes), std::move(inputs), std::move(results)});
  std::vector<Value> outputs;
  for (int i = 0; i < count; ++i) outputs.push_back({&graph, index, i});
  return outputs;
}

Value record_one(const OpDef& op, std::vector<Value> inputs, Attributes attributes) {
  if (inputs.empty() || !inputs[0]) {
    throw_error(ErrorCode::kInvalidArgument, op.name, "input 0 must be set, got an unset value");
  }
  Graph& graph = *inputs[0].graph;
  return record(graph, op, std::move(inputs), std::move(attributes))[0];
}

Value record_one(const OpDef& op, std::initializer_list<Value> inputs) {
  return record_one(op, inputs, {});
}

Shape broadcast_shape(std::string_view where, const Shape& a, const Shape& b) {
  const int rank = std::max(a.rank(), b.rank());
  Shape result;
  for (int axis = -rank; axis < 0; ++axis) {
    const std::int64_t left = axis < -a.rank() ? 1 : a[axis];
    const std::int64_t right = axis < -b.rank() ? 1 : b[axis];
    if (left != right && left != 1 && right != 1) {
      throw_error(ErrorCode::kShape, where,
                  {"shapes must broadcast, got ", a.to_text(), " and ", b.to_text()});
    }
    result.append(std::max(left, right));
  }
  return result;
}

int normal_axis(std::string_view where, const Shape& shape, int axis) {
  if (axis < -shape.rank() || axis >= shape.rank()) {
    throw_error(ErrorCode::kShape, where,
                {"axis must lie within the rank of ", shape.to_text(), ", got ", axis});
  }
  return axis < 0 ? axis + shape.rank() : axis;
}

Shape with_extent(const Shape& shape, int axis, std::int64_t extent) {
  Shape result;
  for (int i = 0; i < shape.rank(); ++i) result.append(i == axis ? extent : shape[i]);
  return result;
}

AxisSplit split_at(const Shape& shape, int axis) {
  AxisSplit split;
  for (int i = 0; i < axis; ++i) split.outer *= shape[i];
  split.count = shape[axis];
  for (int i = axis + 1; i < shape.rank(); ++i) split.inner *= shape[i];
  return split;
}

}  // namespace pathflow::graph
