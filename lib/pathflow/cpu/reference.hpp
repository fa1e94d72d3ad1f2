// Double kernels: the reference that finite differences, convergence orders and the float kernels
// are held against. Plain loops over <cmath>, contraction off, products through Eigen.
//
// Accuracy of functions: that of the C library (a few ulp in glibc and musl).
#pragma once

#include <cstdint>

#include "pathflow/cpu/kernels.hpp"

namespace pathflow::cpu::reference {

/// Rows [begin, end) of the product; begin a multiple of 64.
void gemm_rows(std::int64_t begin, std::int64_t end, std::int64_t m, std::int64_t n, std::int64_t k,
               const double* a, bool transpose_a, const double* b, bool transpose_b, double* c,
               const Epilogue<double>& epilogue);
double apply(Unary op, double x);
void unary(Unary op, std::int64_t count, const double* x, double* y);
void binary(Binary op, std::int64_t outer, std::int64_t inner, const double* a, Stride2 a_stride,
            const double* b, Stride2 b_stride, double* y);
void reduce_sum(std::int64_t outer, std::int64_t count, std::int64_t inner, const double* x,
                double* y);
void transpose(std::int64_t rows, std::int64_t columns, const double* x, double* y);
double sum_of_squares(std::int64_t count, const double* x);
void adamw(std::int64_t count, const AdamWStep& step, const double* gradient, double* parameter,
           double* first, double* second, double* ema);

}  // namespace pathflow::cpu::reference
