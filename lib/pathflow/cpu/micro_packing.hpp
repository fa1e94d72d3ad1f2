// Panels of b and tiles of a copied so that a tile reads them in order. Included only by
// micro_*.hpp.
#pragma once

#include "pathflow/cpu/kernel_table.hpp"
#include "pathflow/cpu/micro_tile.hpp"

namespace pathflow::cpu::PATHFLOW_ISA {

inline void transpose_block(std::int64_t rows, std::int64_t columns, const float* x,
                            std::int64_t x_stride, float* y, std::int64_t y_stride) {
  std::int64_t i = 0;
  if constexpr (kWidth >= 4) {
    for (; i + 4 <= rows; i += 4) {
      std::int64_t j = 0;
      for (; j + 4 <= columns; j += 4) {
        transpose4(x + i * x_stride + j, x_stride, y + j * y_stride + i, y_stride);
      }
      for (; j < columns; ++j) {
        for (int r = 0; r < 4; ++r) y[j * y_stride + i + r] = x[(i + r) * x_stride + j];
      }
    }
  }
  for (; i < rows; ++i) {
    for (std::int64_t j = 0; j < columns; ++j) y[j * y_stride + i] = x[i * x_stride + j];
  }
}

/// One panel of one block: out[p][j] = op(b)(first + p, column + j), zeros beyond n.
inline void pack_panel(const GemmCall& g, std::int64_t first, std::int64_t depth,
                       std::int64_t column, float* out) {
  const std::int64_t width = g.n - column < kColumns ? g.n - column : kColumns;
  if (width < kColumns)
    __builtin_memset(out, 0, sizeof(float) * static_cast<std::size_t>(depth * kColumns));
  if (g.transpose_b) {
    transpose_block(width, depth, g.b + column * g.b_stride + first, g.b_stride, out, kColumns);
    return;
  }
  const float* b = g.b + first * g.b_stride + column;
  for (std::int64_t p = 0; p < depth; ++p, b += g.b_stride, out += kColumns) {
    if (width == kColumns) {
      PATHFLOW_UNROLL
      for (int j = 0; j < kPacks; ++j) store(out + j * kWidth, load(b + j * kWidth));
    } else {
      for (std::int64_t j = 0; j < width; ++j) out[j] = b[j];
    }
  }
}

inline std::int64_t depth_at(std::int64_t first, std::int64_t k) {
  return k - first < kGemmDepth ? k - first : kGemmDepth;
}

inline void pack_b(const GemmCall& g, std::int64_t begin, std::int64_t end, float* packed) {
  const std::int64_t panels = (g.n + kColumns - 1) / kColumns;
  for (std::int64_t first = 0; first < g.k; first += kGemmDepth) {
    const std::int64_t depth = depth_at(first, g.k);
    for (std::int64_t panel = begin; panel < end; ++panel) {
      pack_panel(g, first, depth, panel * kColumns,
                 packed + (first * panels + panel * depth) * kColumns);
    }
  }
}

template <int R>
inline void pack_rows(std::int64_t depth, const float* a, std::int64_t stride, float* out) {
  for (std::int64_t p = 0; p < depth; ++p) {
    __builtin_memcpy(out + p * R, a + p * stride, sizeof(float) * R);
  }
}

inline void pack_a(std::int64_t rows, std::int64_t depth, const float* a, std::int64_t stride,
                   float* out) {
  if (rows == kRows) return pack_rows<kRows>(depth, a, stride, out);
  if (rows == 4) return pack_rows<4>(depth, a, stride, out);
  for (std::int64_t p = 0; p < depth; ++p) {
    for (std::int64_t r = 0; r < rows; ++r) out[p * rows + r] = a[p * stride + r];
  }
}

}  // namespace pathflow::cpu::PATHFLOW_ISA
