// Accuracy of the float functions of cpu/kernels.hpp: the numbers that the comments of
// vector_math.hpp, docs/numerics.md and tests/unit/cpu/vector_math_test.cpp share.
#pragma once

#include "pathflow/cpu/kernels.hpp"

namespace pathflow::cpu {

/// |y - exact| <= ulp * (spacing of floats at max(|exact|, floor)) on every instruction set, for
/// every float argument; where `absolute` is not 0, an error below it is accepted too (functions
/// that flush tiny results to zero). Infinite and NaN results are exact.
struct Accuracy {
  Unary op;
  const char* name;
  double ulp;
  double floor;
  double absolute;
};

inline constexpr double kFlush = 0x1p-119;  ///< largest result that an activation may flush to 0

inline constexpr Accuracy kAccuracy[] = {
    {Unary::kNegate, "negate", 0, 0, 0},
    {Unary::kExp, "exp", 1.25, 0, 0},
    {Unary::kLog, "log", 1, 0, 0},
    {Unary::kSqrt, "sqrt", 0.5, 0, 0},
    {Unary::kSin, "sin", 2, 0x1p-10, 0},
    {Unary::kCos, "cos", 2, 0x1p-10, 0},
    {Unary::kTanh, "tanh", 2, 0, 0},
    {Unary::kSigmoid, "sigmoid", 3, 0, 0},
    {Unary::kErf, "erf", 2, 0, 0},
    {Unary::kSquare, "square", 0.5, 0, 0},
    {Unary::kReciprocal, "reciprocal", 0.5, 0, 0},
    {Unary::kSilu, "silu", 3.5, 0, kFlush},
    {Unary::kSelu, "selu", 2, 0, 0},
    {Unary::kGelu, "gelu", 7, 0, kFlush},
    {Unary::kRelu, "relu", 0, 0, 0},
    {Unary::kSiluGrad, "silu_grad", 3, 0.25, 0},
    {Unary::kSeluGrad, "selu_grad", 2, 0, kFlush},
    {Unary::kGeluGrad, "gelu_grad", 8, 0.25, 0},
    {Unary::kReluGrad, "relu_grad", 0, 0, 0},
};

}  // namespace pathflow::cpu
