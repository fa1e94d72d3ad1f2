// The float kernels of one instruction set, as function pointers: what isa.cpp chooses between.
//
// Each table is filled by one file (isa_*.cpp) compiled with that set's flags. Those files use no
// standard library template: an inline function compiled with AVX could otherwise be the copy that
// the linker keeps for everyone.
#pragma once

#include <cstdint>

#include "pathflow/cpu/kernels.hpp"

namespace pathflow::cpu {

/// k is summed in blocks of this many terms, each block in ascending order, the blocks in order:
/// the bits depend on neither cache sizes nor tile shapes.
inline constexpr std::int64_t kGemmDepth = 128;
/// Rows of c that are finished together, epilogue included.
inline constexpr std::int64_t kGemmRows = 32;
/// Rows that a sum over rows takes in order before it joins blocks.
inline constexpr std::int64_t kSumBlock = 16;
/// Lanes over which contiguous data are summed, whatever the width of a register.
inline constexpr int kSumLanes = 16;

struct GemmCall {
  std::int64_t m, n, k;
  const float* a;
  std::int64_t a_stride;  ///< between rows of a as stored
  bool transpose_a;
  const float* b;
  std::int64_t b_stride;
  bool transpose_b;
  float* c;  ///< rows are dense
  Epilogue<float> epilogue;
  const float* packed_b;      ///< panels [panel][depth][panel_columns] per block of kGemmDepth
  std::int64_t first_packed;  ///< panels before this one are read from b itself
};

/// Blocks `first`, `first` + 1, ... of a step under a key.
struct RandomBlocks {
  std::uint32_t key0, key1;
  std::uint64_t step, first;
};

struct KernelTable {
  const char* name;
  bool fused;                  ///< multiply-add with one rounding
  std::int64_t panel_columns;  ///< columns of a packed panel of b
  std::int64_t tile_rows;
  /// Packs panels [begin, end) of call.b to `packed`.
  void (*pack_b)(const GemmCall& call, std::int64_t begin, std::int64_t end, float* packed);
  /// Rows [begin, end) of c; `space` holds kGemmRows * kGemmDepth floats.
  void (*gemm_rows)(const GemmCall& call, std::int64_t begin, std::int64_t end, float* space);
  /// The epilogue alone, of rows that hold their sums already.
  void (*epilogue)(const GemmCall& call, std::int64_t begin, std::int64_t end);
  void (*unary)(Unary op, std::int64_t count, const float* x, float* y);
  void (*binary)(Binary op, std::int64_t outer, std::int64_t inner, const float* a,
                 Stride2 a_stride, const float* b, Stride2 b_stride, float* y);
  /// Sums over rows of x [count, stride], columns [begin, end): y[j] for each. Blocks of `block`
  /// rows are summed in order and joined pairwise, as a binary counter carries.
  void (*sum_columns)(std::int64_t count, std::int64_t block, std::int64_t stride,
                      std::int64_t begin, std::int64_t end, const float* x, float* y);
  /// Sums x [count, inner] over count for inner in {1, 2, 4, 8}.
  void (*sum_contiguous)(std::int64_t count, std::int64_t inner, const float* x, float* y);
  void (*transpose)(std::int64_t rows, std::int64_t columns, const float* x, std::int64_t x_stride,
                    float* y, std::int64_t y_stride);
  double (*sum_of_squares)(std::int64_t count, const float* x);
  void (*adamw)(std::int64_t count, const AdamWStep& step, const float* gradient, float* parameter,
                float* first, float* second, float* ema);
  /// The two 64-bit words of each block, and the two normals made of them: as base/random.hpp,
  /// which does it where they are null.
  void (*random_words)(std::int64_t blocks, const RandomBlocks& from, std::uint64_t* words);
  void (*random_normals)(std::int64_t blocks, const RandomBlocks& from, float* normals);
};

const KernelTable& baseline_table();
#if defined(__x86_64__) && defined(PATHFLOW_X86_DISPATCH)
const KernelTable& avx2_table();
const KernelTable& avx512_table();
#endif

}  // namespace pathflow::cpu
