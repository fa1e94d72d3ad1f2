// CPU kernels on raw row-major buffers, float and double. Each handles its own threads by
// parallel_for with a cut that depends on sizes alone: bits never depend on the thread count.
// Buffers are 64-byte aligned and do not overlap unless said. No kernel allocates after its first
// call with given sizes on a thread (packing space is kept per thread).
#pragma once

#include <cstdint>

#include "pathflow/graph/graph.hpp"

#pragma GCC visibility push(default)  // public: seen outside a shared library

namespace pathflow::cpu {

using graph::Activation;

/// What a product does with each finished element z = sum_k a b (+ bias).
template <class T>
struct Epilogue {
  const T* bias = nullptr;                        ///< [n] added to each row
  T* pre_activation = nullptr;                    ///< [m, n] receives z, if wanted
  Activation activation = Activation::kIdentity;  ///< applied to z
  /// activation'(pre) multiplied onto z, pre [m, n]: the backward of a fused layer.
  const T* grad_pre_activation = nullptr;
  Activation grad_activation = Activation::kIdentity;  ///< whose derivative that is
};

/// c [m, n] = op(a) op(b) with epilogue; a is [m, k] ([k, m] if transpose_a), b is [k, n] ([n, k]).
/// Sums run over k in a fixed order. Cost 2 m n k flops. Double goes through Eigen.
template <class T>
[[gnu::visibility("default")]] void gemm(std::int64_t m, std::int64_t n, std::int64_t k, const T* a,
                                         bool transpose_a, const T* b, bool transpose_b, T* c,
                                         const Epilogue<T>& epilogue = {});

/// Functions of one number; accuracy in lib/docs/numerics.md.
enum class Unary {
  kNegate,
  kExp,
  kLog,
  kSqrt,
  kSin,
  kCos,
  kTanh,
  kSigmoid,
  kErf,
  kSquare,
  kReciprocal,
  kSilu,
  kSelu,
  kGelu,
  kRelu,  // activations
  kSiluGrad,
  kSeluGrad,
  kGeluGrad,
  kReluGrad  // their first derivatives
};
/// Functions of two numbers.
enum class Binary { kAdd, kSubtract, kMultiply, kDivide };

/// y[i] = op(x[i]); y may be x.
template <class T>
[[gnu::visibility("default")]] void unary(Unary op, std::int64_t count, const T* x, T* y);

/// How an operand of binary() lies: a stride of 0 repeats a row, or an element within its row.
struct Stride2 {
  std::int64_t row = 0, element = 0;  ///< from one row, or element, to the next
};
/// y[i] = op(a[i], b[i]) over an outer x inner box; y is dense [outer, inner] and may be a or b
/// where those are dense.
template <class T>
[[gnu::visibility("default")]] void binary(Binary op, std::int64_t outer, std::int64_t inner,
                                           const T* a, Stride2 a_stride, const T* b,
                                           Stride2 b_stride, T* y);

/// y [outer, inner] = sum over the middle axis of x [outer, count, inner], in a fixed pairwise
/// order.
template <class T>
[[gnu::visibility("default")]] void reduce_sum(std::int64_t outer, std::int64_t count,
                                               std::int64_t inner, const T* x, T* y);

/// y [columns, rows] = x [rows, columns] transposed.
template <class T>
[[gnu::visibility("default")]] void transpose(std::int64_t rows, std::int64_t columns, const T* x,
                                              T* y);
/// y [n, d]: row i is row indices[i] of table [table_rows, d]. Indices are whole numbers in range.
template <class T>
[[gnu::visibility("default")]] void gather_rows(std::int64_t n, std::int64_t d,
                                                std::int64_t table_rows, const T* table,
                                                const T* indices, T* y);
/// y [table_rows, d] = 0, then y[indices[i]] += x[i] in order of i.
template <class T>
[[gnu::visibility("default")]] void scatter_add_rows(std::int64_t n, std::int64_t d,
                                                     std::int64_t table_rows, const T* x,
                                                     const T* indices, T* y);

/// sum of squares, in double, in a fixed order.
template <class T>
[[gnu::visibility("default")]] double sum_of_squares(std::int64_t count, const T* x);

/// The scalars of one AdamW update: graph::AdamWScalars as numbers.
struct AdamWStep {
  double learning_rate, beta1, beta2, epsilon, weight_decay;  ///< as graph::AdamWScalars
  double gradient_scale;                                      ///< the factor of clipping
  double ema_decay;                           ///< of the average; not read without one
  double bias_correction1, bias_correction2;  ///< 1 - beta^step
};
/// In place: parameter, first, second, ema (ema may be null). gradient_scale carries the clipping.
template <class T>
[[gnu::visibility("default")]] void adamw(std::int64_t count, const AdamWStep& step,
                                          const T* gradient, T* parameter, T* first, T* second,
                                          T* ema);

/// "scalar", "sse2", "avx2", "avx512", "simd128", "relaxed-simd": the code in use.
const char* isa();

}  // namespace pathflow::cpu

#pragma GCC visibility pop  // public
