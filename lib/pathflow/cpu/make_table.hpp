// The kernels of one instruction set in a table. Included only by isa_*.cpp.
#pragma once

#include "pathflow/cpu/micro_elementwise.hpp"
#include "pathflow/cpu/micro_gemm.hpp"
#include "pathflow/cpu/micro_random.hpp"

namespace pathflow::cpu::PATHFLOW_ISA {

constexpr KernelTable make_table(const char* name) {
  return {.name = name,
          .fused = kFused,
          .panel_columns = kColumns,
          .tile_rows = kRows,
          .pack_b = pack_b,
          .gemm_rows = gemm_rows,
          .epilogue = epilogue,
          .unary = unary,
          .binary = binary,
          .sum_columns = sum_columns,
          .sum_contiguous = sum_contiguous,
          .transpose = transpose_block,
          .sum_of_squares = sum_of_squares,
          .adamw = adamw,
          // One number at a time, base/random.hpp's own loops are as fast.
          .random_words = kWidth == 1 ? nullptr : random_words,
          .random_normals = kWidth == 1 ? nullptr : random_normals};
}

}  // namespace pathflow::cpu::PATHFLOW_ISA
