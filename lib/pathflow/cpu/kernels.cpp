#include "pathflow/cpu/kernels.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>

#include "pathflow/base/threads.hpp"
#include "pathflow/cpu/isa.hpp"
#include "pathflow/cpu/kernel_table.hpp"
#include "pathflow/cpu/reference.hpp"

namespace pathflow::cpu {
namespace {

// Below these sizes a second thread costs more than it brings (a fork and join takes 0.6 us when
// the threads are awake). A function in an epilogue takes the time of about kFunctionCost
// multiply-adds.
constexpr std::int64_t kParallelMultiplies = 1 << 17, kFunctionCost = 16, kNarrowRows = 1 << 9;
constexpr std::int64_t kUnaryGrain = 1 << 13, kBinaryGrain = 1 << 15, kSumGrain = 1 << 16;

/// 64-byte aligned floats that only ever grow: one allocation for the largest size seen.
class Workspace {
 public:
  float* get(std::int64_t count) {
    if (count > capacity_) {
      memory_.reset();
      capacity_ = 0;
      memory_.reset(static_cast<float*>(
          ::operator new (static_cast<std::size_t>(count) * sizeof(float), std::align_val_t{64})));
      capacity_ = count;
    }
    return memory_.get();
  }

 private:
  struct Free {
    void operator()(float* p) const { ::operator delete (p, std::align_val_t{64}); }
  };
  std::unique_ptr<float, Free> memory_;
  std::int64_t capacity_ = 0;
};

float* panel_space(std::int64_t count) {
  thread_local Workspace workspace;
  return workspace.get(count);
}

float* narrow_space(std::int64_t count) {
  thread_local Workspace workspace;
  return workspace.get(count);
}

float* row_space() {
  thread_local Workspace workspace;
  return workspace.get(kGemmRows * kGemmDepth);
}

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

// Short rows of b are read where they lie if a panel fills whole cache lines of them: a block of
// kGemmDepth rows stays in the second-level cache, and packing would cost a pass and, with two
// threads, a trip between their caches (x^T dz at batch 256: 40 against 47 us). Longer rows would
// touch a page each and are packed, unless only a few tiles of rows read them. A ragged last panel
// is always packed.
constexpr std::int64_t kDirectStride = 256, kLineFloats = 16;

std::int64_t first_packed_panel(const GemmCall& call, const KernelTable& table) {
  if (call.transpose_b) return 0;
  const bool near = call.b_stride <= kDirectStride && table.panel_columns >= kLineFloats;
  const bool direct = near || call.m <= 3 * table.tile_rows;
  return direct ? call.n / table.panel_columns : 0;
}

void gemm_wide(const KernelTable& table, GemmCall call, bool parallel) {
  const std::int64_t panels = ceil_div(call.n, table.panel_columns);
  call.first_packed = first_packed_panel(call, table);
  if (call.first_packed < panels) {
    float* packed = panel_space(panels * table.panel_columns * call.k);
    const std::int64_t count = panels - call.first_packed;
    const std::int64_t panel = std::max<std::int64_t>(1, table.panel_columns * call.k);
    const std::int64_t grain = std::max<std::int64_t>(1, kUnaryGrain / panel);
    parallel_for(count, parallel ? grain : count, [&](std::int64_t begin, std::int64_t end) {
      table.pack_b(call, call.first_packed + begin, call.first_packed + end, packed);
    });
    call.packed_b = packed;
  }
  parallel_for(call.m, parallel ? kGemmRows : std::max<std::int64_t>(1, call.m),
               [&](std::int64_t begin, std::int64_t end) {
                 table.gemm_rows(call, begin, end, row_space());
               });
}

/// A product with few columns, as the transpose of op(b)^T op(a)^T: the long side fills the lanes.
/// Each element is the same chain of multiply-adds, so the same bits.
void gemm_narrow(const KernelTable& table, const GemmCall& call, bool parallel) {
  parallel_for(call.m, parallel ? kNarrowRows : call.m, [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t rows = end - begin;
    float* turned = narrow_space(call.n * rows);
    const GemmCall part{.m = call.n,
                        .n = rows,
                        .k = call.k,
                        .a = call.b,
                        .a_stride = call.b_stride,
                        .transpose_a = !call.transpose_b,
                        .b = call.transpose_a ? call.a + begin : call.a + begin * call.a_stride,
                        .b_stride = call.a_stride,
                        .transpose_b = !call.transpose_a,
                        .c = turned,
                        .epilogue = {},
                        .packed_b = nullptr,
                        .first_packed = 0};
    gemm_wide(table, part, false);
    table.transpose(call.n, rows, turned, rows, call.c + begin * call.n, call.n);
    table.epilogue(call, begin, end);
  });
}

void gemm_float(const GemmCall& call) {
  const KernelTable& table = kernels();
  const std::int64_t functions = (call.epilogue.activation != Activation::kIdentity) +
                                 (call.epilogue.grad_pre_activation != nullptr);
  const bool parallel =
      call.m * call.n * (call.k + kFunctionCost * functions) >= kParallelMultiplies;
  if (4 * call.n <= table.panel_columns && call.m >= table.panel_columns) {
    gemm_narrow(table, call, parallel);
  } else {
    gemm_wide(table, call, parallel);
  }
}

void reduce_sum_float(std::int64_t outer, std::int64_t count, std::int64_t inner, const float* x,
                      float* y) {
  const KernelTable& table = kernels();
  const bool contiguous = inner <= 8 && (inner & (inner - 1)) == 0;
  const auto one = [&](std::int64_t i, std::int64_t begin, std::int64_t end) {
    const float* from = x + i * count * inner;
    if (contiguous) return table.sum_contiguous(count, inner, from, y + i * inner);
    table.sum_columns(count, inner, begin, end, from, y + i * inner);
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
    gemm_float({.m = m,
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
    return kernels().sum_of_squares(count, x);
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
