// Fused ops: made by compile(), each defined by the composition of plain ops that it replaces.
#include "pathflow/graph/ops/table.hpp"

namespace pathflow::graph::ops {
namespace {

std::vector<Shape> linear_infer(std::span<const Shape> in, const Attributes& attributes) {
  const Shape shape = kMatmul.infer(in.first(2), attributes)[0];
  return std::vector<Shape>(attributes.keep_pre ? 2 : 1, shape);
}

/// activation(op(a) op(b) [+ bias]); with keep_pre also what went into the activation.
std::vector<Value> linear_define(const Attributes& attributes, std::span<const Value> in) {
  Value z = matmul(in[0], in[1], attributes.transpose_a, attributes.transpose_b);
  if (attributes.bias) z = z + in[2];
  const Value y = activate(z, attributes.activation);
  return attributes.keep_pre ? std::vector<Value>{y, z} : std::vector<Value>{y};
}

std::vector<Shape> grad_infer(std::span<const Shape> in, const Attributes& attributes) {
  return kMatmul.infer(in.first(2), attributes);
}

/// op(a) op(b) * activation'(pre): the backward of a fused layer.
std::vector<Value> grad_define(const Attributes& attributes, std::span<const Value> in) {
  return {matmul(in[0], in[1], attributes.transpose_a, attributes.transpose_b) *
          activation_grad(in[2], attributes.activation)};
}

}  // namespace

const OpDef kFusedLinear{.name = "fused_linear", .infer = linear_infer, .define = linear_define};
const OpDef kMatmulGrad{.name = "matmul_grad", .infer = grad_infer, .define = grad_define};

}  // namespace pathflow::graph::ops
