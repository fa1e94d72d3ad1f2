// Table look-up by row and its adjoint. Indices are numbers without a derivative.
#include "pathflow/base/error.hpp"
#include "pathflow/graph/ops/table.hpp"

namespace pathflow::graph {
namespace ops {
namespace {

std::vector<Shape> gather_infer(std::span<const Shape> in, const Attributes&) {
  if (in[0].rank() != 2 || in[1].rank() != 1) {
    throw_error(ErrorCode::kShape, "gather_rows",
                {"table must have rank 2 and indices rank 1, got ", in[0].to_text(), " and ",
                 in[1].to_text()});
  }
  return {Shape{in[1][0], in[0][1]}};
}
std::vector<Value> gather_vjp(const Recorded& op, std::span<const Value> g) {
  return {scatter_add_rows(g[0], op.inputs[1], op.inputs[0].shape()[0]), Value{}};
}
std::vector<Value> gather_jvp(const Recorded& op, std::span<const Value> t) {
  return {t[0] ? gather_rows(t[0], op.inputs[1]) : Value{}};
}

std::vector<Shape> scatter_infer(std::span<const Shape> in, const Attributes& attributes) {
  if (in[0].rank() != 2 || in[1].rank() != 1 || in[0][0] != in[1][0]) {
    throw_error(
        ErrorCode::kShape, "scatter_add_rows",
        {"x must be [n, d] and indices [n], got ", in[0].to_text(), " and ", in[1].to_text()});
  }
  return {Shape{attributes.begin, in[0][1]}};
}
std::vector<Value> scatter_vjp(const Recorded& op, std::span<const Value> g) {
  return {gather_rows(g[0], op.inputs[1]), Value{}};
}
std::vector<Value> scatter_jvp(const Recorded& op, std::span<const Value> t) {
  return {t[0] ? scatter_add_rows(t[0], op.inputs[1], op.attributes.begin) : Value{}};
}

}  // namespace

const OpDef kGatherRows{
    .name = "gather_rows", .infer = gather_infer, .vjp = gather_vjp, .jvp = gather_jvp};
const OpDef kScatterAddRows{
    .name = "scatter_add_rows", .infer = scatter_infer, .vjp = scatter_vjp, .jvp = scatter_jvp};

}  // namespace ops

Value gather_rows(Value table, Value indices) {
  return record_one(ops::kGatherRows, {table, indices});
}

Value scatter_add_rows(Value x, Value indices, std::int64_t rows) {
  check_at_least("scatter_add_rows", "rows", rows, 1);
  return record_one(ops::kScatterAddRows, {x, indices}, {.begin = rows});
}

}  // namespace pathflow::graph
