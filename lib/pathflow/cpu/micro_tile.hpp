// Tiles of a product held in registers: a few rows by a panel's columns. Included only by
// micro_*.hpp.
#pragma once

#include <cstddef>

#include "pathflow/cpu/vector_math.hpp"

namespace pathflow::cpu::PATHFLOW_ISA {

// Rows and packs of a tile: as many accumulators as registers allow beside b's packs and one of a.
#if defined(__AVX512F__)
inline constexpr int kRows = 8, kPacks = 2;
#elif defined(__AVX__)
inline constexpr int kRows = 6, kPacks = 2;
#elif defined(__wasm_relaxed_simd__)  // V8 leaves 15 of x86's 16 registers; a pack takes two
inline constexpr int kRows = 6, kPacks = 1;
#elif defined(__wasm_simd128__)       // no fused multiply-add: a product needs one more
inline constexpr int kRows = 5, kPacks = 1;
#else                                 // 16 registers
inline constexpr int kRows = 3, kPacks = 3;
#endif
inline constexpr std::int64_t kColumns = kPacks * kWidth;

/// Where a tile finds a(row r, depth p).
enum class Layout {
  kRowMajor,    ///< a[r * stride + p]
  kColumnMajor  ///< a[p * stride + r]: in place, or packed with a stride of the tile's rows
};

struct Tile {  // ptrdiff_t: 64-bit numbers take 32-bit WASM two instructions each
  std::ptrdiff_t depth;
  const float* a;
  std::ptrdiff_t a_stride, a_next;  ///< a_next: from a tile to the one below
  const float* b;
  std::ptrdiff_t b_stride;
  float* c;
  std::ptrdiff_t c_stride, columns;
  bool accumulate;
};

/// A row of a ragged last panel. Apart from the tile, so that its sums stay in registers.
inline __attribute__((noinline)) void store_ragged(const float* row, std::ptrdiff_t columns,
                                                   bool accumulate, float* c) {
  for (std::ptrdiff_t j = 0; j < columns; ++j) c[j] = accumulate ? c[j] + row[j] : row[j];
}

template <int R>
PATHFLOW_INLINE void store_tile(const Tile& t, Pack (&sums)[R][kPacks]) {
  PATHFLOW_UNROLL
  for (int r = 0; r < R; ++r) {
    float* c = t.c + r * t.c_stride;
    if (t.columns < kColumns) {
      float row[kColumns];
      PATHFLOW_UNROLL
      for (int j = 0; j < kPacks; ++j) store(row + j * kWidth, sums[r][j]);
      store_ragged(row, t.columns, t.accumulate, c);
      continue;
    }
    PATHFLOW_UNROLL
    for (int j = 0; j < kPacks; ++j) {
      store(c + j * kWidth, t.accumulate ? load(c + j * kWidth) + sums[r][j] : sums[r][j]);
    }
  }
}

// One step of depth per iteration: unrolling it costs a third in WASM, where clang then orders the
// steps row by row and V8 spills.
template <int R, Layout L>
PATHFLOW_INLINE void tile(const Tile& t) {
  Pack sums[R][kPacks];
  const float* a[R];  // one pointer a row where rows lie apart, else the first alone
  PATHFLOW_UNROLL
  for (int r = 0; r < R; ++r) {
    a[r] = L == Layout::kRowMajor ? t.a + r * t.a_stride : t.a;
    PATHFLOW_UNROLL
    for (int j = 0; j < kPacks; ++j) sums[r][j] = Pack{};
  }
  const std::ptrdiff_t step = L == Layout::kRowMajor ? 1 : t.a_stride;
  const float* b = t.b;
  PATHFLOW_KEEP_ROLLED
  for (std::ptrdiff_t p = 0; p < t.depth; ++p) {
    Pack row[kPacks];
    PATHFLOW_UNROLL
    for (int j = 0; j < kPacks; ++j) row[j] = load(b + j * kWidth);
    b += t.b_stride;
    PATHFLOW_UNROLL
    for (int r = 0; r < R; ++r) {
      const Pack factor = splat(L == Layout::kRowMajor ? *a[r] : a[0][r]);
      PATHFLOW_UNROLL
      for (int j = 0; j < kPacks; ++j) sums[r][j] = madd(factor, row[j], sums[r][j]);
    }
    PATHFLOW_UNROLL
    for (int r = 0; r < (L == Layout::kRowMajor ? R : 1); ++r) a[r] += step;
  }
  store_tile<R>(t, sums);
}

/// `count` tiles, one below the other.
template <int R, Layout L>
inline void tiles(Tile t, std::ptrdiff_t count) {
  for (std::ptrdiff_t i = 0; i < count; ++i, t.a += t.a_next, t.c += R * t.c_stride) {
    __asm__("" : "+r"(t.columns), "+r"(t.accumulate));  // or clang copies the loop for each case
    tile<R, L>(t);
  }
}

using TilesFunction = void (*)(Tile, std::ptrdiff_t);

template <Layout L>
inline TilesFunction tiles_function(std::int64_t rows) {
  static_assert(kRows <= 8);
  switch (rows) {
    case 1:
      return tiles<1, L>;
    case 2:
      return tiles<2, L>;
    case 3:
      return tiles<3, L>;
    case 4:
      return tiles<4, L>;
    case 5:
      return tiles<(kRows >= 5 ? 5 : 1), L>;
    case 6:
      return tiles<(kRows >= 6 ? 6 : 1), L>;
    case 7:
      return tiles<(kRows >= 7 ? 7 : 1), L>;
    default:
      return tiles<kRows, L>;
  }
}

/// Full tiles, then two halves rather than a full tile and a sliver.
inline std::int64_t next_rows(std::int64_t left) {
  if (left >= 2 * kRows || left == kRows) return kRows;
  return left > kRows ? (left + 1) / 2 : left;
}

/// How many tiles of next_rows(left) rows follow one another.
inline std::int64_t tiles_ahead(std::int64_t left) {
  if (left < 2 * kRows) return 1;
  return left % kRows == 0 ? left / kRows : left / kRows - 1;
}

}  // namespace pathflow::cpu::PATHFLOW_ISA
