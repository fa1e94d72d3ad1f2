// The float kernels of one vector instruction set as a module of their own. It shares the library's
// memory and is called through the library's function table: one library file serves every engine,
// and 16 KB more (gzipped) make it fast where SIMD is there.
#include <cstddef>
#include <cstdint>

#include "pathflow/cpu/kernel_table.hpp"

#define PATHFLOW_EXPORT(name) extern "C" __attribute__((export_name(name)))

namespace {

pathflow::cpu::KernelTable g_table = pathflow::cpu::baseline_table();

constexpr std::size_t kFirst = offsetof(pathflow::cpu::KernelTable, pack_b);
static_assert(kFirst % sizeof(std::uint32_t) == 0 && sizeof(void*) == sizeof(std::uint32_t));

}  // namespace

/// The table. Its functions are numbers of this module's own function table until the host has put
/// them into the library's and written the new numbers over the old.
PATHFLOW_EXPORT("pf_get_kernels") void* pf_get_kernels() { return &g_table; }
/// Byte offset of the first function in the table, and how many follow one another.
PATHFLOW_EXPORT("pf_get_kernel_offset") std::uint32_t pf_get_kernel_offset() { return kFirst; }
PATHFLOW_EXPORT("pf_count_kernels") std::uint32_t pf_count_kernels() {
  return (sizeof(pathflow::cpu::KernelTable) - kFirst) / sizeof(std::uint32_t);
}
