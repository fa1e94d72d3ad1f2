#include "pathflow/cpu/kernels.hpp"

#include <algorithm>
#include <type_traits>

#include "pathflow/base/threads.hpp"
#include "pathflow/cpu/isa.hpp"
#include "pathflow/cpu/kernel_table.hpp"
#include "pathflow/cpu/products.hpp"
#include "pathflow/cpu/reference.hpp"
#include "pathflow/cpu/workspace.hpp"

namespace pathflow::cpu {
namespace {

// Below these sizes a second thread costs more than it brings.
constexpr std::int64_t kUnaryGrain = 1 << 13, kBinaryGrain = 1 << 15, kSumGrain = 1 << 16;
constexpr std::int64_t kSquaresGrain = 1 << 13, kSumRows = 128, kSumShare = 1 << 14;

/// The sums of [count, inner] by chunks of rows, each a whole branch of the pairwise tree, so that
/// every thread reads the rows it wrote; then the tree over the chunks. The same bits as in one go.
void sum_by_chunks(const KernelTable& table, std::int64_t count, std::int64_t inner, const float* x,
                   float* y) {
  std::int64_t rows = kSumRows;  // kSumBlock times a power of two
  while (ceil_div(count, rows) > 64) rows *= 2;
  const std::int64_t chunks = ceil_div(count, rows);
  float* partial = partial_space(chunks * inner);
  parallel_for(chunks, 1, [&](std::int64_t chunk, std::int64_t) {
    const std::int64_t first = chunk * rows;
    table.sum_columns(std::min(rows, count - first), kSumBlock, inner, 0, inner, x + first * inner,
                      partial + chunk * inner);
  });
  table.sum_columns(chunks, 1, inner, 0, inner, partial, y);
}

// Chunks of fixed size, added in order.
double sum_of_squares_float(std::int64_t count, const float* x) {
  constexpr std::int64_t kChunks = 64;
  const KernelTable& table = kernels();
  double total = 0, parts[kChunks];
  for (std::int64_t first = 0; first < count; first += kChunks * kSquaresGrain) {
    const std::int64_t left = std::min(count - first, kChunks * kSquaresGrain);
    parallel_for(left, kSquaresGrain, [&](std::int64_t begin, std::int64_t end) {
      parts[begin / kSquaresGrain] = table.sum_of_squares(end - begin, x + first + begin);
    });
    for (std::int64_t i = 0; i < ceil_div(left, kSquaresGrain); ++i) total += parts[i];
  }
  return total;
}

void reduce_sum_float(std::int64_t outer, std::int64_t count, std::int64_t inner, const float* x,
                      float* y) {
  const KernelTable& table = kernels();
  const bool contiguous = inner <= 8 && (inner & (inner - 1)) == 0;
  if (outer == 1 && !contiguous && threads() > 1 && count > kSumRows &&
      count * inner >= kSumShare) {
    return sum_by_chunks(table, count, inner, x, y);
  }
  const auto one = [&](std::int64_t i, std::int64_t begin, std::int64_t end) {
    const float* from = x + i * count * inner;
    if (contiguous) return table.sum_contiguous(count, inner, from, y + i * inner);
    table.sum_columns(count, kSumBlock, inner, begin, end, from, y + i * inner);
  };
  const std::int64_t grain =
      std::max<std::int64_t>(1, kSumGrain / std::max<std::int64_t>(1, count));
  if (outer == 1 && !contiguous) {
    parallel_for(inner, ceil_div(grain, 64) * 64,
                 [&](std::int64_t begin, std::int64_t end) { one(0, begin, end); });
    return;
  }
  parallel_for(outer, std::max<std::int64_t>(1, grain / inner),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i) one(i, 0, inner);
               });
}

}  // namespace

template <class T>
void gemm(std::int64_t m, std::int64_t n, std::int64_t k, const T* a, bool transpose_a, const T* b,
          bool transpose_b, T* c, const Epilogue<T>& epilogue) {
  if constexpr (std::is_same_v<T, float>) {
    multiply({.m = m,
              .n = n,
              .k = k,
              .a = a,
              .a_stride = transpose_a ? m : k,
              .transpose_a = transpose_a,
              .b = b,
              .b_stride = transpose_b ? k : n,
              .transpose_b = transpose_b,
              .c = c,
              .epilogue = epilogue,
              .packed_b = nullptr,
              .first_packed = 0});
  } else {
    parallel_for(m, 64, [&](std::int64_t begin, std::int64_t end) {
      reference::gemm_rows(begin, end, m, n, k, a, transpose_a, b, transpose_b, c, epilogue);
    });
  }
}

template <class T>
void unary(Unary op, std::int64_t count, const T* x, T* y) {
  parallel_for(count, kUnaryGrain, [&](std::int64_t begin, std::int64_t end) {
    if constexpr (std::is_same_v<T, float>) {
      kernels().unary(op, end - begin, x + begin, y + begin);
    } else {
      reference::unary(op, end - begin, x + begin, y + begin);
    }
  });
}

template <class T>
void binary(Binary op, std::int64_t outer, std::int64_t inner, const T* a, Stride2 a_stride,
            const T* b, Stride2 b_stride, T* y) {
  const auto flat = [&](Stride2 s) { return s.element == 1 && s.row == inner; };
  const auto constant = [](Stride2 s) { return s.element == 0 && s.row == 0; };
  if ((flat(a_stride) || constant(a_stride)) && (flat(b_stride) || constant(b_stride))) {
    inner *= outer;  // one long row
    outer = 1;
  }
  if (outer == 1) {
    parallel_for(inner, kBinaryGrain, [&](std::int64_t begin, std::int64_t end) {
      const T* u = a + begin * a_stride.element;
      const T* v = b + begin * b_stride.element;
      if constexpr (std::is_same_v<T, float>) {
        kernels().binary(op, 1, end - begin, u, a_stride, v, b_stride, y + begin);
      } else {
        reference::binary(op, 1, end - begin, u, a_stride, v, b_stride, y + begin);
      }
    });
    return;
  }
  const std::int64_t grain =
      std::max<std::int64_t>(1, kBinaryGrain / std::max<std::int64_t>(1, inner));
  parallel_for(outer, grain, [&](std::int64_t begin, std::int64_t end) {
    const T* u = a + begin * a_stride.row;
    const T* v = b + begin * b_stride.row;
    if constexpr (std::is_same_v<T, float>) {
      kernels().binary(op, end - begin, inner, u, a_stride, v, b_stride, y + begin * inner);
    } else {
      reference::binary(op, end - begin, inner, u, a_stride, v, b_stride, y + begin * inner);
    }
  });
}

template <class T>
void reduce_sum(std::int64_t outer, std::int64_t count, std::int64_t inner, const T* x, T* y) {
  if (count == 0) {
    std::fill(y, y + outer * inner, T(0));
  } else if constexpr (std::is_same_v<T, float>) {
    reduce_sum_float(outer, count, inner, x, y);
  } else {
    reference::reduce_sum(outer, count, inner, x, y);
  }
}

template <class T>
void transpose(std::int64_t rows, std::int64_t columns, const T* x, T* y) {
  if constexpr (std::is_same_v<T, float>) {
    constexpr std::int64_t kTile = 64;  // a tile of x and of y fit the first-level cache together
    parallel_for(
        ceil_div(rows, kTile), ceil_div(kBinaryGrain, kTile * std::max<std::int64_t>(1, columns)),
        [&](std::int64_t begin, std::int64_t end) {
          for (std::int64_t i = begin * kTile; i < std::min(rows, end * kTile); i += kTile) {
            for (std::int64_t j = 0; j < columns; j += kTile) {
              kernels().transpose(std::min(kTile, rows - i), std::min(kTile, columns - j),
                                  x + i * columns + j, columns, y + j * rows + i, rows);
            }
          }
        });
  } else {
    reference::transpose(rows, columns, x, y);
  }
}

template <class T>
void gather_rows(std::int64_t n, std::int64_t d, std::int64_t, const T* table, const T* indices,
                 T* y) {
  for (std::int64_t i = 0; i < n; ++i) {
    const T* row = table + static_cast<std::int64_t>(indices[i]) * d;
    std::copy(row, row + d, y + i * d);
  }
}

template <class T>
void scatter_add_rows(std::int64_t n, std::int64_t d, std::int64_t table_rows, const T* x,
                      const T* indices, T* y) {
  std::fill(y, y + table_rows * d, T(0));
  for (std::int64_t i = 0; i < n; ++i) {
    T* row = y + static_cast<std::int64_t>(indices[i]) * d;
    for (std::int64_t j = 0; j < d; ++j) row[j] += x[i * d + j];
  }
}

template <class T>
double sum_of_squares(std::int64_t count, const T* x) {
  if constexpr (std::is_same_v<T, float>) {
    return sum_of_squares_float(count, x);
  } else {
    return reference::sum_of_squares(count, x);
  }
}

template <class T>
void adamw(std::int64_t count, const AdamWStep& step, const T* gradient, T* parameter, T* first,
           T* second, T* ema) {
  parallel_for(count, kUnaryGrain, [&](std::int64_t begin, std::int64_t end) {
    T* average = ema ? ema + begin : nullptr;
    if constexpr (std::is_same_v<T, float>) {
      kernels().adamw(end - begin, step, gradient + begin, parameter + begin, first + begin,
                      second + begin, average);
    } else {
      reference::adamw(end - begin, step, gradient + begin, parameter + begin, first + begin,
                       second + begin, average);
    }
  });
}

#define PATHFLOW_INSTANTIATE(T)                                                                   \
  template void gemm<T>(std::int64_t, std::int64_t, std::int64_t, const T*, bool, const T*, bool, \
                        T*, const Epilogue<T>&);                                                  \
  template void unary<T>(Unary, std::int64_t, const T*, T*);                                      \
  template void binary<T>(Binary, std::int64_t, std::int64_t, const T*, Stride2, const T*,        \
                          Stride2, T*);                                                           \
  template void reduce_sum<T>(std::int64_t, std::int64_t, std::int64_t, const T*, T*);            \
  template void transpose<T>(std::int64_t, std::int64_t, const T*, T*);                           \
  template void gather_rows<T>(std::int64_t, std::int64_t, std::int64_t, const T*, const T*, T*); \
  template void scatter_add_rows<T>(std::int64_t, std::int64_t, std::int64_t, const T*, const T*, \
                                    T*);                                                          \
  template double sum_of_squares<T>(std::int64_t, const T*);                                      \
  template void adamw<T>(std::int64_t, const AdamWStep&, const T*, T*, T*, T*, T*);
PATHFLOW_INSTANTIATE(float)
PATHFLOW_INSTANTIATE(double)

}  // namespace pathflow::cpu
