// Matrix products. Transposition is a flag of the product, never a copy.
#include "pathflow/base/error.hpp"
#include "pathflow/graph/ops/table.hpp"

namespace pathflow::graph {
namespace ops {
namespace {

std::vector<Shape> matmul_infer(std::span<const Shape> in, const Attributes& attributes) {
  const Shape &a = in[0], &b = in[1];
  const auto text = [&] {
    return message({a.to_text(), (attributes.transpose_a ? "^T x " : " x "), b.to_text(),
                    (attributes.transpose_b ? "^T" : "")});
  };
  if (a.rank() != 2 || b.rank() != 2)
    throw_error(ErrorCode::kShape, "matmul", {"ranks must be 2, got ", text()});
  const int row_a = attributes.transpose_a ? 1 : 0, row_b = attributes.transpose_b ? 1 : 0;
  if (a[1 - row_a] != b[row_b]) {
    throw_error(ErrorCode::kShape, "matmul", {"inner extents must agree, got ", text()});
  }
  return {Shape{a[row_a], b[1 - row_b]}};
}

// c = A B with A = op(a), B = op(b): dA = g B^T, dB = A^T g; a transposed operand takes the
// transpose of that, which is the product of the transposes in the other order.
std::vector<Value> matmul_vjp(const Recorded& op, std::span<const Value> g) {
  const bool ta = op.attributes.transpose_a, tb = op.attributes.transpose_b;
  const Value a = op.inputs[0], b = op.inputs[1];
  return {ta ? matmul(b, g[0], tb, true) : matmul(g[0], b, false, !tb),
          tb ? matmul(g[0], a, true, ta) : matmul(a, g[0], !ta, false)};
}

std::vector<Value> matmul_jvp(const Recorded& op, std::span<const Value> t) {
  const bool ta = op.attributes.transpose_a, tb = op.attributes.transpose_b;
  const Value left = t[0] ? matmul(t[0], op.inputs[1], ta, tb) : Value{};
  const Value right = t[1] ? matmul(op.inputs[0], t[1], ta, tb) : Value{};
  return {left && right ? left + right : left ? left : right};
}

}  // namespace

const OpDef kMatmul{.name = "matmul", .infer = matmul_infer, .vjp = matmul_vjp, .jvp = matmul_jvp};

}  // namespace ops

Value matmul(Value a, Value b, bool transpose_a, bool transpose_b) {
  return record_one(ops::kMatmul, {a, b}, {.transpose_a = transpose_a, .transpose_b = transpose_b});
}

Value linear(Value x, Value w, Value b, Activation activation) {
  if (b.shape().rank() != 1 || w.shape().rank() != 2 || b.shape()[0] != w.shape()[1]) {
    throw_error(ErrorCode::kShape, "linear",
                {"bias must have one element per column of the weight, got ", b.shape().to_text(),
                 " for ", w.shape().to_text()});
  }
  return activate(matmul(x, w) + b, activation);
}

}  // namespace pathflow::graph
