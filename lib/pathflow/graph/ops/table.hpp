// The table of ops. Rules and lowering passes name ops through it; devices list what they support.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "pathflow/graph/op.hpp"

namespace pathflow::graph::ops {

// leaf.cpp
extern const OpDef kInput, kState, kConstant;
// elementwise.cpp
extern const OpDef kNegate, kExp, kLog, kSqrt, kSin, kCos, kTanh, kSigmoid, kErf, kSquare,
    kReciprocal, kDetach;
extern const OpDef kAdd, kSubtract, kMultiply, kDivide;
// activation.cpp
extern const OpDef kSilu, kSelu, kGelu, kRelu;
extern const OpDef kSiluGrad, kSeluGrad, kGeluGrad, kTanhGrad, kReluGrad;
// shape.cpp
extern const OpDef kReshape, kTranspose, kBroadcastTo, kConcat, kSlice, kPad, kCopy;
// reduce.cpp
extern const OpDef kSum;
// matmul.cpp
extern const OpDef kMatmul;
// fused.cpp: made by compile() only
extern const OpDef kFusedLinear, kMatmulGrad;
// gather.cpp
extern const OpDef kGatherRows, kScatterAddRows;
// optimizer.cpp
extern const OpDef kAdamW;

/// Every op, for tests and devices.
std::span<const OpDef* const> all();

/// The op of an activation or its derivative; null for the identity.
const OpDef* activation_op(Activation activation);
const OpDef* activation_grad_op(Activation activation);

// Rules shared by op families: vjp and jvp of an op that is linear in all its inputs at once.
std::vector<Value> unary_vjp(const Recorded& op, std::span<const Value> cotangents);
std::vector<Value> unary_jvp(const Recorded& op, std::span<const Value> tangents);
std::vector<Shape> unary_infer(std::span<const Shape> inputs, const Attributes& attributes);

/// An elementwise op y = fold(x); derivative(x, y) records dy/dx.
constexpr OpDef unary(std::string_view name, double (*fold)(double, double),
                      Value (*derivative)(Value, Value)) {
  return {.name = name,
          .kind = OpKind::kUnary,
          .infer = unary_infer,
          .vjp = unary_vjp,
          .jvp = unary_jvp,
          .derivative = derivative,
          .fold = fold};
}

}  // namespace pathflow::graph::ops
