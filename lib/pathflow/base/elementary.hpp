// Elementary functions from IEEE +, -, *, / and sqrt alone, so that every compiler and WASM give
// the same bits (with contraction off). Scalar double; vector float code is cpu/vector_math.hpp.
#pragma once

namespace pathflow::elementary {

/// Natural logarithm, x positive, finite and normal. Accuracy: 1 ulp.
double log(double x);

/// sin(2 pi u) and cos(2 pi u) for u in [0, 1]. Accuracy: 2.5 ulp of max(|value|, 2^-52).
struct SinCos {
  double sin, cos;
};
SinCos sincos_turn(double u);

/// Two values at a time, bit for bit those of log and sincos_turn (gcc and clang vector types).
typedef double Pair __attribute__((vector_size(16)));
struct SinCosPair {
  Pair sin, cos;
};
Pair log(Pair x);
SinCosPair sincos_turn(Pair u);  ///< u in [0, 1)

}  // namespace pathflow::elementary
