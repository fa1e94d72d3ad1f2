#include "pathflow/cpu/products.hpp"

#include <algorithm>
#include <atomic>

#include "pathflow/base/threads.hpp"
#include "pathflow/cpu/isa.hpp"
#include "pathflow/cpu/workspace.hpp"

namespace pathflow::cpu {
namespace {

// Below both sizes a second thread costs more than it brings: multiply-adds (a function in an
// epilogue takes the time of about kFunctionCost), and elements read and written, because a thread
// reads what it wrote itself much faster than what another did. A fork and join takes 0.6 us where
// two threads share a cache, 1.2 us where they do not.
constexpr std::int64_t kParallelMultiplies = 1 << 17, kFunctionCost = 16;
constexpr std::int64_t kParallelElements = 1 << 15;
/// Rows of a narrow product that one thread turns together.
constexpr std::int64_t kNarrowRows = 128;
/// Products over k are shared by blocks of k up to this many, if c has few enough elements.
constexpr std::int64_t kDeepBlocks = 8, kDeepElements = 1 << 16;

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

// Short rows of b are read where they lie if a panel fills whole cache lines of them: a block of
// kGemmDepth rows stays in the second-level cache. Longer rows would touch a page each and are
// packed, unless only a few tiles of rows read them. A ragged last panel is always packed.
constexpr std::int64_t kDirectStride = 256, kLineFloats = 16;

std::int64_t first_packed_panel(const GemmCall& call, const KernelTable& table) {
  if (call.transpose_b) return 0;
  const bool near = call.b_stride <= kDirectStride && table.panel_columns >= kLineFloats;
  const bool direct = near || call.m <= 3 * table.tile_rows;
  return direct ? call.n / table.panel_columns : 0;
}

/// b packed by this thread for this call, once: each thread packs its own copy, because lines that
/// another one packed cost more to fetch than to make.
const float* packed_by_thread(const KernelTable& table, const GemmCall& call, std::uint64_t id) {
  thread_local std::uint64_t packed_id = 0;
  const std::int64_t panels = ceil_div(call.n, table.panel_columns);
  if (call.first_packed == panels) return nullptr;
  float* packed = panel_space(panels * table.panel_columns * call.k);
  if (packed_id != id) table.pack_b(call, call.first_packed, panels, packed);
  packed_id = id;
  return packed;
}

void multiply_wide(const KernelTable& table, GemmCall call, bool parallel) {
  static std::atomic<std::uint64_t> calls{0};
  const std::uint64_t id = calls.fetch_add(1, std::memory_order_relaxed) + 1;
  call.first_packed = first_packed_panel(call, table);
  parallel_for(call.m, parallel ? kGemmRows : std::max<std::int64_t>(1, call.m),
               [&](std::int64_t begin, std::int64_t end) {
                 GemmCall own = call;
                 own.packed_b = packed_by_thread(table, call, id);
                 table.gemm_rows(own, begin, end, row_space());
               });
}

/// A product with few columns, as the transpose of op(b)^T op(a)^T: the long side fills the lanes.
/// Each element is the same chain of multiply-adds, so the same bits.
void multiply_narrow(const KernelTable& table, const GemmCall& call, bool parallel) {
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
    multiply_wide(table, part, false);
    table.transpose(call.n, rows, turned, rows, call.c + begin * call.n, call.n);
    table.epilogue(call, begin, end);
  });
}

void multiply_either(const KernelTable& table, const GemmCall& call, bool parallel) {
  if (4 * call.n <= table.panel_columns && call.m >= table.panel_columns) {
    multiply_narrow(table, call, parallel);
  } else {
    multiply_wide(table, call, parallel);
  }
}

/// The part of a product that block number `block` of k gives, written to c.
GemmCall block_of(const GemmCall& call, std::int64_t block, float* c) {
  const std::int64_t first = block * kGemmDepth;
  GemmCall part = call;
  part.k = std::min(kGemmDepth, call.k - first);
  part.a += call.transpose_a ? first * call.a_stride : first;
  part.b += call.transpose_b ? first : first * call.b_stride;
  part.c = c;
  part.epilogue = {};
  return part;
}

/// x^T dz: a thread takes the rows of x and dz that it wrote itself, a block of k, and the blocks
/// are added in the order in which one thread would add them: the same bits.
void multiply_deep(const KernelTable& table, const GemmCall& call) {
  const std::int64_t blocks = ceil_div(call.k, kGemmDepth), size = call.m * call.n;
  float* partial = partial_space(blocks * size);
  parallel_for(blocks, 1, [&](std::int64_t block, std::int64_t) {
    multiply_either(table, block_of(call, block, partial + block * size), false);
  });
  parallel_for(call.m, kGemmRows, [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t first = begin * call.n, count = (end - begin) * call.n;
    const float* sum = partial + first;
    for (std::int64_t block = 1; block < blocks; ++block) {
      const float* next = partial + block * size + first;
      table.binary(Binary::kAdd, 1, count, sum, {0, 1}, next, {0, 1}, call.c + first);
      sum = call.c + first;
    }
    table.epilogue(call, begin, end);
  });
}

}  // namespace

float* partial_space(std::int64_t count) {
  thread_local Workspace workspace;
  return workspace.get(count);
}

void multiply(const GemmCall& call) {
  const KernelTable& table = kernels();
  const std::int64_t functions = (call.epilogue.activation != Activation::kIdentity) +
                                 (call.epilogue.grad_pre_activation != nullptr);
  const std::int64_t elements = call.m * call.k + call.k * call.n + call.m * call.n;
  const bool parallel = threads() > 1 && (call.m * call.n * (call.k + kFunctionCost * functions) >=
                                              kParallelMultiplies ||
                                          elements >= kParallelElements);
  const std::int64_t blocks = ceil_div(call.k, kGemmDepth);
  if (parallel && call.transpose_a && blocks > 1 && blocks <= kDeepBlocks &&
      call.m * call.n <= kDeepElements) {
    multiply_deep(table, call);
  } else {
    multiply_either(table, call, parallel);
  }
}

}  // namespace pathflow::cpu
