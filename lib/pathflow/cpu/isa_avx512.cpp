// Float kernels for AVX-512 (F, DQ, BW, VL); flags in lib/build/rooms.cmake.
#if defined(__x86_64__) && defined(PATHFLOW_X86_DISPATCH)
#define PATHFLOW_ISA avx512
#include "pathflow/cpu/make_table.hpp"

namespace pathflow::cpu {

const KernelTable& avx512_table() {
  static constexpr KernelTable kTable = avx512::make_table("avx512");
  return kTable;
}

}  // namespace pathflow::cpu
#endif
