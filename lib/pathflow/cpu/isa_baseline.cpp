// Float kernels for the flags of the whole build: SSE2 on x86-64, NEON, SIMD128 or scalar
// elsewhere.
#define PATHFLOW_ISA baseline
#include "pathflow/cpu/make_table.hpp"

namespace pathflow::cpu {
namespace {

#if defined(__AVX512F__)
constexpr const char* kName = "avx512";
#elif defined(__AVX2__)
constexpr const char* kName = "avx2";
#elif defined(__SSE2__)
constexpr const char* kName = "sse2";
#elif defined(__wasm_relaxed_simd__)
constexpr const char* kName = "relaxed-simd";
#elif defined(__wasm_simd128__)
constexpr const char* kName = "simd128";
#elif defined(__ARM_NEON)
constexpr const char* kName = "neon";
#else
constexpr const char* kName = "scalar";
#endif

}  // namespace

const KernelTable& baseline_table() {
  static constexpr KernelTable kTable = baseline::make_table(kName);
  return kTable;
}

}  // namespace pathflow::cpu
