// Float kernels for AVX2 and FMA; flags in lib/build/rooms.cmake.
#if defined(__x86_64__) && defined(PATHFLOW_X86_DISPATCH)
#define PATHFLOW_ISA avx2
#include "pathflow/cpu/make_table.hpp"

namespace pathflow::cpu {

const KernelTable& avx2_table() {
  static constexpr KernelTable kTable = avx2::make_table("avx2");
  return kTable;
}

}  // namespace pathflow::cpu
#endif
