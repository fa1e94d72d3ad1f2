#include "pathflow/graph/ops/table.hpp"

namespace pathflow::graph::ops {
namespace {

const OpDef* const kAll[] = {
    &kInput,       &kState,
    &kConstant,  // leaf
    &kNegate,      &kExp,
    &kLog,         &kSqrt,
    &kSin,         &kCos,  // elementwise
    &kTanh,        &kSigmoid,
    &kErf,         &kSquare,
    &kReciprocal,  &kDetach,  //
    &kAdd,         &kSubtract,
    &kMultiply,    &kDivide,  //
    &kSilu,        &kSelu,
    &kGelu,        &kRelu,  // activation
    &kSiluGrad,    &kSeluGrad,
    &kGeluGrad,    &kTanhGrad,
    &kReluGrad,  //
    &kReshape,     &kTranspose,
    &kBroadcastTo, &kConcat,
    &kSlice,       &kPad,  // shape
    &kCopy,        &kSum,
    &kMatmul,      &kFusedLinear,
    &kMatmulGrad,  // products
    &kGatherRows,  &kScatterAddRows,
    &kAdamW,
};

}  // namespace

std::span<const OpDef* const> all() { return kAll; }

}  // namespace pathflow::graph::ops
