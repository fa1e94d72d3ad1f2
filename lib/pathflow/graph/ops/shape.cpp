// Ops that move elements and do no arithmetic. All are linear: their jvp is the op itself.
#include "pathflow/base/error.hpp"
#include "pathflow/graph/ops/table.hpp"

namespace pathflow::graph {
namespace ops {
namespace {

std::vector<Shape> reshape_infer(std::span<const Shape> in, const Attributes& attributes) {
  if (in[0].size() != attributes.shape.size()) {
    throw_error(ErrorCode::kShape, "reshape",
                {"sizes must agree, got ", in[0].to_text(), " to ", attributes.shape.to_text()});
  }
  return {attributes.shape};
}
std::vector<Value> reshape_vjp(const Recorded& op, std::span<const Value> g) {
  return {reshape(g[0], op.inputs[0].shape())};
}
std::vector<Value> reshape_jvp(const Recorded& op, std::span<const Value> t) {
  return {reshape(t[0], op.outputs[0].shape())};
}

std::vector<Shape> transpose_infer(std::span<const Shape> in, const Attributes&) {
  if (in[0].rank() != 2)
    throw_error(ErrorCode::kShape, "transpose", {"rank must be 2, got ", in[0].to_text()});
  return {Shape{in[0][1], in[0][0]}};
}
std::vector<Value> transpose_rule(const Recorded&, std::span<const Value> seeds) {
  return {transpose(seeds[0])};
}

std::vector<Shape> broadcast_infer(std::span<const Shape> in, const Attributes& attributes) {
  if (broadcast_shape("broadcast_to", in[0], attributes.shape) != attributes.shape) {
    throw_error(ErrorCode::kShape, "broadcast_to",
                {"the result must be ", attributes.shape.to_text(), ", got a value of shape ",
                 in[0].to_text()});
  }
  return {attributes.shape};
}
std::vector<Value> broadcast_vjp(const Recorded& op, std::span<const Value> g) {
  return {sum_to(g[0], op.inputs[0].shape())};
}
std::vector<Value> broadcast_jvp(const Recorded& op, std::span<const Value> t) {
  return {broadcast_to(t[0], op.outputs[0].shape())};
}

std::vector<Shape> concat_infer(std::span<const Shape> in, const Attributes& attributes) {
  std::int64_t extent = 0;
  for (const Shape& shape : in) {
    if (shape.rank() != in[0].rank() ||
        with_extent(shape, attributes.axis, 1) != with_extent(in[0], attributes.axis, 1)) {
      throw_error(ErrorCode::kShape, "concat",
                  {"shapes must agree off axis ", attributes.axis, ", got ", in[0].to_text(),
                   " and ", shape.to_text()});
    }
    extent += shape[attributes.axis];
  }
  return {with_extent(in[0], attributes.axis, extent)};
}
std::vector<Value> concat_vjp(const Recorded& op, std::span<const Value> g) {
  std::vector<Value> parts;
  std::int64_t begin = 0;
  for (const Value& part : op.inputs) {
    const std::int64_t end = begin + part.shape()[op.attributes.axis];
    parts.push_back(slice(g[0], op.attributes.axis, begin, end));
    begin = end;
  }
  return parts;
}
std::vector<Value> concat_jvp(const Recorded& op, std::span<const Value> t) {
  std::vector<Value> parts(t.begin(), t.end());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (!parts[i]) parts[i] = constant(op.graph, 0.0, op.inputs[i].shape());
  }
  return {concat(parts, op.attributes.axis)};
}

std::vector<Shape> slice_infer(std::span<const Shape> in, const Attributes& attributes) {
  const auto& [begin, end] = std::pair(attributes.begin, attributes.end);
  if (begin < 0 || end <= begin || end > in[0][attributes.axis]) {
    throw_error(ErrorCode::kShape, "slice",
                {"range must be non-empty and within axis ", attributes.axis, " of ",
                 in[0].to_text(), ", got ", begin, " to ", end});
  }
  return {with_extent(in[0], attributes.axis, end - begin)};
}
std::vector<Value> slice_vjp(const Recorded& op, std::span<const Value> g) {
  const Attributes& a = op.attributes;
  return {pad(g[0], a.axis, a.begin, op.inputs[0].shape()[a.axis] - a.end)};
}
std::vector<Value> slice_jvp(const Recorded& op, std::span<const Value> t) {
  return {slice(t[0], op.attributes.axis, op.attributes.begin, op.attributes.end)};
}

std::vector<Shape> pad_infer(std::span<const Shape> in, const Attributes& attributes) {
  if (attributes.begin < 0 || attributes.end < 0) {
    throw_error(ErrorCode::kShape, "pad",
                {"zeros before and after must not be negative, got ", attributes.begin, " and ",
                 attributes.end});
  }
  return {with_extent(in[0], attributes.axis,
                      in[0][attributes.axis] + attributes.begin + attributes.end)};
}
std::vector<Value> pad_vjp(const Recorded& op, std::span<const Value> g) {
  const Attributes& a = op.attributes;
  return {slice(g[0], a.axis, a.begin, a.begin + op.inputs[0].shape()[a.axis])};
}
std::vector<Value> pad_jvp(const Recorded& op, std::span<const Value> t) {
  return {pad(t[0], op.attributes.axis, op.attributes.begin, op.attributes.end)};
}

std::vector<Value> copy_rule(const Recorded&, std::span<const Value> seeds) { return {seeds[0]}; }

}  // namespace

const OpDef kReshape{.name = "reshape",
                     .kind = OpKind::kView,
                     .infer = reshape_infer,
                     .vjp = reshape_vjp,
                     .jvp = reshape_jvp};
const OpDef kTranspose{
    .name = "transpose", .infer = transpose_infer, .vjp = transpose_rule, .jvp = transpose_rule};
const OpDef kBroadcastTo{
    .name = "broadcast_to", .infer = broadcast_infer, .vjp = broadcast_vjp, .jvp = broadcast_jvp};
const OpDef kConcat{.name = "concat", .infer = concat_infer, .vjp = concat_vjp, .jvp = concat_jvp};
const OpDef kSlice{.name = "slice", .infer = slice_infer, .vjp = slice_vjp, .jvp = slice_jvp};
const OpDef kPad{.name = "pad", .infer = pad_infer, .vjp = pad_vjp, .jvp = pad_jvp};
/// The same elements in a buffer of their own: compile() puts it before a result that would
/// otherwise live in a caller's or a state's buffer.
const OpDef kCopy{.name = "copy", .infer = unary_infer, .vjp = copy_rule, .jvp = copy_rule};

}  // namespace ops

Value reshape(Value x, Shape shape) { return record_one(ops::kReshape, {x}, {.shape = shape}); }
Value transpose(Value x) { return record_one(ops::kTranspose, {x}); }

Value broadcast_to(Value x, Shape shape) {
  if (x.shape() == shape) return x;
  return record_one(ops::kBroadcastTo, {x}, {.shape = shape});
}

Value concat(ValueList values, int axis) {
  if (values.empty())
    throw_error(ErrorCode::kInvalidArgument, "concat", "values must not be empty, got none");
  const int normal = normal_axis("concat", values[0].shape(), axis);
  return record_one(ops::kConcat, {values.begin(), values.end()}, {.axis = normal});
}

Value slice(Value x, int axis, std::int64_t begin, std::int64_t end) {
  const int normal = normal_axis("slice", x.shape(), axis);
  return record_one(ops::kSlice, {x}, {.axis = normal, .begin = begin, .end = end});
}

Value pad(Value x, int axis, std::int64_t before, std::int64_t after) {
  const int normal = normal_axis("pad", x.shape(), axis);
  return record_one(ops::kPad, {x}, {.axis = normal, .begin = before, .end = after});
}

}  // namespace pathflow::graph
