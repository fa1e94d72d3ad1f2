// The matrix product of one instruction set: register tiles over packed panels. Included only by
// isa_*.cpp.
//
// c is cut into pieces of about kGemmRows rows; a piece goes over the panels of b (kColumns wide,
// so that a panel's block stays in the first-level cache) and, within a panel, over tiles of kRows
// rows held in registers. Every element is one chain of multiply-adds in ascending k within a block
// of kGemmDepth, so tile shapes never show in the bits.
#pragma once

#include <cstddef>

#include "pathflow/cpu/kernel_table.hpp"
#include "pathflow/cpu/micro_epilogue.hpp"
#include "pathflow/cpu/micro_packing.hpp"
#include "pathflow/cpu/micro_tile.hpp"

namespace pathflow::cpu::PATHFLOW_ISA {

/// Packing the columns of a pays when at least three panels read them. In WASM rows this short are
/// quicker read where they lie (5 % at 128).
inline constexpr std::int64_t kPackPanels = 3;
#if defined(__wasm_simd128__)
inline constexpr std::int64_t kNearStride = 256;
#else
inline constexpr std::int64_t kNearStride = 0;
#endif

constexpr std::ptrdiff_t narrow(std::int64_t size) { return static_cast<std::ptrdiff_t>(size); }

struct Block {
  std::int64_t first, depth, panels;
};

/// All panels of rows [begin, end) for one block of k; `packed` holds a's tiles, if they are.
template <Layout L>
inline void gemm_block(const GemmCall& g, const Block& block, std::int64_t begin, std::int64_t end,
                       const float* packed) {
  for (std::int64_t panel = 0; panel < block.panels; ++panel) {
    const std::int64_t column = panel * kColumns;
    const bool direct = panel < g.first_packed;
    const float* b =
        direct ? g.b + block.first * g.b_stride + column
               : g.packed_b + (block.first * block.panels + panel * block.depth) * kColumns;
    const std::int64_t columns = g.n - column < kColumns ? g.n - column : kColumns;
    for (std::int64_t row = begin; row < end;) {
      const std::int64_t rows = next_rows(end - row), count = tiles_ahead(end - row);
      const float* a = packed                   ? packed + (row - begin) * block.depth
                       : L == Layout::kRowMajor ? g.a + row * g.a_stride + block.first
                                                : g.a + block.first * g.a_stride + row;
      const Tile tile{.depth = narrow(block.depth),
                      .a = a,
                      .a_stride = narrow(packed ? rows : g.a_stride),
                      .a_next = narrow(packed                   ? rows * block.depth
                                       : L == Layout::kRowMajor ? rows * g.a_stride
                                                                : rows),
                      .a_column_major = L == Layout::kColumnMajor,
                      .b = b,
                      .b_stride = direct ? narrow(g.b_stride) : narrow(kColumns),
                      .c = g.c + row * g.n + column,
                      .c_stride = narrow(g.n),
                      .columns = narrow(columns),
                      .accumulate = block.first > 0};
      tiles_function<L>(rows)(tile, narrow(count));
      row += rows * count;
    }
  }
}

inline void gemm_piece(const GemmCall& g, std::int64_t begin, std::int64_t end, float* space) {
  const std::int64_t panels = (g.n + kColumns - 1) / kColumns;
  std::int64_t first = 0;
  do {  // once even for k = 0, which gives zeros
    const Block block{first, depth_at(first, g.k), panels};
    if (!g.transpose_a) {
      gemm_block<Layout::kRowMajor>(g, block, begin, end, nullptr);
    } else if (panels < kPackPanels || g.a_stride <= kNearStride) {
      gemm_block<Layout::kColumnMajor>(g, block, begin, end, nullptr);
    } else {
      for (std::int64_t row = begin; row < end;) {
        const std::int64_t rows = next_rows(end - row);
        pack_a(rows, block.depth, g.a + first * g.a_stride + row, g.a_stride,
               space + (row - begin) * block.depth);
        row += rows;
      }
      gemm_block<Layout::kColumnMajor>(g, block, begin, end, space);
    }
    first += kGemmDepth;
  } while (first < g.k);
  epilogue(g, begin, end);
}

inline void gemm_rows(const GemmCall& g, std::int64_t begin, std::int64_t end, float* space) {
  constexpr std::int64_t kWhole = kGemmRows / kRows * kRows;  // whole tiles, but for the last piece
  for (std::int64_t row = begin; row < end;) {
    const std::int64_t stop = row + kGemmRows < end ? row + kWhole : end;
    gemm_piece(g, row, stop, space);
    row = stop;
  }
}

}  // namespace pathflow::cpu::PATHFLOW_ISA
