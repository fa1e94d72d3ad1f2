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

// Packing -----------------------------------------------------------------------------------------

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

// Epilogue ----------------------------------------------------------------------------------------

/// The first `columns`, whole packs, of rows that lie `n` apart. Apart, so that an activation's
/// code stands once for them and for the ragged end of a row.
template <class Function>
PATHFLOW_APART void finish_packs(std::int64_t rows, std::int64_t columns, std::int64_t n, float* c,
                                 const float* bias, float* pre, Function activation) {
  for (std::int64_t i = 0; i < rows; ++i, c += n, pre += pre ? n : 0) {
    for (std::int64_t j = 0; j < columns; j += kWidth) {
      Pack z = load(c + j);
      if (bias) z = z + load(bias + j);
      if (pre) store(pre + j, z);
      store(c + j, activation(z));
    }
  }
}

template <class Function>
inline void finish_rows(std::int64_t rows, std::int64_t n, float* c, const float* bias, float* pre,
                        Function activation) {
  const std::int64_t tail = n % kWidth, whole = n - tail;
  if (whole > 0) finish_packs(rows, whole, n, c, bias, pre, activation);
  if (tail == 0) return;
  float z[kWidth] = {}, shift[kWidth] = {}, before[kWidth];
  if (bias) copy_some(bias + whole, tail, shift);
  for (std::int64_t i = 0; i < rows; ++i) {
    float* end = c + i * n + whole;
    copy_some(end, tail, z);
    finish_packs(1, kWidth, kWidth, z, bias ? shift : nullptr, before, activation);
    copy_some(z, tail, end);
    if (pre) copy_some(before, tail, pre + i * n + whole);
  }
}

/// The epilogue of a linear layer with few outputs.
inline void add_bias(std::int64_t rows, std::int64_t n, float* c, const float* bias, float* pre) {
  for (std::int64_t i = 0; i < rows && bias; ++i) {
    for (std::int64_t j = 0; j < n; ++j) c[i * n + j] += bias[j];
  }
  if (pre) __builtin_memcpy(pre, c, sizeof(float) * static_cast<std::size_t>(rows * n));
}

template <class Function>
PATHFLOW_APART void scale_packs(std::int64_t count, float* c, const float* pre, Function gradient) {
  for (std::int64_t i = 0; i < count; i += kWidth) {
    store(c + i, load(c + i) * gradient(load(pre + i)));
  }
}

template <class Function>
inline void scale_rows(std::int64_t count, float* c, const float* pre, Function gradient) {
  const std::int64_t tail = count % kWidth, whole = count - tail;
  scale_packs(whole, c, pre, gradient);
  if (tail == 0) return;
  float z[kWidth] = {}, x[kWidth] = {};
  copy_some(c + whole, tail, z);
  copy_some(pre + whole, tail, x);
  scale_packs(kWidth, z, x, gradient);
  copy_some(z, tail, c + whole);
}

inline void epilogue(const GemmCall& g, std::int64_t begin, std::int64_t end) {
  const Epilogue<float>& e = g.epilogue;
  const std::int64_t rows = end - begin, n = g.n;
  float* c = g.c + begin * n;
  float* pre = e.pre_activation ? e.pre_activation + begin * n : nullptr;
  const auto finish = [&](auto f) { finish_rows(rows, n, c, e.bias, pre, f); };
  switch (e.activation) {
    case Activation::kIdentity:
      if (n < kWidth) {
        add_bias(rows, n, c, e.bias, pre);
      } else if (e.bias || pre) {
        finish([](Pack z) PATHFLOW_INLINE_LAMBDA { return z; });
      }
      break;
    case Activation::kSilu:
      finish([](Pack z) PATHFLOW_INLINE_LAMBDA { return silu(z); });
      break;
    case Activation::kSelu:
      finish([](Pack z) PATHFLOW_INLINE_LAMBDA { return selu(z); });
      break;
    case Activation::kGelu:
      finish([](Pack z) PATHFLOW_INLINE_LAMBDA { return gelu(z); });
      break;
    case Activation::kTanh:
      finish([](Pack z) PATHFLOW_INLINE_LAMBDA { return tanh(z); });
      break;
    case Activation::kRelu:
      finish([](Pack z) PATHFLOW_INLINE_LAMBDA { return relu(z); });
      break;
  }
  if (!e.grad_pre_activation) return;
  const float* x = e.grad_pre_activation + begin * n;
  const auto scale = [&](auto f) { scale_rows(rows * n, c, x, f); };
  switch (e.grad_activation) {
    case Activation::kIdentity:
      break;
    case Activation::kSilu:
      scale([](Pack z) PATHFLOW_INLINE_LAMBDA { return silu_grad(z); });
      break;
    case Activation::kSelu:
      scale([](Pack z) PATHFLOW_INLINE_LAMBDA { return selu_grad(z); });
      break;
    case Activation::kGelu:
      scale([](Pack z) PATHFLOW_INLINE_LAMBDA { return gelu_grad(z); });
      break;
    case Activation::kTanh:
      scale([](Pack z) PATHFLOW_INLINE_LAMBDA { return tanh_grad(z); });
      break;
    case Activation::kRelu:
      scale([](Pack z) PATHFLOW_INLINE_LAMBDA { return relu_grad(z); });
      break;
  }
}

// Rows --------------------------------------------------------------------------------------------

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
