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
  kRowMajor,     ///< a[r * stride + p]
  kColumnMajor,  ///< a[p * stride + r]: in place, or packed with a stride of the tile's rows
  kAny           ///< either, told by a_column_major: one code where the module's size counts
};

struct Tile {  // ptrdiff_t: 64-bit numbers take 32-bit WASM two instructions each
  std::ptrdiff_t depth;
  const float* a;
  std::ptrdiff_t a_stride, a_next;  ///< a_next: from a tile to the one below
  bool a_column_major;
  const float* b;
  std::ptrdiff_t b_stride;
  float* c;
  std::ptrdiff_t c_stride, columns;
  bool accumulate;
};

/// Rows of a ragged last panel. Apart from the tile, so that its sums stay in registers.
PATHFLOW_APART void store_ragged(const Tile& t, std::ptrdiff_t rows, const float* sums) {
  for (std::ptrdiff_t r = 0; r < rows; ++r, sums += kColumns) {
    float* c = t.c + r * t.c_stride;
    for (std::ptrdiff_t j = 0; j < t.columns; ++j) c[j] = t.accumulate ? c[j] + sums[j] : sums[j];
  }
}

template <int R>
PATHFLOW_INLINE void store_tile(const Tile& t, Pack (&sums)[R][kPacks]) {
  if (t.columns < kColumns) {
    float rows[R * kColumns];
    PATHFLOW_UNROLL
    for (int i = 0; i < R * kPacks; ++i) store(rows + i * kWidth, sums[i / kPacks][i % kPacks]);
    store_ragged(t, R, rows);
    return;
  }
  PATHFLOW_UNROLL
  for (int r = 0; r < R; ++r) {
    float* c = t.c + r * t.c_stride;
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
  constexpr bool kOnePointer = L == Layout::kColumnMajor;  // else one a row
  const bool near = kOnePointer || (L == Layout::kAny && t.a_column_major);
  const std::ptrdiff_t apart = near ? 1 : t.a_stride, step = near ? t.a_stride : 1;
  const float* a[R];
  PATHFLOW_UNROLL
  for (int r = 0; r < R; ++r) {
    a[r] = kOnePointer ? t.a : t.a + r * apart;
    PATHFLOW_UNROLL
    for (int j = 0; j < kPacks; ++j) sums[r][j] = Pack{};
  }
  const float* b = t.b;
  PATHFLOW_KEEP_ROLLED
  for (std::ptrdiff_t p = 0; p < t.depth; ++p) {
    Pack row[kPacks];
    PATHFLOW_UNROLL
    for (int j = 0; j < kPacks; ++j) row[j] = load(b + j * kWidth);
    b += t.b_stride;
    PATHFLOW_UNROLL
    for (int r = 0; r < R; ++r) {
      const Pack factor = splat(kOnePointer ? a[0][r] : *a[r]);
      PATHFLOW_UNROLL
      for (int j = 0; j < kPacks; ++j) sums[r][j] = madd(factor, row[j], sums[r][j]);
    }
    PATHFLOW_UNROLL
    for (int r = 0; r < (kOnePointer ? 1 : R); ++r) a[r] += step;
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
#if defined(__wasm__)
  constexpr Layout kPart = Layout::kAny;
#else
  constexpr Layout kPart = L;
#endif
  switch (rows) {
    case 1:
      return tiles<1, kPart>;
    case 2:
      return tiles<2, kPart>;
    case 3:
      return tiles < 3, kRows == 3 ? L : kPart > ;
    case 4:
      return tiles<(kRows >= 4 ? 4 : 1), kPart>;
    case 5:
      return tiles < (kRows >= 5 ? 5 : 1), kRows == 5 ? L : kPart > ;
    case 6:
      return tiles < (kRows >= 6 ? 6 : 1), kRows == 6 ? L : kPart > ;
    case 7:
      return tiles<(kRows >= 7 ? 7 : 1), kPart>;
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
