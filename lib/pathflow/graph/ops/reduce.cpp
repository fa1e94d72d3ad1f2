// Sums over axes.
#include "pathflow/base/error.hpp"
#include "pathflow/graph/ops/table.hpp"

namespace pathflow::graph {
namespace ops {
namespace {

std::vector<Shape> sum_infer(std::span<const Shape> in, const Attributes& attributes) {
  Shape shape;
  for (int axis = 0; axis < in[0].rank(); ++axis) {
    if (axis != attributes.axis) shape.append(in[0][axis]);
  }
  return {shape};
}

std::vector<Value> sum_vjp(const Recorded& op, std::span<const Value> g) {
  const Shape& shape = op.inputs[0].shape();
  return {broadcast_to(reshape(g[0], with_extent(shape, op.attributes.axis, 1)), shape)};
}

std::vector<Value> sum_jvp(const Recorded& op, std::span<const Value> t) {
  return {sum(t[0], op.attributes.axis)};
}

}  // namespace

const OpDef kSum{.name = "sum", .infer = sum_infer, .vjp = sum_vjp, .jvp = sum_jvp};

}  // namespace ops

Value sum(Value x, int axis, bool keep) {
  const Shape shape = x.shape();
  const int normal = normal_axis("sum", shape, axis);
  const Value result = record_one(ops::kSum, {x}, {.axis = normal});
  return keep ? reshape(result, with_extent(shape, normal, 1)) : result;
}

Value sum(Value x) { return sum(reshape(x, {x.shape().size()}), 0); }

Value mean(Value x) { return sum(x) * (1.0 / static_cast<double>(x.shape().size())); }

namespace {

/// Whether `axis` of `shape` was stretched from an extent of 1 (or from nothing) in `source`.
bool stretched(const Shape& shape, const Shape& source, int axis) {
  const int own = axis - (shape.rank() - source.rank());
  return shape[axis] > 1 && (own < 0 || source[own] == 1);
}

}  // namespace

Value sum_to(Value x, Shape shape) {
  if (x.shape() == shape) return x;
  if (broadcast_shape("sum_to", x.shape(), shape) != x.shape()) {
    throw_error(ErrorCode::kShape, "sum_to",
                {"the result must broadcast to ", x.shape().to_text(), ", got ", shape.to_text()});
  }
  // Neighbouring stretched axes are summed as one; extents of 1 between them do not matter.
  const Shape full = x.shape();
  std::int64_t outer = 1;
  int axis = 0;
  while (axis < full.rank()) {
    if (!stretched(full, shape, axis)) {
      outer *= full[axis++];
      continue;
    }
    std::int64_t count = 1;
    while (axis < full.rank() && (full[axis] == 1 || stretched(full, shape, axis))) {
      count *= full[axis++];
    }
    x = sum(reshape(x, {outer, count, x.shape().size() / (outer * count)}), 1);
  }
  return reshape(x, shape);
}

}  // namespace pathflow::graph
